"""Metrics of probabilities, out of tables that add up over the rows of a batch.

A table has a line for each true class. A row adds to the line of its class; where the
class is not known, to all lines by their probabilities. Decisions that have nothing to
do with the labels would add by the shares of the classes; a loss of accuracy moves a
table towards that one.
"""

import numpy as np

from skdrift.performance._metrics import accuracy, chance_accuracy

_N_BINS = 200
_LEAST = 1e-15
# An accuracy may be estimated below chance; above what is expected, tables stay.
_SHARES_LEFT = (-0.25, 1.0)
_LEAST_WAY = 0.05


class RocAuc:
    """Area under the ROC curve of two classes, by bins of the second one's probability.

    Parameters
    ----------
    P : ndarray of shape (n_samples, 2)
        Probabilities of the reference, whose quantiles are the bounds of the bins.
    """

    limits = (0.0, 1.0)

    def __init__(self, P):
        self.bounds = np.unique(np.quantile(P[:, 1], np.linspace(0, 1, _N_BINS + 1)))

    def table(self, P, classes):
        """Sum weights of classes, shape (n_samples, 2), over the rows of each bin."""
        # Many classifiers say a few numbers often, so a bound has a bin of its own.
        left = np.searchsorted(self.bounds, P[:, 1], side="left")
        bins = left + np.searchsorted(self.bounds, P[:, 1], side="right")
        n_bins = 2 * len(self.bounds) + 1
        return np.array([np.bincount(bins, one, minlength=n_bins) for one in classes.T])

    def value(self, table):
        """Share of pairs of either class that are in order; ties count half."""
        # Below chance, a table may hold negative weights.
        other, second = np.maximum(table, 0.0)
        below = np.cumsum(other) - other
        pairs = other.sum() * second.sum()
        return float(second @ (below + other / 2) / pairs) if pairs > 0 else np.nan


class NegLogLoss:
    """Mean log of the probability of the true class."""

    limits = (-np.inf, 0.0)

    def table(self, P, classes):
        """Sum weights of classes, and their logs of probabilities."""
        logs = np.log(np.maximum(P, _LEAST))
        return np.column_stack([classes.sum(axis=0), (classes * logs).sum(axis=0)])

    def value(self, table):
        """Mean log."""
        rows, logs = table.sum(axis=0)
        return float(logs / rows) if rows > 0 else np.nan


class Tables:
    """Tables of one metric for the rows of batches.

    Parameters
    ----------
    metric : RocAuc or NegLogLoss
    prior : ndarray of shape (n_classes,)
        Shares of the true classes in the reference.
    clean : Pool
        The reference, with its labels.

    Attributes
    ----------
    offset : float
        What the reference is better than it is expected to be. Mistakes of a classifier
        that is sure are too rare for a calibration to know of them, and cost much.
    """

    def __init__(self, metric, prior, clean):
        self.metric = metric
        self.prior = prior
        seen, _ = self.seen(clean.P, clean.classes)
        true = self.true(clean.P, clean.truth)
        self.offset = metric.value(true) - metric.value(seen)
        if np.isnan(self.offset):
            raise ValueError(
                "metric='roc_auc' needs labelled rows of both classes, but y holds one "
                "class only."
            )

    def seen(self, P, classes):
        """Make the expected table, and that of labels without a link to the rows."""
        unrelated = np.broadcast_to(self.prior, P.shape)
        return np.stack([self.metric.table(P, one) for one in (classes, unrelated)])

    def true(self, P, truth, weight=1.0):
        """Make the table of rows with labels."""
        labels = np.eye(len(self.prior))[truth]
        return self.metric.table(P, labels * np.reshape(weight, (-1, 1)))

    def at(self, seen, confusion, target):
        """Metric of a batch if its accuracy is as given.

        Parameters
        ----------
        seen : ndarray of shape (2, n_classes, n_cells)
        confusion : ndarray of shape (n_classes, n_classes)
            Expected confusion matrix.
        target : float
            The accuracy.
        """
        chance = chance_accuracy(confusion, confusion.sum(), self.prior)
        way = max(accuracy(confusion) - chance, _LEAST_WAY)
        share = np.clip((target - chance) / way, *_SHARES_LEFT)
        table = share * seen[0] + (1 - share) * seen[1]
        value = self.metric.value(table) + max(share, 0.0) * self.offset
        return float(np.clip(value, *self.metric.limits))


def probability_metric(name, P):
    """Find a metric of probabilities by its name; None where it is of another kind.

    Raises
    ------
    ValueError
        If "roc_auc" is asked for other than two classes.
    """
    if name == "neg_log_loss":
        return NegLogLoss()
    if name != "roc_auc":
        return None
    if P.shape[1] != 2:
        raise ValueError(
            f"metric='roc_auc' is of two classes, but the classifier knows {P.shape[1]}"
            "; take 'neg_log_loss' or a metric of the confusion matrix."
        )
    return RocAuc(P)
