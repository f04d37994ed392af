"""Regions of a table in which harm has grown, as rules that read as words."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skdrift._columns import (
    as_categories,
    as_numbers,
    columns_of,
    is_number,
)
from skdrift.stats._multiple_testing import adjust_p_values

# Categories of a column that a rule may name, the most frequent ones.
_MOST_CATEGORIES = 20
# Thresholds on a number; where the values are more, quantiles.
_MOST_CUTS = 60
# Rules that are carried on at once while conditions are added.
_BEAM = 8
# A rule has one more condition only if harm stands out by so much more, because harm is
# hardly ever the same all over a region.
_WORTH_A_CONDITION = 1.2
_N_PERMUTATIONS = 1999
# Two-sided 90% intervals of what was lost.
_NORMAL_95 = 1.6448536269514722
# A rule that holds for more of the batch than this says nothing about where.
_MOST_OF_THE_BATCH = 0.9


@dataclass(frozen=True)
class Condition:
    """One condition of a rule, on one column.

    Parameters
    ----------
    column : str
        Name of the column.
    place : int
        Its place in the table.
    kind : {"above", "not above", "is", "is not", "missing", "known"}
        What is asked of a value.
    value : object, default=None
        Threshold or category.
    """

    column: str
    place: int
    kind: str
    value: object = None

    def __str__(self):
        if self.kind in ("missing", "known"):
            return f"{self.column} {self.kind}"
        sign = {"above": ">", "not above": "≤", "is": "=", "is not": "≠"}[self.kind]
        value = self.value
        if self.kind in ("above", "not above"):
            value = f"{value:.6g}"
        return f"{self.column} {sign} {value}"


@dataclass(frozen=True)
class Segment:
    """A region of the rows in which harm has grown.

    It reads as a rule in words, and is false where no region was found.

    Parameters
    ----------
    conditions : tuple of Condition, default=()
        All of them hold in the region.
    share : float
        Share of the batch's rows that lie in the region.
    lost, low, high : float
        Growth of the mean harm of a row in the region against the reference, and a
        90% interval. In points of the metric, as a fraction, if harm is a probability
        of error; else the growth of the share of rows that score above the 95%
        quantile of the reference.
    lost_elsewhere : float
        The same for the rest of the batch.
    p_value : float
        Of the permutation test on rows that did not help to find the region, corrected
        by Holm for the number of regions tested.
    unit : str
        What `lost` counts.

    Examples
    --------
    >>> from skdrift import Segment
    >>> bool(Segment()), str(Segment())
    (False, '')
    """

    conditions: tuple = ()
    share: float = 0.0
    lost: float = 0.0
    low: float = 0.0
    high: float = 0.0
    lost_elsewhere: float = 0.0
    p_value: float = 1.0
    unit: str = "points lost"

    def __bool__(self):
        return bool(self.conditions)

    def __str__(self):
        return " and ".join(map(str, self.conditions))

    @property
    def words(self):
        """The rule and its evidence in one sentence, empty where there is none."""
        if not self:
            return ""
        elsewhere = "elsewhere none"
        if self.lost_elsewhere >= 0.005:
            elsewhere = f"elsewhere {100 * self.lost_elsewhere:.0f}"
        return (
            f"{self}: {100 * self.share:.0f}% of the batch, {100 * self.lost:.0f} "
            f"{self.unit} ({100 * self.low:.0f} to {100 * self.high:.0f}), {elsewhere}"
        )

    def contains(self, X):
        """Tell which rows lie in the region.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
            Rows like those that were explained.

        Returns
        -------
        inside : ndarray of bool of shape (n_samples,)
            False for all rows if there is no region.
        """
        columns = columns_of(X)
        inside = np.full(len(X), bool(self))
        for condition in self.conditions:
            inside &= _holds(condition, columns[condition.place])
        return inside


def _holds(condition, column):
    if condition.kind in ("missing", "known"):
        return pd.isna(column) == (condition.kind == "missing")
    if condition.kind in ("is", "is not"):
        codes, names = as_categories(column)
        equal = np.array([name == f"={condition.value}" for name in names])[codes]
        return equal == (condition.kind == "is")
    numbers, _ = as_numbers(column)
    with np.errstate(invalid="ignore"):
        above = numbers > condition.value
    return above if condition.kind == "above" else ~above & ~np.isnan(numbers)


def find_segments(
    tables, harm, shown, *, names, alpha, max_conditions, min_share, seed
):
    """Find regions in which harm has grown, and confirm them on rows kept apart.

    One half of the batch and of the reference is searched for rules by which the growth
    of harm stands out most clearly. On the other half a permutation test asks of each
    rule whether the rows of batch and reference could have changed places, corrected
    for the number of rules; so that on clean rows any region is found in at most
    `alpha` of the batches.

    Parameters
    ----------
    tables : tuple of DataFrame or ndarray of shape (n_samples, n_features)
        Batch and reference; so are all pairs below.
    harm : tuple of ndarray of shape (n_samples,)
        By which regions are searched and tested.
    shown : list of (pair of ndarray of shape (n_samples,), str)
        By which they are described, and what that counts: by the first that has clearly
        grown, else by the last.
    names : list of str
        Names of the columns.
    alpha : float
    max_conditions : int
        Conditions in a rule, at most.
    min_share : float
        Share of the batch that a region holds at least.
    seed : int

    Returns
    -------
    segments : list of Segment
        The one that explains most first; disjoint.
    """
    random_state = np.random.RandomState(seed)
    halves = [random_state.permutation(len(rows)) < len(rows) // 2 for rows in tables]
    values = _beyond_reference(harm)
    seen = [part[half] for part, half in zip(values, halves)]
    conditions, holds = candidate_conditions(tables, halves, names)
    rules = _search_rules(
        seen,
        [part[half] for part, half in zip(holds, halves)],
        max_conditions,
        min_share,
    )
    kept = [part[~half] for part, half in zip(values, halves)]
    described = []
    for pair, unit in shown:
        parts = zip(_beyond_reference(pair), halves)
        described.append(([part[~half] for part, half in parts], unit))
    rest = [part[~half] for part, half in zip(holds, halves)]
    regions, taken = [], [np.zeros(len(part), dtype=bool) for part in kept]
    for rule in rules:
        inside = [part[:, rule].all(axis=1) & ~used for part, used in zip(rest, taken)]
        taken = [used | where for used, where in zip(taken, inside)]
        regions.append(inside)
    if not regions:
        return []
    p_values = adjust_p_values(
        [_permutation_p(kept, inside, random_state) for inside in regions], "holm"
    )
    segments, explained = [], []
    for rule, inside, p_value in zip(rules, regions, p_values):
        said = [conditions[place] for place in rule]
        for pair, unit in described:
            segment = _describe(said, pair, inside, p_value, unit)
            if segment.low > 0:
                break
        stands_out = segment.share >= min_share / 2 and _stands_out(kept, inside)
        if p_value <= alpha and stands_out:
            segments.append(segment)
            explained.append(segment.share * _growth(kept, inside)[0])
    return [segments[place] for place in np.argsort(explained)[::-1]]


def _beyond_reference(pair):
    return [part - pair[1].mean() for part in pair]


def candidate_conditions(tables, halves, names):
    """Conditions that rules are made of, and where each holds.

    Parameters
    ----------
    tables : list of DataFrame or ndarray
        Batch and reference.
    halves : list of ndarray of bool
        The rows of each from which thresholds and categories are taken.
    names : list of str

    Returns
    -------
    conditions : list of Condition
    holds : list of ndarray of bool of shape (n_samples, n_conditions)
    """
    conditions, holds = [], [[] for _ in tables]

    def add(condition, parts):
        conditions.append(condition)
        for row, part in zip(holds, parts):
            row.append(part)

    columns = [columns_of(X) for X in tables]
    for place, (name, parts) in enumerate(zip(names, zip(*columns))):
        missing = [np.asarray(pd.isna(part)) for part in parts]
        if any(part.any() for part in missing):
            add(Condition(name, place, "missing"), missing)
            add(Condition(name, place, "known"), [~part for part in missing])
        if all(map(is_number, parts)):
            numbers = [as_numbers(part)[0] for part in parts]
            for cut in _cuts([part[half] for part, half in zip(numbers, halves)]):
                with np.errstate(invalid="ignore"):
                    above = [part > cut for part in numbers]
                    not_above = [part <= cut for part in numbers]
                add(Condition(name, place, "above", cut), above)
                add(Condition(name, place, "not above", cut), not_above)
            continue
        coded = [as_categories(part) for part in parts]
        texts = [known[codes] for codes, known in coded]
        counts = pd.Series(np.concatenate(texts)).value_counts()
        for category in counts.index[counts.index != ""][:_MOST_CATEGORIES]:
            equal = [part == category for part in texts]
            add(Condition(name, place, "is", category[1:]), equal)
            add(Condition(name, place, "is not", category[1:]), [~e for e in equal])
    return conditions, [np.column_stack(row) for row in holds]


def _cuts(numbers):
    """Thresholds between the values, at quantiles of each part where they are many."""
    cuts = set()
    for part in numbers:
        finite = np.unique(part[np.isfinite(part)])
        if len(finite) > _MOST_CUTS:
            known = part[np.isfinite(part)]
            levels = np.linspace(0, 1, _MOST_CUTS + 2)[1:-1]
            finite = np.unique(np.quantile(known, levels, method="inverted_cdf"))
        else:
            finite = finite[:-1]
        cuts.update(finite.tolist())
    return sorted(cuts)


def _search_rules(values, holds, max_conditions, min_share, at_most=3):
    """Rules in which growth is clearest, one after the other on the rows left over."""
    rules = []
    left = [np.ones(len(part), dtype=bool) for part in values]
    for _ in range(at_most):
        best, clearest = (), 0.0
        beam = [()]
        for _ in range(max_conditions):
            scored = {}
            for rule in beam:
                inside = [
                    where & part[:, list(rule)].all(axis=1)
                    for where, part in zip(left, holds)
                ]
                clear = _clearness(values, inside, holds, min_share)
                for place in np.argsort(-clear)[:_BEAM]:
                    if clear[place] > 0 and place not in rule:
                        scored[tuple(sorted((*rule, int(place))))] = clear[place]
            beam = sorted(scored, key=scored.get, reverse=True)[:_BEAM]
            if beam and scored[beam[0]] > clearest * _WORTH_A_CONDITION:
                best, clearest = beam[0], scored[beam[0]]
        if not best:
            break
        rules.append(list(best))
        left = [
            where & ~part[:, list(best)].all(axis=1) for where, part in zip(left, holds)
        ]
    return rules


def _clearness(values, inside, holds, min_share):
    """Growth of harm where one more condition holds, by the root of the share of rows.

    That is how many standard errors it amounts to if the harm of all rows varies alike:
    a region that is cut too small or drawn too wide has less of it.
    """
    growth = 0.0
    for sign, part, where, condition in zip((1, -1), values, inside, holds):
        held = condition[where].astype(np.float32)
        growth = growth + sign * (part[where].astype(np.float32) @ held) / len(part)
        if sign == 1:
            share = held.sum(axis=0) / len(part)
    allowed = (share >= min_share) & (share <= _MOST_OF_THE_BATCH)
    return np.where(allowed, growth / np.sqrt(np.maximum(share, min_share)), 0.0)


def _permutation_p(values, inside, random_state):
    """P-value of the growth inside a region, batch and reference being exchangeable."""
    harm = np.concatenate([part * where for part, where in zip(values, inside)])
    n_batch = len(values[0])
    seen = harm[:n_batch].mean() - harm[n_batch:].mean()
    total = harm.sum()
    n_reference = len(harm) - n_batch
    at_least = 1
    for _ in range(_N_PERMUTATIONS):
        drawn = random_state.permutation(harm)[:n_batch].sum()
        growth = drawn / n_batch - (total - drawn) / n_reference
        at_least += growth >= seen - 1e-12
    return at_least / (_N_PERMUTATIONS + 1)


def _describe(conditions, values, inside, p_value, unit):
    """Segment with figures from the rows that it was confirmed on."""
    lost, error = _growth(values, inside)
    elsewhere, _ = _growth(values, [~part for part in inside])
    return Segment(
        _tightest(conditions),
        share=float(inside[0].mean()),
        lost=float(lost),
        low=float(lost - _NORMAL_95 * error),
        high=float(lost + _NORMAL_95 * error),
        lost_elsewhere=float(elsewhere),
        p_value=float(p_value),
        unit=unit,
    )


def _stands_out(values, inside):
    """Whether growth in the region is clearly greater than in the rest of the batch."""
    lost, error = _growth(values, inside)
    elsewhere, other_error = _growth(values, [~part for part in inside])
    return lost - elsewhere > _NORMAL_95 * np.hypot(error, other_error)


def _tightest(conditions):
    """Put conditions in the order of the columns, without those that others imply."""
    bounds = {}
    for condition in sorted(conditions, key=lambda one: (one.place, one.kind)):
        key = condition.place, condition.kind, None
        if condition.kind in ("is", "is not"):
            key = condition.place, condition.kind, condition.value
        known = bounds.get(key)
        if known is not None and condition.kind == "above":
            condition = max(known, condition, key=lambda one: one.value)
        elif known is not None and condition.kind == "not above":
            condition = min(known, condition, key=lambda one: one.value)
        bounds[key] = condition
    return tuple(bounds.values())


def _growth(values, inside):
    """Growth of harm a row of the batch in a region, and its standard error."""
    share = inside[0].mean()
    if share == 0:
        return 0.0, np.inf
    parts = [part * where for part, where in zip(values, inside)]
    growth = parts[0].mean() - parts[1].mean()
    error = np.sqrt(sum(part.var() / len(part) for part in parts))
    return growth / share, error / share
