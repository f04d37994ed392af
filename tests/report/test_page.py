import re
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from skdrift.report import (
    Paragraph,
    Picture,
    Section,
    Table,
    render_fragment,
    render_page,
)

VOID = {"meta", "img", "br", "source", "wbr"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><style>*{display:none}",
    "{{ 7 * 7 }}{% include 'page.html.jinja' %}",
    "&lt;b&gt; & javascript:alert(1)",
    "a\u202eb\x00c",
)


class Page(HTMLParser):
    """Checks that tags are balanced, and collects text, cells and attributes."""

    def __init__(self, html):
        super().__init__()
        self.open, self.text, self.rows, self.attributes = [], [], [], []
        self.tags = set()
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data

    @property
    def sources(self):
        return [value for name, value in self.attributes if name in ("src", "srcset")]


def picture(description="A line"):
    figures = [plt.subplots(figsize=size)[0] for size in ((6, 3), (3, 3))]
    for figure in figures:
        figure.axes[0].plot([0, 1], [1, 0])
    return Picture.of_figures(*figures, description)


def page_of(*blocks, **params):
    sections = [Section("Shown", blocks), Section("Hidden", blocks, folded=True)]
    return render_page("A title", "A verdict.", sections, **params)


def test_all_that_is_given_is_shown():
    table = Table(pd.DataFrame({"a": [1, 2], "b": ["x", None]}), "A caption")
    text = Page(page_of(Paragraph("Some words.", lead="First."), table)).text
    for part in ("A title", "A verdict.", "Shown", "Hidden"):
        assert part in text
    for part in ("First.", "A caption", "x"):
        assert text.count(part) == 2
    assert sum("Some words." in part for part in text) == 2


def test_tables_are_read_easily():
    frame = pd.DataFrame(
        {
            "count": [3, 40000],
            "p_value": [0.012345, np.nan],
            "small": np.array([1e-9, -0.0]),
            "flag": pd.array([True, None], dtype="boolean"),
            "name": ["x", None],
            7: [pd.Timestamp("2024-05-06"), pd.NaT],
            "listed": [[1, 2], [np.nan]],
        }
    )
    rows = Page(render_fragment("v", [Table(frame)])).rows
    assert rows == [
        ["count", "p_value", "small", "flag", "name", "7", "listed"],
        ["3", "0.0123", "1e-09", "True", "x", "2024-05-06 00:00:00", "[1, 2]"],
        ["40000", "–", "0", "–", "–", "–", "[nan]"],
    ]


def test_every_cell_knows_its_column_for_narrow_screens():
    frame = pd.DataFrame(np.arange(8).reshape(2, 4), columns=list("abcd"))
    page = Page(render_fragment("v", [Table(frame)]))
    labels = [value for name, value in page.attributes if name == "data-label"]
    assert labels == list("abcd") * 2
    assert ("class", "cards") in page.attributes
    folded = Page(render_page("t", "v", [Section("s", [Table(frame)], folded=True)]))
    assert ("class", "scroll") in folded.attributes
    assert ("class", "cards") not in folded.attributes


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text):
    frame = pd.DataFrame([[text, 1, 2, 3]], columns=[text, f"{text}2", "b", "c"])
    blocks = [Paragraph(text, lead=text), Table(frame, text), Picture(b"", b"", text)]
    sections = [Section(text, blocks), Section(text, blocks, folded=True)]
    page = Page(render_page(text, text, sections))
    harmless = Page(page_of(Paragraph("x", "x"), Table(frame[["b"]]), picture()))
    assert page.tags <= harmless.tags | {"caption", "wbr"}
    names = {name for name, _ in page.attributes}
    assert not [name for name in names if name.startswith("on")]
    assert all(source.startswith("data:image/webp;base64,") for source in page.sources)
    shown = text.replace("\x00", "\ufffd")
    cells = [cell.replace("\x00", "\ufffd") for row in page.rows for cell in row]
    assert cells.count(shown) == 4
    assert "49" not in "".join(page.text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_fragments_stay_text(text):
    frame = pd.DataFrame({text: pd.Categorical([text])})
    page = Page(render_fragment(text, [Table(frame)]))
    assert page.tags <= {
        "p",
        "strong",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "wbr",
    }


def test_the_page_needs_nothing_and_runs_nothing():
    html = page_of(picture(), Table(pd.DataFrame({"a": [1]})))
    assert html.startswith("<!DOCTYPE html>")
    bare = re.sub('base64,[^"]*', "", html)
    assert not re.search(r"://|url\(|@import|<script|<link|<iframe", bare)
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in bare
    assert len(bare) < 12_000


def test_made_for_narrow_dark_and_printed_pages():
    html = page_of()
    for rule in (
        "width=device-width",
        "prefers-color-scheme: dark",
        "max-width: 40rem",
        "@media print",
    ):
        assert rule in html


def test_pictures_are_pictures_and_their_figures_are_closed():
    from io import BytesIO

    from matplotlib.image import imread

    plt.close("all")
    made = picture()
    assert plt.get_fignums() == []
    wide, narrow = (imread(BytesIO(file), "webp") for file in (made.wide, made.narrow))
    assert wide.shape[1] == 720
    assert narrow.shape[1] == 360
    # Drawn on a transparent ground.
    assert wide[0, 0, 3] == 0
    assert wide[..., 3].max() > 0


@pytest.mark.parametrize("tone", ["neutral", "good", "bad", "unsure"])
def test_tones(tone):
    assert ("class", tone) in Page(page_of(tone=tone)).attributes


def test_unknown_tone():
    with pytest.raises(ValueError, match=r"tone must be one of .* got 'red'"):
        page_of(tone="red")
