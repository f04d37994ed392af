import pytest
from sklearn.linear_model import LogisticRegression

from skdrift.scoring._labels import check_error_labels, require_labels

MODEL = LogisticRegression()


@pytest.mark.parametrize(
    ("trained", "error_model", "who"),
    [
        (False, None, "the teacher"),
        (False, MODEL, "the teacher"),
        (True, MODEL, "error_"),
    ],
)
def test_whoever_learns_from_labels_needs_them(trained, error_model, who):
    with pytest.raises(ValueError, match=f"y is None: labels are needed by {who}"):
        require_labels(None, trained, error_model)
    require_labels([0, 1], trained, error_model)


def test_a_trained_teacher_alone_needs_none():
    require_labels(None, True, None)


@pytest.mark.parametrize(
    ("y", "unknown"), [([0, 2, 1, 2], r"\[2\]"), (["a", "b"], r"\['a', 'b'\]")]
)
def test_labels_that_the_teacher_does_not_know(y, unknown):
    with pytest.raises(ValueError, match=f"y holds {unknown}, .* classes, .0, 1"):
        check_error_labels(y, [0, 1])
    check_error_labels([1, 0, 1], [0, 1])
