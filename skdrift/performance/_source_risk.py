"""How large the risk on clean rows may be, seen a sample of them."""

import numpy as np
import pandas as pd
from scipy.stats import beta

from skdrift._group_labels import check_group_labels


def upper_bound(wrong, groups, alpha):
    """Upper confidence bound of the risk on clean rows (Clopper and Pearson).

    Parameters
    ----------
    wrong : ndarray of bool of shape (n_samples,)
    groups : array-like of shape (n_samples,) or None
        With groups the number of rows is divided by the design effect: how many times
        larger the variance of the mean is than with independent rows.
    alpha : float

    Returns
    -------
    bound : float
    """
    n, k = len(wrong), float(wrong.sum())
    if groups is not None:
        codes, names = pd.factorize(check_group_labels(groups, n))
        off = np.bincount(codes, weights=wrong - wrong.mean())
        plain = max(wrong.var() * n, 1e-12)
        effect = (off**2).sum() * len(names) / max(len(names) - 1, 1) / plain
        n, k = n / max(effect, 1.0), k / max(effect, 1.0)
    return 1.0 if k >= n else float(beta.isf(alpha, k + 1, n - k))
