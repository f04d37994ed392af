"""How a reference takes in new rows."""

import numpy as np


def append_and_sort(reference, rows):
    """Sorted columns of a reference that takes in further rows.

    Parameters
    ----------
    reference : ndarray of shape (n_features, n)
        Sorted along the last axis, NaN last.
    rows : ndarray of shape (n_rows, n_features)
        Rows to add.

    Returns
    -------
    reference : ndarray of shape (n_features, n + n_rows)

    Examples
    --------
    >>> append_and_sort(np.array([[1.0, 3.0]]), np.array([[2.0]]))
    array([[1., 2., 3.]])
    """
    reference = np.concatenate((reference, rows.T), axis=1)
    reference.sort(axis=1)
    return reference


def keep_last(rows, new, capacity):
    """Last ``capacity`` rows of ``rows`` followed by ``new``.

    Parameters
    ----------
    rows, new : ndarray of shape (n, n_features)
        Rows in order of arrival.
    capacity : int
        How many to keep.

    Returns
    -------
    rows : ndarray of shape (at most capacity, n_features)
    """
    return np.concatenate((rows, new[-capacity:]))[-capacity:]


def add_to_reservoir(rows, new, n_seen, capacity, random_state):
    """Uniform random sample of all rows seen, of at most ``capacity`` rows.

    Row number t > capacity replaces a random row of the reservoir with probability
    capacity / t (Vitter's algorithm R).

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
        A uniform sample of the first ``n_seen`` rows.
    new : ndarray of shape (n_new, n_features)
        The rows that follow them.
    n_seen : int
        How many rows were seen before ``new``.
    capacity : int
        How many rows to keep.
    random_state : numpy.random.RandomState
        Source of the random choices.

    Returns
    -------
    rows : ndarray of shape (at most capacity, n_features)

    References
    ----------
    .. [1] Vitter, J. S. (1985). Random sampling with a reservoir. ACM Transactions on
       Mathematical Software 11, 37-57.
    """
    room = max(capacity - len(rows), 0)
    rows = np.concatenate((rows, new[:room]))
    rest = new[room:]
    if len(rest):
        position = np.arange(n_seen + room, n_seen + len(new), dtype=np.int64)
        slot = random_state.randint(0, position + 1)
        chosen = slot < capacity
        # Where a slot is drawn twice, the later row stays.
        rows[slot[chosen]] = rest[chosen]
    return rows
