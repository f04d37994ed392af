"""Corruptions of images, at five severities, for any size and channel count."""

from numbers import Integral

import numpy as np
from scipy import ndimage
from sklearn.utils import check_random_state, gen_batches

# Lengths are fractions of the shorter side, so that a severity means the same on an
# image of 8 pixels as on one of 224; values are fractions of the value range.
_GAUSSIAN_NOISE_STD = (0.05, 0.1, 0.18, 0.28, 0.4)
_SHOT_NOISE_PHOTONS = (60.0, 25.0, 12.0, 6.0, 3.0)
_IMPULSE_NOISE_SHARE = (0.02, 0.05, 0.1, 0.2, 0.35)
_GAUSSIAN_BLUR_STD = (0.03, 0.05, 0.07, 0.1, 0.14)
_MOTION_BLUR_LENGTH = (0.1, 0.2, 0.3, 0.45, 0.6)
_PIXELATE_SIZE = (0.75, 0.6, 0.45, 0.35, 0.25)
_BRIGHTNESS_SHIFT = (0.02, 0.04, 0.07, 0.1, 0.13)
_CONTRAST_FACTOR = (0.75, 0.55, 0.4, 0.25, 0.12)
_OCCLUSION_SIDE = (0.15, 0.25, 0.38, 0.5, 0.62)
_ROTATE_DEGREES = (8.0, 15.0, 24.0, 36.0, 55.0)
_TRANSLATE_LENGTH = (0.05, 0.1, 0.15, 0.21, 0.3)

# Images are corrupted in slices of at most this many values, which bounds the memory
# needed beside input and output and does not change the result.
_SLICE_VALUES = 4_000_000


def corrupt_images(X, corruption, severity, random_state=None, *, value_range=None):
    """Return a corrupted copy of a batch of images.

    Lengths (blur, shift, hidden square) grow with the shorter side of the image and
    amounts with its value range, so that a severity means about the same for images
    of any size. Values that leave the range are clipped.

    Parameters
    ----------
    X : array-like of shape (n, height, width) or (n, height, width, n_channels)
        The images. They are not changed.
    corruption : str
        One of `IMAGE_CORRUPTIONS`:

        - ``"gaussian_noise"``, ``"shot_noise"`` (Poisson), ``"impulse_noise"``
          (values set to the lowest or the highest one);
        - ``"gaussian_blur"``, ``"motion_blur"`` (along a random one of four
          directions), ``"pixelate"``;
        - ``"brightness"`` (a constant is added; mild), ``"contrast"`` (values are
          drawn towards the mean of the channel);
        - ``"occlusion"`` (a square at a random place is set to the lowest value),
          ``"rotate"`` (to the left or to the right), ``"translate"`` (in a random one
          of eight directions); what comes into view repeats the border.
    severity : int
        From 1 (slight) to 5 (strong).
    random_state : int, RandomState instance or None, default=None
        Seed of the noise, places and directions. An image's corruption does not depend
        on the images after it in the batch.
    value_range : (float, float), default=None
        The lowest and the highest value a pixel can take. ``None`` takes it from the
        type, never from the values in the batch: (0, 255) for uint8, (0, 65535) for
        uint16, (0, 1) for floats. Other integer types need it given.

    Returns
    -------
    ndarray
        The corrupted images, of the shape and the type of `X`. Integers are rounded.

    Raises
    ------
    ValueError
        If the corruption or the severity is unknown, if `X` does not have three or four
        dimensions, or if a value is not finite or lies outside the value range.

    See Also
    --------
    corrupt_table : The same for tables.

    References
    ----------
    D. Hendrycks and T. Dietterich, "Benchmarking neural network robustness to common
    corruptions and perturbations", ICLR 2019.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdrift.datasets import corrupt_images
    >>> images = load_digits().images
    >>> shifted = corrupt_images(
    ...     images, "occlusion", 3, random_state=0, value_range=(0, 16)
    ... )
    >>> shifted.shape
    (1797, 8, 8)
    """
    if not isinstance(corruption, str) or corruption not in _CORRUPTIONS:
        raise ValueError(
            f"Unknown corruption {corruption!r}; expected one of "
            f"{', '.join(IMAGE_CORRUPTIONS)}."
        )
    level = check_severity(severity) - 1
    images = _check_images(X)
    low, high = _check_value_range(images, value_range)
    rng = check_random_state(random_state)
    corrupt, settings = _CORRUPTIONS[corruption]

    stack = images if images.ndim == 4 else images[..., np.newaxis]
    result = np.empty_like(stack, order="C")
    n_rows = max(1, _SLICE_VALUES // max(1, int(np.prod(stack.shape[1:]))))
    for rows in gen_batches(len(stack), n_rows):
        unit = (stack[rows].astype(np.float64) - low) / (high - low)
        shifted = np.clip(corrupt(unit, settings[level], rng), 0.0, 1.0)
        shifted = low + shifted * (high - low)
        if images.dtype.kind in "iu":
            shifted = np.rint(shifted)
        # Rounding to a shorter type may step over the border by half a unit.
        result[rows] = shifted
    if images.dtype.kind == "f":
        np.clip(result, low, high, out=result)
    return result.reshape(images.shape)


def check_severity(severity):
    """Return the severity as an int after checking that it lies in 1..5."""
    if (
        not isinstance(severity, Integral)
        or isinstance(severity, bool)
        or not 1 <= severity <= 5
    ):
        raise ValueError(f"severity must be one of 1, 2, 3, 4, 5; got {severity!r}.")
    return int(severity)


def _check_images(X):
    images = np.asarray(X)
    if images.dtype.kind not in "iuf":
        raise ValueError(
            f"Images must hold numbers; got values of type {images.dtype}."
        )
    if images.ndim not in (3, 4):
        raise ValueError(
            "Images must have shape (n, height, width) or (n, height, width, "
            f"n_channels); got an array of shape {images.shape}. Flattened images need "
            "a reshape first."
        )
    if images.size == 0:
        raise ValueError(f"No images given: the array has shape {images.shape}.")
    return images


def _check_value_range(images, value_range):
    if value_range is None:
        if images.dtype.kind == "f":
            low, high = 0.0, 1.0
        elif images.dtype in (np.uint8, np.uint16):
            low, high = 0.0, float(np.iinfo(images.dtype).max)
        else:
            raise ValueError(
                f"Images of type {images.dtype} need value_range=(lowest, highest): "
                "only uint8, uint16 and floats have a default."
            )
    else:
        try:
            low, high = (float(bound) for bound in value_range)
        except (TypeError, ValueError):
            raise ValueError(
                "value_range must be a pair (lowest, highest) of numbers; got "
                f"{value_range!r}."
            ) from None
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise ValueError(
                f"value_range must be finite and increasing; got ({low:g}, {high:g})."
            )
    smallest, largest = images.min(), images.max()
    if not (np.isfinite(smallest) and np.isfinite(largest)):
        raise ValueError("Images must be finite; got NaN or infinity.")
    # The bounds are compared in the images' own type: 0.1 is not float32's 0.1.
    bounds = np.asarray([low, high])
    if images.dtype.kind == "f":
        bounds = bounds.astype(images.dtype)
    if smallest < bounds[0] or largest > bounds[1]:
        origin = "that images of this type have by default" * (value_range is None)
        raise ValueError(
            f"Images hold values from {smallest:g} to {largest:g}, outside the value "
            f"range ({low:g}, {high:g}) {origin or 'given'}. Pass the lowest and the "
            "highest value that a pixel can take as value_range."
        )
    return low, high


def _gaussian_noise(x, std, rng):
    return x + std * rng.standard_normal(x.shape)


def _shot_noise(x, photons, rng):
    return rng.poisson(x * photons) / photons


def _impulse_noise(x, share, rng):
    draw = rng.random_sample(x.shape)
    return np.where(draw < share / 2, 0.0, np.where(draw > 1 - share / 2, 1.0, x))


def _gaussian_blur(x, std, rng):
    std = std * min(x.shape[1:3])
    return ndimage.gaussian_filter(x, (0, std, std, 0), mode="nearest")


def _motion_blur(x, length, rng):
    # A line of this many pixels either way of the centre, its ends weighted by the
    # part of the pixel that it covers.
    half = length * min(x.shape[1:3]) / 2
    reach = int(np.ceil(half))
    line = np.clip(half + 1 - np.abs(np.arange(-reach, reach + 1)), 0.0, 1.0)
    line /= line.sum()
    diagonal = np.diag(line)
    kernels = (
        line[np.newaxis, :],
        line[:, np.newaxis],
        diagonal,
        diagonal[::-1],
    )
    direction = rng.randint(len(kernels), size=len(x))
    result = np.empty_like(x)
    for index, kernel in enumerate(kernels):
        rows = direction == index
        result[rows] = ndimage.convolve(
            x[rows], kernel[np.newaxis, :, :, np.newaxis], mode="nearest"
        )
    return result


def _pixelate(x, size, rng):
    for axis in (1, 2):
        length = x.shape[axis]
        n_blocks = max(1, round(size * length))
        edges = np.linspace(0, length, n_blocks + 1)
        # overlap[b, i]: the part of pixel i that lies in block b
        pixel = np.arange(length)
        overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(
            edges[:-1, None], pixel
        )
        overlap = np.clip(overlap, 0.0, None)
        # A pixel on the border of two blocks shows a part of each.
        shown = overlap.T @ (overlap / overlap.sum(axis=1, keepdims=True))
        x = np.moveaxis(np.tensordot(x, shown, axes=(axis, 1)), -1, axis)
    return x


def _brightness(x, shift, rng):
    return x + shift


def _contrast(x, factor, rng):
    mean = x.mean(axis=(1, 2), keepdims=True)
    return mean + factor * (x - mean)


def _occlusion(x, side, rng):
    height, width = x.shape[1:3]
    length = max(1, round(side * min(height, width)))
    place = rng.random_sample((len(x), 2))
    top = (place[:, 0] * (height - length + 1)).astype(int)[:, np.newaxis]
    left = (place[:, 1] * (width - length + 1)).astype(int)[:, np.newaxis]
    rows, columns = np.arange(height), np.arange(width)
    in_rows = (rows >= top) & (rows < top + length)
    in_columns = (columns >= left) & (columns < left + length)
    hidden = in_rows[:, :, np.newaxis] & in_columns[:, np.newaxis, :]
    return np.where(hidden[..., np.newaxis], 0.0, x)


def _rotate(x, degrees, rng):
    turn = rng.randint(2, size=len(x))
    result = np.empty_like(x)
    for index, angle in enumerate((degrees, -degrees)):
        rows = turn == index
        result[rows] = ndimage.rotate(
            x[rows], angle, axes=(1, 2), reshape=False, order=1, mode="nearest"
        )
    return result


def _translate(x, length, rng):
    distance = length * min(x.shape[1:3])
    direction = rng.randint(8, size=len(x))
    result = np.empty_like(x)
    for index in range(8):
        angle = index * np.pi / 4
        shift = (0, -distance * np.sin(angle), -distance * np.cos(angle), 0)
        rows = direction == index
        result[rows] = ndimage.shift(x[rows], shift, order=1, mode="nearest")
    return result


_CORRUPTIONS = {
    "gaussian_noise": (_gaussian_noise, _GAUSSIAN_NOISE_STD),
    "shot_noise": (_shot_noise, _SHOT_NOISE_PHOTONS),
    "impulse_noise": (_impulse_noise, _IMPULSE_NOISE_SHARE),
    "gaussian_blur": (_gaussian_blur, _GAUSSIAN_BLUR_STD),
    "motion_blur": (_motion_blur, _MOTION_BLUR_LENGTH),
    "pixelate": (_pixelate, _PIXELATE_SIZE),
    "brightness": (_brightness, _BRIGHTNESS_SHIFT),
    "contrast": (_contrast, _CONTRAST_FACTOR),
    "occlusion": (_occlusion, _OCCLUSION_SIDE),
    "rotate": (_rotate, _ROTATE_DEGREES),
    "translate": (_translate, _TRANSLATE_LENGTH),
}

#: The names that :func:`corrupt_images` knows.
IMAGE_CORRUPTIONS = tuple(_CORRUPTIONS)
