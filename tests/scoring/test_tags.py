import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils import Tags

from skdrift import DistillationScorer, ForestStudent
from skdrift.scoring._tags import tags_of_pair

LINEAR = LogisticRegression()
TRAINED = FrozenEstimator(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))


class Reader(LogisticRegression):
    """Says that it reads what it is told to, whatever scikit-learn's version."""

    def __init__(self, allow_nan, sparse):
        super().__init__()
        self.allow_nan = allow_nan
        self.sparse = sparse

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.allow_nan
        tags.input_tags.sparse = self.sparse
        return tags


ALL, NAN, SPARSE = Reader(True, True), Reader(True, False), Reader(False, True)


def tags(estimator, student=None, error_model=None):
    own = TransformerMixin.__sklearn_tags__(DistillationScorer())
    return tags_of_pair(own, estimator, student, error_model)


@pytest.mark.parametrize(
    ("estimator", "student", "allow_nan", "sparse"),
    [
        (NAN, None, True, False),
        (SPARSE, None, False, True),
        (ALL, NAN, True, False),
        (ALL, SPARSE, False, True),
        (NAN, SPARSE, False, False),
        (NAN, ALL, True, False),
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
