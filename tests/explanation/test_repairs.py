import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skdrift.datasets import corrupt_table
from skdrift.explanation._repairs import DonorTable, column_values, with_column

NAMES = [f"x{place}" for place in range(12)]


@pytest.fixture(scope="module")
def watched():
    """Twelve columns that know much of each other; one of them alone says little."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(3000, 3))
    X = hidden @ rng.normal(size=(3, 12)) + 0.3 * rng.normal(size=(3000, 12))
    y = hidden[:, 0] + hidden[:, 1] > 0.2 * rng.normal(size=3000)
    clf = LogisticRegression(C=0.1).fit(X[:1000], y[:1000])
    return clf, X[1000:2000], X[2000:]


def find(donors, X, proba, places=range(12), seed=0):
    repairs, _ = donors.find_repairs(
        X, proba, list(places), NAMES, np.random.RandomState(seed)
    )
    return [repair.column for repair in repairs]


@pytest.mark.parametrize("kind", ["scale", "shuffle", "offset", "mirror"])
@pytest.mark.parametrize("rank", [0, 1])
def test_broken_column_is_blamed_first(watched, kind, rank):
    clf, reference, batch = watched
    proba = clf.predict_proba
    donors = DonorTable(reference, proba, 0)
    # Of those that the classifier looks at most.
    place = int(np.argsort(-abs(clf.coef_[0]))[rank])
    broken = corrupt_table(batch, kind, 4, columns=[place], random_state=0)
    assert find(donors, broken, proba)[:1] == [NAMES[place]]


@pytest.mark.parametrize("kind", ["missing", "stuck"])
def test_lost_values_are_blamed_where_columns_know_nothing_of_each_other(kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 12))
    y = X[:, 3] + 0.3 * rng.normal(size=3000) > 0
    # Missing values are read as zeros.
    clf = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=0.0), LogisticRegression()
    )
    clf.fit(X[:1000], y[:1000])
    donors = DonorTable(X[1000:2000], clf.predict_proba, 0)
    for column, blamed in ((3, ["x3"]), (5, [])):
        broken = corrupt_table(X[2000:], kind, 4, columns=[column], random_state=0)
        assert find(donors, broken, clf.predict_proba, [3, 5]) == blamed


def test_two_broken_columns(watched):
    clf, reference, batch = watched
    proba = clf.predict_proba
    donors = DonorTable(reference, proba, 0)
    first, second = np.argsort(-abs(clf.coef_[0]))[:2].tolist()
    broken = corrupt_table(batch, "offset", 4, columns=[first, second], random_state=0)
    found = find(donors, broken, proba)
    assert set(found[:2]) == {NAMES[first], NAMES[second]}


@pytest.mark.parametrize("seed", range(5))
def test_clean_rows_blame_nothing(watched, seed):
    clf, reference, batch = watched
    proba = clf.predict_proba
    donors = DonorTable(reference, proba, seed)
    assert find(donors, batch[seed * 100 : seed * 100 + 300], proba) == []


def test_only_columns_that_may_be_repaired_are_blamed(watched):
    clf, reference, batch = watched
    proba = clf.predict_proba
    donors = DonorTable(reference, proba, 0)
    worst, *_, least = np.argsort(-abs(clf.coef_[0])).tolist()
    broken = corrupt_table(batch, "shuffle", 5, columns=[worst], random_state=0)
    assert find(donors, broken, proba, places=[least]) == []


def test_column_that_the_classifier_ignores_is_not_blamed(watched):
    clf, reference, batch = watched
    proba = clf.predict_proba
    noise = np.random.default_rng(0).normal(size=(2000, 1))

    def blind(X):
        return proba(X[:, :12])

    donors = DonorTable(np.hstack([reference, noise[:1000]]), blind, 0)
    broken = np.hstack([batch, 100 + noise[1000:]])
    repairs, _ = donors.find_repairs(
        broken, blind, range(13), [*NAMES, "id"], np.random.RandomState(0)
    )
    assert repairs == []


def test_repair_says_how_clear_it_is(watched):
    clf, reference, batch = watched
    proba = clf.predict_proba
    donors = DonorTable(reference, proba, 0)
    place = int(np.argmax(abs(clf.coef_[0])))
    broken = corrupt_table(batch, "shuffle", 5, columns=[place], random_state=0)
    before = broken.copy()
    (first, *_), repaired = donors.find_repairs(
        broken, proba, range(12), NAMES, np.random.RandomState(0)
    )
    assert 0 < first.error < first.excess / 3 < 1
    assert (broken == before).all()
    assert first.column == NAMES[place]
    assert np.isin(repaired[:, place], donors.donors[:, place]).all()


def test_frames_keep_their_types():
    X = pd.DataFrame(
        {
            "a": [1, 2, 3],
            "b": pd.Categorical(["u", "v", "u"]),
            "c": pd.array([1, None, 3], dtype="Int64"),
        }
    )
    for place in range(3):
        lent = column_values(X, place, [2, 1, 0])
        changed = with_column(X, place, lent)
        assert (changed.dtypes == X.dtypes).all()
        assert list(changed.columns) == list(X.columns)
        assert (
            changed.iloc[:, place]
            .iloc[::-1]
            .equals(X.iloc[:, place].set_axis([2, 1, 0]))
            or changed.iloc[:, place].isna().any()
        )
    assert X["a"].tolist() == [1, 2, 3]


def test_columns_that_do_the_same_harm_are_both_blamed(watched):
    """With either broken the classifier says the same; no single repair tells."""
    _, reference, batch = watched

    def proba(X):
        refuse = 0.9 * ((np.abs(X[:, :2]) > 20).any(axis=1)) + 0.05
        return np.column_stack([refuse, 1 - refuse])

    donors = DonorTable(reference, proba, 0)
    broken = batch.copy()
    broken[:, :3] += 1000
    assert find(donors, broken, proba, places=[0, 1, 2]) == []
    found = donors.find_harmful(
        broken, proba, [0, 1, 2], NAMES, np.random.RandomState(0)
    )
    assert [repair.column for repair in found] in (["x0", "x1"], ["x1", "x0"])
    assert found[0].excess == pytest.approx(0.9)
    clean = donors.find_harmful(
        batch, proba, [0, 1, 2], NAMES, np.random.RandomState(0)
    )
    assert clean == []


def test_joint_repairs_change_the_rows_that_are_broken(watched):
    clf, reference, batch = watched
    donors = DonorTable(reference, clf.predict_proba, 0)
    broken = batch.copy()
    broken[:200, :4] += 5
    for changes in (
        donors.joint_changes(broken, clf.predict_proba, [0, 1, 2, 3]),
        donors.largest_changes(broken, clf.predict_proba),
    ):
        assert changes.shape == (1000,)
        assert changes[:200].mean() > changes[200:].mean() + 0.1
    assert len(donors.largest) == len(donors.controls) == len(donors.control_rows)
    assert (reference[donors.control_rows] == donors.controls).all()
