"""Contaminated batches, composed and put to a drift test."""

import warnings

import numpy as np

from skdrift.sweep._row_pools import KINDS

# Batches drawn from fewer distinct rows than this would say more about those few rows
# than about the detector.
SMALLEST_POOL = 10


def run_batches(test, clean, shifted, fractions, batch_size, n_batches, seed_words):
    """Run one test on all batches of one severity.

    Returns
    -------
    p_value, statistic, is_drift : ndarray of shape (n_kinds * n_fractions * n_batches,)
        NaN, NaN and None for batches that could not be composed.
    """
    batches, tested = [], []
    for k, pool in enumerate(shifted):
        for f, fraction in enumerate(fractions):
            n_shifted = round(fraction * batch_size)
            enough = n_shifted == 0 or len(pool) >= min(SMALLEST_POOL, batch_size)
            tested.append(enough)
            if enough:
                # Seeded by the cell, not by the order of work.
                rng = np.random.default_rng((*seed_words, k, f))
                batches.append(
                    compose_batches(clean, pool, n_shifted, batch_size, n_batches, rng)
                )
    tested = np.repeat(tested, n_batches)
    p_value = np.full(len(tested), np.nan)
    statistic = np.full(len(tested), np.nan)
    is_drift = np.full(len(tested), None, dtype=object)
    if batches:
        scores = np.concatenate(batches)
        groups = np.repeat(np.arange(len(scores) // batch_size), batch_size)
        result = test.predict(scores, groups=groups)
        p_value[tested] = result.p_value
        columns = np.reshape(result.statistic, (tested.sum(), -1))
        statistic[tested] = columns.max(axis=1)
        is_drift[tested] = np.asarray(result.is_drift, dtype=bool)
    return p_value, statistic, is_drift


def warn_of_small_pools(pools, places, severities, fractions, batch_sizes):
    """Say where rows are too few, once for the whole sweep."""
    largest = max(fractions)
    missing, repeated = [], []
    for severity in severities:
        for k, kind in enumerate(KINDS):
            cases = [
                (len(pools[family].shifted_scores(severity, place)[k]), batch_size)
                for (family, place), batch_size in zip(places, batch_sizes, strict=True)
            ]
            n_rows = min(n_pool for n_pool, _ in cases)
            where = f"{n_rows} {kind} rows at severity {severity!r}"
            if any(n_pool < min(SMALLEST_POOL, b) for n_pool, b in cases):
                missing.append(where)
            elif any(n_pool < round(largest * b) for n_pool, b in cases):
                repeated.append(where)
    n_clean = min(len(pool.clean_scores[0]) for pool in pools)
    if n_clean < round((1 - min(fractions)) * max(batch_sizes)):
        repeated.append(f"{n_clean} clean rows")
    if missing:
        warnings.warn(
            f"Too few rows to contaminate batches with: {'; '.join(missing)}. Their "
            f"results are missing (NaN); at least {SMALLEST_POOL} rows are needed.",
            UserWarning,
            stacklevel=4,
        )
    if repeated:
        warnings.warn(
            "Some batches repeat rows, drawn with replacement, because a batch of "
            f"{max(batch_sizes)} needs more than there are: {'; '.join(repeated)}.",
            UserWarning,
            stacklevel=4,
        )


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
