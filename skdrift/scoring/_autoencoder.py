"""AutoencoderScorer: how far a classifier moves when its rows are rebuilt."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import (
    Interval,
    StrOptions,
    check_feature_names_in,
    fit_context,
)
from skdrift.models import KerasTeacher
from skdrift.models._keras_autoencoder import train_autoencoder
from skdrift.models._keras_features import hidden_part
from skdrift.models._keras_runtime import run_in_chunks
from skdrift.models._resolve import resolve_teacher, teacher_proba
from skdrift.scoring._cross_fit import by_fold, training_rows
from skdrift.scoring._groups import group_folds
from skdrift.scoring._row_hash import KnownFolds, assign_folds, tells_rows_apart
from skdrift.scoring._scores import kl, temper

_CHUNK_ROWS = 1024


class AutoencoderScorer(TransformerMixin, BaseEstimator):
    """Score rows by how far a Keras classifier moves when they are rebuilt.

    An autoencoder is trained through the classifier, so that the classifier says of a
    rebuilt row what it says of the row itself; how the row looks matters little. Of a
    row that was changed to mislead the classifier, or that is unlike those of training,
    the rebuilt one is judged otherwise: the divergence of the two judgements is the
    row's harm score. What the classifier says of the rebuilt row is a corrected
    decision.

    Parameters
    ----------
    estimator : keras.Model or KerasTeacher
        The trained classifier, inside FrozenEstimator too. It is not trained.
    architecture : {"dense", "conv"} or callable, default="dense"
        "dense" flattens rows; "conv" takes images of shape (height, width, channels); a
        callable takes the shape of a row and returns a Keras model from rows to rows.
    encoding_dim : int, default=32
        Numbers that a row is pressed into.
    temperature : float, default=1.0
        The classifier's probabilities become P**(1/temperature), renormalised, before
        they are what the autoencoder is to keep; below 1 they are sharper.
    reconstruction_weight : float, default=0.0
        Weight of the mean squared error of the rebuilt row.
    hidden_weight : float, default=0.0
        Weight of the mean squared error of the classifier's last hidden layer.
    epochs : int, default=20
    batch_size : int, default=128
        Rows a training step sees.
    learning_rate : float, default=0.001
    cross_fit : int or None, default=5
        Folds, so that no row is scored by an autoencoder that has seen it. None trains
        one on all rows; then hold out the reference yourself.
    verbose : int, default=0
        Progress as Keras shows it.
    random_state : int, RandomState instance or None, default=None

    Attributes
    ----------
    estimator_ : KerasTeacher
    autoencoders_ : list of Network
        One for each fold: callables from rows to rebuilt rows.
    classes_ : ndarray of shape (n_classes,)
    fidelity_ : float
        Share of training rows on which the classifier decides alike before and after.
    losses_ : list of list of float
        Training losses of the epochs, for each fold.

    See Also
    --------
    DistillationScorer : For any classifier.

    References
    ----------
    .. [1] Vacanti, G. and Van Looveren, A. (2020). Adversarial detection and correction
       by matching prediction distributions. arXiv:2002.09364.

    Examples
    --------
    >>> from skdrift import AutoencoderScorer, TailDriftTest
    >>> from sklearn.pipeline import make_pipeline
    >>> scorer = AutoencoderScorer(model)  # doctest: +SKIP
    >>> detector = make_pipeline(scorer, TailDriftTest())  # doctest: +SKIP
    >>> detector.fit(X_reference)  # doctest: +SKIP
    """

    __metadata_request__fit = {"groups": True}

    _parameter_constraints: dict = {
        "estimator": "no_validation",
        "architecture": [StrOptions({"dense", "conv"}), callable],
        "encoding_dim": [Interval(Integral, 1, None, closed="left")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "reconstruction_weight": [Interval(Real, 0, None, closed="left")],
        "hidden_weight": [Interval(Real, 0, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "cross_fit": [Interval(Integral, 2, None, closed="left"), None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        *,
        architecture="dense",
        encoding_dim=32,
        temperature=1.0,
        reconstruction_weight=0.0,
        hidden_weight=0.0,
        epochs=20,
        batch_size=128,
        learning_rate=0.001,
        cross_fit=5,
        verbose=0,
        random_state=None,
    ):
        self.estimator = estimator
        self.architecture = architecture
        self.encoding_dim = encoding_dim
        self.temperature = temperature
        self.reconstruction_weight = reconstruction_weight
        self.hidden_weight = hidden_weight
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.cross_fit = cross_fit
        self.verbose = verbose
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, groups=None):
        """Train the autoencoder of each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Clean rows that the classifier has not seen.
        y : None
            Ignored.
        groups : array-like of shape (n_samples,), default=None
            Rows of one group share a fold.

        Returns
        -------
        self : object
        """
        teacher, _ = resolve_teacher(self.estimator, X)
        while isinstance(teacher, FrozenEstimator):
            teacher = teacher.estimator
        if not isinstance(teacher, KerasTeacher):
            raise TypeError(
                "AutoencoderScorer trains through the gradients of a Keras model; got "
                f"{type(teacher).__name__}. Use DistillationScorer for others."
            )
        rows = check_array(X, allow_nd=True, dtype=np.float32, estimator=self)
        random_state = check_random_state(self.random_state)
        salt = random_state.randint(2**63, dtype=np.uint64)
        n_folds = self.cross_fit or 1
        coarse = n_folds > 1 and tells_rows_apart(rows)
        if groups is None or n_folds == 1:
            fold = assign_folds(rows, n_folds, salt, coarse)
        else:
            fold = group_folds(groups, len(rows), n_folds, random_state)
            n_folds = int(fold.max()) + 1
        P = teacher_proba(teacher, rows)
        targets = temper(P, self.temperature).astype(np.float32)
        if teacher.model.output_shape[-1] == 1:
            targets = targets[:, 1:]
        hidden = hidden_part(teacher.model) if self.hidden_weight > 0 else None
        seeds = random_state.randint(2**31 - 1, size=n_folds)
        trained = [
            train_autoencoder(
                teacher.model,
                rows[part],
                targets[part],
                architecture=self.architecture,
                encoding_dim=self.encoding_dim,
                hidden=hidden,
                weights=(self.reconstruction_weight, self.hidden_weight),
                settings={
                    "epochs": self.epochs,
                    "batch_size": self.batch_size,
                    "learning_rate": self.learning_rate,
                    "verbose": self.verbose,
                    "seed": int(seed),
                },
            )
            for part, seed in zip(training_rows(fold, n_folds), seeds)
        ]
        networks = [network for network, _ in trained]
        rebuilt = by_fold(_rebuild, networks, rows, fold).astype(np.float32)
        decided = teacher_proba(teacher, rebuilt).argmax(axis=1)

        validate_data(self, X, skip_check_array=True)
        self.estimator_ = teacher
        self.autoencoders_ = networks
        self.classes_ = np.asarray(teacher.classes_)
        self.fidelity_ = float(np.mean(decided == P.argmax(axis=1)))
        self.losses_ = [losses for _, losses in trained]
        self._salt = salt
        self._coarse = coarse
        self._known = None if groups is None else KnownFolds(rows, fold, coarse)
        return self

    def rebuild(self, X):
        """Rebuild rows, each by the autoencoder that has not seen it.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)

        Returns
        -------
        rebuilt : ndarray of float32 of shape (n_samples, ...)
        """
        return self._rebuilt(self._rows(X))

    def _rows(self, X):
        check_is_fitted(self, "autoencoders_")
        return validate_data(self, X, reset=False, allow_nd=True, dtype=np.float32)

    def _rebuilt(self, rows):
        n_folds = len(self.autoencoders_)
        fold = np.zeros(len(rows), dtype=np.intp)
        if n_folds > 1:
            fold = assign_folds(rows, n_folds, self._salt, self._coarse)
            if self._known is not None:
                fold = self._known.correct(rows, fold)
        return by_fold(_rebuild, self.autoencoders_, rows, fold).astype(np.float32)

    def transform(self, X):
        """Score each row; larger means more harmful.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)

        Returns
        -------
        scores : ndarray of shape (n_samples, 1)
            Kullback-Leibler divergence of the classifier's probabilities on the row
            from those on the rebuilt row.
        """
        rows = self._rows(X)
        P = teacher_proba(self.estimator_, rows, self.classes_)
        Q = teacher_proba(self.estimator_, self._rebuilt(rows), self.classes_)
        return kl(P, Q)[:, None]

    def predict(self, X):
        """Give corrected decisions: those on rebuilt rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        rebuilt = self.rebuild(X)
        P = teacher_proba(self.estimator_, rebuilt, self.classes_)
        return self.classes_[P.argmax(axis=1)]

    def get_feature_names_out(self, input_features=None):
        """Return the name of the score column, "harm_autoencoder".

        Parameters
        ----------
        input_features : array-like of str, default=None
            Compared with ``feature_names_in_`` or counted; otherwise unused.

        Returns
        -------
        names : ndarray of str of shape (1,)
        """
        check_is_fitted(self, "autoencoders_")
        if input_features is not None:
            check_feature_names_in(self, input_features, generate_names=False)
        return np.array(["harm_autoencoder"], dtype=object)

    def __getstate__(self):
        state = super().__getstate__()
        if "estimator_" in state:
            # A bare Keras model is stored as the teacher that was made of it, which
            # takes no code to load.
            state = {**state, "estimator": self.estimator_}
        return state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        # It wraps a model that is trained for rows of one shape, as KerasTeacher does.
        tags._skip_test = True
        return tags


def _rebuild(network, rows):
    return run_in_chunks(network, rows, _CHUNK_ROWS)
