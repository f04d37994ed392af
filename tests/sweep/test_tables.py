import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy.stats import binomtest

from skdrift.sweep._tables import (
    candidate_table,
    choose_candidate,
    describe_values,
    detection_limit,
    false_alarm_rate,
    of_candidate,
    per_candidate,
    result_table,
    selectivity,
    summarize,
    wilson_interval,
)


def make_results(seed=0, n_batches=7):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[0, 1], [1, 5], ["harmful", "harmless"], [0.0, 0.5, 1.0], range(n_batches)],
        names=["candidate", "severity", "kind", "fraction", "batch"],
    )
    results = index.to_frame(index=False)
    results["p_value"] = rng.random(len(results))
    results["statistic"] = rng.random(len(results))
    results["is_drift"] = (results["p_value"] < 0.4).astype("boolean")
    return results


def make_summary(rates, kind="harmful", fractions=(0, 0.1, 0.2, 0.5, 0.9)):
    return pd.DataFrame(
        {
            "candidate": 0,
            "severity": 3,
            "kind": kind,
            "fraction": fractions,
            "detection_rate": rates,
        }
    )


def test_summary_against_each_cell():
    results = make_results()
    summary = summarize(results)
    assert len(summary) == 24
    for row in summary.itertuples():
        cell = results[
            (results["candidate"] == row.candidate)
            & (results["severity"] == row.severity)
            & (results["kind"] == row.kind)
            & (results["fraction"] == row.fraction)
        ]
        p = cell["p_value"].to_numpy()
        assert row.n_batches == len(cell) == 7
        assert (row.p_mean, row.p_std) == pytest.approx((p.mean(), p.std(ddof=1)))
        assert (row.p_min, row.p_max) == (p.min(), p.max())
        n_detected = (p < 0.4).sum()
        assert row.detection_rate == n_detected / 7
        (low,), (high,) = wilson_interval([n_detected], [7])
        assert (row.detection_low, row.detection_high) == (low, high)


def test_one_row_per_test_in_the_order_of_the_axes():
    axes = {"candidate": [0], "severity": ["a", "b"], "batch": range(2)}
    flags = np.array([True, False, None, True], dtype=object)
    table = result_table(axes, np.arange(4) / 4, np.arange(4.0), flags)
    assert table["severity"].tolist() == ["a", "a", "b", "b"]
    assert table["batch"].tolist() == [0, 1, 0, 1]
    assert table["p_value"].tolist() == [0, 0.25, 0.5, 0.75]
    assert table["is_drift"].tolist() == [True, False, pd.NA, True]


def test_most_selective_candidate_is_chosen():
    table = pd.DataFrame({"candidate": [0, 1]})
    weak = make_summary([0, 0, 0, 0, 1])
    strong = make_summary([0, 1, 1, 1, 1]).assign(candidate=1)
    calm = make_summary([0, 0, 0, 0, 0], kind="harmless")
    summary = pd.concat([weak, strong, calm, calm.assign(candidate=1)])
    assert choose_candidate(table, summary) == 1
    assert choose_candidate(table, summary.assign(detection_rate=np.nan)) == 0
    assert choose_candidate(table, summary, 0) == 0
    with pytest.raises(ValueError, match=r"one of \[0, 1\]; got 2"):
        choose_candidate(table, summary, 2)
    chosen = of_candidate(summary, 1)
    assert chosen["candidate"].tolist() == [1] * 10
    assert chosen.index.tolist() == list(range(10))


def test_missing_batches_stay_missing():
    results = make_results()
    gone = (results["kind"] == "harmful") & (results["fraction"] > 0)
    results.loc[gone, ["p_value", "statistic"]] = np.nan
    results.loc[gone, "is_drift"] = pd.NA
    summary = summarize(results)
    empty = (summary["kind"] == "harmful") & (summary["fraction"] > 0)
    figures = summary.columns[5:]
    assert summary.loc[empty, figures].isna().all().all()
    assert (summary.loc[empty, "n_batches"] == 0).all()
    assert summary.loc[~empty, figures].notna().all().all()
    assert set(summary[figures].dtypes) == {np.dtype(float)}


def test_false_alarms_are_pooled_over_clean_batches():
    results = make_results()
    table = false_alarm_rate(results)
    clean = results[results["fraction"] == 0]
    assert (table["n_batches"] == 28).all()
    for candidate, rate in zip(table["candidate"], table["rate"]):
        flags = clean.loc[clean["candidate"] == candidate, "is_drift"]
        assert rate == flags.astype(float).mean()
    without = false_alarm_rate(results[results["fraction"] > 0])
    assert without.empty
    assert list(without.columns) == list(table.columns)


@pytest.mark.parametrize(
    ("rates", "limit"),
    [
        ([0, 0.1, 0.8, 0.9, 1], 0.2),
        ([0, 0.9, 0.7, 0.9, 1], 0.5),
        ([1, 1, 1, 1, 1], 0.1),
        ([0, 0.1, 0.2, 0.9, 0.7], np.nan),
        ([0, 0.9, np.nan, 0.9, np.nan], 0.1),
        ([0, np.nan, np.nan, np.nan, np.nan], np.nan),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_detection_limit(rates, limit, order):
    summary = make_summary(rates).iloc[::order]
    table = detection_limit(summary, 0.8, "harmful")
    expected = pd.DataFrame({"candidate": [0], "severity": [3], "fraction": [limit]})
    assert_frame_equal(table, expected)


def test_selectivity_by_hand():
    summary = pd.concat(
        [
            make_summary([0, 0.5, 0.8, 1, 1]),
            make_summary([0, 0, 0.2, 0.4, 0.6], kind="harmless"),
        ]
    )
    (row,) = selectivity(summary, 0.2, 0.9).itertuples()
    area = (0.1 * 0.25 + 0.1 * 0.55 + 0.3 * 0.6 + 0.4 * 0.5) / 0.9
    assert row.area == pytest.approx(area)
    assert (row.harmful, row.harmless, row.gap) == pytest.approx((0.8, 0.6, 0.2))
    (row,) = selectivity(summary, 0.3, 0.9).itertuples()
    assert np.isnan([row.harmful, row.gap]).all()
    assert row.harmless == 0.6


def test_selectivity_leaves_out_what_was_not_measured():
    summary = pd.concat(
        [
            make_summary([0, np.nan, np.nan, np.nan, np.nan]),
            make_summary([0, 0, 0.2, 0.4, 0.6], kind="harmless"),
        ]
    )
    (row,) = selectivity(summary, 0.2, 0.9).itertuples()
    assert np.isnan([row.area, row.harmful, row.gap]).all()


def test_candidate_table_holds_numbers_and_text_only():
    params = [{"a__x": 1, "b": [1, 2]}, {"a__x": 0.5}, {"batch_size": 9, "a__x": 2}]

    class Test:
        alpha = 0.1

    table = candidate_table(params, [5, 5, 9], [Test(), object(), Test()])
    assert list(table.columns) == ["candidate", "batch_size", "alpha", "a__x", "b"]
    assert table["batch_size"].tolist() == [5, 5, 9]
    assert table["alpha"].tolist()[::2] == [0.1, 0.1]
    assert np.isnan(table["alpha"][1])
    assert table["a__x"].dtype == float
    assert table["b"].tolist() == ["[1, 2]", "", ""]


def test_per_candidate_numbers_the_tables():
    table = per_candidate([pd.DataFrame({"x": [1, 2]}), pd.DataFrame({"x": [3]})])
    assert table["candidate"].tolist() == [0, 0, 1]
    assert table["x"].tolist() == [1, 2, 3]
    assert table.index.tolist() == [0, 1, 2]


def test_values_are_described_in_a_line_and_told_apart():
    first, second = "x" * 80, "x" * 99
    short = "x" * 37 + "..."
    texts = describe_values(["kl", first, second, first, object(), "two\n   lines"])
    assert texts == ["kl", short, f"{short} (2)", short, "<object object>", "two lines"]


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


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_wilson_intervals_are_those_of_scipy(confidence):
    trials = np.repeat([1, 2, 10, 100, 5000], 6)
    hits = np.rint(trials * np.tile([0, 0.01, 0.3, 0.5, 0.99, 1], 5)).astype(int)
    ours = np.transpose(wilson_interval(hits, trials, confidence))
    scipys = [
        binomtest(k, n).proportion_ci(confidence, method="wilson")
        for k, n in zip(hits.tolist(), trials.tolist())
    ]
    np.testing.assert_allclose(ours, scipys, rtol=1e-13, atol=1e-16)


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
