"""Students that learn a teacher's soft labels."""

from copy import deepcopy
from inspect import Parameter, signature

import numpy as np
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array, get_tags, indexable
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from skdrift._sklearn import check_sample_weight, num_samples, safe_indexing

# Wide enough for probabilities kept as float16, far below anything a wrong
# array (logits, percentages, multi-label indicators) sums to.
_ROW_SUM_TOLERANCE = 1e-3

# Weights below this are left out: each costs a full row in training, and all of
# them together move the cross-entropy by less than n_classes times this much.
_SMALLEST_WEIGHT = 1e-8


def check_soft_labels(y, n_samples, estimator_name):
    """Tell soft labels from class labels and validate either.

    Parameters
    ----------
    y : array-like of shape (n_samples, n_classes) or (n_samples,)
        Probabilities per class, or one class label per row. A single column is
        read as class labels.
    n_samples : int
        Number of rows the labels must have.
    estimator_name : str
        Whom to name in an error.

    Returns
    -------
    y : ndarray
        Of shape (n_samples, n_classes), floating, for soft labels; of shape
        (n_samples,) for class labels.
    is_soft : bool
        Which of the two it is.

    Raises
    ------
    ValueError
        If the labels are missing, of the wrong length, not finite, negative, or
        if a row of probabilities does not sum to 1.
    """
    if y is None:
        raise ValueError(
            f"{estimator_name} requires y to be passed, but the target y is None: "
            "expected soft labels of shape (n_samples, n_classes) or class labels "
            "of shape (n_samples,)."
        )
    y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
    if y.ndim < 2 or y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        _check_length(y, n_samples, estimator_name)
        return y, False

    y = check_array(
        y, dtype=[np.float64, np.float32], ensure_min_features=2, input_name="y"
    )
    _check_length(y, n_samples, estimator_name)
    if (lowest := y.min()) < 0:
        raise ValueError(
            f"{estimator_name} expects probabilities in y, but the smallest value is "
            f"{lowest:g}. Negative values are no probabilities; logits need a softmax."
        )
    sums = y.sum(axis=1, dtype=np.float64)
    worst = np.argmax(np.abs(sums - 1))
    if abs(sums[worst] - 1) > _ROW_SUM_TOLERANCE:
        raise ValueError(
            f"{estimator_name} expects every row of y to sum to 1 (within "
            f"{_ROW_SUM_TOLERANCE:g}), but row {worst} sums to {sums[worst]:g}."
        )
    return y, True


def _check_length(y, n_samples, estimator_name):
    if len(y) != n_samples:
        raise ValueError(
            f"{estimator_name} expects one row of y per row of X, but X has "
            f"{n_samples} rows and y has {len(y)}: inconsistent numbers of samples."
        )


class SoftLabelClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Let any classifier with ``sample_weight`` learn soft labels.

    Each training row is repeated once per class and weighted by the probability
    of that class. The weighted log loss of the repeated rows is the cross-entropy
    between the soft labels and the predictions, so a classifier that minimises
    the log loss learns the whole distribution and not only its most likely class.

    Parameters
    ----------
    estimator : classifier, default=None
        Cloned and fitted. It needs `predict_proba` and, for soft labels, a `fit`
        that takes `sample_weight`. In a :class:`~sklearn.pipeline.Pipeline` the
        weights go to the last step; the steps before it see the repeated rows
        unweighted. None means
        ``LogisticRegression(max_iter=1000)``.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.
    classes_ : ndarray of shape (n_classes,)
        The columns of `predict_proba`: ``arange(n_classes)`` after soft labels,
        the sorted distinct labels after class labels.
    n_features_in_ : int
        Number of features seen in `fit`, where `estimator_` knows it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features seen in `fit`, where `estimator_` knows them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from skdrift import SoftLabelClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> P = RandomForestClassifier(random_state=0).fit(X, y).predict_proba(X)
    >>> student = SoftLabelClassifier().fit(X, P)
    >>> student.predict_proba(X[:1]).round(1)
    array([[1., 0., 0.]])
    """

    learns_soft_labels = True

    _parameter_constraints = {"estimator": "no_validation"}

    def __init__(self, estimator=None):
        self.estimator = estimator

    def fit(self, X, y, sample_weight=None):
        """Learn the labels.

        Parameters
        ----------
        X : array-like of n_samples rows
            Anything that `estimator` accepts: arrays of any number of dimensions,
            DataFrames, sparse matrices, sequences of text.
        y : array-like of shape (n_samples, n_classes) or (n_samples,)
            Soft labels (the teacher's probabilities, rows summing to 1) or class
            labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; None weighs them equally.

        Returns
        -------
        self : SoftLabelClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If `y` holds neither class labels nor rows of probabilities.
        TypeError
            If `estimator` lacks `predict_proba`, or takes no `sample_weight`
            where one is needed.
        """
        estimator = clone(self._estimator())
        if not hasattr(estimator, "predict_proba"):
            raise TypeError(
                f"{type(self).__name__} needs an estimator with predict_proba; "
                f"{estimator!r} has none."
            )
        y, is_soft = check_soft_labels(y, num_samples(X), type(self).__name__)
        if sample_weight is not None:
            sample_weight = check_sample_weight(sample_weight, y)

        if is_soft:
            weight = np.asarray(y, dtype=np.float64)
            if sample_weight is not None:
                weight = weight * sample_weight[:, np.newaxis]
            row, label = np.nonzero(weight > _SMALLEST_WEIGHT * weight.max())
            (X,) = indexable(X)
            _fit_weighted(estimator, safe_indexing(X, row), label, weight[row, label])
            classes = np.arange(y.shape[1])
        else:
            _fit_weighted(estimator, X, y, sample_weight)
            classes = estimator.classes_

        self.estimator_ = estimator
        self.classes_ = classes
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(estimator, name):
                setattr(self, name, getattr(estimator, name))
            elif hasattr(self, name):
                delattr(self, name)
        return self

    def predict_proba(self, X):
        """Predict the probability of every class.

        Parameters
        ----------
        X : array-like of n_samples rows
            Rows of the kind seen in `fit`.

        Returns
        -------
        P : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`. A class that had no weight
            in training has zeros.
        """
        check_is_fitted(self)
        learned = self.estimator_.predict_proba(X)
        if learned.shape[1] == len(self.classes_):
            return learned
        proba = np.zeros((len(learned), len(self.classes_)), dtype=learned.dtype)
        proba[:, self.estimator_.classes_] = learned
        return proba

    def predict(self, X):
        """Predict the most likely class.

        Parameters
        ----------
        X : array-like of n_samples rows
            Rows of the kind seen in `fit`.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Entries of `classes_`.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def _estimator(self):
        if self.estimator is None:
            return LogisticRegression(max_iter=1000)
        return self.estimator

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._estimator())
        tags.input_tags = deepcopy(inner.input_tags)
        if inner.classifier_tags is not None:
            tags.classifier_tags.poor_score = inner.classifier_tags.poor_score
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags


def _fit_weighted(estimator, X, y, sample_weight):
    """Fit the estimator, with the weights handed to the step that uses them."""
    if sample_weight is None:
        estimator.fit(X, y)
        return
    prefix, last_step = "", estimator
    while isinstance(last_step, Pipeline):
        step_name, last_step = last_step.steps[-1]
        prefix += f"{step_name}__"
    parameters = signature(last_step.fit).parameters
    if "sample_weight" not in parameters and not any(
        parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values()
    ):
        raise TypeError(
            "Soft labels are learned through sample weights, but the fit of "
            f"{last_step!r} takes no sample_weight. Choose a classifier that does, "
            "such as LogisticRegression or RandomForestClassifier."
        )
    if last_step is estimator:
        estimator.fit(X, y, sample_weight=sample_weight)
        return
    # Routing would ask the caller to request weights of which they know nothing.
    with config_context(enable_metadata_routing=False):
        estimator.fit(X, y, **{f"{prefix}sample_weight": sample_weight})
