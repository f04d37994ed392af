"""A batch of which some rows are labelled, and what their labels say of it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class DrawnBatch:
    """A batch of which some rows were drawn to be labelled.

    Parameters
    ----------
    number : int
    n_rows : int
    digest : int
        Tells the rows of the batch from others.
    proxy : ndarray of shape (n_rows,)
        Probability of error of each row, as far as known without labels.
    share : ndarray of shape (n_rows,)
        How probable each row was in each draw, times the number of rows.
    draws : ndarray of int
        Rows drawn, one after the other, repeatedly perhaps.
    decision : ndarray of shape (n_rows,)
        The classifier's decisions.
    """

    number: int
    n_rows: int
    digest: int
    proxy: np.ndarray
    share: np.ndarray
    draws: np.ndarray
    decision: np.ndarray

    def losses(self, rows, y, before=()):
        """Tell right from wrong decisions where labels are known.

        Parameters
        ----------
        rows : ndarray of int of shape (n_labels,)
        y : array-like of shape (n_labels,)
            Labels, NaN or None where there is none.
        before : iterable of int, default=()
            Rows that were labelled earlier.

        Returns
        -------
        losses : dict
            For each labelled row 1.0 if its decision is wrong, else 0.0.

        Raises
        ------
        ValueError
            If rows are labelled that were not drawn, unless all are.
        """
        y = np.asarray(y)
        if len(y) != len(rows):
            raise ValueError(
                f"y must have one entry for each of the {len(rows)} rows; got {len(y)}."
            )
        given = ~np.asarray(pd.isna(y))
        known = {
            int(row): float(_differs(label, self.decision[row]))
            for row, label in zip(rows[given], y[given])
        }
        chosen = {*known, *before}
        allowed = set(self.draws.tolist())
        if not chosen <= allowed and len(chosen) < self.n_rows:
            extra = sorted(chosen - allowed)
            raise ValueError(
                f"{len(extra)} rows are labelled that query did not draw, such as "
                f"{extra[:5]}; labels of one's own choosing say nothing about the "
                "other rows. Label the rows that query(X, n) names for this batch, or "
                "all rows."
            )
        return known

    def is_labelled(self, losses):
        """Whether all rows that were drawn are labelled, or all of the batch."""
        if len(losses) == self.n_rows:
            return True
        return len(self.draws) > 0 and all(row in losses for row in self.draws)

    def unbiased(self, losses):
        """Weigh losses so that each draw has the risk of the batch as its mean.

        Parameters
        ----------
        losses : dict
            Of all rows that were drawn, or of all of the batch.

        Returns
        -------
        numbers : list of float
            One for each draw, in order; of a batch known as a whole, one for each row.
        smallest : float
            What no number can be below.
        """
        if len(losses) == self.n_rows:
            # Every row is known: nothing has to be guessed.
            return [losses[row] for row in range(self.n_rows)], 0.0
        middle = self.proxy.mean()
        numbers = [
            middle + (losses[row] - self.proxy[row]) / self.share[row]
            for row in self.draws.tolist()
        ]
        return numbers, float(middle - (self.proxy / self.share).max())


def _differs(label, decision):
    # NaN among whole numbers makes floats of labels.
    try:
        return label != decision and float(label) != float(decision)
    except (TypeError, ValueError):
        return str(label) != str(decision)
