"""Random division of rows and random composition of batches."""

import numpy as np


def split_rows(n_rows, n_reference, rng):
    """Divide row numbers at random into reference, clean and twin rows.

    Parameters
    ----------
    n_rows : int
        Number of rows to divide.
    n_reference : int
        How many become reference rows; the others are halved.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    reference, clean, twins : ndarray of int
        Sorted, disjoint, and together all rows. `twins` is the larger half where
        the halves cannot be equal.
    """
    order = rng.permutation(n_rows)
    middle = n_reference + (n_rows - n_reference) // 2
    return tuple(map(np.sort, np.split(order, [n_reference, middle])))


def draw_rows(n_pool, n_rows, n_batches, rng):
    """Draw `n_batches` times `n_rows` out of `n_pool` row numbers.

    Within a batch no row repeats as long as ``n_rows <= n_pool``; beyond that rows
    are drawn with replacement.

    Returns
    -------
    ndarray of int, shape (n_batches, n_rows)
    """
    if n_rows > n_pool:
        return rng.integers(n_pool, size=(n_batches, n_rows))
    drawn = [
        rng.choice(n_pool, n_rows, replace=False, shuffle=False)
        for _ in range(n_batches)
    ]
    return np.reshape(drawn, (n_batches, n_rows)).astype(np.intp)


def compose_batches(clean, shifted, n_shifted, batch_size, n_batches, rng):
    """Stack batches that hold exactly `n_shifted` shifted rows each.

    Parameters
    ----------
    clean, shifted : ndarray of shape (n, k)
        Scores to draw from.
    n_shifted : int
        Shifted rows in a batch; the other ``batch_size - n_shifted`` are clean.
    batch_size, n_batches : int
        Size and number of batches.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (n_batches * batch_size, k)
        Batch after batch.
    """
    parts = []
    for pool, n_rows in ((clean, batch_size - n_shifted), (shifted, n_shifted)):
        if n_rows:
            parts.append(pool[draw_rows(len(pool), n_rows, n_batches, rng)])
    return np.concatenate(parts, axis=1).reshape(n_batches * batch_size, -1)
