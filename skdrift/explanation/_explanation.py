"""HarmExplanation: what is to blame in a batch, each with its evidence."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from skdrift.explanation._segments import Segment


@dataclass(frozen=True, eq=False)
class HarmExplanation:
    """What is to blame for the harm in a batch.

    Parameters
    ----------
    rows : dict of int to float
        Positions of the rows that score as hardly any clean row does, and the
        conformal p-value of each, the smallest one first. On average at most `alpha`
        of them are false.
    segment : Segment
        The region that explains most; it reads as a rule, and is false where no region
        stands out.
    columns : dict of str to str
        Names of the columns to blame, the worst one first, and what speaks against
        each, in words: those that changed and harm, then those that changed and do no
        harm that can be seen. Empty where rows are no table.
    segments : tuple of Segment, default=()
        All regions found, disjoint, the one that explains most first.
    words : dict of str to str, default={}
        Of texts: words that have become more frequent among the rows to blame.
    row_p_values : ndarray of shape (n_samples,)
        Conformal p-values of all rows.
    column_table : DataFrame
        Figures of all columns: ``column``, ``verdict``, ``excess``, ``error`` and
        ``change``.
    alpha : float
        Level of all that is said.
    """

    rows: dict
    segment: Segment
    columns: dict
    segments: tuple = ()
    words: dict = field(default_factory=dict)
    row_p_values: np.ndarray | None = field(default=None, repr=False)
    column_table: pd.DataFrame | None = field(default=None, repr=False)
    alpha: float = 0.05

    def to_frame(self):
        """Tidy table with one row for each row, region, column and word to blame.

        Returns
        -------
        frame : DataFrame
            Columns ``what`` ("row", "segment", "column" or "word"), ``name`` and
            ``evidence``.
        """
        lines = [
            ("segment", str(segment), segment.words.removeprefix(f"{segment}: "))
            for segment in self.segments
        ]
        lines += [("column", name, words) for name, words in self.columns.items()]
        lines += [("word", name, words) for name, words in self.words.items()]
        lines += [("row", row, f"p = {p:.3g}") for row, p in self.rows.items()]
        return pd.DataFrame(lines, columns=["what", "name", "evidence"])

    def __str__(self):
        n_rows = len(self.row_p_values)
        parts = [
            f"{len(self.rows)} of {n_rows} rows stand out"
            if self.rows
            else f"None of the {n_rows} rows stands out"
        ]
        parts += [segment.words for segment in self.segments]
        parts += [f"{name}: {words}" for name, words in self.columns.items()]
        parts += [f'"{name}": {words}' for name, words in self.words.items()]
        return "\n".join(f"{part}." for part in parts)
