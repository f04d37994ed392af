"""KerasFeatures: the last hidden layer of a Keras model."""

import numpy as np

from skdrift.models._keras_runtime import Network, import_keras, run_in_chunks


class KerasFeatures:
    """What a trained Keras model makes of rows before its last dense layer.

    A representation for :class:`SupportScorer`: rows that look alike to the network lie
    near each other.

    Parameters
    ----------
    teacher : KerasTeacher
        Holds the trained model, of one input and layers that are a graph.
    batch_size : int, default=512
        Rows the model sees at a time.

    Examples
    --------
    >>> from skdrift import KerasFeatures, SupportScorer
    >>> features = KerasFeatures(teacher)  # doctest: +SKIP
    >>> scorer = SupportScorer(representation=features)  # doctest: +SKIP
    """

    def __init__(self, teacher, batch_size=512):
        self.teacher = teacher
        self.batch_size = batch_size
        self._network = Network(hidden_part(teacher.model))

    def __call__(self, X):
        """Return the features of rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...)

        Returns
        -------
        features : ndarray of float32 of shape (n_samples, n_features)
        """
        X = np.asarray(X)
        features = run_in_chunks(self._network, X, self.batch_size)
        return features.reshape(len(X), -1)

    def __getstate__(self):
        return {"teacher": self.teacher, "batch_size": self.batch_size}

    def __setstate__(self, state):
        self.__init__(**state)


def hidden_part(model):
    """Cut a model off before its last dense layer.

    Raises
    ------
    TypeError
        If its layers are no graph, or none of them is dense.
    """
    keras = import_keras()
    if not getattr(model, "inputs", None):
        raise TypeError(
            "KerasFeatures needs a sequential or functional model that knows its "
            f"inputs; got {type(model).__name__}. Give SupportScorer a function of "
            "your own as representation."
        )
    dense = [one for one in model.layers if isinstance(one, keras.layers.Dense)]
    if not dense:
        raise TypeError(
            f"KerasFeatures needs a model with a dense layer; {model.name!r} has none."
        )
    return keras.Model(model.inputs, dense[-1].input)
