"""Tests of the image corruptions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from skdrift.datasets import IMAGE_CORRUPTIONS, corrupt_images

SHAPES = [(3, 8, 8), (3, 28, 28, 1), (3, 32, 32, 3), (2, 17, 40, 4), (4, 1, 1, 2)]


def random_images(shape, dtype):
    values = np.random.default_rng(0).random(shape)
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    return np.rint(values * np.iinfo(dtype).max).astype(dtype)


@pytest.mark.parametrize("corruption", IMAGE_CORRUPTIONS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_shape_type_and_range_are_kept_and_the_input_untouched(
    corruption, shape, dtype
):
    images = random_images(shape, dtype)
    before = images.copy()
    for severity in range(1, 6):
        shifted = corrupt_images(images, corruption, severity, random_state=0)
        assert shifted.shape == shape
        assert shifted.dtype == dtype
        assert shifted.min() >= 0
        if np.dtype(dtype).kind == "f":
            assert shifted.max() <= 1
        assert not np.shares_memory(shifted, images)
    assert_array_equal(images, before)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_values_are_clipped_and_do_not_wrap_around(dtype):
    highest = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    images = np.full((2, 6, 6), highest, dtype=dtype)
    assert_array_equal(corrupt_images(images, "brightness", 5), highest)
    noise = corrupt_images(images, "gaussian_noise", 5, random_state=0)
    assert noise.max() == highest
    assert (noise == highest).mean() > 0.3


@pytest.mark.parametrize("corruption", IMAGE_CORRUPTIONS)
def test_distance_to_the_clean_image_grows_with_severity(corruption):
    images = load_digits().images / 16
    distances = [
        np.abs(corrupt_images(images, corruption, s, random_state=0) - images).mean()
        for s in range(1, 6)
    ]
    assert distances[0] > 0
    assert np.all(np.diff(distances) > 0)


@pytest.fixture(scope="module")
def digits_classifier():
    digits = load_digits()
    X, y = digits.images / 16, digits.target
    order = np.random.default_rng(0).permutation(len(y))
    train, test = order[:900], order[900:]
    model = MLPClassifier(max_iter=1000, early_stopping=False, random_state=0)
    model.fit(X[train].reshape(len(train), -1), y[train])
    return model, X[test], y[test]


def test_brightness_is_mostly_harmless_and_the_others_harm(digits_classifier):
    model, X, y = digits_classifier
    accuracy = {
        name: [
            model.score(
                corrupt_images(X, name, s, random_state=0).reshape(len(X), -1), y
            )
            for s in (1, 3, 5)
        ]
        for name in IMAGE_CORRUPTIONS
    }
    clean = model.score(X.reshape(len(X), -1), y)
    assert accuracy["brightness"][-1] > clean - 0.05
    for name in set(IMAGE_CORRUPTIONS) - {"brightness"}:
        slight, middle, strong = accuracy[name]
        assert slight > middle > strong, name
        assert strong < clean - 0.1, name


@pytest.mark.parametrize("corruption", IMAGE_CORRUPTIONS)
def test_same_seed_same_result_and_later_images_do_not_matter(corruption):
    images = random_images((20, 9, 11, 3), np.float64)
    shifted = corrupt_images(images, corruption, 4, random_state=3)
    assert_array_equal(shifted, corrupt_images(images, corruption, 4, random_state=3))
    first = corrupt_images(images[:7], corruption, 4, random_state=3)
    assert_allclose(first, shifted[:7], rtol=0, atol=1e-14)


@pytest.mark.parametrize("corruption", IMAGE_CORRUPTIONS)
def test_slices_do_not_change_the_result(corruption, monkeypatch):
    images = random_images((20, 9, 11, 3), np.uint8)
    whole = corrupt_images(images, corruption, 4, random_state=3)
    monkeypatch.setattr("skdrift.datasets._images._SLICE_VALUES", 3 * 9 * 11 * 3)
    assert_array_equal(whole, corrupt_images(images, corruption, 4, random_state=3))


@pytest.mark.parametrize(
    "corruption",
    [
        "gaussian_noise",
        "shot_noise",
        "impulse_noise",
        "motion_blur",
        "occlusion",
        "rotate",
        "translate",
    ],
)
def test_another_seed_gives_another_result(corruption):
    images = random_images((20, 12, 12), np.float64)
    one = corrupt_images(images, corruption, 3, random_state=0)
    assert not np.array_equal(one, corrupt_images(images, corruption, 3, 1))


@pytest.mark.parametrize("corruption", IMAGE_CORRUPTIONS)
def test_value_range_only_scales(corruption):
    images = random_images((10, 8, 8), np.float64)
    shifted = corrupt_images(images, corruption, 3, random_state=0)
    wide = corrupt_images(
        16 * images - 4, corruption, 3, random_state=0, value_range=(-4, 12)
    )
    assert_allclose(wide, 16 * shifted - 4, atol=1e-12)


@pytest.mark.parametrize(
    "corruption",
    ["gaussian_blur", "motion_blur", "pixelate", "contrast", "rotate", "translate"],
)
def test_a_constant_image_stays(corruption):
    images = np.full((4, 10, 14, 3), 0.3)
    shifted = corrupt_images(images, corruption, 5, random_state=0)
    assert_allclose(shifted, images, atol=1e-14)


def test_amounts_of_noise_brightness_and_contrast():
    images = np.full((50, 32, 32, 3), 0.5)
    noise = corrupt_images(images, "gaussian_noise", 1, random_state=0)
    assert_allclose(noise.std(), 0.05, rtol=0.02)
    photons = corrupt_images(images, "shot_noise", 1, random_state=0)
    assert_allclose(photons.std(), np.sqrt(0.5 / 60), rtol=0.02)
    impulses = corrupt_images(images, "impulse_noise", 3, random_state=0)
    assert_allclose([(impulses == v).mean() for v in (0, 1)], 0.05, rtol=0.05)
    assert_allclose(corrupt_images(images, "brightness", 2), 0.54)
    half = images.copy()
    half[:, :16] = 0.25
    contrast = corrupt_images(half, "contrast", 1)
    assert_allclose(contrast[:, 0], 0.375 - 0.75 * 0.125)


def test_pixelate_averages_blocks():
    image = np.arange(64, dtype=float).reshape(1, 8, 8) / 64
    # Severity 5 keeps a quarter of the length: blocks of 4 x 4 pixels.
    means = image.reshape(2, 4, 2, 4).mean(axis=(1, 3))
    expected = means.repeat(4, axis=0).repeat(4, axis=1)
    assert_allclose(corrupt_images(image, "pixelate", 5)[0], expected)


def test_occlusion_hides_one_square_at_any_place():
    images = np.ones((3000, 8, 8))
    hidden = corrupt_images(images, "occlusion", 4, random_state=0) == 0
    assert_array_equal(hidden.sum(axis=(1, 2)), 16)
    assert_array_equal(hidden.any(axis=1).sum(axis=1), 4)
    corners = hidden[:, 0, 0].mean(), hidden[:, -1, -1].mean()
    assert_allclose(corners, 1 / 25, atol=0.015)


def test_translate_and_rotate_move_the_centre_of_mass():
    images = np.zeros((400, 33, 33))
    images[:, 15:18, 15:18] = 1.0
    grid = np.arange(33) - 16
    shifted = corrupt_images(images, "translate", 3, random_state=0)
    row = (shifted * grid[:, np.newaxis]).sum(axis=(1, 2)) / 9
    column = (shifted * grid).sum(axis=(1, 2)) / 9
    assert_allclose(np.hypot(row, column), 0.15 * 33, rtol=1e-9)
    assert len(np.unique(np.round(np.arctan2(row, column), 6))) == 8

    images = np.zeros((100, 33, 33))
    images[:, 15:18, 25:28] = 1.0
    shifted = corrupt_images(images, "rotate", 3, random_state=0)
    mass = shifted.sum(axis=(1, 2))
    row = (shifted * grid[:, np.newaxis]).sum(axis=(1, 2)) / mass
    column = (shifted * grid).sum(axis=(1, 2)) / mass
    angle = np.rad2deg(np.arctan2(row, column))
    assert_allclose(np.abs(angle), 24, atol=1.0)
    assert {-1.0, 1.0} == set(np.sign(angle))


def test_generator_state_moves_on():
    rng = np.random.RandomState(0)
    images = random_images((5, 8, 8), np.float64)
    first = corrupt_images(images, "gaussian_noise", 2, rng)
    assert not np.array_equal(first, corrupt_images(images, "gaussian_noise", 2, rng))


@pytest.mark.parametrize("corruption", ["fog", None, 3, ["rotate"]])
def test_unknown_corruption_names_the_known_ones(corruption):
    with pytest.raises(ValueError, match="expected one of gaussian_noise, shot_noise"):
        corrupt_images(np.zeros((1, 4, 4)), corruption, 1)


@pytest.mark.parametrize("severity", [0, 6, -1, 2.0, "3", None, True])
def test_unknown_severity(severity):
    with pytest.raises(ValueError, match="severity must be one of 1, 2, 3, 4, 5; got"):
        corrupt_images(np.zeros((1, 4, 4)), "rotate", severity)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((4, 64)), r"shape \(4, 64\).*reshape"),
        (np.zeros((1, 1, 4, 4, 3)), "shape"),
        (np.zeros((0, 4, 4)), "No images"),
        (np.array([[["a"]]]), "must hold numbers"),
        (np.full((1, 4, 4), np.nan), "finite"),
        (np.full((1, 4, 4), np.inf), "finite"),
        (np.full((1, 4, 4), 16.0), r"from 16 to 16, outside.*\(0, 1\).*value_range"),
        (np.zeros((1, 4, 4), dtype=np.int64), "int64 need value_range"),
    ],
)
def test_bad_images(images, message):
    with pytest.raises(ValueError, match=message):
        corrupt_images(images, "rotate", 1)


@pytest.mark.parametrize("value_range", [(1, 0), (0, np.inf), (0, np.nan), 3, "ab", ()])
def test_bad_value_range(value_range):
    with pytest.raises(ValueError, match="value_range must be"):
        corrupt_images(np.zeros((1, 4, 4)), "rotate", 1, value_range=value_range)


def test_integers_of_other_types_with_their_range():
    images = np.full((2, 6, 6), 100)
    shifted = corrupt_images(images, "brightness", 3, value_range=(0, 255))
    assert shifted.dtype == images.dtype
    assert_array_equal(shifted, 118)
