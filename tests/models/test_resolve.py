import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdrift import ForestStudent, KerasStudent, KerasTeacher, SoftLabelClassifier
from skdrift.models._resolve import (
    default_student,
    fit_student,
    is_keras_model,
    resolve_student,
    resolve_teacher,
    seeded_clone,
    student_proba,
    teacher_proba,
)


def test_what_comes_trained_and_what_does_not():
    assert isinstance(resolve_teacher(None)[0], LogisticRegression)
    forest = RandomForestClassifier()
    assert resolve_teacher(forest) == (forest, False)
    frozen = FrozenEstimator(LogisticRegression().fit([[0], [1]], [0, 1]))
    assert resolve_teacher(frozen) == (frozen, True)


@pytest.mark.keras
def test_a_keras_model_is_told_without_being_asked():
    import keras

    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, activation="softmax")]
    )
    assert is_keras_model(model)
    for given in (model, FrozenEstimator(model), KerasTeacher(model)):
        teacher, trained = resolve_teacher(given, np.zeros((4, 3), np.float32))
        assert trained
        assert isinstance(teacher, KerasTeacher)
        assert teacher.model is model


def test_a_class_never_seen_has_probability_zero():
    teacher = LogisticRegression().fit([[0], [1]], ["a", "c"])
    P = teacher_proba(teacher, [[0], [1]], np.array(["a", "b", "c"]))
    assert P.shape == (2, 3)
    np.testing.assert_array_equal(P[:, 1], 0)
    np.testing.assert_allclose(P[:, [0, 2]], teacher.predict_proba([[0], [1]]))


def test_probabilities_of_a_wrong_shape():
    class Multilabel(LogisticRegression):
        def predict_proba(self, X):
            return np.zeros((2, len(X), 2))

    with pytest.raises(ValueError, match=r"array of shape \(2, 3, 2\)"):
        teacher_proba(Multilabel(), [[0], [1], [2]])


def test_only_seeds_left_open_are_set():
    random_state = np.random.RandomState(0)
    pipeline = make_pipeline(
        StandardScaler(), BaggingClassifier(RandomForestClassifier(random_state=7))
    )
    copy = seeded_clone(pipeline, random_state)
    assert isinstance(copy[-1].random_state, int)
    assert copy[-1].estimator.random_state == 7
    assert pipeline[-1].random_state is None
    again = seeded_clone(pipeline, np.random.RandomState(0))
    assert again[-1].random_state == copy[-1].random_state


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
