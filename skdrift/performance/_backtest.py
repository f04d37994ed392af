"""backtest: what a detector would have said of labelled past periods."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import indexable

from skdrift._sklearn import num_samples
from skdrift.performance._reader import rows_of

# A period has lost something if its accuracy is lower by more than this.
_LOST = 0.05


def backtest(detector, X, y, periods, *, n_reference=1, tolerance=_LOST):
    """Judge labelled past periods in order, each by what was known before it.

    The first periods are the reference: an unfitted detector is fitted on them, and
    the accuracy there is what later ones are compared with. What the detector says of
    every later period stands beside what is true.

    Parameters
    ----------
    detector : Pipeline that ends in a drift test, or PerformanceEstimator
        With the classifier inside FrozenEstimator. A fitted detector inside
        FrozenEstimator is used as it is.
    X : ndarray of shape (n_samples, ...), DataFrame or sequence of rows
    y : array-like of shape (n_samples,)
    periods : array-like of shape (n_samples,)
        Label of the period of each row; in ascending order they follow each other.
    n_reference : int, default=1
        How many of the first periods are the reference.
    tolerance : float, default=0.05
        Loss of accuracy from which an alarm is called for.

    Returns
    -------
    frame : DataFrame
        One row for each later period: ``period``, ``n_rows``, ``accuracy``, ``lost``,
        ``is_drift``, ``p_value`` and, of an estimate, ``estimate``, ``low``, ``high``
        and ``verdict``. ``frame.attrs["summary"]`` is a DataFrame of false alarms,
        misses and delay (periods from the first loss to the first alarm), with always
        and never alarming beside.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdrift import DistillationScorer, TailDriftTest, backtest
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = RandomForestClassifier(30, random_state=0).fit(X[::3], y[::3])
    >>> X, y = np.delete(X, np.s_[::3], axis=0), np.delete(y, np.s_[::3])
    >>> X[300:] = X[300:, ::-1]
    >>> scorer = DistillationScorer(FrozenEstimator(clf), random_state=0)
    >>> detector = make_pipeline(scorer, TailDriftTest())
    >>> frame = backtest(detector, X, y, periods=np.arange(len(X)) // 100)
    >>> frame[["period", "is_drift"]].values.tolist()
    [[1, False], [2, False], [3, True]]
    """
    X, y, periods = indexable(X, y, periods)
    y, periods = np.asarray(y), np.asarray(periods)
    names = np.unique(periods)
    if not 1 <= n_reference < len(names):
        raise ValueError(
            "n_reference must leave a period to be judged: between 1 and "
            f"{len(names) - 1} of the {len(names)} periods; got {n_reference!r}."
        )
    known = np.flatnonzero(np.isin(periods, names[:n_reference]))
    reference = rows_of(X, known)
    if not isinstance(detector, FrozenEstimator):
        detector = clone(detector)
        needs_labels = not isinstance(detector, Pipeline)
        detector.fit(reference, y[known] if needs_labels else None)
    classifier = find_classifier(detector)
    accuracy = float(np.mean(classifier.predict(reference) == y[known]))
    lines = []
    for name in names[n_reference:]:
        rows = np.flatnonzero(periods == name)
        part = rows_of(X, rows)
        said = detector.predict(part)
        true = float(np.mean(classifier.predict(part) == y[rows]))
        lines.append(
            {
                "period": name,
                "n_rows": num_samples(part),
                "accuracy": true,
                "lost": accuracy - true,
                "is_drift": bool(said.is_drift),
                "p_value": float(said.p_value),
                **{
                    field: getattr(said, field)
                    for field in ("estimate", "low", "high", "verdict")
                    if hasattr(said, field)
                },
            }
        )
    frame = pd.DataFrame(lines)
    frame.attrs["summary"] = summarise(frame, tolerance)
    return frame


def summarise(frame, tolerance):
    """Count false alarms and misses, with always and never alarming beside.

    Parameters
    ----------
    frame : DataFrame
        As from `backtest`.
    tolerance : float

    Returns
    -------
    summary : DataFrame
        One row for the detector, for "always" and for "never": false alarms as a share
        of the periods that kept within the tolerance, misses as a share of the others,
        and the delay in periods, NaN where there is nothing to miss or no alarm.
    """
    harmed = (frame["lost"] > tolerance).to_numpy()
    lines = []
    for name, alarm in (
        ("detector", frame["is_drift"].to_numpy()),
        ("always", np.ones(len(frame), dtype=bool)),
        ("never", np.zeros(len(frame), dtype=bool)),
    ):
        delay = np.nan
        if harmed.any():
            first = int(np.argmax(harmed))
            if alarm[first:].any():
                delay = float(np.argmax(alarm[first:]))
        lines.append(
            {
                "rule": name,
                "false_alarms": _share(alarm[~harmed]),
                "misses": _share(~alarm[harmed]),
                "delay": delay,
                "n_calm": int((~harmed).sum()),
                "n_harmed": int(harmed.sum()),
            }
        )
    return pd.DataFrame(lines)


def find_classifier(detector):
    """Find the classifier that a fitted detector watches.

    Raises
    ------
    TypeError
        If there is none.
    """
    parts = [detector]
    while parts:
        part = parts.pop(0)
        while isinstance(part, FrozenEstimator):
            part = part.estimator
        if hasattr(part, "estimator_"):
            return part.estimator_
        if isinstance(part, Pipeline):
            parts += [step for _, step in part.steps]
        elif isinstance(part, FeatureUnion):
            parts += [step for _, step in part.transformer_list]
    raise TypeError(
        "detector must hold a scorer that knows the classifier, such as a "
        f"DistillationScorer; got {detector!r}."
    )


def _share(flags):
    return float(np.mean(flags)) if len(flags) else np.nan
