import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

from skdrift import SoftLabelClassifier


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    P = RandomForestClassifier(n_estimators=50, random_state=0).fit(X, y)
    return X, y, P.predict_proba(X)


def test_reaches_the_optimum_of_the_soft_cross_entropy(iris):
    # Independent of the class: minimise the penalised cross-entropy of the soft
    # labels directly, over the weights of a softmax regression.
    X, _, P = iris
    X = StandardScaler().fit_transform(X)
    student = SoftLabelClassifier(LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000))
    student.fit(X, P)

    def loss(parameters):
        W = parameters.reshape(3, 5)
        logits = X @ W[:, :4].T + W[:, 4]
        return -(P * log_softmax(logits, axis=1)).sum() + 0.5 * (W[:, :4] ** 2).sum()

    best = minimize(loss, np.zeros(15), method="BFGS", options={"gtol": 1e-7})
    W = best.x.reshape(3, 5)
    expected = softmax(X @ W[:, :4].T + W[:, 4], axis=1)
    np.testing.assert_allclose(student.predict_proba(X), expected, atol=1e-5)
    reached = loss(np.c_[student.estimator_.coef_, student.estimator_.intercept_])
    assert reached == pytest.approx(best.fun, rel=1e-8)


def test_sample_weight_means_repeated_rows(iris):
    X, _, P = iris
    X = StandardScaler().fit_transform(X)
    repeats = np.random.default_rng(0).integers(0, 3, size=len(X))
    tight = LogisticRegression(tol=1e-10, max_iter=10_000)
    weighted = SoftLabelClassifier(tight).fit(X, P, sample_weight=repeats)
    repeated = SoftLabelClassifier(tight).fit(
        np.repeat(X, repeats, axis=0), np.repeat(P, repeats, axis=0)
    )
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-6
    )


def test_one_hot_labels_equal_class_labels(iris):
    X, y, _ = iris
    soft = SoftLabelClassifier().fit(X, np.eye(3)[y])
    hard = LogisticRegression(max_iter=1000).fit(X, y)
    np.testing.assert_allclose(soft.predict_proba(X), hard.predict_proba(X), atol=1e-6)


def test_class_labels_keep_their_names(iris):
    X, y, _ = iris
    names = np.array(["setosa", "versicolor", "virginica"])
    student = SoftLabelClassifier().fit(X, names[y])
    assert list(student.classes_) == list(names)
    assert set(student.predict(X)) == set(names)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_class_without_weight_keeps_its_column(iris, missing):
    X, _, P = iris
    P = np.delete(P, missing, axis=1) + 1e-9
    P = np.insert(P / P.sum(axis=1, keepdims=True), missing, 0, axis=1)
    student = SoftLabelClassifier().fit(X, P)
    proba = student.predict_proba(X)
    assert list(student.classes_) == [0, 1, 2]
    assert proba.shape == (150, 3)
    assert (proba[:, missing] == 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert missing not in student.predict(X)


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(n_estimators=50, random_state=0),
        HistGradientBoostingClassifier(max_iter=20, random_state=0),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
)
def test_agrees_with_its_teacher_on_new_rows(estimator):
    X, y = load_digits(return_X_y=True)
    X, X_new, y, _ = train_test_split(X, y, test_size=0.3, random_state=0)
    teacher = RandomForestClassifier(random_state=0).fit(X, y)
    student = SoftLabelClassifier(estimator).fit(X, teacher.predict_proba(X))
    assert (student.predict(X_new) == teacher.predict(X_new)).mean() > 0.9


def test_text():
    texts = ["good film", "bad film", "good play", "bad play", "fine"] * 5
    P = np.array([[0.1, 0.9], [0.8, 0.2], [0.2, 0.8], [0.9, 0.1], [0.5, 0.5]] * 5)
    student = SoftLabelClassifier(
        make_pipeline(TfidfVectorizer(), LogisticRegression(C=100.0))
    )
    assert list(student.fit(texts, P).predict(["good", "bad"])) == [1, 0]


def test_data_frame_names_are_passed_on(iris):
    X, _, P = iris
    frame = pd.DataFrame(X, columns=list("abcd"))
    student = SoftLabelClassifier().fit(frame, P)
    assert list(student.feature_names_in_) == list("abcd")
    assert student.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names"):
        student.predict(frame[list("dcba")])
    assert not hasattr(student.fit(X, P), "feature_names_in_")


@pytest.mark.parametrize("to_sparse", [sparse.csr_array, sparse.coo_array])
def test_sparse_rows(iris, to_sparse):
    X, _, P = iris
    dense = SoftLabelClassifier().fit(X, P).predict_proba(X)
    student = SoftLabelClassifier().fit(to_sparse(X), P)
    np.testing.assert_allclose(student.predict_proba(to_sparse(X)), dense, atol=1e-3)


def test_arrays_of_more_dimensions(iris):
    X, _, P = iris
    flatten = FunctionTransformer(np.reshape, kw_args={"shape": (-1, 4)})
    if np.lib.NumpyVersion(np.__version__) < "2.1.0":
        flatten = FunctionTransformer(np.reshape, kw_args={"newshape": (-1, 4)})
    student = SoftLabelClassifier(
        make_pipeline(flatten, LogisticRegression(max_iter=1000))
    )
    proba = student.fit(X.reshape(-1, 2, 2), P).predict_proba(X.reshape(-1, 2, 2))
    expected = SoftLabelClassifier().fit(X, P).predict_proba(X)
    np.testing.assert_allclose(proba, expected)


def test_weights_reach_the_last_step_of_nested_pipelines(iris):
    X, _, P = iris
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    student = SoftLabelClassifier(make_pipeline(StandardScaler(), inner)).fit(X, P)
    scaled = StandardScaler().fit(np.repeat(X, (P > 1e-8).sum(axis=1), axis=0))
    expected = SoftLabelClassifier().fit(scaled.transform(X), P)
    np.testing.assert_allclose(
        student.predict_proba(X),
        expected.predict_proba(scaled.transform(X)),
        atol=1e-3,
    )


def test_pipeline_under_metadata_routing(iris):
    X, _, P = iris
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    expected = SoftLabelClassifier(pipeline).fit(X, P).predict_proba(X)
    with config_context(enable_metadata_routing=True):
        student = SoftLabelClassifier(clone(pipeline)).fit(X, P)
    np.testing.assert_array_equal(student.predict_proba(X), expected)


def test_does_not_change_its_input(iris):
    X, _, P = iris
    X_before, P_before = X.copy(), P.copy()
    SoftLabelClassifier().fit(X, P).predict_proba(X)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(P, P_before)


@pytest.mark.parametrize(
    "copy_of", [lambda s: pickle.loads(pickle.dumps(s)), copy.copy]
)
def test_round_trip(iris, copy_of):
    X, _, P = iris
    student = SoftLabelClassifier().fit(X, P)
    np.testing.assert_array_equal(
        copy_of(student).predict_proba(X), student.predict_proba(X)
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda P: P - 0.1, "negative|Negative"),
        (lambda P: P * 100, "sums to 100"),
        (lambda P: np.where(np.eye(150, 3), np.nan, P), "NaN"),
        (lambda P: P[:-1], "150 rows and y has 149"),
        (lambda P: np.stack([P, P]), "dim 3"),
        (lambda P: None, "requires y"),
        (lambda P: P[:, 0] + 0.123, "Unknown label type"),
    ],
)
def test_bad_soft_labels(iris, change, message):
    X, _, P = iris
    student = SoftLabelClassifier()
    with pytest.raises(ValueError, match=message):
        student.fit(X, change(P))
    assert not [name for name in vars(student) if name.endswith("_")]


def test_an_estimator_without_sample_weight(iris):
    X, y, P = iris
    student = SoftLabelClassifier(KNeighborsClassifier())
    with pytest.raises(TypeError, match=r"KNeighborsClassifier\(\) takes no sample_w"):
        student.fit(X, P)
    assert student.fit(X, y).score(X, y) > 0.9
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier())
    with pytest.raises(TypeError, match="takes no sample_weight"):
        SoftLabelClassifier(pipeline).fit(X, P)


def test_an_estimator_without_predict_proba(iris):
    X, _, P = iris
    with pytest.raises(TypeError, match="needs an estimator with predict_proba"):
        SoftLabelClassifier(LinearSVC()).fit(X, P)
