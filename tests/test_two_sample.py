import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lattice_paths import exact_ks
from scipy.stats import ks_2samp

from skdrift._two_sample import ks_statistics, ks_test, ks_test_counts

ALTERNATIVES = ("two-sided", "greater", "less")


def draw(kind, rng, size):
    values = rng.normal(size=size)
    if kind == "rounded":
        return values.round(1)
    if kind == "zero-inflated":
        return np.where(values < 1.2816, 0.0, values)
    if kind == "constant":
        return np.full(size, 7.0)
    if kind == "signed zeros":
        return np.where(values > 0, 0.0, -0.0)
    return values


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(
    "kind", ["continuous", "rounded", "zero-inflated", "constant", "signed zeros"]
)
@pytest.mark.parametrize(("n", "m"), [(2, 1), (200, 31), (31, 200), (1000, 100)])
def test_statistic_equals_scipy(kind, n, m, alternative):
    rng = np.random.default_rng(0)
    reference = np.sort(draw(kind, rng, (3, n)), axis=1)
    batches = draw(kind, rng, (3, 5, m)) + rng.choice([0.0, 0.1], size=(3, 5, 1))
    statistic, _, _ = ks_test(reference, batches, alternative, "asymptotic")
    for column in range(3):
        for k in range(5):
            expected = ks_2samp(
                reference[column],
                batches[column, k],
                alternative=alternative,
                method="asymp",
            )
            assert abs(statistic[column, k] - expected.statistic) <= 1e-15


def test_stacks_beyond_one_block_are_put_together_rightly():
    rng = np.random.default_rng(1)
    reference = np.sort(rng.normal(size=(3, 50)).round(2), axis=1)
    batches = rng.normal(size=(3, 3000, 70)).round(3)
    greater, less, tied = ks_statistics(reference, batches)
    for column, k in [(0, 0), (0, 935), (0, 936), (0, 937), (1, 1872), (2, 2999)]:
        alone = ks_statistics(reference[[column]], batches[[column]][:, [k]])
        assert greater[column, k] == alone[0].item()
        assert less[column, k] == alone[1].item()
        assert tied[column, k] == alone[2].item()
    many_columns = ks_statistics(
        np.repeat(reference, 600, axis=0), np.repeat(batches[:, :2], 600, axis=0)
    )
    np.testing.assert_array_equal(many_columns[0][::600], greater[:, :2])
    np.testing.assert_array_equal(many_columns[1][599::600], less[:, :2])


@pytest.mark.parametrize(
    ("reference", "batch", "tied"),
    [
        ([1.0, 2.0], [1.5, 3.0], False),
        ([1.0, 1.0], [1.5, 3.0], True),
        ([1.0, 2.0], [3.0, 3.0], True),
        ([1.0, 2.0], [2.0, 3.0], True),
        ([1.0, 2.0], [0.0, 1.0], True),
    ],
)
def test_ties_are_seen_wherever_they_are(reference, batch, tied):
    _, _, seen = ks_statistics(np.array([reference]), np.array([[batch]]))
    assert seen.item() is tied


def test_float32_and_float64_are_compared_without_rounding():
    reference = np.array([[0.1, 0.2, 0.3]], dtype=np.float32)
    batches = np.array([[[0.1, 0.2, 0.3]]])
    greater, less, tied = ks_statistics(reference, batches)
    # float32(0.1) and float32(0.3) lie above, float32(0.2) too.
    assert (greater.item(), less.item(), tied.item()) == (0, 3, False)
    greater, less, tied = ks_statistics(reference.astype(float), batches.astype("f4"))
    assert (greater.item(), less.item(), tied.item()) == (0, 0, True)


def test_inputs_are_left_alone():
    rng = np.random.default_rng(2)
    reference = np.sort(rng.normal(size=(2, 20)), axis=1)
    batches = rng.normal(size=(2, 3, 9)).round(1)
    copies = reference.copy(), batches.copy()
    ks_test(reference, batches)
    np.testing.assert_array_equal(reference, copies[0])
    np.testing.assert_array_equal(batches, copies[1])


def test_sizes_beyond_64_bits_are_refused():
    below = np.array([2**62])
    with pytest.raises(ValueError, match="does not fit into 64 bits"):
        ks_test_counts(np.array([0.0, 0.0]), below, below, 2**62)


def count(reference, batch):
    batch, distinct = np.sort(batch), np.unique(reference)
    return batch.searchsorted(distinct), batch.searchsorted(distinct, side="right")


@settings(deadline=None, max_examples=150)
@given(
    reference=st.lists(st.integers(0, 30), min_size=1, max_size=25),
    batch=st.lists(st.integers(-2, 32), min_size=1, max_size=25),
    alternative=st.sampled_from(ALTERNATIVES),
)
def test_counts_give_the_whole_batch(reference, batch, alternative):
    # Reference values are even: odd batch values fall between them.
    reference, batch = np.sort(reference) * 2.0, np.array(batch, dtype=float)
    statistic, p_value, method = ks_test_counts(
        reference, *count(reference, batch), batch.size, alternative, "exact"
    )
    expected = ks_test(reference[None], batch[None, None], alternative, "exact")
    assert statistic == expected[0].item()
    _, share = exact_ks(reference, batch, alternative)
    between = batch[~np.isin(batch, reference)]
    gaps = np.searchsorted(reference, between)
    if np.unique(gaps).size == gaps.size:
        assert method == "exact"
        assert p_value == pytest.approx(float(share), rel=1e-9)
    else:
        assert method == "upper_bound"
        assert p_value >= float(share) * (1 - 1e-9)


def test_an_upper_bound_is_exact_where_values_are_distinct():
    rng = np.random.default_rng(3)
    reference = np.sort(rng.normal(size=300).round(1))
    batch = rng.normal(0.3, size=400)
    _, p_value, method = ks_test_counts(reference, *count(reference, batch), batch.size)
    assert method == "upper_bound"
    _, expected, _ = ks_test(reference[None], batch[None, None])
    assert p_value == pytest.approx(expected.item(), rel=1e-12)


def test_counts_of_a_huge_batch_are_asymptotic():
    reference = np.sort(np.random.default_rng(4).random(10_000))
    size = 10**8
    below = np.floor(reference * 0.99 * size).astype(np.int64)
    statistic, p_value, method = ks_test_counts(reference, below, below, size)
    assert method == "asymptotic"
    assert 0 < p_value < 1
    assert 0.005 < statistic < 0.03
