import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from skdrift import (
    DistillationScorer,
    HarmExplainer,
    HarmExplanation,
    SupportScorer,
    TailDriftTest,
)
from skdrift.datasets import corrupt_table
from skdrift.explanation._explainer import flagged_rows
from tests.round_trips import ROUND_TRIPS


def loans(n, seed):
    """Simulated loans; who pays back depends on income, debt and age."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    income = rng.lognormal(3 + 0.01 * age, 0.5)
    debt = income * rng.beta(2, 5, n)
    X = pd.DataFrame(
        {
            "age": age,
            "income": income,
            "debt": debt,
            "region": rng.choice(["east", "west", "north"], n, p=[0.15, 0.5, 0.35]),
            "rooms": 1 + rng.poisson(income / 30),
            "noise": rng.normal(size=n),
        }
    )
    score = 2 * (income / 60 - 1) - 4 * (debt / income - 0.3) + (age - 45) / 40
    return X, (score + rng.logistic(0, 0.4, n) > 0).astype(int)


@pytest.fixture(scope="module")
def detector():
    X, y = loans(3000, 0)
    clf = make_pipeline(
        make_column_encoder(), HistGradientBoostingClassifier(max_iter=60)
    ).fit(X, y)
    reference, _ = loans(1500, 1)
    views = make_union(
        DistillationScorer(FrozenEstimator(clf), random_state=0), SupportScorer()
    )
    return make_pipeline(views, TailDriftTest()).fit(reference)


def make_column_encoder():
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder

    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["region"]),
        remainder="passthrough",
    )


@pytest.fixture(scope="module")
def explainer(detector):
    return HarmExplainer(detector, random_state=0).fit(loans(1500, 1)[0])


def test_clean_batch_has_nothing_to_blame(explainer):
    explanation = explainer.explain(loans(600, 5)[0])
    assert isinstance(explanation, HarmExplanation)
    assert len(explanation.rows) <= 2
    assert not explanation.segment
    assert str(explanation.segment) == ""
    assert explanation.columns == {}


def test_broken_columns_are_named_worst_first(explainer):
    batch, _ = loans(600, 3)
    batch["income"] *= 100
    batch["noise"] += 5
    columns = explainer.explain(batch).columns
    assert next(iter(columns)) == "income"
    assert columns["income"] == "changed and harmful: about 100 times larger"
    assert columns["noise"].startswith("changed, no harm seen: ")
    assert set(columns) == {"income", "noise"}


def test_region_of_harm_is_found(explainer):
    batch, _ = loans(2000, 4)
    east = (batch["region"] == "east").to_numpy()
    batch.loc[east, "income"] *= 100
    batch.loc[east, "debt"] *= 100
    segment = explainer.explain(batch).segment
    found = segment.contains(batch)
    assert (found & east).sum() / (found | east).sum() >= 0.7
    assert "points more rows with a rare score" in segment.words


def test_same_seed_same_explanation(detector):
    reference, batch = loans(1500, 1)[0], loans(400, 3)[0]
    batch["debt"] *= 3
    one, other = (
        HarmExplainer(detector, random_state=1).fit(reference).explain(batch)
        for _ in range(2)
    )
    assert one.rows == other.rows
    assert one.columns == other.columns
    assert one.segments == other.segments


def test_bare_scorer_and_array():
    X, y = load_breast_cancer(return_X_y=True)
    X = X[:, 20:]
    clf = RandomForestClassifier(30, random_state=0).fit(X[::3], y[::3])
    scorer = DistillationScorer(FrozenEstimator(clf), random_state=0).fit(X[1::3])
    explainer = HarmExplainer(scorer, random_state=0).fit(X[1::3])
    batch = X[2::3].copy()
    batch[:, 3] *= 100
    assert "x3" in explainer.explain(batch).columns


def test_texts_give_words():
    rng = np.random.default_rng(0)
    topics = {0: ["engine", "wheel", "road"], 1: ["goal", "team", "match"]}

    def texts(n, seed, extra=()):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 2, n)
        words = [list(rng.choice(topics[label], 5)) for label in y]
        return [" ".join([*word, *extra]) for word in words], y

    X, y = texts(200, 0)
    clf = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(X, y)
    reference, _ = texts(200, 1)
    scorer = SupportScorer().fit(reference)
    explainer = HarmExplainer(scorer, random_state=0).fit(reference)
    strange = ["market price bank" for _ in range(20)]
    explanation = explainer.explain(texts(60, 2)[0] + strange)
    assert set(explanation.rows) <= set(range(80))
    assert {"market", "price", "bank"} <= set(explanation.words)
    assert explanation.columns == {}
    assert not explanation.segment
    assert clf.score(*texts(50, 3)) > 0.9
    assert rng is not None


def test_images_give_rows():
    X, y = load_digits(return_X_y=True)
    images = X.reshape(-1, 8, 8)
    scorer = SupportScorer().fit(images[:800])
    explainer = HarmExplainer(scorer, random_state=0).fit(images[:800])
    batch = images[800:900].copy()
    batch[:10] = 16 - batch[:10]
    explanation = explainer.explain(batch)
    assert set(explanation.rows) >= set(range(10))
    assert explanation.column_table is None
    assert len(y) == len(X)


@pytest.mark.statistics
def test_share_of_false_rows():
    n_trials, alpha = 300, 0.1
    shares = []
    for seed in range(n_trials):
        rng = np.random.default_rng(seed)
        reference, batch = rng.normal(size=1000), rng.normal(size=100)
        batch[:10] += 5
        p_values = [(1 + (reference >= value).sum()) / 1001 for value in batch]
        found = flagged_rows(np.array(p_values), alpha)
        shares.append(np.mean([row >= 10 for row in found]) if found else 0.0)
    # Of a share the variance is at most that of a coin.
    bound = binom.ppf(0.999, n_trials, alpha) / n_trials
    assert 0.02 < np.mean(shares) <= bound


def test_what_is_refused(explainer):
    with pytest.raises(ValueError, match="rows of kind 'text'"):
        explainer.explain(["a", "b"])
    with pytest.raises(NotFittedError):
        HarmExplainer(DistillationScorer()).fit(loans(50, 0)[0])
    with pytest.raises(NotFittedError):
        clone(explainer).explain(loans(50, 0)[0])
    with pytest.raises(ValueError, match="alpha"):
        clone(explainer).set_params(alpha=2).fit(loans(50, 0)[0])


@pytest.mark.parametrize("way", ["pickle", "joblib", "deepcopy"])
def test_stored_and_read_it_says_the_same(explainer, way):
    batch = corrupt_table(loans(300, 5)[0], "scale", 3, columns=["income"])
    again = ROUND_TRIPS[way](explainer).explain(batch)
    expected = explainer.explain(batch)
    assert (again.rows, again.columns) == (expected.rows, expected.columns)
    assert again.segments == expected.segments
