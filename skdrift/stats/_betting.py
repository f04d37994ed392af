"""Betting against a bound of a mean: evidence that holds at any time.

A gambler whose capital starts at one bets before each number that it will exceed a
bound m: the capital is multiplied by 1 + stake (z - m). If the mean of what comes next
never exceeds m, the capital is a supermartingale, and ever exceeds 1 / alpha with
probability alpha at most (Ville's inequality), whenever one looks. The capital is
divided over all times at which the game may start, so that a long calm costs little.

References
----------
.. [1] Waudby-Smith, I. and Ramdas, A. (2024). Estimating means of bounded random
   variables by betting. Journal of the Royal Statistical Society B 86, 1-27.
"""

from dataclasses import dataclass, replace

import numpy as np

# Share of the largest stake that cannot ruin the gambler.
_BOLDEST = 0.8
# More capital than this says nothing more.
_RICHEST = 1e100
# How fast mean and variance are forgotten: about so many of the last numbers count.
_MEMORY = 100
# Numbers that mean and variance are taken to be known from at the start.
_PRIOR = 10


@dataclass(frozen=True)
class Bets:
    """Capital of gamblers against several bounds, and what decides their stakes.

    Parameters
    ----------
    bounds : ndarray of shape (n_bounds,)
        The m of each gambler.
    edge : float
        By how much the mean is hoped to exceed a bound, at least.
    mean, variance : float
        Of the numbers so far.
    running, unused : ndarray of shape (n_bounds,) and float
        Capital in games that have started, and kept for later ones.
    n : int, default=0
        Numbers seen.
    """

    bounds: np.ndarray
    edge: float
    mean: float
    variance: float
    running: np.ndarray
    unused: float = 1.0
    n: int = 0

    @classmethod
    def start(cls, bounds, edge, mean, variance):
        """Begin without games."""
        bounds = np.asarray(bounds, dtype=np.float64)
        return cls(bounds, edge, mean, variance, np.zeros(len(bounds)))

    @property
    def capital(self):
        """Capital of each gambler: evidence against the bound."""
        return self.running + self.unused

    def play(self, number, smallest):
        """Bet once.

        Parameters
        ----------
        number : float
            The number that came.
        smallest : float
            The smallest that could have come, known before.

        Returns
        -------
        bets : Bets
            After the game.
        """
        hope = np.maximum(self.mean - self.bounds, self.edge)
        stake = hope / (self.variance + hope**2)
        room = np.maximum(self.bounds - smallest, 1e-9)
        stake = np.minimum(stake, _BOLDEST / room)
        started = start_weight(self.n)
        running = (self.running + started) * (1 + stake * (number - self.bounds))
        running = np.minimum(running, _RICHEST)
        # Stakes are of what was known before; what is learnt serves the next one.
        rate = 1 / min(self.n + 1 + _PRIOR, _MEMORY)
        off = number - self.mean
        return replace(
            self,
            mean=self.mean + rate * off,
            variance=max(self.variance + rate * (off**2 - self.variance), 1e-4),
            running=running,
            unused=self.unused - started,
            n=self.n + 1,
        )


def start_weight(n):
    """Share of the capital with which the game before number n + 1 starts.

    Half of it starts at once. The rest sums to one half over all later times, and
    falls slowly, as 1 / (n log(n)**2).
    """
    if n == 0:
        return 0.5
    return 0.5 * (1 / np.log(n + np.e - 1) - 1 / np.log(n + np.e))


def lower_bound(bets, alpha):
    """Largest bound that the mean exceeds, as far as the bets show.

    Parameters
    ----------
    bets : Bets
    alpha : float

    Returns
    -------
    bound : float
        Zero if no bound is exceeded.
    """
    exceeded = bets.bounds[bets.capital >= 1 / alpha]
    return float(exceeded.max(initial=0.0))
