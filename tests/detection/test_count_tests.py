import numpy as np
import pytest

from skdrift.detection._count_tests import count_features, run_count_tests
from skdrift.detection._result import DriftCounts
from skdrift.stats._ks import ks_test_counts

# The last value of the second feature is missing.
REFERENCE = np.array([[1.0, 2.0, 2.0, 5.0], [1.0, 3.0, 4.0, np.nan]])
N_REFERENCE = np.array([4, 3])


def test_values_below_and_not_above_each_distinct_value():
    numbers = np.array([[2.0, 0.0], [6.0, np.nan], [1.5, 3.0]])
    below, not_above = count_features(REFERENCE, N_REFERENCE, numbers)
    # Distinct values are 1, 2, 5 and 1, 3, 4.
    assert [one.tolist() for one in below] == [[0, 1, 2], [1, 1, 2]]
    assert [one.tolist() for one in not_above] == [[0, 2, 2], [1, 2, 2]]


def counts_of(numbers):
    n_omitted = np.isnan(numbers).sum(axis=0)
    below, not_above = count_features(REFERENCE, N_REFERENCE, numbers)
    n_values = len(numbers) - n_omitted
    return DriftCounts(
        below, not_above, n_values, b"", n_omitted=n_omitted, precision=np.full(2, 53)
    )


def ks(known, below, not_above, size):
    return ks_test_counts(known, below, not_above, size, "two-sided", "exact")


def test_statistic_is_the_largest_distance_of_distribution_functions():
    numbers = np.array([[0.0, 2.0], [0.5, np.nan], [2.0, 2.5]])
    tests = run_count_tests(ks, REFERENCE, N_REFERENCE, counts_of(numbers))
    # By hand: below 1 lie 2 of 3 and none; up to 2.5 lie 2 of 2 and 1 of 3.
    assert tests.statistic[0] == pytest.approx([2 / 3, 2 / 3])
    assert tests.n_tested.tolist() == [[3, 2]]
    assert tests.n_omitted.tolist() == [[0, 1]]
    # Two of 7 values are missing; the batch's 3 hold none of them in C(5, 3) / C(7, 3).
    assert tests.missing_p_value[0] == pytest.approx([1, 1 - 10 / 35])


def test_a_feature_without_values_is_untested():
    numbers = np.array([[0.0, np.nan], [2.0, np.nan]])
    tests = run_count_tests(ks, REFERENCE, N_REFERENCE, counts_of(numbers))
    assert tests.how[0, 1] == "untested"
    assert np.isnan(tests.statistic[0, 1])
    assert np.isfinite(tests.statistic[0, 0])
