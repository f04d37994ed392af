"""Exact p-values by counting lattice paths with integers, one path step at a time."""

from fractions import Fraction
from math import comb

import numpy as np


def share_of_crossing_paths(n, m, is_outside, ends=None):
    """Share of the arrangements that leave a region where a group of ties ends.

    ``is_outside(i, j)`` tells for i batch and j reference values; ``ends[s - 1]``
    whether a group of tied values ends with the s-th pooled value.
    """
    inside = {0: 0 if is_outside(0, 0) else 1}
    for s in range(1, n + m + 1):
        reached = {}
        for i, paths in inside.items():
            if i < m:
                reached[i + 1] = reached.get(i + 1, 0) + paths
            if s - i <= n:
                reached[i] = reached.get(i, 0) + paths
        if ends is None or ends[s - 1]:
            reached = {i: p for i, p in reached.items() if not is_outside(i, s - i)}
        inside = reached
    total = comb(n + m, m)
    return Fraction(total - inside.get(m, 0), total)


def exact_ks(reference, batch, alternative):
    """Integer statistic n m D and exact p-value given the ties, by definition."""
    reference, batch = np.sort(reference), np.sort(batch)
    n, m = len(reference), len(batch)
    pooled = np.sort(np.concatenate((reference, batch)))
    ends = np.append(pooled[1:] != pooled[:-1], True)

    def deviation(i, j):
        return {
            "two-sided": abs(i * n - j * m),
            "greater": j * m - i * n,
            "less": i * n - j * m,
        }[alternative]

    statistic = max(
        deviation(int((batch <= value).sum()), int((reference <= value).sum()))
        for value in np.unique(pooled)
    )
    statistic = max(statistic, 0)
    share = share_of_crossing_paths(
        n, m, lambda i, j: deviation(i, j) >= statistic, ends.tolist()
    )
    return statistic, share
