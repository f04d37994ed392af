"""Tests of the upper tail as an estimator."""

import warnings
from numbers import Real

from skdrift._sklearn import Interval, StrOptions
from skdrift.detection._base import BaseDriftTest
from skdrift.stats._berk_jones import berk_jones_test, berk_jones_test_counts
from skdrift.stats._exceedance import (
    exceedance_test,
    exceedance_test_counts,
    tie_at_quantile,
)


class TailDriftTest(BaseDriftTest):
    """Test of batches against a reference for too many large values.

    Where a few rows of a batch do harm, their scores crowd into the upper tail, which a
    distance between distribution functions hardly notices. This test counts there. Its
    p-value is exact given the sizes and the ties, whatever the distribution.

    Parameters
    ----------
    statistic : {"exceedance", "berk_jones"}, default="exceedance"
        "exceedance": the number of batch values above the reference's ``q`` quantile,
        with its hypergeometric distribution; where the quantile is the reference's
        largest value, because too many share it, values equal to it count as well, and
        `fit` warns. "berk_jones": the most surprising of all
        such counts, taken at every cut through the upper half of the pooled values,
        with the exact joint distribution of all of them. It needs no quantile and
        sees a little more, also of what does no harm.
    q : float, default=0.95
        Quantile of the reference above which values are counted by "exceedance". A
        higher one is calmer where many rows have changed and do no harm.
    alpha : float, default=0.05
        Drift is flagged where the corrected p-value is at most ``alpha``.
    correction : {"bonferroni", "holm", "fdr_bh", "fdr_by"}, default="bonferroni"
        Correction for the number of features. The first two bound the probability of
        any false alarm in a batch, the others the expected share of false alarms among
        the features flagged. None: no correction.
    min_effect : float, default=0.0
        Tolerated excess of the batch's share of large values over that of the
        reference, such as 0.05 for five rows in a hundred. "exceedance" flags a batch
        only where its excess is larger; "berk_jones" leaves out of its statistic, and
        of the distribution under the null hypothesis, all cuts where it is not.
    confidence : float, default=None
        With .95, false alarms are at most ``alpha`` given the reference at hand, for 95
        references in a hundred, however long it is used. That costs power, more so with
        a small reference. None: they are at most ``alpha`` on average over references.
    window : {"last", "reservoir"} or None, default=None
        How `partial_fit` keeps the reference from growing: "last" holds the last
        ``max_reference`` rows, "reservoir" a uniform random sample of all rows. None
        holds all.
    max_reference : int, default=None
        Rows that a window holds. None: as many as the first call brought.
    nan_policy : {"raise", "omit"}, default="raise"
        "raise" refuses NaN and infinity. "omit" leaves NaN out, each feature for
        itself, and ranks infinity, as in `KSDriftTest`.
    random_state : int, RandomState instance or None, default=None
        Decides which rows a reservoir keeps.

    Attributes
    ----------
    reference_ : ndarray of shape (n_features, n_reference)
        The reference values of each feature in ascending order, omitted ones last as
        NaN.
    reference_size_ : ndarray of int of shape (n_features,)
        Reference values of each feature, omitted ones not counted.
    max_reference_ : int
        Rows that a window holds.
    n_samples_seen_ : int
        Rows given to `fit` and `partial_fit` since the last `fit`.
    random_state_ : RandomState
        The reservoir's source of random choices.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of str of shape (`n_features_in_`,)
        Names of the features, if X had string column names in `fit`.

    See Also
    --------
    KSDriftTest : Compares the whole distribution.

    Notes
    -----
    A cut through the pooled values leaves s of them above it, i from the batch. Under
    the null hypothesis i is hypergeometric, and the probability of at least i is the
    p-value of Fisher's exact test at this cut. The Berk-Jones statistic is the largest
    -log10 of these over all cuts with a value of the upper half just above them,
    rounded down to hundredths; for the one-sample problem that is the form which
    Moscovich et al. call exact. Beyond 4,000 pooled values the cuts are thinned to
    steps of one percent of the values above them, which keeps the test exact.

    The exceedance statistic is the share of the batch minus the share of the reference
    above the quantile.

    Where ``result.p_value_method`` says "upper_bound", the p-value is at least as large
    as the exact one: with thousands of rows in a batch, and for "exceedance" with very
    large ties at the quantile. "ties_broken" is what Berk-Jones says of counts with
    several batch values between two neighbouring reference values: it takes them as
    distinct. The p-value is valid, as with ties broken at random.

    References
    ----------
    .. [1] Berk, R. H. and Jones, D. H. (1979). Goodness-of-fit test statistics that
       dominate the Kolmogorov statistics. Zeitschrift fuer Wahrscheinlichkeitstheorie
       und verwandte Gebiete 47, 47-59.
    .. [2] Moscovich, A., Nadler, B. and Spiegelman, C. (2016). On the exact Berk-Jones
       statistics and their p-value calculation. Electronic Journal of Statistics 10,
       2329-2354.

    Examples
    --------
    Ten rows in a hundred have become large:

    >>> import numpy as np
    >>> from skdrift import TailDriftTest
    >>> rng = np.random.default_rng(0)
    >>> reference = rng.normal(size=(1000, 1))
    >>> batch = rng.normal(size=(100, 1))
    >>> batch[:10] += 3
    >>> bool(TailDriftTest().fit(reference).predict(batch))
    True
    """

    _parameter_constraints: dict = {
        **BaseDriftTest._parameter_constraints,
        "statistic": [StrOptions({"berk_jones", "exceedance"})],
        "confidence": [Interval(Real, 0, 1, closed="neither"), None],
        "q": [Interval(Real, 0, 1, closed="neither")],
    }

    def __init__(
        self,
        *,
        statistic="exceedance",
        q=0.95,
        alpha=0.05,
        correction="bonferroni",
        min_effect=0.0,
        confidence=None,
        window=None,
        max_reference=None,
        nan_policy="raise",
        random_state=None,
    ):
        self.statistic = statistic
        self.q = q
        self.alpha = alpha
        self.correction = correction
        self.min_effect = min_effect
        self.confidence = confidence
        self.window = window
        self.max_reference = max_reference
        self.nan_policy = nan_policy
        self.random_state = random_state

    def fit(self, X, y=None, groups=None):
        """Take the rows of X as the reference.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Reference values, one test per column.
        y : None
            Ignored.
        groups : array-like of shape (n_samples,), default=None
            Where rows are not exchangeable, such as in time order: the hour, day or
            user that each row belongs to; as in :class:`BaseDriftTest`.

        Returns
        -------
        self : object
        """
        super().fit(X, y, groups)
        if self.statistic == "exceedance":
            for column, known, size in zip(
                self._feature_names(), self.reference_, self.reference_size_
            ):
                self._warn_of_tie(column, known[:size])
        return self

    def _warn_of_tie(self, column, known):
        """Tell where ties leave hardly anything above the quantile."""
        tied, above, allowed = tie_at_quantile(known, self.q)
        if tied == 1 or above >= allowed or above > allowed / 4:
            return
        if tied + above == known.size:
            # Of scores that are zero for nearly all rows, whatever is larger counts.
            return
        if above == 0:
            what = "so that none lies above it; values equal to it count as well"
        else:
            what = (
                f"so that only {above / known.size:.1%} lie above it; choose another "
                "q, or statistic='berk_jones'"
            )
        warnings.warn(
            f"{tied / known.size:.0%} of the reference values of column {column!r} "
            f"share its {self.q:g} quantile, {what}.",
            UserWarning,
            stacklevel=3,
        )

    def test_batches(self, reference, batches):
        """Test a stack of batches; see :class:`BaseDriftTest`."""
        if self.statistic == "exceedance":
            return exceedance_test(reference, batches, self.q, self.confidence)
        return berk_jones_test(reference, batches, self.min_effect, self.confidence)

    def test_counts(self, reference, below, not_above, size):
        """Test one feature by its counts; see :class:`BaseDriftTest`."""
        counts = reference, below, not_above, size
        if self.statistic == "exceedance":
            return exceedance_test_counts(*counts, self.q, self.confidence)
        return berk_jones_test_counts(*counts, self.min_effect, self.confidence)
