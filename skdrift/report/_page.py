"""One page for every report, and the parts that it is made of."""

import base64
import io
import re
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd

# What a page is about, as the colour of its verdict. The words say it as well.
TONES = ("neutral", "good", "bad", "unsure")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of text.

    Parameters
    ----------
    text : str
    lead : str, default=""
        Stands in bold before the text.
    """

    text: str
    lead: str = ""

    kind = "paragraph"


@dataclass(frozen=True)
class Table:
    """A table of figures. On a narrow screen its rows become cards.

    Parameters
    ----------
    frame : DataFrame
        Shown without its index; numbers with three digits, what is missing as a dash.
    caption : str, default=""
    """

    frame: pd.DataFrame
    caption: str = ""

    kind = "table"

    @property
    def columns(self):
        """Names of the columns, as text."""
        return [str(name) for name in self.frame.columns]

    @property
    def least_widths(self):
        """Widths of the columns in characters that keep their words whole."""
        texts = zip(self.columns, *self.rows)
        words = [re.split(r"[\s_]+", " ".join(column)) for column in texts]
        return [min(max(map(len, parts)) + 1, 14) for parts in words]

    @property
    def is_number(self):
        """Whether each column holds numbers, which stand to the right."""
        return [pd.api.types.is_numeric_dtype(dtype) for dtype in self.frame.dtypes]

    @property
    def rows(self):
        """Cells as text."""
        return [
            [_cell(value) for value in row]
            for row in self.frame.itertuples(index=False, name=None)
        ]


@dataclass(frozen=True)
class Picture:
    """A picture, with another one for narrow screens.

    Parameters
    ----------
    wide, narrow : bytes
        WebP files with a transparent background. `narrow` may be the same as `wide`.
    description : str
        What can be seen, for those who cannot see it.
    as_it_is : bool, default=False
        Whether its light and dark stay on dark screens, as those of photographs do;
        those of a drawing change places.
    """

    wide: bytes
    narrow: bytes
    description: str
    as_it_is: bool = False

    kind = "picture"

    @classmethod
    def of_figures(cls, wide, narrow, description, *, as_it_is=False):
        """Make a picture of two matplotlib figures and close them."""
        import matplotlib.pyplot as plt

        files = [_as_webp(figure, as_it_is) for figure in (wide, narrow)]
        for figure in (wide, narrow):
            plt.close(figure)
        return cls(*files, description, as_it_is)

    @property
    def sources(self):
        """The two files as addresses that hold them."""
        return [
            f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}"
            for data in (self.wide, self.narrow)
        ]


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading.

    Parameters
    ----------
    title : str
    blocks : sequence of Paragraph, Table or Picture
    folded : bool, default=False
        Whether the reader opens it first. Its tables may be long and wide: on a narrow
        screen they scroll.
    """

    title: str
    blocks: tuple
    folded: bool = False


def render_page(title, verdict, sections, *, tone="neutral"):
    """Return a report as one HTML page that needs no other file.

    All text is escaped, so names and values out of data may hold anything. The page
    loads nothing and runs nothing; it is made for wide and narrow screens, light and
    dark ones, and paper.

    Parameters
    ----------
    title : str
        What the report is about.
    verdict : str
        Its result, in a sentence or two.
    sections : sequence of Section
    tone : {"neutral", "good", "bad", "unsure"}, default="neutral"
        Colour of the verdict.

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd
    >>> from skdrift.report import Section, Table, render_page
    >>> table = pd.DataFrame({"column": ["age"], "p_value": [0.0123]})
    >>> page = render_page("A batch", "Two columns changed.", [
    ...     Section("Columns", [Table(table)]),
    ... ])
    >>> page.splitlines()[0]
    '<!DOCTYPE html>'
    """
    if tone not in TONES:
        raise ValueError(f"tone must be one of {TONES}; got {tone!r}.")
    template = _environment().get_template("page.html.jinja")
    return template.render(title=title, verdict=verdict, sections=sections, tone=tone)


def render_fragment(verdict, blocks):
    """Return a verdict and some blocks as a piece of HTML, such as for a notebook.

    Parameters
    ----------
    verdict : str
    blocks : sequence of Paragraph, Table or Picture

    Returns
    -------
    str
    """
    template = _environment().get_template("fragment.html.jinja")
    return template.render(verdict=verdict, blocks=blocks)


def _environment():
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def _cell(value):
    """Text of a cell: three digits of a number, a dash for what is missing."""
    if isinstance(value, bool | np.bool_ | Integral):
        return str(value)
    if isinstance(value, Real):
        return "–" if np.isnan(value) else f"{value + 0.0:.3g}"
    return "–" if np.ndim(value) == 0 and pd.isna(value) else str(value)


def _as_webp(figure, is_photograph):
    """Draw a figure into a small WebP file."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=120, transparent=True)
    image, file = Image.open(drawn), io.BytesIO()
    if is_photograph:
        image.save(file, "webp", quality=80)
    else:
        # Bands that shine through each other have thousands of colours, which no eye
        # tells apart and which take most of the space.
        few = image.quantize(256, method=Image.Quantize.FASTOCTREE)
        few.convert("RGBA").save(file, "webp", lossless=True, method=2)
    return file.getvalue()
