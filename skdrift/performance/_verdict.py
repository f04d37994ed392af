"""The verdict on a batch, and what speaks for it."""

from dataclasses import dataclass

# A batch is fine if it is estimated to have lost no more than this part of what is
# tolerated; between that and a significant loss nothing can be told.
_FINE = 0.6
_LEAST_ROWS = 20
# Share of rows outside of the reference that a batch may have.
_MOST_OUTSIDE = 0.15
# Part of the tolerance by which strange values may change decisions.
_MOST_REPAIRED = 1.0
# Share of strange values that makes a column worth naming.
_WORTH_NAMING = 0.02
_AT_MOST_NAMED = 5
# Part of the tolerance by which what was learnt may contradict itself.
_MOST_DISAGREEMENT = 1.5


@dataclass(frozen=True)
class Evidence:
    """What is known of a batch when it is judged.

    Parameters
    ----------
    size : int
    lost, p_value : float
    tolerance, alpha : float
    outside : float
        Share of rows beyond 1.5 times the distance of 99% of the reference.
    repaired : float
        Share of rows whose decision changes when strange values are replaced.
    columns : list of (str, str)
        Columns with strange or missing values, and in words what is strange.
    constant : list of (str, str)
        Those among them that are constant in the reference.
    class_distance : float
        Total variation between shares of decisions here and in the reference.
    most_class_distance : float
        The largest one among the simulated batches.
    disagreement : float
        How far the estimate moves if kinds of faults had not been simulated.
    """

    size: int
    lost: float
    p_value: float
    tolerance: float
    alpha: float
    outside: float
    repaired: float
    columns: list
    constant: list
    class_distance: float
    most_class_distance: float
    disagreement: float


def judge(evidence):
    """Return the verdict on a batch and its reasons.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    verdict : {"fine", "harmful", "cannot tell"}
    reasons : tuple of str
        Sentences.
    """
    doubts = find_doubts(evidence)
    points = f"{100 * evidence.lost:.1f} points"
    allowed = f"{100 * evidence.tolerance:.3g} points that are tolerated"
    harmful = (
        f"An estimated {points} are lost, clearly more than batches that keep within "
        f"the {allowed} (p = {evidence.p_value:.2g})."
    )
    significant = evidence.p_value <= evidence.alpha
    too_much = evidence.lost > evidence.tolerance
    if significant and too_much and evidence.size >= _LEAST_ROWS:
        return "harmful", (harmful, *doubts)
    if doubts:
        return "cannot tell", tuple(doubts)
    if evidence.lost <= _FINE * evidence.tolerance and not significant:
        return "fine", (f"An estimated {points} are lost, of the {allowed}.",)
    if significant:
        unlike = (
            f"An estimated {points} are lost, within the {allowed}; but hardly any "
            f"batch that keeps within them looks as bad (p = {evidence.p_value:.2g})."
        )
        return "cannot tell", (unlike,)
    near = (
        f"An estimated {points} are lost, near the {allowed}; so many rows cannot tell "
        f"on which side (p = {evidence.p_value:.2g})."
    )
    return "cannot tell", (near,)


def find_doubts(evidence):
    """Sentences that say why a batch may be beyond what can be judged."""
    doubts = []
    if evidence.size < _LEAST_ROWS:
        doubts.append(
            f"{evidence.size} rows are too few to judge; {_LEAST_ROWS} are needed."
        )
    if evidence.constant:
        doubts.append(
            "Columns that are constant in the reference have other values now: "
            f"{_named(evidence.constant)}."
        )
    named = f": {_named(evidence.columns)}" if evidence.columns else ""
    repairs_matter = evidence.repaired > _MOST_REPAIRED * evidence.tolerance
    if evidence.outside > _MOST_OUTSIDE and (repairs_matter or not evidence.columns):
        doubts.append(
            f"{evidence.outside:.0%} of the rows lie outside of what the reference "
            f"holds{named}."
        )
    elif repairs_matter:
        doubts.append(
            "Values that the reference does not hold decide "
            f"{evidence.repaired:.0%} of the rows{named}."
        )
    if evidence.class_distance > evidence.most_class_distance:
        doubts.append(
            "The classifier decides for other classes than on any batch that was "
            f"simulated: {evidence.class_distance:.0%} of the decisions have moved."
        )
    if evidence.disagreement > _MOST_DISAGREEMENT * evidence.tolerance:
        doubts.append(
            "The estimate depends on which faults were simulated: without some of "
            f"them it would be some {100 * evidence.disagreement:.0f} points away."
        )
    return doubts


def _named(columns):
    shown = [f"{name} ({words})" for name, words in columns[:_AT_MOST_NAMED]]
    rest = len(columns) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def strange_columns(names, known, strange, size):
    """Name columns with strange values, the worst one first.

    Parameters
    ----------
    names : list of str
    known : list of KnownColumn
    strange : ndarray of int of shape (n_columns,)
        Number of such values in the batch.
    size : int
        Number of rows.

    Returns
    -------
    columns, constant : list of (str, str)
        Names with what is strange in words; the second list has those that are
        constant in the reference.
    """
    columns, constant = [], []
    for place in sorted(range(len(names)), key=lambda place: -strange[place]):
        share = strange[place] / size
        if share <= _WORTH_NAMING:
            continue
        column = known[place]
        if column.constant:
            constant.append((names[place], f"{share:.0%} of the rows"))
            continue
        what = "new categories" if column.names is not None else "out of range"
        columns.append((names[place], f"{what} in {share:.0%} of the rows"))
    return columns, constant
