"""HarmExplainer: which rows, which region and which columns are to blame."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdrift._columns import column_names
from skdrift._sklearn import (
    HasMethods,
    Interval,
    fit_context,
    num_samples,
    safe_indexing,
)
from skdrift.detection import InputDriftTest
from skdrift.explanation._explanation import HarmExplanation
from skdrift.explanation._repairs import DonorTable
from skdrift.explanation._segments import Segment, find_segments
from skdrift.explanation._watched import WatchedModel, conformal_p_values
from skdrift.explanation._words import find_words
from skdrift.scoring._representation import check_rows
from skdrift.stats._multiple_testing import adjust_p_values

# Fewer rows are not searched for a region.
_LEAST_ROWS = 40
# Scores that so many of the clean rows reach, at most, are called rare.
_RARE = 0.05
# Rows of the batch, at most, in which a region is looked for.
_MOST_SEARCHED = 2_000
_UNIT_OF_RARE = "points more rows with a rare score"


class HarmExplainer(MetaEstimatorMixin, BaseEstimator):
    """Find what is to blame where new data hurts a classifier.

    Three questions about a batch, each answered with its evidence: which rows score as
    hardly any clean row does; in which region of the table harm has grown; and which
    columns, repaired, would bring the classifier back to what it says of like clean
    rows.

    Parameters
    ----------
    estimator : PerformanceEstimator, scorer or Pipeline of a scorer and a drift test
        A fitted one; it is used as it is.
    alpha : float, default=0.05
        Bounds what is said wrongly: the average share of false rows among those shown,
        and the probabilities that a region is found on clean data and that a column
        that did not change is said to have changed.
    max_conditions : int, default=3
        Conditions in the rule of a region, at most.
    min_share : float, default=0.05
        Share of the batch that a region holds at least.
    max_reference : int, default=5000
        Rows of the reference that are kept, drawn at random where there are more.
    random_state : int, RandomState instance or None, default=None
        Divides rows into those that find a region and those that confirm it, and draws
        donors of values.

    Attributes
    ----------
    reference_ : DataFrame, ndarray or sequence
        The reference rows kept.
    reference_scores_ : ndarray of shape (n_scores, n_reference)
        Their scores, sorted.
    input_test_ : InputDriftTest or None
        Tells which columns changed; None where rows are no table.
    columns_ : list of str or None
        Names of the columns; None where rows are no table.

    See Also
    --------
    InputDriftTest : Which columns changed, harm or no harm.
    batch_report : All of it as a page.

    Notes
    -----
    Rows: conformal p-values among the reference's scores, and the method of Benjamini
    and Hochberg, which is valid for them [1]_. Columns: a column is repaired by giving
    each row the values of its nearest reference rows on the other columns; what this
    changes in the classifier's probabilities is compared with what it changes on clean
    rows. Of several columns that changed all are repaired and each is put back alone.
    Columns whose values did not change are asked last. Regions: a row counts by the
    rarer of its score and of what repairing the columns that changed does to it, or
    where none changed its most telling repair; one half of the rows is searched for
    rules, the other half tests them by permutation, with Holm's correction.

    References
    ----------
    .. [1] Bates, S., Candes, E., Lei, L., Romano, Y. and Sesia, M. (2023). Testing for
       outliers with conformal p-values. Annals of Statistics 51, 149-178.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from skdrift import DistillationScorer, HarmExplainer
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> X = X.iloc[:, 20:]
    >>> forest = RandomForestClassifier(30, random_state=0).fit(X[::3], y[::3])
    >>> scorer = DistillationScorer(FrozenEstimator(forest), random_state=0)
    >>> scorer = scorer.fit(X[1::3])
    >>> explainer = HarmExplainer(scorer, random_state=0).fit(X[1::3])
    >>> batch = X[2::3].copy()
    >>> batch["worst area"] *= 100
    >>> explainer.explain(batch).columns["worst area"]
    'changed and harmful: about 100 times larger'
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit"])],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "max_conditions": [Interval(Integral, 1, None, closed="left")],
        "min_share": [Interval(Real, 0, 0.5, closed="neither")],
        "max_reference": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        *,
        alpha=0.05,
        max_conditions=3,
        min_share=0.05,
        max_reference=5_000,
        random_state=None,
    ):
        self.estimator = estimator
        self.alpha = alpha
        self.max_conditions = max_conditions
        self.min_share = min_share
        self.max_reference = max_reference
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X_reference, y=None):
        """Take clean rows as what batches are compared with.

        Parameters
        ----------
        X_reference : DataFrame, ndarray of shape (n_samples, ...) or sequence of texts
            Clean rows that the classifier was not trained on. The rows that the
            detector was fitted on will do.
        y : None
            Ignored.

        Returns
        -------
        self : object
        """
        check_is_fitted(self.estimator)
        watched = WatchedModel.of(self.estimator)
        rows, kind = check_rows(X_reference)
        random_state = check_random_state(self.random_state)
        seed = int(random_state.randint(2**31 - 1))
        reference = X_reference if kind == "table" else rows
        if num_samples(rows) > self.max_reference:
            kept = random_state.permutation(num_samples(rows))[: self.max_reference]
            reference = safe_indexing(reference, np.sort(kept))
        scores = watched.scores(reference)
        names = input_test = donors = None
        if kind == "table":
            names = column_names(reference)
            input_test = InputDriftTest(alpha=self.alpha).fit(reference)
            if watched.proba is not None and len(names) > 1:
                donors = DonorTable(reference, watched.proba, seed)

        self.reference_ = reference
        self.reference_scores_ = np.sort(scores.T, axis=1)
        self.input_test_ = input_test
        self.columns_ = names
        self._scores = scores
        self._donors = donors
        self._kind = kind
        self._seed = seed
        return self

    def explain(self, X_batch):
        """Say what is to blame in a batch.

        Parameters
        ----------
        X_batch : DataFrame, ndarray of shape (n_samples, ...) or sequence of texts
            Rows like those of `fit`.

        Returns
        -------
        explanation : HarmExplanation
        """
        check_is_fitted(self, "reference_scores_")
        self._validate_params()
        rows, kind = check_rows(X_batch)
        if kind != self._kind:
            raise ValueError(
                f"HarmExplainer was fitted on rows of kind {self._kind!r}; got rows of "
                f"kind {kind!r}."
            )
        batch = X_batch if kind == "table" else rows
        watched = WatchedModel.of(self.estimator)
        scores = watched.scores(batch)
        p_values = conformal_p_values(scores, self.reference_scores_)
        flagged = flagged_rows(p_values, self.alpha)
        segments, columns, table, words = (), {}, None, {}
        if kind == "table":
            result = self.input_test_.predict(batch)
            changes = {str(name): words for name, words in result.columns.items()}
            segments = self._find_segments(watched, batch, scores, changes)
            columns, table = self._find_columns(watched, batch, changes)
        elif kind == "text" and flagged:
            texts = safe_indexing(batch, list(flagged))
            words = find_words(texts, self.reference_, self.alpha)
        return HarmExplanation(
            rows=flagged,
            segment=segments[0] if segments else Segment(),
            columns=columns,
            segments=segments,
            words=words,
            row_p_values=p_values,
            column_table=table,
            alpha=self.alpha,
        )

    def _find_segments(self, watched, batch, scores, changes):
        if min(num_samples(batch), num_samples(self.reference_)) < _LEAST_ROWS:
            return ()
        reference, pair = self.reference_, (scores, self._scores)
        if num_samples(batch) > _MOST_SEARCHED:
            random_state = np.random.RandomState(self._seed)
            drawn = random_state.permutation(num_samples(batch))[:_MOST_SEARCHED]
            batch, pair = safe_indexing(batch, drawn), (scores[drawn], self._scores)
        points = pair
        if self._donors is not None:
            # What a repair of the row changes is one more score.
            donors, proba = self._donors, watched.proba
            reference = donors.controls
            points = pair[0], self._scores[donors.control_rows]
            changed = self._places(changes)
            if 0 < len(changed) < len(self.columns_):
                repaired = [
                    donors.joint_changes(rows, proba, changed)
                    for rows in (batch, reference)
                ]
            else:
                repaired = donors.largest_changes(batch, proba), donors.largest
            pair = tuple(map(np.column_stack, zip(points, repaired)))
        known = np.sort(pair[1].T, axis=1)
        p_values = [conformal_p_values(part, known) for part in pair]
        # A row of the reference is compared with the others, as a fresh one is.
        n_known = len(pair[1])
        p_values[1] = ((n_known + 1) * p_values[1] - 1) / n_known
        rare = [(part <= _RARE).astype(float) for part in p_values]
        shown = [(rare, _UNIT_OF_RARE)]
        if watched.in_points:
            shown.insert(0, ([part[:, 0] for part in points], "points lost"))
        return tuple(
            find_segments(
                (batch, reference),
                # The rarest count most.
                [-np.log(part) for part in p_values],
                shown,
                names=self.columns_,
                alpha=self.alpha,
                max_conditions=self.max_conditions,
                min_share=self.min_share,
                seed=self._seed,
            )
        )

    def _places(self, changes):
        return [place for place, name in enumerate(self.columns_) if name in changes]

    def _find_columns(self, watched, batch, changes):
        """Blame columns: first among those that changed, then among all others."""
        names = self.columns_
        repairs = []
        if self._donors is not None:
            changed = self._places(changes)
            others = [place for place, name in enumerate(names) if name not in changes]
            random_state = np.random.RandomState(self._seed)
            if 1 < len(changed) < len(names):
                repairs = self._donors.find_harmful(
                    batch, watched.proba, changed, names, random_state
                )
            repaired = batch
            if not repairs:
                repairs, repaired = self._donors.find_repairs(
                    batch, watched.proba, changed, names, random_state
                )
            if not repairs:
                repairs, _ = self._donors.find_repairs(
                    repaired, watched.proba, others, names, random_state, at_most=2
                )
        harmful = {repair.column: repair for repair in repairs}
        columns = {
            name: "changed and harmful: " + changes[name]
            if name in changes
            else "harmful, though its values as such did not change: "
            "they do not fit the other columns"
            for name in harmful
        }
        columns |= {
            name: f"changed, no harm seen: {words}"
            for name, words in changes.items()
            if name not in harmful
        }
        return columns, column_table(names, columns, harmful, changes)


def flagged_rows(p_values, alpha):
    """Rows that stand out, by Benjamini and Hochberg's method.

    Parameters
    ----------
    p_values : ndarray of shape (n_samples,)
    alpha : float
        The share of false rows among those flagged is at most this, on average.

    Returns
    -------
    rows : dict of int to float
        Positions and p-values, the smallest p-value first.
    """
    adjusted = adjust_p_values(p_values, "fdr_bh")
    order = np.argsort(p_values, kind="stable")
    return {int(row): float(p_values[row]) for row in order if adjusted[row] <= alpha}


def column_table(names, columns, harmful, changes):
    """Figures of all columns, those to blame first."""
    order = [*columns, *(name for name in names if name not in columns)]
    lines = []
    for name in order:
        repair = harmful.get(name)
        verdict = "unchanged"
        if repair is not None:
            verdict = "changed and harmful" if name in changes else "harmful"
        elif name in changes:
            verdict = "changed, no harm seen"
        lines.append(
            (
                name,
                verdict,
                repair.excess if repair else np.nan,
                repair.error if repair else np.nan,
                changes.get(name, ""),
            )
        )
    return pd.DataFrame(
        lines, columns=["column", "verdict", "excess", "error", "change"]
    )
