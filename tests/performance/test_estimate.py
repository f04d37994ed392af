import numpy as np
import pytest

from skdrift import PerformanceEstimate

ONE = PerformanceEstimate(0.86, 0.84, 0.88, 0.9, 0.04, 0.2, "harmful", ("Why.",), 100)
TWO = PerformanceEstimate(
    np.array([0.9, 0.5]),
    np.array([0.8, 0.4]),
    np.array([0.95, 0.6]),
    0.9,
    np.array([0.0, 0.4]),
    np.array([0.7, 0.001]),
    np.array(["fine", "harmful"]),
    (("Calm.",), ("Bad.", "Strange.")),
    np.array([50, 60]),
    group_labels=np.array(["a", "b"]),
)


def test_one_batch():
    assert ONE.is_drift
    assert bool(ONE)
    assert str(ONE) == "lost 4.0 points (2.0 to 6.0): harmful"
    frame = ONE.to_frame()
    assert len(frame) == 1
    assert frame["reasons"][0] == "Why."


def test_several_batches():
    assert TWO.is_drift.tolist() == [False, True]
    frame = TWO.to_frame()
    assert frame["group"].tolist() == ["a", "b"]
    assert frame["reasons"].tolist() == ["Calm.", "Bad. Strange."]
    assert "harmful" in str(TWO)
    with pytest.raises(ValueError, match="of 2 batches"):
        bool(TWO)


def test_equal_by_value():
    same = PerformanceEstimate(
        *(
            getattr(ONE, name)
            for name in (
                "estimate",
                "low",
                "high",
                "reference",
                "lost",
                "p_value",
                "verdict",
                "reasons",
                "size",
            )
        )
    )
    assert same == ONE
    assert ONE != TWO
    assert ONE != 3
