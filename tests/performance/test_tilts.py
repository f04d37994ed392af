import numpy as np
import pandas as pd

from skdrift.performance._tilts import draw_ranks
from tests.performance.test_views import reading


def test_ranks_are_ranks():
    one = reading(80)
    truth = np.arange(80) % 2
    X = pd.DataFrame(
        {"a": np.random.default_rng(0).normal(size=80), "b": ["x", None] * 40}
    )
    seen = set()
    for kind, rows in (("table", X), ("text", None)):
        for seed in range(60):
            ranks = draw_ranks(rows, kind, one, truth, np.random.RandomState(seed))
            assert ranks.shape == (80,)
            assert (ranks > 0).all()
            assert (ranks <= 1).all()
            seen.add(tuple(ranks))
    assert len(seen) > 10
