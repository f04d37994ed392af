import numpy as np
import pytest

from skdrift.performance._simulation import NATURAL, BatchMaker, Pool, window


def pool(kind, n, accuracy, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    decision = np.where(rng.random(n) < accuracy, truth, 1 - truth)
    classes = np.eye(2)[decision]
    sums = np.column_stack([np.ones(n), truth])
    P = np.eye(2)[decision] * 0.8 + 0.1
    return Pool(kind, sums, classes, truth, decision, P, np.full(n, accuracy))


def test_batches_know_what_they_are_made_of():
    maker = BatchMaker(pool(NATURAL, 500, 0.9), np.random.RandomState(0))
    maker.add_natural(np.linspace(0, 1, 500), 4)
    maker.add_pool(pool("noise", 100, 0.5), 5)
    batches = maker.batches()
    assert batches.kind.tolist() == [NATURAL] * 4 + ["noise"] * 5
    assert batches.draw.tolist() == [0] * 4 + [1] * 5
    assert (batches.sums[:, 0] == batches.size).all()
    assert batches.truth.sum(axis=(1, 2)) == pytest.approx(batches.size)
    assert batches.confusion.sum(axis=(1, 2)) == pytest.approx(batches.size)
    assert batches.expected.sum(axis=(1, 2)) == pytest.approx(1)
    assert batches.likely_right[:4] == pytest.approx(0.9 * batches.size[:4])
    faulty = batches.likely_right[4:] / batches.size[4:]
    assert ((faulty > 0.5 - 1e-9) & (faulty < 0.9)).all()


def test_expected_accuracy_lies_between_clean_and_faulty():
    clean, faulty = pool(NATURAL, 500, 0.9), pool("noise", 100, 0.5)
    maker = BatchMaker(clean, np.random.RandomState(0))
    for _ in range(20):
        maker.add_pool(faulty, 5)
    expected = np.trace(maker.batches().expected, axis1=1, axis2=2)
    ends = [np.trace(one.true_shares) for one in (faulty, clean)]
    assert expected.min() == pytest.approx(ends[0])
    assert ends[0] < expected.max() < ends[1]


def test_tilts_draw_some_rows_more_often():
    clean = pool(NATURAL, 500, 0.9)
    means = []
    for seed in range(60):
        maker = BatchMaker(clean, np.random.RandomState(seed))
        maker.add_natural(clean.truth + 0.1, 1)
        batches = maker.batches()
        means.append((batches.sums[0, 1] / batches.size[0]).item())
    assert min(means) < 0.3
    assert max(means) > 0.7


def test_windows_hold_the_rows_of_near_ranks():
    ranks = np.linspace(0, 1, 2000)
    shares = []
    for seed in range(50):
        inside = window(ranks, np.random.RandomState(seed)) > 0
        places = np.flatnonzero(inside)
        assert len(places) == places[-1] - places[0] + 1
        shares.append(inside.mean())
    assert 0.05 <= min(shares) < 0.1
    assert 0.4 < max(shares) <= 0.61


def test_windows_of_few_rows_hold_a_hundred():
    assert window(np.arange(40) / 40, np.random.RandomState(0)).sum() == 40
    for seed in range(20):
        ranks = np.random.default_rng(seed).random(300)
        assert window(ranks, np.random.RandomState(seed)).sum() >= 100


def test_windows_take_equal_ranks_together():
    ranks = np.repeat([0.1, 0.4, 0.8], 200)
    for seed in range(20):
        inside = window(ranks, np.random.RandomState(seed)).reshape(3, 200)
        assert (inside.min(axis=1) == inside.max(axis=1)).all()
