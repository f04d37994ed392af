import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import roc_auc_score

from skdrift import DistillationScorer, label_harm
from skdrift.datasets import corrupt_images
from skdrift.scoring._cross_fit import (
    add_changed_rows,
    ask_teachers,
    by_fold,
    check_changes,
    in_chunks,
    training_rows,
)


@pytest.mark.parametrize("n_jobs", [1, None, 2])
@pytest.mark.parametrize("batch_size", [1, 3, 10, 50])
def test_chunks_are_stacked_in_order(batch_size, n_jobs):
    X = np.arange(20).reshape(10, 2)
    sizes = []

    def double(part):
        sizes.append(len(part))
        return part * 2

    np.testing.assert_array_equal(
        in_chunks(double, X, batch_size, n_jobs=n_jobs), X * 2
    )
    assert max(sizes) == min(batch_size, 10)
    assert sum(sizes) == 10


def test_each_row_is_asked_of_the_teacher_of_its_fold():
    X, y = load_digits(return_X_y=True)
    teachers = [
        RandomForestClassifier(5, random_state=k).fit(X[k::2], y[k::2])
        for k in range(2)
    ]
    fold = np.arange(100) % 3 // 2
    P = ask_teachers(teachers, X[:100], fold, np.arange(10), batch_size=33)
    for k, teacher in enumerate(teachers):
        rows = fold == k
        assert_array_equal(P[rows], teacher.predict_proba(X[:100][rows]))


def test_an_empty_input_is_heard_of():
    with pytest.raises(RuntimeError, match="nothing to do"):
        in_chunks(raise_if_empty, [], 5)


def raise_if_empty(part):
    if not len(part):
        raise RuntimeError("nothing to do")
    return np.asarray(part)


def test_each_row_is_answered_by_the_model_of_its_fold():
    X = np.arange(6.0).reshape(6, 1)
    fold = np.array([2, 0, 2, 1, 0, 2])
    answers = by_fold(lambda model, part: part + model, [100, 200, 300], X, fold)
    np.testing.assert_array_equal(answers[:, 0], [300, 101, 302, 203, 104, 305])
    alone = by_fold(lambda model, part: part + model, [100], X, fold)
    np.testing.assert_array_equal(alone, X + 100)


def test_training_rows_are_those_of_the_other_folds():
    fold = np.array([0, 2, 2, 0])
    rows = training_rows(fold, 3)
    assert [list(part) for part in rows] == [[1, 2], [0, 1, 2, 3], [0, 3]]
    assert [list(part) for part in training_rows(fold, 1)] == [[0, 1, 2, 3]]


def test_a_fold_of_all_rows_leaves_nothing_to_train_on():
    with pytest.raises(ValueError, match="all n_samples=3 fell into one"):
        training_rows(np.array([1, 1, 1]), 2)


P = np.array([[0.2, 0.8], [1.0, 0.0]])
RANDOM = np.random.RandomState(0)


def identity(X, random_state):
    return X


@pytest.mark.parametrize(
    "X",
    [
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.arange(16).reshape(2, 2, 2, 2),
        ["one text", "another"],
        pd.DataFrame({"n": [1, 2], "c": pd.Categorical(["a", "b"])}, index=[7, 7]),
        sparse.csr_matrix([[0.0, 1.0], [2.0, 0.0]]),
    ],
    ids=["array", "images", "texts", "frame", "sparse"],
)
def test_copies_stand_below_the_rows_with_their_labels(X):
    rows, labels = add_changed_rows(X, P, [identity, identity], RANDOM)
    assert type(rows) is type(X)
    assert_array_equal(labels, np.vstack([P, P, P]))
    if isinstance(X, pd.DataFrame):
        expected = pd.concat([X, X, X], ignore_index=True)
        pd.testing.assert_frame_equal(rows, expected)
    elif sparse.issparse(X):
        assert_array_equal(rows.toarray(), np.vstack([X.toarray()] * 3))
    else:
        assert_array_equal(np.asarray(rows), np.concatenate([X, X, X]))


def test_nothing_changed_is_nothing_copied():
    X = np.zeros((2, 3))
    assert add_changed_rows(X, P, [], RANDOM)[0] is X


@pytest.mark.parametrize(
    "change",
    [
        lambda X, random_state: X[:1],
        lambda X, random_state: X[:, :1],
        lambda X, random_state: X.tolist(),
    ],
)
def test_other_rows_than_given_are_refused(change):
    with pytest.raises(ValueError, match=r"ndarray of shape \(2, 3\), but .* returned"):
        add_changed_rows(np.zeros((2, 3)), P, [change], RANDOM)


@pytest.mark.parametrize("benign", ["noise", [identity, "noise"], 3])
def test_what_cannot_be_called_is_refused(benign):
    with pytest.raises(TypeError, match="benign must be a callable"):
        check_changes(benign)


class Recorder(BaseEstimator):
    """A student that keeps what it was trained on."""

    def fit(self, X, P):
        self.X_, self.P_ = X, P
        return self

    def predict(self, X):
        return np.full((len(X), self.P_.shape[1]), 1 / self.P_.shape[1])


def test_the_scorer_trains_students_on_changed_rows_and_teacher_on_none():
    X, y = load_digits(return_X_y=True)
    teacher = RandomForestClassifier(10, random_state=0).fit(X[:500], y[:500])
    scorer = DistillationScorer(
        FrozenEstimator(teacher),
        student=Recorder(),
        benign=[lambda X, random_state: X + 100, lambda X, random_state: X + 200],
        cross_fit=3,
        random_state=0,
    ).fit(X[500:])
    answers = teacher.predict_proba(X[500:])
    for student in scorer.students_:
        n = len(student.X_) // 3
        rows = student.X_[:n]
        assert n < len(X) - 500
        assert_array_equal(student.X_[n : 2 * n], rows + 100)
        assert_array_equal(student.X_[2 * n :], rows + 200)
        assert_array_equal(student.P_[:n], student.P_[n : 2 * n])
        place = [np.flatnonzero((X[500:] == row).all(axis=1))[0] for row in rows]
        assert_array_equal(student.P_[:n], answers[place])


def test_same_seed_same_changes():
    X, y = load_digits(return_X_y=True)
    teacher = RandomForestClassifier(10, random_state=0).fit(X[:300], y[:300])

    def scores(n_jobs):
        scorer = DistillationScorer(
            FrozenEstimator(teacher),
            benign=lambda X, random_state: X + random_state.normal(size=X.shape),
            n_jobs=n_jobs,
            random_state=3,
        )
        return scorer.fit(X[300:600]).transform(X[600:700])

    assert_array_equal(scores(None), scores(2))


def test_a_student_that_knows_rotations_tells_harm_among_them_better():
    X, y = load_digits(return_X_y=True)
    images = X.reshape(-1, 8, 8) / 16
    teacher = RandomForestClassifier(100, random_state=0).fit(X[:600], y[:600])

    def rotate(X, random_state):
        turned = corrupt_images(X.reshape(-1, 8, 8) / 16, "rotate", 3, random_state)
        return 16 * turned.reshape(len(X), -1)

    shifted = 16 * corrupt_images(images[1200:], "rotate", 4, 0).reshape(-1, 64)
    harm = label_harm(y[1200:], teacher.predict(X[1200:]), teacher.predict(shifted))
    rows = harm.harmful | harm.harmless
    areas = [
        roc_auc_score(
            harm.harmful[rows],
            DistillationScorer(FrozenEstimator(teacher), benign=benign, random_state=0)
            .fit(X[600:1200])
            .transform(shifted[rows]),
        )
        for benign in (None, rotate)
    ]
    assert areas[1] > areas[0] + 0.05


def test_a_frozen_student_learns_nothing_more():
    X, y = load_digits(return_X_y=True)
    teacher = RandomForestClassifier(10, random_state=0).fit(X[:300], y[:300])
    scorer = DistillationScorer(
        FrozenEstimator(teacher), student=FrozenEstimator(teacher), benign=identity
    )
    with pytest.raises(ValueError, match="frozen and learns no more"):
        scorer.fit(X[300:])
