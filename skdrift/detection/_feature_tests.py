"""Each feature of each batch tested for itself, with what is missing left out."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom

from skdrift.detection._batches import equal_size_stacks

# A batch without any value of a feature is an alarm if so many missing values are less
# likely than this: so rare that it takes nothing from alpha.
IMPOSSIBLE = 1e-6
# When to warn of missing values: by how much their share exceeds the reference's, and
# how unlikely that is.
_JUMP, _UNLIKELY = 0.05, 1e-3


@dataclass(frozen=True)
class FeatureTests:
    """Tests of all features of all batches, arrays of shape (n_batches, n_features).

    Parameters
    ----------
    statistic, p_value : ndarray of float
        NaN where there was nothing to test.
    how : ndarray of str
        How each p-value was computed.
    n_tested, n_omitted : ndarray of int
        Values that were tested and that were missing.
    missing_p_value : ndarray of float
        Exact probability of as many missing values or more, if values are missing in
        the batch as they are in the reference.
    """

    statistic: np.ndarray
    p_value: np.ndarray
    how: np.ndarray
    n_tested: np.ndarray
    n_omitted: np.ndarray
    missing_p_value: np.ndarray

    @property
    def lost(self):
        """Where all values are missing and the reference makes that impossible."""
        return (self.n_tested == 0) & (self.missing_p_value <= IMPOSSIBLE)

    def warn_of_missing(self, names, n_reference, n_reference_tested):
        """Tell which features are missing more often than in the reference."""
        size = self.n_tested + self.n_omitted
        share, known = self.n_omitted / size, 1 - n_reference_tested / n_reference
        jumps = (share > known + _JUMP) & (
            self.missing_p_value * share.size < _UNLIKELY
        )
        untested = np.isnan(self.statistic)
        for column in np.flatnonzero((jumps | untested).any(axis=0)):
            empty, worst = untested[:, column].sum(), share[:, column].max()
            if empty:
                what = f"has nothing to test in {empty} of {len(size)} batch(es)"
            else:
                what = f"is missing in up to {worst:.0%} of a batch's rows"
            warnings.warn(
                f"Column {names[column]!r} {what}; in the reference "
                f"{known[column]:.0%} of its values are missing.",
                UserWarning,
                stacklevel=4,
            )


def missing_p_values(n_omitted, size, n_reference_omitted, n_reference):
    """Exact p-values of the number of missing values, given the pooled number.

    Parameters
    ----------
    n_omitted, size : ndarray of int
        Missing values and rows of batches.
    n_reference_omitted, n_reference : ndarray of int
        Missing values and rows of the reference.

    Returns
    -------
    p_value : ndarray
        Probability of as many or more, hypergeometric.
    """
    if not np.any(n_omitted):
        return np.ones(np.broadcast_shapes(np.shape(n_omitted), np.shape(size)))
    missing = n_omitted + n_reference_omitted
    return hypergeom.sf(n_omitted - 1, n_reference + size, missing, size)


def run_feature_tests(test_batches, reference, n_reference, numbers, sizes):
    """Test every feature of every batch.

    Parameters
    ----------
    test_batches : callable
        `BaseDriftTest.test_batches` of a test.
    reference : ndarray of shape (n_features, n)
        Sorted along the last axis, missing values last as NaN.
    n_reference : ndarray of int of shape (n_features,)
        Values that are not missing.
    numbers : ndarray of shape (n_rows, n_features)
        Rows of the first batch, then those of the second, and so on.
    sizes : ndarray of int of shape (n_batches,)
        Rows of each batch.

    Returns
    -------
    tests : FeatureTests
    """
    shape = (sizes.size, numbers.shape[1])
    statistic, p_value = np.full(shape, np.nan), np.full(shape, np.nan)
    how = np.full(shape, "untested", dtype=object)
    missing = np.isnan(numbers)
    if missing.any():
        starts = np.cumsum(sizes) - sizes
        n_omitted = np.add.reduceat(missing, starts, axis=0, dtype=np.int64)
    else:
        missing, n_omitted = None, np.zeros(shape, dtype=np.int64)
    n_tested = sizes[:, None] - n_omitted
    for columns, which, known, stack in _stacks(
        reference, n_reference, numbers, missing, n_tested
    ):
        part = np.ix_(which, columns)
        found, likely, by = test_batches(known, stack)
        statistic[part], p_value[part] = found.T, likely.T
        how[part] = np.broadcast_to(by, found.shape).T
    missing_p_value = missing_p_values(
        n_omitted,
        sizes[:, None],
        reference.shape[1] - n_reference,
        reference.shape[1],
    )
    return FeatureTests(statistic, p_value, how, n_tested, n_omitted, missing_p_value)


def _stacks(reference, n_reference, numbers, missing, n_tested):
    """Stacks of batches of one size with references of one size."""
    n_columns, full = reference.shape
    if missing is None and (n_reference == full).all():
        for which, stack in equal_size_stacks(numbers, n_tested[:, 0]):
            yield np.arange(n_columns), which, reference, stack
        return
    for column in np.flatnonzero(n_reference):
        values = numbers[:, column]
        if missing is not None:
            values = values[~missing[:, column]]
        known = reference[column : column + 1, : n_reference[column]]
        for which, stack in equal_size_stacks(values[:, None], n_tested[:, column]):
            if stack.size:
                yield np.array([column]), which, known, stack
