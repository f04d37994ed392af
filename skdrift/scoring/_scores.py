"""Row-wise divergences between a teacher's and a student's class probabilities.

Every function takes the teacher's probabilities ``P`` and the student's ``Q``, both of
shape (n, n_classes) with rows that sum to one, and returns ``n`` floats. Larger means
that student and teacher are further apart. Logarithms are natural.
"""

import numpy as np
from scipy.special import rel_entr

# Keras clips probabilities at this value before it takes logarithms; the same value
# here keeps every score finite and `kl` and `cross_entropy` equal to `keras.losses`.
EPSILON = 1e-7
BLEND_WEIGHT = 0.8


def temper(P, temperature):
    """Flatten (temperature > 1) or sharpen (< 1) probabilities: P**(1/T), renormalised.

    Dividing by the row's largest probability first keeps the power from underflowing.
    """
    if temperature == 1:
        return P
    powered = (P / P.max(axis=1, keepdims=True)) ** (1.0 / temperature)
    return powered / powered.sum(axis=1, keepdims=True)


def kl(P, Q):
    """Kullback-Leibler divergence sum P log(P / Q), both clipped to [1e-7, 1]."""
    P, Q = np.clip(P, EPSILON, 1), np.clip(Q, EPSILON, 1)
    return np.sum(P * np.log(P / Q), axis=1)


def cross_entropy(P, Q):
    """Cross-entropy -sum P log Q, with Q clipped to [1e-7, 1 - 1e-7]."""
    return -np.sum(P * np.log(np.clip(Q, EPSILON, 1 - EPSILON)), axis=1)


def js(P, Q):
    """Jensen-Shannon divergence, in [0, log 2]; zero probabilities need no clipping."""
    M = (P + Q) / 2
    return np.sum(rel_entr(P, M) + rel_entr(Q, M), axis=1) / 2


def hellinger(P, Q):
    """Hellinger distance, in [0, 1]."""
    return np.sqrt(np.sum((np.sqrt(P) - np.sqrt(Q)) ** 2, axis=1) / 2)


def total_variation(P, Q):
    """Total variation distance, in [0, 1]."""
    return np.sum(np.abs(P - Q), axis=1) / 2


def log_loss(P, Q, decision=None):
    """Return the student's log loss on the class that the teacher decides for.

    ``decision`` has the places of those classes; None takes the most probable ones.
    """
    return -np.log(np.clip(_at_decision(Q, P, decision), EPSILON, 1))


def blend(P, Q, decision=None):
    """Minus the log of .8 P + .2 Q at the class that the teacher decides for."""
    mixture = BLEND_WEIGHT * P + (1 - BLEND_WEIGHT) * Q
    return -np.log(np.clip(_at_decision(mixture, P, decision), EPSILON, 1))


def _at_decision(values, P, decision):
    places = P.argmax(axis=1) if decision is None else decision
    return values[np.arange(len(values)), places]


def uncertainty(P, Q):
    """Return the teacher's own uncertainty, 1 - max P; the student plays no part.

    The baseline that a distilled student has to beat.
    """
    return 1 - P.max(axis=1)


DIVERGENCES = {
    "kl": kl,
    "cross_entropy": cross_entropy,
    "js": js,
    "hellinger": hellinger,
    "total_variation": total_variation,
    "log_loss": log_loss,
    "blend": blend,
    "uncertainty": uncertainty,
}


ON_DECISION = ("log_loss", "blend")


def score_columns(P, Q, decision, divergences, combination):
    """Scores of rows, one column for each divergence.

    Parameters
    ----------
    P, Q : ndarray of shape (n_samples, n_classes)
    decision : ndarray of int of shape (n_samples,)
    divergences : list of str or callable
    combination : tuple
        What "combined" needs beside: knots of log loss and uncertainty, and a weight.

    Returns
    -------
    scores : ndarray of float of shape (n_samples, n_divergences)

    Raises
    ------
    ValueError
        If a callable does not return one number for each row.
    """
    columns = []
    for divergence in divergences:
        if divergence == "combined":
            column = combined(P, Q, *combination, decision)
        elif divergence in ON_DECISION:
            column = DIVERGENCES[divergence](P, Q, decision)
        else:
            column = DIVERGENCES.get(divergence, divergence)(P, Q)
        column = np.asarray(column, dtype=np.float64)
        if column.shape != (len(P),):
            raise ValueError(
                f"divergence {divergence_name(divergence)!r} must return one number "
                f"for each of {len(P)} rows, shape ({len(P)},); it returned shape "
                f"{column.shape}."
            )
        columns.append(column)
    return np.column_stack(columns)


def score_names(divergences):
    """Name the columns, each by its own name."""
    names, seen = [], {}
    for divergence in divergences:
        name = f"harm_{divergence_name(divergence)}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return np.array(names, dtype=object)


def check_divergences(given):
    """Turn what the user gave as ``divergence`` into a list of names and callables.

    Raises
    ------
    ValueError
        If the list is empty or a name is unknown.
    """
    divergences = list(given) if isinstance(given, (list, tuple)) else [given]
    known = [*DIVERGENCES, "combined"]
    for divergence in divergences:
        if not callable(divergence) and divergence not in known:
            raise ValueError(
                f"divergence must be a callable or one of {known}, or a list of "
                f"these; got {divergence!r}"
            )
    if not divergences:
        raise ValueError("divergence must name at least one score; got an empty list")
    return divergences


def divergence_name(divergence):
    """Name a divergence, given by name or as a callable."""
    if isinstance(divergence, str):
        return divergence
    name = getattr(divergence, "__name__", type(divergence).__name__)
    return "callable" if name == "<lambda>" else name


def conformal_p_value_knots(reference):
    """Return where the conformal p-value of a score is known, as (values, p-values).

    At a value v of the reference, p = (1 + #{reference >= v}) / (n + 1); one step
    beyond the largest it is 1 / (n + 1). Interpolating between those knots, and not
    jumping from one to the next, keeps the result continuous: a score that differs in
    its last bit because it was computed in another batch gets the same p-value up to
    rounding.

    Parameters
    ----------
    reference : array of shape (n,)
        Scores of clean rows; the order does not matter.

    Returns
    -------
    values, p_values : two arrays of shape (number of distinct scores + 1,)
    """
    values, counts = np.unique(reference, return_counts=True)
    n = len(reference)
    at_least = counts[::-1].cumsum()[::-1]
    step = values[-1] - values[-2] if len(values) > 1 else max(abs(values[-1]), 1.0)
    values = np.append(values, values[-1] + step)
    return values, (1 + np.append(at_least, 0)) / (n + 1)


def combined(P, Q, log_loss_knots, uncertainty_knots, weight, decision=None):
    """Fisher's sum -log p_1 - weight * log p_2 of two conformal p-values.

    p_1 ranks the student's log loss on the teacher's class, p_2 the teacher's own
    uncertainty, each among honest clean rows (`conformal_p_value_knots`).
    """
    p_1 = np.interp(log_loss(P, Q, decision), *log_loss_knots)
    p_2 = np.interp(uncertainty(P, Q), *uncertainty_knots)
    return -np.log(p_1) - weight * np.log(p_2)
