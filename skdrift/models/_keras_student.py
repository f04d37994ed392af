"""Keras models as students and as teachers."""

from math import prod
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import Interval, StrOptions, fit_context
from skdrift.models._keras_runtime import (
    Network,
    borrowed_random_state,
    import_keras,
    run_in_chunks,
)
from skdrift.models._keras_teacher import KerasTeacher
from skdrift.models._soft_labels import check_soft_labels

__all__ = ["KerasStudent", "KerasTeacher"]

_HIDDEN_LAYER_SIZES = {"mlp": (64,), "conv": (256, 128, 64)}

# Share of the rows held out by early stopping, and epochs without improvement.
_VALIDATION_FRACTION = 0.1
_PATIENCE = 5

# Values the rows computed at a time may hold, all layers' widest included; a
# strided convolution with the default filters makes 64 values of one.
_CHUNK_VALUES = 2**25
_LARGEST_EXPANSION = 64
_MAX_CHUNK_ROWS = 8192


class KerasStudent(ClassifierMixin, BaseEstimator):
    """A Keras network that learns a teacher's soft labels.

    It is trained with the Kullback-Leibler divergence from the soft labels to its
    own softmax, by Adam, through scikeras.

    Parameters
    ----------
    architecture : {"mlp", "conv", "conv1d"} or callable, default="mlp"
        - "mlp": flattened, standardised inputs, dense relu layers, softmax. For
          tables, and for arrays of any number of dimensions.
        - "conv": strided 4x4 convolutions, a dense layer of 40 units, softmax. For
          images (height, width, channels) scaled to about [0, 1], and, with
          convolutions of length 4, for series (steps, channels).
        - "conv1d": the same for series (channels, steps).
        - a callable ``architecture(input_shape, n_classes)`` that returns an
          uncompiled ``keras.Model`` ending in a softmax. Use a function of a module:
          pickle refuses a lambda, like any other parameter it cannot name.
    hidden_layer_sizes : sequence of int, default=None
        Units of the dense layers of "mlp" (None: 64), or filters of the
        convolutions of "conv" (None: 256, 128, 64). Unused for a callable.
    epochs : int, default=50
        Passes over the training rows, at most that many with early stopping.
    batch_size : int, default=32
        Rows per training step.
    learning_rate : float, default=0.001
        Learning rate of Adam.
    early_stopping : bool, default=False
        Hold out a random tenth of the rows, stop after 5 epochs without a better
        divergence there, and keep the weights of the best epoch.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, shuffling and split. The same seed gives the same bits; None
        gives a new start each time. The global generators of Python, NumPy and
        TensorFlow are left as they were.
    verbose : int, default=0
        Passed to Keras: 1 shows progress bars, 2 one line per epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The columns of `predict_proba`: ``arange(n_classes)`` after soft labels, the
        sorted distinct labels after class labels.
    history_ : dict of str to list of float
        The loss of every epoch, and with early stopping the validation loss.
    n_features_in_ : int
        Length of the second dimension of the training rows.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, where all of them were strings.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from skdrift import KerasStudent
    >>> X, y = load_iris(return_X_y=True)
    >>> P = RandomForestClassifier(random_state=0).fit(X, y).predict_proba(X)
    >>> student = KerasStudent(random_state=0).fit(X, P)  # doctest: +SKIP
    >>> student.predict_proba(X[:1]).round(1)  # doctest: +SKIP
    array([[1., 0., 0.]])
    """

    learns_soft_labels = True

    _parameter_constraints = {
        "architecture": [StrOptions({"mlp", "conv", "conv1d"}), callable],
        "hidden_layer_sizes": ["array-like", None],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "early_stopping": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        architecture="mlp",
        *,
        hidden_layer_sizes=None,
        epochs=50,
        batch_size=32,
        learning_rate=0.001,
        early_stopping=False,
        random_state=None,
        verbose=0,
    ):
        self.architecture = architecture
        self.hidden_layer_sizes = hidden_layer_sizes
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.early_stopping = early_stopping
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Train a new network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Numeric rows without missing values, of any number of dimensions.
        y : array-like of shape (n_samples, n_classes) or (n_samples,)
            Soft labels (the teacher's probabilities, rows summing to 1) or class
            labels.

        Returns
        -------
        self : KerasStudent
            The fitted student.

        Raises
        ------
        ImportError
            If TensorFlow or scikeras is missing.
        ValueError
            If `X` holds NaN or infinity, if `y` holds neither class labels nor rows
            of probabilities, if the architecture does not fit the data, or if the
            training diverges.
        """
        import_keras()
        with np.errstate(over="ignore"):  # what overflows float32 is refused
            rows = check_array(X, allow_nd=True, dtype=np.float32, estimator=self)
        y, is_soft = check_soft_labels(y, len(rows), type(self).__name__)
        if is_soft:
            classes, soft_labels = np.arange(y.shape[1]), y.astype(np.float32)
        else:
            classes, codes = np.unique(y, return_inverse=True)
            if len(classes) < 2:
                raise ValueError(
                    f"{type(self).__name__} needs at least 2 classes in y, but got "
                    f"1 class: {classes[0]!r}."
                )
            soft_labels = np.eye(len(classes), dtype=np.float32)[codes]

        model, history = self._train(rows, soft_labels)
        validate_data(self, X, skip_check_array=True)
        self.classes_ = classes
        self.history_ = history
        self._input_shape = rows.shape[1:]
        self._network = Network(model)
        return self

    def predict_proba(self, X):
        """Predict the probability of every class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Numeric rows of the shape seen in `fit`.

        Returns
        -------
        P : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`. For "mlp" they are float64 and
            depend on their row alone; for other architectures they are float32 and
            can change by about 1e-7 with the rows predicted together.
        """
        check_is_fitted(self)
        with np.errstate(over="ignore"):
            X = validate_data(self, X, reset=False, allow_nd=True, dtype=np.float32)
        if X.shape[1:] != self._input_shape:
            raise ValueError(
                f"{type(self).__name__} was fitted on rows of shape "
                f"{self._input_shape}, but got rows of shape {X.shape[1:]}."
            )
        values = prod(self._input_shape) * _LARGEST_EXPANSION
        chunk_rows = min(max(_CHUNK_VALUES // values, 1), _MAX_CHUNK_ROWS)
        return run_in_chunks(self._network, X, chunk_rows)

    def predict(self, X):
        """Predict the most likely class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Numeric rows of the shape seen in `fit`.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Entries of `classes_`.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def _train(self, X, soft_labels):
        """Return the trained model and the losses of its epochs."""
        import keras
        from scikeras.wrappers import KerasRegressor

        if self.random_state is None:
            seed = int(np.random.SeedSequence().generate_state(1)[0] >> 1)
        else:
            seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        fit_parameters = {}
        callbacks = None
        if self.early_stopping:
            X, X_val, soft_labels, soft_labels_val = train_test_split(
                X, soft_labels, test_size=_VALIDATION_FRACTION, random_state=seed
            )
            fit_parameters["validation_data"] = (X_val, soft_labels_val)
            callbacks = keras.callbacks.EarlyStopping(
                patience=_PATIENCE, restore_best_weights=True
            )
        with borrowed_random_state(seed):
            model = self._build(X, soft_labels.shape[1])
            # XLA does not run deterministically on GPUs, and on CPUs compiling takes
            # longer than it saves.
            model.compile(
                keras.optimizers.Adam(self.learning_rate),
                loss="kl_divergence",
                jit_compile=False,
            )
            regressor = KerasRegressor(
                model,
                batch_size=self.batch_size,
                epochs=self.epochs,
                callbacks=callbacks,
                verbose=int(self.verbose),
            ).fit(X, soft_labels, **fit_parameters)
            if self.architecture == "mlp":
                # float32 sums change in their last digits (1e-7) with the number of
                # rows computed together; in float64 a row's result is the same in
                # any company to 1e-15, for a fraction of a millisecond per 100 rows.
                # Convolutions take 4-5 times as long in float64 and stay in float32.
                weights = model.get_weights()
                model = self._build_mlp(X, soft_labels.shape[1], dtype="float64")
                model.set_weights(weights)
            else:
                model.compile()  # lets go of Adam's moments, twice the weights' size
        history = {name: list(map(float, v)) for name, v in regressor.history_.items()}
        if not np.isfinite(history["loss"]).all():
            raise ValueError(
                f"The training of {type(self).__name__} diverged: its loss is not "
                f"finite. Lower learning_rate (now {self.learning_rate:g}) or scale X."
            )
        return model, history

    def _build(self, X, n_classes):
        """Return an untrained model for rows like those of X."""
        if self.architecture == "mlp":
            return self._build_mlp(X, n_classes, dtype="float32")
        if self.architecture in ("conv", "conv1d"):
            return self._build_conv(X.shape[1:], n_classes)

        import keras

        model = self.architecture(X.shape[1:], n_classes)
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"architecture must return a keras.Model, but it returned {model!r}."
            )
        outputs = np.asarray(model(X[:2], training=False))
        if outputs.shape != (len(X[:2]), n_classes):
            raise ValueError(
                f"architecture must return a model with outputs of shape (n_samples, "
                f"{n_classes}), but {len(X[:2])} rows gave shape {outputs.shape}."
            )
        if outputs.min() < 0 or not np.allclose(outputs.sum(axis=1), 1, atol=1e-4):
            raise ValueError(
                "architecture must return a model that ends in a softmax, but its "
                f"outputs do not sum to 1: {outputs[0]}."
            )
        return model

    def _build_mlp(self, X, n_classes, dtype):
        from keras import Input, Sequential, layers

        scaler = StandardScaler().fit(X.reshape(len(X), -1))
        return Sequential(
            [
                Input(X.shape[1:]),
                layers.Flatten(dtype=dtype),
                # Two steps in place of keras.layers.Normalization, which divides
                # by at least 1e-7 and so loses columns in small units.
                layers.Rescaling(1.0, offset=(-scaler.mean_).tolist(), dtype=dtype),
                layers.Rescaling((1 / scaler.scale_).tolist(), dtype=dtype),
                *(
                    layers.Dense(units, activation="relu", dtype=dtype)
                    for units in self._sizes("mlp")
                ),
                layers.Dense(n_classes, activation="softmax", dtype=dtype),
            ]
        )

    def _build_conv(self, input_shape, n_classes):
        from keras import Input, Sequential, layers, regularizers

        swapped = self.architecture == "conv1d"
        if swapped and len(input_shape) != 2:
            raise ValueError(
                'architecture="conv1d" takes series of shape (channels, steps), but '
                f"got rows of shape {input_shape}."
            )
        if len(input_shape) not in (2, 3):
            raise ValueError(
                'architecture="conv" takes rows of shape (height, width, channels) or '
                f"(steps, channels), but got rows of shape {input_shape}."
            )
        convolution = layers.Conv2D if len(input_shape) == 3 else layers.Conv1D
        first, *others = self._sizes("conv")
        return Sequential(
            [
                Input(input_shape),
                *([layers.Permute((2, 1))] if swapped else []),
                convolution(first, 4, strides=2, padding="same"),
                *(
                    convolution(
                        filters,
                        4,
                        strides=2,
                        padding="same",
                        activation="relu",
                        kernel_regularizer=regularizers.L1(1e-5),
                    )
                    for filters in others
                ),
                layers.Flatten(),
                layers.Dense(40),
                layers.Dense(n_classes, activation="softmax"),
            ]
        )

    def _sizes(self, architecture):
        sizes = self.hidden_layer_sizes
        if sizes is None:
            sizes = _HIDDEN_LAYER_SIZES[architecture]
        if not len(sizes) or not all(
            isinstance(size, Integral) and size > 0 for size in sizes
        ):
            raise ValueError(
                "hidden_layer_sizes must be a sequence of at least one positive "
                f"integer, but got {sizes!r}."
            )
        return [int(size) for size in sizes]
