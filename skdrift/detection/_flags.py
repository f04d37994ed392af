"""From tests of single features to what is flagged."""

import numpy as np

from skdrift.detection._result import DriftResult, only_batch
from skdrift.stats._multiple_testing import adjust_p_values


def flag_drift(tests, names, labels, alpha, correction, min_effect):
    """Correct p-values for the number of features and flag what drifted.

    Parameters
    ----------
    tests : FeatureTests
    names : ndarray of shape (n_features,)
    labels : ndarray of shape (n_batches,) or None
        None for one batch alone, whose fields are no rows of arrays.
    alpha : float
    correction : str or None
    min_effect : float
        What the statistic of a flagged feature exceeds.

    Returns
    -------
    result : DriftResult
    """
    lost = tests.lost
    p_value = np.where(lost, tests.missing_p_value, tests.p_value)
    adjusted = adjust_p_values(np.where(np.isnan(p_value), 1, p_value), correction)
    flagged = adjusted <= alpha
    if min_effect > 0:
        flagged &= lost | (tests.statistic > min_effect)
    batch_p_value = adjusted.min(axis=1)
    batch_p_value[np.isnan(p_value).all(axis=1)] = np.nan
    result = DriftResult(
        flagged.any(axis=1),
        batch_p_value,
        tests.statistic,
        tests.p_value,
        flagged,
        group_labels=labels,
        feature_names=names,
        p_value_method=np.where(lost, "missing", tests.how.astype(str)),
        n_tested=tests.n_tested,
        n_omitted=tests.n_omitted,
        min_effect=min_effect,
    )
    return only_batch(result) if labels is None else result
