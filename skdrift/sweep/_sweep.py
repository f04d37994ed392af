"""The study that tells whether a detector is worth deploying."""

from numbers import Integral
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.model_selection import ParameterGrid
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdrift._sklearn import HasMethods, Interval, fit_context
from skdrift.sweep import _tables
from skdrift.sweep._batches import BatchPlan, run_candidates, warn_of_small_pools
from skdrift.sweep._division import divide_rows
from skdrift.sweep._input import (
    check_fractions,
    check_rows,
    check_severities,
    split_candidates,
)
from skdrift.sweep._progress import progress_bar
from skdrift.sweep._report import html_report, html_summary, say_verdict
from skdrift.sweep._row_pools import KINDS, score_rows
from skdrift.sweep._scorer_family import build_families, split_detector
from skdrift.sweep._twins import ShiftedTwins


class ContaminationSweep(MetaEstimatorMixin, BaseEstimator):
    """Measure what a drift detector catches and how often it cries wolf.

    Batches of clean rows are contaminated with a growing fraction of shifted rows, once
    with harmful ones (the classifier was right on the clean row and is wrong on its
    shifted twin) and once with harmless ones (right on both), and the detector's test
    is run on every batch.

    The rows of X are divided at random into reference rows, clean rows for the batches
    and twin rows, whose shifted versions contaminate the batches; no row plays two
    parts. Every row is scored once per teacher and student, whatever the number of
    candidates and batches.

    Parameters
    ----------
    detector : Pipeline
        Optional preprocessing, a scorer such as :class:`DistillationScorer`, and a test
        such as :class:`KSDriftTest`. All but the test is fitted on the reference rows
        and their labels, the test on their scores. What is wrapped in
        :class:`~sklearn.frozen.FrozenEstimator`, a single step or the whole Pipeline,
        is used as it is.
    param_grid : dict or list of dict, default=None
        Candidates to compare, in the syntax of
        :class:`~sklearn.model_selection.ParameterGrid`: parameters of `detector` and
        `batch_size`.
    fractions : array-like of float, default=(0, 0.1, ..., 1)
        Shares of a batch that are shifted rows, in [0, 1]. A batch holds exactly
        ``round(fraction * batch_size)`` of them (a half goes to the even number).
        Fraction 0 measures the false alarms on clean batches.
    batch_size : int, default=100
        Rows per batch.
    n_batches : int, default=100
        Batches per candidate, severity, kind and fraction.
    reference_size : int, default=None
        Number of reference rows. None takes a third of X, or all of `X_reference`.
    n_jobs : int, default=None
        Jobs that run the tests in parallel, through joblib. It changes no result.
    random_state : int, RandomState instance or None, default=None
        Divides the rows and composes the batches. Candidates with the same teacher meet
        the same batches.
    verbose : int, default=0
        Above 0, one progress bar for the whole sweep (needs rich or tqdm).

    Attributes
    ----------
    results_ : DataFrame
        One row per test: candidate, severity, kind, fraction, batch, p_value,
        statistic (the largest over the score columns), is_drift. Where the rows of a
        kind were too few (below 10), p_value, statistic and is_drift are missing.
    candidates_ : DataFrame
        One row per candidate: its number, batch_size, alpha, and the parameters of
        `param_grid`, as text where they are not numbers.
    params_ : list of dict
        The parameters of each candidate as given.
    scores_ : DataFrame
        Per candidate, severity, kind (clean, harmful, harmless) and score column
        (feature): n_rows, mean, std and quantiles. The clean rows are those of the
        batches, the same at every severity.
    accuracy_ : DataFrame
        Per candidate and severity: the teacher's accuracy on the shifted twin rows and
        on the same rows clean, and how many shifted rows are harmful and harmless.
    auroc_ : DataFrame
        Per candidate, severity and score column: area under the ROC curve of harmful
        against harmless rows.
    n_reference_, n_clean_, n_twins_ : int
        How many rows play each part.

    Notes
    -----
    All batches of a sweep meet one reference. With some hundred rows it can make a test
    that is calibrated on average raise twice or four times as many false alarms as its
    alpha, or none. The Wilson intervals tell the error of drawing batches, not this;
    sweeps with other values of `random_state` do.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdrift import ContaminationSweep, DistillationScorer, KSDriftTest
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> teacher = GaussianNB(var_smoothing=0.01).fit(X[:600], y[:600])
    >>> X, y = X[600:], y[600:]
    >>> rng = np.random.default_rng(0)
    >>> shifted = {s: X + rng.normal(0, 0.1 * s, X.shape) for s in (2, 4)}
    >>> detector = make_pipeline(
    ...     DistillationScorer(FrozenEstimator(teacher), random_state=0),
    ...     KSDriftTest(alternative="greater"),
    ... )
    >>> sweep = ContaminationSweep(
    ...     detector, fractions=(0, 0.5), batch_size=40, n_batches=20, random_state=0
    ... )
    >>> sweep.fit(X, y, shifted).results_.shape
    (160, 8)
    """

    _parameter_constraints = {
        "detector": [HasMethods(["fit", "predict"])],
        "param_grid": [dict, list, None],
        "fractions": ["array-like"],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "n_batches": [Interval(Integral, 1, None, closed="left")],
        "reference_size": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        detector,
        *,
        param_grid=None,
        fractions=(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1),
        batch_size=100,
        n_batches=100,
        reference_size=None,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.detector = detector
        self.param_grid = param_grid
        self.fractions = fractions
        self.batch_size = batch_size
        self.n_batches = n_batches
        self.reference_size = reference_size
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X,
        y,
        X_shifted,
        *,
        X_reference=None,
        groups=None,
        groups_reference=None,
        twins=None,
    ):
        """Score all rows, run the detector on every batch, and keep the results.

        Parameters
        ----------
        X : array-like of shape (n, ...), DataFrame or list of text
            Clean rows that the teacher has not seen.
        y : array-like of shape (n,)
            Their true classes.
        X_shifted : dict
            Severity (number or text) to shifted rows, or to a function without
            arguments that returns them. The r * n shifted rows are r blocks of n, block
            j being the j-th corruption of the rows of X in their order. Only one
            severity is held in memory at a time when functions are given.
        X_reference : same type as X, default=None
            Clean rows for the reference, without labels. None takes them from X.
        groups : array-like of shape (n,), default=None
            Labels of what rows of X have in common, such as a user, a patient or a day.
            No group plays two parts, and the scorer and the test are fitted with the
            groups of the reference rows where they take ``groups``.
        groups_reference : array-like of shape (n_reference,), default=None
            The groups of the rows of `X_reference`; needed where both are given.
        twins : True or None, default=None
            None checks whether the shifted rows have more in common with their own
            rows of X than with others; True takes their word for it. Shifts that leave
            nothing of a row need it, such as values that are shuffled in every column.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or input cannot be used, or `X_shifted` holds no twins of the
            rows of X; the message says why.
        TypeError
            If `detector` is not a scorer followed by a test.
        """
        fractions = check_fractions(self.fractions)
        given = check_rows(X, y, groups, X_reference, groups_reference)
        severities = check_severities(X_shifted)
        _, _, frozen = split_detector(self.detector)
        params = list(ParameterGrid(self.param_grid or {}))
        of_detector, batch_sizes = split_candidates(params, self.batch_size)
        families, candidates = build_families(self.detector, of_detector, batch_sizes)
        entropy = int(check_random_state(self.random_state).randint(2**31))
        rng = np.random.default_rng(entropy)
        rows = divide_rows(given, self.reference_size, frozen, rng)
        shifted_rows = ShiftedTwins(X_shifted, rows, twins)
        plan = BatchPlan(fractions, self.batch_size, self.n_batches, (entropy,))

        n_steps = len(families) * (1 + len(severities))
        n_steps += len(candidates) * len(severities)
        with progress_bar("Contamination sweep", n_steps, self.verbose) as advance:
            pools = score_rows(families, rows, shifted_rows, severities, advance)
            warn_of_small_pools(candidates, pools, severities, fractions)
            outcomes = run_candidates(
                candidates, pools, severities, plan, self.n_jobs, advance
            )

        members = [(pools[each.family], each.member) for each in candidates]
        axes = {
            "candidate": range(len(candidates)),
            "severity": severities,
            "kind": KINDS,
            "fraction": fractions,
            "batch": range(self.n_batches),
        }
        self.results_ = _tables.result_table(axes, *outcomes)
        self.params_ = params
        self.candidates_ = _tables.candidate_table(
            params, batch_sizes, [each.test for each in candidates]
        )
        self.scores_ = _tables.per_candidate(pool.describe(k) for pool, k in members)
        self.accuracy_ = _tables.per_candidate(pool.accuracy() for pool, _ in members)
        self.auroc_ = _tables.per_candidate(pool.auroc(k) for pool, k in members)
        self.n_reference_ = rows.n_reference
        self.n_clean_, self.n_twins_ = len(rows.clean), len(rows.twins)
        return self

    def _study_tables(self):
        check_is_fitted(self, "results_")
        return _tables.StudyTables(
            candidates=self.candidates_,
            summary=_tables.summarize(self.results_),
            false_alarms=_tables.false_alarm_rate(self.results_),
            scores=self.scores_,
            accuracy=self.accuracy_,
            auroc=self.auroc_,
            n_rows=(self.n_reference_, self.n_clean_, self.n_twins_),
            n_batches=self.results_["batch"].nunique(),
        )

    def summary(self):
        """Return one row per candidate, severity, kind and fraction.

        Returns
        -------
        DataFrame
            n_batches, p_mean, p_std, p_min, p_max, detection_rate and its Wilson 95%
            interval detection_low, detection_high.
        """
        check_is_fitted(self, "results_")
        return _tables.summarize(self.results_)

    def false_alarm_rate(self):
        """Return the share of clean batches that were flagged, per candidate.

        Returns
        -------
        DataFrame
            candidate, n_batches, rate and its Wilson 95% interval low, high. Empty
            unless fraction 0 was swept.
        """
        check_is_fitted(self, "results_")
        return _tables.false_alarm_rate(self.results_)

    def detection_limit(self, power=0.8, *, kind="harmful"):
        """Return the smallest fraction that is caught with a given power.

        Parameters
        ----------
        power : float, default=0.8
            Detection rate to reach, in (0, 1].
        kind : {"harmful", "harmless"}, default="harmful"
            Which contamination.

        Returns
        -------
        DataFrame
            candidate, severity, and fraction: the smallest swept fraction from which on
            the detection rate stays at `power` or above; NaN if there is none.
        """
        check_is_fitted(self, "results_")
        if not 0 < power <= 1:
            raise ValueError(f"power must lie in (0, 1]; got {power!r}.")
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {KINDS}; got {kind!r}.")
        return _tables.detection_limit(self.summary(), power, kind)

    def selectivity(self, *, harmful_fraction=0.2, harmless_fraction=0.9):
        """Return how far detection of harm exceeds alarms without harm.

        Parameters
        ----------
        harmful_fraction, harmless_fraction : float
            Where the two detection curves are read for `gap`.

        Returns
        -------
        DataFrame
            candidate, severity; area: the mean gap between the harmful and the harmless
            detection curve over the swept fractions (trapezoidal rule), in [-1, 1];
            harmful, harmless: the detection rates at `harmful_fraction` and
            `harmless_fraction`, NaN where these were not swept; gap: their difference.
        """
        check_is_fitted(self, "results_")
        return _tables.selectivity(self.summary(), harmful_fraction, harmless_fraction)

    def verdict(self, candidate=None, *, power=0.8):
        """Say in plain words what a detector catches and how often it cries wolf.

        Parameters
        ----------
        candidate : int, default=None
            Number of the candidate. None takes the most selective one.
        power : float, default=0.8
            Share of batches that counts as caught.

        Returns
        -------
        str
        """
        tables = self._study_tables()
        candidate = _tables.choose_candidate(
            tables.candidates, tables.summary, candidate
        )
        return say_verdict(tables, candidate, power)

    def report(self, path=None):
        """Return the whole study as one self-contained HTML page.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write the page to as well.

        Returns
        -------
        str
        """
        page = html_report(self._study_tables())
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def choose_candidate(self, candidate=None):
        """Check the number of a candidate; None chooses the most selective one.

        Parameters
        ----------
        candidate : int, default=None
            None chooses the largest mean `area` of :meth:`selectivity`.

        Returns
        -------
        int
        """
        summary = self.summary()
        return _tables.choose_candidate(self.candidates_, summary, candidate)

    def _repr_html_(self):
        if not hasattr(self, "results_"):
            return super()._repr_html_()
        return html_summary(self._study_tables())

    def _repr_mimebundle_(self, **kwargs):
        if not hasattr(self, "results_"):
            return super()._repr_mimebundle_(**kwargs)
        return {"text/plain": repr(self), "text/html": self._repr_html_()}
