import numpy as np
import pytest

from skdrift import PerformanceCounts


def counts(size, digest="a"):
    return PerformanceCounts(
        size, np.full(3, float(size)), np.eye(2) * size, np.array([size]), digest
    )


def test_pieces_add_up():
    assert counts(3) + counts(4) == counts(7)
    assert sum([counts(1), counts(2), counts(3)]) == counts(6)
    assert counts(1) != counts(2)


def test_other_things_do_not_add_up():
    with pytest.raises(ValueError, match="different estimators"):
        counts(1) + counts(1, "b")
    with pytest.raises(TypeError):
        counts(1) + 3


def test_repr():
    assert repr(counts(5)) == "PerformanceCounts(size=5)"
