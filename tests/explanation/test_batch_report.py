import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from skdrift import (
    DistillationScorer,
    HarmExplainer,
    KSDriftTest,
    SupportScorer,
    batch_report,
)
from skdrift.datasets import make_loans
from skdrift.explanation._batch_report import say_verdict

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def detector_and_rows():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X.iloc[:, 20:26].rename(columns={"worst area": HOSTILE})
    clf = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[::3], y[::3])
    scorer = DistillationScorer(FrozenEstimator(clf), random_state=0)
    views = make_union(scorer, SupportScorer())
    detector = make_pipeline(views, KSDriftTest(alternative="greater"))
    return detector.fit(X[1::3]), X[1::3], X[2::3]


class Texts(HTMLParser):
    """Collects texts and looks for what would run or load something."""

    def __init__(self):
        super().__init__()
        self.texts, self.tags, self.addresses = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "srcset"):
                self.addresses.append(value)

    def handle_data(self, data):
        self.texts.append(data)


def read(path):
    page = Texts()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def test_page_of_a_broken_batch(detector_and_rows, tmp_path):
    detector, reference, batch = detector_and_rows
    broken = batch * 1000
    path = batch_report(detector, broken, tmp_path / "p.html", X_reference=reference)
    page = read(path)
    text = " ".join(page.texts)
    assert "the classifier may be hurt" in text
    assert text.count("about 1,000 times larger") >= 6
    assert HOSTILE in text  # as text, not as code
    assert "script" not in page.tags
    assert all(address.startswith("data:") for address in page.addresses)
    assert path.stat().st_size < 300_000


def test_values_that_are_hostile_are_escaped(detector_and_rows, tmp_path):
    detector, reference, batch = detector_and_rows
    explainer = HarmExplainer(detector, random_state=0).fit(reference)
    title = "<img src=x onerror=alert(1)>"
    path = batch_report(explainer, batch, tmp_path / "p.html", title=title)
    page = read(path)
    assert "onerror" not in re.sub(r"&lt;.*?&gt;", "", path.read_text(encoding="utf-8"))
    assert title in page.texts


def test_page_without_reference_has_the_verdict_only(detector_and_rows, tmp_path):
    detector, _, batch = detector_and_rows
    text = " ".join(read(batch_report(detector, batch, tmp_path / "p.html")).texts)
    assert "are as those of the reference" in text
    assert "What cannot be known" in text
    assert "Columns are judged" not in text
    assert "Rows" not in text


def test_harmful_columns_under_a_silent_test_are_told(tmp_path):
    X, y = make_loans(6000, random_state=0)
    clf = HistGradientBoostingClassifier(max_iter=50, random_state=0)
    clf.fit(X[:3000], y[:3000])
    clean, batch = X[3000:5000], X[5000:].copy()
    scorer = DistillationScorer(FrozenEstimator(clf), random_state=0)
    # So much may change that no batch is flagged.
    detector = make_pipeline(scorer, KSDriftTest(min_effect=0.9)).fit(clean)
    explainer = HarmExplainer(detector, random_state=0).fit(clean)
    calm = " ".join(read(batch_report(explainer, batch, tmp_path / "c.html")).texts)
    assert "Yet repairs" not in calm
    batch["income"] = batch["income"] / 1000
    text = " ".join(read(batch_report(explainer, batch, tmp_path / "p.html")).texts)
    assert "are as those of the reference" in text
    assert "Yet repairs point to columns that do harm" in text


def estimate(verdict, lost=0.041):
    fields = {
        "estimate": 0.9 - lost,
        "low": 0.9 - lost - 0.02,
        "high": 0.9 - lost + 0.02,
        "reference": 0.9,
        "lost": lost,
        "verdict": verdict,
        "is_drift": verdict != "fine",
        "reasons": ("many rows are strange.",),
    }
    return SimpleNamespace(
        **fields, to_frame=lambda: pd.DataFrame([{"estimate": 0.9 - lost}])
    )


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("fine", "Fine: the classifier has lost 4.1 points (2.1 to 6.1) on"),
        ("harmful", "Harmful: the classifier has lost 4.1 points (2.1 to 6.1) on"),
        ("cannot tell", "Cannot tell what the classifier has lost on these 50 rows"),
    ],
)
def test_verdict_of_an_estimate_in_words(verdict, words):
    assert say_verdict(estimate(verdict), 50).startswith(words)


def test_estimates_are_shown_on_their_history(tmp_path):
    class Estimator:
        def predict(self, X):
            return estimate("cannot tell")

    history = [("May", estimate("fine", 0.0)), ("June", estimate("harmful", 0.2))]
    path = batch_report(
        Estimator(), np.zeros((9, 2)), tmp_path / "p.html", history=history
    )
    page = read(path)
    assert "img" in page.tags or "picture" in page.tags
    assert "Many rows are strange." in page.texts


def test_points_of_a_region_are_told_from_those_of_the_batch(
    detector_and_rows, tmp_path
):
    detector, reference, batch = detector_and_rows

    class Estimator(BaseEstimator):
        def __init__(self):
            self.fitted_ = True

        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return detector[:-1].transform(X)

        def predict(self, X):
            return estimate("harmful")

    broken = batch.copy()
    where = broken["worst texture"] > 25
    broken.loc[where, ["worst radius", "worst perimeter"]] *= 10
    said = "fewer points show here than the whole batch has lost"
    for model, is_said in ((Estimator(), True), (detector, False)):
        explainer = HarmExplainer(model, random_state=0).fit(reference)
        assert explainer.explain(broken).segment
        path = batch_report(explainer, broken, tmp_path / "p.html")
        assert (said in path.read_text(encoding="utf-8")) == is_said


def test_what_is_refused(detector_and_rows, tmp_path):
    batch = detector_and_rows[-1]
    with pytest.raises(TypeError, match="has no predict"):
        batch_report(StandardScaler(), batch, tmp_path / "p.html")
    assert not (tmp_path / "p.html").exists()
