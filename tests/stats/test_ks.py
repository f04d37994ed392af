from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, ks_2samp, norm

from skdrift.stats import _ks
from skdrift.stats._ks import KSNull, ks_statistics, ks_test, ks_test_counts
from tests.lattice_paths import exact_ks

ALTERNATIVES = ("two-sided", "greater", "less")


@pytest.fixture(autouse=True)
def _nothing_remembered():
    _ks.P_VALUES.forget()


def sample(kind, n, m, shift):
    """Deterministic data, equal on every machine: integers from a linear generator."""
    state, draws = 12345, []
    for _ in range(n + m):
        state = (1103515245 * state + 12345) % 2**31
        draws.append(state)
    values = np.array(draws, dtype=float)
    batch = np.arange(n + m) >= n
    values[batch] += shift * 2**31
    if kind == "continuous":
        # The generator has full period, so that no value repeats.
        values += np.arange(n + m) / 2**10
    elif kind == "rounded":
        values = np.floor(values / 2**31 * 20)
    elif kind == "finely rounded":
        values = np.floor(values / 2**31 * 500)
    elif kind == "zero-inflated":
        values = np.where(values < 0.9 * 2**31, 0.0, values)
    elif kind == "constant":
        values = np.where(batch & (values > 1.2 * 2**31), 8.0, 7.0)
    return values[:n], values[n:]


LARGE_CASES = [
    ("continuous", 400, 400, 0.0),
    ("continuous", 400, 397, 0.35),
    ("continuous", 353, 100, -0.1),
    ("continuous", 100, 353, 0.2),
    ("continuous", 400, 150, -0.45),
    ("rounded", 400, 400, 0.0),
    ("rounded", 400, 131, 0.5),
    ("rounded", 64, 400, -0.1),
    ("finely rounded", 400, 400, 0.1),
    ("finely rounded", 400, 389, -0.3),
    ("zero-inflated", 400, 400, 0.05),
    ("zero-inflated", 400, 200, 0.3),
    ("zero-inflated", 300, 100, 0.0),
    ("constant", 400, 400, 0.0),
    ("constant", 400, 399, 0.3),
]

# kind, n, m, shift, alternative, n m D, p-value: counted with integers of any size by
# `lattice_paths.exact_ks`.
FIGURES = [
    ("continuous", 400, 400, 0.0, "two-sided", 9200, 5.2341010308106394e-1),
    ("continuous", 400, 400, 0.0, "greater", 9200, 2.6671483197084618e-1),
    ("continuous", 400, 400, 0.0, "less", 800, 9.9006215803774147e-1),
    ("continuous", 400, 397, 0.35, "two-sided", 63681, 2.8642174798573610e-29),
    ("continuous", 400, 397, 0.35, "greater", 63681, 1.4321087399286805e-29),
    ("continuous", 400, 397, 0.35, "less", 0, 1.0000000000000000e0),
    ("continuous", 353, 100, -0.1, "two-sided", 4896, 8.9301718498955562e-2),
    ("continuous", 353, 100, -0.1, "greater", 0, 1.0000000000000000e0),
    ("continuous", 353, 100, -0.1, "less", 4896, 4.4654328543388109e-2),
    ("continuous", 100, 353, 0.2, "two-sided", 9634, 1.2822652936617627e-5),
    ("continuous", 100, 353, 0.2, "greater", 9634, 6.4113264683088136e-6),
    ("continuous", 100, 353, 0.2, "less", 0, 1.0000000000000000e0),
    ("continuous", 400, 150, -0.45, "two-sided", 27200, 9.1249521380891833e-21),
    ("continuous", 400, 150, -0.45, "greater", 0, 1.0000000000000000e0),
    ("continuous", 400, 150, -0.45, "less", 27200, 4.5624760690445917e-21),
    ("rounded", 400, 400, 0.0, "two-sided", 8800, 4.0626196186572714e-1),
    ("rounded", 400, 400, 0.0, "greater", 8800, 2.0497291540670961e-1),
    ("rounded", 400, 400, 0.0, "less", 400, 9.3923436372691086e-1),
    ("rounded", 400, 131, 0.5, "two-sided", 27504, 2.3883404673904343e-26),
    ("rounded", 400, 131, 0.5, "greater", 27504, 1.0526870699819533e-26),
    ("rounded", 400, 131, 0.5, "less", 0, 1.0000000000000000e0),
    ("rounded", 64, 400, -0.1, "two-sided", 3712, 1.1571077188022222e-1),
    ("rounded", 64, 400, -0.1, "greater", 0, 1.0000000000000000e0),
    ("rounded", 64, 400, -0.1, "less", 3712, 5.9979199361973376e-2),
    ("finely rounded", 400, 400, 0.1, "two-sided", 25600, 6.2179507937258927e-5),
    ("finely rounded", 400, 400, 0.1, "greater", 25600, 3.1089753968629944e-5),
    ("finely rounded", 400, 400, 0.1, "less", 0, 1.0000000000000000e0),
    ("finely rounded", 400, 389, -0.3, "two-sided", 49664, 2.1865374514345289e-18),
    ("finely rounded", 400, 389, -0.3, "greater", 0, 1.0000000000000000e0),
    ("finely rounded", 400, 389, -0.3, "less", 49664, 1.0859994009976012e-18),
    ("zero-inflated", 400, 400, 0.05, "two-sided", 12000, 2.7013994766569976e-3),
    ("zero-inflated", 400, 400, 0.05, "greater", 12000, 1.3506997383284988e-3),
    ("zero-inflated", 400, 400, 0.05, "less", 0, 1.0000000000000000e0),
    ("zero-inflated", 400, 200, 0.3, "two-sided", 27200, 2.7099448503542783e-22),
    ("zero-inflated", 400, 200, 0.3, "greater", 27200, 2.7099448503542783e-22),
    ("zero-inflated", 400, 200, 0.3, "less", 0, 1.0000000000000000e0),
    ("zero-inflated", 300, 100, 0.0, "two-sided", 2000, 9.2238137963870043e-2),
    ("zero-inflated", 300, 100, 0.0, "greater", 300, 7.4230468522922770e-1),
    ("zero-inflated", 300, 100, 0.0, "less", 2000, 3.7432317282284944e-2),
    ("constant", 400, 400, 0.0, "two-sided", 0, 1.0000000000000000e0),
    ("constant", 400, 400, 0.0, "greater", 0, 1.0000000000000000e0),
    ("constant", 400, 400, 0.0, "less", 0, 1.0000000000000000e0),
    ("constant", 400, 399, 0.3, "two-sided", 16000, 3.0880802282993653e-13),
    ("constant", 400, 399, 0.3, "greater", 16000, 3.0880802282993653e-13),
    ("constant", 400, 399, 0.3, "less", 0, 1.0000000000000000e0),
]


@pytest.mark.parametrize(
    ("kind", "n", "m", "shift", "alternative", "statistic", "p_value"), FIGURES
)
def test_p_values_of_samples_up_to_400(
    kind, n, m, shift, alternative, statistic, p_value
):
    reference, batch = sample(kind, n, m, shift)
    d, p, how = ks_test(np.sort(reference)[None], batch[None, None], alternative)
    assert how.tolist() == [["exact"]]
    assert round(d.item() * n * m) == statistic
    assert p.item() == pytest.approx(p_value, rel=1e-9, abs=0)


def test_the_figures_reach_far_into_the_tail():
    two_sided = [figure[-1] for figure in FIGURES if figure[4] == "two-sided"]
    assert min(two_sided) < 1e-25
    assert sum(1e-25 < p < 1e-3 for p in two_sided) >= 4


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(
    "kind", ["continuous", "rounded", "finely rounded", "zero-inflated", "constant"]
)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 9), (9, 1), (40, 23), (23, 60)])
def test_p_values_of_small_samples(kind, n, m, alternative):
    for shift in (0.0, 0.3, 0.7):
        reference, batch = sample(kind, n, m, shift)
        statistic, share = exact_ks(reference, batch, alternative)
        d, p, _ = ks_test(
            np.sort(reference)[None], batch[None, None], alternative, "exact"
        )
        assert round(d.item() * n * m) == statistic
        assert p.item() == pytest.approx(float(share), rel=1e-9, abs=0)


@settings(deadline=None, max_examples=150)
@given(
    reference=st.lists(st.integers(0, 12), min_size=1, max_size=25),
    batch=st.lists(st.integers(0, 12), min_size=1, max_size=25),
    scale=st.sampled_from([1.0, 0.3, 1e-300]),
    alternative=st.sampled_from(ALTERNATIVES),
)
def test_p_values_of_any_tied_samples(reference, batch, scale, alternative):
    reference, batch = np.array(reference) * scale, np.array(batch) * scale
    statistic, share = exact_ks(reference, batch, alternative)
    d, p, _ = ks_test(np.sort(reference)[None], batch[None, None], alternative, "exact")
    assert round(d.item() * len(reference) * len(batch)) == statistic
    assert p.item() == pytest.approx(float(share), rel=1e-9, abs=0)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_without_ties_scipy_agrees(alternative):
    rng = np.random.default_rng(0)
    for n, m in ((50, 50), (200, 31), (31, 200)):
        for shift in (0.0, 0.3, 1.0):
            reference, batch = rng.normal(size=n), rng.normal(shift, size=m)
            expected = ks_2samp(
                reference, batch, alternative=alternative, method="exact"
            )
            _, p, _ = ks_test(np.sort(reference)[None], batch[None, None], alternative)
            assert p.item() == pytest.approx(expected.pvalue, rel=1e-8, abs=1e-14)


def test_large_samples_of_equal_size():
    # Closed forms, counted with integers.
    n = 2200
    distances = np.array([60, 120, 180, 1200, 2200])
    p_value, how = KSNull(n, n).p_values(distances * n)
    assert set(how) == {"exact"}
    total = comb(2 * n, n)
    for d, p in zip(distances.tolist(), p_value):
        terms = [(-1) ** (k - 1) * comb(2 * n, n - k * d) for k in range(1, n // d + 1)]
        expected = 2 * sum(terms) / total
        assert p == pytest.approx(expected, rel=1e-9, abs=1e-300)
    for alternative in ("greater", "less"):
        p_value, _ = KSNull(n, n, alternative).p_values(distances * n)
        for d, p in zip(distances.tolist(), p_value):
            expected = comb(2 * n, n - d) / total
            assert p == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(("n", "m"), [(5000, 40), (4000, 400), (2500, 1600)])
def test_methods_for_large_samples_agree(n, m, alternative, monkeypatch):
    distances = np.array([0.4, 0.8, 1.5, 3.0, 6.0]) / np.sqrt(m * n / (n + m))
    step = np.gcd(n, m)
    statistic = np.round(np.minimum(distances, 1) * n * m / step).astype(int) * step
    ends = np.random.default_rng(0).random((len(statistic), n + m)) < 0.7
    ends[:, -1] = True
    null = KSNull(n, m, alternative)
    for case in (None, ends):
        blocks, _ = null.p_values(statistic, "exact", case)
        with monkeypatch.context() as patch:
            patch.setattr(_ks, "_DIAGONALS", n + m)
            _ks.P_VALUES.forget()
            diagonals, _ = null.p_values(statistic, "exact", case)
        _ks.P_VALUES.forget()
        np.testing.assert_allclose(blocks, diagonals, rtol=1e-9)
        assert (np.diff(blocks) < 0).all()


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_a_p_value_depends_on_its_batch_alone(alternative, tied):
    rng = np.random.default_rng(1)
    reference = np.sort(rng.normal(size=(1, 300)), axis=1)
    batches = rng.normal(0.2, size=(1, 60, 50))
    if tied:
        reference, batches = reference.round(2), batches.round(2)
    _, together, _ = ks_test(reference, batches, alternative)
    for k in reversed(range(60)):
        _ks.P_VALUES.forget()
        _, alone, _ = ks_test(reference, batches[:, [k]], alternative)
        assert alone.item() == together[0, k]


def test_memory_of_p_values_is_bounded(monkeypatch):
    monkeypatch.setattr(_ks.P_VALUES, "limit", 50)
    rng = np.random.default_rng(2)
    reference = np.sort(rng.normal(size=(1, 101)), axis=1)
    batches = rng.normal(size=(1, 200, 37))
    for decimals in (15, 1):
        a, b = reference.round(decimals), batches.round(decimals)
        np.testing.assert_array_equal(ks_test(a, b)[1], ks_test(a, b)[1])
        assert len(_ks.P_VALUES) <= 50


@pytest.mark.parametrize(
    ("n", "m", "expected"),
    [
        (1000, 100, "exact"),
        (2500, 2500, "exact"),
        (2501, 2501, "asymptotic"),
        (39_000, 2500, "asymptotic"),
        (999_000, 100, "exact"),
        (100, 999_000, "exact"),
        (1_000_000, 100, "asymptotic"),
    ],
)
def test_auto_is_exact_within_its_limits_and_says_so(n, m, expected):
    null = KSNull.of(n, m)
    statistic = np.array([n * m // 5])
    p_value, how = null.p_values(statistic)
    assert how.tolist() == [expected]
    asymptotic, how = null.p_values(statistic, "asymptotic")
    assert how.tolist() == ["asymptotic"]
    assert (p_value == asymptotic) == (expected == "asymptotic")


def rounded(rng, size):
    return rng.normal(size=size).round(1)


def mostly_zero(rng, size):
    return np.maximum(rng.normal(size=size) - 1.2816, 0)


def half_zero(rng, size):
    return np.maximum(rng.normal(size=size), 0)


def finely_rounded(rng, size):
    return rng.normal(size=size).round(3)


def binary(rng, size):
    return (rng.random(size) < 0.1) * 1.0


TIED_KINDS = [rounded, mostly_zero, half_zero, finely_rounded, binary]


def ends_of(values):
    values = np.sort(values)
    return np.flatnonzero(np.append(values[1:] != values[:-1], True)) + 1


@pytest.mark.parametrize("draw", TIED_KINDS)
def test_ties_make_large_samples_cheap_and_auto_exact(draw):
    """Where ties were ignored beyond 2,500 values, as the p-value shows."""
    for n, m in ((2600, 2600), (5000, 5000), (100_000, 3000)):
        rng = np.random.default_rng(5)
        reference = np.sort(draw(rng, n))[None]
        batches = draw(rng, (1, 1, m))
        found = ks_test(reference, batches)
        exact = ks_test(reference, batches, method="exact")
        assert found[2].tolist() == [["exact"]]
        assert found[1] == exact[1]
        if draw in (binary, mostly_zero):
            ignored = ks_test(reference, batches, method="asymptotic")
            assert ignored[1] > exact[1]


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("draw", TIED_KINDS)
def test_what_is_asymptotic_under_auto_honours_ties(draw, alternative, monkeypatch):
    for n, m in ((3000, 3000), (6000, 4100)):
        null = KSNull.of(n, m, alternative)
        totals = ends_of(draw(np.random.default_rng(6), n + m))
        for distance in (0.5, 1.0, 1.4):
            h = round(distance * np.sqrt((n + m) * n * m))
            exact, how = null.tied_p_value(h, totals, "exact")
            assert how == "exact"
            with monkeypatch.context() as patch:
                patch.setattr(_ks, "_SECONDS", 0)
                found, how = null.tied_p_value(h, totals)
            assert how == "asymptotic"
            # Coarse steps where few are possible; the error shrinks with the sizes.
            if exact > 1e-4:
                assert found == pytest.approx(
                    exact, rel=0.3 if draw is binary else 0.15
                )
            assert found < 1.5 * exact


def test_the_bridge_is_a_little_too_large(monkeypatch):
    """By half a step of its walk: 4% near .05, a little more in the tail."""
    monkeypatch.setattr(_ks, "_SECONDS", 0)
    null = KSNull(40_000, 40_000)
    totals = ends_of(rounded(np.random.default_rng(7), 80_000))
    for distance in (1.0, 1.2, 1.4, 1.8):
        h = round(distance * np.sqrt(80_000.0) * 40_000)
        exact, _ = null.tied_p_value(h, totals, "exact")
        found, _ = null.tied_p_value(h, totals)
        assert exact < found < 1.08 * exact


@pytest.mark.statistics
@pytest.mark.parametrize("draw", [rounded, mostly_zero])
def test_size_and_power_of_the_bridge(draw, monkeypatch):
    monkeypatch.setattr(_ks, "_SECONDS", 0)
    rng = np.random.default_rng(8)
    alarms = {}
    for share, n_tests in ((0.0, 200), (0.02, 50)):
        reference = np.sort(draw(rng, (n_tests, 3000)), axis=1)
        batches = draw(rng, (n_tests, 1, 3000))
        # A few rows in a hundred become large.
        moved = rng.random(batches.shape) < share
        batches[moved] = np.round(abs(batches[moved]) + 2, 1)
        _, p_value, how = ks_test(reference, batches, "greater")
        _, ignored, _ = ks_test(reference, batches, "greater", "asymptotic")
        assert set(how.ravel()) == {"asymptotic"}
        alarms[share] = (p_value <= 0.05).sum(), (ignored <= 0.05).sum()
    low, high = binom.ppf([0.001, 0.999], 200, 0.05)
    assert low <= alarms[0.0][0] <= high
    if draw is mostly_zero:
        assert alarms[0.02][0] > 40
        assert alarms[0.02][1] < 10


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(
    ("n", "m", "error"), [(1000, 100, 0.03), (10_000, 100, 0.005), (100_000, 100, 5e-4)]
)
def test_error_of_the_asymptotic_form(n, m, error, alternative):
    mirrored = {"greater": "less", "less": "greater"}.get(alternative, alternative)
    # Distances with p-values from .2 to .001.
    for distance in (0.11, 0.15, 0.19):
        statistic = np.array([round(distance * m) * n])
        null = KSNull.of(n, m, alternative)
        exact, _ = null.p_values(statistic, "exact")
        approximate, _ = null.p_values(statistic, "asymptotic")
        assert abs(approximate / exact - 1) < error
        swapped, _ = KSNull.of(m, n, mirrored).p_values(statistic, "asymptotic")
        assert swapped == approximate


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


def test_huge_counts_honour_ties_too():
    """Nine tenths of a hundred million values are zero, all others are distinct."""
    reference = np.append(np.zeros(9000), np.arange(1.0, 1001.0))
    size, above = 10**8, np.arange(1001) / 10_000
    not_above = ((0.9 + np.maximum(above - 0.0095, 0)) * size).astype(int)
    below = np.append(0, not_above[1:])
    _, p_value, how = ks_test_counts(reference, below, not_above, size, "greater")
    assert how == "asymptotic"
    _, ignored, _ = ks_test_counts(
        reference, below, not_above, size, "greater", method="asymptotic"
    )
    # A Brownian bridge on the last tenth of its time, from the end backwards.
    distance, part = 0.0095 * np.sqrt(10_000), 0.1
    scale = np.sqrt(part * (1 - part))
    expected = norm.sf(distance / scale) + np.exp(-2 * distance**2) * norm.sf(
        distance * (1 - 2 * part) / scale
    )
    assert p_value == pytest.approx(expected, rel=0.1)
    assert ignored > 50 * p_value
