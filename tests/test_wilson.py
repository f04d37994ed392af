import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdrift._wilson import wilson_interval


@given(st.integers(1, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_bounds_solve_the_score_equation(counts):
    hits, trials = counts
    z = 1.959963984540054
    (low,), (high,) = wilson_interval([hits], [trials])
    rate = hits / trials
    assert low <= rate + 1e-12
    assert high >= rate - 1e-12
    for bound in (low, high):
        spread = z * np.sqrt(bound * (1 - bound) / trials)
        assert abs(abs(rate - bound) - spread) < 1e-9


def test_published_figures():
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    low, high = wilson_interval([81, 15, 0, 1], [263, 148, 20, 29])
    assert low == pytest.approx([0.2553, 0.0624, 0.0, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_no_trials_is_unknown():
    low, high = wilson_interval([0, 1], [0, 2])
    assert np.isnan([low[0], high[0]]).all()
    assert np.isfinite([low[1], high[1]]).all()
    assert [len(bound) for bound in wilson_interval([], [])] == [0, 0]
