import copy
import math
import pickle

import joblib
import numpy as np
import pytest
from scipy.stats import binom, ks_2samp
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from skdrift import KSDriftTest
from skdrift.stats._ks import KSNull, ks_test


def test_scikit_learn_conventions():
    reason = "predict says one thing about a batch, not one about each row"
    check_estimator(
        KSDriftTest(),
        on_skip=None,
        expected_failed_checks={
            "check_methods_subset_invariance": reason,
            "check_methods_sample_order_invariance": reason,
        },
    )


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_equals_scipy_feature_by_feature(alternative):
    rng = np.random.default_rng(0)
    reference, batch = rng.normal(size=(150, 3)), rng.normal(0.2, size=(40, 3))
    result = KSDriftTest(alternative=alternative).fit(reference).predict(batch)
    for j in range(3):
        expected = ks_2samp(
            reference[:, j], batch[:, j], alternative=alternative, method="exact"
        )
        assert abs(result.statistic[j] - expected.statistic) <= 1e-15
        assert result.feature_p_values[j] == pytest.approx(expected.pvalue, rel=1e-8)


def test_greater_means_that_batch_values_are_larger():
    rng = np.random.default_rng(1)
    reference, batch = rng.normal(size=(300, 1)), rng.normal(1, size=(60, 1))
    test = KSDriftTest(alternative="greater").fit(reference)
    assert test.predict(batch).is_drift
    assert not test.predict(-batch).is_drift
    test.set_params(alternative="less")
    assert not test.predict(batch).is_drift
    assert test.predict(-batch).is_drift


def test_method_is_told():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(100, 2))
    test = KSDriftTest().fit(X)
    assert test.predict(X).p_value_method.tolist() == ["exact", "exact"]
    groups = np.repeat([0, 1], 50)
    test.set_params(method="asymptotic")
    method = test.predict(X, groups=groups).p_value_method
    assert method.tolist() == [["asymptotic"] * 2] * 2


def test_at_the_end_of_a_pipeline():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(200, 2))
    detector = make_pipeline(StandardScaler(), KSDriftTest()).fit(X)
    groups = np.repeat([0, 1], 100)
    result = detector.predict(X + groups[:, None], groups=groups)
    assert result.is_drift.tolist() == [False, True]


@pytest.mark.parametrize(
    "round_trip",
    [
        copy.deepcopy,
        lambda test: pickle.loads(pickle.dumps(test)),
    ],
)
def test_copies_say_the_same(round_trip):
    rng = np.random.default_rng(4)
    test = KSDriftTest(window="reservoir", random_state=0).fit(rng.normal(size=(99, 2)))
    X = rng.normal(size=(30, 2))
    np.testing.assert_array_equal(
        np.asarray(round_trip(test).predict(X)), np.asarray(test.predict(X))
    )


def test_joblib_and_skops_round_trips(tmp_path):
    skops = pytest.importorskip("skops.io")
    rng = np.random.default_rng(5)
    test = KSDriftTest(window="reservoir", random_state=0).fit(rng.normal(size=(99, 2)))
    X = rng.normal(size=(30, 2))
    joblib.dump(test, tmp_path / "test.joblib")
    loaded = joblib.load(tmp_path / "test.joblib")
    np.testing.assert_array_equal(
        np.asarray(loaded.predict(X)), np.asarray(test.predict(X))
    )
    stored = skops.dumps(test)
    untrusted = skops.get_untrusted_types(data=stored)
    assert all(name.startswith("skdrift.") for name in untrusted)
    loaded = skops.loads(stored, trusted=untrusted)
    np.testing.assert_array_equal(
        np.asarray(loaded.predict(X)), np.asarray(test.predict(X))
    )
    more = rng.normal(size=(500, 2))
    np.testing.assert_array_equal(
        loaded.partial_fit(more).reference_, test.partial_fit(more).reference_
    )


def test_clone_forgets_the_reference():
    test = KSDriftTest(alpha=0.1).fit(np.arange(5.0)[:, None])
    assert not hasattr(clone(test), "reference_")
    assert clone(test).alpha == 0.1


def draw(kind, rng, size):
    values = rng.normal(size=size)
    if kind == "rounded":
        return values.round(1)
    if kind == "zero-inflated":
        return np.where(values < 1.2816, 0.0, values)
    return values


N, M, N_TESTS = 500, 100, 4000


@pytest.mark.statistics
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("kind", ["continuous", "rounded", "zero-inflated"])
def test_size(kind, alternative):
    """False alarms at alpha = .05 and .01, a fresh reference for every batch."""
    rng = np.random.default_rng(6)
    reference = np.sort(draw(kind, rng, (N_TESTS, N)), axis=1)
    batches = draw(kind, rng, (N_TESTS, 1, M))
    _, p_value, how = ks_test(reference, batches, alternative)
    assert (how == "exact").all()
    for alpha in (0.05, 0.01):
        alarms = (p_value <= alpha).sum()
        # P-values are discrete: the size lies between the largest one that is reached
        # below alpha and alpha itself. Ties make fewer of them.
        if kind == "continuous":
            steps = np.arange(0, N * M + 1, math.gcd(N, M))
            possible, _ = KSNull.of(N, M, alternative).p_values(steps)
            least = possible[possible <= alpha].max()
        else:
            least = 0.75 * alpha
        assert binom.ppf(0.0005, N_TESTS, least) <= alarms
        assert alarms <= binom.ppf(0.9995, N_TESTS, alpha)


@pytest.mark.statistics
@pytest.mark.parametrize("kind", ["continuous", "rounded", "zero-inflated"])
def test_power_is_never_below_scipy(kind):
    """Whatever scipy flags is flagged, since ties only make p-values smaller."""
    rng = np.random.default_rng(7)
    reference = np.sort(draw(kind, rng, (1, N)), axis=1)
    batches = draw(kind, rng, (1, 300, M))
    moved = rng.random(batches.shape) < 0.25
    batches = np.where(moved, batches + 0.8, batches)
    _, p_value, _ = ks_test(reference, batches)
    scipy_p_value = [
        ks_2samp(reference[0], batch, method="exact").pvalue for batch in batches[0]
    ]
    assert (p_value[0] <= np.array(scipy_p_value) * (1 + 1e-9)).all()
    for alpha in (0.05, 0.01):
        mine, theirs = (
            (p_value <= alpha).mean(),
            np.mean(np.array(scipy_p_value) <= alpha),
        )
        assert mine >= theirs
        if kind == "zero-inflated":
            assert mine > theirs
