import numpy as np
import pandas as pd
import pytest

from skdrift import InputDriftTest


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    number = rng.normal(size=600).round(2)
    number[rng.random(600) < 0.1] = np.nan
    return pd.DataFrame(
        {
            "number": number,
            "whole": rng.integers(0, 5, 600),
            "category": rng.choice(["a", "b", None], 600),
            "constant": 7,
        }
    )


def test_pieces_add_up_to_the_whole(table):
    test = InputDriftTest(random_state=0).fit(table[:300])
    batch = table[300:].assign(constant=np.arange(300), whole=9)
    pieces = [test.count(part) for part in (batch[:10], batch[10:90], batch[90:])]
    total, whole = sum(pieces), test.count(batch)
    for one, other in zip(total.columns, whole.columns):
        for name in one.__dataclass_fields__:
            parts = getattr(one, name), getattr(other, name)
            if isinstance(parts[0], np.ndarray):
                assert parts[0] == pytest.approx(parts[1], rel=1e-12), name
            else:
                assert parts[0] == parts[1], name
    assert test.predict_counts(total).columns == test.predict_counts(whole).columns


def test_counts_and_rows_find_the_same(table):
    test = InputDriftTest(random_state=0).fit(table[:300])
    batch = table[300:].assign(whole=table["whole"][300:] * 10, category="c")
    by_counts, by_rows = test.predict_counts(test.count(batch)), test.predict(batch)
    assert by_counts.columns == by_rows.columns
    assert by_counts.statistic == pytest.approx(by_rows.statistic)
    # Counts cannot tell ties between reference values.
    assert (by_counts.feature_p_values >= by_rows.feature_p_values * (1 - 1e-9))[
        ~np.isnan(by_rows.feature_p_values)
    ].all()


def test_counts_of_other_references_do_not_add_up(table):
    one = InputDriftTest().fit(table[:300]).count(table)
    other = InputDriftTest().fit(table[300:]).count(table)
    with pytest.raises(ValueError, match="different references"):
        one + other
    with pytest.raises(ValueError, match="another reference"):
        InputDriftTest().fit(table[300:]).predict_counts(one)
    with pytest.raises(TypeError, match="what `count` returned"):
        InputDriftTest().fit(table).predict_counts(3)


def test_counts_tell_their_size(table):
    counts = InputDriftTest().fit(table).count(table[:50])
    assert repr(counts) == "InputCounts(size=50, n_columns=4)"
