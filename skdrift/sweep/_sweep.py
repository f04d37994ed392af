"""The study that tells whether a detector is worth deploying."""

from numbers import Integral
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.model_selection import ParameterGrid
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skdrift._sklearn import (
    HasMethods,
    Interval,
    fit_context,
    num_samples,
    safe_indexing,
)
from skdrift.sweep import _tables as _sweep_tables
from skdrift.sweep._batches import run_batches, warn_of_small_pools
from skdrift.sweep._input import (
    check_fractions,
    check_severities,
    divide_rows,
    shifted_twins,
    split_candidates,
)
from skdrift.sweep._progress import progress_bar
from skdrift.sweep._report import verdict_sentence
from skdrift.sweep._row_pools import KINDS, RowPools
from skdrift.sweep._scorer_family import build_families, split_detector


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
    def fit(self, X, y, X_shifted, *, X_reference=None):
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

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or input cannot be used; the message says why.
        TypeError
            If `detector` is not a scorer followed by a test.
        """
        fractions = check_fractions(self.fractions)
        y = column_or_1d(y)
        check_consistent_length(X, y)
        severities = check_severities(X_shifted)
        _, _, frozen = split_detector(self.detector)
        params, batch_sizes = split_candidates(self.param_grid, self.batch_size)
        families, places, tests = build_families(self.detector, params)

        entropy = int(check_random_state(self.random_state).randint(2**31))
        rng = np.random.default_rng(entropy)
        reference, clean, twins = divide_rows(
            X, X_reference, self.reference_size, frozen, rng
        )
        if frozen:
            X_fit, y_fit = None, None
        elif X_reference is None:
            X_fit, y_fit = safe_indexing(X, reference), safe_indexing(y, reference)
        else:
            X_fit, y_fit = safe_indexing(X_reference, reference), None

        n_steps = len(families) * (1 + len(severities)) + len(tests) * len(severities)
        with progress_bar("Contamination sweep", n_steps, self.verbose) as advance:
            pools = []
            for family in families:
                pools.append(RowPools(family, X_fit, y_fit, X, y, clean, twins))
                advance()
            for severity in severities:
                rows = shifted_twins(X_shifted, severity, num_samples(X), twins)
                for pool in pools:
                    pool.add(severity, rows)
                    advance()
                del rows
            warn_of_small_pools(pools, places, severities, fractions, batch_sizes)
            results = self._run_tests(
                pools,
                places,
                tests,
                severities,
                fractions,
                batch_sizes,
                entropy,
                advance,
            )

        members = [(pools[family], place) for family, place in places]
        self.results_ = results
        self.params_ = list(ParameterGrid(self.param_grid or {}))
        self.candidates_ = _sweep_tables.candidate_table(
            self.params_, batch_sizes, tests
        )
        self.scores_ = _sweep_tables.per_candidate(
            pool.describe(k) for pool, k in members
        )
        self.accuracy_ = _sweep_tables.per_candidate(
            pool.accuracy() for pool, _ in members
        )
        self.auroc_ = _sweep_tables.per_candidate(pool.auroc(k) for pool, k in members)
        self.n_reference_, self.n_clean_, self.n_twins_ = map(
            len, (reference, clean, twins)
        )
        return self

    def _run_tests(
        self, pools, places, tests, severities, fractions, batch_sizes, entropy, advance
    ):
        """Run every candidate's test on every batch."""
        fitted = []
        for (family, place), test in zip(places, tests, strict=True):
            reference_scores = pools[family].reference_scores
            if reference_scores is not None:
                test = clone(test).fit(reference_scores[place])
            fitted.append(test)
        tasks = [
            delayed(run_batches)(
                test,
                pools[family].clean_scores[place],
                pools[family].shifted_scores(severity, place),
                fractions,
                batch_size,
                self.n_batches,
                (entropy, s),
            )
            for test, (family, place), batch_size in zip(
                fitted, places, batch_sizes, strict=True
            )
            for s, severity in enumerate(severities)
        ]
        cells = []
        # In portions, for the bar: not every backend returns results one by one.
        portion = 8 * effective_n_jobs(self.n_jobs)
        for start in range(0, len(tasks), portion):
            part = tasks[start : start + portion]
            cells.extend(Parallel(n_jobs=self.n_jobs)(part))
            for _ in part:
                advance()
        index = pd.MultiIndex.from_product(
            [range(len(tests)), severities, KINDS, fractions, range(self.n_batches)],
            names=["candidate", "severity", "kind", "fraction", "batch"],
        )
        results = index.to_frame(index=False)
        results["p_value"] = np.concatenate([p for p, _, _ in cells])
        results["statistic"] = np.concatenate([statistic for _, statistic, _ in cells])
        flags = np.concatenate([is_drift for _, _, is_drift in cells])
        results["is_drift"] = pd.array(flags, dtype="boolean")
        return results

    def summary(self):
        """Return one row per candidate, severity, kind and fraction.

        Returns
        -------
        DataFrame
            n_batches, p_mean, p_std, p_min, p_max, detection_rate and its Wilson 95%
            interval detection_low, detection_high.
        """
        check_is_fitted(self, "results_")
        return _sweep_tables.summarize(self.results_)

    def false_alarm_rate(self):
        """Return the share of clean batches that were flagged, per candidate.

        Returns
        -------
        DataFrame
            candidate, n_batches, rate and its Wilson 95% interval low, high. Empty
            unless fraction 0 was swept.
        """
        check_is_fitted(self, "results_")
        return _sweep_tables.false_alarm_rate(self.results_)

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
        return _sweep_tables.detection_limit(self.summary(), power, kind)

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
        return _sweep_tables.selectivity(
            self.summary(), harmful_fraction, harmless_fraction
        )

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
        candidate = self.choose_candidate(candidate)
        limits = self.detection_limit(power)
        summary, limits, false_alarms = (
            table[table["candidate"] == candidate]
            for table in (self.summary(), limits, self.false_alarm_rate())
        )
        chosen = self.candidates_.set_index("candidate").loc[candidate]
        return verdict_sentence(
            summary, limits, false_alarms, chosen["batch_size"], chosen["alpha"], power
        )

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
        from skdrift.sweep._report import html_report

        check_is_fitted(self, "results_")
        page = html_report(self)
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
        check_is_fitted(self, "results_")
        numbers = list(self.candidates_["candidate"])
        if candidate is None:
            area = self.selectivity().groupby("candidate")["area"].mean()
            return 0 if area.isna().all() else int(area.idxmax())
        if candidate not in numbers:
            raise ValueError(f"candidate must be one of {numbers}; got {candidate!r}.")
        return int(candidate)

    def _repr_html_(self):
        if not hasattr(self, "results_"):
            return super()._repr_html_()
        from skdrift.sweep._report import html_summary

        return html_summary(self)

    def _repr_mimebundle_(self, **kwargs):
        if not hasattr(self, "results_"):
            return super()._repr_mimebundle_(**kwargs)
        return {"text/plain": repr(self), "text/html": self._repr_html_()}
