import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdrift import SoftLabelClassifier, TwoFamilyStudent
from skdrift.models._default_student import borrowed_preprocessing, default_student

X = np.random.default_rng(0).normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)
TEACHER = LogisticRegression().fit(X, y)


def test_default_student_of_a_table():
    assert isinstance(default_student(TEACHER, X), TwoFamilyStudent)
    frame = default_student(TEACHER, pd.DataFrame(X))
    assert isinstance(frame[-1], TwoFamilyStudent)
    assert isinstance(default_student(TEACHER, X.tolist()), TwoFamilyStudent)


def test_default_student_of_sparse_rows_is_linear():
    student = default_student(TEACHER, sparse.csr_matrix(X))
    assert isinstance(student[-1], SoftLabelClassifier)


def test_default_student_flattens_arrays_of_more_dimensions():
    images = X.reshape(20, 3, 3)
    student = default_student(TEACHER, images)
    P = np.full((20, 2), 0.5)
    assert student.fit(images, P).predict_proba(images).shape == (20, 2)


def test_default_student_of_mixed_columns_meets_unseen_categories():
    frame = pd.DataFrame({"number": X[:, 0], "category": list("ab" * 30)})
    frame.loc[0, "category"] = None
    frame.loc[1, "number"] = np.nan
    student = default_student(TEACHER, frame).fit(frame, np.full((60, 2), 0.5))
    new = pd.DataFrame({"number": [0.0], "category": ["c"]})
    np.testing.assert_allclose(student.predict_proba(new), [[0.5, 0.5]], atol=1e-3)


def test_default_student_borrows_fitted_preprocessing():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    pipeline.fit(X, X[:, 0] > 0)
    student = default_student(FrozenEstimator(pipeline), X)
    assert student[0].estimator[0] is pipeline[0]


PIPELINE = make_pipeline(StandardScaler(), LogisticRegression())


@pytest.mark.parametrize(
    "wrapped",
    [
        PIPELINE,
        GridSearchCV(PIPELINE, {"logisticregression__C": [1, 2]}),
        CalibratedClassifierCV(PIPELINE),
        VotingClassifier([("a", PIPELINE)], voting="soft"),
        FixedThresholdClassifier(PIPELINE),
    ],
    ids=lambda one: type(one).__name__,
)
def test_preprocessing_is_found_wherever_it_is(wrapped):
    lent = borrowed_preprocessing(FrozenEstimator(wrapped.fit(X, y)))
    assert isinstance(lent[0], StandardScaler)
    assert lent.transform(X).mean(axis=0) == pytest.approx(0, abs=0.3)


def test_samplers_are_left_out():
    imblearn = pytest.importorskip("imblearn")
    pipeline = imblearn.pipeline.make_pipeline(
        StandardScaler(), imblearn.over_sampling.SMOTE(), LogisticRegression()
    )
    lent = borrowed_preprocessing(pipeline.fit(X, y))
    assert [name for name, _ in lent.steps] == ["standardscaler"]


def test_nothing_to_borrow():
    assert borrowed_preprocessing(TEACHER) is None
    assert borrowed_preprocessing(make_pipeline(LogisticRegression()).fit(X, y)) is None


def test_texts_get_another_view_than_words():
    texts = ["a good film", "a bad film"] * 20
    teacher = make_pipeline(TfidfVectorizer(), LogisticRegression())
    teacher.fit(texts, [1, 0] * 20)
    for rows in (texts, np.array(texts), pd.Series(texts)):
        student = default_student(teacher, rows)
        assert student[0].analyzer == "char_wb"
        P = teacher.predict_proba(rows)
        Q = student.fit(rows, P).predict_proba(rows)
        assert (Q.argmax(axis=1) == P.argmax(axis=1)).all()


COLUMNS = {
    "mixed": [1, "one", 2, "one"] * 15,
    "nullable": pd.array([None, 1, 2, 3] * 15, dtype="Int64"),
    "string": pd.array(["a", None, "b", "a"] * 15, dtype="string"),
    "timedelta": pd.to_timedelta(range(60), unit="m"),
    "date": pd.date_range("2026-01-01", periods=60, tz="UTC"),
    "infinite": [np.inf, 1.0, -np.inf, np.nan] * 15,
    "category": pd.Categorical(["u", "v", None, "u"] * 15),
    "id": [f"id{place}" for place in range(60)],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_any_type_are_read(name):
    frame = pd.DataFrame({"v": X[:, 0], name: COLUMNS[name]})
    P = np.column_stack([y, 1 - y]).astype(float)
    student = default_student(TEACHER, frame)
    student.set_params(twofamilystudent__random_state=0)
    Q = student.fit(frame, P).predict_proba(frame)
    assert np.mean(Q.argmax(axis=1) == P.argmax(axis=1)) > 0.9


def test_multiindex_and_polars_are_read():
    frame = pd.DataFrame({"v": X[:, 0], "w": ["a", "b"] * 30})
    P = np.column_stack([y, 1 - y]).astype(float)
    several = frame.set_axis(
        pd.MultiIndex.from_tuples([("n", "v"), ("c", "w")]), axis=1
    )
    for rows in (several, pl.from_pandas(frame)):
        Q = default_student(TEACHER, rows).fit(rows, P).predict_proba(rows)
        assert Q.shape == (60, 2)


def test_what_nothing_reads_is_refused():
    rows = np.array([{"a": 1}, {"b": 2}], dtype=object)
    with pytest.raises(ValueError, match="give a student that reads X"):
        default_student(TEACHER, rows)
