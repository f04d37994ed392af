import pickle

import numpy as np
import pytest

from skdrift import KerasTeacher, SupportScorer
from skdrift.models._keras_features import KerasFeatures

pytestmark = pytest.mark.keras


def teacher():
    import keras

    layers = [
        keras.Input((8, 8, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(5, activation="relu"),
        keras.layers.Dense(3),
        keras.layers.Softmax(),
    ]
    return KerasTeacher(keras.Sequential(layers))


def test_features_are_the_last_hidden_layer():
    one = teacher()
    X = np.random.default_rng(0).random((7, 8, 8, 1)).astype(np.float32)
    features = KerasFeatures(one)(X)
    weights, bias = one.model.layers[1].get_weights()
    expected = np.maximum(X.reshape(7, -1) @ weights + bias, 0)
    assert features == pytest.approx(expected, abs=1e-5)


def test_stored_and_read():
    one = KerasFeatures(teacher())
    X = np.random.default_rng(0).random((7, 8, 8, 1)).astype(np.float32)
    assert (pickle.loads(pickle.dumps(one))(X) == one(X)).all()


def test_represents_rows_for_the_support():
    X = np.random.default_rng(0).random((40, 8, 8, 1)).astype(np.float32)
    scorer = SupportScorer(representation=KerasFeatures(teacher())).fit(X)
    assert scorer.transform(X).shape == (40, 1)


def test_models_without_a_graph_or_dense_layer_are_refused():
    import keras

    class Model(keras.Model):
        def call(self, X):
            return X

    flat = keras.Sequential([keras.Input((2,)), keras.layers.Softmax()])
    for model, message in ((Model(), "knows its inputs"), (flat, "dense layer")):
        with pytest.raises(TypeError, match=message):
            KerasFeatures(KerasTeacher(model))
