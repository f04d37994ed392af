import pickle
from copy import deepcopy
from itertools import pairwise

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdrift._distillation import DistillationScorer
from skdrift._exceedance import exceedance_p_values
from skdrift._ks import KSDriftTest
from skdrift._monitor import DriftMonitor
from skdrift._sequential import bet, start_capital
from skdrift._tail import TailDriftTest
from skdrift._threshold import ScoreThreshold

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
    for alpha in (0, 1, -0.1, "0.05", None):
        with pytest.raises(ValueError, match="alpha must be a number between 0 and 1"):
            DriftMonitor(fitted(), alpha=alpha)
    with pytest.raises(ValueError, match=r"control must be one of .*; got 'bogus'"):
        DriftMonitor(fitted(), control="bogus")
    with pytest.raises(ValueError, match=r"reference must be one of .*; got 'bogus'"):
        DriftMonitor(fitted(), reference="bogus")
    with pytest.raises(ValueError, match="not fitted yet"):
        DriftMonitor(TailDriftTest())
    for detector in (
        LogisticRegression(),
        ScoreThreshold(),
        make_pipeline("passthrough"),
    ):
        with pytest.raises(TypeError, match="must be a drift test with p-values"):
            DriftMonitor(detector)
    many = KSDriftTest(correction=None).fit(np.zeros((5, 2)))
    with pytest.raises(ValueError, match="choose a correction"):
        DriftMonitor(many)


@pytest.mark.parametrize("control", CONTROLS)
def test_picture(control):
    monitor = DriftMonitor(fitted(), control=control)
    with pytest.raises(ValueError, match="before the first batch"):
        monitor.plot()
    for X in stream(4):
        monitor.update(X)
    for _ in range(6):
        monitor.update(stream(1)[0] + 2.0)
    display = monitor.plot()
    drawn = display.ax_.lines[0].get_ydata()
    column = "e_value" if control == "martingale" else "p_value"
    np.testing.assert_array_equal(drawn, monitor.history_[column])
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert "alarm" in labels
    again = display.plot(ax=display.ax_)
    assert again.figure_ is display.figure_
    import matplotlib.pyplot as plt

    plt.close(display.figure_)


def p_values_of_streams(n_streams, n_batches, size, n_reference, *, growing, rng):
    """Exceedance p-values at q = .9, undrifted streams side by side."""
    p_values = np.empty((n_batches, n_streams))
    pools = np.sort(rng.random((n_streams, n_reference)), axis=1)
    for t in range(n_batches):
        n = pools.shape[1]
        rank = -(-9 * n // 10)
        batches = rng.random((n_streams, size))
        above = (batches > pools[:, [rank - 1]]).sum(axis=1)
        p_values[t], _ = exceedance_p_values(
            above, size - above, n, size, rank, n - rank, rank - 1
        )
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


@pytest.mark.statistics
def test_growing_reference_holds_the_promise_and_a_fixed_one_does_not():
    rng = np.random.default_rng(4)
    growing = p_values_of_streams(500, 200, 20, 50, growing=True, rng=rng)
    # Binomial: 25 of 500 expected at most, standard deviation 4.9.
    assert share_with_alarm(growing) <= 0.05 + 3 * 4.9 / 500
    for level in (0.05, 0.2, 0.5):
        assert (growing <= level).mean() <= level + 4 * np.sqrt(level / growing.size)
    # Independence of successive p-values.
    ranks = growing.argsort(axis=1).argsort(axis=1)
    neighbours = [np.corrcoef(a, b)[0, 1] for a, b in pairwise(ranks)]
    assert abs(np.mean(neighbours)) < 4 / np.sqrt(199 * 500)
    fixed = p_values_of_streams(500, 200, 20, 50, growing=False, rng=rng)
    assert share_with_alarm(fixed) > 0.05 + 3 * 4.9 / 500
