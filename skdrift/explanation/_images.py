"""The worst images of a batch beside clean ones."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from skdrift._sklearn import safe_indexing
from skdrift.report import Picture

_N_WORST = 12


def worst_images(X, reference, explanation):
    """Draw the worst images of a batch, each beside its nearest reference image.

    Parameters
    ----------
    X, reference : ndarray of shape (n_samples, height, width) or with channels last
    explanation : HarmExplanation

    Returns
    -------
    picture : Picture or None
        None where rows are no images.
    """
    X, reference = np.asarray(X), np.asarray(reference)
    if X.ndim not in (3, 4) or (X.ndim == 4 and X.shape[-1] not in (1, 3)):
        return None
    order = np.argsort(explanation.row_p_values, kind="stable")[:_N_WORST]
    worst = safe_indexing(X, order)
    flat = reference.reshape(len(reference), -1)
    near = NearestNeighbors(n_neighbors=1).fit(flat)
    rows = near.kneighbors(worst.reshape(len(worst), -1), return_distance=False)[:, 0]
    figures = [_grid(worst, reference[rows], columns) for columns in (6, 3)]
    return Picture.of_figures(
        *figures,
        "Worst images on the left of each pair, nearest clean ones right",
        as_it_is=True,
    )


def _grid(worst, clean, n_columns):
    import matplotlib.pyplot as plt

    n_rows = -(-len(worst) // n_columns)
    figure, axes = plt.subplots(
        n_rows,
        2 * n_columns,
        figsize=(1.25 * n_columns, 0.75 * n_rows),
        layout="constrained",
        squeeze=False,
    )
    for ax in axes.ravel():
        ax.set_axis_off()
    largest = max(worst.max(), clean.max())
    for place, pair in enumerate(zip(worst, clean)):
        row, column = divmod(place, n_columns)
        for side, image in enumerate(pair):
            # Whole numbers up to 255, or whatever the largest value is, are white.
            shown = np.clip(image / (255 if largest > 16 else largest or 1), 0, 1)
            axes[row, 2 * column + side].imshow(np.squeeze(shown), cmap="gray")
    return figure
