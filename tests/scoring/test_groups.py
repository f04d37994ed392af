import numpy as np
import pytest

from skdrift.scoring._groups import draw_groups, group_codes


def test_reference_is_a_sample_of_whole_groups():
    groups = np.repeat(np.arange(100), 3)
    kept = draw_groups(groups, 50, 0)
    assert len(kept) == 48
    assert (np.bincount(groups[kept], minlength=100) % 3 == 0).all()
    np.testing.assert_array_equal(kept, draw_groups(groups, 50, 0))
    assert set(kept) != set(draw_groups(groups, 50, 1))
    np.testing.assert_array_equal(draw_groups(groups, 300, 0), np.arange(300))
    assert len(draw_groups(np.arange(500), 80, 0)) == 80


def test_two_groups_stay_however_large_they_are():
    groups = np.repeat([0, 1, 2], [1000, 1000, 1])
    for seed in range(5):
        kept = draw_groups(groups, 20, seed)
        assert len(np.unique(groups[kept])) >= 2
        assert 2 <= len(kept) <= 20


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([1, 2], r"shape \(3,\); got shape \(2,\)"),
        ([1, None, 2], "groups has missing labels, 1 of 3"),
        (["a", "a", "a"], "at least 2 groups"),
    ],
)
def test_bad_groups_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        group_codes(groups, 3)
