import numpy as np
import pandas as pd

from skdrift.performance._stacks import in_stacks


def frames(n, **columns):
    for place in range(n):
        yield place % 2, np.arange(3) + place, pd.DataFrame(columns) + place


def test_tables_of_one_key_are_stacked_in_order():
    stacks = list(in_stacks(frames(44, a=[0.0, 1.0, 2.0])))
    assert [key for key, *_ in stacks] == [0, 1, 0, 1, 0, 1]
    assert [len(parts) for _, parts, _ in stacks] == [10, 10, 10, 10, 2, 2]
    for key, parts, rows in stacks:
        assert rows["a"].tolist() == np.concatenate(parts).tolist()
        assert (rows["a"][::3] % 2 == key).all()


def test_tables_of_other_types_are_stacked_apart():
    whole = [(0, np.arange(2), pd.DataFrame({"a": [1, 2]})) for _ in range(3)]
    broken = [(0, np.arange(2), pd.DataFrame({"a": [1.5, np.nan]})) for _ in range(2)]
    stacks = list(in_stacks([whole[0], broken[0], whole[1], broken[1], whole[2]]))
    assert [len(parts) for _, parts, _ in stacks] == [3, 2]
    assert [str(rows["a"].dtype) for *_, rows in stacks] == ["int64", "float64"]
    kinds = [pd.Categorical(["x", "y"]), pd.Categorical(["x", "z"])]
    one, other = (
        [(0, np.arange(2), pd.DataFrame({"a": kind})) for _ in range(2)]
        for kind in kinds
    )
    stacks = list(in_stacks(one + other))
    assert [str(rows["a"].dtype) for *_, rows in stacks] == ["category", "category"]


def test_rows_that_do_not_say_what_they_hold_stay_alone():
    for rows in (
        np.array([["a", 1], [2, "b"]], dtype=object),
        pd.DataFrame({"a": np.array(["1", 2], dtype=object)}),
        np.zeros((2, 3, 3)),
        ["one text", "another"],
    ):
        stacks = list(in_stacks([(0, np.arange(2), rows)] * 3))
        assert [rows is same for *_, same in stacks] == [True] * 3


def test_objects_are_stacked_with_their_like():
    words = pd.DataFrame({"a": np.array(["x", "y"], dtype=object)})
    numbers = pd.DataFrame({"a": np.array([1, 2], dtype=object)})
    nothing = pd.DataFrame({"a": np.array([None, None], dtype=object)})
    drawn = [(0, np.arange(2), rows) for rows in (words, numbers, nothing) * 3]
    stacks = list(in_stacks(drawn))
    assert [len(parts) for _, parts, _ in stacks] == [3, 3, 3]
    rows = np.array([["x", 1], [None, 2]], dtype=object)
    [(*_, stacked)] = in_stacks([(0, np.arange(2), rows)] * 2)
    assert stacked.tolist() == rows.tolist() * 2


def test_arrays_are_stacked():
    [(_, parts, rows)] = in_stacks([(0, np.arange(2), np.eye(2))] * 3)
    assert len(parts) == 3
    assert rows.tolist() == np.tile(np.eye(2), (3, 1)).tolist()
