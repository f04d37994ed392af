"""What all drift tests share: checks, batches, correction and reference updates."""

from abc import ABCMeta, abstractmethod
from hashlib import blake2b
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import Interval, StrOptions, fit_context
from skdrift.detection._batches import split_rows
from skdrift.detection._chunks import OrderedReference, among_chunks
from skdrift.detection._count_tests import count_features, run_count_tests
from skdrift.detection._feature_tests import run_feature_tests
from skdrift.detection._flags import flag_drift
from skdrift.detection._reference import add_to_reservoir, append_and_sort, keep_last
from skdrift.detection._result import DriftCounts
from skdrift.detection._values import (
    column_names,
    name_of,
    read_values,
    refuse_what_is_not_finite,
    round_columns,
)
from skdrift.stats._multiple_testing import CORRECTIONS


class BaseDriftTest(BaseEstimator, metaclass=ABCMeta):
    """Base class of drift tests, for a test of one's own.

    A test of a batch against a reference needs one method, `test_batches`, which tests
    each feature for itself. A second one, `test_counts`, lets batches be counted in
    pieces. All else is here: checks of the input, groups, correction for the number of
    features, ties between floating point types, missing values, windows. A test with
    parameters of its own has an ``__init__`` with all of them, and declares its own in
    ``_parameter_constraints`` beside those of this class.

    Parameters
    ----------
    alpha : float, default=0.05
        Drift is flagged where the corrected p-value is at most ``alpha``.
    correction : {"bonferroni", "holm", "fdr_bh", "fdr_by"}, default="bonferroni"
        Correction for the number of features. None: no correction.
    min_effect : float, default=0.0
        Drift is flagged only where the statistic also exceeds this.
    window : {"last", "reservoir"} or None, default=None
        How `partial_fit` keeps the reference from growing.
    max_reference : int, default=None
        Rows that a window holds. None: as many as the first call brought.
    nan_policy : {"raise", "omit"}, default="raise"
        Whether NaN is refused, as infinity then is, or left out.
    random_state : int, RandomState instance or None, default=None
        Decides which rows a reservoir keeps.

    Examples
    --------
    Welch's t-test of the means, as a drift test:

    >>> import numpy as np
    >>> from scipy.stats import ttest_ind
    >>> from skdrift import BaseDriftTest
    >>> class MeanDriftTest(BaseDriftTest):
    ...     def test_batches(self, reference, batches):
    ...         test = ttest_ind(batches, reference[:, None], axis=2, equal_var=False)
    ...         return test.statistic, test.pvalue, "asymptotic"
    >>> rng = np.random.default_rng(0)
    >>> test = MeanDriftTest(correction="holm").fit(rng.normal(size=(500, 3)))
    >>> result = test.predict(rng.normal([0, 0, 1], size=(50, 3)))
    >>> result.feature_is_drift
    array([False, False,  True])
    """

    __metadata_request__fit = {"groups": True}
    __metadata_request__partial_fit = {"groups": True}

    _parameter_constraints: dict = {
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "correction": [StrOptions(set(CORRECTIONS)), None],
        "min_effect": [Interval(Real, 0, 1, closed="left")],
        "window": [StrOptions({"last", "reservoir"}), None],
        "max_reference": [Interval(Integral, 1, None, closed="left"), None],
        "nan_policy": [StrOptions({"raise", "omit"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        alpha=0.05,
        correction="bonferroni",
        min_effect=0.0,
        window=None,
        max_reference=None,
        nan_policy="raise",
        random_state=None,
    ):
        self.alpha = alpha
        self.correction = correction
        self.min_effect = min_effect
        self.window = window
        self.max_reference = max_reference
        self.nan_policy = nan_policy
        self.random_state = random_state

    @abstractmethod
    def test_batches(self, reference, batches):
        """Test a stack of batches of one size; called by `predict`.

        Parameters
        ----------
        reference : ndarray of shape (n_features, n)
            Sorted along the last axis, without NaN.
        batches : ndarray of shape (n_features, n_batches, m)
            In any order, without NaN.

        Returns
        -------
        statistic, p_value : ndarray of shape (n_features, n_batches)
        how : str or ndarray of str of shape (n_features, n_batches)
            How p-values were computed, for ``DriftResult.p_value_method``.
        """

    def test_counts(self, reference, below, not_above, size):
        """Test one feature of a batch by its counts; called by `predict_counts`.

        Parameters
        ----------
        reference : ndarray of shape (n,)
            Sorted, without NaN.
        below, not_above : ndarray of int of shape (n_distinct,)
            Batch values below, and not above, each distinct reference value.
        size : int
            Batch size.

        Returns
        -------
        statistic, p_value : float
        how : str
            How the p-value was computed.
        """
        raise TypeError(
            f"{type(self).__name__} has no method test_counts and cannot test a batch "
            "known by its counts; use predict."
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.nan_policy == "omit"
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, groups=None):
        """Take the rows of X as the reference.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Reference values, one test per column.
        y : None
            Ignored.
        groups : array-like of shape (n_samples,), default=None
            Where rows are not exchangeable, such as in time order: the hour, day or
            user that each row belongs to. A batch is then judged against chunks of the
            reference of its size, which are whole groups in the order of their first
            rows; see ``DriftResult.p_value_method``.

        Returns
        -------
        self : object
        """
        self._check_window(groups)
        values = self._check_rows(X, reset=True)
        empty = np.flatnonzero(np.isnan(values.numbers).all(axis=0))
        if empty.size:
            raise ValueError(
                f"X has only NaN in column {name_of(X, empty[0])!r}; there is nothing "
                "to test against."
            )
        ordered = None
        if groups is not None:
            ordered = OrderedReference.of(values.numbers, groups)
        return self._start(X, values, ordered)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, groups=None):
        """Add the rows of X to the reference.

        With ``window=None`` the reference grows; with ``window="last"`` it keeps the
        last ``max_reference`` rows; with ``window="reservoir"`` it keeps a uniform
        random sample of all the rows it was ever given. A rolling reference absorbs
        slow drift: what arrives a little at a time becomes the new normal and raises no
        alarm. Add only rows that are known to be good.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Further reference values.
        y : None
            Ignored.
        groups : array-like of shape (n_samples,), default=None
            Where the reference has groups: the group of each row. None: the rows are
            one group. They come after all rows so far, as new groups whatever their
            labels.

        Returns
        -------
        self : object
        """
        first = not hasattr(self, "reference_")
        ordered = None if first else self._ordered
        if not first and ordered is None and groups is not None:
            raise ValueError(
                "The reference was fitted without groups, so that partial_fit cannot "
                "tell which of its rows belong together; fit it with groups."
            )
        self._check_window(groups if ordered is None else ordered)
        values = self._check_rows(X, reset=first)
        if first and groups is not None:
            ordered = OrderedReference.of(values.numbers, groups)
        if first:
            return self._start(X, values, ordered)
        if ordered is not None:
            ordered = ordered.add(values.numbers, groups)
        self._update(values)
        self._ordered = ordered
        return self

    def _check_window(self, groups):
        if self.window is not None and groups is not None:
            raise ValueError(
                "A rolling reference forgets rows and cannot keep groups whole; with "
                f"groups window must be None, got {self.window!r}."
            )
        if self.window is None and self.max_reference is not None:
            raise ValueError(
                "max_reference limits a rolling reference and needs window='last' or "
                f"window='reservoir'; got max_reference={self.max_reference} and "
                "window=None."
            )

    def _start(self, X, values, ordered=None):
        validate_data(self, X, reset=True, skip_check_array=True)
        self._names = column_names(X)
        self.random_state_ = check_random_state(self.random_state)
        self.max_reference_ = self.max_reference or len(values.numbers)
        self.n_samples_seen_ = 0
        self._ordered = ordered
        self._precision = values.precision
        self._rows = values.numbers[:0]
        self.reference_ = np.empty((values.precision.size, 0), values.numbers.dtype)
        self._update(values)
        return self

    def _update(self, values):
        numbers = values.numbers
        if (values.precision != self._precision).any():
            # What is compared has to be as coarse as the coarsest of it.
            self._precision = np.minimum(self._precision, values.precision)
            numbers, self._rows, self.reference_ = (
                round_columns(part, self._precision, axis)
                for part, axis in ((numbers, 1), (self._rows, 1), (self.reference_, 0))
            )
        if self.window is None:
            self.reference_ = append_and_sort(self.reference_, numbers)
        else:
            if self.window == "last":
                self._rows = keep_last(self._rows, numbers, self.max_reference_)
            else:
                self._rows = add_to_reservoir(
                    self._rows,
                    numbers,
                    self.n_samples_seen_,
                    self.max_reference_,
                    self.random_state_,
                )
            self.reference_ = append_and_sort(self.reference_[:, :0], self._rows)
        self.n_samples_seen_ += len(numbers)
        self.reference_size_ = (~np.isnan(self.reference_)).sum(axis=1)

    def _check_rows(self, X, reset):
        """Check values and, unless ``reset``, whether columns are the reference's."""
        values = read_values(X, self)
        if not reset:
            # Before the values: columns of other names may well hold none.
            validate_data(self, X, reset=False, skip_check_array=True)
        if self.nan_policy == "raise":
            refuse_what_is_not_finite(X, values.numbers)
        return values

    def _comparable(self, values):
        """Round reference and rows to the coarser of their types, each feature."""
        coarser = np.minimum(self._precision, values.precision)
        if (coarser == self._precision).all() and (coarser == values.precision).all():
            return self.reference_, values.numbers
        return (
            round_columns(self.reference_, coarser, axis=0),
            round_columns(values.numbers, coarser, axis=1),
        )

    def predict(self, X, groups=None):
        """Test whether a batch, or each of several, drifted from the reference.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows of the batch, or of all batches.
        groups : array-like of shape (n_samples,), default=None
            Label of the batch that each row belongs to. None: X is one batch.

        Returns
        -------
        result : DriftResult
            With ``groups``, one batch per distinct label, in ascending order.
        """
        check_is_fitted(self)
        self._validate_params()
        values = self._check_rows(X, reset=False)
        reference, numbers = self._comparable(values)
        if groups is None:
            labels, sizes = None, np.array([len(numbers)])
        else:
            labels, order, sizes = split_rows(groups, len(numbers))
            if order is not None:
                numbers = numbers[order]
        tests = run_feature_tests(
            self.test_batches, reference, self.reference_size_, numbers, sizes
        )
        return self._result(tests, sizes, labels)

    def count(self, X):
        """Count the values of a piece of a batch against the reference.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Any part of the batch.

        Returns
        -------
        counts : DriftCounts
            Counts of pieces add up; `predict_counts` tests their sum.
        """
        check_is_fitted(self)
        self._validate_params()
        values = self._check_rows(X, reset=False)
        reference, numbers = self._comparable(values)
        below, not_above = count_features(reference, self.reference_size_, numbers)
        n_omitted = np.isnan(numbers).sum(axis=0)
        return DriftCounts(
            below,
            not_above,
            len(numbers) - n_omitted,
            self._digest(),
            n_omitted=n_omitted,
            precision=np.minimum(self._precision, values.precision),
        )

    def predict_counts(self, counts):
        """Test a batch that is known by its counts.

        Parameters
        ----------
        counts : DriftCounts
            The sum of the counts of all pieces of the batch.

        Returns
        -------
        result : DriftResult
            The statistic is exactly that of the whole batch;
            ``result.p_value_method`` says how each p-value was computed.
        """
        check_is_fitted(self)
        self._validate_params()
        if not isinstance(counts, DriftCounts):
            raise TypeError(
                "counts must be what `count` returned, or a sum of such; got "
                f"{type(counts).__name__}."
            )
        if counts.reference_digest != self._digest():
            raise ValueError(
                "These counts were made against another reference than the one this "
                "test holds now; count the batch again."
            )
        reference = self.reference_
        if (counts.precision != self._precision).any():
            reference = round_columns(reference, counts.precision, axis=0)
        tests = run_count_tests(
            self.test_counts, reference, self.reference_size_, counts
        )
        return self._result(tests, (counts.n_values + counts.n_omitted)[:1], None)

    def _result(self, tests, sizes, labels):
        if self._ordered is not None:
            tests = among_chunks(
                tests, sizes, self.test_batches, self._ordered, self.alpha
            )
        names = self._feature_names()
        if self.nan_policy == "omit":
            tests.warn_of_missing(names, self.reference_.shape[1], self.reference_size_)
        return flag_drift(
            tests, names, labels, self.alpha, self.correction, self.min_effect
        )

    def _feature_names(self):
        if self._names is not None:
            return self._names
        return np.array([f"x{j}" for j in range(self.n_features_in_)], dtype=object)

    def _digest(self):
        reference = np.ascontiguousarray(self.reference_, dtype=np.float64)
        return blake2b(reference.tobytes(), digest_size=16).digest()
