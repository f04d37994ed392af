"""The scored rows that a contamination sweep draws its batches from."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from skdrift._sklearn import safe_indexing
from skdrift.sweep._harm import label_harm

KINDS = ("harmful", "harmless")
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def score_rows(families, rows, shifted_rows, severities, advance):
    """Fit every family and score all rows, with one severity in memory at a time.

    Parameters
    ----------
    families : list of ScorerFamily
    rows : StudyRows
    shifted_rows : ShiftedTwins
    severities : list
    advance : callable
        Called after each step.

    Returns
    -------
    list of RowPools
    """
    pools = []
    for family in families:
        pools.append(RowPools(family, rows))
        advance()
    for severity in severities:
        shifted = shifted_rows.load(severity)
        for pool in pools:
            pool.add(severity, shifted)
            advance()
        del shifted
    return pools


class RowPools:
    """Scores of reference, clean, harmful and harmless rows of one scorer family.

    Parameters
    ----------
    family : ScorerFamily
        Fitted here, on the reference rows.
    rows : StudyRows
    """

    def __init__(self, family, rows):
        self._family = family
        self.groups_fit = rows.groups_fit
        self.reference_scores = family.fit(rows.X_fit, rows.y_fit, rows.groups_fit)
        unknown = np.setdiff1d(rows.y, family.classes).tolist()
        if unknown:
            more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
            raise ValueError(
                f"y has classes that the classifier does not know: {unknown[:10]}"
                f"{more}; it knows {np.asarray(family.classes).tolist()}."
            )
        tested = np.concatenate([rows.clean, rows.twins])
        decisions, scores = family.score(safe_indexing(rows.X, tested))
        n_clean = len(rows.clean)
        self.clean_scores = [each[:n_clean] for each in scores]
        self._twin_labels = rows.y[rows.twins]
        self._twin_decisions = decisions[n_clean:]
        self._shifted = {}
        self._counts = []

    def add(self, severity, X_shifted):
        """Score the shifted twin rows of one severity and sort them by harm."""
        decisions, scores = self._family.score(X_shifted)
        harm = label_harm(self._twin_labels, self._twin_decisions, decisions)
        n_blocks = len(decisions) // len(self._twin_labels)
        right = decisions == np.tile(self._twin_labels, n_blocks)
        self._shifted[severity] = [
            [each[rows] for rows in (harm.harmful, harm.harmless)] for each in scores
        ]
        self._counts.append(
            {
                "severity": severity,
                "clean_accuracy": np.mean(self._twin_decisions == self._twin_labels),
                "accuracy": np.mean(right),
                "n_shifted": len(decisions),
                "n_harmful": int(harm.harmful.sum()),
                "n_harmless": int(harm.harmless.sum()),
            }
        )

    def shifted_scores(self, severity, member):
        """Scores of one member, of harmful and of harmless rows."""
        return self._shifted[severity][member]

    def n_shifted(self, severity, kind):
        """How many rows of a kind there are."""
        return len(self._shifted[severity][0][KINDS.index(kind)])

    def accuracy(self):
        """Table the teacher's accuracy on the twin rows, clean and shifted."""
        return pd.DataFrame(self._counts)

    def describe(self, member):
        """Mean, spread and quantiles of one member's scores."""
        rows = []
        for severity, shifted in self._shifted.items():
            pools = {"clean": self.clean_scores[member]}
            pools.update(zip(KINDS, shifted[member], strict=True))
            for kind, scores in pools.items():
                for feature, column in enumerate(scores.T):
                    place = {"severity": severity, "kind": kind, "feature": feature}
                    rows.append({**place, **_moments(column)})
        return pd.DataFrame(rows)

    def auroc(self, member):
        """Area under the ROC curve of harmful against harmless rows."""
        rows = []
        for severity, shifted in self._shifted.items():
            harmful, harmless = shifted[member]
            is_harmful = np.repeat([1, 0], [len(harmful), len(harmless)])
            for feature, column in enumerate(np.concatenate([harmful, harmless]).T):
                both = len(harmful) and len(harmless)
                area = roc_auc_score(is_harmful, column) if both else np.nan
                rows.append({"severity": severity, "feature": feature, "auroc": area})
        return pd.DataFrame(rows)


def _moments(column):
    """Count, mean, standard deviation and quantiles; NaN without rows."""
    empty = len(column) == 0
    moments = {
        "n_rows": len(column),
        "mean": np.nan if empty else np.mean(column),
        "std": np.nan if len(column) < 2 else np.std(column, ddof=1),
    }
    for q in QUANTILES:
        name = f"quantile_{round(100 * q):02d}"
        moments[name] = np.nan if empty else np.quantile(column, q)
    return moments
