"""Batches made of labelled clean rows and of rows with simulated faults."""

from dataclasses import dataclass

import numpy as np

from skdrift.performance._views import expected_confusion

SIZES = (20, 50, 100, 200, 500, 2000)
#: Name of the kind of batches that hold clean rows only.
NATURAL = "natural"
# Standard deviation of the strength of a tilt: the row of largest rank is drawn
# exp(strength) times as often as the one of smallest rank.
_TILT = 2.0
# So many of the natural batches come from a window of ranks, of a width between these.
_WINDOWS = 0.5
_WIDTHS = (0.05, 0.6)
_LEAST_IN_WINDOW = 100
# So many of the batches with a fault have it in all of their rows.
_WHOLE = 0.6


@dataclass(frozen=True)
class Pool:
    """Rows with one simulated fault.

    Parameters
    ----------
    kind : str
        Name of the fault.
    sums : ndarray of shape (n_rows, n_sums)
        Views of the rows.
    classes : ndarray of shape (n_rows, n_classes)
        Probability of each true class.
    truth, decision : ndarray of int of shape (n_rows,)
        Places of labels and of decisions.
    P : ndarray of shape (n_rows, n_classes)
        The classifier's probabilities.
    likely_right : ndarray of shape (n_rows,)
        How likely the decision is right, by what was known before the fault.
    """

    kind: str
    sums: np.ndarray
    classes: np.ndarray
    truth: np.ndarray
    decision: np.ndarray
    P: np.ndarray
    likely_right: np.ndarray

    def __getitem__(self, rows):
        """Keep some of the rows."""
        _, *names = self.__dataclass_fields__
        return Pool(self.kind, *(getattr(self, name)[rows] for name in names))

    @property
    def true_shares(self):
        """True confusion matrix as shares of the rows."""
        return _true_confusion([(self, slice(None))]) / len(self.truth)


@dataclass(frozen=True)
class SimulatedBatches:
    """Batches with known labels.

    Parameters
    ----------
    kind : ndarray of str of shape (n_batches,)
    draw : ndarray of int of shape (n_batches,)
        Number of the pool or tilt; batches of one draw are alike.
    size : ndarray of int of shape (n_batches,)
    sums : ndarray of shape (n_batches, n_sums)
    confusion, truth : ndarray of shape (n_batches, n_classes, n_classes)
        Expected and true confusion matrices.
    expected : ndarray of shape (n_batches, n_classes, n_classes)
        Confusion matrix of the rows that the batch was drawn from, as shares.
    likely_right : ndarray of shape (n_batches,)
        Number of right decisions that was to be expected before the fault.
    tables : ndarray of shape (n_batches, 4, n_classes, n_cells) or None
        Of a metric of probabilities: what is seen, what would be seen of labels without
        a link to the rows, the truth, and that of the rows the batch was drawn from.
    """

    kind: np.ndarray
    draw: np.ndarray
    size: np.ndarray
    sums: np.ndarray
    confusion: np.ndarray
    truth: np.ndarray
    expected: np.ndarray
    likely_right: np.ndarray
    tables: np.ndarray | None = None


def window(ranks, random_state):
    """Tell the rows in a window of ranks by ones, around the rank of some row."""
    width = np.exp(random_state.uniform(*np.log(_WIDTHS)))
    distance = np.abs(ranks - ranks[random_state.randint(len(ranks))])
    least = np.sort(distance)[min(_LEAST_IN_WINDOW, len(ranks)) - 1]
    return (distance <= max(width / 2, least)).astype(np.float64)


def _true_confusion(parts, weight=1.0):
    """Count rows of pools by true class and decision, or add up their weights."""
    n_classes = parts[0][0].classes.shape[1]
    confusion = np.zeros((n_classes, n_classes))
    for pool, rows in parts:
        np.add.at(confusion, (pool.truth[rows], pool.decision[rows]), weight)
    return confusion


class BatchMaker:
    """Draws batches and keeps what is known of them.

    Parameters
    ----------
    clean : Pool
        All labelled clean rows.
    random_state : RandomState
    tables : Tables, default=None
        Of a metric of probabilities.
    """

    def __init__(self, clean, random_state, tables=None):
        self.clean = clean
        self.random_state = random_state
        self.tables = tables
        self.rows = []
        self.rows_of_tables = []
        self.n_draws = 0

    def add_natural(self, ranks, n_sizes):
        """Draw clean rows, some more often than others.

        Half the time a subgroup is drawn: the rows in a window of ranks. Else all rows
        are, by weights that rise or fall with the ranks.

        Parameters
        ----------
        ranks : ndarray of shape (n_rows,)
            From 0 to 1, by which rows are drawn.
        n_sizes : int
        """
        if self.random_state.random_sample() < _WINDOWS:
            weight = window(ranks, self.random_state)
        else:
            weight = np.exp(self.random_state.normal(0, _TILT) * ranks)
        weight /= weight.sum()
        expected = _true_confusion([(self.clean, slice(None))], weight)
        for size in self.random_state.choice(SIZES, n_sizes):
            rows = self.random_state.choice(len(weight), size, p=weight)
            self._add(NATURAL, size, [(self.clean, rows)], expected)
            if self.tables is not None:
                self._add_tables([(self.clean, rows)], [(self.clean, weight)])
        self.n_draws += 1

    def add_pool(self, pool, n_sizes):
        """Draw rows of a pool, alone or among clean rows."""
        n_clean, n_faulty = len(self.clean.truth), len(pool.truth)
        of_clean, of_pool = self.clean.true_shares, pool.true_shares
        for size in self.random_state.choice(SIZES, n_sizes):
            share = 1.0
            if self.random_state.random_sample() > _WHOLE:
                share = self.random_state.uniform(0.1, 1.0)
            n = round(share * size)
            faulty = self.random_state.randint(n_faulty, size=n)
            clean = self.random_state.randint(n_clean, size=size - n)
            expected = (n * of_pool + (size - n) * of_clean) / size
            parts = [(pool, faulty), (self.clean, clean)]
            self._add(pool.kind, size, parts, expected)
            if self.tables is not None:
                drawn_from = [(pool, n / n_faulty), (self.clean, (size - n) / n_clean)]
                self._add_tables(parts, drawn_from)
        self.n_draws += 1

    def _add(self, kind, size, parts, expected):
        truth = _true_confusion(parts)
        sums = sum(pool.sums[rows].sum(axis=0) for pool, rows in parts)
        confusion = sum(
            expected_confusion(pool.decision[rows], pool.classes[rows])
            for pool, rows in parts
        )
        likely = sum(pool.likely_right[rows].sum() for pool, rows in parts)
        seen = (sums, confusion, truth, expected, likely)
        self.rows.append((kind, self.n_draws, size, *seen))

    def _add_tables(self, parts, drawn_from):
        true, tables = self.tables.true, []
        for pool, rows in parts:
            P, classes = pool.P[rows], pool.classes[rows]
            own = true(P, pool.truth[rows])
            tables.append(np.concatenate([self.tables.seen(P, classes), own[None]]))
        expected = sum(true(pool.P, pool.truth, weight) for pool, weight in drawn_from)
        self.rows_of_tables.append(np.concatenate([sum(tables), expected[None]]))

    def batches(self):
        """Return all batches drawn so far."""
        columns = [np.array(column) for column in zip(*self.rows)]
        tables = None if self.tables is None else np.array(self.rows_of_tables)
        return SimulatedBatches(*columns, tables)
