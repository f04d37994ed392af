import numpy as np
import pytest

from skdrift.performance._drawn_batch import DrawnBatch

N = 6
DECISION = np.array([0, 1, 0, 1, 0, 1])
PROXY = np.array([0.1, 0.2, 0.1, 0.4, 0.1, 0.3])
SHARE = np.array([0.5, 1.0, 0.5, 2.0, 0.5, 1.5])
WRONG = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 0.0])


def drawn(draws=(3, 1, 3), decision=DECISION):
    return DrawnBatch(0, N, 0, PROXY, SHARE, np.array(draws, dtype=int), decision)


def test_losses_are_those_of_rows_with_labels():
    labels = np.array([np.nan, 1.0, np.nan, 0.0, np.nan, np.nan])
    assert drawn().losses(np.arange(N), labels) == {1: 0.0, 3: 1.0}
    words = DrawnBatch(
        0, 2, 0, PROXY[:2], SHARE[:2], np.array([0]), np.array(["a", "b"])
    )
    assert words.losses(np.arange(2), np.array(["b", None], dtype=object)) == {0: 1.0}


def test_labels_of_rows_that_were_not_drawn_count_only_with_all_others():
    labels = np.full(N, np.nan)
    labels[[1, 2]] = 1
    with pytest.raises(ValueError, match=r"1 rows .* such as \[2\]"):
        drawn().losses(np.arange(N), labels)
    everything = np.where(WRONG, 1 - DECISION, DECISION)
    losses = drawn().losses(np.arange(N), everything)
    assert list(losses.values()) == WRONG.tolist()
    # Those that came before count too.
    one_more = drawn().losses(np.array([5]), np.array([1]), before=range(5))
    assert one_more == {5: 0.0}


def test_labelled_once_every_draw_is():
    assert not drawn().is_labelled({1: 0.0})
    assert drawn().is_labelled({1: 0.0, 3: 1.0})
    assert not drawn(draws=()).is_labelled({})
    assert drawn(draws=()).is_labelled(dict.fromkeys(range(N), 0.0))


def test_numbers_have_the_risk_as_their_mean_and_a_least_value():
    losses = dict(enumerate(WRONG))
    of_each = {}
    for row in range(N):
        [of_each[row]], smallest = drawn(draws=[row]).unbiased({row: losses[row]})
        right, _ = drawn(draws=[row]).unbiased({row: 0.0})
        assert right[0] >= smallest - 1e-12
    mean = sum(of_each[row] * SHARE[row] for row in range(N)) / N
    expected = PROXY.mean() + (WRONG - PROXY).mean()
    assert mean == pytest.approx(expected) == pytest.approx(WRONG.mean())
    assert drawn().unbiased(losses) == (WRONG.tolist(), 0.0)
