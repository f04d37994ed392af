"""InputDriftTest: which columns of a table have changed, and how."""

from hashlib import blake2b
from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._columns import as_numbers, column_names, columns_of
from skdrift._sklearn import Interval, StrOptions, fit_context, num_samples
from skdrift.detection._batches import split_rows
from skdrift.detection._input_columns import learn_column
from skdrift.detection._input_counts import InputCounts
from skdrift.detection._result import DriftResult, only_batch
from skdrift.stats._ks import ks_statistics
from skdrift.stats._multiple_testing import CORRECTIONS, adjust_p_values

# Two columns have changed places if each is so much nearer to the other's reference.
_NEARER = 0.5
_MOST_PAIRED = 30


class InputDriftTest(BaseEstimator):
    """Test every column of a table by the exact test that suits it, and name changes.

    Numbers are compared by the Kolmogorov-Smirnov test, exact given ties; categories by
    Pearson's statistic with its permutation distribution, so that new and rare ones are
    no trouble; the share of missing values by the hypergeometric distribution. A change
    of the inputs need not hurt a classifier: this test tells what changed, a
    :class:`PerformanceEstimator` or a scorer before a drift test whether it does harm.

    Parameters
    ----------
    alpha : float, default=0.05
        Probability that any column is named though nothing has changed.
    min_effect : float, default=0.0
        Columns are named only if they changed by more than this, in the unit of their
        kind: of numbers the Kolmogorov-Smirnov distance, of categories the total
        variation distance, both of them shares of the rows that changed, and of
        missing values the difference of their shares.
    correction : {"holm", "bonferroni", "fdr_bh", "fdr_by"} or None, default="holm"
        Correction for the number of columns.
    random_state : int, RandomState instance or None, default=None
        Draws the permutations, once and for all in `fit`.

    Attributes
    ----------
    columns_ : list of NumberReference or CategoryReference
        What the reference holds of each column.
    constant_columns_ : list of str
        Names of the columns with one value only.
    n_features_in_ : int
    feature_names_in_ : ndarray of str

    See Also
    --------
    KSDriftTest : For scores.
    HarmExplainer : Which of the changed columns do harm.

    Notes
    -----
    A column with tests of its missing and of its other values has the smaller p-value,
    times two. Columns in which nothing can differ, such as constant ones, count for
    nothing. All p-values are valid given the values of batch and reference together.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skdrift import InputDriftTest
    >>> rng = np.random.default_rng(1)
    >>> def table(n):
    ...     return pd.DataFrame({
    ...         "height": rng.normal(1.7, 0.1, n), "city": rng.choice(["A", "B"], n)
    ...     })
    >>> test = InputDriftTest(random_state=0).fit(table(500))
    >>> batch = table(100)
    >>> batch["height"] *= 100
    >>> test.predict(batch).columns
    {'height': 'about 100 times larger'}
    """

    _parameter_constraints: dict = {
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "min_effect": [Interval(Real, 0, 1, closed="left")],
        "correction": [StrOptions(set(CORRECTIONS)), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self, *, alpha=0.05, min_effect=0.0, correction="holm", random_state=None
    ):
        self.alpha = alpha
        self.min_effect = min_effect
        self.correction = correction
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Take the rows of X as the reference.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Clean rows.
        y : None
            Ignored.

        Returns
        -------
        self : object
        """
        X = check_table(X)
        columns = [learn_column(column) for column in columns_of(X)]
        names = column_names(X)
        seed = check_random_state(self.random_state).randint(2**31 - 1)

        validate_data(self, X, skip_check_array=True)
        self.columns_ = columns
        self.constant_columns_ = [
            name for name, learnt in zip(names, columns) if learnt.is_constant
        ]
        self._names = np.array(names, dtype=object)
        self._seed = int(seed)
        return self

    def _checked(self, X):
        check_is_fitted(self, "columns_")
        self._validate_params()
        X = check_table(X)
        validate_data(self, X, reset=False, skip_check_array=True)
        return X

    def predict(self, X, groups=None):
        """Tell which columns of a batch, or of each of several, have changed.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The rows of the batch, or of all batches.
        groups : array-like of shape (n_samples,), default=None
            Label of the batch that each row belongs to. None: X is one batch.

        Returns
        -------
        result : DriftResult
            With `columns`: names of the columns that changed, and how, in words; for
            several batches a tuple with one such dict for each.
        """
        X = self._checked(X)
        columns = columns_of(X)
        if groups is None:
            return self._result([self._outcomes(columns)], [columns], None)
        labels, order, sizes = split_rows(groups, num_samples(X))
        stops = np.cumsum(sizes)
        order = np.arange(num_samples(X)) if order is None else order
        batches = []
        for start, stop in zip(stops - sizes, stops):
            rows = order[start:stop]
            batches.append([_take(column, rows) for column in columns])
        return self._result([self._outcomes(part) for part in batches], batches, labels)

    def _outcomes(self, columns):
        return [
            learnt.test(column, self._seed + place)
            for place, (learnt, column) in enumerate(zip(self.columns_, columns))
        ]

    def count(self, X):
        """Count the values of a piece of a batch.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)

        Returns
        -------
        counts : InputCounts
            Counts of pieces add up; `predict_counts` tests their sum.
        """
        columns = columns_of(self._checked(X))
        pairs = zip(self.columns_, columns)
        counts = tuple(learnt.count(column) for learnt, column in pairs)
        return InputCounts(counts, self._digest())

    def predict_counts(self, counts):
        """Test a batch that is known by its counts.

        Parameters
        ----------
        counts : InputCounts
            The sum of the counts of all pieces of the batch.

        Returns
        -------
        result : DriftResult
            As from `predict`, but that p-values of numbers may be upper bounds, as
            ``p_value_method`` says, and that columns which changed places are not
            called so.
        """
        check_is_fitted(self, "columns_")
        self._validate_params()
        if not isinstance(counts, InputCounts):
            raise TypeError(
                "counts must be what `count` returned, or a sum of such; got "
                f"{type(counts).__name__}."
            )
        if counts.reference_digest != self._digest():
            raise ValueError(
                "These counts were made against another reference than the one this "
                "test holds now; count the batch again."
            )
        outcomes = [
            learnt.test_counts(one, self._seed + place)
            for place, (learnt, one) in enumerate(zip(self.columns_, counts.columns))
        ]
        return self._result([outcomes], None, None, [counts.columns])

    def _result(self, outcomes, batches, labels, counts=None):
        """Correct for the number of columns, and say what changed."""
        raw = np.array([[one.p_value for one in line] for line in outcomes])
        effect = np.array(
            [
                [one.worst.effect if one.parts else 0.0 for one in line]
                for line in outcomes
            ]
        )
        how = np.array(
            [
                [one.worst.how if one.parts else "untested" for one in line]
                for line in outcomes
            ]
        )
        adjusted = np.array([_adjusted(line, self.correction) for line in raw])
        flagged = (adjusted <= self.alpha) & (effect > self.min_effect)
        batch_p_value = adjusted.min(axis=1)
        batch_p_value[np.isnan(raw).all(axis=1)] = np.nan
        said = []
        for place, line in enumerate(outcomes):
            columns = None if batches is None else batches[place]
            known = None if counts is None else counts[place]
            order = np.lexsort((-effect[place], adjusted[place]))
            changed = [column for column in order if flagged[place, column]]
            said.append(self._say(changed, line, columns, known))
        result = DriftResult(
            flagged.any(axis=1),
            batch_p_value,
            effect,
            raw,
            flagged,
            group_labels=labels,
            feature_names=self._names,
            p_value_method=how,
            min_effect=self.min_effect,
            columns=tuple(said),
        )
        return only_batch(result) if labels is None else result

    def _say(self, changed, outcomes, columns, counts):
        """Words for the columns that changed."""
        words = {}
        places = {} if columns is None else self._exchanged(changed, columns)
        for place in changed:
            learnt = self.columns_[place]
            if place in places:
                other = self._names[places[place]]
                words[self._names[place]] = f"has changed places with {other}"
                continue
            known = counts[place] if columns is None else learnt.count(columns[place])
            words[self._names[place]] = learnt.say(known, outcomes[place].worst)
        return words

    def _exchanged(self, changed, columns):
        """Pairs of columns of numbers that stand in each other's place."""
        values = {}
        for place in changed[:_MOST_PAIRED]:
            if self.columns_[place].kind == "numbers":
                numbers = as_numbers(columns[place])[0]
                numbers = np.sort(numbers[~np.isnan(numbers)])
                if len(numbers) and len(self.columns_[place].distinct) > 1:
                    values[place] = numbers
        if len(values) < 2:
            return {}
        distance = {
            (a, b): _distance(self.columns_[b].values, values[a])
            for a in values
            for b in values
        }
        pairs = {}
        for a in values:
            for b in values:
                moved = distance[a, b] < _NEARER * distance[a, a]
                back = distance[b, a] < _NEARER * distance[b, b]
                if a != b and moved and back and not {a, b} & set(pairs):
                    pairs |= {a: b, b: a}
        return pairs

    def _digest(self):
        digest = blake2b(digest_size=16)
        for learnt in self.columns_:
            if learnt.kind == "numbers":
                digest.update(np.asarray(learnt.values, dtype=np.float64).tobytes())
            else:
                digest.update(repr(sorted(learnt.own.counts.items())).encode())
            digest.update(f"{learnt.n_missing} {learnt.n}".encode())
        return digest.hexdigest()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def check_table(X):
    """Refuse what is no table.

    Raises
    ------
    TypeError
        If X is sparse.
    ValueError
        If X has no rows, no columns, or not two dimensions.
    """
    if sparse.issparse(X):
        raise TypeError(
            "Sparse data was passed, but InputDriftTest tests tables column by column; "
            "use a SupportScorer before a drift test, or X.toarray()."
        )
    if not hasattr(X, "columns"):
        if not isinstance(X, np.ndarray):
            X = np.asarray(X, dtype=object if _holds_text(X) else None)
        return check_array(X, dtype=None, ensure_all_finite=False)
    if 0 in X.shape:
        raise ValueError(
            f"Found array with {X.shape[0]} sample(s) and {X.shape[1]} feature(s) "
            f"(shape={X.shape}) while a minimum of 1 is required."
        )
    return X


def _holds_text(X):
    return np.asarray(X).dtype.kind in "US"


def _take(column, rows):
    return column.iloc[rows] if hasattr(column, "iloc") else column[rows]


def _adjusted(p_values, correction):
    """Corrected p-values; columns without a test count for nothing."""
    adjusted = np.ones(len(p_values))
    tested = ~np.isnan(p_values)
    if tested.any():
        adjusted[tested] = adjust_p_values(p_values[tested], correction)
    return adjusted


def _distance(reference, values):
    """Kolmogorov-Smirnov distance of two sorted samples."""
    greater, less, _ = ks_statistics(reference[None], values[None, None])
    return max(greater.item(), less.item()) / (len(reference) * len(values))
