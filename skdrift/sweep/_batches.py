"""Contaminated batches, composed and put to a drift test."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.base import clone
from sklearn.utils import gen_batches

from skdrift.sweep._division import SMALLEST_POOL
from skdrift.sweep._row_pools import KINDS
from skdrift.sweep._scorer_family import with_groups


@dataclass(frozen=True)
class BatchPlan:
    """Which batches are composed of the rows of one severity.

    Attributes
    ----------
    fractions : list of float
        Shares of shifted rows.
    batch_size, n_batches : int
        Rows in a batch, and batches for each kind and fraction.
    seed : tuple of int
        Seeds the draws.
    """

    fractions: list
    batch_size: int
    n_batches: int
    seed: tuple


def run_candidates(candidates, pools, severities, plan, n_jobs, advance):
    """Put the batches of every candidate and severity to the candidate's test.

    Parameters
    ----------
    candidates : list of Candidate
    pools : list of RowPools
        One for each family.
    severities : list
    plan : BatchPlan
        That of a sweep; the candidate and the severity complete it.
    n_jobs : int or None
    advance : callable
        Called after each task.

    Returns
    -------
    p_value, statistic, is_drift : ndarray
        One value for each candidate, severity, kind, fraction and batch, in this order.
    """
    tasks = []
    for candidate in candidates:
        pool, member = pools[candidate.family], candidate.member
        test = candidate.test
        if pool.reference_scores is not None:
            reference = pool.reference_scores[member]
            test = with_groups(clone(test).fit, pool.groups_fit, reference)
        for s, severity in enumerate(severities):
            part = replace(plan, batch_size=candidate.batch_size, seed=(*plan.seed, s))
            shifted = pool.shifted_scores(severity, member)
            tasks.append(
                delayed(run_batches)(test, pool.clean_scores[member], shifted, part)
            )
    cells = []
    # In portions, for the bar: not every backend returns results one by one.
    for portion in gen_batches(len(tasks), 8 * effective_n_jobs(n_jobs)):
        cells.extend(Parallel(n_jobs=n_jobs)(tasks[portion]))
        for _ in tasks[portion]:
            advance()
    return tuple(map(np.concatenate, zip(*cells)))


def run_batches(test, clean, shifted, plan):
    """Run one test on all batches of one severity.

    Parameters
    ----------
    test : fitted drift test
    clean : ndarray of shape (n_samples, n_scores)
        Scores of clean rows.
    shifted : list of ndarray of shape (n_samples, n_scores)
        Scores of shifted rows of each kind.
    plan : BatchPlan

    Returns
    -------
    p_value, statistic, is_drift : ndarray of shape (n_kinds * n_fractions * n_batches,)
        NaN, NaN and None for batches that could not be composed.
    """
    batches, tested = [], []
    for k, pool in enumerate(shifted):
        for f, fraction in enumerate(plan.fractions):
            n_shifted = round(fraction * plan.batch_size)
            enough = n_shifted == 0 or len(pool) >= min(SMALLEST_POOL, plan.batch_size)
            tested.append(enough)
            if enough:
                # Seeded by the cell, not by the order of work.
                rng = np.random.default_rng((*plan.seed, k, f))
                batches.append(compose_batches(clean, pool, n_shifted, plan, rng))
    tested = np.repeat(tested, plan.n_batches)
    p_value = np.full(len(tested), np.nan)
    statistic = np.full(len(tested), np.nan)
    is_drift = np.full(len(tested), None, dtype=object)
    if batches:
        scores = np.concatenate(batches)
        groups = np.repeat(np.arange(len(scores) // plan.batch_size), plan.batch_size)
        result = test.predict(scores, groups=groups)
        p_value[tested] = result.p_value
        columns = np.reshape(result.statistic, (tested.sum(), -1))
        statistic[tested] = columns.max(axis=1)
        is_drift[tested] = np.asarray(result.is_drift, dtype=bool)
    return p_value, statistic, is_drift


def warn_of_small_pools(candidates, pools, severities, fractions):
    """Say where rows are too few, once for the whole sweep."""
    largest = max(fractions)
    batch_size = max(candidate.batch_size for candidate in candidates)
    missing, repeated = [], []
    for severity in severities:
        for kind in KINDS:
            cases = [
                (pools[each.family].n_shifted(severity, kind), each.batch_size)
                for each in candidates
            ]
            n_rows = min(n_pool for n_pool, _ in cases)
            where = f"{n_rows} {kind} rows at severity {severity!r}"
            if any(n_pool < min(SMALLEST_POOL, b) for n_pool, b in cases):
                missing.append(where)
            elif any(n_pool < round(largest * b) for n_pool, b in cases):
                repeated.append(where)
    n_clean = min(len(pool.clean_scores[0]) for pool in pools)
    if n_clean < round((1 - min(fractions)) * batch_size):
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
            f"{batch_size} needs more than there are: {'; '.join(repeated)}.",
            UserWarning,
            stacklevel=4,
        )


def draw_rows(n_pool, n_rows, n_batches, rng):
    """Draw `n_batches` times `n_rows` out of `n_pool` row numbers.

    Within a batch no row repeats as long as ``n_rows <= n_pool``; beyond that rows
    are drawn with replacement.

    Returns
    -------
    ndarray of int of shape (n_batches, n_rows)
    """
    if n_rows > n_pool:
        return rng.integers(n_pool, size=(n_batches, n_rows))
    drawn = [
        rng.choice(n_pool, n_rows, replace=False, shuffle=False)
        for _ in range(n_batches)
    ]
    return np.reshape(drawn, (n_batches, n_rows)).astype(np.intp)


def compose_batches(clean, shifted, n_shifted, plan, rng):
    """Stack batches that hold exactly `n_shifted` shifted rows each.

    Parameters
    ----------
    clean, shifted : ndarray of shape (n_samples, n_scores)
        Scores to draw from.
    n_shifted : int
        Shifted rows in a batch; the others are clean.
    plan : BatchPlan
        Its sizes are read, its seed is not.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (n_batches * batch_size, n_scores)
        Batch after batch.
    """
    parts = []
    for pool, n_rows in ((clean, plan.batch_size - n_shifted), (shifted, n_shifted)):
        if n_rows:
            parts.append(pool[draw_rows(len(pool), n_rows, plan.n_batches, rng)])
    n_scores = clean.shape[1]
    return np.concatenate(parts, axis=1).reshape(-1, n_scores)
