"""TensorFlow as a guest: imports, random state, model files and fast inference."""

import random
import threading
import warnings
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

# TensorFlow's random state belongs to the process, so only one fit at a time may
# borrow it, whatever the number of threads.
_RANDOM_STATE_LOCK = threading.RLock()


def import_keras():
    """Import Keras with the TensorFlow backend.

    Returns
    -------
    keras : module
        The imported package.

    Raises
    ------
    ImportError
        If TensorFlow, Keras or scikeras is missing, or if Keras runs on another
        backend.
    """
    try:
        import keras
        import scikeras  # noqa: F401
        import tensorflow  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "Keras students and teachers need TensorFlow and scikeras "
            f'({error}). Install them with: pip install "skdrift[keras]"'
        ) from error
    if keras.config.backend() != "tensorflow":
        raise ImportError(
            "Keras students and teachers need the TensorFlow backend of Keras, but "
            f"it runs on {keras.config.backend()!r}. Set the environment variable "
            "KERAS_BACKEND=tensorflow before Keras is imported."
        )
    return keras


@contextmanager
def borrowed_random_state(seed):
    """Seed Python, NumPy and TensorFlow, and put everything back at the end.

    Within the context TensorFlow's operations are deterministic, on GPUs too.
    Afterwards the three generators, Keras' global seed and the determinism switch
    are exactly as they were, also after an exception.

    Parameters
    ----------
    seed : int
        Seed of all generators.
    """
    import tensorflow as tf
    from keras.src.backend.common import global_state
    from keras.src.random import seed_generator
    from tensorflow.python.eager.context import context
    from tensorflow.python.framework.config import (
        disable_op_determinism,
        is_op_determinism_enabled,
    )

    with _RANDOM_STATE_LOCK:
        eager = context()
        python_state = random.getstate()
        numpy_state = np.random.get_state()  # noqa: NPY002
        # tf.random.set_seed would also clear the cache of kernels, and with it the
        # counters of the caller's own seeded operations.
        tensorflow_seed = eager._seed
        tensorflow_generator = getattr(eager, "_rng", None)  # absent while unseeded
        keras_generator = global_state.get_global_attribute(
            seed_generator.GLOBAL_SEED_GENERATOR
        )
        deterministic = is_op_determinism_enabled()
        try:
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            eager._seed, eager._rng = seed, random.Random(seed)
            global_state.set_global_attribute(
                seed_generator.GLOBAL_SEED_GENERATOR, None
            )
            # CPU kernels train to the same bits without the switch, which would
            # only make TensorFlow report an internal mismatch on stderr.
            if tf.config.list_physical_devices("GPU"):
                tf.config.experimental.enable_op_determinism()
            yield
        finally:
            if not deterministic:
                disable_op_determinism()
            global_state.set_global_attribute(
                seed_generator.GLOBAL_SEED_GENERATOR, keras_generator
            )
            eager._seed, eager._rng = tensorflow_seed, tensorflow_generator
            np.random.set_state(numpy_state)  # noqa: NPY002
            random.setstate(python_state)


class Network:
    """A trained Keras model: callable on arrays, and stored as a model file.

    Pickling keeps the bytes of a ``.keras`` file, which hold no code, and unpickling
    reads them in Keras' safe mode when the model is first needed.

    Parameters
    ----------
    model : keras.Model
        The trained model.
    """

    def __init__(self, model):
        self._model = model
        self._stored = None
        self._traces = {}

    @property
    def model(self):
        """The Keras model, read from its stored bytes where need be."""
        if self._model is None:
            self._model = _model_from_bytes(self._stored)
            self._stored = None
        return self._model

    def __call__(self, X):
        """Run the model once.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...)
            Rows in the shape the model takes.

        Returns
        -------
        outputs : ndarray of shape (n_samples, ...)
            What the model returns.
        """
        import tensorflow as tf

        # A traced function costs well under a millisecond a call, against some
        # 60 ms for Model.predict. Its number of rows is left open, so that batches
        # of every size meet the same trace.
        inputs = getattr(self.model, "inputs", None)
        if inputs is not None and len(inputs) == 1:
            shape, dtype = inputs[0].shape[1:], inputs[0].dtype
        else:
            shape, dtype = X.shape[1:], X.dtype.name
        if (shape, dtype) not in self._traces:
            rows = tf.TensorSpec((None, *shape), dtype)
            forward = tf.function(partial(self.model, training=False))
            self._traces[shape, dtype] = forward.get_concrete_function(rows)
        if dtype != "string":
            X = np.asarray(X, dtype=dtype)
        outputs = self._traces[shape, dtype](tf.convert_to_tensor(X))
        if isinstance(outputs, dict):
            outputs = list(outputs.values())
        if isinstance(outputs, (list, tuple)):
            if len(outputs) != 1:
                raise TypeError(
                    f"The model returns {len(outputs)} arrays, but one was expected."
                )
            outputs = outputs[0]
        return outputs.numpy()

    def __getstate__(self):
        if self._model is None:
            return {"stored": self._stored}
        return {"stored": _model_to_bytes(self._model)}

    def __setstate__(self, state):
        self._model = None
        self._stored = state["stored"]
        self._traces = {}


def _model_to_bytes(model):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        with warnings.catch_warnings():
            # TensorFlow's tensors do not know NumPy 2's copy keyword yet.
            warnings.filterwarnings(
                "ignore", "__array__ implementation", DeprecationWarning
            )
            try:
                model.save(path)
                stored = path.read_bytes()
                _model_from_bytes(stored)
            except Exception as error:
                raise TypeError(
                    f"Cannot store the Keras model {model.name!r} as a .keras file "
                    "that loads in safe mode. A subclassed model or layer needs "
                    "get_config and keras.saving.register_keras_serializable, and a "
                    "Lambda layer must not wrap a Python lambda. Keras reports: "
                    f"{error}"
                ) from error
        return stored


def _model_from_bytes(stored):
    keras = import_keras()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(stored)
        # Keras draws initial weights, which the stored ones then replace.
        python_state = random.getstate()
        try:
            return keras.saving.load_model(path, compile=False, safe_mode=True)
        finally:
            random.setstate(python_state)


def run_in_chunks(function, X, chunk_rows):
    """Call a function on consecutive chunks of rows and join what it returns.

    Parameters
    ----------
    function : callable
        From an array of rows to an array of as many rows.
    X : ndarray of shape (n_samples, ...)
        The rows.
    chunk_rows : int
        Most rows per call.

    Returns
    -------
    results : ndarray of shape (n_samples, ...)
        The joined results.
    """
    if len(X) <= chunk_rows:
        return function(X)
    starts = range(0, len(X), chunk_rows)
    return np.concatenate([function(X[start : start + chunk_rows]) for start in starts])
