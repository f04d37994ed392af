"""Reports in a real browser: on narrow and wide screens, light and dark ones."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdrift import (
    ContaminationSweep,
    DistillationScorer,
    HarmExplainer,
    KSDriftTest,
    PerformanceEstimator,
    SupportScorer,
    batch_report,
)
from skdrift.report import Paragraph, Picture, Section, Table, render_page
from tests.browser import CHROMIUM, Browser

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium is installed to look at reports with"
)

HOSTILE = '"><script>document.title = "taken"</script><img src=http://a.example/x>'


def any_page(folder):
    """Every block with names that are long, hostile or both."""
    names = ["x" * 60, HOSTILE, *(f"distillationscorer__number_{n}" for n in range(9))]
    wide = pd.DataFrame([[HOSTILE, "y" * 300, *range(9)]] * 3, columns=names)
    figures = [plt.subplots(figsize=(width, 3))[0] for width in (7.5, 3.6)]
    blocks = [
        Paragraph("z" * 400, lead=HOSTILE),
        Table(wide, caption=HOSTILE),
        Table(wide.iloc[:, :5]),
        Table(wide.iloc[:, :3]),
        Picture.of_figures(*figures, HOSTILE),
    ]
    sections = [Section(HOSTILE, blocks), Section("Folded", blocks, folded=True)]
    path = folder / "any.html"
    html = render_page(HOSTILE, HOSTILE, sections, tone="bad")
    path.write_text(html, encoding="utf-8")
    return path


def page_of_a_table(folder):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X.iloc[:, 20:26].rename(columns={"worst area": HOSTILE})
    clf = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[::3], y[::3])
    estimator = PerformanceEstimator(FrozenEstimator(clf), random_state=0)
    estimator.fit(X[1::3], y[1::3])
    batch = X[2::3].copy()
    history = [(f"week {n}", estimator.predict(batch[n:])) for n in range(8)]
    batch[[HOSTILE, "worst radius"]] *= 1000
    path = folder / "table.html"
    explainer = HarmExplainer(estimator, random_state=0).fit(X[1::3])
    return batch_report(explainer, batch, path, history=history)


def page_of_images(folder):
    images, y = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8)
    flat = FunctionTransformer(lambda X: np.asarray(X).reshape(len(X), -1))
    clf = make_pipeline(flat, MultinomialNB()).fit(images[:600], y[:600])
    scorer = DistillationScorer(
        FrozenEstimator(clf), student=make_pipeline(flat, MultinomialNB(alpha=9))
    )
    detector = make_pipeline(scorer, KSDriftTest(alternative="greater"))
    detector.fit(images[600:1200])
    batch = images[1200:1400].copy()
    batch[:50, 2:7] = 0
    path = folder / "images.html"
    return batch_report(
        detector, batch, path, X_reference=images[600:1200], images=True
    )


def page_of_texts(folder):
    rng = np.random.default_rng(0)
    words = np.array(
        ["good", "fine", "bad", "poor", "screen", "cable", "price", "box"]
        + ["plot", "actor"]
    )
    y = rng.integers(2, size=900)
    weights = np.where(np.arange(10) < 8, 1.0, 0.05) * np.ones((2, 10))
    weights[[0, 0, 1, 1], [0, 1, 2, 3]] = 0.1
    weights /= weights.sum(axis=1, keepdims=True)
    texts = [" ".join(rng.choice(words, 9, p=weights[label])) for label in y]
    clf = make_pipeline(CountVectorizer(), MultinomialNB()).fit(texts[:300], y[:300])
    scorer = DistillationScorer(
        FrozenEstimator(clf),
        student=make_pipeline(CountVectorizer(), MultinomialNB(alpha=50)),
        random_state=0,
    )
    views = make_union(scorer, SupportScorer())
    detector = make_pipeline(views, KSDriftTest(alternative="greater"))
    detector.fit(texts[300:700])
    batch = [*texts[700:], *[f"plot actor actor plot good good {HOSTILE}"] * 80]
    path = folder / "texts.html"
    return batch_report(detector, batch, path, X_reference=texts[300:700])


def page_of_a_sweep(folder):
    X, y = load_breast_cancer(return_X_y=True)
    clf = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[::3], y[::3])
    X, y = np.delete(X, slice(None, None, 3), 0), np.delete(y, slice(None, None, 3))
    scorer = DistillationScorer(FrozenEstimator(clf), random_state=0)
    sweep = ContaminationSweep(
        make_pipeline(scorer, KSDriftTest(alternative="greater")),
        param_grid={"distillationscorer__divergence": ["kl", "js"]},
        fractions=(0, 0.5, 0.9),
        batch_size=20,
        n_batches=5,
        random_state=0,
    )
    sweep.fit(X, y, {severity: X * (1 + severity) for severity in (1, 3, 5)})
    path = folder / "sweep.html"
    sweep.report(path)
    return path


PAGES = {
    "any": any_page,
    "table": page_of_a_table,
    "images": page_of_images,
    "texts": page_of_texts,
    "sweep": page_of_a_sweep,
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="module", params=PAGES)
def page(request, tmp_path_factory):
    return PAGES[request.param](tmp_path_factory.mktemp("pages"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_page_fits_the_screen_and_asks_for_nothing(page, width, dark, browser):
    browser.open(page, width=width, dark=dark)
    assert browser.ask("innerWidth") == width
    assert browser.ask("document.documentElement.scrollWidth") <= width
    # The page itself, and pictures that it holds.
    others = [url for url in browser.requests if not url.startswith("data:image/")]
    assert others == [page.as_uri()]
    assert browser.complaints == []
    assert browser.ask("document.title") != "taken"
    assert browser.ask("document.scripts.length") == 0
    assert browser.ask(
        "[...document.images].every(one => one.complete && one.naturalWidth > 0)"
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_of_the_page(page, width, browser):
    browser.open(page, width=width)
    too_wide = browser.ask(
        "[...document.querySelectorAll('body *')]"
        ".filter(one => !one.closest('details'))"
        ".filter(one => one.getBoundingClientRect().right > innerWidth + 1)"
        ".map(one => one.outerHTML.slice(0, 200))"
    )
    assert too_wide == []


def test_dark_pages_are_dark_and_photographs_are_not_turned(page, browser):
    ground = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g)[0]"
    browser.open(page, width=1280, dark=False)
    assert int(browser.ask(ground)) > 240
    browser.open(page, width=1280, dark=True)
    assert int(browser.ask(ground)) < 40
    filters = browser.ask(
        "[...document.images].map(one => getComputedStyle(one).filter != 'none')"
    )
    is_photograph = page.stem == "images"
    assert set(filters) <= {not is_photograph}


def test_pages_are_small(page):
    assert page.stat().st_size < 300_000


def test_words_are_shown_and_what_the_texts_hold_is_not(tmp_path, browser):
    browser.open(page_of_texts(tmp_path), width=390)
    text = browser.ask("document.body.innerText")
    assert "Words that stand in more of the rows" in text
    assert "actor" in text
    assert "plot actor actor" not in text
    assert "screen" not in text
