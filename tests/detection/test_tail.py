import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skdrift.detection._ks import KSDriftTest
from skdrift.detection._tail import TailDriftTest
from skdrift.scoring._scorer import DistillationScorer
from skdrift.stats._berk_jones import berk_jones_test
from skdrift.stats._exceedance import exceedance_test
from skdrift.sweep._sweep import ContaminationSweep

STATISTICS = ["exceedance", "berk_jones"]


@pytest.fixture(params=STATISTICS)
def statistic(request):
    return request.param


def normal(*shape, seed=0, decimals=15):
    return np.random.default_rng(seed).normal(size=shape).round(decimals)


def test_p_values_are_those_of_the_pure_functions():
    reference, X = normal(300, 2), normal(80, 2, seed=1) + 0.3
    stack = X.T[:, None]
    for test, expected in (
        (
            TailDriftTest(q=0.9),
            exceedance_test(np.sort(reference.T, axis=1), stack, 0.9),
        ),
        (
            TailDriftTest(statistic="berk_jones", min_effect=0.05),
            berk_jones_test(np.sort(reference.T, axis=1), stack, 0.05),
        ),
    ):
        result = test.fit(reference).predict(X)
        np.testing.assert_array_equal(result.statistic, expected[0][:, 0])
        np.testing.assert_array_equal(result.feature_p_values, expected[1][:, 0])
        assert result.p_value_method.tolist() == ["exact", "exact"]


@pytest.mark.parametrize("decimals", [15, 1])
def test_groups_equal_single_batches(statistic, decimals):
    test = TailDriftTest(statistic=statistic).fit(normal(400, 2, decimals=decimals))
    X = normal(300, 2, seed=1, decimals=decimals)
    groups = np.random.default_rng(2).integers(6, size=300)
    together = test.predict(X, groups=groups)
    for k in range(6):
        alone = test.predict(X[groups == k])
        assert alone.p_value == together.p_value[k]
        np.testing.assert_array_equal(alone.statistic, together.statistic[k])


@pytest.mark.parametrize("decimals", [15, 1])
def test_counts_equal_the_whole_batch(statistic, decimals):
    test = TailDriftTest(statistic=statistic).fit(normal(400, 2, decimals=decimals))
    X = normal(90, 2, seed=1, decimals=decimals) + 0.4
    counts = sum(test.count(chunk) for chunk in np.array_split(X, 4))
    from_counts, whole = test.predict_counts(counts), test.predict(X)
    np.testing.assert_array_equal(from_counts.statistic, whole.statistic)
    assert (from_counts.feature_p_values >= whole.feature_p_values * (1 - 1e-9)).all()
    exact = from_counts.p_value_method == "exact"
    np.testing.assert_array_equal(
        from_counts.feature_p_values[exact], whole.feature_p_values[exact]
    )
    assert set(from_counts.p_value_method) <= {"exact", "upper_bound", "ties_broken"}
    if statistic == "exceedance":
        assert exact.all()


def test_only_the_upper_tail_counts(statistic):
    test = TailDriftTest(statistic=statistic).fit(normal(1000, 1))
    batch = normal(100, 1, seed=1)
    assert test.predict(batch - 3).p_value > 0.5
    batch[:10] = 4 + batch[:10]
    ks = KSDriftTest(alternative="greater").fit(normal(1000, 1)).predict(batch)
    assert test.predict(batch).p_value < 0.01 < 0.05 < ks.p_value


def test_an_order_preserving_map_changes_nothing(statistic):
    reference, X = normal(200, 1), normal(50, 1, seed=1) + 0.5
    test = TailDriftTest(statistic=statistic)
    one, two = (
        test.fit(function(reference)).predict(function(X))
        for function in (np.arctan, np.exp)
    )
    assert one.p_value == two.p_value
    assert one.statistic == two.statistic


def test_min_effect_is_a_tolerated_excess():
    reference = np.arange(1000.0)[:, None]
    batch = np.arange(0.5, 1000, 10)[:, None]
    batch[:8] = 2000
    # 8 + 5 of 100 against 5 of 100.
    excess = TailDriftTest().fit(reference).predict(batch)
    assert excess.statistic.item() == pytest.approx(0.08)
    for statistic in STATISTICS:
        flagged = [
            TailDriftTest(statistic=statistic, min_effect=min_effect)
            .fit(reference)
            .predict(batch)
            .is_drift
            for min_effect in (0.0, 0.05, 0.075, 0.1)
        ]
        assert flagged == [True, True, True, False]


def test_bounded_p_values_say_so(monkeypatch):
    monkeypatch.setattr("skdrift.stats._berk_jones._LARGEST_BATCH", 500)
    monkeypatch.setattr("skdrift.stats._berk_jones._ALL_CUTS", 1000)
    test = TailDriftTest(statistic="berk_jones").fit(normal(600, 1))
    assert test.predict(normal(500, 1, seed=1)).p_value_method.tolist() == ["exact"]
    bounded = test.predict(normal(501, 1, seed=1)).p_value_method
    assert bounded.tolist() == ["upper_bound"]


def test_omitted_values_are_left_out(statistic):
    reference, X = normal(200, 2), normal(60, 2, seed=1)
    X[::20, 0] = np.nan
    reference[::9, 1] = np.nan
    test = TailDriftTest(statistic=statistic, nan_policy="omit").fit(reference)
    found = test.predict(X).feature_p_values
    for column in range(2):
        a, b = reference[:, [column]], X[:, [column]]
        alone = TailDriftTest(statistic=statistic).fit(a[np.isfinite(a[:, 0])])
        assert found[column] == alone.predict(b[np.isfinite(b[:, 0])]).p_value
    with pytest.raises(ValueError, match="NaN or infinity"):
        TailDriftTest(statistic=statistic).fit(reference)


@pytest.mark.parametrize(
    "parameters", [{"statistic": "bogus"}, {"q": 0}, {"q": 1.0}, {"min_effect": 1}]
)
def test_bad_parameters_are_refused(parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"'{name}' parameter of TailDriftTest"):
        TailDriftTest(**parameters).fit(normal(20, 1))


def test_pickle_and_updates(statistic):
    test = TailDriftTest(statistic=statistic, window="last").fit(normal(200, 1))
    again = pickle.loads(pickle.dumps(test))
    X = normal(40, 1, seed=2)
    assert again.predict(X).p_value == test.predict(X).p_value
    more = normal(200, 1, seed=3)
    fresh = TailDriftTest(statistic=statistic).fit(more)
    assert test.partial_fit(more).predict(X).p_value == fresh.predict(X).p_value


@pytest.mark.filterwarnings("ignore:The student decides as the teacher")
def test_at_the_end_of_a_pipeline_and_in_a_sweep(statistic):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 5))
    y = (X[:, 0] + 0.3 * X[:, 1] > 0).astype(int)
    teacher = LogisticRegression().fit(X[:300], y[:300])
    detector = make_pipeline(
        DistillationScorer(teacher, random_state=0),
        TailDriftTest(statistic=statistic),
    )
    detector.fit(X[:300], y[:300])
    assert 0 < detector.predict(X[300:400]).p_value <= 1
    sweep = ContaminationSweep(
        detector, fractions=(0.0, 0.5), batch_size=40, n_batches=20, random_state=0
    )
    shifted = X[300:] + rng.normal(size=(600, 5)) * [3, 0, 0, 0, 0]
    sweep.fit(X[300:], y[300:], {1: shifted})
    assert len(sweep.results_) == 2 * 2 * 20
    assert sweep.results_["p_value"].between(0, 1).all()


@pytest.mark.statistics
@pytest.mark.parametrize("kind", ["continuous", "rounded", "zero-inflated"])
def test_size(statistic, kind):
    def make(values):
        if kind == "rounded":
            return values.round(1)
        if kind == "zero-inflated":
            return np.maximum(values - norm.ppf(0.9), 0)
        return values

    rng = np.random.default_rng(3)
    p_values = np.array(
        [
            TailDriftTest(statistic=statistic)
            .fit(make(rng.normal(size=(200, 1))))
            .predict(make(rng.normal(size=(40, 1))))
            .p_value
            for _ in range(800)
        ]
    )
    # One batch per reference, so that batches are independent: a binomial band.
    for level in (0.01, 0.05, 0.2, 0.5):
        error = np.sqrt(level * (1 - level) / 800)
        assert (p_values <= level).mean() <= level + 3.5 * error
    if statistic == "berk_jones":
        # Nearly continuous, so that the size is attained and not merely respected.
        assert (p_values <= 0.2).mean() >= 0.2 - 3.5 * np.sqrt(0.16 / 800) - 0.02


@pytest.mark.statistics
def test_more_power_than_ks_against_a_few_large_values(statistic):
    rng = np.random.default_rng(4)
    X = rng.normal(size=(20_000, 1))
    X.reshape(200, 100)[:, :10] += 2.5
    groups = np.repeat(np.arange(200), 100)
    reference = rng.normal(size=(1000, 1))
    tail, ks = (
        test.fit(reference).predict(X, groups=groups).is_drift.mean()
        for test in (
            TailDriftTest(statistic=statistic),
            KSDriftTest(alternative="greater"),
        )
    )
    # Three standard deviations of a difference of two shares of 200.
    assert tail > 0.8
    assert tail > ks + 0.15


SHARED_LARGEST = {
    "capped": lambda rng, size: np.minimum(rng.normal(size=size), 1.0),
    "two values": lambda rng, size: rng.integers(0, 2, size) * 1.0,
    "neighbours": lambda rng, size: rng.binomial(3, 0.5, size) / 3,
}


@pytest.mark.parametrize("kind", SHARED_LARGEST)
def test_a_largest_value_that_many_share_is_told_and_counts(kind):
    rng, draw = np.random.default_rng(5), SHARED_LARGEST[kind]
    reference = pd.DataFrame({"calm": rng.normal(size=500), "harm": draw(rng, 500)})
    with pytest.warns(
        UserWarning, match="of column 'harm' share its 0.95 quantile"
    ) as w:
        test = TailDriftTest().fit(reference)
    assert len(w) == 1
    assert "none lies above it; values equal to it count as well" in str(w[0].message)
    top = reference["harm"].max()
    batch = pd.DataFrame({"calm": rng.normal(size=100), "harm": np.full(100, top)})
    assert test.predict(batch).is_drift
    batch["harm"] = np.r_[draw(rng, 90), np.full(10, top + 1)]
    assert test.predict(batch).is_drift
    counted = test.predict_counts(test.count(batch[:30]) + test.count(batch[30:]))
    assert counted.p_value == test.predict(batch).p_value


@pytest.mark.parametrize("n_strange", [0, 3])
def test_scores_that_are_zero_for_nearly_all_rows_are_no_matter_for_a_warning(
    n_strange,
):
    reference = np.zeros((1000, 1))
    reference[:n_strange] = 1.0
    test = TailDriftTest().fit(reference)
    batch = np.zeros((100, 1))
    assert not test.predict(batch).is_drift
    batch[:10] = 2.0
    assert test.predict(batch).is_drift


def test_a_tie_that_leaves_little_above_it_is_told():
    rng = np.random.default_rng(6)
    reference = np.minimum(rng.normal(size=(1000, 1)), 1.0)
    reference[:2] = 3.0
    with pytest.warns(UserWarning, match=r"so that only 0.2% lie above it; choose"):
        TailDriftTest().fit(reference)
    TailDriftTest(q=0.8).fit(np.random.default_rng(6).normal(size=(1000, 1)).round(1))
    TailDriftTest(statistic="berk_jones").fit(reference)
    assert (
        TailDriftTest(statistic="berk_jones")
        .fit(reference)
        .predict(np.ones((100, 1)))
        .is_drift
    )


@pytest.mark.parametrize("test", [KSDriftTest, TailDriftTest])
def test_a_promise_for_the_reference_at_hand_has_its_price(test, statistic):
    extra = {"statistic": statistic} if test is TailDriftTest else {}
    reference, X = normal(500, 2), normal(80, 2, seed=1) + [0.0, 1.0]
    on_average = test(**extra).fit(reference).predict(X)
    fitted = test(confidence=0.95, **extra).fit(reference)
    result = fitted.predict(X)
    assert (result.feature_p_values >= on_average.feature_p_values).all()
    assert result.feature_p_values[1] > on_average.feature_p_values[1]
    assert result.feature_is_drift.tolist() == [False, True]
    assert set(result.p_value_method) == {"given_reference"}
    counted = fitted.predict_counts(sum(map(fitted.count, np.split(X, 4))))
    assert counted == result
    for confidence in (0, 1, 1.5, "high"):
        with pytest.raises(ValueError, match="'confidence' parameter of"):
            test(confidence=confidence).fit(reference)
