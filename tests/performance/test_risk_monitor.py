import numpy as np
import pytest
from scipy.stats import binom
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from skdrift import RiskMonitor
from tests.round_trips import ROUND_TRIPS

X, y = make_classification(30_000, 6, n_informative=4, flip_y=0.1, random_state=0)
CLF = LogisticRegression().fit(X[:2000], y[:2000])
CLEAN = slice(2000, 6000)
FRESH = slice(6000, None)


def monitor(**parameters):
    return RiskMonitor(CLF, random_state=0, **parameters).fit(X[CLEAN], y[CLEAN])


def batches(size=200, seed=0, harm=0.0):
    """Endless batches in which some of the labels have been exchanged."""
    rng = np.random.default_rng(seed)
    while True:
        rows = rng.integers(6000, len(X), size)
        labels = y[rows].copy()
        changed = rng.random(size) < harm
        labels[changed] = 1 - labels[changed]
        yield X[rows], labels


def asked(one, rows, labels):
    known = np.full(len(labels), np.nan)
    known[rows] = labels[rows]
    return known


def watch(one, stream, n, steps):
    for _, (batch, labels) in zip(range(steps), stream):
        rows = one.query(batch, n)
        state = one.update(batch, asked(one, rows, labels))
        if state:
            return state
    return state


def test_risk_of_clean_rows():
    one = monitor()
    assert one.source_risk_ == pytest.approx(1 - CLF.score(X[CLEAN], y[CLEAN]))
    assert one.source_risk_ + 0.05 < one.limit_ < one.source_risk_ + 0.07


def test_calm_stream_raises_no_alarm():
    state = watch(monitor(), batches(), 10, 60)
    assert not state
    assert state.n_labels > 500
    assert state.lower_bound <= state.limit
    assert abs(state.estimate - monitor().source_risk_) < 0.1


def test_harm_is_noticed():
    state = watch(monitor(), batches(harm=0.3), 10, 200)
    assert state
    assert state.e_value >= 40 or state.is_alarm
    assert state.n_labels < 1000


def test_alarm_stays():
    one = monitor()
    watch(one, batches(harm=0.4), 20, 200)
    state = watch(one, batches(harm=0.0), 20, 1)
    assert state.is_alarm


def test_unbiased_whatever_the_proxy():
    batch, labels = next(batches(500, harm=0.2))
    wrong = (CLF.predict(batch) != labels).mean()
    for proxy in ("auto", "uniform"):
        one = monitor(proxy=proxy)
        means = []
        for _ in range(400):
            one.query(batch, 20)
            drawn = one._drawn
            losses = (drawn.decision != labels).astype(float)
            numbers = (
                drawn.proxy.mean()
                + (losses[drawn.draws] - drawn.proxy[drawn.draws])
                / drawn.share[drawn.draws]
            )
            means.append(numbers.mean())
        error = np.std(means) / np.sqrt(len(means))
        assert abs(np.mean(means) - wrong) < 4 * error


def test_late_labels_count_when_they_are_complete():
    one, now = monitor(), monitor()
    stream = list(zip(range(3), batches()))
    pending = []
    for _, (batch, labels) in stream:
        rows = one.query(batch, 10)
        state = one.update(batch)
        assert state.n_labels == 0
        pending.append((state.batch, rows, labels[rows]))
    assert state.n_pending == 3
    for _, (batch, labels) in stream:
        expected = now.update(batch, asked(now, now.query(batch, 10), labels))
    number, rows, labels = pending[0]
    assert one.label(number, rows[:3], labels[:3]).n_labels == 0
    one.label(number, rows[3:], labels[3:])
    for number, rows, labels in pending[1:]:
        state = one.label(number, rows, labels)
    assert state.n_labels == expected.n_labels
    assert state.e_value == pytest.approx(expected.e_value)


def test_a_batch_that_is_labelled_wholly_needs_no_query():
    one = monitor()
    for _, (batch, labels) in zip(range(20), batches(harm=0.4)):
        state = one.update(batch, labels)
    assert state
    assert state.n_labels == 20 * 200


def test_labels_of_ones_own_choosing_are_refused():
    one = monitor()
    batch, labels = next(batches())
    rows = one.query(batch, 5)
    other = np.setdiff1d(np.arange(200), rows)[:5]
    with pytest.raises(ValueError, match="query did not draw"):
        one.update(batch, asked(one, other, labels))
    # Nothing half-done: the batch can still be given as it should.
    assert one.update(batch, asked(one, rows, labels)).n_labels == len(rows)
    with pytest.raises(ValueError, match="query did not draw"):
        one.update(batch, asked(one, rows, labels))


def test_what_is_refused():
    one = monitor()
    batch, labels = next(batches())
    with pytest.raises(ValueError, match="whole number"):
        one.query(batch, 0)
    with pytest.raises(ValueError, match="waits for labels"):
        one.label(3, [0], [1])
    state = one.update(batch)
    with pytest.raises(ValueError, match="between 0 and 199"):
        one.label(state.batch, [200], [1])
    with pytest.raises(ValueError, match="one label for each row"):
        one.label(state.batch, [1, 2], [1])
    with pytest.raises(ValueError, match="one entry for each"):
        one.update(batch, labels[:5])
    with pytest.raises(ValueError, match="proxy must be"):
        monitor(proxy="best")
    with pytest.raises(NotFittedError):
        RiskMonitor(CLF).query(batch, 3)
    with pytest.raises(NotFittedError):
        RiskMonitor(LogisticRegression()).fit(X[CLEAN], y[CLEAN])


def test_text_labels_and_frozen_classifier():
    labels = np.where(y == 1, "yes", "no")
    clf = FrozenEstimator(LogisticRegression().fit(X[:2000], labels[:2000]))
    one = RiskMonitor(clf, random_state=0).fit(X[CLEAN], labels[CLEAN])
    batch = X[6000:6200]
    rows = one.query(batch, 8)
    known = np.array([None] * 200, dtype=object)
    known[rows] = labels[6000:6200][rows]
    assert one.update(batch, known).n_labels == len(rows)


def test_history_is_a_table():
    one = monitor()
    watch(one, batches(), 5, 4)
    assert one.history_["batch"].tolist() == [0, 1, 2, 3]
    assert one.plot().history is not None


@pytest.mark.parametrize("way", ROUND_TRIPS)
def test_resumed_it_goes_on_bit_for_bit(way):
    one = monitor()
    stream = batches()
    watch(one, stream, 10, 3)
    one.update(next(stream)[0])
    again = ROUND_TRIPS[way](one)
    for batch, labels in (next(stream) for _ in range(3)):
        rows, other = one.query(batch, 10), again.query(batch, 10)
        assert (rows == other).all()
        known = asked(one, rows, labels)
        assert one.update(batch, known) == again.update(batch, known)
    assert one.history_.equals(again.history_)


@pytest.mark.statistics
def test_alarms_on_harmless_streams_are_rare():
    n_streams, alpha = 60, 0.2
    alarms = 0
    for seed in range(n_streams):
        one = RiskMonitor(CLF, tolerance=0.0, alpha=alpha, random_state=seed)
        one.fit(X[CLEAN], y[CLEAN])
        alarms += bool(watch(one, batches(100, seed), 10, 30))
    assert alarms <= binom.ppf(0.999, n_streams, alpha)


@pytest.mark.statistics
def test_a_guess_of_errors_saves_labels():
    needed = {"auto": [], "uniform": []}
    for proxy, counts in needed.items():
        for seed in range(15):
            one = RiskMonitor(CLF, proxy=proxy, random_state=seed)
            one.fit(X[CLEAN], y[CLEAN])
            state = watch(one, batches(200, seed, harm=0.25), 10, 300)
            counts.append(state.n_labels)
    assert np.median(needed["auto"]) <= 1.2 * np.median(needed["uniform"])
