"""Results that are dear to compute and often asked for again.

P-values depend on sample sizes, ties and a statistic that takes few values, so that
most batches of a stream ask for what an earlier one has computed.
"""

from collections import OrderedDict
from threading import Lock

import numpy as np


class Memo:
    """Bounded memory of numbers by key, shared by the threads of a process.

    Two threads may compute the same number at the same time; none waits for another's
    computation.

    Parameters
    ----------
    limit : int
        How many numbers are kept; the ones asked for longest ago go first.

    Examples
    --------
    >>> memo = Memo(limit=10)
    >>> memo.recall(["a", "bb", "a"], lambda missing: [1.0, 2.0])
    array([1., 2., 1.])
    >>> memo.recall(["bb"], lambda missing: 1 / 0)
    array([2.])
    """

    def __init__(self, limit):
        self.limit = limit
        self._known = OrderedDict()
        self._lock = Lock()

    def __len__(self):
        return len(self._known)

    def recall(self, keys, compute):
        """Numbers of the keys, the unknown ones computed all at once.

        Parameters
        ----------
        keys : list of hashable
            May repeat.
        compute : callable
            Takes positions of keys, each unknown key once, and returns their numbers.

        Returns
        -------
        numbers : ndarray of shape (n_keys,)
        """
        found, missing = {}, {}
        with self._lock:
            for position, key in enumerate(keys):
                if key in self._known:
                    self._known.move_to_end(key)
                    found[key] = self._known[key]
                else:
                    missing.setdefault(key, position)
        if missing:
            computed = compute(np.array(list(missing.values())))
            new = dict(zip(missing, map(float, computed)))
            found.update(new)
            with self._lock:
                self._known.update(new)
                while len(self._known) > self.limit:
                    self._known.popitem(last=False)
        return np.array([found[key] for key in keys], dtype=np.float64)

    def forget(self):
        """Forget everything, to time or test from scratch."""
        with self._lock:
            self._known.clear()
