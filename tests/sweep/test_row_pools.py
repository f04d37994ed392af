import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import roc_auc_score

from skdrift.sweep._division import StudyRows
from skdrift.sweep._row_pools import RowPools, score_rows

# Columns of a row: the decision on it, then two scores.
CLEAN = [[0, 0.1, 9], [1, 0.2, 8], [1, 0.3, 7], [0, 0.4, 6], [1, 0.5, 5], [0, 0.6, 4]]
LABELS = [0, 1, 0, 0, 1, 0]


class ReadingFamily:
    """Reads decisions and scores of two members out of the rows."""

    classes = np.array([0, 1])

    def fit(self, X, y, groups):
        self.fitted_on = X, y
        return None if X is None else [X[:, 1:2], X[:, 1:3]]

    def score(self, X):
        return X[:, 0].astype(int), [X[:, 1:2], X[:, 1:3]]


def make_pools(labels=LABELS, X_fit=None, y_fit=None):
    X = np.array(CLEAN)
    family = ReadingFamily()
    clean, twins = np.array([0, 5]), np.array([1, 2, 3, 4])
    rows = StudyRows(X, np.array(labels), X_fit, y_fit, None, clean, twins, 0)
    return RowPools(family, rows)


def shifted_blocks():
    """Two corruptions of the twin rows; the decisions are listed."""
    decisions = [0, 0, 0, 1, 1, 1, 1, 0]
    return np.column_stack([decisions, np.arange(8.0), -np.arange(8.0)])


def test_reference_and_clean_scores_of_each_member():
    X_fit, y_fit = np.array([[0, 1.5, 2.5], [1, 3.5, 4.5]]), np.array([0, 1])
    pools = make_pools(X_fit=X_fit, y_fit=y_fit)
    assert_allclose(pools.reference_scores[1], X_fit[:, 1:])
    assert pools.clean_scores[0].tolist() == [[0.1], [0.6]]
    assert pools.clean_scores[1].tolist() == [[0.1, 9], [0.6, 4]]
    assert make_pools().reference_scores is None


def test_rows_are_sorted_by_harm():
    pools = make_pools()
    pools.add("s", shifted_blocks())
    # Of the twins, rows 1, 3 and 4 are classified right when they are clean.
    harmful, harmless = pools.shifted_scores("s", 0)
    assert harmful.ravel().tolist() == [0, 6, 7]
    assert harmless.ravel().tolist() == [2, 3, 4]
    assert (pools.n_shifted("s", "harmful"), pools.n_shifted("s", "harmless")) == (3, 3)
    (counts,) = pools.accuracy().to_dict("records")
    assert counts == {
        "severity": "s",
        "clean_accuracy": 0.75,
        "accuracy": 4 / 8,
        "n_shifted": 8,
        "n_harmful": 3,
        "n_harmless": 3,
    }


def test_tables_describe_every_score_column():
    pools = make_pools()
    pools.add("s", shifted_blocks())
    table = pools.describe(1).set_index(["kind", "feature"])
    assert table["n_rows"].tolist() == [2, 2, 3, 3, 3, 3]
    row = table.loc[("harmful", 1)]
    assert_allclose(row["mean"], np.mean([0, -6, -7]))
    assert_allclose(row["std"], np.std([0, -6, -7], ddof=1))
    assert_allclose(row["quantile_25"], np.quantile([0, -6, -7], 0.25))
    area = roc_auc_score([1, 1, 1, 0, 0, 0], [0, 6, 7, 2, 3, 4])
    assert_allclose(pools.auroc(1)["auroc"], [area, 1 - area])


def test_without_harm_there_is_no_area():
    pools = make_pools()
    pools.add("s", np.array(CLEAN)[1:5])
    table = pools.describe(0).set_index("kind")
    assert table.loc["harmful", "n_rows"] == 0
    assert table.loc["harmful"].drop(["severity", "feature", "n_rows"]).isna().all()
    assert pools.auroc(0)["auroc"].isna().all()


def test_one_severity_after_the_other_for_all_families():
    steps = []

    class Loader:
        def load(self, severity):
            steps.append(severity)
            return shifted_blocks()

    X, clean, twins = np.array(CLEAN), np.array([0, 5]), np.array([1, 2, 3, 4])
    rows = StudyRows(X, np.array(LABELS), None, None, None, clean, twins, 0)
    families = [ReadingFamily(), ReadingFamily()]
    pools = score_rows(families, rows, Loader(), ["a", "b"], lambda: steps.append(0))
    assert steps == [0, 0, "a", 0, 0, "b", 0, 0]
    assert [pool.accuracy()["severity"].tolist() for pool in pools] == [["a", "b"]] * 2


def test_classes_that_the_classifier_does_not_know():
    with pytest.raises(ValueError, match=r"does not know: \[5\]; it knows \[0, 1\]"):
        make_pools(labels=[0, 1, 0, 0, 5, 0])
