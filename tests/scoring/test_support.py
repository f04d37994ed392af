import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline, make_union

from skdrift import (
    DistillationScorer,
    SupportScorer,
    TailDriftTest,
)
from skdrift.datasets import corrupt_table


def mixed_table(n, seed):
    """A table of many types of column, with gaps."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 10, n)
    table = pd.DataFrame(
        {
            "age": age,
            "income": np.exp(rng.normal(age / 10, 0.5)),
            "children": pd.array(rng.poisson(1, n), dtype="Int64"),
            "city": rng.choice(["north", "south", "west"], n),
            "job": pd.Categorical(rng.choice(list("abcdef"), n)),
            "member": rng.random(n) < 0.3,
            "consent": pd.array(rng.random(n) < 0.8, dtype="boolean"),
            "since": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.integers(1000, size=n), unit="D"),
            "zip": rng.zipf(1.7, n).astype(str),
            "id": [f"{number:08x}" for number in rng.integers(2**31, size=n)],
            "constant": 1.0,
            "empty": None,
        }
    )
    table.loc[rng.random(n) < 0.1, ["income", "job"]] = None
    table.loc[rng.random(n) < 0.1, "consent"] = None
    return table


def texts(n, seed):
    rng = np.random.default_rng(seed)
    words = np.array([f"word{k}" for k in range(300)])
    return [" ".join(words[rng.zipf(1.4, 30) % 300]) for _ in range(n)]


def codes(n, seed):
    rng = np.random.default_rng(seed)
    return rng.integers(3, size=(n, 6)) * (rng.random((n, 6)) < 0.5)


ROWS = {
    "normal": lambda n, seed: np.random.default_rng(seed).normal(size=(n, 8)),
    "heavy tails": lambda n, seed: np.random.default_rng(seed).standard_cauchy(
        size=(n, 20)
    ),
    "one column": lambda n, seed: np.random.default_rng(seed).normal(size=(n, 1)),
    "many ties": codes,
    "mixed": mixed_table,
    "texts": texts,
    "sparse": lambda n, seed: sparse.csr_matrix(codes(n, seed)),
    "arrays": lambda n, seed: np.random.default_rng(seed).gamma(2, size=(n, 3, 4)),
}
every_kind = pytest.mark.parametrize("kind", ROWS)


@pytest.mark.statistics
@every_kind
def test_reference_rows_score_as_fresh_ones(kind):
    shares = []
    for seed in range(20):
        scorer = SupportScorer().fit(ROWS[kind](150, 2 * seed))
        fresh = scorer.distance(ROWS[kind](400, 2 * seed + 1))
        shares.append((fresh > 1).mean())
    # A fresh row exceeds the second largest of 150 others with probability 2 / 151, and
    # with ties less often. The share varies with the reference by about as much.
    assert np.mean(shares) < 2 / 151 + 3 * (2 / 151) / np.sqrt(20)


@pytest.mark.statistics
@pytest.mark.parametrize("rows_a_user", [2, 5])
def test_groups_leave_each_other_out(rows_a_user):
    def users(n):
        people = np.repeat(rng.normal(size=(n, 6)), rows_a_user, axis=0)
        return people + rng.normal(scale=0.02, size=people.shape)

    rng = np.random.default_rng(0)
    n_users = 200
    groups = np.repeat(np.arange(n_users), rows_a_user)
    with_groups, without = [], []
    for _ in range(15):
        X, fresh = users(n_users), users(300)
        with_groups.append(SupportScorer().fit(X, groups=groups).distance(fresh))
        without.append(SupportScorer().fit(X).distance(fresh))
    # 1% and at most one user in 200 more, plus three errors of a mean over 15.
    assert (np.array(with_groups) > 1).mean() < 0.015 * 2
    assert (np.array(without) > 1).mean() > 0.1


@every_kind
def test_scores_do_not_depend_on_the_rows_around(kind):
    scorer = SupportScorer(margin=0).fit(ROWS[kind](120, 0))
    X = ROWS[kind](60, 1)
    whole = scorer.transform(X)
    assert whole.shape == (60, 1)
    np.testing.assert_array_equal(whole[:, 0], scorer.distance(X))
    in_batches = clone(scorer).set_params(batch_size=7).fit(ROWS[kind](120, 0))
    np.testing.assert_allclose(in_batches.transform(X), whole, rtol=1e-5, atol=1e-6)


@every_kind
def test_reference_rows_do_not_find_themselves(kind):
    X = ROWS[kind](80, 0)
    scorer = SupportScorer().fit(X)
    found = scorer.nearest(X, k=3)
    assert found.shape == (80, 3)
    assert (found != np.arange(80)[:, None]).all()
    np.testing.assert_array_equal(scorer.reference_indices_, np.arange(80))


def test_nearest_rows_are_donors():
    X = np.random.default_rng(0).normal(size=(300, 3))
    scorer = SupportScorer(max_reference=200, random_state=0).fit(X)
    donors = X[scorer.reference_indices_[scorer.nearest(X + 0.01)[:, 0]]]
    assert np.abs(donors - X).mean() < 0.5 * np.abs(X[::-1] - X).mean()
    for k in (0, 201):
        with pytest.raises(ValueError, match="between 1 and the 200 reference rows"):
            scorer.nearest(X, k)


def test_unit_is_the_quantile_of_the_reference():
    X = ROWS["normal"](1000, 0)
    scorer = SupportScorer().fit(X)
    assert (scorer.distance(X) > 1).mean() == 0.01


def test_margin_moves_the_edge_of_the_support():
    X, fresh = ROWS["normal"](300, 0), 3 * ROWS["normal"](100, 1)
    near, far = (SupportScorer(margin=margin).fit(X) for margin in (1.0, 2.0))
    np.testing.assert_array_equal(near.distance(fresh), far.distance(fresh))
    expected = np.maximum(near.distance(fresh) - 2.0, 0)
    np.testing.assert_array_equal(far.transform(fresh)[:, 0], expected)
    assert 0 < (far.transform(fresh) > 0).sum() < (near.transform(fresh) > 0).sum()


def test_it_grows_with_the_distance():
    scorer = SupportScorer(margin=0).fit(ROWS["normal"](500, 0))
    steps = scorer.transform(np.linspace(2, 20, 30)[:, None] * np.ones(8))[:, 0]
    assert (np.diff(steps) > 0).all()


def test_one_broken_column_hardly_counts_and_all_together_do():
    X, fresh = mixed_table(2000, 0), mixed_table(500, 1)
    scorer = SupportScorer(random_state=0).fit(X)
    numbers = ["age", "income", "children"]
    for column in numbers:
        broken = corrupt_table(fresh, "scale", 5, columns=[column])
        assert (scorer.transform(broken) > 0).mean() < 0.05
    broken = corrupt_table(fresh, "scale", 5, columns=numbers)
    broken = corrupt_table(broken, "unseen_category", 5, columns=["city", "job"])
    broken["constant"] = 2.0
    assert (scorer.transform(broken) > 0).mean() > 0.95
    assert (scorer.transform(fresh) > 0).mean() < 0.005
    assert (scorer.distance(fresh) < 1.5).all()


def test_subgroups_are_inside_and_collapses_outside():
    X = load_breast_cancer().data
    X = X[np.random.default_rng(0).permutation(len(X))]
    scorer = SupportScorer().fit(X[:300])
    fresh = X[300:]
    assert (scorer.transform(fresh[fresh[:, 0] > 15]) > 0).mean() < 0.02
    for kind in ("scale", "swap"):
        broken = corrupt_table(fresh, kind, 5, random_state=0)
        assert (scorer.transform(broken) > 0).mean() > 0.95


def test_rows_all_alike():
    scorer = SupportScorer().fit(np.ones((20, 4)))
    X = np.ones((2, 4))
    X[1] = 2
    assert scorer.transform(X)[:, 0].tolist() == [0.0, pytest.approx(14.5)]
    assert SupportScorer().fit(["same"] * 5).transform(["same", "other"])[1] > 1


def test_float32_and_integers_score_alike():
    X = ROWS["normal"](300, 0).round(1) * 10
    scorer = SupportScorer(margin=0).fit(X)
    for dtype in (np.float32, np.int64):
        np.testing.assert_allclose(
            scorer.transform(X.astype(dtype)), scorer.transform(X), atol=1e-4
        )


def test_array_frame_and_polars_agree():
    polars = pytest.importorskip("polars")
    X = ROWS["many ties"](100, 0).astype(float)
    X[::7, 0] = np.nan
    names = list("abcdef")
    frame = pd.DataFrame(X, columns=names)
    other = polars.DataFrame({c: frame[c].to_list() for c in names}, nan_to_null=True)
    expected = SupportScorer(margin=0).fit_transform(X)
    for table in (frame, other, frame.convert_dtypes()):
        scorer = SupportScorer(margin=0).fit(table)
        assert scorer.feature_names_in_.tolist() == names
        np.testing.assert_allclose(scorer.transform(table), expected, rtol=1e-6)


def test_texts():
    scorer = SupportScorer().fit(texts(300, 0))
    assert not scorer.transform(texts(100, 1)).any()
    assert scorer.transform(["fremde Woerter eines Textes", ""]).min() > 0


@pytest.mark.parametrize("fitted", [True, False])
def test_a_transformer_as_representation(fitted):
    X, _ = load_digits(return_X_y=True)
    pca = PCA(10, random_state=0)
    expected = PCA(10, random_state=0).fit(X[:500]).transform(X)
    given = FrozenEstimator(pca.fit(X[:500])) if fitted else pca
    scorer = clone(SupportScorer(representation=given, margin=0)).fit(X[:500])
    by_function = SupportScorer(representation=lambda rows: rows, margin=0)
    by_function.fit(expected[:500])
    np.testing.assert_allclose(
        scorer.transform(X[500:600]),
        by_function.transform(expected[500:600]),
        rtol=1e-4,
    )
    # What is fitted but not frozen serves as it is.
    if fitted:
        bare = SupportScorer(representation=pca, margin=0).fit(X[:500])
        np.testing.assert_array_equal(bare.transform(X), scorer.transform(X))


def test_a_single_row_is_refused_and_nothing_is_half_fitted():
    scorer = SupportScorer()
    with pytest.raises(ValueError, match="at least 2; got n_samples=1"):
        scorer.fit(np.ones((1, 3)))
    with pytest.raises(NotFittedError):
        scorer.transform(np.ones((2, 3)))


def test_rows_of_another_kind_are_refused():
    scorer = SupportScorer().fit(np.eye(5))
    with pytest.raises(ValueError, match="kind 'table'; got rows of kind 'text'"):
        scorer.transform(["a text"])
    with pytest.raises(ValueError, match="5 features"):
        scorer.transform(np.eye(4))


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_neighbors": 0},
        {"margin": -1},
        {"max_reference": 1},
        {"batch_size": 0},
        {"representation": "pixels"},
    ],
)
def test_bad_parameters_are_refused(parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"'{name}' parameter of SupportScorer"):
        SupportScorer(**parameters).fit(np.eye(5))


def test_groups_are_routed_through_a_pipeline():
    X = np.repeat(ROWS["normal"](50, 0), 2, axis=0) + 0.01 * ROWS["normal"](100, 1)
    groups = np.repeat(np.arange(50), 2)
    direct = SupportScorer().fit(X, groups=groups)
    with config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(SupportScorer(), TailDriftTest())
        pipeline.fit(X, groups=groups)
    assert pipeline[0].unit_ == direct.unit_
    assert direct.unit_ != SupportScorer().fit(X).unit_


def test_beside_harm_scores_before_a_test():
    X, y = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    X, y = X[order], y[order]
    teacher = RandomForestClassifier(20, random_state=0).fit(X[:200], y[:200])
    union = make_union(
        DistillationScorer(FrozenEstimator(teacher), random_state=0), SupportScorer()
    )
    detector = make_pipeline(union, TailDriftTest()).fit(X[200:400])
    assert detector[:-1].transform(X[400:]).shape == (169, 2)
    assert detector.predict(corrupt_table(X[400:], "scale", 5)).is_drift
    alone = make_pipeline(SupportScorer(), TailDriftTest()).fit(X[200:400])
    assert not alone.predict(X[400:]).is_drift
    assert alone.predict(corrupt_table(X[400:], "swap", 5, random_state=0)).is_drift


def test_mixed_tables_need_no_preparation():
    X = mixed_table(300, 0)
    scores = SupportScorer().set_output(transform="pandas").fit_transform(X)
    assert scores.columns.tolist() == ["support"]
    assert np.isfinite(scores.to_numpy()).all()


def test_coherence_sees_rows_put_together_from_others():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 1)) + 0.3 * rng.normal(size=(1500, 10))
    reference, clean = X[:1000], X[1000:]
    mixed = rng.permuted(clean, axis=0)
    scorer = SupportScorer(random_state=0).fit(reference)
    assert np.mean(scorer.transform(clean) > 0) < 0.01
    assert np.mean(scorer.transform(mixed) > 0) > 0.3
    plain = SupportScorer(coherence=False).fit(reference)
    beyond = np.maximum(plain.distance(mixed) - 1.5, 0)[:, None]
    assert (plain.transform(mixed) == beyond).all()
    assert (scorer.transform(mixed) >= beyond).all()
    points = SupportScorer(representation=np.asarray).fit(reference)
    assert (
        points.transform(clean) == points.set_params(coherence=False).transform(clean)
    ).all()
