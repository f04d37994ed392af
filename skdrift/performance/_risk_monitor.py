"""RiskMonitor: the risk of a classifier from few labels, at any time."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.isotonic import IsotonicRegression
from sklearn.utils import check_random_state, indexable
from sklearn.utils.validation import check_is_fitted

from skdrift._sklearn import HasMethods, Interval, fit_context, num_samples
from skdrift.performance._drawn_batch import DrawnBatch
from skdrift.performance._risk_state import RiskState
from skdrift.performance._source_risk import upper_bound
from skdrift.scoring._row_hash import row_hashes
from skdrift.stats._betting import Bets, lower_bound

# Half of the labels are drawn evenly, whatever the proxy says.
_EVEN = 0.5
_BOUNDS = np.linspace(0, 1, 201)


class RiskMonitor(MetaEstimatorMixin, BaseEstimator):
    """Watch the risk of a classifier by the few labels that arrive.

    The monitor says which rows of a batch to label: some at random, the others where
    the classifier is likely to err. A label counts the less the more likely its row was
    drawn, so that the estimated risk is unbiased whatever the guess of where errors are
    is worth. A bet on every label gives evidence that the risk exceeds what it was on
    clean rows by more than is tolerated, which may be looked at after every batch, for
    ever: the probability of any false alarm stays below `alpha`.

    Parameters
    ----------
    estimator : fitted classifier or PerformanceEstimator
        The classifier, used as it is; inside FrozenEstimator too. Of a
        PerformanceEstimator, its classifier, and its probabilities of error as the
        guess.
    tolerance : float, default=0.05
        By how much the risk may grow.
    alpha : float, default=0.05
        Probability of any false alarm: half of it that the risk on clean rows was
        underestimated, half for the stream.
    proxy : {"auto", "uniform"}, default="auto"
        What guides the draws: "auto" a guess of where errors are, "uniform" nothing.
    max_pending : int, default=1000
        Batches that may wait for labels; the oldest are then given up.
    random_state : int, RandomState instance or None, default=None
        Draws rows.

    Attributes
    ----------
    source_risk_ : float
        Share of wrong decisions on the rows of `fit`.
    limit_ : float
        Upper bound of it, plus `tolerance`.
    history_ : DataFrame
        All states so far.
    classes_ : ndarray of shape (n_classes,)

    See Also
    --------
    PerformanceEstimator : An estimate without labels.
    DriftMonitor : An alarm without labels.

    Notes
    -----
    The hypothesis that an alarm rejects: the expected share of wrong decisions in each
    batch is at most `limit_`. A draw gives the number ``p + (loss - proxy) / share``, p
    being the mean proxy of the batch, whose mean is the risk of the batch whatever the
    proxy is. `lower_bound` of a state is a confidence sequence of level 1 - alpha / 2
    for the largest risk since any time [1]_.

    References
    ----------
    .. [1] Waudby-Smith, I. and Ramdas, A. (2024). Estimating means of bounded random
       variables by betting. Journal of the Royal Statistical Society B 86, 1-27.
    .. [2] Podkopaev, A. and Ramdas, A. (2022). Tracking the risk of a deployed model
       and detecting harmful distribution shifts. ICLR.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skdrift import RiskMonitor
    >>> X, y = make_classification(3000, random_state=0)
    >>> clf = LogisticRegression().fit(X[:500], y[:500])
    >>> monitor = RiskMonitor(clf, random_state=0).fit(X[500:2000], y[500:2000])
    >>> batch = X[2000:]
    >>> rows = monitor.query(batch, 20)
    >>> labels = np.full(1000, np.nan)
    >>> labels[rows] = y[2000:][rows]
    >>> state = monitor.update(batch, labels)
    >>> bool(state), state.n_labels == len(rows)
    (False, True)
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["predict"])],
        "tolerance": [Interval(Real, 0, 1, closed="left")],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "proxy": [str],
        "max_pending": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        *,
        tolerance=0.05,
        alpha=0.05,
        proxy="auto",
        max_pending=1000,
        random_state=None,
    ):
        self.estimator = estimator
        self.tolerance = tolerance
        self.alpha = alpha
        self.proxy = proxy
        self.max_pending = max_pending
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, groups=None):
        """Learn the risk on labelled clean rows, and where errors are likely.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...), DataFrame or sequence of rows
            Clean rows that the classifier has not seen.
        y : array-like of shape (n_samples,)
            Their labels.
        groups : array-like of shape (n_samples,), default=None
            Rows of one group are not independent; the bound of the risk allows for it.

        Returns
        -------
        self : object
        """
        if self.proxy not in ("auto", "uniform"):
            raise ValueError(f"proxy must be 'auto' or 'uniform'; got {self.proxy!r}.")
        check_is_fitted(self.estimator)
        X, y = indexable(X, y)
        decision = self._decide(X)
        wrong = np.asarray(y) != decision
        knots = None
        if self.proxy == "auto" and not self._estimates_errors():
            knots = _calibrate(self._uncertainty(X), wrong)

        self.source_risk_ = float(wrong.mean())
        upper = upper_bound(wrong, groups, self.alpha / 2)
        self.limit_ = min(upper + self.tolerance, 1.0)
        self.classes_ = getattr(self._classifier(), "classes_", np.unique(y))
        self._knots = knots
        self.random_state_ = check_random_state(self.random_state)
        spread = max(self.source_risk_ * (1 - self.source_risk_), 0.01)
        edge = max(self.tolerance, 0.01) / 2
        self._bets = Bets.start([self.limit_], edge, self.source_risk_, spread)
        self._curve = Bets.start(_BOUNDS, edge, self.source_risk_, spread)
        self._drawn = None
        self._pending = {}
        self._n_batches = 0
        self._n_labels = 0
        self._alarmed = False
        self._states = []
        return self

    def query(self, X, n):
        """Draw rows of a batch to be labelled.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...), DataFrame or sequence of rows
            The whole batch, to be given to `update` next.
        n : int
            Number of draws. Rows may be drawn twice, and are then labelled once.

        Returns
        -------
        rows : ndarray of int
            Positions in ascending order, n of them at most.
        """
        check_is_fitted(self, "limit_")
        if not isinstance(n, Integral) or n < 1:
            raise ValueError(f"n must be a whole number of at least 1; got {n!r}.")
        n_rows = num_samples(X)
        proxy = self._proxy(X)
        likely = np.sqrt(proxy * (1 - proxy))
        total = likely.sum()
        even = np.full(n_rows, 1.0)
        share = even if total == 0 else likely * (n_rows / total)
        if self.proxy == "auto":
            share = _EVEN + (1 - _EVEN) * share
        else:
            share = even
        draws = self.random_state_.choice(n_rows, int(n), p=share / share.sum())
        self._drawn = DrawnBatch(
            self._n_batches,
            n_rows,
            _digest(X),
            proxy,
            share,
            draws,
            self._decide(X),
        )
        return np.unique(draws)

    def update(self, X, y=None):
        """Take a batch, with the labels that are known by now.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...), DataFrame or sequence of rows
            The batch.
        y : array-like of shape (n_samples,), default=None
            Labels, NaN or None where there is none. Known are those of rows drawn by
            `query`, or all of the batch; None for none so far.

        Returns
        -------
        state : RiskState
            True if there was an alarm.

        Raises
        ------
        ValueError
            If rows are labelled that were not drawn, unless all are: labels of one's
            own choosing say nothing about the other rows.
        """
        check_is_fitted(self, "limit_")
        n_rows = num_samples(X)
        drawn = self._drawn
        if drawn is not None and drawn.digest != _digest(X):
            drawn = None
        if drawn is None:
            drawn = DrawnBatch(
                self._n_batches,
                n_rows,
                _digest(X),
                self._proxy(X),
                np.ones(n_rows),
                np.empty(0, dtype=np.intp),
                self._decide(X),
            )
        known = {}
        if y is not None:
            known = drawn.losses(np.arange(n_rows), y)
        self._drawn = None
        self._n_batches += 1
        self._pending[drawn.number] = (drawn, {})
        while len(self._pending) > self.max_pending:
            self._pending.pop(next(iter(self._pending)))
        self._add_labels(drawn.number, known)
        return self._state(drawn)

    def label(self, batch, rows, y):
        """Add labels of an earlier batch that come late.

        Parameters
        ----------
        batch : int
            Number of the batch, as in its state.
        rows : array-like of int of shape (n_labels,)
            Positions in the batch.
        y : array-like of shape (n_labels,)
            Their labels.

        Returns
        -------
        state : RiskState
        """
        check_is_fitted(self, "limit_")
        if batch not in self._pending:
            raise ValueError(
                f"batch must be one that waits for labels, {list(self._pending)[:20]}; "
                f"got {batch!r}."
            )
        drawn, before = self._pending[batch]
        rows, y = np.asarray(rows), np.asarray(y)
        if rows.shape != y.shape or rows.ndim != 1:
            raise ValueError(
                f"rows and y must have one label for each row; got shapes {rows.shape} "
                f"and {y.shape}."
            )
        if len(rows) and (rows.min() < 0 or rows.max() >= drawn.n_rows):
            raise ValueError(
                f"rows must lie between 0 and {drawn.n_rows - 1}; got {rows.min()} to "
                f"{rows.max()}."
            )
        known = drawn.losses(rows, y, before)
        self._add_labels(batch, known)
        return self._state(drawn)

    def _add_labels(self, number, known):
        """Bet on a batch once all that was drawn of it is labelled."""
        drawn, losses = self._pending[number]
        losses = {**losses, **known}
        self._pending[number] = (drawn, losses)
        if not drawn.is_labelled(losses):
            return
        del self._pending[number]
        self._n_labels += len(losses)
        numbers, smallest = drawn.unbiased(losses)
        for one in numbers:
            self._bets = self._bets.play(one, smallest)
            self._curve = self._curve.play(one, smallest)
            self._alarmed |= bool(self._bets.capital[0] >= 2 / self.alpha)

    def _state(self, drawn):
        state = RiskState(
            batch=drawn.number,
            n_rows=drawn.n_rows,
            n_labels=self._n_labels,
            estimate=float(np.clip(self._bets.mean, 0, 1)),
            lower_bound=lower_bound(self._curve, self.alpha / 2),
            limit=self.limit_,
            e_value=float(self._bets.capital[0]),
            is_alarm=self._alarmed,
            n_pending=len(self._pending),
        )
        self._states.append(state)
        return state

    @property
    def history_(self):
        """States so far, as a table."""
        check_is_fitted(self, "limit_")
        return pd.DataFrame(self._states, columns=list(RiskState.__dataclass_fields__))

    def plot(self, ax=None):
        """Draw estimate, lower bound and limit over the batches.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : RiskDisplay
        """
        from skdrift.performance._risk_display import RiskDisplay

        return RiskDisplay(history=self.history_).plot(ax=ax)

    def _classifier(self):
        return getattr(self.estimator, "estimator_", self.estimator)

    def _estimates_errors(self):
        return hasattr(self.estimator, "metric") and hasattr(
            self.estimator, "transform"
        )

    def _decide(self, X):
        return np.asarray(self._classifier().predict(X))

    def _uncertainty(self, X):
        classifier = self._classifier()
        if not hasattr(classifier, "predict_proba"):
            return np.zeros(num_samples(X))
        return 1 - np.asarray(classifier.predict_proba(X)).max(axis=1)

    def _proxy(self, X):
        """Guess of the probability of error of each row."""
        if self.proxy == "uniform":
            return np.full(num_samples(X), self.source_risk_)
        if self._estimates_errors():
            return np.clip(self.estimator.transform(X)[:, 0], 0.01, 0.99)
        return np.interp(self._uncertainty(X), *self._knots)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "limit_")


def _calibrate(uncertainty, wrong):
    """Knots of a rising function from uncertainty to the share of wrong decisions."""
    order = np.argsort(uncertainty, kind="stable")
    fit = IsotonicRegression(y_min=0.01, y_max=0.99, out_of_bounds="clip")
    fit.fit(uncertainty[order], wrong[order].astype(float))
    return fit.X_thresholds_, fit.y_thresholds_


def _digest(X):
    return int(row_hashes(X).sum(dtype=np.uint64)) ^ num_samples(X)
