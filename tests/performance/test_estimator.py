from copy import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, recall_score, roc_auc_score
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdrift import PerformanceEstimate, PerformanceEstimator
from skdrift.datasets import corrupt_table
from skdrift.performance._reader import places_of
from tests.round_trips import ROUND_TRIPS


def loans(n, seed):
    rng = np.random.default_rng(seed)
    income = rng.lognormal(3, 0.6, n)
    debt = income * rng.beta(2, 5, n)
    X = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "income": income,
            "debt": debt,
            "region": rng.choice(["east", "west"], n),
            "country": "A",
        }
    )
    X.loc[rng.random(n) < 0.05, "debt"] = np.nan
    score = 2 * np.log(income / 20) - 5 * (debt / income - 0.3) + (X["age"] - 45) / 40
    return X, (score + rng.logistic(0, 0.5, n) > 0).astype(int).to_numpy()


def classifier():
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder

    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["region"]),
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    boosting = HistGradientBoostingClassifier(max_iter=40, random_state=0)
    drop = make_column_transformer(
        ("passthrough", ["age", "income", "debt", "region"]),
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    return make_pipeline(drop, encoder, boosting)


@pytest.fixture(scope="module")
def fitted():
    clf = classifier().fit(*loans(3000, 0))
    estimator = PerformanceEstimator(FrozenEstimator(clf), random_state=0)
    return estimator.fit(*loans(1500, 1)), clf


def test_clean_batch_is_fine(fitted):
    estimator, clf = fitted
    X, y = loans(1000, 2)
    said = estimator.predict(X)
    assert isinstance(said, PerformanceEstimate)
    assert said.verdict == "fine"
    assert said.low <= clf.score(X, y) <= said.high
    assert said.estimate == pytest.approx(clf.score(X, y), abs=0.03)
    assert said.reference == estimator.reference_
    assert said.lost == pytest.approx(said.reference - said.estimate)


@pytest.mark.parametrize("kind", ["scale", "offset", "stuck"])
def test_broken_batches_are_not_fine(fitted, kind):
    estimator, clf = fitted
    X, y = loans(1000, 3)
    broken = corrupt_table(
        X, kind, 5, columns=["age", "income", "debt"], random_state=0
    )
    assert clf.score(broken, y) < estimator.reference_ - 0.1
    said = estimator.predict(broken)
    assert said.verdict != "fine"
    assert said.is_drift


def test_column_that_was_constant_is_named(fitted):
    estimator, _ = fitted
    X, _ = loans(300, 4)
    said = estimator.predict(X.assign(country=["A", "B"] * 150))
    assert said.verdict == "cannot tell"
    assert "country" in " ".join(said.reasons)


def test_column_that_decides_beyond_its_range_is_named(fitted):
    estimator, _ = fitted
    X, _ = loans(300, 4)
    said = estimator.predict(X.assign(income=X["income"] * 1000))
    assert said.verdict != "fine"
    assert "income" in " ".join(said.reasons)


def test_few_rows_cannot_be_judged(fitted):
    said = fitted[0].predict(loans(10, 5)[0])
    assert said.verdict == "cannot tell"
    assert "10 rows are too few" in said.reasons[0]


def test_groups_are_batches(fitted):
    estimator, _ = fitted
    X, _ = loans(600, 6)
    groups = np.repeat(["b", "a", "c"], 200)
    said = estimator.predict(X, groups=groups)
    assert said.group_labels.tolist() == ["a", "b", "c"]
    alone = estimator.predict(X[groups == "a"])
    assert said.estimate[0] == pytest.approx(alone.estimate)
    assert said.verdict[0] == alone.verdict
    with pytest.raises(ValueError, match="one label for each of the 600 rows"):
        estimator.predict(X, groups=groups[:5])
    with pytest.raises(ValueError, match="missing labels, 200 of 600"):
        estimator.predict(X, groups=np.where(groups == "a", None, groups))


def test_counts_of_pieces_give_the_same(fitted):
    estimator, _ = fitted
    X, _ = loans(500, 7)
    counts = sum(estimator.count(part) for part in (X[:100], X[100:350], X[350:]))
    by_counts, by_rows = estimator.predict_counts(counts), estimator.predict(X)
    assert by_counts.estimate == pytest.approx(by_rows.estimate, rel=1e-9)
    assert by_counts.verdict == by_rows.verdict
    with pytest.raises(TypeError, match="what `count` returned"):
        estimator.predict_counts(3)


def test_rows_get_the_probability_of_error(fitted):
    estimator, clf = fitted
    X, y = loans(3000, 8)
    wrong = estimator.transform(X)
    assert wrong.shape == (3000, 1)
    assert roc_auc_score(clf.predict(X) != y, wrong[:, 0]) > 0.7
    assert wrong.mean() == pytest.approx(1 - clf.score(X, y), abs=0.03)
    assert estimator.get_feature_names_out().tolist() == ["probability_wrong"]


def test_left_out_batches_tell_the_error(fitted):
    estimator, _ = fitted
    table = estimator.left_out_
    assert set(table["kind"]) == {"natural", *estimator.faults_}
    inside = (table["low"] <= table["truth"]) & (table["truth"] <= table["high"])
    # What is promised, and little more: known rows are a sample, and no interval is
    # narrower than a normal one.
    assert 0.895 <= inside.groupby(table["kind"]).mean().mean() <= 0.95
    lost = estimator.reference_ - table["truth"]
    calm = table[(table["kind"] == "natural") & (lost < 0.02)]
    assert (calm["p_value"] <= 0.05).mean() < 0.05


def test_same_seed_whatever_the_jobs():
    X, y = loans(200, 9)
    clf = FrozenEstimator(classifier().fit(*loans(500, 0)))
    faults = [("noise", lambda X, rs: X.assign(age=rs.permutation(X["age"])))]
    one, other = (
        PerformanceEstimator(clf, faults=faults, n_jobs=jobs, random_state=0).fit(X, y)
        for jobs in (None, 1)
    )
    batch, _ = loans(100, 10)
    assert one.predict(batch) == other.predict(batch)


def test_decisions_are_those_of_a_threshold():
    X, y = load_breast_cancer(return_X_y=True)
    base = make_pipeline(StandardScaler(), LogisticRegression(C=0.001))
    clf = FixedThresholdClassifier(base, threshold=0.75).fit(X[::2], y[::2])
    estimator = PerformanceEstimator(FrozenEstimator(clf), random_state=0)
    estimator.fit(X[1::2], y[1::2])
    assert estimator.reference_ == pytest.approx(clf.score(X[1::2], y[1::2]))


def test_recall():
    X, y = load_breast_cancer(return_X_y=True)
    clf = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[::2], y[::2])
    estimator = PerformanceEstimator(
        FrozenEstimator(clf), metric=("recall", 0), random_state=0
    ).fit(X[1::2], y[1::2])
    truth = recall_score(y[1::2], clf.predict(X[1::2]), pos_label=0)
    assert estimator.reference_ == pytest.approx(truth)
    assert estimator.predict(X[1::2]).estimate == pytest.approx(truth, abs=0.05)


@pytest.mark.parametrize(
    ("metric", "of_labels"),
    [
        ("roc_auc", lambda y, P: roc_auc_score(y, P[:, 1])),
        ("neg_log_loss", lambda y, P: -log_loss(y, P)),
    ],
)
def test_metrics_of_probabilities(metric, of_labels):
    X, y = load_breast_cancer(return_X_y=True)
    clf = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[::2], y[::2])
    estimator = PerformanceEstimator(
        FrozenEstimator(clf), metric=metric, random_state=0
    )
    estimator.fit(X[1::2], y[1::2])
    truth = of_labels(y[1::2], clf.predict_proba(X[1::2]))
    assert estimator.reference_ == pytest.approx(truth, abs=0.005)
    said = estimator.predict(X[1::2])
    assert said.estimate == pytest.approx(truth, abs=0.05)
    assert said.verdict == "fine"
    broken = corrupt_table(X[1::2], "swap", severity=5, random_state=0)
    said = estimator.predict(broken)
    assert said.low <= of_labels(y[1::2], clf.predict_proba(broken)) <= said.high
    assert said.verdict == "harmful"
    counts = estimator.count(broken[:100]) + estimator.count(broken[100:])
    assert estimator.predict_counts(counts).estimate == pytest.approx(said.estimate)
    for round_trip in ROUND_TRIPS.values():
        assert round_trip(estimator).predict(broken) == said


def test_counts_of_one_metric_of_probabilities_are_none_of_another():
    X, y = load_breast_cancer(return_X_y=True)
    X = X[:, 20:24]
    clf = FrozenEstimator(LogisticRegression(max_iter=5000).fit(X[::2], y[::2]))
    shuffle = [("shuffle", lambda X, rng: rng.permutation(X))]
    area, loss = (
        PerformanceEstimator(clf, metric=metric, faults=shuffle, random_state=0).fit(
            X[1::2], y[1::2]
        )
        for metric in ("roc_auc", "neg_log_loss")
    )
    with pytest.raises(ValueError, match="made by another estimator"):
        area.predict_counts(loss.count(X[:50]))


def test_images_and_several_classes():
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    images, y = (X[order] / 16).reshape(-1, 8, 8), y[order]

    class Flat(LogisticRegression):
        def fit(self, X, y):
            return super().fit(X.reshape(len(X), -1), y)

        def predict_proba(self, X):
            return super().predict_proba(X.reshape(len(X), -1))

        def predict(self, X):
            return super().predict(X.reshape(len(X), -1))

    clf = Flat(max_iter=1000).fit(images[:600], y[:600])
    estimator = PerformanceEstimator(FrozenEstimator(clf), random_state=0)
    estimator.fit(images[600:1200], y[600:1200])
    assert "gaussian_blur" in estimator.faults_
    assert estimator.predict(images[1200:]).verdict == "fine"
    assert estimator.predict(images[1200:, ::-1]).verdict != "fine"


@pytest.mark.filterwarnings("ignore:The student decides as the teacher")
def test_texts():
    rng = np.random.default_rng(0)
    topics = [["engine", "wheel", "road", "fuel"], ["goal", "team", "match", "ball"]]

    def texts(n):
        y = rng.integers(0, 2, n)
        words = [rng.choice([*topics[label], *topics[0][:2]], 6) for label in y]
        return [" ".join(word) for word in words], y

    X, y = texts(300)
    clf = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(X, y)
    estimator = PerformanceEstimator(FrozenEstimator(clf), random_state=0)
    estimator.fit(*texts(200))
    assert "typos" in estimator.faults_
    assert estimator.predict(texts(100)[0]).verdict == "fine"


def test_labels_that_do_not_belong():
    with pytest.raises(ValueError, match="no classes of the classifier: \\['c'\\]"):
        places_of(["a", "c"], np.array(["a", "b"]))
    X, y = loans(60, 0)
    clf = FrozenEstimator(classifier().fit(X, y))
    with pytest.raises(ValueError, match="requires y"):
        PerformanceEstimator(clf).fit(X, None)
    with pytest.raises(NotFittedError):
        PerformanceEstimator(clf).predict(X)


def test_tolerance_may_change_after_fit(fitted):
    estimator = copy(fitted[0])
    X, _ = loans(400, 7)
    X.loc[:60, "income"] = 1000 * X.loc[:60, "income"]
    p_values = [
        estimator.set_params(tolerance=tolerance).predict(X).p_value
        for tolerance in (0.01, 0.05, 0.9)
    ]
    assert p_values[0] < p_values[1] < p_values[2]
    assert estimator.predict(X).verdict != "harmful"
    assert "of the 90 points that are tolerated" in estimator.predict(X).reasons[0]


def test_parameters_are_checked(fitted):
    with pytest.raises(ValueError, match="tolerance"):
        PerformanceEstimator(tolerance=2).fit(*loans(60, 0))
    with pytest.raises(ValueError, match="metric must be one of"):
        PerformanceEstimator(metric="x", faults=[]).fit(
            loans(60, 0)[0][["age"]], loans(60, 0)[1]
        )
    X, y = loans(120, 0)
    clf = FrozenEstimator(LogisticRegression().fit(X[["age"]], y))
    with pytest.raises(ValueError, match="rows of both classes"):
        PerformanceEstimator(clf, metric="roc_auc", faults=[]).fit(
            X[["age"]][y == 1], y[y == 1]
        )
    del fitted


@pytest.mark.parametrize("way", ROUND_TRIPS)
def test_stored_and_read_it_says_the_same(way):
    X, y = load_breast_cancer(return_X_y=True)
    X = X[:, 20:25]
    clf = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[::3], y[::3])
    estimator = PerformanceEstimator(FrozenEstimator(clf), random_state=0)
    estimator.fit(X[1::3], y[1::3])
    again = ROUND_TRIPS[way](estimator)
    assert again.predict(X[2::3]) == estimator.predict(X[2::3])
    assert (again.transform(X) == estimator.transform(X)).all()
    assert again.left_out_.equals(estimator.left_out_)


def test_frames_are_stored_too(fitted):
    estimator, _ = fitted
    X, _ = loans(100, 11)
    X["income"] *= 100
    again = ROUND_TRIPS["pickle"](estimator)
    assert again.predict(X) == estimator.predict(X)
    assert again._donors.rows.equals(estimator._donors.rows)
