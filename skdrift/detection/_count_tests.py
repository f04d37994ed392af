"""Batches counted against the reference in pieces, and tested by their counts."""

import numpy as np

from skdrift.detection._feature_tests import FeatureTests, missing_p_values
from skdrift.stats._sorted_search import count_values


def count_features(reference, n_reference, numbers):
    """Count the values of each feature against the reference.

    Parameters
    ----------
    reference : ndarray of shape (n_features, n)
        Sorted along the last axis, missing values last as NaN.
    n_reference : ndarray of int of shape (n_features,)
        Values that are not missing.
    numbers : ndarray of shape (n_samples, n_features)

    Returns
    -------
    below, not_above : tuple of ndarray of int of shape (n_distinct,)
        For each feature, values below, and not above, each distinct reference value.
    """
    counts = [
        count_values(np.unique(known[:size]), given[~np.isnan(given)])
        for known, size, given in zip(reference, n_reference, numbers.T)
    ]
    return tuple(one[0] for one in counts), tuple(one[1] for one in counts)


def run_count_tests(test_counts, reference, n_reference, counts):
    """Test every feature of one batch that is known by its counts.

    Parameters
    ----------
    test_counts : callable
        `BaseDriftTest.test_counts` of a test.
    reference, n_reference : as `count_features` takes them
    counts : DriftCounts

    Returns
    -------
    tests : FeatureTests
    """
    outcomes = []
    for known, size, below, not_above, n_values in zip(
        reference,
        n_reference,
        counts.below,
        counts.not_above,
        counts.n_values.tolist(),
    ):
        outcome = np.nan, np.nan, "untested"
        if size and n_values:
            outcome = test_counts(known[:size], below, not_above, n_values)
        outcomes.append(outcome)
    statistic, p_value, how = zip(*outcomes)
    n_rows = reference.shape[1]
    missing = missing_p_values(
        counts.n_omitted,
        counts.n_values + counts.n_omitted,
        n_rows - n_reference,
        n_rows,
    )
    return FeatureTests(
        np.array([statistic]),
        np.array([p_value]),
        np.array([how]),
        counts.n_values[None],
        counts.n_omitted[None],
        missing[None],
    )
