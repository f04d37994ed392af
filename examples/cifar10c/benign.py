"""Damage that a viewer of photographs hardly minds, for a student to overlook."""

import numpy as np

from skdrift.datasets import corrupt_images

# None of the four corruptions that the study looks at by default.
KINDS = ("shot_noise", "gaussian_blur", "contrast", "occlusion")
SEVERITIES = (1, 2, 3)


def slightly_damaged(images, random_state):
    """Mirror half of the images, and damage each a little or not at all.

    Parameters
    ----------
    images : array of shape (n, height, width, channels)
        With values in [0, 1].
    random_state : RandomState

    Returns
    -------
    images : array of the same shape
    """
    changed = images.copy()
    mirrored = random_state.rand(len(images)) < 0.5
    changed[mirrored] = changed[mirrored][:, :, ::-1]
    kinds = [(kind, severity) for kind in KINDS for severity in SEVERITIES]
    chosen = random_state.randint(len(kinds) + 1, size=len(images))
    for number, (kind, severity) in enumerate(kinds):
        rows = np.flatnonzero(chosen == number)
        if len(rows):
            changed[rows] = corrupt_images(changed[rows], kind, severity, random_state)
    return changed
