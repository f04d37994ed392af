import base64
import re
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from skdrift import ContaminationSweep, DistillationScorer, KSDriftTest
from skdrift.sweep._report import compare_candidates, say_verdict
from skdrift.sweep._tables import StudyTables, detection_limit

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Checks that tags are balanced and collects attributes that load something."""

    def __init__(self, text):
        super().__init__()
        self.open, self.sources, self.text, self.rows = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        self.sources += [v for k, v in attrs if k in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1].append(data)


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
def page(sweep):
    return sweep.report()


def test_page_is_whole_and_needs_nothing_else(page):
    assert page.startswith("<!DOCTYPE html>")
    parsed = Page(page)
    assert parsed.open == []
    assert len(parsed.sources) == 3
    assert all(s.startswith("data:image/png;base64,") for s in parsed.sources)
    assert "http" not in page
    assert "$" not in re.sub('base64,[^"]*', "", page)


def test_pictures_are_pictures(page):
    from matplotlib.image import imread

    for source in Page(page).sources:
        picture = imread(BytesIO(base64.b64decode(source.split(",")[1])))
        assert picture.shape[1] > 400
        assert picture.std() > 0.05


def test_verdicts_are_told(sweep, page):
    text = " ".join(Page(page).text)
    assert text.count(sweep.verdict()) == 2
    assert all(text.count(sweep.verdict(number)) for number in (0, 1))


def test_tables_hold_the_figures(sweep, page):
    rows = Page(page).rows
    for table in (sweep.summary(), compare_candidates(sweep._study_tables())):
        start = rows.index(list(table.columns))
        for shown, expected in zip(rows[start + 1 :], table.itertuples(index=False)):
            for cell, value in zip(shown, expected, strict=True):
                if isinstance(value, float):
                    assert float(cell) == pytest.approx(value, rel=6e-3, abs=1e-12)
                else:
                    assert cell == str(value)


def test_written_to_a_file(sweep, page, tmp_path):
    path = tmp_path / "report.html"
    assert len(sweep.report(path)) == len(page)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_no_figure_is_left_open(sweep):
    import matplotlib.pyplot as plt

    plt.close("all")
    sweep.report()
    assert plt.get_fignums() == []


def test_notebook_shows_the_summary_once_fitted(sweep):
    html = sweep._repr_html_()
    assert Page(html).open == []
    assert "harm caught from" in html
    assert sweep._repr_mimebundle_()["text/html"] == html
    unfitted = ContaminationSweep(sweep.detector)
    assert "DistillationScorer" in unfitted._repr_html_()
    assert "harm caught from" not in unfitted._repr_mimebundle_()["text/html"]


FRACTIONS = [0.2, 0.3, 0.9]


def say(limits, harmless, *, missing=(), false_alarm=0.05, alpha=0.05):
    """Verdict on curves that reach 80% at the limits and not before."""
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
    tables = StudyTables(
        candidates=pd.DataFrame({"candidate": [0], "batch_size": 100, "alpha": alpha}),
        summary=summary,
        false_alarms=pd.DataFrame({"candidate": [0] * len(rates), "rate": rates}),
        scores=None,
        accuracy=None,
        auroc=None,
        n_rows=(0, 0, 0),
        n_batches=10,
    )
    return say_verdict(tables, 0)


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
