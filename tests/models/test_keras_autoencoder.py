import numpy as np
import pytest

from skdrift import KerasTeacher
from skdrift.models._keras_autoencoder import build_autoencoder, train_autoencoder
from skdrift.models._keras_features import hidden_part

pytestmark = pytest.mark.keras

IMAGES = np.random.default_rng(0).random((60, 10, 7, 2)).astype(np.float32)
SETTINGS = {
    "epochs": 3,
    "batch_size": 20,
    "learning_rate": 0.01,
    "verbose": 0,
    "seed": 0,
}


def classifier(units, activation):
    import keras

    return keras.Sequential(
        [
            keras.Input((10, 7, 2)),
            keras.layers.Flatten(),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(units, activation=activation),
        ]
    )


@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_shapes_are_kept(architecture):
    model = build_autoencoder(architecture, IMAGES, 4)
    assert np.asarray(model(IMAGES[:3])).shape == (3, 10, 7, 2)


def test_own_architecture_is_checked():
    import keras

    def right(shape):
        return keras.Sequential([keras.Input(shape), keras.layers.Conv2D(2, 1)])

    def wrong(shape):
        return keras.Sequential([keras.Input(shape), keras.layers.Flatten()])

    assert build_autoencoder(right, IMAGES, 4).output_shape == (None, 10, 7, 2)
    with pytest.raises(ValueError, match="the shape of its inputs"):
        build_autoencoder(wrong, IMAGES, 4)
    with pytest.raises(TypeError, match=r"must return a keras\.Model"):
        build_autoencoder(lambda shape: None, IMAGES, 4)


@pytest.mark.parametrize(
    ("units", "activation"), [(3, "softmax"), (3, None), (1, "sigmoid"), (1, None)]
)
def test_outputs_of_all_kinds_are_learnt(units, activation):
    model = classifier(units, activation)
    P = KerasTeacher(model).fit(IMAGES).predict_proba(IMAGES)
    targets = (P[:, 1:] if units == 1 else P).astype(np.float32)
    network, losses = train_autoencoder(
        model,
        IMAGES,
        targets,
        architecture="dense",
        encoding_dim=8,
        hidden=hidden_part(model),
        weights=(0.1, 0.1),
        settings=SETTINGS,
    )
    assert network(IMAGES).shape == IMAGES.shape
    assert losses[-1] < losses[0]
    assert model.trainable


def test_a_diverging_training_is_told():
    model = classifier(3, "softmax")
    P = np.asarray(model(IMAGES))
    with pytest.raises(ValueError, match="diverged: its loss is not finite"):
        train_autoencoder(
            model,
            IMAGES * 1e18,
            P,
            architecture="dense",
            encoding_dim=8,
            hidden=None,
            weights=(1.0, 0.0),
            settings={**SETTINGS, "learning_rate": 1e30},
        )
