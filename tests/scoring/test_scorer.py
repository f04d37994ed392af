import pickle
import warnings
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from skdrift import (
    DistillationScorer,
    ForestStudent,
    KerasStudent,
    KSDriftTest,
    SoftLabelClassifier,
)
from skdrift.scoring._scores import DIVERGENCES


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    X, y = X[order], y[order]
    teacher = RandomForestClassifier(30, random_state=0).fit(X[:600], y[:600])
    return teacher, X[600:1200], y[600:1200], X[1200:]


@pytest.fixture(scope="module")
def scorer(digits):
    teacher, X, _, _ = digits
    return DistillationScorer(FrozenEstimator(teacher), random_state=0).fit(X)


class CountingTeacher(ClassifierMixin, BaseEstimator):
    """Counts the rows it was asked about."""

    def __init__(self, inner):
        self.inner = inner

    def fit(self, X, y):
        raise AssertionError("a frozen teacher must not be fitted")

    def __sklearn_is_fitted__(self):
        return True

    @property
    def classes_(self):
        return self.inner.classes_

    def predict_proba(self, X):
        self.rows = getattr(self, "rows", 0) + len(X)
        return self.inner.predict_proba(X)


def test_scores_are_finite_and_one_function_of_the_row(digits, scorer):
    _, X, _, fresh = digits
    scores = scorer.transform(fresh)
    assert scores.shape == (len(fresh), 1)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(
        scores,
        np.vstack([scorer.transform(row[np.newaxis]) for row in fresh]),
        atol=1e-9,
    )
    np.testing.assert_allclose(scorer.transform(X[::-1]), scorer.transform(X)[::-1])


def test_fit_transform_is_fit_then_transform(digits, scorer):
    teacher, X, _, _ = digits
    scores = DistillationScorer(FrozenEstimator(teacher), random_state=0).fit_transform(
        X
    )
    np.testing.assert_allclose(scores, scorer.transform(X), atol=1e-9)


def test_no_row_is_scored_by_a_student_that_saw_it(digits, scorer):
    teacher, X, _, _ = digits
    P, Q, fold, _ = scorer.teacher_student_proba(X)
    assert len(scorer.students_) == 5
    for k in range(5):
        student = clone(scorer.students_[k])
        student.fit(X[fold != k], P[fold != k])
        np.testing.assert_allclose(student.predict_proba(X[fold == k]), Q[fold == k])
    agreement = np.mean(P.argmax(axis=1) == Q.argmax(axis=1))
    assert scorer.fidelity_ == pytest.approx(agreement)
    np.testing.assert_allclose(P, teacher.predict_proba(X))


def test_the_teacher_runs_once_over_the_training_rows(digits):
    teacher, X, _, _ = digits
    counting = CountingTeacher(teacher)
    DistillationScorer(FrozenEstimator(counting), batch_size=100).fit_transform(X)
    assert counting.rows == len(X)


def test_an_untrained_teacher_is_cross_fitted_too(digits):
    _, X, y, fresh = digits
    scorer = DistillationScorer(
        RandomForestClassifier(10), divergence="kl", random_state=0
    ).fit(X, y)
    P, _, fold, _ = scorer.teacher_student_proba(X)
    for k in range(5):
        teacher = clone(scorer.teachers_[k]).fit(X[fold != k], y[fold != k])
        np.testing.assert_allclose(teacher.predict_proba(X[fold == k]), P[fold == k])
    # a forest reproduces rows that it was trained on; these it has not seen
    assert np.mean(scorer.classes_[P.argmax(axis=1)] == y) < 0.99
    assert np.mean(scorer.estimator_.predict(X) == y) > 0.99
    np.testing.assert_array_equal(
        scorer.transform(fresh), clone(scorer).fit(X, y).transform(fresh)
    )


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_same_seed_same_bits(digits, n_jobs):
    teacher, X, _, fresh = digits
    student = ExtraTreesRegressor(5)
    first, second = (
        DistillationScorer(
            FrozenEstimator(teacher), student=student, random_state=3, n_jobs=n_jobs
        )
        .fit(X)
        .transform(fresh)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    alone = DistillationScorer(
        FrozenEstimator(teacher), student=student, random_state=3
    )
    np.testing.assert_array_equal(alone.fit(X).transform(fresh), first)


def test_the_estimators_given_are_left_alone(digits):
    teacher, X, _, _ = digits
    student = SoftLabelClassifier(LogisticRegression(max_iter=1000))
    before = pickle.dumps(teacher)
    scorer = DistillationScorer(FrozenEstimator(teacher), student=student).fit(X / 16)
    assert pickle.dumps(teacher) == before
    assert not hasattr(student, "classes_")
    assert scorer.estimator_.estimator is teacher


@pytest.mark.parametrize("copy", [deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_copies_score_the_same_bits(digits, scorer, copy):
    fresh = digits[-1]
    np.testing.assert_array_equal(
        copy(scorer).transform(fresh), scorer.transform(fresh)
    )


def test_columns_and_their_names(digits):
    teacher, X, _, fresh = digits
    names = [*DIVERGENCES, "combined"]

    def surprise(P, Q):
        return -np.log(np.sum(P * Q, axis=1))

    scorer = DistillationScorer(
        FrozenEstimator(teacher), divergence=[*names, surprise], random_state=0
    ).set_output(transform="pandas")
    frame = scorer.fit(X).transform(fresh)
    assert list(frame.columns) == [f"harm_{name}" for name in [*names, "surprise"]]
    P, Q, *_ = scorer.teacher_student_proba(fresh)
    for name, divergence in DIVERGENCES.items():
        np.testing.assert_allclose(frame[f"harm_{name}"], divergence(P, Q))
    np.testing.assert_allclose(frame["harm_surprise"], surprise(P, Q))


def test_temperature_touches_the_teacher_only(digits):
    teacher, X, _, fresh = digits
    scorer = DistillationScorer(
        FrozenEstimator(teacher), divergence="kl", temperature=3.0, random_state=0
    ).fit(X)
    P, Q, *_ = scorer.teacher_student_proba(fresh)
    np.testing.assert_allclose(P, teacher.predict_proba(fresh))
    softened = P ** (1 / 3) / (P ** (1 / 3)).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        scorer.transform(fresh)[:, 0], DIVERGENCES["kl"](softened, Q), rtol=1e-9
    )


def test_error_model(digits):
    teacher, X, y, fresh = digits
    scorer = DistillationScorer(
        FrozenEstimator(teacher),
        error_model=LogisticRegression(max_iter=5000),
        random_state=0,
    )
    scores = scorer.fit_transform(X, y)
    assert scores.min() >= 0
    assert scores.max() <= 1
    wrong = teacher.predict(X) != y
    assert scores[wrong].mean() > 2 * scores[~wrong].mean()
    np.testing.assert_allclose(scorer.transform(X), scores, atol=1e-12)
    assert scorer.get_feature_names_out().tolist() == ["harm_error_model"]
    assert len(scorer.error_models_) == 5
    assert scorer.transform(fresh).shape == (len(fresh), 1)


@pytest.mark.parametrize(
    "student",
    [
        LogisticRegression(max_iter=2000),
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        make_pipeline(StandardScaler(), SoftLabelClassifier()),
        ExtraTreesRegressor(5),
        pytest.param(KerasStudent(epochs=2), marks=pytest.mark.keras),
    ],
    ids=lambda student: type(student).__name__,
)
def test_any_student(digits, student):
    teacher, X, _, fresh = digits
    scorer = DistillationScorer(
        FrozenEstimator(teacher), student=student, cross_fit=2, random_state=0
    )
    assert np.isfinite(scorer.fit(X / 16).transform(fresh / 16)).all()


def test_a_frozen_student_is_used_as_it_is(digits):
    teacher, X, _, fresh = digits
    student = SoftLabelClassifier(LogisticRegression(max_iter=2000))
    student.fit(X, teacher.predict_proba(X))
    scorer = DistillationScorer(
        FrozenEstimator(teacher), student=FrozenEstimator(student), divergence="kl"
    ).fit(X)
    assert len(scorer.students_) == 1
    P, Q = teacher.predict_proba(fresh), student.predict_proba(fresh)
    np.testing.assert_allclose(scorer.transform(fresh)[:, 0], DIVERGENCES["kl"](P, Q))


def test_without_cross_fitting_one_student(digits):
    teacher, X, _, _ = digits
    scorer = DistillationScorer(FrozenEstimator(teacher), cross_fit=None).fit(X)
    assert len(scorer.students_) == len(scorer.teachers_) == 1


def mixed_frame(n=400):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, n),
            "city": pd.Categorical(rng.choice(["a", "b", "c"], n)),
        }
    )
    y = np.where(frame["age"] + 10 * (frame["city"] == "a") > 42, "yes", "no")
    frame.loc[rng.random(n) < 0.1, "age"] = np.nan
    return frame, y


def test_mixed_frame_through_the_preprocessing_of_the_teacher():
    frame, y = mixed_frame()
    teacher = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), ["age"]),
            (OneHotEncoder(), ["city"]),
        ),
        RandomForestClassifier(20, random_state=0),
    ).fit(frame[:200], y[:200])
    scorer = DistillationScorer(FrozenEstimator(teacher), random_state=0)
    scorer.fit(frame[200:])
    borrowed = scorer.students_[0][0]
    assert isinstance(borrowed, FrozenEstimator)
    assert scorer.classes_.tolist() == ["no", "yes"]
    assert scorer.fidelity_ > 0.7
    assert list(scorer.feature_names_in_) == ["age", "city"]
    with pytest.raises(ValueError, match=r"columns are missing|feature names"):
        scorer.transform(frame[["age"]])


def test_mixed_frame_with_a_teacher_that_is_no_pipeline():
    frame, y = mixed_frame()
    teacher = HistGradientBoostingClassifier(categorical_features="from_dtype")
    scorer = DistillationScorer(teacher, random_state=0).fit(frame, y)
    assert np.isfinite(scorer.transform(frame)).all()
    assert scorer.fidelity_ > 0.7


def test_text():
    texts = [f"{word} number {i}" for i in range(60) for word in ("good", "awful")]
    y = np.tile([1, 0], 60)
    teacher = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, y)
    scorer = DistillationScorer(FrozenEstimator(teacher), random_state=0).fit(texts)
    assert scorer.fidelity_ == 1
    np.testing.assert_array_equal(
        scorer.transform(texts[:3]), scorer.transform(np.array(texts[:3]))
    )


def test_a_class_that_a_fold_never_sees():
    X, y = load_breast_cancer(return_X_y=True)
    y = y.astype(object)
    y[y == 1], y[y == 0], y[0] = "benign", "malignant", "odd"
    scorer = DistillationScorer(
        RandomForestClassifier(10), divergence="js", random_state=0
    ).fit(X, y)
    assert scorer.classes_.tolist() == ["benign", "malignant", "odd"]
    P, Q, fold, _ = scorer.teacher_student_proba(X[:50])
    assert (P[fold == fold[0], 2] == 0).all()
    np.testing.assert_allclose(Q.sum(axis=1), 1)


def test_a_memory_mapped_array_is_scored_in_chunks(digits, tmp_path):
    teacher, X, _, _ = digits
    path = tmp_path / "rows.npy"
    np.save(path, np.tile(X, (10, 1)))
    mapped = np.load(path, mmap_mode="r")
    counting = CountingTeacher(teacher)
    largest = []

    def predict_proba(chunk):
        largest.append(len(chunk))
        return teacher.predict_proba(chunk)

    counting.predict_proba = predict_proba
    scorer = DistillationScorer(
        FrozenEstimator(counting), batch_size=len(X), random_state=0
    ).fit(X)
    scores = scorer.transform(mapped)
    assert max(largest) == len(X)
    np.testing.assert_allclose(scores, np.tile(scorer.transform(X), (10, 1)))


class TestBadInput:
    def test_no_labels(self, digits):
        teacher, X, _, _ = digits
        with pytest.raises(ValueError, match=r"needed by the teacher.*FrozenEstimator"):
            DistillationScorer(RandomForestClassifier()).fit(X)
        with pytest.raises(ValueError, match="needed by error_model"):
            DistillationScorer(
                FrozenEstimator(teacher), error_model=LogisticRegression()
            ).fit(X)

    def test_teacher_without_probabilities(self, digits):
        _, X, y, _ = digits
        with pytest.raises(TypeError, match="LinearSVC has none"):
            DistillationScorer(LinearSVC()).fit(X, y)
        with pytest.raises(TypeError, match="LinearSVC has none"):
            DistillationScorer(FrozenEstimator(LinearSVC().fit(X, y))).fit(X)

    def test_teacher_that_gives_nan(self, digits):
        teacher, X, _, _ = digits

        class Broken(CountingTeacher):
            def predict_proba(self, X):
                return np.full((len(X), 10), np.nan)

        scorer = DistillationScorer(FrozenEstimator(Broken(teacher)))
        with pytest.raises(ValueError, match="NaN or infinity in 600 of 600 rows"):
            scorer.fit(X)
        assert not [name for name in vars(scorer) if name.endswith("_")]

    def test_student_of_the_wrong_shape(self, digits):
        teacher, X, _, _ = digits

        class Wrong(BaseEstimator):
            def fit(self, X, P):
                return self

            def predict(self, X):
                return np.ones((len(X), 3))

        with pytest.raises(ValueError, match=r"10 class probabilities.*\(\d+, 3\)"):
            DistillationScorer(FrozenEstimator(teacher), student=Wrong()).fit(X)

    @pytest.mark.parametrize(
        "params",
        [
            {"divergence": "klo"},
            {"divergence": ["kl", "klo"]},
            {"divergence": []},
            {"temperature": 0},
            {"cross_fit": 1},
            {"batch_size": 0},
            {"student": 3},
            {"error_model": 3},
        ],
    )
    def test_parameters(self, digits, params):
        teacher, X, y, _ = digits
        scorer = DistillationScorer(FrozenEstimator(teacher), **params)
        with pytest.raises((ValueError, TypeError), match=next(iter(params))):
            scorer.fit(X, y)

    def test_equal_rows_only(self, digits):
        teacher, X, _, _ = digits
        with pytest.raises(ValueError, match="different content"):
            DistillationScorer(FrozenEstimator(teacher)).fit(np.tile(X[:1], (50, 1)))

    def test_rows_without_a_student_that_reads_them(self):
        class Reader(ClassifierMixin, BaseEstimator):
            classes_ = np.arange(2)

            def fit(self, X, y):
                return self

            def predict_proba(self, X):
                return np.full((len(X), 2), 0.5)

        with pytest.raises(ValueError, match="give a student that reads X"):
            DistillationScorer(FrozenEstimator(Reader())).fit(
                [{"a": place} for place in range(9)]
            )


def test_with_groups_fresh_rows_of_others_score_like_the_reference():
    # Without groups each student has seen nine siblings of every row that it scores.
    rng = np.random.default_rng(0)

    def labels(X):
        noise = 0.5 * rng.normal(size=len(X))
        return (X[:, 0] * X[:, 1] + X[:, 2] + noise > 0).astype(int)

    known = rng.normal(size=(800, 8))
    clf = RandomForestClassifier(30, random_state=0).fit(known, labels(known))
    user = np.repeat(np.arange(150), 10)
    rows = rng.normal(size=(150, 8))[user] + rng.normal(0, 0.05, (1500, 8))
    fresh, batch = rng.normal(size=(4000, 8)), np.repeat(np.arange(40), 100)
    scorer = DistillationScorer(
        FrozenEstimator(clf),
        student=ForestStudent(20, random_state=0),
        random_state=0,
    )

    def flagged(fitted):
        # One row of each user, since those of one are no independent evidence.
        test = KSDriftTest(alternative="greater").fit(fitted.transform(rows)[::10])
        return test.predict(fitted.transform(fresh), groups=batch).is_drift.mean()

    with pytest.warns(UserWarning, match="groups of about 10 near-equal"):
        told_nothing = clone(scorer).fit(rows)
    assert flagged(told_nothing) > 0.9
    told = clone(scorer).fit(rows, groups=user)
    # Three standard deviations of 40 batches at 0.05 are 0.10.
    assert flagged(told) <= 0.15
    shares = [len(set(user[told._folds(rows) == k])) for k in range(5)]
    assert sum(shares) == 150


@pytest.mark.parametrize(
    ("change", "share"),
    [
        (lambda X: X.astype(np.float32), 0.995),
        # One in two hundred of such values lies next to a boundary of rounding.
        (lambda X: X.round(4), 0.93),
        (pd.DataFrame, 1.0),
    ],
    ids=["float32", "four decimals", "frame"],
)
@pytest.mark.filterwarnings("ignore:The student decides as the teacher")
def test_rows_meet_the_same_student_after_a_round_trip(change, share):
    X = np.random.default_rng(0).uniform(1, 10, size=(2000, 8))
    clf = LogisticRegression().fit(X[:200], X[:200, 0] > 5)
    student = SoftLabelClassifier(LogisticRegression())
    scorer = DistillationScorer(FrozenEstimator(clf), student=student, random_state=0)
    scorer.fit(X[200:])
    same = scorer._folds(X[200:]) == scorer._folds(change(X[200:]))
    assert same.mean() >= share


def test_a_student_that_only_echoes_its_teacher_is_said_to():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    teacher = LogisticRegression().fit(X, X[:, 0] > 0)
    echo = DistillationScorer(
        FrozenEstimator(teacher), student=LogisticRegression(C=1e4), random_state=0
    )
    with pytest.warns(UserWarning, match="decides as the teacher does on .*%"):
        echo.fit(X)
    assert echo.fidelity_ > 0.99
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        echo.fit(X[:150])  # too few rows to tell
