import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from skdrift import KSDriftTest
from skdrift.sweep._scorer_family import as_columns, build_families, split_detector

X = np.linspace(0, 1, 12).reshape(6, 2)


class Threshold(ClassifierMixin, BaseEstimator):
    """Decides by a threshold of its own on the first column."""

    classes_ = np.array(["no", "yes"])

    def predict(self, X):
        return self.classes_[(X[:, 0] > 0.2).astype(int)]


class PlainScorer(TransformerMixin, BaseEstimator):
    """Knows its classifier by `estimator_` alone."""

    def fit(self, X, y=None):
        self.estimator_ = Threshold()
        return self

    def transform(self, X):
        return X[:, 0]


class ColumnScorer(PlainScorer):
    """Gives its scores as a column."""

    def transform(self, X):
        return super().transform(X)[:, None]


class SharingScorer(TransformerMixin, BaseEstimator):
    """Follows the protocol, and counts how often it is fitted and asked."""

    n_fitted = n_asked = 0

    def __init__(self, divergence="sum"):
        self.divergence = divergence

    def fit(self, X, y=None):
        SharingScorer.n_fitted += 1
        self.classes_ = Threshold.classes_
        return self

    def teacher_student_proba(self, X):
        SharingScorer.n_asked += 1
        P = np.column_stack([1 - X[:, 0], X[:, 0]])
        decision = (X[:, 0] > 0.2).astype(int)
        return P, P / 2, np.zeros(len(X), dtype=int), decision

    def score_proba(self, P, Q, fold=None, decision=None, *, divergence=None):
        divergence = self.divergence if divergence is None else divergence
        kinds = divergence if isinstance(divergence, list) else [divergence]
        known = {"sum": P[:, 1] + Q[:, 1], "decision": decision}
        return np.column_stack([known[kind] for kind in kinds])

    def transform(self, X):
        return self.score_proba(*self.teacher_student_proba(X))


@pytest.fixture(autouse=True)
def _count_anew():
    SharingScorer.n_fitted = SharingScorer.n_asked = 0


def families_of(detector, *params):
    return build_families(detector, list(params), [10] * len(params))


def places(candidates):
    return [(candidate.family, candidate.member) for candidate in candidates]


def test_divergences_share_one_family_and_one_question():
    detector = make_pipeline(SharingScorer(), KSDriftTest())
    values = ["sum", "decision", ["decision", "sum"]]
    families, candidates = families_of(
        detector, *({"sharingscorer__divergence": value} for value in values)
    )
    assert places(candidates) == [(0, 0), (0, 1), (0, 2)]
    (family,) = families
    reference = family.fit(X, None)
    assert (SharingScorer.n_fitted, SharingScorer.n_asked) == (1, 1)
    decisions, scores = family.score(X)
    assert SharingScorer.n_asked == 2
    for value, on_fit, score in zip(values, reference, scores):
        expected = SharingScorer(value).fit(X).transform(X)
        assert np.array_equal(score, expected)
        assert np.array_equal(on_fit, expected)
    assert np.array_equal(decisions, Threshold().predict(X))


def test_decisions_are_the_classifiers_own():
    family = families_of(make_pipeline(SharingScorer(), KSDriftTest()), {})[0][0]
    family.fit(X, None)
    decisions, _ = family.score(X)
    # The largest probability would say "no" up to a half.
    assert decisions.tolist() == ["no", "no", "yes", "yes", "yes", "yes"]
    assert family.classes.tolist() == ["no", "yes"]


def test_other_parameters_divide_families_and_those_of_the_test_do_not():
    detector = make_pipeline(FunctionTransformer(), SharingScorer(), KSDriftTest())
    families, candidates = families_of(
        detector,
        {"ksdrifttest__alpha": 0.1},
        {"ksdrifttest__alpha": 0.2},
        {"functiontransformer__func": np.sqrt},
        {"functiontransformer__func": np.sqrt, "sharingscorer__divergence": "decision"},
        {"sharingscorer": SharingScorer()},
    )
    assert places(candidates) == [(0, 0), (0, 0), (1, 0), (1, 1), (2, 0)]
    assert [candidate.test.alpha for candidate in candidates[:2]] == [0.1, 0.2]
    families[1].fit(X, None)
    assert np.array_equal(families[1].score(X)[1][0][:, 0], 1.5 * np.sqrt(X[:, 0]))


def test_a_plain_scorer_is_asked_by_its_methods():
    family = families_of(make_pipeline(PlainScorer(), KSDriftTest()), {})[0][0]
    assert np.array_equal(family.fit(X, None)[0], X[:, :1])
    decisions, (scores,) = family.score(X)
    assert np.array_equal(decisions, Threshold().predict(X))
    assert np.array_equal(scores, X[:, :1])
    assert family.classes.tolist() == ["no", "yes"]


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_union_of_scorers_has_the_classifier_of_one_of_them(wrapped):
    union = make_union(FunctionTransformer(), ColumnScorer())
    if wrapped:
        union = FrozenEstimator(union.fit(X))
    family = families_of(make_pipeline(union, KSDriftTest()), {})[0][0]
    (reference,) = family.fit(X, None)
    decisions, (scores,) = family.score(X)
    assert np.array_equal(scores, np.column_stack([X, X[:, 0]]))
    assert np.array_equal(scores, reference)
    assert np.array_equal(decisions, Threshold().predict(X))
    assert family.classes.tolist() == ["no", "yes"]


def test_a_frozen_family_is_not_fitted():
    frozen = FrozenEstimator(SharingScorer().fit(X))
    detector = make_pipeline(frozen, FrozenEstimator(KSDriftTest().fit(X[:, :1])))
    (family,), _ = families_of(detector, {})
    assert family.fit(None, None) is None
    assert SharingScorer.n_fitted == 1
    assert np.array_equal(family.score(X)[1][0][:, 0], 1.5 * X[:, 0])


def test_a_frozen_scorer_before_a_test_scores_the_reference():
    detector = make_pipeline(FrozenEstimator(SharingScorer().fit(X)), KSDriftTest())
    (family,), _ = families_of(detector, {})
    assert np.array_equal(family.fit(X, None)[0][:, 0], 1.5 * X[:, 0])
    assert SharingScorer.n_fitted == 1


def test_a_scorer_that_hides_its_classifier():
    detector = make_pipeline(FunctionTransformer(), KSDriftTest())
    (family,), _ = families_of(detector, {})
    family.fit(X, None)
    with pytest.raises(TypeError, match="FunctionTransformer does not tell the class"):
        family.score(X)


def test_the_detector_is_divided_before_its_test():
    detector = make_pipeline(FunctionTransformer(), SharingScorer(), KSDriftTest())
    scoring, test, frozen = split_detector(detector)
    assert [type(step) for _, step in scoring.steps] == [
        FunctionTransformer,
        SharingScorer,
    ]
    assert isinstance(test, KSDriftTest)
    assert not frozen
    assert split_detector(FrozenEstimator(detector))[2]


class GroupedScorer(SharingScorer):
    """Takes groups when it is fitted."""

    def fit(self, X, y=None, groups=None):
        self.groups_ = groups
        return super().fit(X, y)

    def fit_transform(self, X, y=None, groups=None):
        return self.fit(X, y, groups).transform(X)


@pytest.mark.parametrize("values", [["sum"], ["sum", "decision"]])
def test_groups_reach_the_scorer_that_takes_them(values):
    groups = np.arange(6) // 2
    grid = [{"groupedscorer__divergence": value} for value in values]
    detector = make_pipeline(FunctionTransformer(), GroupedScorer(), KSDriftTest())
    (family,), _ = families_of(detector, *grid)
    family.fit(X, None, groups)
    assert family._scorer.groups_ is groups
    (family,), _ = families_of(make_pipeline(SharingScorer(), KSDriftTest()), {})
    assert len(family.fit(X, None, groups)[0]) == 6


def test_what_is_frozen_cannot_be_varied():
    frozen = FrozenEstimator(SharingScorer().fit(X))
    detector = make_pipeline(frozen, KSDriftTest())
    with pytest.raises(ValueError, match=r"frozenestimator__estimator.*is frozen"):
        families_of(detector, {"frozenestimator__estimator": SharingScorer("decision")})
    assert frozen.estimator.divergence == "sum"
    families, _ = families_of(detector, {"frozenestimator": SharingScorer("decision")})
    assert families[0].divergences == ["decision"]


@pytest.mark.parametrize("scores", [[1, 2, 3], [[1], [2], [3]]])
def test_scores_become_columns(scores):
    columns = as_columns(scores)
    assert columns.dtype == float
    assert columns.tolist() == [[1], [2], [3]]
