import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from skdrift.scoring._scores import (
    DIVERGENCES,
    combined,
    conformal_p_value_knots,
    cross_entropy,
    hellinger,
    js,
    kl,
    log_loss,
    temper,
    total_variation,
    uncertainty,
)


def probabilities(n_classes):
    weights = arrays(
        np.float64,
        (4, n_classes),
        elements=st.floats(0, 1, allow_subnormal=False),
    )
    return weights.filter(lambda w: (w.sum(axis=1) > 1e-3).all()).map(
        lambda w: w / w.sum(axis=1, keepdims=True)
    )


pairs = st.integers(2, 6).flatmap(
    lambda n_classes: st.tuples(probabilities(n_classes), probabilities(n_classes))
)


@pytest.mark.parametrize("name", DIVERGENCES)
@given(pair=pairs)
@settings(max_examples=60, deadline=None)
def test_finite_and_one_number_a_row(name, pair):
    scores = DIVERGENCES[name](*pair)
    assert scores.shape == (4,)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", DIVERGENCES)
def test_certain_and_opposed_rows_are_finite(name):
    P = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    assert np.isfinite(DIVERGENCES[name](P, P[::-1])).all()


@given(pair=pairs)
@settings(max_examples=60, deadline=None)
def test_distances_agree_with_scipy_and_are_symmetric(pair):
    P, Q = pair
    # scipy takes the root of a sum that rounding can leave just below zero
    with np.errstate(invalid="ignore"):
        expected = jensenshannon(P, Q, axis=1) ** 2
    np.testing.assert_allclose(js(P, Q), np.nan_to_num(expected), atol=1e-7)
    for distance in (js, hellinger, total_variation):
        np.testing.assert_allclose(distance(P, Q), distance(Q, P), atol=1e-12)
        np.testing.assert_allclose(distance(P, P), 0, atol=1e-7)
    assert (hellinger(P, Q) ** 2 <= total_variation(P, Q) + 1e-12).all()


def test_kl_is_scipys_relative_entropy_away_from_the_clip():
    rng = np.random.default_rng(0)
    P, Q = rng.dirichlet(np.ones(4) * 5, size=(2, 50))
    np.testing.assert_allclose(kl(P, Q), entropy(P, Q, axis=1), rtol=1e-9)
    np.testing.assert_allclose(
        cross_entropy(P, Q), entropy(P, axis=1) + entropy(P, Q, axis=1), rtol=1e-9
    )


@pytest.mark.keras
def test_kl_and_cross_entropy_are_those_of_keras():
    from keras import losses

    rng = np.random.default_rng(0)
    P, Q = rng.dirichlet(np.full(10, 0.05), size=(2, 500))
    P[0], Q[1] = np.eye(10)[0], np.eye(10)[3]
    P[1], Q[0] = np.eye(10)[5], np.eye(10)[0]
    for ours, theirs in (
        (kl, losses.kl_divergence),
        (cross_entropy, losses.categorical_crossentropy),
    ):
        np.testing.assert_allclose(ours(P, Q), theirs(P, Q), rtol=1e-6, atol=1e-6)


def test_scores_on_the_teachers_class():
    P = np.array([[0.7, 0.2, 0.1]])
    Q = np.array([[0.1, 0.8, 0.1]])
    assert log_loss(P, Q) == pytest.approx(-np.log(0.1))
    assert DIVERGENCES["blend"](P, Q) == pytest.approx(-np.log(0.8 * 0.7 + 0.2 * 0.1))
    assert uncertainty(P, Q) == pytest.approx(0.3)


def test_temperature():
    P = np.array([[0.64, 0.36], [1.0, 0.0]])
    assert temper(P, 1.0) is P
    np.testing.assert_allclose(temper(P, 2.0), [[8 / 14, 6 / 14], [1, 0]])
    np.testing.assert_allclose(temper(P, 1e-3), [[1, 0], [1, 0]], atol=1e-12)
    assert np.isfinite(temper(np.array([[1e-300, 1e-300]]) / 2e-300, 0.01)).all()


@given(scores=arrays(np.float64, st.integers(1, 30), elements=st.integers(0, 9)))
def test_conformal_p_value_is_the_rank_at_every_known_score(scores):
    values, p_values = conformal_p_value_knots(scores)
    expected = [(1 + np.sum(scores >= s)) / (len(scores) + 1) for s in scores]
    np.testing.assert_allclose(np.interp(scores, values, p_values), expected)
    assert np.interp(np.inf, values, p_values) == 1 / (len(scores) + 1)
    assert (np.diff(p_values) < 0).all()


def test_combined_is_fishers_sum():
    P = np.array([[0.9, 0.1], [0.6, 0.4]])
    Q = np.array([[0.8, 0.2], [0.3, 0.7]])
    first = conformal_p_value_knots(log_loss(P, Q))
    second = conformal_p_value_knots(uncertainty(P, Q))
    # of two rows the calmer has rank 2 of 2 and p = 3/3, the other p = 2/3
    np.testing.assert_allclose(
        combined(P, Q, first, second, 0.5), [0, 1.5 * np.log(3 / 2)], atol=1e-12
    )
