"""How probable errors of the teacher are, learnt from labelled rows."""

import numpy as np
from scipy.special import xlogy

from skdrift.models._resolve import seeded_clone
from skdrift.scoring._scores import blend, kl, log_loss, total_variation, uncertainty


def fit_error_models(template, features, wrong, parts, random_state):
    """Fit an error model for each fold, on the rows outside of it.

    Parameters
    ----------
    template : classifier
    features : ndarray of shape (n_samples, 9)
        See `error_features`.
    wrong : ndarray of bool of shape (n_samples,)
        Where the teacher is wrong.
    parts : list of ndarray of int
        The rows that each model learns from.
    random_state : RandomState

    Returns
    -------
    models : list of fitted classifiers
    """
    return [
        fit_error_model(
            seeded_clone(template, random_state), features[rows], wrong[rows]
        )
        for rows in parts
    ]


def error_features(P, Q, decision=None):
    """Describe what teacher and student say of a row, in nine numbers.

    Returns
    -------
    features : array of shape (n, 9)
        KL divergence, the student's log loss on the teacher's class, blend, total
        variation; of the teacher: 1 - max, entropy, margin between its two most
        probable classes; of the student: 1 - max, entropy.
    """
    two_largest = np.sort(P, axis=1)[:, -2:]
    return np.column_stack(
        [
            kl(P, Q),
            log_loss(P, Q, decision),
            blend(P, Q, decision),
            total_variation(P, Q),
            uncertainty(P, Q),
            -xlogy(P, P).sum(axis=1),
            two_largest[:, -1] - two_largest[:, 0],
            1 - Q.max(axis=1),
            -xlogy(Q, Q).sum(axis=1),
        ]
    )


def fit_error_model(model, features, wrong):
    """Fit ``model`` to tell rows that the teacher gets wrong.

    Raises
    ------
    ValueError
        If the teacher is right on all rows or wrong on all: nothing can be learnt.
    """
    if wrong.all() or not wrong.any():
        raise ValueError(
            "error_model needs training rows that the teacher gets right and rows that "
            f"it gets wrong, but it gets {np.sum(wrong)} of {len(wrong)} wrong; give "
            "more rows, or choose a divergence, which needs no errors to learn from"
        )
    return model.fit(features, wrong)


def error_probability(model, features):
    """Return the probability that the teacher is wrong, of shape (n, 1)."""
    return model.predict_proba(features)[:, model.classes_ == 1]
