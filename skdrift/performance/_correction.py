"""From what is seen of a batch to its accuracy: learnt on simulated batches.

The accuracy lies between what decisions would reach that had nothing to do with the
labels (chance) and what the rows promise that resemble known ones (base). Trees learn
which share of the way from chance to base is left: 1 on rows like those known, 0 after
a total collapse, whatever the fault was. Each kind of fault is left out in turn:
errors, intervals and p-values come from trees that did not meet the kind.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from sklearn.model_selection import GroupKFold

from skdrift.performance._kind_forest import KindForest
from skdrift.performance._metrics import chance_accuracy
from skdrift.performance._simulation import NATURAL
from skdrift.performance._views import SUMS

_CLIP = 0.005
# From a decision that is worse than chance to one that is surer than known rows are.
_SHARES_LEFT = (-0.25, 1.5)
# Where confidence is near chance, the share that is left is mostly noise.
_LEAST_WAY = 0.1
_ROWS_THAT_WEIGH = 200
# What was likely of the rows before their fault scatters less than labels do, and may
# err where labels do not: the trees learn a mean, with this weight of the former.
_LIKELY = 0.75
# An estimate errs by this much in any case.
_FLOOR = 0.01
_N_NATURAL_PARTS = 5
_PROBIT = (
    "confidence",
    "row_model",
    "row_trees",
    "right",
    "above_threshold",
    "agreement",
    "student",
)


def probit(share):
    """Return the normal quantile of a share, cut so that it stays finite."""
    return ndtri(np.clip(share, _CLIP, 1 - _CLIP))


def chance_and_base(sums, confusion, size, prior):
    """Accuracy of decisions without a link to the labels, and of known rows.

    Parameters
    ----------
    sums, confusion, size : as in `batch_features`
    prior : ndarray of shape (n_classes,)
        Shares of the true classes in the reference.

    Returns
    -------
    chance, base : ndarray of shape (n_batches,)
        Chance lies below the base in any case.
    """
    base = sums[:, SUMS.index("row_trees")] / size
    chance = chance_accuracy(confusion, size, prior)
    return np.minimum(chance, base - _LEAST_WAY), base


def batch_features(sums, confusion, size, shares, prior):
    """Features of batches.

    Parameters
    ----------
    sums : ndarray of shape (n_batches, n_sums)
    confusion : ndarray of shape (n_batches, n_classes, n_classes)
    size : ndarray of int of shape (n_batches,)
    shares : ndarray of shape (n_classes,)
        Shares of the classifier's decisions in the reference.
    prior : ndarray of shape (n_classes,)
        Shares of the true classes in the reference.

    Returns
    -------
    features : ndarray of shape (n_batches, n_features)
    """
    means = sums / size[:, None]
    columns = [
        probit(means[:, place]) if name in _PROBIT else means[:, place]
        for place, name in enumerate(SUMS)
    ]
    confidence = columns[SUMS.index("confidence")]
    columns += [column - confidence for column in columns[1 : len(_PROBIT)]]
    chance, base = chance_and_base(sums, confusion, size, prior)
    columns.append(probit(chance) - probit(base))
    distance, noise = class_distance(confusion, size, shares)
    columns.append(np.maximum(distance - noise, 0.0))
    if len(shares) == 2:
        columns.append(confusion.sum(axis=1)[:, 1] / size - shares[1])
    return np.column_stack(columns)


def class_distance(confusion, size, shares):
    """Total variation between shares of decisions, and what chance makes of it."""
    decided = confusion.sum(axis=1) / size[:, None]
    distance = np.abs(decided - shares).sum(axis=1) / 2
    spread = np.sqrt(2 * shares * (1 - shares) / np.pi).sum() / 2
    return distance, spread / np.sqrt(size)


@dataclass(frozen=True)
class Estimates:
    """Estimated accuracies of batches.

    Parameters
    ----------
    value : ndarray of shape (n_batches,)
    scale : ndarray of shape (n_batches,)
        How much an estimate of this kind errs: sampling of the batch's rows, and
        disagreement of the trees.
    disagreement : ndarray of shape (n_batches,)
        How far apart accuracies are that trees make of a batch which lack some kinds.
    """

    value: np.ndarray
    scale: np.ndarray
    disagreement: np.ndarray


class Correction:
    """Learns on simulated batches how far the base estimate is off.

    Parameters
    ----------
    batches : SimulatedBatches
    shares : ndarray of shape (n_classes,)
        Shares of decisions in the reference.
    prior : ndarray of shape (n_classes,)
        Shares of the true classes in the reference.
    seed : int
    n_jobs : int or None

    Attributes
    ----------
    left_out : Estimates
        Of the simulated batches, by trees that did not meet their kind.
    weight : ndarray of shape (n_batches,)
        Half of it for natural batches, the rest even over the kinds.
    """

    def __init__(self, batches, shares, prior, seed, n_jobs=None):
        self.shares = shares
        self.prior = prior
        seen = (batches.sums, batches.confusion, batches.size)
        features = batch_features(*seen, shares, prior)
        chance, base = chance_and_base(*seen, prior)
        labels = np.trace(batches.truth, axis1=1, axis2=2)
        right = labels + _LIKELY * (batches.likely_right - labels)
        right /= batches.size
        target = np.clip((right - chance) / (base - chance), *_SHARES_LEFT)
        weight = _even_weight(batches.kind)
        # Squared errors of shares, weighed so that they are those of accuracies.
        trust = weight * (base - chance) ** 2
        trust *= batches.size / (batches.size + _ROWS_THAT_WEIGH)

        learnt = (features, target, trust, batches.kind)
        mean, spread = np.zeros((2, len(base)))
        for place, part in enumerate(_parts(batches)):
            met = (column[~part] for column in learnt)
            trees = KindForest.fit(*met, seed=seed + 1 + place, n_jobs=n_jobs)
            mean[part], spread[part] = trees.predict(features[part])
        self.trees = KindForest.fit(*learnt, seed=seed, n_jobs=n_jobs)
        self.left_out = _estimates(chance, base, mean, spread, batches.size)
        self.weight = weight

    def estimate(self, sums, confusion, size):
        """Estimate the accuracies of batches.

        Parameters
        ----------
        sums, confusion, size : as in `batch_features`

        Returns
        -------
        estimates : Estimates
        """
        features = batch_features(sums, confusion, size, self.shares, self.prior)
        chance, base = chance_and_base(sums, confusion, size, self.prior)
        return _estimates(chance, base, *self.trees.predict(features), size)


def _estimates(chance, base, mean, spread, size):
    value = np.clip(chance + mean * (base - chance), 0.0, 1.0)
    sampling = np.maximum(value * (1 - value), 0.5 / size) / size
    disagreement = spread * (base - chance)
    scale = np.sqrt(sampling + disagreement**2 + _FLOOR**2)
    return Estimates(value, scale, disagreement)


def _even_weight(kind):
    """Weights of batches: half for natural ones, the rest even over the kinds."""
    names, codes, counts = np.unique(kind, return_inverse=True, return_counts=True)
    share = np.full(len(names), 1.0 / max(len(names) - 1, 1))
    natural = names == NATURAL
    share[natural] = 1.0
    weight = (share / counts)[codes]
    return weight / weight.sum()


def _parts(batches):
    """Masks of the batches left out at a time: a kind, or some of the tilts."""
    natural = batches.kind == NATURAL
    for kind in np.unique(batches.kind[~natural]):
        yield batches.kind == kind
    places = np.flatnonzero(natural)
    draws = batches.draw[places]
    n_parts = min(_N_NATURAL_PARTS, len(np.unique(draws)))
    for _, part in GroupKFold(n_parts).split(places, groups=draws):
        mask = np.zeros(len(natural), dtype=bool)
        mask[places[part]] = True
        yield mask
