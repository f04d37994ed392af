"""What the errors on simulated batches of left-out kinds promise of other batches."""

import numpy as np
from scipy.stats import norm

from skdrift.performance._correction import class_distance
from skdrift.performance._simulation import NATURAL

_N_LEVELS = 201
# Fewer harmless batches, with or without a fault, are no group of their own.
_LEAST_OF_A_GROUP = 40


class LeftOutErrors:
    """Errors on simulated batches, each judged without having met its kind.

    Parameters
    ----------
    batches : SimulatedBatches
    metric : BatchMetric
    correction : Correction
        Learnt on these batches.
    reference : float
        The metric on the labelled rows.
    confidence : float
    n_known : int
        Number of labelled rows.

    Attributes
    ----------
    confidence : float
    most_class_distance : float
        How far decisions have moved between classes in a simulated batch at most.
    """

    def __init__(self, batches, metric, correction, reference, confidence, n_known):
        estimates = correction.left_out
        value, scale = metric.estimate(batches.confusion, batches.tables, estimates)
        truth, expected = metric.of_batches(batches)
        known = np.isfinite(truth) & np.isfinite(expected) & np.isfinite(value)
        factor = conformal_factor(
            (truth - value)[known], scale[known], batches.kind[known], confidence
        )
        lost = reference - value
        # Kinds that were simulated may be told better than those that come; a normal
        # interval of labels' scatter and trees' disagreement is the least.
        self._factor = max(factor, float(norm.ppf(0.5 + confidence / 2)))
        self._n_known = n_known
        self.confidence = confidence
        half = self.half_widths(estimates, scale)
        self._losses = SimulatedLosses(
            lost[known],
            scale[known],
            reference - expected[known],
            correction.weight[known],
            batches.kind[known] == NATURAL,
        )
        distance, noise = class_distance(
            batches.confusion, batches.size, correction.shares
        )
        self.most_class_distance = float((distance - noise)[known].max(initial=0.0))
        self._lost, self._scale = lost, scale
        self._columns = {
            "kind": batches.kind,
            "size": batches.size,
            "truth": truth,
            "estimate": value,
            "low": value - half,
            "high": value + half,
        }

    def half_widths(self, estimates, scale):
        """Half the widths of intervals.

        Parameters
        ----------
        estimates : Estimates
            Of accuracies.
        scale : ndarray of shape (n_batches,)
            Their scales in the metric.

        Returns
        -------
        half : ndarray of shape (n_batches,)
        """
        # The labelled rows are a sample too, which batches drawn from them do not show.
        known = estimates.value * (1 - estimates.value) / self._n_known
        return self._factor * scale * np.sqrt(1 + known / estimates.scale**2)

    def p_value(self, lost, scale, tolerance):
        """P-values of "lost no more than tolerance", see `SimulatedLosses`."""
        return self._losses.p_value(lost, scale, tolerance)

    def columns(self, tolerance):
        """Columns of a table of all batches."""
        p_value = self.p_value(self._lost, self._scale, tolerance)
        return {**self._columns, "p_value": p_value}


def conformal_factor(error, scale, kind, confidence):
    """How many scales an interval needs on either side to hold with a confidence.

    It holds so often on kinds, weighing alike, whose own errors were not looked at.

    Parameters
    ----------
    error, scale : ndarray of shape (n_batches,)
        Errors on left-out batches and their scales.
    kind : ndarray of str of shape (n_batches,)
        Kinds weigh alike, however many batches they have.
    confidence : float

    Returns
    -------
    factor : float
    """
    ratio = np.abs(error) / scale
    names, codes, counts = np.unique(kind, return_inverse=True, return_counts=True)
    weight = (1.0 / counts / len(names))[codes]
    levels = np.linspace(confidence, 1.0, _N_LEVELS)
    places = range(len(names))
    # As bad as the worst kind is bad enough.
    most = max(_quantiles(ratio, codes == one, levels[:1])[0] for one in places)
    if len(names) > 1:
        # Each kind in turn plays the one that was never met, so that the scatter from
        # kind to kind is in the level.
        limits = [_quantiles(ratio, weight * (codes != one), levels) for one in places]
        covered = [
            (ratio[codes == one] <= limits[one][:, None]).mean(axis=1) for one in places
        ]
        enough = np.mean(covered, axis=0) >= confidence
        levels = levels[enough][:1] if enough.any() else levels[-1:]
    return float(min(_quantiles(ratio, weight, levels)[0], most))


def _quantiles(values, weight, levels):
    """Return weighted quantiles."""
    order = np.argsort(values)
    reached = np.cumsum(weight[order]) / weight.sum()
    places = np.searchsorted(reached, levels * (1 - 1e-12))
    return values[order][np.minimum(places, len(order) - 1)]


class SimulatedLosses:
    """What simulated batches were judged to have lost, to compare others with.

    Parameters
    ----------
    lost, scale : ndarray of shape (n_batches,)
        Estimated losses, by trees that did not meet the kind, and their scales.
    expected : ndarray of shape (n_batches,)
        What such batches lose on average.
    weight : ndarray of shape (n_batches,)
    natural : ndarray of bool of shape (n_batches,)
        Whether a batch is without a fault.
    """

    def __init__(self, lost, scale, expected, weight, natural):
        self.lost = lost
        self.scale = scale
        self.expected = expected
        self.weight = weight
        self.natural = natural

    def p_value(self, lost, scale, tolerance):
        """Weighted share of harmless batches that look at least as bad, add one.

        The larger one of the share of those without a fault and of those with one, so
        that neither pays for the calm of the other.

        Parameters
        ----------
        lost, scale : ndarray of shape (n_batches,)
        tolerance : float
            Batches that lose no more on average are harmless.

        Returns
        -------
        p_value : ndarray of shape (n_batches,)
        """
        # Beyond the tolerance, not beyond nothing: the larger a batch that loses nearly
        # what is tolerated, the more scales it has lost.
        excess = (lost - tolerance) / scale
        known = (self.lost - tolerance) / self.scale
        harmless = self.expected <= tolerance
        groups = [harmless & self.natural, harmless & ~self.natural]
        if min(group.sum() for group in groups) < _LEAST_OF_A_GROUP:
            groups = [harmless]
        shares = [
            _share_at_least(excess, known[group], self.weight[group])
            for group in groups
        ]
        return np.max(shares, axis=0)


def _share_at_least(values, known, weight):
    """Weighted share of known values that are at least as large, add one."""
    order = np.argsort(known)
    weight = weight[order]
    above = np.append(np.cumsum(weight[::-1])[::-1], 0.0)
    one = weight.mean() if len(weight) else 1.0
    place = np.searchsorted(known[order], values, side="left")
    return (above[place] + one) / (weight.sum() + one)
