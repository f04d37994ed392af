import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from skdrift.stats import _berk_jones, _ks
from skdrift.stats._berk_jones import berk_jones_test
from skdrift.stats._ks import ks_test
from skdrift.stats._memo import Memo


def test_each_unknown_key_is_computed_once():
    asked = []

    def compute(positions):
        asked.append(positions.tolist())
        return positions * 10.0

    memo = Memo(limit=10)
    assert memo.recall(["a", "b", "a", "c"], compute).tolist() == [0, 10, 0, 30]
    assert memo.recall(["c", "d", "a"], compute).tolist() == [30, 10, 0]
    assert asked == [[0, 1, 3], [1]]
    assert memo.recall([], compute).shape == (0,)


def test_what_was_asked_for_longest_ago_goes_first():
    memo = Memo(limit=2)
    memo.recall(["a", "b"], lambda positions: positions)
    memo.recall(["a"], pytest.fail)
    memo.recall(["c"], lambda positions: [7])
    assert len(memo) == 2
    assert memo.recall(["a", "c"], pytest.fail).tolist() == [0, 7]
    assert memo.recall(["b"], lambda positions: [8]).tolist() == [8]


def test_one_call_may_ask_for_more_than_is_kept():
    memo = Memo(limit=3)
    keys = list(range(10))
    assert memo.recall(keys, lambda positions: positions).tolist() == keys
    assert len(memo) == 3


def test_an_error_leaves_nothing_behind():
    memo = Memo(limit=3)
    with pytest.raises(ZeroDivisionError):
        memo.recall(["a"], lambda positions: 1 / 0)
    assert len(memo) == 0
    assert memo.recall(["a"], lambda positions: [5]).tolist() == [5]


def tied_and_untied(seed):
    rng = np.random.default_rng(seed)
    reference = np.sort(rng.normal(size=(1, 60)), axis=1)
    batches = rng.normal(size=(1, 40, 30))
    return [(reference, batches), (reference.round(1), batches.round(1))]


def test_threads_share_memories_that_forget_all_the_time(monkeypatch):
    for memo in (_ks.P_VALUES, _berk_jones.P_VALUES):
        monkeypatch.setattr(memo, "limit", 3)
    cases = [case for seed in range(6) for case in tied_and_untied(seed)]

    def p_values(case):
        return np.concatenate([ks_test(*case)[1], berk_jones_test(*case)[1]])

    expected = [p_values(case) for case in cases]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(p_values, cases * 20))
    finally:
        sys.setswitchinterval(interval)
    np.testing.assert_array_equal(found, expected * 20)


def test_what_is_forgotten_is_computed_again():
    memo = Memo(limit=3)
    memo.recall(["a"], lambda positions: [1.0])
    memo.forget()
    assert len(memo) == 0
    assert memo.recall(["a"], lambda positions: [2.0]) == [2.0]
