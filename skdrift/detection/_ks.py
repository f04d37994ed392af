"""The two-sample Kolmogorov-Smirnov test as an estimator."""

from numbers import Real

from skdrift._sklearn import Interval, StrOptions
from skdrift.detection._base import BaseDriftTest
from skdrift.stats._ks import ALTERNATIVES, ks_test, ks_test_counts


class KSDriftTest(BaseDriftTest):
    """Two-sample Kolmogorov-Smirnov test of batches against a reference.

    Compares the distribution function of a batch of m values with that of the n
    reference values, feature by feature. The statistic D is their largest distance; the
    p-value is the share of all arrangements of the pooled values, ties kept, with a
    distance at least as large. It holds whatever the distribution of the values.

    Parameters
    ----------
    alpha : float, default=0.05
        Drift is flagged where the corrected p-value is at most ``alpha``.
    alternative : {"two-sided", "greater", "less"}, default="two-sided"
        "greater": batch values tend to be larger than reference values, which is what
        harm scores do; "less": smaller; "two-sided": any difference.
    method : {"auto", "exact", "asymptotic"}, default="auto"
        "exact" is the permutation distribution given the ties. "asymptotic" is the
        one-sample distribution at the smaller sample's size; it ignores ties, which
        makes it conservative. "auto" is exact where that costs less than about 50 ms a
        batch: without ties up to 2,500 values in the smaller sample and
        (n + m) min(n, m) = 1e8, with few distinct values up to millions. Beyond, it is
        asymptotic and honours the ties.
    correction : {"bonferroni", "holm", "fdr_bh", "fdr_by"}, default="bonferroni"
        Correction for the number of features. The first two bound the probability of
        any false alarm in a batch, the others the expected share of false alarms among
        the features flagged. None: no correction.
    min_effect : float, default=0.0
        Drift is flagged only where the statistic also exceeds this. With very large
        batches every trifle is significant; ``min_effect`` says how large a distance
        between the distribution functions is worth an alarm.
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
        itself, and ranks infinity; see the notes.
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
    scipy.stats.ks_2samp : One test of two samples.

    Notes
    -----
    With few rows no p-value can be small: the smallest possible is
    ``2 / binom(n + m, m)`` (``1 / binom(n + m, m)`` one-sided). A constant feature that
    stays at its constant has statistic 0 and p-value 1.

    With ``confidence``, the population's distribution function is known up to a band
    around the reference's, of the width that the exact one-sample distribution gives;
    the p-value is the probability of a distance at least as large to the worst
    population within the band, summed over both sides if two-sided.

    Batch and reference are compared in the coarser of their floating point types, so
    that equal decimals stay equal.

    With ``nan_policy="omit"`` the result tells how many values of each feature were
    tested and left out, and a warning says where the share of missing values has
    jumped. A feature without any value in a batch has NaN for statistic and p-value;
    it is flagged all the same if so many missing values would come about by chance
    with a probability of at most a millionth (hypergeometric, given the reference's).

    References
    ----------
    .. [1] Schroeer, G. and Trenkler, D. (1995). Exact and randomization distributions
       of Kolmogorov-Smirnov tests two or three samples. Computational Statistics & Data
       Analysis 20, 185-202.
    .. [2] Viehmann, T. (2021). Numerically more stable computation of the p-values for
       the two-sample Kolmogorov-Smirnov test. arXiv:2102.08037.

    Examples
    --------
    >>> import numpy as np
    >>> from skdrift import KSDriftTest
    >>> rng = np.random.default_rng(1)
    >>> test = KSDriftTest(alternative="greater").fit(rng.normal(size=(1000, 1)))
    >>> result = test.predict(rng.normal(0.5, size=(100, 1)))
    >>> result.is_drift
    True
    >>> f"{result.p_value:.1e}"
    '1.4e-03'

    Several batches at once:

    >>> X = rng.normal(size=(300, 1)) + np.repeat([[0.0], [0.0], [1.0]], 100, axis=0)
    >>> test.predict(X, groups=np.repeat(["mon", "tue", "wed"], 100)).is_drift
    array([False, False,  True])
    """

    _parameter_constraints: dict = {
        **BaseDriftTest._parameter_constraints,
        "alternative": [StrOptions(set(ALTERNATIVES))],
        "confidence": [Interval(Real, 0, 1, closed="neither"), None],
        "method": [StrOptions({"auto", "exact", "asymptotic"})],
    }

    def __init__(
        self,
        *,
        alpha=0.05,
        alternative="two-sided",
        method="auto",
        correction="bonferroni",
        min_effect=0.0,
        confidence=None,
        window=None,
        max_reference=None,
        nan_policy="raise",
        random_state=None,
    ):
        self.alpha = alpha
        self.alternative = alternative
        self.method = method
        self.correction = correction
        self.min_effect = min_effect
        self.confidence = confidence
        self.window = window
        self.max_reference = max_reference
        self.nan_policy = nan_policy
        self.random_state = random_state

    def test_batches(self, reference, batches):
        """Test a stack of batches; see :class:`BaseDriftTest`."""
        return ks_test(
            reference,
            batches,
            alternative=self.alternative,
            method=self.method,
            confidence=self.confidence,
        )

    def test_counts(self, reference, below, not_above, size):
        """Test one feature by its counts; see :class:`BaseDriftTest`."""
        return ks_test_counts(
            reference,
            below,
            not_above,
            size,
            alternative=self.alternative,
            method=self.method,
            confidence=self.confidence,
        )
