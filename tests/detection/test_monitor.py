import pickle
from copy import deepcopy
from itertools import pairwise

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, hypergeom, rankdata
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from skdrift.datasets import corrupt_images
from skdrift.detection._ks import KSDriftTest
from skdrift.detection._monitor import DriftMonitor
from skdrift.detection._tail import TailDriftTest
from skdrift.scoring._scorer import DistillationScorer
from skdrift.scoring._threshold import ScoreThreshold
from skdrift.stats._given_reference import exceedance_p_values_given
from skdrift.stats._martingale import bet, start_capital
from skdrift.sweep._sweep import ContaminationSweep

CONTROLS = ["martingale", "lord", "saffron"]


def fitted(**parameters):
    reference = np.random.default_rng(0).normal(size=(300, 1))
    return TailDriftTest(**parameters).fit(reference)


def stream(n_batches, size=50, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(size, 1)) for _ in range(n_batches)]


@pytest.mark.parametrize("control", CONTROLS)
def test_history_holds_every_state(control):
    monitor = DriftMonitor(fitted(), control=control)
    assert monitor.n_batches_ == 0
    assert monitor.history_.empty
    states = [monitor.update(X) for X in stream(5)]
    history = monitor.history_
    assert monitor.n_batches_ == len(history) == 5
    assert history["batch"].tolist() == [1, 2, 3, 4, 5]
    assert history["n_samples"].tolist() == [50] * 5
    assert history["p_value"].tolist() == [state.p_value for state in states]
    assert history["is_alarm"].tolist() == [bool(state) for state in states]
    martingale = control == "martingale"
    assert history["e_value"].notna().all() == martingale
    assert history["level"].notna().all() != martingale


@pytest.mark.parametrize("control", CONTROLS)
def test_clean_batches_join_the_reference(control):
    test = fitted()
    batches = stream(4)
    monitor = DriftMonitor(test, control=control)
    grown = deepcopy(test)
    for X in batches:
        assert monitor.update(X).p_value == grown.predict(X).p_value
        grown.partial_fit(X)
    assert monitor.reference_size_.tolist() == [500]
    assert test.reference_size_.tolist() == [300]


def test_a_fixed_reference_stays():
    test = fitted()
    monitor = DriftMonitor(test, reference="fixed")
    for X in stream(4):
        assert monitor.update(X).p_value == test.predict(X).p_value
    assert monitor.reference_size_.tolist() == [300]


@pytest.mark.parametrize("window", ["last", "reservoir"])
def test_a_window_of_the_test_does_not_forget_rows(window):
    test = fitted(window=window, max_reference=200, random_state=0)
    monitor = DriftMonitor(test)
    monitor.update(stream(1)[0])
    assert monitor.reference_size_.tolist() == [250]
    assert test.window == window


def test_the_martingale_alarm_stays_until_reset_and_drifted_rows_stay_out():
    monitor = DriftMonitor(fitted())
    clean = stream(10)
    for X in clean[:5]:
        assert not monitor.update(X)
    for _ in range(20):
        size = monitor.reference_size_.item()
        if monitor.update(clean[0] + 1.0):
            break
    assert monitor.history_["e_value"].iloc[-1] >= 20
    assert monitor.reference_size_.item() == size
    assert all(monitor.update(X).is_alarm for X in clean[5:])
    assert monitor.reference_size_.item() == size
    first = DriftMonitor(fitted())
    assert monitor.reset() is monitor
    assert monitor.n_batches_ == 0
    assert [monitor.update(X) for X in clean[:3]] == [
        first.update(X) for X in clean[:3]
    ]


@pytest.mark.parametrize("control", ["lord", "saffron"])
def test_flagged_batches_stay_out_and_later_ones_are_judged_anew(control):
    monitor = DriftMonitor(fitted(), control=control)
    clean = stream(3)
    assert not monitor.update(clean[0])
    assert monitor.update(clean[1] + 2.0)
    assert monitor.reference_size_.item() == 350
    assert not monitor.update(clean[2])
    assert monitor.reference_size_.item() == 400


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize(
    "copy", [pickle, joblib, None], ids=["pickle", "joblib", "copy"]
)
def test_a_saved_monitor_continues_bit_by_bit(control, copy, tmp_path):
    monitor = DriftMonitor(fitted(), control=control)
    batches = stream(12)
    batches[3] = batches[3] + 2
    for X in batches[:6]:
        monitor.update(X)
    if copy is pickle:
        resumed = pickle.loads(pickle.dumps(monitor))
    elif copy is joblib:
        joblib.dump(monitor, tmp_path / "monitor.joblib")
        resumed = joblib.load(tmp_path / "monitor.joblib")
    else:
        resumed = deepcopy(monitor)
    for X in batches[6:]:
        np.testing.assert_array_equal(resumed.update(X), monitor.update(X))
    assert resumed.history_.equals(monitor.history_)


@pytest.mark.filterwarnings("ignore:The student decides as the teacher")
def test_a_pipeline_is_followed_to_its_test():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(600, 4))
    y = (X[:, 0] + 0.3 * rng.normal(size=600) > 0).astype(int)
    detector = make_pipeline(
        StandardScaler(),
        DistillationScorer(LogisticRegression(), random_state=0),
        TailDriftTest(),
    ).fit(X[:400], y[:400])
    size = detector[-1].reference_size_.item()
    monitor = DriftMonitor(detector)
    state = monitor.update(X[400:500])
    assert state.p_value == detector.predict(X[400:500]).p_value
    assert detector[-1].reference_size_.item() == size
    assert monitor.reference_size_.item() == size + 100


def test_bad_batches_leave_the_monitor_as_it_was():
    monitor, undisturbed = DriftMonitor(fitted()), DriftMonitor(fitted())
    batches = stream(3)
    for X in batches:
        for bad in (np.full((5, 1), np.nan), np.zeros((5, 2)), np.zeros((0, 1))):
            with pytest.raises(ValueError, match=r"NaN|features|sample"):
                monitor.update(bad)
        assert monitor.update(X) == undisturbed.update(X)
    assert monitor.history_.equals(undisturbed.history_)


def test_bad_arguments_are_refused():
    X = stream(1)[0]
    for parameters in (
        {"alpha": 0},
        {"alpha": 1},
        {"alpha": "0.05"},
        {"alpha": None},
        {"control": "bogus"},
        {"reference": "bogus"},
    ):
        (name,) = parameters
        match = f"'{name}' parameter of DriftMonitor must be"
        with pytest.raises(ValueError, match=match):
            DriftMonitor(fitted(), **parameters).update(X)
        with pytest.raises(ValueError, match=match):
            DriftMonitor(**parameters).fit(X)
    for detector in (
        LogisticRegression(),
        ScoreThreshold(),
        make_pipeline("passthrough"),
    ):
        for method in ("fit", "update"):
            with pytest.raises(TypeError, match="must be a drift test with p-values"):
                getattr(DriftMonitor(detector), method)(X)
    many = KSDriftTest(correction=None).fit(np.zeros((5, 2)))
    with pytest.raises(ValueError, match="choose a correction"):
        DriftMonitor(many).update(np.zeros((5, 2)))
    monitor = DriftMonitor(many)
    with pytest.raises(ValueError, match="choose a correction"):
        monitor.fit(np.zeros((5, 2)))
    assert not hasattr(monitor, "detector_")


@pytest.mark.parametrize("control", CONTROLS)
def test_predict_foretells_update_and_changes_nothing(control):
    monitor = DriftMonitor(fitted(), control=control).reset()
    batches = stream(8)
    batches[4] = batches[4] + 2
    for t in range(5):
        # Several batches at once, each as the next one.
        groups = np.repeat(np.arange(3), 50)
        rows = np.concatenate([batches[t], batches[t] + 2, batches[t + 1]])
        before = pickle.dumps(monitor)
        several = monitor.predict(rows, groups=groups)
        alone = monitor.predict(batches[t])
        assert pickle.dumps(monitor) == before
        for k, X in enumerate((batches[t], batches[t] + 2, batches[t + 1])):
            state = deepcopy(monitor).update(X)
            assert several.is_drift[k] == state.is_alarm
            assert several.p_value[k] == state.p_value
        state = monitor.update(batches[t])
        assert alone.is_drift is state.is_alarm
        assert alone.p_value == state.p_value
        assert alone.feature_is_drift.tolist() == [state.is_alarm]
    assert several.group_labels.tolist() == [0, 1, 2]
    # The martingale's alarm stays; the others judge each batch by itself.
    assert monitor.predict(batches[6]).is_drift == (control == "martingale")


def test_the_feature_that_raised_the_alarm_is_told():
    rng = np.random.default_rng(0)
    monitor = DriftMonitor(KSDriftTest()).fit(rng.normal(size=(300, 3)))
    batch = rng.normal(size=(80, 3))
    batch[:, 1] += 2
    result = monitor.predict(batch)
    assert result.is_drift
    assert result.feature_is_drift.tolist() == [False, True, False]


def digits_rows():
    X, y = load_digits(return_X_y=True)
    teacher = LogisticRegression(C=0.01, max_iter=1000).fit(X[:500], y[:500])
    return FrozenEstimator(teacher), X[500:], y[500:]


def noisy(X):
    images = X.reshape(-1, 8, 8) / 16
    return 16 * corrupt_images(images, "gaussian_noise", 5, 0).reshape(-1, 64)


def test_at_the_end_of_a_pipeline():
    teacher, X, _ = digits_rows()
    detector = make_pipeline(
        DistillationScorer(teacher, random_state=0), DriftMonitor(TailDriftTest())
    ).fit(X[:600])
    monitor = detector[-1]
    assert monitor.n_features_in_ == 1
    plain = make_pipeline(detector[0], TailDriftTest()).fit(X[:600])
    assert detector.predict(X[600:700]).p_value == plain.predict(X[600:700]).p_value
    assert not detector.predict(X[600:700]).is_drift
    shifted = noisy(X[600:700])
    assert detector.predict(shifted).is_drift
    assert monitor.n_batches_ == 0
    assert monitor.update(detector[:-1].transform(shifted))
    assert monitor.fit(detector[:-1].transform(X[:600])).n_batches_ == 0


def test_inside_a_sweep():
    teacher, X, y = digits_rows()
    sweep = ContaminationSweep(
        make_pipeline(DistillationScorer(teacher, random_state=0), DriftMonitor()),
        param_grid={"driftmonitor__control": ["martingale", "saffron"]},
        fractions=[0, 1],
        batch_size=50,
        n_batches=40,
        random_state=0,
    )
    sweep.fit(X, y, {5: noisy(X)})
    rates = sweep.summary().set_index(["candidate", "kind", "fraction"])
    for candidate in (0, 1):
        assert rates.loc[(candidate, "harmful", 0), "detection_rate"] <= 0.05
        assert rates.loc[(candidate, "harmful", 1), "detection_rate"] == 1


def test_nothing_but_update_begins_a_stream():
    monitor = DriftMonitor(fitted())
    before = pickle.dumps(monitor), set(vars(monitor))
    check_is_fitted(monitor)
    assert not monitor.predict(stream(1)[0])
    assert monitor.reference_size_.tolist() == [300]
    assert monitor.n_batches_ == 0
    assert monitor.history_.empty
    assert (pickle.dumps(monitor), set(vars(monitor))) == before
    monitor.update(stream(1)[0])
    assert monitor.detector_ is monitor.detector
    assert monitor.reference_size_.tolist() == [350]


@pytest.mark.parametrize("detector", [None, TailDriftTest()])
def test_what_is_not_fitted_says_so(detector):
    monitor = DriftMonitor(detector)
    with pytest.raises(NotFittedError):
        check_is_fitted(monitor)
    for call in (monitor.update, monitor.predict):
        with pytest.raises(NotFittedError):
            call(stream(1)[0])
    with pytest.raises(NotFittedError):
        monitor.reset()
    with pytest.raises(NotFittedError):
        _ = monitor.reference_size_
    assert monitor.n_batches_ == 0
    assert monitor.history_.empty
    assert not check_is_fitted(monitor.fit(stream(1)[0]))


@pytest.mark.parametrize(
    "change",
    [
        {"control": "lord"},
        {"control": "saffron"},
        {"alpha": 0.5},
        {"reference": "fixed"},
        {"detector": TailDriftTest(q=0.9).fit(np.arange(300.0)[:, None])},
        {"detector__q": 0.9},
        {"detector__min_effect": 0.1},
    ],
    ids=str,
)
def test_parameters_belong_to_a_stream(change):
    (name, new), batches = next(iter(change.items())), stream(4)
    monitor, undisturbed = DriftMonitor(fitted()), DriftMonitor(fitted())
    old = monitor.get_params()[name]
    for followed in (monitor, undisturbed):
        followed.update(batches[0])
    monitor.set_params(**change)
    message = f"{name.split('__')[0]} of this DriftMonitor changed since the stream"
    for call in (monitor.update, monitor.predict):
        with pytest.raises(ValueError, match=message):
            call(batches[1])
    assert monitor.n_batches_ == 1
    # Set back, it goes on; reset, it starts with the new value.
    monitor.set_params(**{name: old})
    assert monitor.update(batches[1]) == undisturbed.update(batches[1])
    monitor.set_params(**change).reset()
    fresh = DriftMonitor(fitted()).set_params(**change)
    for X in batches:
        np.testing.assert_array_equal(monitor.update(X), fresh.update(X))
    assert monitor.get_params()[name] is new


@pytest.mark.parametrize("control", CONTROLS)
def test_bad_values_are_refused_while_a_stream_runs(control):
    monitor = DriftMonitor(fitted(), control=control)
    monitor.update(stream(1)[0])
    for change in ({"alpha": 7}, {"control": "bogus"}, {"reference": None}):
        kept = monitor.get_params(deep=False)
        monitor.set_params(**change)
        for call in (monitor.update, monitor.predict):
            with pytest.raises(ValueError, match="must be"):
                call(stream(1)[0])
        with pytest.raises(ValueError, match="must be"):
            monitor.reset()
        monitor.set_params(**kept)
    assert monitor.update(stream(2)[1]).batch == 2


def test_a_changed_detector_needs_another_fit():
    X = stream(3)
    monitor = DriftMonitor(TailDriftTest()).fit(np.concatenate(X))
    monitor.set_params(detector__q=0.5)
    with pytest.raises(ValueError, match="detector of this DriftMonitor changed"):
        monitor.update(X[0])
    with pytest.raises(ValueError, match="changed since fit; call fit again"):
        monitor.reset()
    assert monitor.fit(np.concatenate(X)).update(X[0]).batch == 1
    assert monitor.reset().n_batches_ == 0


@pytest.mark.parametrize("control", CONTROLS)
def test_several_batches_at_once_are_taken_one_after_the_other(control):
    together, alone = (DriftMonitor(fitted(), control=control) for _ in range(2))
    batches = stream(5)
    batches[3] = batches[3] + 2
    states = [alone.update(X) for X in batches]
    rows, days = np.concatenate(batches), np.repeat(list("abcde"), 50)
    order = np.random.default_rng(2).permutation(250)
    order = order[np.argsort(days[order], kind="stable")][::-1]
    state = together.update(rows[order], groups=days[order])
    for field in ("batch", "p_value", "is_alarm", "e_value", "level"):
        expected = [getattr(each, field) for each in states]
        np.testing.assert_array_equal(getattr(state, field), expected)
    history = together.history_
    assert history.columns[:2].tolist() == ["batch", "group"]
    assert history["group"].tolist() == list("abcde")
    assert history.drop(columns="group").equals(alone.history_)
    with pytest.raises(ValueError, match=r"5 batches.*any\(\)"):
        bool(state)
    assert together.update(batches[0]) == alone.update(batches[0])
    assert together.history_["group"].isna().tolist() == [False] * 5 + [True]


def test_one_bad_batch_of_several_leaves_the_monitor_as_it_was():
    monitor, undisturbed = DriftMonitor(fitted()), DriftMonitor(fitted())
    batches = stream(3)
    for followed in (monitor, undisturbed):
        followed.update(batches[0])
    before = pickle.dumps(monitor)
    spoilt = np.concatenate(batches)
    spoilt[120] = np.nan
    for groups in (np.repeat([1, 2, 3], 50), [1, 2]):
        with pytest.raises(ValueError, match=r"NaN|one label for each"):
            monitor.update(spoilt, groups=groups)
    assert pickle.dumps(monitor) == before
    assert monitor.update(batches[1]) == undisturbed.update(batches[1])


def test_a_tolerance_of_the_test_holds_in_the_stream():
    rng = np.random.default_rng(7)
    test = KSDriftTest(min_effect=0.2).fit(rng.normal(size=(500, 2)))
    monitor = DriftMonitor(test)
    slight, large = rng.normal([0, 0.3], size=(2, 400, 2))
    large[:, 1] += 1
    assert test.predict(slight).p_value < 0.01
    assert monitor.predict(slight).p_value == 1
    assert monitor.update(slight).p_value == 1
    assert monitor.predict(large).p_value < 1e-6
    both = monitor.predict(np.concatenate([slight, large]), np.repeat([0, 1], 400))
    assert both.p_value.tolist() == [1, monitor.predict(large).p_value]
    assert monitor.update(large)


def frozen_variants(steps, test):
    return {
        "frozen pipeline": FrozenEstimator(make_pipeline(*steps, test)),
        "frozen steps": make_pipeline(*map(FrozenEstimator, [*steps, test])),
        "twice": FrozenEstimator(FrozenEstimator(make_pipeline(*steps, test))),
        "frozen test": FrozenEstimator(test),
        "pipeline of a test": make_pipeline(test),
    }


@pytest.mark.parametrize("variant", frozen_variants([StandardScaler()], fitted()))
def test_a_frozen_detector_is_followed_and_never_fitted(variant):
    rng = np.random.default_rng(8)
    X = rng.normal(5, 2, size=(400, 2))
    scaler = StandardScaler().fit(X)
    scaled = "test" not in variant
    test = KSDriftTest().fit(scaler.transform(X) if scaled else X)
    detector = frozen_variants([scaler], test)[variant]
    before = pickle.dumps(detector)
    expected = test.predict(scaler.transform(X[:50]) if scaled else X[:50]).p_value
    monitors = [DriftMonitor(detector)]
    if "frozen" in variant or variant == "twice":
        monitors.append(DriftMonitor(detector).fit(X + 100))
    for monitor in monitors:
        assert monitor.predict(X[:50]).p_value == expected
        assert monitor.update(X[:50]).p_value == expected
        assert monitor.reference_size_.tolist() == [450, 450]
    assert pickle.dumps(detector) == before


def test_a_pipeline_that_ends_in_a_monitor_is_updated_through_its_steps():
    rng = np.random.default_rng(9)
    X = rng.normal(5, 2, size=(400, 2))
    detector = make_pipeline(StandardScaler(), DriftMonitor(KSDriftTest())).fit(X)
    *_, monitor = detector
    foretold = detector.predict(X[:50] + 1)
    state = monitor.update(detector[:-1].transform(X[:50] + 1))
    assert state.p_value == foretold.p_value
    assert detector[-1].n_batches_ == 1
    assert detector[-1].history_["n_samples"].tolist() == [50]


def p_values_of_streams(n_streams, n_batches, size, n_reference, *, growing, rng):
    """Exceedance p-values at q = .9, undrifted streams side by side."""
    p_values = np.empty((n_batches, n_streams))
    pools = np.sort(rng.random((n_streams, n_reference)), axis=1)
    for t in range(n_batches):
        n = pools.shape[1]
        rank = -(-9 * n // 10)
        batches = rng.random((n_streams, size))
        above = (batches > pools[:, [rank - 1]]).sum(axis=1)
        p_values[t] = hypergeom.sf(above - 1, n + size, size, n - rank + above)
        if growing:
            pools = np.sort(np.concatenate((pools, batches), axis=1), axis=1)
    return p_values


def share_with_alarm(p_values):
    capital = start_capital(p_values.shape[1:])
    ever = np.zeros(p_values.shape[1], dtype=bool)
    for batch, p_value in enumerate(p_values, start=1):
        capital, e_value = bet(capital, p_value, batch)
        ever |= e_value >= 20
    return ever.mean()


def test_a_growing_reference_needs_no_promise_for_one_reference():
    plain, given = (
        DriftMonitor(fitted(confidence=confidence)) for confidence in (None, 0.95)
    )
    fixed = DriftMonitor(fitted(confidence=0.95), reference="fixed")
    for X in stream(3):
        assert plain.update(X) == given.update(X)
        assert fixed.update(X).p_value == fixed.detector.predict(X).p_value
        X = X + 1
        assert fixed.detector.predict(X).p_value > fitted().predict(X).p_value
    assert given.detector.confidence == 0.95


@pytest.mark.statistics
def test_a_fixed_reference_keeps_its_promise_with_confidence():
    """Ever an alarm in at most alpha of the streams, plus 1 - confidence of them."""
    rng, confidence = np.random.default_rng(6), 0.9
    n_streams, n_batches, size, n = 400, 400, 50, 100
    rank = -(-9 * n // 10)
    quantile = np.sort(rng.random((n_streams, n)), axis=1)[:, rank - 1]
    above = rng.binomial(size, 1 - quantile, size=(n_batches, n_streams))
    given = exceedance_p_values_given(above, n, size, n - rank + 1, confidence)
    on_average = hypergeom.sf(above - 1, n + size, size, n - rank + above)
    assert share_with_alarm(given) <= binom.ppf(0.999, n_streams, 0.15) / n_streams
    assert share_with_alarm(on_average) > 0.2


@pytest.mark.statistics
def test_growing_reference_holds_the_promise_and_a_fixed_one_does_not():
    rng = np.random.default_rng(4)
    growing = p_values_of_streams(500, 150, 10, 50, growing=True, rng=rng)
    # Binomial: 25 of 500 expected at most, standard deviation 4.9.
    assert share_with_alarm(growing) <= 0.05 + 3 * 4.9 / 500
    for level in (0.05, 0.2, 0.5):
        assert (growing <= level).mean() <= level + 4 * np.sqrt(level / growing.size)
    # Independence of successive p-values.
    ranks = rankdata(growing, axis=1)
    neighbours = [np.corrcoef(a, b)[0, 1] for a, b in pairwise(ranks)]
    assert abs(np.mean(neighbours)) < 4 / np.sqrt(149 * 500)
    fixed = p_values_of_streams(500, 150, 10, 50, growing=False, rng=rng)
    assert share_with_alarm(fixed) > 0.05 + 3 * 4.9 / 500


@pytest.mark.parametrize("test", [TailDriftTest(), KSDriftTest()])
def test_updated_from_counts_of_parts_as_from_rows(test):
    rng = np.random.default_rng(3)
    test = test.fit(rng.normal(size=(500, 1)))
    by_rows = DriftMonitor(test, reference="fixed")
    by_counts = DriftMonitor(test, reference="fixed")
    for shift in (0.0, 0.0, 0.5, 1.0):
        X = rng.normal(shift, 1, size=(120, 1))
        counts = by_counts.count(X[:50]) + by_counts.count(X[50:])
        foretold = by_counts.predict_counts(counts)
        state = by_counts.update_counts(counts)
        assert foretold.is_drift == state.is_alarm
        assert foretold.p_value == state.p_value
        assert state == pytest.approx(by_rows.update(X), rel=1e-9, nan_ok=True)
    assert state.is_alarm
    pd.testing.assert_frame_equal(by_rows.history_, by_counts.history_)


def test_a_growing_reference_cannot_be_updated_from_counts():
    test = TailDriftTest().fit(np.random.default_rng(0).normal(size=(200, 1)))
    monitor = DriftMonitor(test)
    counts = monitor.count(np.zeros((10, 1)))
    with pytest.raises(ValueError, match='needs reference="fixed"'):
        monitor.update_counts(counts)
    assert monitor.n_batches_ == 0


def in_time_order(n, rng):
    """Scores of which each is much like the one before."""
    noise = rng.normal(size=n) * np.sqrt(1 - 0.9**2)
    for place in range(1, n):
        noise[place] += 0.9 * noise[place - 1]
    return noise[:, None]


def test_a_batch_joins_a_reference_of_groups_as_a_group():
    rng = np.random.default_rng(0)
    reference, batches = in_time_order(500, rng), in_time_order(150, rng)
    test = TailDriftTest().fit(reference, groups=np.repeat(range(10), 50))
    monitor = DriftMonitor(test)
    for place, X in enumerate(np.split(batches, 3)):
        whole = TailDriftTest().fit(
            np.concatenate([reference, batches[: 50 * place]]),
            groups=np.repeat(range(10 + place), 50),
        )
        assert monitor.update(X).p_value == whole.predict(X).p_value
    assert monitor.reference_size_ == 650
    assert test.reference_size_ == 500


@pytest.mark.filterwarnings("ignore:The student decides as the teacher")
def test_groups_reach_the_detector():
    rng = np.random.default_rng(0)
    X, groups = rng.normal(size=(600, 3)), np.repeat(range(30), 20)
    alone = DriftMonitor(KSDriftTest()).fit(X[:, :1], groups=groups)
    assert alone.predict(X[:20, :1]).p_value_method.tolist() == ["conformal"]
    clf = FrozenEstimator(LogisticRegression().fit(X, X[:, 0] > 0))
    behind_scorer = DriftMonitor(
        make_pipeline(DistillationScorer(clf, random_state=0), KSDriftTest())
    ).fit(X, groups=groups)
    assert behind_scorer.predict(X[:20]).p_value_method.tolist() == ["conformal"]


@pytest.mark.statistics
@pytest.mark.parametrize("reference", ["growing", "fixed"])
def test_few_streams_in_time_order_raise_an_alarm_where_groups_are_known(reference):
    alarms, plain, n_streams = 0, 0, 30
    for seed in range(n_streams):
        rng = np.random.default_rng(seed)
        X, batches = in_time_order(1000, rng), np.split(in_time_order(750, rng), 15)
        test = TailDriftTest().fit(X, groups=np.repeat(range(20), 50))
        monitor = DriftMonitor(test, reference=reference)
        without = DriftMonitor(TailDriftTest().fit(X))
        for batch in batches:
            state, other = monitor.update(batch), without.update(batch)
        alarms, plain = alarms + state.is_alarm, plain + other.is_alarm
    assert alarms <= binom.ppf(0.999, n_streams, 0.05)
    assert plain > binom.ppf(0.999, n_streams, 0.05)
