"""BatchMetric: the metric of an estimator, of batches with and without labels."""

import numpy as np

from skdrift.performance._metrics import in_metric, resolve_metric, scale_to_accuracy
from skdrift.performance._probability_metrics import Tables, probability_metric


class BatchMetric:
    """One metric, of a confusion matrix or of probabilities.

    Parameters
    ----------
    metric : str, tuple or callable
        As in :class:`PerformanceEstimator`.
    classes : ndarray of shape (n_classes,)
    prior : ndarray of shape (n_classes,)
        Shares of the true classes in the reference.
    clean : Pool
        The reference, with its labels.

    Attributes
    ----------
    name : str
    tables : Tables or None
        What batches have to count, where the metric is of probabilities.
    limits : tuple of float
        Least and largest value.
    """

    def __init__(self, metric, classes, prior, clean):
        self.metric = metric
        self.name = metric if isinstance(metric, str) else str(metric)
        self.classes = classes
        self.prior = prior
        found = probability_metric(metric, clean.P)
        if found is None:
            # Only to complain early: the function cannot be stored, and is found anew.
            resolve_metric(metric, classes)
        self.tables = None if found is None else Tables(found, prior, clean)
        self.limits = (0.0, 1.0) if found is None else found.limits

    def of_labels(self, pool):
        """Value on rows with labels."""
        if self.tables is None:
            return resolve_metric(self.metric, self.classes)(pool.true_shares)
        return self.tables.metric.value(self.tables.true(pool.P, pool.truth))

    def of_batches(self, batches):
        """Values of simulated batches, and of the rows that they were drawn from."""
        if self.tables is None:
            value = resolve_metric(self.metric, self.classes)
            both = batches.truth, batches.expected
        else:
            value = self.tables.metric.value
            both = batches.tables[:, 2], batches.tables[:, 3]
        return [np.array([value(one) for one in tables]) for tables in both]

    def estimate(self, confusion, tables, estimates):
        """Estimate values of batches and their scales from estimated accuracies.

        Parameters
        ----------
        confusion : ndarray of shape (n_batches, n_classes, n_classes)
            Expected confusion matrices.
        tables : sequence of ndarray
            What `tables` counted; unused where the metric is of a confusion matrix.
        estimates : Estimates

        Returns
        -------
        value, scale : ndarray of shape (n_batches,)
        """
        if self.tables is not None:
            return in_metric(
                lambda place, accuracy: self.tables.at(
                    tables[place], confusion[place], accuracy
                ),
                estimates,
            )
        metric = resolve_metric(self.metric, self.classes)
        return in_metric(
            lambda place, accuracy: metric(
                scale_to_accuracy(confusion[place], accuracy, self.prior)
            ),
            estimates,
        )
