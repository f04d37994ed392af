import numpy as np
import pytest
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdrift import KerasTeacher
from skdrift._teacher_role import (
    is_keras_model,
    resolve_teacher,
    seeded_clone,
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
