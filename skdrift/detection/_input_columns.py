"""One column of a table: what the reference holds, and exact tests of what is new."""

from dataclasses import dataclass, field

import numpy as np

from skdrift._columns import as_categories, as_numbers, is_number
from skdrift.detection._input_counts import CategoryCounts, NumberCounts
from skdrift.stats._categories import categories_test, share_test
from skdrift.stats._ks import ks_test, ks_test_counts
from skdrift.stats._sorted_search import count_values

# Distinct values of a column that is constant in the reference are counted up to this.
_MOST_DISTINCT = 10_000
# A unit has changed if values are at least so many times larger or smaller, and their
# logarithms scatter as before, within this share.
_UNIT = 1.5
_SAME_SCATTER = 0.25
_NEAR_A_POWER = 0.08
# A share of one value by so much larger is what is said of numbers first.
_STUCK = 0.1


@dataclass(frozen=True)
class Part:
    """One exact test of a column.

    Parameters
    ----------
    what : {"missing", "unreadable", "numbers", "categories"}
    p_value : float
    effect : float
        By how much shares differ, from 0 to 1.
    how : str
        How the p-value was computed.
    """

    what: str
    p_value: float
    effect: float
    how: str


@dataclass(frozen=True)
class Outcome:
    """The tests of a column together.

    Parameters
    ----------
    parts : list of Part
        Empty where batch and reference have one value only, all of it the same.
    """

    parts: list = field(default_factory=list)

    @property
    def p_value(self):
        """Smallest p-value, times the number of tests; NaN without any."""
        if not self.parts:
            return np.nan
        return min(1.0, self.worst.p_value * len(self.parts))

    @property
    def worst(self):
        """The test with the smallest p-value, of several the one of largest effect."""
        return min(self.parts, key=lambda part: (part.p_value, -part.effect))


class NumberReference:
    """What the reference holds of a column of numbers, truth values or times.

    Parameters
    ----------
    column : Series or ndarray of shape (n_samples,)
    """

    kind = "numbers"

    def __init__(self, column):
        numbers, missing = as_numbers(column)
        self.values = np.sort(numbers[~np.isnan(numbers)])
        self.distinct = np.unique(self.values)
        self.n = len(numbers)
        self.n_missing = int(missing.sum())
        self.n_unreadable = self.n - self.n_missing - len(self.values)
        self.own = self.count(column)

    @property
    def is_constant(self):
        """Whether there is one value only."""
        return len(self.distinct) == 1

    def test(self, column, seed):
        """Test a batch's values.

        Parameters
        ----------
        column : Series or ndarray of shape (n_samples,)
        seed : int
            Not used.

        Returns
        -------
        outcome : Outcome
        """
        numbers, missing = as_numbers(column)
        known = numbers[~np.isnan(numbers)]
        n_missing = int(missing.sum())
        parts = self._shares(len(numbers), n_missing, len(known))
        if self._differ(known.min(initial=np.inf), known.max(initial=-np.inf)):
            found = ks_test(self.values[None], known[None, None])
            distance, p_value, how = (np.asarray(one).item() for one in found)
            parts.append(Part("numbers", p_value, distance, how))
        return Outcome(parts)

    def test_counts(self, counts, seed):
        """Test values that are known by their counts; see `test`."""
        parts = self._shares(counts.size, counts.n_missing, counts.n_numbers)
        if self._differ(counts.smallest, counts.largest):
            distance, p_value, how = ks_test_counts(
                self.values, counts.below, counts.not_above, counts.n_numbers
            )
            parts.append(Part("numbers", p_value, distance, how))
        return Outcome(parts)

    def _shares(self, size, n_missing, n_numbers):
        """Test the shares of what is missing and of what cannot be read."""
        unreadable = size - n_missing - n_numbers
        pairs = [
            ("missing", n_missing, self.n_missing),
            ("unreadable", unreadable, self.n_unreadable),
        ]
        return [
            Part(
                what,
                share_test(now, size, before, self.n),
                abs(now / size - before / self.n),
                "exact",
            )
            for what, now, before in pairs
            if 0 < now + before < size + self.n
        ]

    def _differ(self, smallest, largest):
        """Whether there are values to compare, and not one and the same."""
        if not len(self.values) or smallest > largest:
            return False
        return not smallest == largest == self.values[0] == self.values[-1]

    def count(self, column):
        """Count a batch's values; see `NumberCounts`."""
        numbers, missing = as_numbers(column)
        known = numbers[~np.isnan(numbers)]
        below = not_above = np.zeros(0, dtype=np.int64)
        if len(self.distinct):
            below, not_above = count_values(self.distinct, known)
        finite = known[np.isfinite(known)]
        logarithms = np.log(np.abs(finite[finite != 0]))
        few = ()
        if len(self.distinct) <= 1:
            few = tuple(np.unique(known)[: _MOST_DISTINCT + 1].tolist())
        return NumberCounts(
            size=len(numbers),
            n_missing=int(missing.sum()),
            n_numbers=len(known),
            below=below,
            not_above=not_above,
            smallest=float(known.min(initial=np.inf)),
            largest=float(known.max(initial=-np.inf)),
            moments=np.array([len(finite), finite.sum(), (finite**2).sum()]),
            log_moments=np.array(
                [len(logarithms), logarithms.sum(), (logarithms**2).sum()]
            ),
            distinct=few,
        )

    def say(self, counts, part):
        """Say what has changed.

        Parameters
        ----------
        counts : NumberCounts
        part : Part
            The test that found it.

        Returns
        -------
        words : str
        """
        if part.what == "missing":
            return say_missing(counts, self)
        if part.what == "unreadable":
            share = 1 - (counts.n_missing + counts.n_numbers) / counts.size
            return f"{share:.0%} of the values are no numbers"
        if self.is_constant:
            n_distinct = len(counts.distinct)
            more = "more than " if n_distinct > _MOST_DISTINCT else ""
            n_distinct = min(n_distinct, _MOST_DISTINCT)
            return f"constant in the reference, {more}{n_distinct:,} values now"
        if counts.smallest == counts.largest:
            return (
                f"constant now ({counts.smallest:.6g}), {len(self.distinct):,} values "
                "in the reference"
            )
        return self._say_numbers(counts)

    def _say_numbers(self, counts):
        times = self._times_larger(counts)
        if times is not None:
            size = "larger" if times > 1 else "smaller"
            return f"about {_rounded(max(times, 1 / times))} times {size}"
        frequent = counts.not_above - counts.below
        own = self.own.not_above - self.own.below
        growth = frequent / counts.n_numbers - own / self.own.n_numbers
        place = int(np.argmax(growth))
        if growth[place] > _STUCK:
            return (
                f"{frequent[place] / counts.n_numbers:.0%} of the values are "
                f"{self.distinct[place]:.6g}, "
                f"{own[place] / self.own.n_numbers:.0%} in the reference"
            )
        above = (counts.n_numbers - counts.not_above[-1]) / counts.n_numbers
        under = counts.below[0] / counts.n_numbers
        if max(above, under) > _STUCK:
            side = "above" if above > under else "below"
            end = self.distinct[-1 if above > under else 0]
            return (
                f"{max(above, under):.0%} of the values are {side} {end:.6g}, the "
                f"{'largest' if above > under else 'smallest'} one of the reference"
            )
        mean, std = _mean_and_std(counts.moments)
        mean_before, std_before = _mean_and_std(self.own.moments)
        if abs(mean - mean_before) >= 0.1 * std_before:
            return f"mean {mean:.4g}, {mean_before:.4g} in the reference"
        return f"standard deviation {std:.4g}, {std_before:.4g} in the reference"

    def _times_larger(self, counts):
        """By which factor values have grown, if by a factor and by nothing else."""
        shares = [one.log_moments[0] / one.n_numbers for one in (counts, self.own)]
        if min(shares) < 0.5 or abs(shares[0] - shares[1]) > 0.1:
            return None
        mean, std = _mean_and_std(counts.log_moments)
        mean_before, std_before = _mean_and_std(self.own.log_moments)
        if abs(std - std_before) > _SAME_SCATTER * max(std_before, 0.1):
            return None
        times = float(np.exp(np.clip(mean - mean_before, -50, 50)))
        return times if max(times, 1 / times) >= _UNIT else None


class CategoryReference:
    """What the reference holds of a column of categories.

    Parameters
    ----------
    column : Series or ndarray of shape (n_samples,)
    """

    kind = "categories"

    def __init__(self, column):
        self.own = self.count(column)
        self.n = self.own.size
        self.n_missing = self.own.n_missing

    @property
    def is_constant(self):
        """Whether there is one category only."""
        return len(self.own.counts) == 1

    def test(self, column, seed):
        """Test a batch's categories; see `NumberReference.test`."""
        return self.test_counts(self.count(column), seed)

    def test_counts(self, counts, seed):
        """Test categories that are known by their counts."""
        parts = []
        if 0 < counts.n_missing + self.n_missing < counts.size + self.n:
            p_value = share_test(counts.n_missing, counts.size, self.n_missing, self.n)
            effect = abs(counts.n_missing / counts.size - self.n_missing / self.n)
            parts.append(Part("missing", p_value, effect, "exact"))
        _, now, before = self._aligned(counts)
        if len(now) > 1 and now.sum() and before.sum():
            distance = np.abs(now / now.sum() - before / before.sum()).sum() / 2
            p_value = categories_test(now, before, seed)
            parts.append(Part("categories", p_value, float(distance), "monte_carlo"))
        return Outcome(parts)

    def count(self, column):
        """Count a batch's categories; see `CategoryCounts`."""
        codes, names = as_categories(column)
        counts = dict(zip(names.tolist(), np.bincount(codes, minlength=len(names))))
        n_missing = int(counts.pop("", 0))
        counts = {name: int(count) for name, count in counts.items() if count}
        return CategoryCounts(len(codes), n_missing, counts)

    def say(self, counts, part):
        """Say what has changed; see `NumberReference.say`."""
        if part.what == "missing":
            return say_missing(counts, self)
        names, now, before = self._aligned(counts)
        if self.is_constant:
            return f"constant in the reference, {(now > 0).sum():,} categories now"
        if (now > 0).sum() == 1:
            return (
                f"constant now ({names[int(np.argmax(now))]}), {(before > 0).sum():,} "
                "categories in the reference"
            )
        new = before == 0
        share_new = now[new].sum() / now.sum()
        growth = now / now.sum() - before / before.sum()
        place = int(np.argmax(np.abs(growth)))
        if share_new >= abs(growth[place]) and share_new > 0:
            example = names[int(np.argmax(np.where(new, now, -1)))]
            return f"new categories in {share_new:.0%} of the rows, such as {example}"
        return (
            f"{names[place]}: {now[place] / now.sum():.0%}, "
            f"{before[place] / before.sum():.0%} in the reference"
        )

    def _aligned(self, counts):
        """Names of all categories, and how often each is here and in the reference."""
        names = sorted({*counts.counts, *self.own.counts})
        now = np.array([counts.counts.get(name, 0) for name in names], dtype=np.int64)
        before = np.array([self.own.counts.get(name, 0) for name in names])
        # `as_categories` marks what is a name by a sign before it.
        return [name[1:] for name in names], now, before.astype(np.int64)


def learn_column(column):
    """Take a column as the reference, in the way that suits it."""
    return (NumberReference if is_number(column) else CategoryReference)(column)


def say_missing(counts, reference):
    """Say how much is missing, here and in the reference."""
    return (
        f"{counts.n_missing / counts.size:.0%} missing, "
        f"{reference.n_missing / reference.n:.0%} in the reference"
    )


def _mean_and_std(moments):
    n, total, squares = moments
    if n == 0:
        return np.nan, np.nan
    mean = total / n
    return mean, float(np.sqrt(max(squares / n - mean**2, 0.0)))


def _rounded(number):
    """Write a factor as people say it: a power of ten if near, else one or two digits.

    Units differ by powers of ten most often, and a batch's values scatter.
    """
    power = 10.0 ** round(np.log10(number))
    if power > 1 and abs(np.log10(number / power)) < _NEAR_A_POWER:
        return f"{power:,.10g}"
    return f"{float(f'{number:.2g}'):,.10g}"
