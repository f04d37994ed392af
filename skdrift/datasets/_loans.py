"""A simulated table of loan applications: numbers, categories and gaps."""

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

_JOBS = ["employed", "self-employed", "student", "retired"]
_REGIONS = ["north", "south", "east", "west"]


def make_loans(n_samples=12_000, *, random_state=None):
    """Draw a table of loan applications and what was decided about them.

    Numbers on very different scales, categories, and an income that is missing in one
    row of eight, more often of the self-employed. Nothing has to be downloaded, and the
    table is small enough to try a detector on.

    Parameters
    ----------
    n_samples : int, default=12_000
        Number of applications.
    random_state : int, RandomState instance or None, default=None
        An int gives the same table every time.

    Returns
    -------
    X : DataFrame of shape (n_samples, 8)
        Columns ``age``, ``income``, ``amount``, ``months``, ``late_payments``, ``job``,
        ``home`` and ``region``; the last three are categories.
    y : ndarray of shape (n_samples,)
        ``"grant"`` or ``"refuse"``. Late payments, a burden that is large beside the
        income, a rented home and an unusual age speak against a grant, and chance has
        its part.

    Examples
    --------
    >>> from skdrift.datasets import make_loans
    >>> X, y = make_loans(200, random_state=0)
    >>> X.shape, sorted(set(y.tolist()))
    ((200, 8), ['grant', 'refuse'])
    """
    if n_samples < 1:
        raise ValueError(f"n_samples must be at least 1; got {n_samples}.")
    # Draws are the generator's own, whatever a RandomState was used for before.
    rng = np.random.default_rng(check_random_state(random_state).randint(2**31))
    job = rng.choice(_JOBS, n_samples, p=[0.6, 0.2, 0.1, 0.1])
    age = np.where(
        job == "retired",
        rng.normal(70, 6, n_samples),
        rng.normal(40, 11, n_samples),
    ).clip(18, 95)
    income = np.exp(rng.normal(10.3, 0.5, n_samples))
    income *= np.where(job == "student", 0.4, 1)
    amount = np.exp(rng.normal(9, 0.8, n_samples))
    months = rng.choice([12, 24, 36, 48, 60], n_samples)
    late = rng.poisson(0.6, n_samples)
    home = np.where(rng.random(n_samples) < 0.4, "own", "rent")
    region = rng.choice(_REGIONS, n_samples)
    log_odds = (
        -2.6
        + 9 * 12 * amount / months / income
        + 1.3 * late
        + np.where(job == "self-employed", 0.9, 0)
        + np.where(home == "own", -1.2, 0.4)
        + 0.002 * (age - 45) ** 2
        + np.where(region == "east", 0.7, 0)
    )
    refused = 1.7 * log_odds + rng.logistic(size=n_samples) > 0
    missing = rng.random(n_samples) < np.where(job == "self-employed", 0.3, 0.08)
    X = pd.DataFrame(
        {
            "age": age.round(),
            "income": np.where(missing, np.nan, income.round()),
            "amount": amount.round(),
            "months": months,
            "late_payments": late,
            "job": pd.Categorical(job, categories=sorted(_JOBS)),
            "home": pd.Categorical(home, categories=["own", "rent"]),
            "region": pd.Categorical(region, categories=sorted(_REGIONS)),
        }
    )
    return X, np.where(refused, "refuse", "grant")
