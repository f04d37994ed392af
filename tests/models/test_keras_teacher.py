import pickle

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError

from tests.round_trips import ROUND_TRIPS

pytestmark = pytest.mark.keras

pytest.importorskip("tensorflow")
pytest.importorskip("scikeras")
keras = pytest.importorskip("keras")

from skdrift import KerasTeacher  # noqa: E402


@pytest.fixture(scope="module")
def soft_data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6)).astype(np.float32)
    return X, softmax(X @ rng.normal(size=(6, 3)), axis=1)


@keras.saving.register_keras_serializable("skdrift_tests")
class Subclassed(keras.Model):
    def __init__(self, units=3, activation="softmax", **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation_name = activation
        self.dense = keras.layers.Dense(units, activation=activation)

    def call(self, inputs):
        return self.dense(inputs)

    def get_config(self):
        own = {"units": self.units, "activation": self.activation_name}
        return super().get_config() | own


class Unstorable(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.dense = keras.layers.Dense(units, activation="softmax")

    def call(self, inputs):
        return self.dense(inputs)


def sequential(units, activation):
    return keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(units, activation=activation)]
    )


def functional(units, activation):
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(4, activation="relu")(inputs)
    logits = keras.layers.Dense(units)(hidden)
    if activation is None:
        return keras.Model(inputs, logits)
    return keras.Model(inputs, keras.layers.Activation(activation)(logits))


def nested(units, activation):
    inputs = keras.Input((6,))
    return keras.Model(inputs, sequential(units, activation)(inputs))


def reference_probabilities(model, X, activation):
    """What the columns must be, from nothing but Model.predict."""
    outputs = model.predict(X, verbose=0).astype(np.float64)
    if activation is None:
        outputs = expit(outputs) if outputs.shape[1] == 1 else softmax(outputs, axis=1)
    return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs


KINDS = [
    (units, activation)
    for units, activations in [(3, ("softmax", None)), (1, ("sigmoid", None))]
    for activation in activations
]


@pytest.mark.parametrize("make", [sequential, functional, nested, Subclassed])
@pytest.mark.parametrize(("units", "activation"), KINDS)
def test_teacher_kinds(soft_data, make, units, activation):
    X, _ = soft_data
    model = make(units, activation)
    teacher = KerasTeacher(model)
    expected = reference_probabilities(model, X, activation)
    if make is Subclassed:
        with pytest.raises(NotFittedError, match="Call fit with a few rows"):
            teacher.predict_proba(X)
        teacher.fit(X)
    proba = teacher.predict_proba(X)
    np.testing.assert_allclose(proba, expected, atol=1e-6)
    np.testing.assert_array_equal(teacher.classes_, np.arange(max(units, 2)))
    np.testing.assert_array_equal(teacher.predict(X), expected.argmax(axis=1))
    assert teacher.output_ == ("logits" if activation is None else "probabilities")


def test_the_kind_of_output_is_not_guessed_anew_for_each_batch():
    # Logits whose first rows look like probabilities are taken for such in fit, and
    # a later batch that shows otherwise is an error, not another guess.
    model = Subclassed(2, None)
    model(np.eye(2))
    model.set_weights([np.eye(2), np.zeros(2)])
    teacher = KerasTeacher(model).fit([[0.25, 0.75]])
    assert teacher.output_ == "probabilities"
    with pytest.raises(ValueError, match='set output="logits"'):
        teacher.predict_proba([[0.25, 0.75], [3.0, -1.0]])
    teacher = KerasTeacher(model, output="logits").fit([[0.25, 0.75]])
    np.testing.assert_allclose(
        teacher.predict_proba([[0.25, 0.75]]), softmax([[0.25, 0.75]], axis=1)
    )


def test_a_linear_layer_behind_a_softmax_is_not_taken_for_logits(soft_data):
    X, _ = soft_data
    model = sequential(3, "softmax")
    inputs = keras.Input((6,))
    behind = keras.layers.Activation("linear", dtype="float32")(model(inputs))
    teacher = KerasTeacher(keras.Model(inputs, behind)).fit(X)
    np.testing.assert_allclose(
        teacher.predict_proba(X), model.predict(X, verbose=0), atol=1e-6
    )


@pytest.mark.parametrize("make", [sequential, functional, Subclassed])
def test_teacher_is_never_trained(soft_data, make):
    X, P = soft_data
    model = make(3, "softmax")
    model(X)
    model.layers[-1].trainable = False
    weights, flags = model.get_weights(), [layer.trainable for layer in model.layers]
    teacher = KerasTeacher(model).fit(X, P.argmax(axis=1))
    cloned = clone(teacher)
    cloned.fit(X).predict(X)
    assert cloned is not teacher
    assert cloned.model is teacher.model is model
    assert teacher.get_params()["model"] is model
    assert [layer.trainable for layer in model.layers] == flags
    for before, after in zip(weights, model.get_weights()):
        np.testing.assert_array_equal(before, after)


def test_teacher_class_names(soft_data):
    X, _ = soft_data
    teacher = KerasTeacher(sequential(1, "sigmoid"), classes=["no", "yes"])
    decisions = teacher.predict(X)
    np.testing.assert_array_equal(
        decisions == "yes", teacher.predict_proba(X)[:, 1] > 0.5
    )
    assert teacher.score(X, decisions) == 1
    with pytest.raises(ValueError, match="1 columns, which does not fit 3 classes"):
        KerasTeacher(sequential(1, "sigmoid"), classes=[1, 2, 3]).predict(X)


@pytest.mark.parametrize("batch_size", [1, 64, 1000])
def test_teacher_runs_in_batches(soft_data, batch_size):
    X, _ = soft_data
    model = sequential(3, "softmax")
    sizes = []
    teacher = KerasTeacher(model, batch_size=batch_size)
    run = teacher._network
    teacher._network = lambda rows: sizes.append(len(rows)) or run(rows)
    teacher._network.__dict__["model"] = model
    proba = teacher.predict_proba(X)
    assert max(sizes) == min(batch_size, 200)
    assert sum(sizes) == 200
    np.testing.assert_allclose(proba, model.predict(X, verbose=0), atol=1e-6)


def test_teacher_on_images_and_memory_maps(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    images = load_digits().images[..., np.newaxis]
    np.save(tmp_path / "images.npy", images.astype(np.uint8))
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    teacher = KerasTeacher(model)
    expected = teacher.predict_proba(images)
    np.testing.assert_array_equal(teacher.predict_proba(mapped), expected)
    assert teacher.n_features_in_ == 8


@pytest.mark.parametrize("way", ROUND_TRIPS)
@pytest.mark.parametrize("make", [sequential, functional, Subclassed])
def test_teacher_round_trip(soft_data, way, make):
    X, _ = soft_data
    teacher = KerasTeacher(make(3, None), classes=["a", "b", "c"]).fit(X)
    restored = ROUND_TRIPS[way](ROUND_TRIPS[way](teacher))
    assert restored.model is not teacher.model
    np.testing.assert_array_equal(restored.predict_proba(X), teacher.predict_proba(X))


def test_a_teacher_that_cannot_be_stored_says_so(soft_data):
    X, _ = soft_data
    with_lambda = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Lambda(lambda rows: rows * 2),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    for model in (Unstorable(3), with_lambda):
        teacher = KerasTeacher(model).fit(X)
        with pytest.raises(TypeError, match=r"Cannot store the Keras model"):
            pickle.dumps(teacher)


def test_teacher_refuses_bad_input(soft_data):
    X, _ = soft_data
    teacher = KerasTeacher(sequential(3, "softmax"))
    with pytest.raises(ValueError, match=r"rows of shape \(6,\), but got .* \(5,\)"):
        teacher.predict_proba(X[:, :5])
    with pytest.raises(ValueError, match="NaN"):
        teacher.predict_proba(np.where(np.eye(200, 6), np.nan, X))
    with pytest.raises(ValueError, match="too large for float32"):
        teacher.predict_proba(X.astype(float) * 1e300)
    with pytest.raises(ValueError, match="at least one row"):
        teacher.predict_proba(X[:0])
    with pytest.raises(ValueError, match="sum to 1"):
        KerasTeacher(sequential(3, None), output="probabilities").predict(X)
    with pytest.raises(ValueError, match="sum to 1"):
        KerasTeacher(sequential(3, "sigmoid")).predict(X)
    with pytest.raises(ValueError, match="'output' parameter"):
        KerasTeacher(sequential(3, "softmax"), output="odds").fit(X)
    with pytest.raises(TypeError, match=r"trained keras\.Model, but got 'resnet'"):
        KerasTeacher("resnet").fit(X)


def test_teacher_refuses_models_of_another_form(soft_data):
    X, _ = soft_data
    inputs = [keras.Input((6,)), keras.Input((6,))]
    two = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Concatenate()(inputs)))
    with pytest.raises(TypeError, match="one input, but this one has 2"):
        KerasTeacher(two).fit(X)
    inputs = keras.Input((6, 2))
    steps = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    with pytest.raises(ValueError, match=r"200 rows gave shape \(200, 6, 3\)"):
        KerasTeacher(steps).fit(np.stack([X, X], axis=2))


@pytest.mark.parametrize(("units", "activation"), [(2, "sigmoid"), (3, "sigmoid")])
def test_sigmoids_of_several_labels_are_not_taken_for_logits(
    soft_data, units, activation
):
    X, _ = soft_data
    with pytest.raises(ValueError, match=r"without a sum of 1.*output="):
        KerasTeacher(Subclassed(units, activation)).fit(X)


def test_few_single_outputs_in_the_unit_interval_decide_nothing(soft_data):
    X, _ = soft_data
    model = Subclassed(1, None)
    logits = np.asarray(model(X))[:, 0]
    few = X[(logits > 0) & (logits < 1)]
    assert len(few) > 1
    with pytest.raises(ValueError, match=r"lie in \[0, 1\].*output="):
        KerasTeacher(model).fit(few)
    assert KerasTeacher(model).fit(X).output_ == "logits"
    assert KerasTeacher(model, output="logits").fit(few).output_ == "logits"


def test_named_and_several_outputs_and_inputs(soft_data):
    X, _ = soft_data
    inputs = keras.Input((6,))
    proba = keras.layers.Dense(3, activation="softmax")(inputs)
    named = KerasTeacher(keras.Model(inputs, {"proba": proba}))
    plain = KerasTeacher(keras.Model(inputs, proba))
    np.testing.assert_array_equal(named.predict_proba(X), plain.predict_proba(X))
    two = keras.Model(inputs, [proba, keras.layers.Dense(1)(proba)])
    with pytest.raises(TypeError, match="one output, but this one has 2"):
        KerasTeacher(two).fit(X)
    with pytest.raises(TypeError, match=r"dict with the keys \['a'\]"):
        KerasTeacher(plain.model).fit({"a": X})
