"""Trained Keras models as teachers."""

from numbers import Integral

import numpy as np
from scipy.sparse import issparse
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from skdrift._sklearn import Interval, StrOptions, fit_context
from skdrift.models._keras_runtime import Network, import_keras, run_in_chunks

# How far a row of probabilities may be from summing to 1: float16 models round.
_ROW_SUM_TOLERANCE = 1e-3
# So many single outputs that all lie in [0, 1] are no logits by chance.
_DECIDING_ROWS = 200


class KerasTeacher(ClassifierMixin, BaseEstimator):
    """A trained Keras model as a classifier that is never trained again.

    It predicts from the start. `fit` only looks at rows, to tell probabilities from
    logits where the model itself does not say; the weights of the model and its
    `trainable` flags stay as they are. :func:`~sklearn.base.clone` keeps the model.

    Parameters
    ----------
    model : keras.Model
        A trained classifier with one input: sequential, functional or subclassed.
        Outputs of shape (n_samples, n_classes), or (n_samples, 1) for the second of
        two classes.
    classes : array-like of shape (n_classes,), default=None
        The class labels in the order of the model's outputs. None means
        ``arange(n_classes)``.
    output : {"auto", "probabilities", "logits"}, default="auto"
        What the model returns. "auto" reads it from the activation of the last
        layer: softmax and sigmoid give probabilities, linear gives logits. Where
        the last layer cannot be read, as in a subclassed model, `fit` decides by
        the outputs for its first rows: nonnegative values that sum to 1 are
        probabilities, values outside of [0, 1] are logits. Values in [0, 1] that do
        not sum to 1, or a single column of them for fewer than 200 rows, decide
        nothing, and `fit` asks for this parameter.
    batch_size : int, default=512
        Rows the model sees at a time.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The columns of `predict_proba`.
    output_ : {"probabilities", "logits"}
        What the model returns. Both attributes are there from the start where the
        model can be read, and otherwise after `fit`.

    See Also
    --------
    sklearn.frozen.FrozenEstimator : The same for a fitted scikit-learn estimator.

    Examples
    --------
    >>> import keras  # doctest: +SKIP
    >>> from skdrift import KerasTeacher
    >>> model = keras.saving.load_model("classifier.keras")  # doctest: +SKIP
    >>> teacher = KerasTeacher(model, classes=["cat", "dog"])  # doctest: +SKIP
    >>> teacher.predict_proba(images).shape  # doctest: +SKIP
    (100, 2)
    """

    _parameter_constraints = {
        "model": "no_validation",
        "classes": ["array-like", None],
        "output": [StrOptions({"auto", "probabilities", "logits"})],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, model, *, classes=None, output="auto", batch_size=512):
        self.model = model
        self.classes = classes
        self.output = output
        self.batch_size = batch_size

    # The model lives in a Network, which knows how to run and how to store it. It is
    # read from its stored bytes only when someone asks for it.
    @property
    def model(self):
        return self._network.model

    @model.setter
    def model(self, model):
        self._network = Network(model)

    @property
    def output_(self):
        output = self._declared_output() or getattr(self, "_seen_output", None)
        if output is None:
            raise NotFittedError(
                "The last layer of the model does not tell whether it returns "
                "probabilities or logits. Call fit with a few rows to find out, or "
                'set output="probabilities" or output="logits".'
            )
        return output

    @property
    def classes_(self):
        classes = self._declared_classes()
        if classes is None:
            classes = getattr(self, "_seen_classes", None)
        if classes is None:
            raise NotFittedError(
                "The model does not tell its number of classes. Call fit with a few "
                "rows to find out, or set classes."
            )
        return classes

    @property
    def n_features_in_(self):
        shape = self._row_shape()
        if not shape or shape[0] is None:
            raise AttributeError("The model does not tell its number of features.")
        return shape[0]

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Look at rows to learn what the model returns; nothing is trained.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows the model takes. Only the first `batch_size` are looked at.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : KerasTeacher
            The same teacher.

        Raises
        ------
        ValueError
            If the model cannot take the rows, or its outputs fit neither classes
            nor `classes`.
        """
        outputs = self._run(_rows(X)[: self.batch_size])
        output, classes = self._declared_output(), self._declared_classes()
        if output is None:
            output = _seen_output(outputs)
        if classes is None:
            classes = np.arange(max(outputs.shape[1], 2))
        _to_probabilities(outputs, output, classes)
        self._seen_output = output
        self._seen_classes = classes
        return self

    def predict_proba(self, X):
        """Return the model's probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows the model takes.

        Returns
        -------
        P : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`.
        """
        output, rows = self.output_, _rows(X)
        outputs = run_in_chunks(self._run, rows, self.batch_size)
        classes = self._declared_classes()
        if classes is None:
            classes = getattr(self, "_seen_classes", np.arange(outputs.shape[1]))
        return _to_probabilities(outputs, output, classes)

    def predict(self, X):
        """Return the model's most likely class.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows the model takes.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Entries of `classes_`.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def _keras_model(self):
        keras = import_keras()
        model = self.model
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"{type(self).__name__} needs a trained keras.Model, but got {model!r}."
            )
        inputs = getattr(model, "inputs", None)
        if inputs is not None and len(inputs) != 1:
            raise TypeError(
                f"{type(self).__name__} needs a model with one input, but this one "
                f"has {len(inputs)}."
            )
        n_outputs = len(getattr(model, "outputs", None) or [None])
        if n_outputs != 1:
            raise TypeError(
                f"{type(self).__name__} needs a model with one output, but this one "
                f"has {n_outputs}; give keras.Model(model.inputs, output) with the one "
                "of the classes."
            )
        return model

    def _row_shape(self):
        inputs = getattr(self._keras_model(), "inputs", None)
        return None if inputs is None else tuple(inputs[0].shape[1:])

    def _declared_output(self):
        if self.output != "auto":
            return self.output
        return declared_output(self._keras_model())

    def _declared_classes(self):
        if self.classes is not None:
            return np.asarray(self.classes)
        outputs = getattr(self._keras_model(), "outputs", None)
        if outputs is None or outputs[0].shape[-1] is None:
            return None
        return np.arange(max(outputs[0].shape[-1], 2))

    def _run(self, X):
        """Run the model on one chunk and return finite outputs, one row each."""
        shape = self._row_shape()
        if shape is not None and not _fits(X.shape[1:], shape):
            raise ValueError(
                f"The model takes rows of shape {shape}, but got rows of shape "
                f"{X.shape[1:]}."
            )
        if X.dtype.kind == "f":
            with np.errstate(over="ignore"):
                finite = np.isfinite(X.astype(np.float32, copy=False)).all()
            if not finite:
                raise ValueError(
                    "X contains NaN, infinity or a value too large for float32."
                )
        outputs = self._network(X)
        if outputs.ndim == 1:
            outputs = outputs[:, np.newaxis]
        if outputs.ndim != 2 or len(outputs) != len(X):
            raise ValueError(
                "The model must return one row of outputs per row of X, of shape "
                f"(n_samples, n_classes); {len(X)} rows gave shape {outputs.shape}."
            )
        if not np.isfinite(outputs).all():
            raise ValueError("The model returned NaN or infinity for some rows of X.")
        return outputs

    def __sklearn_is_fitted__(self):
        try:
            return self.output_ is not None and self.classes_ is not None
        except NotFittedError:
            return False

    def __sklearn_clone__(self):
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # scikit-learn's checks fit the estimator to data of their own shapes and
        # labels. This one wraps a model that is already trained on other data and
        # ignores them, as FrozenEstimator does, which sets the same tag.
        tags._skip_test = True
        return tags


def declared_output(model):
    """Read from a model's last layer what the model returns.

    Parameters
    ----------
    model : keras.Model
        A built model of any kind.

    Returns
    -------
    output : {"probabilities", "logits"} or None
        None where the last layer does not tell.
    """
    from keras import activations, layers

    layer = model
    while hasattr(layer, "outputs"):  # a model may end in a model
        layer = layer.outputs[0]._keras_history.operation
    if isinstance(layer, layers.Softmax):
        return "probabilities"
    activation = getattr(layer, "activation", None)
    if activation in (activations.softmax, activations.sigmoid):
        return "probabilities"
    # Only a layer with weights makes logits: a linear Activation is often put behind
    # a softmax to change its dtype.
    if activation is activations.linear and isinstance(layer, layers.Dense):
        return "logits"
    return None


def _rows(X):
    """Return X as an array of at least one row, without copying arrays."""
    if isinstance(X, dict):
        raise TypeError(
            f"X is a dict with the keys {list(X)}, but a teacher's model takes one "
            "array."
        )
    if issparse(X):
        raise TypeError("X is sparse, but Keras models take dense arrays.")
    if not (isinstance(X, np.ndarray)):
        X = np.asarray(X)
    if X.ndim == 0 or len(X) == 0:
        raise ValueError(f"X must have at least one row, but its shape is {X.shape}.")
    return X


def _fits(shape, declared):
    return len(shape) == len(declared) and all(
        expected is None or length == expected
        for length, expected in zip(shape, declared)
    )


def _seen_output(outputs):
    """Tell probabilities from logits by values, or ask which they are."""
    if ((outputs < 0) | (outputs > 1)).any():
        return "logits"
    single = outputs.shape[1] == 1
    if not _off_probabilities(outputs) and not (
        single and len(outputs) < _DECIDING_ROWS
    ):
        return "probabilities"
    why = (
        f"all of {len(outputs)} outputs lie in [0, 1], as sigmoids do and logits may"
        if single
        else f"one row is {_off_probabilities(outputs)}, in [0, 1] without a sum of 1, "
        "as the sigmoids of several labels are and logits may be"
    )
    raise ValueError(
        "The model does not tell whether it returns probabilities or logits, and its "
        f"outputs do not decide it: {why}. Give the model as KerasTeacher(model, "
        'output="probabilities") or KerasTeacher(model, output="logits").'
    )


def _off_probabilities(outputs):
    """Return a row that cannot be probabilities as a list, or None if all can."""
    if outputs.shape[1] == 1:
        bad = (outputs[:, 0] < 0) | (outputs[:, 0] > 1)
    else:
        sums = outputs.sum(axis=1, dtype=np.float64)
        bad = (outputs < 0).any(axis=1) | (np.abs(sums - 1) > _ROW_SUM_TOLERANCE)
    return outputs[bad.argmax()].tolist() if bad.any() else None


def _to_probabilities(outputs, output, classes):
    """Turn a model's outputs into one column per class."""
    n_columns = outputs.shape[1]
    if max(n_columns, 2) != len(classes):
        raise ValueError(
            f"The model returns {n_columns} columns, which does not fit "
            f"{len(classes)} classes: {classes.tolist()}."
        )
    if output == "logits":
        outputs = outputs.astype(np.float64)
        if n_columns == 1:
            return np.hstack([expit(-outputs), expit(outputs)])
        return softmax(outputs, axis=1)
    if row := _off_probabilities(outputs):
        expected = "lie in [0, 1]" if n_columns == 1 else "be >= 0 and sum to 1"
        raise ValueError(
            "The model was expected to return probabilities, which must "
            f"{expected}, but one row is {row}. If these are logits, set "
            'output="logits".'
        )
    return np.hstack([1 - outputs, outputs]) if n_columns == 1 else outputs
