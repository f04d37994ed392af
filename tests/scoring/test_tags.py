import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils import Tags

from skdrift import DistillationScorer, ForestStudent
from skdrift.scoring._tags import tags_of_pair

LINEAR, BOOSTED = LogisticRegression(), HistGradientBoostingClassifier()
TRAINED = FrozenEstimator(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))


def tags(estimator, student=None, error_model=None):
    own = BaseEstimator.__sklearn_tags__(DistillationScorer())
    own.transformer_tags = DistillationScorer().__sklearn_tags__().transformer_tags
    return tags_of_pair(own, estimator, student, error_model)


@pytest.mark.parametrize(
    ("estimator", "student", "allow_nan", "sparse"),
    [
        (LINEAR, None, False, True),
        (BOOSTED, None, True, False),
        (BOOSTED, LINEAR, False, False),
        (LINEAR, BOOSTED, False, False),
        (BOOSTED, BOOSTED, True, False),
    ],
)
def test_a_pair_reads_what_both_read(estimator, student, allow_nan, sparse):
    found = tags(estimator, student).input_tags
    assert (found.allow_nan, found.sparse) == (allow_nan, sparse)


@pytest.mark.parametrize(
    ("estimator", "error_model", "required"),
    [(LINEAR, None, True), (TRAINED, None, False), (TRAINED, LINEAR, True)],
)
def test_whoever_learns_from_labels_requires_them(estimator, error_model, required):
    found = tags(estimator, ForestStudent(), error_model)
    assert isinstance(found, Tags)
    assert found.target_tags.required is required


def test_what_is_no_classifier_leaves_the_tags():
    assert tags(3).input_tags == BaseEstimator().__sklearn_tags__().input_tags
