"""Reads rows: what classifier, student and support say of them."""

import numpy as np
import pandas as pd

from skdrift._columns import as_categories, columns_of
from skdrift._sklearn import safe_indexing
from skdrift.performance._views import Reading
from skdrift.scoring._coherence import Coherence
from skdrift.scoring._representation import check_rows


class Donors:
    """Reference rows that lend their values, and what goes together in them.

    Parameters
    ----------
    X : rows
    places : ndarray of int
        Those of X that lend.
    kind : str
        What the rows are; only those of a table lend.
    seed : int
    """

    def __init__(self, X, places, kind, seed):
        self.rows = self.typical = self.coherence = None
        if kind == "table":
            self.rows = rows_of(X, places)
            self.typical = typical_rows(self.rows)
            self.coherence = Coherence(X, seed)

    def __getstate__(self):
        # Frames as lists, which can be read without trust in other types.
        state = dict(self.__dict__)
        if isinstance(self.rows, pd.DataFrame):
            state["rows"] = _take_apart(self.rows)
        return state

    def __setstate__(self, state):
        if isinstance(state["rows"], dict):
            state = {**state, "rows": _put_together(state["rows"])}
        self.__dict__.update(state)


def _take_apart(frame):
    columns, dtypes = [], []
    for _, column in frame.items():
        dtypes.append(str(column.dtype))
        if column.dtype.kind in "mM":
            column = column.astype("int64")
        columns.append([None if pd.isna(one) else one for one in column.tolist()])
    return {"names": list(frame.columns), "columns": columns, "dtypes": dtypes}


def _put_together(parts):
    pairs = zip(parts["columns"], parts["dtypes"])
    columns = [pd.Series(values, dtype=dtype) for values, dtype in pairs]
    frame = pd.concat(columns, axis=1)
    frame.columns = parts["names"]
    return frame


class Reader:
    """Asks a fitted scorer and a fitted support scorer about rows.

    Parameters
    ----------
    scorer : DistillationScorer
        Fitted.
    known : StrangeValues or None
        None where rows are no table.
    numbers : TableNumbers or None
        None where rows are no table.
    argmax : bool
        Whether the classifier decides for the most probable class.
    """

    def __init__(self, scorer, known, numbers, argmax):
        self.scorer = scorer
        self.known = known
        self.numbers = numbers
        self.argmax = argmax

    def read(self, X, support, donors, fold=None):
        """Read rows.

        Parameters
        ----------
        X : n rows
        support : SupportScorer
            Fitted.
        donors : Donors
            The reference rows of ``support``.
        fold : ndarray of int of shape (n_samples,), default=None
            The student that is to answer for each row; None takes the row's own.

        Returns
        -------
        reading : Reading
        """
        P, Q, *_ = self.scorer.teacher_student_proba(X, fold)
        decision = self.decide(X, P)
        n = len(P)
        strange, missing = np.zeros((n, 0), dtype=bool), np.zeros(n)
        repaired, mixed, values = np.zeros(n), np.zeros(n), np.zeros((n, 0))
        if self.known is not None:
            strange, missing = self.known.strange(X), self.known.missing(X)
            repaired = self._repaired(X, strange, support, donors, decision)
            mixed = donors.coherence.mixed(X)
            values = self.numbers.encode(X)
        distance = support.distance(X)
        return Reading(
            P, Q, decision, distance, strange, missing, repaired, mixed, values
        )

    def decide(self, X, P):
        """Places of the classifier's decisions in its classes."""
        if self.argmax:
            return P.argmax(axis=1)
        labels = np.asarray(self.scorer.estimator_.predict(X))
        return np.searchsorted(self.scorer.classes_, labels)

    def _repaired(self, X, strange, support, donors, decision):
        """Whether decisions change when strange values become those of near rows."""
        changed = np.zeros(len(strange))
        rows = np.flatnonzero(strange.any(axis=1))
        if len(rows) == 0:
            return changed
        part, where = safe_indexing(X, rows), strange[rows]
        first = np.zeros(len(rows), dtype=np.intp)
        neutral = lend(part, where, donors.rows, first, donors.typical)
        near = support.nearest(neutral)[:, 0]
        repaired = lend(part, where, donors.rows, near)
        P = np.asarray(self.scorer.estimator_.predict_proba(repaired))
        changed[rows] = self.decide(repaired, P) != decision[rows]
        return changed


def lend(X, where, donors, rows, typical=None):
    """Copy of a table with the values of other rows in some cells.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_samples, n_features)
    where : ndarray of bool of shape (n_samples, n_features)
        The cells that are replaced.
    donors : DataFrame or ndarray
        Rows with the same columns.
    rows : ndarray of int of shape (n_samples,)
        The donor of each row.
    typical : list of int, default=None
        For each column the donor that lends it, in place of `rows`.

    Returns
    -------
    X : DataFrame or ndarray
        In the types of the donors.
    """
    if isinstance(X, np.ndarray):
        lent = X.copy()
        for place in np.flatnonzero(where.any(axis=0)):
            own = where[:, place]
            source = rows[own] if typical is None else typical[place]
            lent[own, place] = donors[source, place]
        return lent
    columns = {}
    for place in range(X.shape[1]):
        column = X.iloc[:, place]
        own = where[:, place]
        if own.any():
            given = donors.iloc[:, place]
            source = rows if typical is None else np.full(len(rows), typical[place])
            values = column.astype(object).to_numpy(copy=True)
            values[own] = given.astype(object).to_numpy()[source[own]]
            column = _as_like(pd.Series(values, index=column.index), given)
        columns[place] = column
    lent = pd.DataFrame(columns)
    lent.columns = X.columns
    return lent


def _as_like(column, like):
    """Turn a Series into the type of another, if its values can have it."""
    try:
        return column.astype(like.dtype)
    except (TypeError, ValueError):
        return column.infer_objects()


def typical_rows(X):
    """For each column of a table the row whose value is most typical of it.

    The median of numbers, the most frequent category.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_samples, n_features)

    Returns
    -------
    rows : list of int
    """
    rows = []
    for column in columns_of(X):
        column = pd.Series(column)
        if pd.api.types.is_numeric_dtype(column.dtype) and column.notna().any():
            numbers = column.astype(np.float64)
            far = (numbers - numbers.median()).abs().to_numpy()
            rows.append(int(np.nanargmin(far)))
            continue
        codes = as_categories(column)[0]
        rows.append(int(np.flatnonzero(codes == np.bincount(codes).argmax())[0]))
    return rows


def rows_of(X, places):
    """Rows of X at some places; of a frame with a fresh index."""
    rows = safe_indexing(X, places)
    if hasattr(rows, "reset_index"):
        rows = rows.reset_index(drop=True)
    return rows


def read_rows(X):
    """Refuse sparse rows, and turn lists of numbers into an array.

    Returns
    -------
    X : rows that can be indexed
    kind : {"table", "text", "array"}

    Raises
    ------
    TypeError
        If X is sparse.
    """
    rows, kind = check_rows(X)
    if kind == "sparse":
        raise TypeError(
            "Sparse data was passed, but dense data is required: PerformanceEstimator "
            "simulates faults of tables, texts and arrays. Give the raw texts, with a "
            "classifier that is a Pipeline, or X.toarray()."
        )
    return (X if hasattr(X, "columns") else rows), kind


def places_of(y, classes):
    """Places of labels among the classes.

    Raises
    ------
    ValueError
        If a label is no class of the classifier.
    """
    y = np.asarray(y)
    places = pd.Index(classes).get_indexer(y)
    if (places < 0).any():
        unknown = pd.unique(y[places < 0])[:5].tolist()
        raise ValueError(
            f"y holds labels that are no classes of the classifier: {unknown}; its "
            f"classes are {list(classes)}."
        )
    return places


def decides_by_argmax(scorer, X):
    """Whether the classifier decides for the most probable class on all rows of X."""
    teacher = scorer.estimator_
    if not hasattr(teacher, "predict"):
        return True
    P = np.asarray(teacher.predict_proba(X))
    decided = np.asarray(teacher.predict(X))
    return bool((scorer.classes_[P.argmax(axis=1)] == decided).all())
