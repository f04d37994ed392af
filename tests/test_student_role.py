import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdrift import ForestStudent, KerasStudent, SoftLabelClassifier
from skdrift._student_role import (
    default_student,
    fit_student,
    resolve_student,
    student_proba,
)

X = np.random.default_rng(0).normal(size=(60, 3))
TEACHER = FrozenEstimator(LogisticRegression().fit(X, X[:, 0] > 0))


@pytest.mark.parametrize(
    "student",
    [
        SoftLabelClassifier(),
        ForestStudent(),
        KerasStudent(),
        ExtraTreesRegressor(),
        make_pipeline(StandardScaler(), ForestStudent()),
        FrozenEstimator(ForestStudent()),
    ],
    ids=lambda student: type(student).__name__,
)
def test_learners_of_soft_labels_are_taken_as_they_are(student):
    assert resolve_student(student, TEACHER, X) is student


def test_a_plain_classifier_is_wrapped():
    for student in (
        RandomForestClassifier(),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ):
        wrapped = resolve_student(student, TEACHER, X)
        assert isinstance(wrapped, SoftLabelClassifier)
        assert wrapped.estimator is student


def test_default_student_of_a_table():
    assert isinstance(default_student(TEACHER, X), ForestStudent)
    assert isinstance(default_student(TEACHER, pd.DataFrame(X)), ForestStudent)
    assert isinstance(default_student(TEACHER, X.tolist()), ForestStudent)


def test_default_student_of_sparse_rows_is_linear():
    student = default_student(TEACHER, sparse.csr_matrix(X))
    assert isinstance(student, SoftLabelClassifier)


def test_default_student_flattens_arrays_of_more_dimensions():
    images = X.reshape(20, 3, 3)
    student = default_student(TEACHER, images)
    P = np.full((20, 2), 0.5)
    assert student.fit(images, P).predict_proba(images).shape == (20, 2)


def test_default_student_of_mixed_columns_meets_unseen_categories():
    frame = pd.DataFrame({"number": X[:, 0], "category": list("ab" * 30)})
    frame.loc[0, "category"] = None
    frame.loc[1, "number"] = np.nan
    student = default_student(TEACHER, frame).fit(frame, np.full((60, 2), 0.5))
    new = pd.DataFrame({"number": [0.0], "category": ["c"]})
    np.testing.assert_allclose(student.predict_proba(new), [[0.5, 0.5]])


def test_default_student_borrows_fitted_preprocessing():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    pipeline.fit(X, X[:, 0] > 0)
    student = default_student(FrozenEstimator(pipeline), X)
    assert student[0].estimator[0] is pipeline[0]


class Fixed(BaseEstimator):
    def __init__(self, output):
        self.output = output

    def predict(self, X):
        return np.asarray(self.output)


def test_output_becomes_probabilities():
    Q = student_proba(Fixed([[2.0, 2.0], [-1.0, 3.0], [0.0, 0.0]]), None, range(2))
    np.testing.assert_allclose(Q, [[0.5, 0.5], [0, 1], [0.5, 0.5]])


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ([[0.5, np.nan]], "NaN or infinity in 1 of 1 rows"),
        ([[0.2, 0.3, 0.5]], r"2 class probabilities .* shape \(1, 3\)"),
        ([0.5], r"2 class probabilities .* shape \(1,\)"),
    ],
)
def test_bad_output(output, message):
    with pytest.raises(ValueError, match=message):
        student_proba(Fixed(output), None, range(2))


@pytest.mark.keras
def test_a_scikeras_student_leaves_tensorflow_as_it_was():
    from scikeras.wrappers import KerasRegressor
    from tensorflow.python.framework.config import is_op_determinism_enabled

    def build():
        import keras

        return keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(2, activation="softmax")]
        )

    student = KerasRegressor(build, loss="kl_divergence", random_state=0, verbose=0)
    rows = X.astype(np.float32)
    fit_student(student, rows, np.full((60, 2), 0.5, np.float32))
    assert not is_op_determinism_enabled()
    assert student_proba(student, rows, range(2)).shape == (60, 2)
