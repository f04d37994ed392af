import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from skdrift import ForestStudent


@pytest.fixture(scope="module")
def soft_labels():
    X, y = load_digits(return_X_y=True)
    teacher = LogisticRegression(C=0.01, max_iter=1000).fit(X[:600], y[:600])
    return X[600:], teacher.predict_proba(X[600:])


def test_it_predicts_what_its_forest_predicts(soft_labels):
    X, P = soft_labels
    student = ForestStudent(7, random_state=0).fit(X[:500], P[:500])
    Q = student.predict_proba(X[500:])
    np.testing.assert_allclose(Q, student.forest_.predict(X[500:]), atol=1e-12)
    np.testing.assert_allclose(Q.sum(axis=1), 1)
    assert student.classes_.tolist() == list(range(10))


def test_it_agrees_with_a_strong_teacher(soft_labels):
    X, P = soft_labels
    student = ForestStudent(random_state=0).fit(X[:600], P[:600])
    agreement = np.mean(student.predict(X[600:]) == P[600:].argmax(axis=1))
    assert agreement > 0.9


def test_soft_labels_are_learnt_as_such():
    X = np.repeat([[0.0], [1.0]], 50, axis=0)
    P = np.repeat([[0.7, 0.3], [0.2, 0.8]], 50, axis=0)
    student = ForestStudent(5, random_state=0).fit(X, P)
    np.testing.assert_allclose(student.predict_proba([[0.0], [1.0]]), P[[0, -1]])


def test_missing_values():
    X = np.array([[0.0], [1.0], [np.nan]] * 20)
    P = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]] * 20)
    student = ForestStudent(200, random_state=0).fit(X, P)
    np.testing.assert_allclose(
        student.predict_proba([[0.0], [1.0], [np.nan]]), P[:3], atol=0.2
    )


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="got 1 class: a"):
        ForestStudent().fit([[0.0], [1.0]], ["a", "a"])
