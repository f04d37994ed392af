"""Corrections of p-values for the number of features that are tested."""

import numpy as np
from scipy.stats import false_discovery_control

CORRECTIONS = ("bonferroni", "holm", "fdr_bh", "fdr_by")


def adjust_p_values(p_values, correction):
    """P-values that may be compared with alpha, corrected along the last axis.

    Parameters
    ----------
    p_values : ndarray of shape (..., n_features)
        Raw p-values.
    correction : {"bonferroni", "holm", "fdr_bh", "fdr_by"} or None
        "bonferroni" and "holm" bound the probability of any false alarm, under any
        dependence; "fdr_bh" bounds the expected share of false alarms among the
        features flagged, if they are independent or positively dependent; "fdr_by"
        does so under any dependence; None leaves the p-values as they are.

    Returns
    -------
    adjusted : ndarray of shape (..., n_features)

    References
    ----------
    .. [1] Holm, S. (1979). A simple sequentially rejective multiple test procedure.
       Scandinavian Journal of Statistics 6, 65-70.
    .. [2] Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate.
       Journal of the Royal Statistical Society B 57, 289-300.
    .. [3] Benjamini, Y. and Yekutieli, D. (2001). The control of the false discovery
       rate in multiple testing under dependency. Annals of Statistics 29, 1165-1188.

    Examples
    --------
    >>> adjust_p_values([0.01, 0.02, 0.5], "holm")
    array([0.03, 0.04, 0.5 ])
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    n_features = p_values.shape[-1]
    if correction is None or n_features == 1:
        return p_values.copy()
    if correction == "bonferroni":
        return np.minimum(p_values * n_features, 1.0)
    if correction == "holm":
        order = np.argsort(p_values, axis=-1, kind="stable")
        ascending = np.take_along_axis(p_values, order, axis=-1)
        stepped = ascending * np.arange(n_features, 0, -1)
        stepped = np.minimum(np.maximum.accumulate(stepped, axis=-1), 1.0)
        adjusted = np.empty_like(p_values)
        np.put_along_axis(adjusted, order, stepped, axis=-1)
        return adjusted
    if correction in ("fdr_bh", "fdr_by"):
        return false_discovery_control(p_values, axis=-1, method=correction[4:])
    raise ValueError(
        f"correction must be one of {CORRECTIONS} or None, got {correction!r}."
    )
