import numpy as np
import pytest
from scipy.stats import binomtest

from skdrift.performance._source_risk import upper_bound


def test_upper_bound_is_that_of_clopper_and_pearson():
    wrong = np.arange(200) < 30
    expected = binomtest(30, 200).proportion_ci(0.9, "exact").high
    assert upper_bound(wrong, None, 0.05) == pytest.approx(expected)
    assert upper_bound(np.ones(5, dtype=bool), None, 0.05) == 1.0


def test_groups_make_the_bound_wider():
    wrong = np.repeat(np.random.default_rng(0).random(40) < 0.2, 25)
    groups = np.repeat(np.arange(40), 25)
    assert upper_bound(wrong, groups, 0.05) > upper_bound(wrong, None, 0.05) + 0.05
    with pytest.raises(ValueError, match="one label for each"):
        upper_bound(wrong, groups[:3], 0.05)
    with pytest.raises(ValueError, match="missing labels, 25 of 1000"):
        upper_bound(wrong, np.where(groups == 7, np.nan, groups), 0.05)
