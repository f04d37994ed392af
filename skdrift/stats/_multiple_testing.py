"""Many tests at once: corrections for many features, levels for a stream of batches.

LORD++ and SAFFRON both spend a budget alpha over the stream and earn some back with
every discovery. The false discovery rate is the expected share of false ones among the
batches flagged so far; it stays below alpha, at every time, if the p-values of
undrifted batches are independent of each other and of all others.

References
----------
.. [1] Ramdas, A., Yang, F., Wainwright, M. J. and Jordan, M. I. (2017). Online control
   of the false discovery rate with decaying memory. NeurIPS 30. (LORD++)
.. [2] Ramdas, A., Zrnic, T., Wainwright, M. J. and Jordan, M. I. (2018). SAFFRON: an
   adaptive algorithm for online control of the false discovery rate. ICML 35.
.. [3] Javanmard, A. and Montanari, A. (2018). Online rules for control of false
   discovery rate and false discovery exceedance. Annals of Statistics 46, 526-554.
"""

import numpy as np
from scipy.special import zeta
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


# P-values up to this are candidates of SAFFRON.
CANDIDATE = 0.5
_LORD_SCALE = 0.0772
_SAFFRON_SCALE = 1 / zeta(1.6)


def lord_weights(lags):
    """Share of the budget spent at each lag, 1 for the next batch; at most one in all.

    Parameters
    ----------
    lags : ndarray of int
        At least 1.

    Returns
    -------
    weights : ndarray

    Examples
    --------
    >>> lord_weights(np.array([1, 2, 10])).round(4)
    array([0.0535, 0.0116, 0.0039])
    """
    logs = np.log(lags)
    return _LORD_SCALE * np.maximum(logs, np.log(2)) / (lags * np.exp(np.sqrt(logs)))


def saffron_weights(lags):
    """Share of the budget spent at each lag, 1 for the next batch; at most one in all.

    Parameters
    ----------
    lags : ndarray of int
        At least 1.

    Returns
    -------
    weights : ndarray

    Examples
    --------
    >>> saffron_weights(np.array([1, 2, 10])).round(4)
    array([0.4375, 0.1443, 0.011 ])
    """
    return _SAFFRON_SCALE * np.asarray(lags, dtype=float) ** -1.6


def spent_level(weights, clock, discovery_clocks, alpha):
    """Level of the next test.

    Half of alpha is spent from the start. The first discovery earns the other half,
    every further one alpha.

    Parameters
    ----------
    weights : callable
        `lord_weights` or `saffron_weights`.
    clock : int
        Ticks before this test: tests so far (LORD++), or those of them that were no
        candidates (SAFFRON).
    discovery_clocks : list of int
        Ticks before the test that followed each discovery.
    alpha : float
        False discovery rate.

    Returns
    -------
    level : float

    Examples
    --------
    LORD++ at the fourth batch, after a discovery at the second:

    >>> round(spent_level(lord_weights, 3, [2], alpha=0.05), 6)
    0.000497
    """
    earned = np.full(len(discovery_clocks) + 1, alpha)
    earned[:2] = alpha / 2
    lags = clock + 1 - np.array([0, *discovery_clocks])
    return float(earned @ weights(lags))


class OnlineLevels:
    """Levels for a stream of p-values, one after the other.

    Parameters
    ----------
    rule : {"lord", "saffron"}
        LORD++ or SAFFRON.
    alpha : float
        False discovery rate.

    Examples
    --------
    >>> levels = OnlineLevels("saffron", 0.05)
    >>> [levels.test(p_value)[1] for p_value in (0.7, 0.001, 0.04, 0.002)]
    [False, True, False, True]
    """

    def __init__(self, rule, alpha):
        self.rule = rule
        self.alpha = alpha
        self.clock = 0
        self.discovery_clocks = []

    def next_level(self):
        """Return the level of the next test."""
        if self.rule == "lord":
            return spent_level(
                lord_weights, self.clock, self.discovery_clocks, self.alpha
            )
        level = spent_level(
            saffron_weights, self.clock, self.discovery_clocks, self.alpha
        )
        return min((1 - CANDIDATE) * level, CANDIDATE)

    def test(self, p_value):
        """Test the next p-value.

        Parameters
        ----------
        p_value : float

        Returns
        -------
        level : float
        is_discovery : bool
        """
        level = self.next_level()
        self.clock += 1 if self.rule == "lord" else p_value > CANDIDATE
        is_discovery = bool(p_value <= level)
        if is_discovery:
            self.discovery_clocks.append(self.clock)
        return level, is_discovery
