"""Exact tests of shares and of categories, given how often each occurs in all.

References
----------
.. [1] Besag, J. and Clifford, P. (1991). Sequential Monte Carlo p-values. Biometrika
   78, 301-304.
"""

import numpy as np
from scipy.stats import hypergeom

# Sampling stops after so many tables that are as extreme as the one seen, or after so
# many tables.
_ENOUGH = 20
_MOST_TABLES = 20_000
_FIRST_BLOCK = 100


def share_test(k, m, k_reference, n):
    """Two-sided exact test that a share is the same in batch and reference.

    Given how many rows of both have the property, any of the rows could be the ones in
    the batch: a hypergeometric distribution, of which twice the smaller tail counts.

    Parameters
    ----------
    k, m : int
        Rows of the batch with the property, and all.
    k_reference, n : int
        The same of the reference.

    Returns
    -------
    p_value : float

    Examples
    --------
    >>> round(share_test(5, 10, 5, 100), 6)
    0.000845
    """
    null = hypergeom(m + n, k + k_reference, m)
    return float(min(1.0, 2 * min(null.cdf(k), null.sf(k - 1))))


def categories_test(counts, reference_counts, seed):
    """Test that categories are as frequent in the batch as in the reference.

    Pearson's statistic, and its distribution given the frequencies in both together,
    by sequential sampling [1]_: the p-value is valid for any number of categories and
    however rare they are.

    Parameters
    ----------
    counts, reference_counts : ndarray of int of shape (n_categories,)
    seed : int

    Returns
    -------
    p_value : float

    Examples
    --------
    >>> import numpy as np
    >>> same = categories_test(np.array([10, 20]), np.array([100, 200]), 0)
    >>> other = categories_test(np.array([20, 10]), np.array([100, 200]), 0)
    >>> same > 0.9, other < 0.01
    (True, True)
    """
    total = counts + reference_counts
    counts, total = counts[total > 0], total[total > 0]
    m, everything = int(counts.sum()), int(total.sum())
    if len(total) < 2 or m in (0, everything):
        return 1.0
    expected = total * (m / everything)
    # Given the totals this orders tables as Pearson's statistic does.
    seen = ((counts - expected) ** 2 / total).sum()
    rng = np.random.default_rng(seed)
    drawn, reached, block = 0, 0, _FIRST_BLOCK
    while drawn < _MOST_TABLES:
        tables = _draw_tables(rng, total, m, min(block, _MOST_TABLES - drawn))
        statistic = ((tables - expected) ** 2 / total).sum(axis=1)
        extreme = np.flatnonzero(statistic >= seen * (1 - 1e-12))
        if reached + len(extreme) >= _ENOUGH:
            last = drawn + 1 + int(extreme[_ENOUGH - reached - 1])
            return _ENOUGH / last
        reached += len(extreme)
        drawn += len(tables)
        block *= 4
    return (reached + 1) / (drawn + 1)


def _draw_tables(rng, total, m, n_tables):
    if len(total) == 2:
        first = rng.hypergeometric(total[0], total[1], m, size=n_tables)
        return np.column_stack([first, m - first])
    # NumPy's own draws take numbers of rows below 10**9.
    return rng.multivariate_hypergeometric(total, m, size=n_tables, method="marginals")
