"""A student that starts as a copy of the classifier and learns to bear damage."""

from functools import partial

import numpy as np

from skdrift import KerasStudent
from skdrift.datasets import corrupt_images


def copy_of(path, input_shape, n_classes):
    """Return the stored classifier itself, as the network that a student starts from."""
    import keras

    model = keras.saving.load_model(path, compile=False)
    model.trainable = True
    return model


def hardened_student(path, seed, verbose=0):
    """Return a copy of the classifier, to go once through images and damaged copies.

    Parameters
    ----------
    path : str
        The classifier, a ``.keras`` file.
    seed, verbose : int
    """
    return KerasStudent(
        partial(copy_of, path),
        epochs=1,
        batch_size=64,
        learning_rate=0.0005,
        random_state=seed,
        verbose=verbose,
    )


def damaged(images, random_state, kinds, severities=(1, 2, 3, 4, 5)):
    """Mirror half of the images, and damage each by a kind and severity of its own.

    Parameters
    ----------
    images : array of shape (n, height, width, channels)
        With values in [0, 1].
    random_state : RandomState
    kinds : sequence of str
        Names of :func:`skdrift.datasets.corrupt_images`.
    severities : sequence of int

    Returns
    -------
    images : array of the same shape
    """
    changed = images.copy()
    mirrored = random_state.rand(len(images)) < 0.5
    changed[mirrored] = changed[mirrored][:, :, ::-1]
    kind = random_state.randint(len(kinds), size=len(images))
    severity = random_state.choice(severities, size=len(images))
    for number, name in enumerate(kinds):
        for level in severities:
            rows = np.flatnonzero((kind == number) & (severity == level))
            if len(rows):
                changed[rows] = corrupt_images(changed[rows], name, level, random_state)
    return changed
