import numpy as np
import pytest
from scipy.stats import binom, t
from sklearn import clone, config_context
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skdrift import DistillationScorer, KSDriftTest, TailDriftTest
from skdrift.detection._chunks import (
    OrderedReference,
    among_chunks,
    chunk_p_values,
    chunk_statistics,
)
from skdrift.detection._feature_tests import run_feature_tests


def autoregressive(n, rng, rho=0.9):
    """Scores in time order, each much like the one before."""
    noise = rng.normal(size=n)
    scores = np.empty(n)
    scores[0] = noise[0]
    for place in range(1, n):
        scores[place] = rho * scores[place - 1] + np.sqrt(1 - rho**2) * noise[place]
    return scores[:, None]


def test_chunks_are_whole_groups_in_their_order():
    ordered = OrderedReference.of(
        np.arange(12.0)[:, None], np.repeat(list("bacdef"), 2)
    )
    assert ordered.chunks(2) == [slice(k, k + 2) for k in range(0, 12, 2)]
    rows = np.array([0.0, 1, 2, 3, 4, 5])[:, None]
    mixed = OrderedReference.of(rows, ["x", "y", "z", "x", "u", "v"])
    assert mixed.rows.ravel().tolist() == [0, 3, 1, 2, 4, 5]
    with pytest.raises(ValueError, match="holds 4 chunks of whole groups with 3 rows"):
        OrderedReference.of(np.zeros((16, 1)), np.repeat(range(8), 2)).chunks(3)


def test_each_chunk_is_tested_against_the_rest():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 2))
    ordered = OrderedReference.of(rows, np.repeat(range(6), 50))
    found = chunk_statistics(KSDriftTest().test_batches, ordered, 50)
    for place in range(6):
        own = slice(50 * place, 50 * place + 50)
        rest = np.delete(rows, own, axis=0)
        expected = KSDriftTest().fit(rest).predict(rows[own]).statistic
        assert found[place] == pytest.approx(expected)


def test_p_values_by_hand():
    chunks = np.arange(39.0)[:, None]
    p_value, how = chunk_p_values(np.array([36.5]), chunks, 0.05)
    assert (p_value, how) == (pytest.approx(3 / 40), "conformal")
    few = np.array([[1.0], [2.0], [3.0], [2.0], [2.0]])
    p_value, how = chunk_p_values(np.array([4.0]), few, 0.05)
    expected = t.sf(2 / (few.std(ddof=1) * np.sqrt(1.2)), 4)
    assert (p_value[0], how) == (pytest.approx(expected), "t_bound")
    assert chunk_p_values(np.array([3.0]), np.full((5, 1), 2.0), 0.05)[0] == 0
    assert chunk_p_values(np.array([2.0]), np.full((5, 1), 2.0), 0.05)[0] == 0.5


@pytest.mark.parametrize("test", [KSDriftTest(), TailDriftTest()])
def test_result_says_how(test):
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(2000, 1))
    groups = np.repeat(range(40), 50)
    fitted = test.fit(reference, groups=groups)
    result = fitted.predict(rng.normal(3, 1, size=(50, 1)))
    assert result
    assert result.p_value == 1 / 41
    assert result.p_value_method.tolist() == ["conformal"]
    few = fitted.predict(rng.normal(3, 1, size=(300, 1)))
    assert few.p_value_method.tolist() == ["t_bound"]
    assert few
    counts = fitted.count(rng.normal(3, 1, size=(50, 1)))
    assert fitted.predict_counts(counts).p_value == 1 / 41


def test_what_is_refused():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 1))
    with pytest.raises(ValueError, match="one label for each of the 100 rows"):
        KSDriftTest().fit(X, groups=[1, 2])
    with pytest.raises(ValueError, match="at least 5 groups"):
        KSDriftTest().fit(X, groups=np.repeat([1, 2], 50))
    with pytest.raises(ValueError, match="needs a score"):
        KSDriftTest(nan_policy="omit").fit(
            np.where(X > 2, np.nan, X), groups=np.repeat(range(10), 10)
        )
    fitted = KSDriftTest().fit(X, groups=np.repeat(range(10), 10))
    with pytest.raises(ValueError, match="batches of this size need 5"):
        fitted.predict(X)
    with pytest.raises(ValueError, match="window must be None, got 'last'"):
        KSDriftTest(window="last").fit(X, groups=np.repeat(range(10), 10))
    with pytest.raises(ValueError, match="fitted without groups"):
        KSDriftTest().fit(X).partial_fit(X, groups=np.repeat(range(10), 10))
    with pytest.raises(ValueError, match="one label for each of the 100 rows"):
        fitted.partial_fit(X, groups=[1])
    assert fitted.reference_size_ == 100


@pytest.mark.parametrize("test", [KSDriftTest(), TailDriftTest()])
def test_added_rows_are_further_groups(test):
    rng = np.random.default_rng(0)
    X, groups = rng.normal(size=(500, 2)), np.repeat(range(10), 50)
    batch = rng.normal(size=(50, 2))
    whole = clone(test).fit(X, groups=groups).predict(batch)
    grown = clone(test).partial_fit(X[:300], groups=groups[:300])
    grown.partial_fit(X[300:350])
    # Labels of an earlier call name other groups.
    grown.partial_fit(X[350:], groups=np.repeat(range(3), 50))
    found = grown.predict(batch)
    assert found.p_value == whole.p_value
    assert found.p_value_method.tolist() == whole.p_value_method.tolist()
    assert (found.statistic == whole.statistic).all()


def test_a_batch_is_compared_with_as_many_rows():
    ordered = OrderedReference.of(
        np.random.default_rng(0).normal(size=(600, 1)), np.repeat(range(12), 50)
    )
    sizes = []

    def test_batches(reference, batches):
        sizes.append((reference.shape[-1], batches.shape[-1]))
        return KSDriftTest().test_batches(reference, batches)

    chunk_statistics(test_batches, ordered, 60)
    assert sizes == [(500, 60)] * 6


@pytest.mark.filterwarnings("ignore:The student decides as the teacher")
def test_groups_reach_scorer_and_test_through_a_pipeline():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    clf = FrozenEstimator(LogisticRegression().fit(X, X[:, 0] > 0))
    groups = np.repeat(range(30), 20)
    with config_context(enable_metadata_routing=True):
        detector = make_pipeline(
            DistillationScorer(clf, random_state=0), KSDriftTest()
        ).fit(X, groups=groups)
    assert detector.predict(X[:20]).p_value_method.tolist() == ["conformal"]


@pytest.mark.statistics
@pytest.mark.parametrize("test", [KSDriftTest(alternative="greater"), TailDriftTest()])
def test_size_in_time_order(test):
    n_trials, alpha = 300, 0.05
    flagged, plain = 0, 0
    for seed in range(n_trials):
        rng = np.random.default_rng(seed)
        reference, batch = autoregressive(2500, rng), autoregressive(250, rng)[-50:]
        by_groups = test.fit(reference, groups=np.repeat(range(50), 50))
        flagged += bool(by_groups.predict(batch))
        plain += bool(test.fit(reference).predict(batch))
    low, high = binom.ppf([0.001, 0.999], n_trials, [0.02, alpha])
    assert low <= flagged <= high
    assert plain > 2 * alpha * n_trials


def test_batches_of_each_size_are_judged_among_chunks_of_that_size():
    rng = np.random.default_rng(0)
    rows = autoregressive(400, rng)
    ordered = OrderedReference.of(rows, np.arange(400) // 5)
    test_batches = KSDriftTest().fit(rows).test_batches
    sizes = np.array([20, 40])
    numbers = np.concatenate([rows[:20] + 3, rows[:40]])
    plain = run_feature_tests(
        test_batches, np.sort(rows.T), np.array([400]), numbers, sizes
    )
    tests = among_chunks(plain, sizes, test_batches, ordered, 0.1)
    for place, size in enumerate(sizes):
        chunks = chunk_statistics(test_batches, ordered, size)
        expected = chunk_p_values(plain.statistic[place], chunks, 0.1)
        assert tests.p_value[place] == expected[0]
        assert tests.how[place] == expected[1] == "conformal"
    assert (tests.statistic == plain.statistic).all()
    assert (plain.how != "conformal").all()
