"""batch_report: what a batch does to a classifier, as one HTML page."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skdrift.explanation._display import HarmExplanationDisplay
from skdrift.explanation._explainer import HarmExplainer
from skdrift.explanation._images import worst_images
from skdrift.explanation._watched import unwrap
from skdrift.report import Paragraph, Picture, Section, Table, render_page

# Verdicts on columns that do harm.
BLAMED = ("changed and harmful", "harmful")
TONES = {"fine": "good", "harmful": "bad", "cannot tell": "unsure"}
_MOST_ROWS = 12
# Inches: as wide as a telephone.
_NARROW = 3.6


def batch_report(
    detector, X_batch, path, *, X_reference=None, history=None, title=None, images=False
):
    """Write what a batch does to a classifier as one HTML page.

    The page holds the verdict, the estimate, what changed in the inputs, which rows,
    region and columns are to blame, and what cannot be known. It needs no other file
    and holds no rows of the data, save names of columns and values that rules and
    sentences name, and pictures where asked for.

    Parameters
    ----------
    detector : HarmExplainer, PerformanceEstimator or Pipeline that ends in a drift test
        A fitted one. An explainer reports on its own detector.
    X_batch : DataFrame, ndarray of shape (n_samples, ...) or sequence of texts
        The batch.
    path : str or path-like
        Where to write the page; a file that is there is replaced.
    X_reference : like X_batch, default=None
        Clean rows, with which what is to blame is found; not needed by an explainer.
        Without them the page says only whether the batch hurts, and how sure that is.
    history : sequence of (label, result), default=None
        Results of earlier batches, the oldest one first: estimates of performance are
        shown beside this one's.
    title : str, default=None
        Heading of the page.
    images : bool, default=False
        Whether to show the twelve worst rows beside their nearest reference rows, if
        rows are images.

    Returns
    -------
    path : Path
        Where the page was written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdrift import DistillationScorer, TailDriftTest, batch_report
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = FrozenEstimator(LogisticRegression(max_iter=500).fit(X[::3], y[::3]))
    >>> scorer = DistillationScorer(clf, random_state=0)
    >>> detector = make_pipeline(scorer, TailDriftTest()).fit(X[1::3])
    >>> with TemporaryDirectory() as folder:
    ...     page = batch_report(detector, X[2::3], Path(folder, "page.html"))
    ...     page.read_text(encoding="utf-8")[:15]
    '<!DOCTYPE html>'
    """
    explainer = None
    if isinstance(detector, HarmExplainer):
        check_is_fitted(detector, "reference_scores_")
        explainer, detector = detector, detector.estimator
    elif X_reference is not None:
        explainer = HarmExplainer(detector, random_state=0).fit(X_reference)
    result = _result_of(detector, X_batch)
    explanation = None if explainer is None else explainer.explain(X_batch)
    sections = [_verdict_section(result, history)]
    if explanation is not None:
        sections += _blame_sections(explanation, _is_estimate(result))
        if images:
            picture = worst_images(X_batch, explainer.reference_, explanation)
            if picture is not None:
                said = (
                    "In each pair an image of the batch on the left, the worst pair "
                    "first; on the right the reference image that is nearest to it."
                )
                sections.append(Section("The worst images", (Paragraph(said), picture)))
    limits = _limits(result, explanation)
    sections.append(Section("What cannot be known", limits))
    verdict, tone = say_verdict(result, len(X_batch)), _tone(result)
    if not result.is_drift and not _is_estimate(result) and _blames(explanation):
        # A test of the whole batch may be silent where a few rows suffer.
        verdict += (
            " Yet repairs point to columns that do harm in some of them, see below."
        )
        tone = "unsure"
    page = render_page(
        title or "What this batch does to the classifier",
        verdict,
        sections,
        tone=tone,
    )
    path = Path(path)
    path.write_text(page, encoding="utf-8")
    return path


def _result_of(detector, X_batch):
    inner = unwrap(detector)
    if not hasattr(inner, "predict"):
        raise TypeError(
            "detector must give a verdict, as a PerformanceEstimator or a Pipeline "
            f"with a drift test at its end does; {type(inner).__name__} has no predict."
        )
    result = detector.predict(X_batch)
    if np.ndim(result.is_drift) != 0:
        raise ValueError(
            "batch_report is about one batch, but the detector gave "
            f"{len(result.is_drift)} verdicts."
        )
    return result


def _blames(explanation):
    if explanation is None or explanation.column_table is None:
        return False
    return explanation.column_table["verdict"].isin(BLAMED).any()


def _is_estimate(result):
    return hasattr(result, "verdict")


def _tone(result):
    if _is_estimate(result):
        return TONES[result.verdict]
    return "bad" if result.is_drift else "good"


def say_verdict(result, n_rows):
    """Say what a result means, in a sentence or two.

    Parameters
    ----------
    result : PerformanceEstimate or DriftResult
    n_rows : int

    Returns
    -------
    str
    """
    if not _is_estimate(result):
        if result.is_drift:
            return (
                f"The scores of these {n_rows} rows have drifted (p = "
                f"{result.p_value:.2g}): the classifier may be hurt."
            )
        return (
            f"The scores of these {n_rows} rows are as those of the reference (p = "
            f"{result.p_value:.2g})."
        )
    low, high = sorted(
        100 * (result.reference - bound) for bound in (result.low, result.high)
    )
    lost = f"{100 * result.lost:.1f} points ({low:.1f} to {high:.1f})"
    if result.verdict == "fine":
        return f"Fine: the classifier has lost {lost} on these {n_rows} rows."
    if result.verdict == "harmful":
        return f"Harmful: the classifier has lost {lost} on these {n_rows} rows."
    return (
        f"Cannot tell what the classifier has lost on these {n_rows} rows; {lost} is "
        "the estimate, but the inputs have left what can be judged."
    )


def _verdict_section(result, history):
    blocks = []
    if _is_estimate(result):
        blocks += [
            Paragraph(reason[:1].upper() + reason[1:]) for reason in result.reasons
        ]
        blocks.append(_estimates_picture(result, history or ()))
        # The verdict and its reasons stand above in words.
        said = ["verdict", "is_drift", "reasons"]
        frame = result.to_frame().drop(columns=said, errors="ignore")
    else:
        frame = result.to_frame()
        kept = ["feature", "statistic", "p_value", "is_drift", "p_value_method"]
        frame = frame[[name for name in kept if name in frame]]
    blocks.append(Table(frame))
    return Section("Does it hurt?", tuple(blocks))


def _estimates_picture(result, history):
    earlier = [(label, old) for label, old in history if _is_estimate(old)]
    batches = [*earlier, ("this batch", result)]

    def figure(width):
        import matplotlib.pyplot as plt

        from skdrift.explanation._estimates import draw_estimates

        figure, ax = plt.subplots(figsize=(width, 3.2), layout="constrained")
        draw_estimates(ax, batches)
        return figure

    return Picture.of_figures(
        figure(7.5),
        figure(_NARROW),
        "Estimates with intervals beside the reference and what is tolerated",
    )


def _blame_sections(explanation, beside_estimate):
    sections = []
    if explanation.column_table is not None:
        sections.append(_columns_section(explanation))
        if explanation.segments:
            said = [Paragraph(f"{one.words}.") for one in explanation.segments]
            said.append(
                Paragraph("Intervals hold with 90%; figures are from rows kept apart.")
            )
            if beside_estimate:
                # Else readers take the points of the region for a second estimate.
                said.append(
                    Paragraph(
                        "Regions and rows go by what is known of each row by itself. "
                        "On rows unlike all known ones the classifier is too sure, so "
                        "that fewer points show here than the whole batch has lost."
                    )
                )
        else:
            said = [Paragraph("No region stands out from the rest of the batch.")]
        sections.append(Section("Where", tuple(said)))
    if explanation.words:
        frame = pd.DataFrame(
            list(explanation.words.items()), columns=["word", "how often"]
        )
        said = Paragraph(
            "Words that stand in more of the rows that stand out than of the reference:"
        )
        sections.append(Section("Words", (said, Table(frame))))
    n_rows = len(explanation.row_p_values)
    if explanation.rows:
        worst = list(explanation.rows)[:_MOST_ROWS]
        blocks = (
            Paragraph(
                f"{len(explanation.rows)} of {n_rows} rows score as hardly any clean "
                f"row does. On average at most {explanation.alpha:.0%} of the rows "
                "named so are clean."
            ),
            Paragraph(
                f"{', '.join(map(str, worst))}, counted from 0; the smallest p-value "
                f"is {explanation.rows[worst[0]]:.2g}.",
                lead="The worst:",
            ),
        )
    else:
        blocks = (Paragraph(f"None of the {n_rows} rows stands out from clean rows."),)
    sections.append(Section("Rows", blocks))
    return sections


def _columns_section(explanation):
    table = explanation.column_table
    named = [
        Paragraph(f"{words}.", lead=f"{name}:")
        for name, words in explanation.columns.items()
    ]
    if not named:
        said = "No column has changed, and repairing none of them changes much."
        return Section("Columns", (Paragraph(said),))
    blocks = named
    if table["excess"].notna().any():
        pictures = []
        for width in (7.5, _NARROW):
            import matplotlib.pyplot as plt

            blamed = table[table["verdict"] != "unchanged"]
            size = (width, 1.6 + 0.35 * min(len(blamed), 12))
            figure, ax = plt.subplots(figsize=size, layout="constrained")
            HarmExplanationDisplay(columns=blamed).plot(ax=ax)
            if width == _NARROW:
                ax.set_xlabel("Change by repair")
                ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.3), frameon=False)
            pictures.append(figure)
        blocks = [
            *named,
            Picture.of_figures(*pictures, "What repairing each column changes"),
        ]
    return Section("Columns", tuple(blocks))


def _limits(result, explanation):
    said = [
        Paragraph(
            "A change in how labels depend on the inputs, or in how frequent classes "
            "are, leaves no trace in the inputs: no page like this one can show it. "
            "A few labelled rows can."
        )
    ]
    if not _is_estimate(result):
        said.append(
            Paragraph(
                "A drift test tells whether scores have changed, not how many points "
                "were lost; an estimate of performance does."
            )
        )
    if explanation is not None and explanation.column_table is not None:
        said.append(
            Paragraph(
                "Columns are judged by repair: what is told of them holds as far as "
                "like rows of the reference have like values."
            )
        )
    return tuple(said)
