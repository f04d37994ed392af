import numpy as np
import pytest

from skdrift import HarmExplanation, Segment
from skdrift.explanation._images import worst_images


def explanation(n):
    return HarmExplanation({}, Segment(), {}, row_p_values=np.linspace(1, 0, n))


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (8, 8, 3)])
def test_images_become_a_picture(shape):
    rng = np.random.default_rng(0)
    reference, X = (rng.integers(0, 256, (n, *shape)) for n in (30, 20))
    picture = worst_images(X, reference, explanation(20))
    assert picture.wide[:4] == b"RIFF"
    assert "Worst images" in picture.description


def test_pictures_of_noise_are_small():
    X = np.random.default_rng(0).integers(0, 256, (30, 64, 64, 3))
    picture = worst_images(X, X, explanation(30))
    assert picture.as_it_is
    # In base64, with all the rest of a page.
    assert 4 / 3 * (len(picture.wide) + len(picture.narrow)) < 250_000


@pytest.mark.parametrize("shape", [(5,), (8, 8, 4), (2, 8, 8, 3)])
def test_what_are_no_images_gives_none(shape):
    X = np.zeros((20, *shape))
    assert worst_images(X, X, explanation(20)) is None
