"""Metrics of a classifier out of its confusion matrix, expected or true.

A confusion matrix has true classes in its rows and decisions in its columns. Entries
are numbers of rows and need not be whole.
"""

import numpy as np


def accuracy(confusion):
    """Share of rows that were decided rightly."""
    return _ratio(np.trace(confusion), confusion.sum())


def balanced_accuracy(confusion):
    """Mean over the classes that occur of the share decided rightly."""
    per_class = [_ratio(*pair) for pair in zip(np.diag(confusion), confusion.sum(1))]
    return float(np.nanmean(per_class)) if np.isfinite(per_class).any() else np.nan


def recall(confusion, place):
    """Share of a class that was found."""
    return _ratio(confusion[place, place], confusion[place].sum())


def precision(confusion, place):
    """Share of the decisions for a class that were right."""
    return _ratio(confusion[place, place], confusion[:, place].sum())


def f1(confusion, place):
    """Harmonic mean of recall and precision of a class."""
    both = confusion[place].sum() + confusion[:, place].sum()
    return _ratio(2 * confusion[place, place], both)


def f1_macro(confusion):
    """Mean of F1 over the classes."""
    return float(np.nanmean([f1(confusion, k) for k in range(len(confusion))]))


def _ratio(part, whole):
    return float(part / whole) if whole > 0 else np.nan


OF_ALL = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1_macro": f1_macro,
}
OF_CLASS = {"f1": f1, "precision": precision, "recall": recall}


def resolve_metric(metric, classes):
    """Turn the parameter ``metric`` into a function of confusion matrices.

    Parameters
    ----------
    metric : str, (str, label) or callable
        "accuracy", "balanced_accuracy", "f1_macro", or "f1", "precision" and "recall",
        which are about one class: that of the label given as ``("recall", label)``, or
        of two classes the second one.
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    function : callable
        Takes a confusion matrix and returns a number.

    Raises
    ------
    ValueError
        If the metric or the class is unknown, or no class is named where there are
        more than two.
    """
    if callable(metric):
        return lambda confusion: float(metric(confusion))
    name, label = metric if isinstance(metric, tuple) else (metric, None)
    if name in OF_ALL and label is None:
        return OF_ALL[name]
    if name not in OF_CLASS:
        known = [*OF_ALL, *OF_CLASS]
        raise ValueError(
            f"metric must be one of {known}, 'roc_auc', 'neg_log_loss', a tuple of one "
            f"of {list(OF_CLASS)} and a class, or a callable that takes a confusion "
            f"matrix; got {metric!r}."
        )
    if label is None:
        if len(classes) != 2:
            raise ValueError(
                f"metric={name!r} is about one class; name it as ({name!r}, label), "
                f"with a label out of {list(classes)}."
            )
        place = 1
    else:
        places = np.flatnonzero(np.asarray(classes) == label)
        if len(places) != 1:
            raise ValueError(
                f"metric names the class {label!r}, but the classes are "
                f"{list(classes)}."
            )
        place = int(places[0])
    return lambda confusion: OF_CLASS[name](confusion, place)


def chance_accuracy(confusion, size, prior):
    """Accuracy of the same decisions if they had nothing to do with the labels.

    Parameters
    ----------
    confusion : ndarray of shape (..., n_classes, n_classes)
        Only the decisions in it count.
    size : float or ndarray of shape (...)
        Number of rows.
    prior : ndarray of shape (n_classes,)
        Shares of the true classes in the reference.

    Returns
    -------
    chance : ndarray of shape (...)
    """
    return confusion.sum(axis=-2) @ prior / size


def scale_to_accuracy(confusion, target, prior):
    """Move rows between right and wrong so that the accuracy becomes ``target``.

    A loss moves the matrix towards that of decisions which have nothing to do with the
    true classes, as far as needed. Below that, and above what is expected, rows of each
    decision keep their shares of the wrong classes. Decisions stay as they are.

    Parameters
    ----------
    confusion : ndarray of shape (n_classes, n_classes)
        Expected confusion matrix.
    target : float
        Between 0 and 1.
    prior : ndarray of shape (n_classes,)
        Shares of the true classes in the reference.

    Returns
    -------
    confusion : ndarray of shape (n_classes, n_classes)
    """
    decided = confusion.sum(axis=0)
    now = accuracy(confusion)
    chance = chance_accuracy(confusion, decided.sum(), prior)
    if target < now and chance < now:
        share = max((target - chance) / (now - chance), 0.0)
        confusion = share * confusion + (1 - share) * np.outer(prior, decided)
    goal = target * decided.sum()
    right = np.diag(confusion).copy()
    wrong = decided - right
    now = right.sum()
    if goal <= now:
        kept = right * (goal / now if now > 0 else 0.0)
    else:
        room = wrong.sum()
        kept = right + wrong * ((goal - now) / room if room > 0 else 0.0)
    others = confusion - np.diag(right)
    lost = decided - kept
    spread = np.divide(others, wrong, where=wrong > 0, out=_even(others))
    scaled = spread * lost
    np.fill_diagonal(scaled, kept)
    return scaled


def _even(others):
    """Wrong rows of a decision that had none: the other classes alike."""
    n_classes = len(others)
    even = np.full_like(others, 1 / max(n_classes - 1, 1))
    np.fill_diagonal(even, 0.0)
    return even


def in_metric(at, estimates):
    """Estimated metric of batches and its scale, from estimated accuracies.

    Parameters
    ----------
    at : callable
        ``at(place, accuracy)`` gives the metric of a batch if its accuracy is that.
    estimates : Estimates
        Of the accuracy.

    Returns
    -------
    value, scale : ndarray of shape (n_batches,)
    """
    value, scale = np.empty((2, len(estimates.value)))
    for place, (middle, spread) in enumerate(zip(estimates.value, estimates.scale)):
        low, high = np.clip([middle - spread, middle + spread], 0, 1)
        value[place] = at(place, float(middle))
        # An end of the interval beyond 0 or 1 must not make it narrower.
        width = 2 * spread / max(high - low, 1e-9)
        change = abs(at(place, float(high)) - at(place, float(low)))
        # Where the metric hardly moves with the accuracy, it errs for other reasons.
        scale[place] = max(change / 2 * width, spread / 2)
    return value, scale
