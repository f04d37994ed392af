import gc
import io
import pickle
import warnings
import weakref

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.datasets import load_digits, make_classification
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skdrift import ContaminationSweep, DistillationScorer, KSDriftTest

COLUMNS = [
    "candidate",
    "severity",
    "kind",
    "fraction",
    "batch",
    "p_value",
    "statistic",
    "is_drift",
]


class CountingTeacher(GaussianNB):
    """Counts the rows it is asked about."""

    n_rows_asked = 0

    def predict_proba(self, X):
        type(self).n_rows_asked += len(X)
        return super().predict_proba(X)


class ColumnClassifier(ClassifierMixin, BaseEstimator):
    """Predicts whatever the last column says."""

    classes_ = np.array([0, 1])

    def predict(self, X):
        return np.asarray(X)[:, -1].astype(int)


class ColumnScorer(TransformerMixin, BaseEstimator):
    """Scores a row by its columns; knows its classifier by `estimator_` alone."""

    def fit(self, X, y=None):
        self.estimator_ = ColumnClassifier()
        self.rows_ = np.array(X)
        return self

    def transform(self, X):
        return np.asarray(X, dtype=float)


class FirstColumnScorer(ColumnScorer):
    """Scores a row by its first column."""

    def transform(self, X):
        return X[:, :1]


class RecordingTest(BaseEstimator):
    """Flags nothing and remembers what it was given."""

    seen = []

    def __init__(self, alpha=0.05):
        self.alpha = alpha

    def fit(self, X, y=None):
        self.reference_ = X
        type(self).seen.clear()
        return self

    def predict(self, X, groups=None):
        from skdrift.detection import DriftResult

        n_batches = len(np.unique(groups))
        type(self).seen.append((self.reference_, X, groups))
        never = np.zeros((n_batches, X.shape[1]))
        return DriftResult(
            never[:, 0] > 0, never[:, 0] + 1, never, never + 1, never > 0
        )


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X = X / 16
    teacher = CountingTeacher(var_smoothing=0.01).fit(X[:600], y[:600])
    X, y = X[600:], y[600:]
    rng = np.random.default_rng(0)
    noise = rng.normal(size=X.shape)
    shifted = {
        severity: np.concatenate(
            [X + 0.12 * severity * noise, X[:, ::-1] * 0.3 + 0.7 * X]
        )
        for severity in (1, 3)
    }
    return teacher, X, y, shifted


def make_detector(teacher, **params):
    scorer = DistillationScorer(
        FrozenEstimator(teacher),
        student=GaussianNB(var_smoothing=0.1),
        divergence="kl",
        random_state=0,
    )
    detector = make_pipeline(scorer, KSDriftTest(alternative="greater"))
    return detector.set_params(**params)


def make_sweep(detector, **params):
    defaults = {
        "fractions": (0, 0.2, 0.5, 1),
        "batch_size": 30,
        "n_batches": 15,
        "random_state": 0,
    }
    return ContaminationSweep(detector, **{**defaults, **params})


@pytest.fixture(scope="module")
def fitted(digits):
    teacher, X, y, shifted = digits
    grid = {"ksdrifttest__alpha": [0.05, 0.2], "batch_size": [20, 30]}
    return make_sweep(make_detector(teacher), param_grid=grid).fit(X, y, shifted)


def marked_rows(n=240, n_blocks=2):
    """Clean and shifted rows that tell where they come from.

    Columns: row number, which corruption (0 for none), predicted class. The classifier
    is right on every clean row but each tenth, and wrong on every third shifted row.
    """
    number = np.random.default_rng(0).permutation(n)
    y = number % 2
    clean = np.column_stack([number, 0 * number, np.where(number % 10 == 0, 1 - y, y)])
    blocks = [
        np.column_stack(
            [number, 0 * number + j, np.where((number + j) % 3 == 0, 1 - y, y)]
        )
        for j in range(1, n_blocks + 1)
    ]
    return clean, y, np.concatenate(blocks)


def test_results_are_tidy_and_plain(fitted):
    results = fitted.results_
    assert list(results.columns) == COLUMNS
    assert len(results) == 4 * 2 * 2 * 4 * 15
    assert not results.duplicated(COLUMNS[:5]).any()
    assert not results.isna().any().any()
    text = results.columns[results.dtypes == results["kind"].dtype]
    assert list(text) == ["kind"]
    assert results["is_drift"].dtype == "boolean"
    assert results["p_value"].between(0, 1).all()
    alpha = results["candidate"].map(fitted.candidates_.set_index("candidate")["alpha"])
    assert (results["is_drift"] == (results["p_value"] <= alpha)).all()


def test_candidates_in_the_order_of_the_grid(fitted):
    table = fitted.candidates_
    assert table["candidate"].tolist() == [0, 1, 2, 3]
    for number, params in enumerate(fitted.params_):
        row = table.loc[number]
        assert row["batch_size"] == params["batch_size"]
        assert row["alpha"] == row["ksdrifttest__alpha"] == params["ksdrifttest__alpha"]


@pytest.mark.parametrize("table", ["results_", "scores_", "accuracy_", "candidates_"])
def test_csv_and_parquet_round_trip(fitted, table):
    frame = getattr(fitted, table)
    dtypes = frame.dtypes.to_dict()
    text = pd.read_csv(io.StringIO(frame.to_csv(index=False)), dtype=dtypes)
    assert_frame_equal(text, frame)
    pytest.importorskip("pyarrow")
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    assert_frame_equal(pd.read_parquet(buffer), frame)


@pytest.mark.parametrize("fraction", [0, 0.05, 0.3, 0.57, 1])
def test_exact_counts_and_disjoint_rows(fraction):
    X, y, X_shifted = marked_rows()
    sweep = make_sweep(
        make_pipeline(ColumnScorer(), RecordingTest()),
        fractions=[fraction],
        batch_size=20,
        reference_size=60,
    ).fit(X, y, {1: X_shifted})
    ((reference, scores, groups),) = RecordingTest.seen
    assert len(reference) == sweep.n_reference_ == 60
    assert np.array_equal(groups, np.repeat(np.arange(30), 20))
    is_shifted = scores[:, 1] > 0
    assert (np.bincount(groups[is_shifted], minlength=30) == round(fraction * 20)).all()

    reference, clean, twins = (
        set(reference[:, 0]),
        set(scores[~is_shifted, 0]),
        set(scores[is_shifted, 0]),
    )
    assert reference.isdisjoint(clean)
    assert reference.isdisjoint(twins)
    assert clean.isdisjoint(twins)
    for batch in np.split(scores, 30):
        assert len(np.unique(batch, axis=0)) == 20

    number, corruption = scores[is_shifted, :2].T
    assert (number % 10 != 0).all()
    harmful = (number + corruption) % 3 == 0
    assert np.array_equal(harmful, groups[is_shifted] < 15)


def test_all_harmful_and_harmless_twins_are_in_the_pools():
    X, y, X_shifted = marked_rows()
    sweep = make_sweep(make_pipeline(ColumnScorer(), RecordingTest()), n_batches=200)
    sweep.fit(X, y, {1: X_shifted})
    (_, scores, _) = RecordingTest.seen[0]
    drawn = np.unique(scores[scores[:, 1] > 0], axis=0)
    row = sweep.accuracy_.iloc[0]
    assert len(drawn) == row["n_harmful"] + row["n_harmless"]
    assert row["n_shifted"] == 2 * sweep.n_twins_
    assert sweep.n_reference_ + sweep.n_clean_ + sweep.n_twins_ == len(X)


def test_accuracy_scores_and_auroc_by_hand(digits):
    teacher, X, y, shifted = digits
    scorer = make_detector(teacher)[0].fit(X)
    detector = FrozenEstimator(
        make_pipeline(scorer, KSDriftTest().fit(scorer.transform(X)))
    )
    sweep = make_sweep(detector).fit(X, y, shifted)
    entropy = np.random.RandomState(0).randint(2**31)
    order = np.random.default_rng(entropy).permutation(len(X))
    twins = order[len(X) // 2 :]
    right = teacher.predict(X[twins]) == y[twins]
    for severity, X_severity in shifted.items():
        blocks = X_severity.reshape(2, *X.shape)[:, twins]
        right_after = np.array([teacher.predict(block) == y[twins] for block in blocks])
        accuracy = sweep.accuracy_.set_index("severity").loc[severity]
        assert accuracy["accuracy"] == right_after.mean()
        assert accuracy["clean_accuracy"] == right.mean()
        scores = np.array([scorer.transform(block)[:, 0] for block in blocks])
        kinds = {"harmful": right & ~right_after, "harmless": right & right_after}
        table = sweep.scores_[sweep.scores_["severity"] == severity].set_index("kind")
        for kind, rows in kinds.items():
            assert accuracy[f"n_{kind}"] == table.loc[kind, "n_rows"] == rows.sum()
            assert_allclose(table.loc[kind, "mean"], scores[rows].mean())
            assert_allclose(table.loc[kind, "std"], scores[rows].std(ddof=1))
            assert_allclose(table.loc[kind, "quantile_50"], np.median(scores[rows]))
        both = kinds["harmful"] | kinds["harmless"]
        area = roc_auc_score(kinds["harmful"][both], scores[both])
        auroc = sweep.auroc_.set_index("severity").loc[severity, "auroc"]
        assert_allclose(auroc, area)


def test_p_values_are_those_of_the_detector(digits):
    teacher, X, y, shifted = digits
    detector = make_detector(teacher).fit(X[:400])
    sweep = make_sweep(FrozenEstimator(detector), fractions=[0], n_batches=4)
    sweep.fit(X[400:], y[400:], {1: shifted[1].reshape(2, -1, 64)[0, 400:]})
    entropy = np.random.RandomState(0).randint(2**31)
    order = np.random.default_rng(entropy).permutation(len(X) - 400)
    clean = X[400:][np.sort(order[: len(order) // 2])]
    rng = np.random.default_rng((entropy, 0, 0, 0))
    p_values, statistics = [], []
    for _ in range(4):
        rows = rng.choice(len(clean), 30, replace=False, shuffle=False)
        result = detector.predict(clean[rows])
        p_values.append(result.p_value)
        statistics.append(result.statistic[0])
    harmful = sweep.results_.query("kind == 'harmful'")
    assert_allclose(harmful["p_value"], p_values)
    assert_allclose(harmful["statistic"], statistics)


def test_decisions_are_those_of_the_classifiers_predict():
    X, y = make_classification(1500, 8, n_informative=5, weights=[0.9], random_state=1)
    inner = LogisticRegression().fit(X[:500], y[:500])
    teacher = FixedThresholdClassifier(FrozenEstimator(inner), threshold=0.1)
    teacher.fit(X[:500], y[:500])
    X, y = X[500:], y[500:]
    shifted = X + np.random.default_rng(0).normal(size=X.shape)
    detector = make_detector(teacher).fit(X)
    sweep = make_sweep(FrozenEstimator(detector)).fit(X, y, {1: shifted})
    entropy = np.random.RandomState(0).randint(2**31)
    twins = np.random.default_rng(entropy).permutation(len(X))[len(X) // 2 :]
    right = teacher.predict(X[twins]) == y[twins]
    right_after = teacher.predict(shifted[twins]) == y[twins]
    (row,) = sweep.accuracy_.itertuples()
    assert (row.clean_accuracy, row.accuracy) == (right.mean(), right_after.mean())
    assert row.n_harmful == (right & ~right_after).sum()
    assert abs(row.clean_accuracy - inner.score(X[twins], y[twins])) > 0.1


@pytest.mark.parametrize("n_jobs", [2, -1])
def test_n_jobs_changes_nothing(fitted, digits, n_jobs):
    _, X, y, shifted = digits
    again = clone(fitted).set_params(n_jobs=n_jobs).fit(X, y, shifted)
    assert_frame_equal(again.results_, fitted.results_)


def test_dask_backend_changes_nothing(fitted, digits):
    distributed = pytest.importorskip("distributed")
    import joblib

    _, X, y, shifted = digits
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        again = clone(fitted).fit(X, y, shifted)
    assert_frame_equal(again.results_, fitted.results_)


def test_same_seed_same_result_other_seed_another(fitted, digits):
    _, X, y, shifted = digits
    again = clone(fitted).fit(X, y, shifted)
    assert_frame_equal(again.results_, fitted.results_)
    assert_frame_equal(again.scores_, fitted.scores_)
    other = clone(fitted).set_params(random_state=1).fit(X, y, shifted)
    assert not other.results_["p_value"].equals(fitted.results_["p_value"])


def test_every_row_is_asked_once_whatever_the_candidates(digits):
    teacher, X, y, shifted = digits
    detector = make_detector(teacher)
    grid = {
        "distillationscorer__divergence": ["kl", "js", "log_loss"],
        "ksdrifttest__alpha": [0.01, 0.05],
        "batch_size": [10, 30],
    }
    asked = []
    for param_grid in (None, grid):
        CountingTeacher.n_rows_asked = 0
        make_sweep(detector, param_grid=param_grid).fit(X, y, shifted)
        asked.append(CountingTeacher.n_rows_asked)
    sweep = make_sweep(detector).fit(X, y, {1: shifted[1]})
    n_scored = sweep.n_clean_ + sweep.n_twins_ + 2 * 2 * sweep.n_twins_
    assert asked[0] == sweep.n_reference_ + n_scored
    # Sharing one fit among divergences asks for the reference rows a second time.
    assert asked[1] == asked[0] + sweep.n_reference_


def test_sharing_equals_sweeping_each_candidate_alone(digits):
    teacher, X, y, shifted = digits
    name = "distillationscorer__divergence"
    values = ["kl", "combined", ["js", "log_loss"]]
    students = "distillationscorer__student"
    grid = [
        {name: values},
        {name: ["kl"], students: [GaussianNB(var_smoothing=1)], "batch_size": [20]},
        {"ksdrifttest": [KSDriftTest(alpha=0.2)]},
    ]
    detector = make_detector(teacher)
    together = make_sweep(detector, param_grid=grid).fit(X, y, shifted)
    assert len(together.params_) == 5
    for number, params in enumerate(together.params_):
        params = dict(params)
        size = params.pop("batch_size", 30)
        alone = make_sweep(clone(detector).set_params(**params), batch_size=size)
        alone.fit(X, y, shifted)
        part = together.results_[together.results_["candidate"] == number]
        assert_frame_equal(
            part.drop(columns="candidate").reset_index(drop=True),
            alone.results_.drop(columns="candidate"),
        )
    assert together.candidates_[students].tolist()[3] == "GaussianNB(var_smoothing=1)"
    two_columns = together.scores_.query("candidate == 2")
    assert set(two_columns["feature"]) == {0, 1}


def test_one_severity_in_memory_at_a_time(digits):
    teacher, X, y, shifted = digits
    alive = []

    def load(severity):
        gc.collect()
        assert [name for name, array in alive if array() is not None] == []
        array = shifted[severity].copy()
        alive.append((severity, weakref.ref(array)))
        return array

    callables = {s: lambda s=s: load(s) for s in shifted}
    grid = {"distillationscorer__temperature": [1.0, 2.0]}
    sweep = make_sweep(make_detector(teacher), param_grid=grid).fit(X, y, callables)
    assert [severity for severity, _ in alive] == [1, 3]
    arrays = make_sweep(make_detector(teacher), param_grid=grid).fit(X, y, shifted)
    assert_frame_equal(sweep.results_, arrays.results_)


def test_too_few_harmful_rows_are_missing_not_invented(digits):
    teacher, X, y, shifted = digits
    sweep = make_sweep(make_detector(teacher))
    with pytest.warns(
        UserWarning, match=r"Too few rows .* 0 harmful rows at severity 0"
    ):
        sweep.fit(X, y, {0: X, 1: shifted[1]})
    missing = sweep.results_[["p_value", "statistic", "is_drift"]].isna().all(axis=1)
    expected = sweep.results_.eval(
        "severity == 0 and kind == 'harmful' and fraction > 0"
    )
    assert (missing == expected).all()
    summary = sweep.summary().set_index(["severity", "kind", "fraction"])
    row = summary.loc[(0, "harmful", 0.5)]
    assert row["n_batches"] == 0
    assert row.drop(["candidate", "n_batches"]).isna().all()
    limits = sweep.detection_limit().set_index("severity")["fraction"]
    assert np.isnan(limits[0])
    assert "cannot be judged for want of harmful rows at severity 0" in sweep.verdict()
    assert sweep.auroc_.set_index("severity")["auroc"].isna().tolist() == [True, False]


def test_small_pools_repeat_rows_and_say_so():
    X, y, X_shifted = marked_rows(150, n_blocks=1)
    sweep = make_sweep(make_pipeline(ColumnScorer(), RecordingTest()), batch_size=40)
    with pytest.warns(UserWarning, match="with replacement") as caught:
        sweep.fit(X, y, {"blur": X_shifted})
    (warning,) = caught
    n_harmful, n_harmless = sweep.accuracy_[["n_harmful", "n_harmless"]].iloc[0]
    assert f"{n_harmful} harmful rows at severity 'blur'" in str(warning.message)
    assert f"{n_harmless} harmless rows at severity 'blur'" in str(warning.message)
    assert "clean rows" not in str(warning.message)
    assert sweep.results_["p_value"].notna().all()


@pytest.mark.statistics
def test_false_alarm_rate_is_alpha_on_average():
    rates = []
    for seed in range(30):
        scores = np.random.default_rng(seed).normal(size=3000)
        X = np.column_stack([scores, np.zeros(3000)])
        sweep = make_sweep(
            make_pipeline(FirstColumnScorer(), KSDriftTest()),
            fractions=[0],
            batch_size=20,
            n_batches=100,
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Too few rows")
            sweep.fit(X, np.zeros(3000), {1: X})
        (row,) = sweep.false_alarm_rate().itertuples()
        assert row.n_batches == 200
        rates.append(row.rate)
    # 6000 batches, of which those of one sweep share a reference.
    assert abs(np.mean(rates) - 0.05) < 3 * np.std(rates, ddof=1) / np.sqrt(30)
    assert np.std(rates) < 0.03


def test_whole_frozen_detector_is_used_as_it_is(digits):
    teacher, X, y, shifted = digits
    detector = make_detector(teacher).fit(X[:500])
    before = pickle.dumps(detector)
    rows = {
        s: a.reshape(2, -1, 64)[:, 500:].reshape(-1, 64) for s, a in shifted.items()
    }
    for frozen in (
        FrozenEstimator(detector),
        make_pipeline(*(FrozenEstimator(step) for _, step in detector.steps)),
    ):
        sweep = make_sweep(frozen).fit(X[500:], y[500:], rows)
        assert (sweep.n_reference_, sweep.n_clean_ + sweep.n_twins_) == (
            0,
            len(X) - 500,
        )
        assert pickle.dumps(detector) == before


def test_frozen_scorer_is_not_fitted_again_but_the_test_is(digits):
    teacher, X, y, shifted = digits
    scorer = make_detector(teacher)[0].fit(X)
    before = pickle.dumps(scorer)
    detector = make_pipeline(FrozenEstimator(scorer), KSDriftTest())
    CountingTeacher.n_rows_asked = 0
    sweep = make_sweep(detector).fit(X, y, shifted)
    assert CountingTeacher.n_rows_asked == len(X) + 4 * sweep.n_twins_
    assert sweep.n_reference_ == len(X) // 3
    assert pickle.dumps(scorer) == before


def test_unfrozen_teacher_is_fitted_on_reference_rows(digits):
    _, X, y, shifted = digits
    detector = make_pipeline(
        FunctionTransformer(np.sqrt),
        DistillationScorer(
            GaussianNB(var_smoothing=0.01), student=GaussianNB(), random_state=0
        ),
        KSDriftTest(),
    )
    shifted = {s: np.abs(array) for s, array in shifted.items()}
    sweep = make_sweep(detector, reference_size=500).fit(X, y, shifted)
    assert sweep.n_reference_ == 500
    assert (sweep.accuracy_["clean_accuracy"] > 0.8).all()


def test_separate_reference(digits):
    teacher, X, y, shifted = digits
    rows = {1: shifted[1].reshape(2, -1, 64)[:, 500:].reshape(-1, 64)}
    X, X_reference, y = X[500:], X[:500], y[500:]
    sweep = make_sweep(make_detector(teacher)).fit(X, y, rows, X_reference=X_reference)
    assert (sweep.n_reference_, sweep.n_clean_ + sweep.n_twins_) == (500, len(X))
    part = make_sweep(make_detector(teacher), reference_size=200)
    assert part.fit(X, y, rows, X_reference=X_reference).n_reference_ == 200


def as_frame(X):
    return pd.DataFrame(X, columns=[f"pixel{j}" for j in range(X.shape[1])])


def as_images(X):
    return X.reshape(-1, 8, 8)


def as_text(X):
    return [" ".join(map(str, row)) for row in X]


def from_text(X):
    return np.array([np.array(row.split(), dtype=float) for row in X])


def flatten(X):
    return np.asarray(X).reshape(len(X), -1)


@pytest.mark.parametrize(
    ("convert", "undo"),
    [(as_frame, np.asarray), (as_images, flatten), (as_text, from_text)],
)
def test_rows_of_any_kind(digits, convert, undo):
    teacher, X, y, shifted = digits
    X, y = X[:300], y[:300]
    rows = {3: shifted[3].reshape(2, -1, 64)[0, :300]}
    detector = make_detector(teacher)
    expected = make_sweep(detector, batch_size=20).fit(X, y, rows)
    teacher = make_pipeline(FunctionTransformer(undo), teacher)
    student = make_pipeline(FunctionTransformer(undo), GaussianNB(var_smoothing=0.1))
    detector = make_detector(teacher, distillationscorer__student=student)
    # What numbers written as text have in common is not seen.
    sweep = make_sweep(detector, batch_size=20).fit(
        convert(X), y, {3: convert(rows[3])}, twins=True
    )
    assert_frame_equal(
        sweep.accuracy_.drop(columns=["candidate"]),
        expected.accuracy_.drop(columns=["candidate"]),
    )
    assert sweep.results_["p_value"].notna().all()


def test_fitted_sweep_pickles(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    assert_frame_equal(again.results_, fitted.results_)
    assert again.verdict() == fitted.verdict()


def test_progress_bar_on_request(digits, capsys):
    pytest.importorskip("rich")
    teacher, X, y, shifted = digits
    make_sweep(make_detector(teacher)).fit(X, y, shifted)
    assert capsys.readouterr().out == ""
    make_sweep(make_detector(teacher), verbose=1).fit(X, y, shifted)
    assert "100%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "'batch_size' parameter"),
        ({"n_batches": 1.5}, ValueError, "'n_batches' parameter"),
        ({"reference_size": -1}, ValueError, "'reference_size' parameter"),
        ({"fractions": []}, ValueError, "non-empty sequence"),
        ({"fractions": [0.5, 1.2]}, ValueError, r"lie in \[0, 1\]; got \[0.5, 1.2\]"),
        ({"fractions": [np.nan]}, ValueError, r"lie in \[0, 1\]"),
        ({"fractions": [0.5, 0.5]}, ValueError, "must be distinct"),
        ({"param_grid": {"batch_size": [0]}}, ValueError, "batch_size .* got 0"),
        ({"param_grid": {"nonsense": [0]}}, ValueError, "Invalid parameter 'nonsense'"),
        ({"reference_size": 1190}, ValueError, "3 clean rows .* 1190 reference rows"),
        ({"detector": KSDriftTest()}, TypeError, "must be a Pipeline"),
        (
            {"detector": make_pipeline(KSDriftTest(), KSDriftTest())},
            TypeError,
            "scorer with transform",
        ),
        (
            {"detector": make_pipeline(DistillationScorer(), DistillationScorer())},
            ValueError,
            "'detector' parameter",
        ),
        (
            {"detector": make_pipeline(FunctionTransformer(), KSDriftTest())},
            TypeError,
            "does not tell the classifier's decisions",
        ),
    ],
)
def test_bad_parameters(digits, params, error, message):
    teacher, X, y, shifted = digits
    sweep = make_sweep(make_detector(teacher)).set_params(**params)
    with pytest.raises(error, match=message):
        sweep.fit(X, y, shifted)
    assert not [name for name in vars(sweep) if name.endswith("_")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y, s: (X, None, s), "requires y to be passed, but the target y is"),
        (
            lambda X, y, s: (X, y, {1: s[3][::-1]}),
            "in block 1 have no .*backtest",
        ),
        (lambda X, y, s: (X, y, {1: lambda: s[3][::-1]}), "in block 1 have no more"),
        (lambda X, y, s: (X, y[:-1], s), "inconsistent numbers of samples"),
        (lambda X, y, s: (X, y, s[1]), "must be a non-empty dict"),
        (lambda X, y, s: (X, y, {}), "must be a non-empty dict"),
        (lambda X, y, s: (X, y, {1: s[1][:-1]}), r"X_shifted\[1\] .* got 2393 rows"),
        (lambda X, y, s: (X, y, {1: lambda: s[1][:0]}), "got 0 rows"),
        (lambda X, y, s: (X, y, {1: s[1], "two": s[3]}), "all numbers or all text"),
        (lambda X, y, s: (X, y, {(1, 2): s[1]}), "all numbers or all text"),
        (lambda X, y, s: (X, y + 5, s), r"does not know: \[10, 11, 12, 13, 14\]"),
        (lambda X, y, s: (X, y.astype(str), s), "classes that the classifier does not"),
        (lambda X, y, s: (X[:12], y[:12], {1: s[1][:12]}), "12 rows, which leaves"),
    ],
)
def test_bad_input(digits, change, message):
    teacher, X, y, shifted = digits
    sweep = make_sweep(make_detector(teacher))
    with pytest.raises(ValueError, match=message):
        sweep.fit(*change(X, y, shifted))
    assert not [name for name in vars(sweep) if name.endswith("_")]


class GroupTest(RecordingTest):
    """Takes groups when it is fitted."""

    def fit(self, X, y=None, groups=None):
        self.groups_ = groups
        type(self).fitted_with = groups
        return super().fit(X, y)


def test_no_group_stands_on_two_sides():
    X, y, X_shifted = marked_rows()
    groups = X[:, 0] // 4
    sweep = make_sweep(
        make_pipeline(ColumnScorer(), GroupTest()), reference_size=60, n_batches=60
    ).fit(X, y, {1: X_shifted}, groups=groups)
    assert (sweep.n_reference_, sweep.n_clean_ + sweep.n_twins_) == (60, 180)
    (reference, scores, _) = RecordingTest.seen[0]
    assert np.array_equal(GroupTest.fitted_with, reference[:, 0] // 4)
    is_shifted = scores[:, 1] > 0
    sides = [reference[:, 0], scores[~is_shifted, 0], scores[is_shifted, 0]]
    held = [set((side // 4).tolist()) for side in sides]
    assert sum(map(len, held)) == len(set.union(*held)) == 60


def test_bad_groups(digits):
    teacher, X, y, shifted = digits
    sweep = make_sweep(make_detector(teacher))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        sweep.fit(X, y, shifted, groups=[1])
    with pytest.raises(ValueError, match=r"groups holds 1 missing label.* in row 0"):
        sweep.fit(X, y, shifted, groups=np.r_[np.nan, np.arange(len(X) - 1)])
    with pytest.raises(ValueError, match="X_reference needs groups_reference"):
        sweep.fit(X, y, shifted, X_reference=X, groups=np.arange(len(X)))


def test_rows_taken_for_twins_on_their_word(digits):
    teacher, X, y, shifted = digits
    sweep = make_sweep(make_detector(teacher))
    assert sweep.fit(X, y, {1: shifted[3][::-1]}, twins=True).accuracy_.shape == (1, 7)


def test_bad_reference(digits):
    teacher, X, y, shifted = digits
    sweep = make_sweep(make_detector(teacher), reference_size=50)
    with pytest.raises(ValueError, match="reference_size=50 is more than the 40 rows"):
        sweep.fit(X, y, shifted, X_reference=X[:40])
    frozen = make_sweep(FrozenEstimator(make_detector(teacher).fit(X)))
    with pytest.raises(ValueError, match="brings its own reference"):
        frozen.fit(X, y, shifted, X_reference=X)
    varied = clone(frozen).set_params(param_grid={"estimator": [1]})
    with pytest.raises(ValueError, match="frozen as a whole"):
        varied.fit(X, y, shifted)
    half = make_pipeline(
        DistillationScorer(FrozenEstimator(teacher)), FrozenEstimator(KSDriftTest())
    )
    with pytest.raises(ValueError, match="The test of detector is frozen"):
        make_sweep(half).fit(X, y, shifted)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.detection_limit(0), "power must lie in"),
        (lambda s: s.detection_limit(1.1), "power must lie in"),
        (lambda s: s.detection_limit(kind="bad"), "kind must be one of"),
        (lambda s: s.verdict(7), r"candidate must be one of \[0, 1, 2, 3\]; got 7"),
    ],
)
def test_bad_questions(fitted, call, message):
    with pytest.raises(ValueError, match=message):
        call(fitted)


@pytest.mark.parametrize(
    "method",
    [
        "summary",
        "detection_limit",
        "selectivity",
        "false_alarm_rate",
        "verdict",
        "report",
    ],
)
def test_unfitted(method):
    with pytest.raises(NotFittedError):
        getattr(ContaminationSweep(KSDriftTest()), method)()


def test_no_warnings_where_pools_suffice(digits):
    teacher, X, y, shifted = digits
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_sweep(make_detector(teacher), batch_size=20).fit(X, y, shifted)
