"""What all drift tests share: checks, batches, correction and reference updates."""

from hashlib import blake2b
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import Interval, StrOptions, fit_context
from skdrift.detection._batches import equal_size_stacks, split_rows
from skdrift.detection._reference import add_to_reservoir, append_and_sort, keep_last
from skdrift.detection._result import DriftCounts, DriftResult
from skdrift.stats._multiple_testing import CORRECTIONS, adjust_p_values
from skdrift.stats._sorted_search import count_values


class BaseDriftTest(BaseEstimator):
    """Base of the tests of a batch against a reference, feature by feature.

    A test implements two methods, ``_test_batches`` and ``_test_counts``, and declares
    its own parameters in ``_parameter_constraints`` beside the ones of this class.
    """

    _parameter_constraints: dict = {
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "correction": [StrOptions(set(CORRECTIONS)), None],
        "min_effect": [Interval(Real, 0, 1, closed="left")],
        "window": [StrOptions({"last", "reservoir"}), None],
        "max_reference": [Interval(Integral, 1, None, closed="left"), None],
        "nan_policy": [StrOptions({"raise", "omit"})],
        "random_state": ["random_state"],
    }

    def _test_batches(self, reference, batches):
        """Test a stack of batches.

        Parameters
        ----------
        reference : ndarray of shape (n_features, n)
            Sorted along the last axis.
        batches : ndarray of shape (n_features, n_batches, m)
            In any order.

        Returns
        -------
        statistic, p_value : ndarray of shape (n_features, n_batches)
        exact : ndarray of bool, shape (n_features, n_batches)
        """
        raise NotImplementedError

    def _test_counts(self, reference, below, not_above, size):
        """Test one feature of a batch known by its counts.

        Parameters
        ----------
        reference : ndarray of shape (n,)
            Sorted.
        below, not_above : ndarray of int, shape (n_distinct,)
            Batch values below, and not above, each distinct reference value.
        size : int
            Batch size.

        Returns
        -------
        statistic, p_value : float
        method : {"exact", "upper_bound", "ties_broken", "asymptotic"}
        """
        raise NotImplementedError

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.nan_policy == "omit"
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Take the rows of X as the reference.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Reference values, one test per column.
        y : None
            Ignored.

        Returns
        -------
        self : object
        """
        self._check_window()
        values = self._check_rows(X, reset=True)
        validate_data(self, X, reset=True, skip_check_array=True)
        self.random_state_ = check_random_state(self.random_state)
        self.max_reference_ = self.max_reference or len(values)
        self.n_samples_seen_ = 0
        self._rows = values[:0]
        self.reference_ = np.empty((values.shape[1], 0), dtype=values.dtype)
        self._update(values)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None):
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

        Returns
        -------
        self : object
        """
        if not hasattr(self, "reference_"):
            return self.fit(X)
        self._check_window()
        values = self._check_rows(X, reset=False)
        self._update(values)
        return self

    def _check_window(self):
        if self.window is None and self.max_reference is not None:
            raise ValueError(
                "max_reference limits a rolling reference and needs window='last' or "
                f"window='reservoir'; got max_reference={self.max_reference} and "
                "window=None."
            )

    def _update(self, values):
        if self.window is None:
            self.reference_ = append_and_sort(self.reference_, values)
        else:
            if self.window == "last":
                self._rows = keep_last(self._rows, values, self.max_reference_)
            else:
                self._rows = add_to_reservoir(
                    self._rows,
                    values,
                    self.n_samples_seen_,
                    self.max_reference_,
                    self.random_state_,
                )
            self.reference_ = append_and_sort(self.reference_[:, :0], self._rows)
        self.n_samples_seen_ += len(values)
        self.reference_size_ = np.isfinite(self.reference_).sum(axis=1)

    def _check_rows(self, X, reset):
        """Finite float values of shape (n_samples, n_features), NaN where omitted.

        Unless ``reset``, the columns are compared with those of the reference.
        """
        values = check_array(
            X,
            dtype=[np.float64, np.float32],
            ensure_all_finite=False,
            estimator=self,
            input_name="X",
        )
        if not reset:
            # before the values: columns of other names may well hold none
            validate_data(self, X, reset=False, skip_check_array=True)
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(values.sum()):
                return values
        bad = ~np.isfinite(values)
        if not bad.any():
            return values
        names = getattr(X, "columns", range(values.shape[1]))
        if self.nan_policy == "raise":
            row, column = np.argwhere(bad)[0]
            raise ValueError(
                f"X contains {bad.sum()} value(s) that are NaN or infinity, the first "
                f"in row {row}, column {names[column]!r}; finite values were expected. "
                "nan_policy='omit' leaves such values out."
            )
        empty = np.flatnonzero(bad.all(axis=0))
        if empty.size:
            raise ValueError(
                f"X has no finite value in column {names[empty[0]]!r}, only NaN or "
                "infinity; there is nothing to test."
            )
        return np.where(bad, np.nan, values)

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
        if groups is None:
            labels, sizes = None, np.array([len(values)])
        else:
            labels, order, sizes = split_rows(groups, len(values))
            if order is not None:
                values = values[order]
        shape = (values.shape[1], sizes.size)
        statistic, p_value = np.empty(shape), np.empty(shape)
        exact = np.empty(shape, dtype=bool)
        for columns, which, reference, stack in self._stacks(values, sizes, labels):
            part = np.ix_(columns, which)
            statistic[part], p_value[part], exact[part] = self._test_batches(
                reference, stack
            )
        method = np.where(exact.T, "exact", "asymptotic").astype("<U11")
        return self._result(statistic.T, p_value.T, method, labels)

    def _stacks(self, values, sizes, labels):
        """Stacks of batches of one size with references of one size."""
        n_columns = values.shape[1]
        complete = not np.isnan(values).any() if self.nan_policy == "omit" else True
        full = self.reference_.shape[1]
        if complete and (self.reference_size_ == full).all():
            for which, stack in equal_size_stacks(values, sizes):
                yield np.arange(n_columns), which, self.reference_, stack
            return
        batch_of_row = np.repeat(np.arange(sizes.size), sizes)
        for column in range(n_columns):
            kept = ~np.isnan(values[:, column])
            kept_sizes = np.bincount(batch_of_row[kept], minlength=sizes.size)
            if not kept_sizes.all():
                empty = np.flatnonzero(kept_sizes == 0)[0]
                raise ValueError(
                    f"Group {labels.tolist()[empty]!r} has no finite value in column "
                    f"{column}, only NaN or infinity; there is nothing to test."
                )
            reference = self.reference_[
                column : column + 1, : self.reference_size_[column]
            ]
            for which, stack in equal_size_stacks(
                values[kept, column : column + 1], kept_sizes
            ):
                yield np.array([column]), which, reference, stack

    def _result(self, statistic, p_value, method, labels):
        adjusted = adjust_p_values(p_value, self.correction)
        flagged = adjusted <= self.alpha
        if self.min_effect > 0:
            flagged &= statistic > self.min_effect
        batch_p_value = adjusted.min(axis=1)
        if labels is None:
            result = DriftResult(
                bool(flagged.any()),
                float(batch_p_value[0]),
                statistic[0],
                p_value[0],
                flagged[0],
            )
            method = method[0]
        else:
            result = DriftResult(
                flagged.any(axis=1), batch_p_value, statistic, p_value, flagged
            )
        result.group_labels = labels
        result.p_value_method = method
        result.feature_names = getattr(
            self,
            "feature_names_in_",
            np.array([f"x{j}" for j in range(statistic.shape[1])]),
        )
        return result

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
        below, not_above = [], []
        n_values = np.empty(values.shape[1], dtype=np.int64)
        for column, size in enumerate(self.reference_size_):
            distinct = np.unique(self.reference_[column, :size])
            given = values[:, column]
            if self.nan_policy == "omit":
                given = given[~np.isnan(given)]
            n_values[column] = given.size
            counts = count_values(distinct, given)
            below.append(counts[0])
            not_above.append(counts[1])
        return DriftCounts(tuple(below), tuple(not_above), n_values, self._digest())

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
        outcomes = [
            self._test_counts(
                self.reference_[column, :size],
                counts.below[column],
                counts.not_above[column],
                int(counts.n_values[column]),
            )
            for column, size in enumerate(self.reference_size_)
        ]
        statistic, p_value, method = zip(*outcomes)
        return self._result(
            np.array([statistic]),
            np.array([p_value]),
            np.array([method], dtype="<U11"),
            None,
        )

    def _digest(self):
        reference = np.ascontiguousarray(self.reference_, dtype=np.float64)
        return blake2b(reference.tobytes(), digest_size=16).digest()
