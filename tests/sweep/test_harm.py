import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdrift import label_harm

LABELS = st.integers(0, 2)


@given(
    st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=20),
    st.integers(1, 3),
    st.data(),
)
def test_definition_row_by_row(clean, n_blocks, data):
    y_true, y_pred = map(list, zip(*clean))
    n = len(y_true)
    shifted = data.draw(
        st.lists(LABELS, min_size=n_blocks * n, max_size=n_blocks * n), label="shifted"
    )
    harm = label_harm(y_true, y_pred, shifted)
    for i, decision in enumerate(shifted):
        right_before = y_pred[i % n] == y_true[i % n]
        right_after = decision == y_true[i % n]
        assert harm.harmful[i] == (right_before and not right_after)
        assert harm.harmless[i] == (right_before and right_after)


def test_result_is_named_and_boolean():
    harm = label_harm(["a", "b"], ["a", "b"], ["a", "a", "b", "b"])
    assert harm._fields == ("harmful", "harmless")
    assert harm.harmful.dtype == bool
    assert harm.harmful.tolist() == [False, True, True, False]
    assert harm.harmless.tolist() == [True, False, False, True]


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pd.Categorical])
def test_accepts_any_sequence_of_text(kind):
    harm = label_harm(kind(["a", "b"]), np.array(["a", "b"], dtype=object), ["a", "a"])
    assert harm.harmful.tolist() == [False, True]


@pytest.mark.parametrize(
    ("y_true", "y_pred", "y_pred_shifted", "message"),
    [
        ([], [], [], "y_true has no rows"),
        ([0, 1], [0], [0, 1], "y_pred must have one class per row of y_true.*2.*got 1"),
        ([0, 1], [0, 1], [0, 1, 0], "whole blocks of len.y_true. = 2.*got 3 rows"),
        ([0, 1], [0, 1], [], "got 0 rows"),
        ([0, 1], [0, 1], [[0, 1], [1, 0]], "should be a 1d array"),
        ([0, 1], [0, 1], ["0", "1"], "same kind of classes.*got dtypes"),
    ],
)
def test_bad_input(y_true, y_pred, y_pred_shifted, message):
    with pytest.raises(ValueError, match=message):
        label_harm(y_true, y_pred, y_pred_shifted)
