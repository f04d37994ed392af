import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression

from skdrift import ForestStudent
from skdrift.models._forest_student import _add_noise


@pytest.fixture(scope="module")
def soft_labels():
    X, y = load_digits(return_X_y=True)
    teacher = LogisticRegression(C=0.01, max_iter=1000).fit(X[:600], y[:600])
    return X[600:], teacher.predict_proba(X[600:])


def test_it_predicts_what_its_forest_predicts(soft_labels):
    X, P = soft_labels
    student = ForestStudent(
        7, min_samples_leaf=2, n_noisy_copies=0, random_state=0
    ).fit(X[:500], P[:500])
    Q = student.predict_proba(X[500:])
    forest = ExtraTreesRegressor(
        7,
        max_features="sqrt",
        min_samples_leaf=2,
        random_state=np.random.RandomState(0),
    ).fit(X[:500], P[:500])
    np.testing.assert_allclose(Q, forest.predict(X[500:]), atol=1e-12)
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
    student = ForestStudent(5, n_noisy_copies=0, random_state=0).fit(X, P)
    np.testing.assert_allclose(student.predict_proba([[0.0], [1.0]]), P[[0, -1]])


def test_noisy_copies_steady_the_student(soft_labels):
    X, P = soft_labels
    spread = X.std(axis=0)
    damaged = X[600:] + spread * np.random.default_rng(0).normal(size=X[600:].shape)
    right = []
    for copies in (0, 2):
        student = ForestStudent(n_noisy_copies=copies, random_state=0)
        student.fit(X[:600], P[:600])
        right.append(np.mean(student.predict(damaged) == P[600:].argmax(axis=1)))
    assert right[1] > right[0] + 0.02


def test_noise_leaves_missing_and_constant_values_alone():
    rng = np.random.default_rng(0)
    X = np.column_stack(
        [
            np.full(50, np.nan),
            np.full(50, 2.0),
            rng.normal(size=50),
            rng.normal(size=50) * 1e30,
        ]
    )
    X[::5, 2] = np.nan
    P = np.where(X[:, [3]] > 0, [[1.0, 0.0]], [[0.0, 1.0]])
    noisy = _add_noise(X.astype(np.float32), 0.5, np.random.RandomState(0))
    np.testing.assert_array_equal(np.isnan(noisy), np.isnan(X))
    np.testing.assert_array_equal(noisy[:, 1], 2)
    known = ~np.isnan(X[:, 2])
    assert 0.05 < np.std(noisy[known, 2] - X[known, 2]) < 0.5
    student = ForestStudent(random_state=0).fit(X, P)
    assert np.mean(student.predict(X) == P.argmax(axis=1)) > 0.9


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
