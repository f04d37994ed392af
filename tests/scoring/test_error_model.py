import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from skdrift.scoring._error_model import (
    error_features,
    error_probability,
    fit_error_model,
    fit_error_models,
)


def test_nine_finite_features():
    P = np.array([[1.0, 0.0, 0.0], [0.5, 0.3, 0.2]])
    features = error_features(P, P[::-1])
    assert features.shape == (2, 9)
    assert np.isfinite(features).all()
    margin, entropy = features[1, 6], features[1, 5]
    assert margin == pytest.approx(0.2)
    assert entropy == pytest.approx(-(P[1] * np.log(P[1])).sum())


def test_it_learns_where_the_teacher_errs():
    rng = np.random.default_rng(0)
    P = rng.dirichlet([1, 1], size=2000)
    wrong = rng.random(2000) > P.max(axis=1)  # a calibrated teacher
    features = error_features(P, P)
    model = fit_error_model(LogisticRegression(C=100, max_iter=5000), features, wrong)
    probability = error_probability(model, features)[:, 0]
    assert np.abs(probability - (1 - P.max(axis=1))).mean() < 0.05


@pytest.mark.parametrize("wrong", [np.zeros(5, bool), np.ones(5, bool)])
def test_nothing_to_learn_from(wrong):
    with pytest.raises(ValueError, match=r"it gets [05] of 5 wrong"):
        fit_error_model(LogisticRegression(), np.zeros((5, 9)), wrong)


def test_each_fold_has_a_model_of_the_rows_outside_of_it():
    rng = np.random.default_rng(0)
    features, wrong = rng.normal(size=(60, 9)), rng.random(60) < 0.5
    parts = [np.arange(40), np.arange(20, 60)]
    models = fit_error_models(
        LogisticRegression(), features, wrong, parts, np.random.RandomState(0)
    )
    for model, rows in zip(models, parts, strict=True):
        alone = LogisticRegression().fit(features[rows], wrong[rows])
        np.testing.assert_array_equal(model.coef_, alone.coef_)
