"""A test martingale against independent uniform p-values, for alarms over time.

Each p-value is turned into a bet ``k p^(k - 1)`` with mean 1 under the null hypothesis
(a calibrator, increasing as p falls). Capital is spread over several exponents k and
over the batch s from which on one starts to bet, with weight ``1 / (s (s + 1))``. The
total capital, from 1 at the start, is a nonnegative martingale, so that by Ville's
inequality the probability that it ever reaches 1 / alpha is at most alpha. Since bets
that start late have lost nothing before, the delay after a change grows only with the
logarithm of its time.

References
----------
.. [1] Vovk, V. and Wang, R. (2021). E-values: calibration, combination and
   applications. Annals of Statistics 49, 1736-1754.
.. [2] Shin, J., Ramdas, A. and Rinaldo, A. (2024). E-detectors: a nonparametric
   framework for sequential change detection. New England Journal of Statistics in Data
   Science 2, 229-260.
.. [3] Vovk, V. (2021). Testing randomness online. Statistical Science 36, 595-611.
"""

import numpy as np

# Small exponents gain most from very small p-values, large ones from moderate ones.
EXPONENTS = np.array([0.05, 0.1, 0.2, 0.35, 0.5, 0.7])
_SMALLEST_P_VALUE = 1e-300


def start_capital(shape=()):
    """Logarithm of the capital at work before the first batch: nothing yet.

    Parameters
    ----------
    shape : tuple of int, default=()
        Streams that are followed side by side.

    Returns
    -------
    log_capital : ndarray of shape (*shape, n_exponents)
    """
    return np.full((*shape, EXPONENTS.size), -np.inf)


def bet(log_capital, p_value, batch):
    """Bet on the next batch's p-value.

    Parameters
    ----------
    log_capital : ndarray of shape (..., n_exponents)
        Logarithm of the capital at work after the batch before.
    p_value : float or ndarray of shape (...)
        The batch's p-value.
    batch : int
        The batch's number, 1 for the first.

    Returns
    -------
    log_capital : ndarray of shape (..., n_exponents)
        The same after this batch.
    e_value : float or ndarray of shape (...)
        Total capital, with what has not been put to work yet.

    Examples
    --------
    >>> capital = start_capital()
    >>> for batch, p_value in enumerate([0.5, 0.2, 1e-4, 1e-3], start=1):
    ...     capital, e_value = bet(capital, p_value, batch)
    ...     print(f"{e_value:.3g}")
    0.729
    0.684
    56.7
    2.25e+03
    """
    log_p = np.log(np.maximum(p_value, _SMALLEST_P_VALUE))
    new = -np.log(EXPONENTS.size) - np.log(batch) - np.log1p(batch)
    gain = np.log(EXPONENTS) + (EXPONENTS - 1) * np.asarray(log_p)[..., None]
    log_capital = np.logaddexp(log_capital, new) + gain
    # Beyond what a float holds the exact size of the capital does not matter.
    e_value = np.exp(np.minimum(log_capital, 600.0)).sum(axis=-1) + 1 / (batch + 1)
    return log_capital, e_value[()]
