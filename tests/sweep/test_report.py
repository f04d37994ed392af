import base64
from dataclasses import replace
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from skdrift import ContaminationSweep, DistillationScorer, KSDriftTest
from skdrift.sweep._report import (
    compare_candidates,
    compare_limits,
    html_summary,
    say_verdict,
)
from skdrift.sweep._tables import StudyTables, detection_limit
from tests.report.test_page import Page


@pytest.fixture(scope="module")
def sweep():
    X, y = load_digits(return_X_y=True)
    teacher = GaussianNB(var_smoothing=0.01).fit(X[:600], y[:600])
    X, y = X[600:], y[600:]
    noise = np.random.default_rng(0).normal(size=X.shape)
    scorer = DistillationScorer(
        FrozenEstimator(teacher), student=GaussianNB(var_smoothing=0.1), random_state=0
    )
    sweep = ContaminationSweep(
        make_pipeline(scorer, KSDriftTest(alternative="greater")),
        param_grid={"distillationscorer__divergence": ["kl", "js"]},
        fractions=(0, 0.2, 0.9),
        batch_size=30,
        n_batches=10,
        random_state=0,
    )
    return sweep.fit(X, y, {"mild": X + 2 * noise, "strong": X + 5 * noise})


@pytest.fixture(scope="module")
def page(sweep, tmp_path_factory):
    plt.close("all")
    path = tmp_path_factory.mktemp("reports") / "report.html"
    page = sweep.report(path)
    assert path.read_text(encoding="utf-8") == page
    # No figure is left open.
    assert plt.get_fignums() == []
    return page


def test_page_is_whole_and_needs_nothing_else(page):
    sources = Page(page).sources
    assert len(sources) == 6
    assert all(source.startswith("data:image/webp;base64,") for source in sources)
    assert len(page) < 500_000


def test_pictures_are_pictures(page):
    from matplotlib.image import imread

    for source in Page(page).sources:
        picture = imread(BytesIO(base64.b64decode(source.split(",")[1])), "webp")
        assert picture.shape[1] > 400
        # On a transparent ground, so that it suits dark pages.
        assert picture[0, 0, 3] == 0
        assert picture.std() > 0.05


def test_verdicts_are_told(sweep, page):
    text = " ".join(Page(page).text)
    assert text.count(sweep.verdict()) == 2
    assert all(text.count(sweep.verdict(number)) for number in (0, 1))


def test_tables_hold_the_figures(sweep, page):
    rows = Page(page).rows
    tables = sweep._study_tables()
    for table in (sweep.summary(), compare_candidates(tables), compare_limits(tables)):
        start = rows.index(list(table.columns))
        for shown, expected in zip(rows[start + 1 :], table.itertuples(index=False)):
            for cell, value in zip(shown, expected, strict=True):
                if isinstance(value, float):
                    assert float(cell) == pytest.approx(value, rel=6e-3, abs=1e-12)
                else:
                    assert cell == str(value)


def test_hostile_names_stay_text():
    tables = verdict_tables([0.2], [(0, 0, 0)])
    name = "<script>alert(1)</script>"
    candidates = tables.candidates.assign(**{name: [name]})
    summary = tables.summary.assign(severity=name)
    html = html_summary(replace(tables, candidates=candidates, summary=summary))
    assert "<script" not in html
    assert name in Page(html).rows[0]
    assert f"severity {name}" in Page(html).rows[2]


def test_notebook_shows_the_summary_once_fitted(sweep):
    html = sweep._repr_html_()
    assert Page(html).rows
    assert "Smallest harmful fraction" in html
    assert sweep._repr_mimebundle_()["text/html"] == html
    unfitted = ContaminationSweep(sweep.detector)
    assert "DistillationScorer" in unfitted._repr_html_()
    assert "Smallest harmful fraction" not in unfitted._repr_mimebundle_()["text/html"]


FRACTIONS = [0.2, 0.3, 0.9]


def verdict_tables(limits, harmless, *, missing=(), false_alarm=0.05, alpha=0.05):
    """Tables of curves that reach 80% at the limits and not before."""
    severities = list(range(1, len(limits) + 1))
    rows = []
    for severity, limit, rates in zip(severities, limits, harmless, strict=True):
        for fraction, rate in zip(FRACTIONS, rates):
            harmful = np.nan if severity in missing else float(fraction >= limit)
            rows.append((0, severity, "harmful", fraction, harmful))
            rows.append((0, severity, "harmless", fraction, rate))
    columns = ["candidate", "severity", "kind", "fraction", "detection_rate"]
    summary = pd.DataFrame(rows, columns=columns)
    told = detection_limit(summary, 0.8, "harmful")["fraction"]
    assert np.array_equal(told, limits, equal_nan=True)
    rates = [] if false_alarm is None else [false_alarm]
    return StudyTables(
        candidates=pd.DataFrame({"candidate": [0], "batch_size": 100, "alpha": alpha}),
        summary=summary,
        false_alarms=pd.DataFrame({"candidate": [0] * len(rates), "rate": rates}),
        scores=None,
        accuracy=None,
        auroc=None,
        n_rows=(0, 0, 0),
        n_batches=10,
    )


def say(limits, harmless, **params):
    return say_verdict(verdict_tables(limits, harmless, **params), 0)


def test_one_answer_for_all_severities():
    sentence = say([0.2, 0.2], [(0, 0, 0.04), (0, 0, 0.04)], false_alarm=0.048)
    assert sentence == (
        "In batches of 100, harmful contamination is caught (at least 80% of the "
        "batches flagged) from 20% on at every severity; harmless contamination of 90% "
        "raises an alarm in 4% of the batches; clean batches raise a false alarm in "
        "4.8% of cases (the test's level is 5%)."
    )


def test_answers_that_differ_are_told_by_severity():
    sentence = say([0.3, 0.2, 0.2, np.nan], [(0, 0, 0.01)] * 3 + [(0, 0, 0.125)])
    assert "from 20% on at severities 2 and 3 and from 30% on at severity 1" in sentence
    assert (
        "harmful contamination is missed (fewer than 80% of the batches flagged) up to "
        "90% at severity 4"
    ) in sentence
    assert "in 1% to 12.5% of the batches, depending on severity" in sentence


def test_a_single_severity_is_not_named():
    assert "severity" not in say([0.2], [(0, 0, 0.01)])


def test_what_was_not_measured_is_not_claimed():
    sentence = say(
        [np.nan, 0.2],
        [(np.nan, np.nan, np.nan)] * 2,
        missing=[1],
        false_alarm=None,
    )
    assert "cannot be judged for want of harmful rows at severity 1" in sentence
    assert "harmless" not in sentence
    assert "false alarm" not in sentence
    assert "missed" not in sentence


@pytest.mark.parametrize("alpha", [np.nan, 0.01])
def test_level_is_named_where_there_is_one(alpha):
    assert ("level is 1%" in say([0.2], [(0, 0, 0)], alpha=alpha)) == (alpha == 0.01)
