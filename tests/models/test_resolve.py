import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdrift import ForestStudent, KerasStudent, KerasTeacher, SoftLabelClassifier
from skdrift.models._resolve import (
    check_proba,
    check_student_classes,
    decides_by_argmax,
    fit_student,
    is_keras_model,
    resolve_student,
    resolve_teacher,
    seeded_clone,
    student_proba,
    teacher_decision,
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


def test_own_learner_of_soft_labels_says_so():
    class Own(LogisticRegression):
        learns_soft_labels = True

    own = Own()
    assert resolve_student(own, TEACHER, X) is own


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (np.full((60, 2), -1.0), "sum to 1"),
        (np.full((60, 2), 50.0), "Logits need a softmax, percentages"),
        (np.full((60, 3), 1 / 3), "gave 3 columns, but there are 2 classes"),
        ([np.full((60, 2), 0.5)] * 3, r"an array of shape \(3, 60, 2\)"),
        (np.full((60, 2), 0.49), "row 0 is"),
        (np.full((60, 2), np.nan), "NaN or infinity in 60 of 60 rows"),
    ],
)
def test_what_are_no_probabilities_is_refused(output, message):
    with pytest.raises(ValueError, match=message):
        check_proba(output, 2, "the teacher's predict_proba")


def test_probabilities_are_rounded_and_one_column_widened():
    P = np.array([[0.3333, 0.6663], [0.5, 0.5]])
    assert check_proba(P, 2, "it").sum(axis=1) == pytest.approx(1, abs=1e-12)
    wide = check_proba(np.array([[0.2], [1.0]]), 2, "it")
    assert wide.tolist() == [[0.8, 0.2], [0.0, 1.0]]
    exact = np.array([[0.1, 0.9]])
    assert (check_proba(exact, 2, "it") == exact).all()


def test_decisions_are_those_of_predict():
    inner = LogisticRegression().fit(X, X[:, 0] > 0)
    high = FixedThresholdClassifier(inner, threshold=0.9).fit(X, X[:, 0] > 0)
    for teacher, argmax in (
        (inner, True),
        (high, False),
        (FrozenEstimator(high), False),
    ):
        P = teacher_proba(teacher, X)
        found = decides_by_argmax(teacher, X, P, teacher.classes_)
        assert found == argmax
        decision = teacher_decision(teacher, X, P, teacher.classes_, found)
        assert (teacher.classes_[decision] == teacher.predict(X)).all()


def test_unknown_decisions_are_refused():
    class Other(LogisticRegression):
        def predict(self, X):
            return np.full(len(X), "other")

    teacher = Other().fit(X, X[:, 0] > 0)
    P = teacher_proba(teacher, X)
    with pytest.raises(ValueError, match=r"none of its classes: \['other'\]"):
        teacher_decision(teacher, X, P, teacher.classes_, False)


def test_paths_and_boosters_get_a_hint():
    class Booster:
        pass

    with pytest.raises(TypeError, match="not a path; got"):
        resolve_teacher("model.pkl")
    with pytest.raises(TypeError, match="the classifier of scikit-learn"):
        resolve_teacher(FrozenEstimator(Booster()))


def test_frozen_student_has_the_teachers_classes():
    classes = np.array(["a", "b"])
    y = np.where(X[:, 0] > 0, "b", "a")
    right = FrozenEstimator(LogisticRegression().fit(X, y))
    check_student_classes(right, classes)
    check_student_classes(
        FrozenEstimator(LogisticRegression().fit(X, y == "b")), [0, 1]
    )
    with pytest.raises(ValueError, match="the frozen student has"):
        check_student_classes(right, np.array(["b", "a"]))
    with pytest.raises(ValueError, match="in the same order"):
        check_student_classes(right, np.array(["a", "c"]))


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
