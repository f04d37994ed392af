import os
import signal

import numpy as np
import pandas as pd
import pytest

from skdrift import InputDriftTest, KSDriftTest, SupportScorer, TailDriftTest
from skdrift.distributed import predict, sample

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

from sklearn.pipeline import make_pipeline  # noqa: E402

# What Dask's own processes and event loops leave behind.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
RNG = np.random.default_rng(0)
REFERENCE = pd.DataFrame(RNG.normal(size=(500, 3)), columns=list("abc"))
BATCH = pd.DataFrame(RNG.normal(0.2, 1, size=(400, 3)), columns=list("abc"))
DETECTOR = make_pipeline(SupportScorer(margin=0), KSDriftTest()).fit(REFERENCE)


def same(one, other):
    assert (one.statistic == other.statistic).all()
    assert np.array_equal(one.is_drift, other.is_drift)


@pytest.fixture(autouse=True)
def threads():
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.mark.parametrize("n_partitions", [1, 3, 20])
def test_frame(n_partitions):
    collection = dd.from_pandas(BATCH, npartitions=n_partitions)
    same(predict(DETECTOR, collection), DETECTOR.predict(BATCH))


def test_array():
    test = TailDriftTest().fit(REFERENCE.to_numpy())
    X = da.from_array(BATCH.to_numpy(), chunks=(70, 3))
    same(predict(test, X), test.predict(BATCH.to_numpy()))
    with pytest.raises(ValueError, match="along its first axis only"):
        predict(test, X.rechunk((70, 1)))


def test_bag_of_texts():
    bag = pytest.importorskip("dask.bag")
    texts = [f"{a} {b}" for a in ("good", "bad") for b in range(40)]
    detector = make_pipeline(SupportScorer(margin=0), KSDriftTest()).fit(texts)
    found = predict(detector, bag.from_sequence(texts[:30], npartitions=4))
    same(found, detector.predict(texts[:30]))


def test_groups_by_column_and_by_series():
    keyed = BATCH.assign(day=np.repeat([2, 1, 3, 1], 100))
    expected = DETECTOR.predict(BATCH, groups=keyed["day"])
    collection = dd.from_pandas(keyed, npartitions=5)
    by_name = predict(DETECTOR, collection, groups="day")
    by_series = predict(DETECTOR, collection[list("abc")], groups=collection["day"])
    for found in (by_name, by_series):
        assert found.group_labels.tolist() == [1, 2, 3]
        same(found, expected)
    with pytest.raises(ValueError, match="groups must have partitions like"):
        predict(DETECTOR, collection[list("abc")], groups=da.ones(400, chunks=400))


def test_empty_partitions_are_fine_and_broken_ones_named():
    collection = dd.from_pandas(BATCH, npartitions=4)
    cut = collection.map_partitions(lambda part: part[part.index < 150])
    same(predict(DETECTOR, cut), DETECTOR.predict(BATCH[:150]))
    with pytest.raises(ValueError, match="holds no rows"):
        predict(DETECTOR, collection.map_partitions(lambda part: part[:0]))

    def spoil(part):
        if 200 <= part.index[0] < 300:
            return part.rename(columns={"a": "z"})
        return part

    broken = dd.from_delayed(
        [dask.delayed(spoil)(part) for part in collection.to_delayed()],
        meta=BATCH[:0],
        verify_meta=False,
    )
    with pytest.raises(RuntimeError, match="Partition 2 could not be counted"):
        predict(DETECTOR, broken)
    test = KSDriftTest().fit(REFERENCE)
    missing = dd.from_pandas(BATCH.mask(BATCH.index.to_series() >= 300), npartitions=4)
    with pytest.raises(RuntimeError, match="Partition 3 could not be counted"):
        predict(test, missing)


def test_words_of_changed_columns():
    test = InputDriftTest(random_state=0).fit(REFERENCE.assign(d=1.0))
    batch = BATCH.assign(d=range(400))
    found = predict(test, dd.from_pandas(batch, npartitions=3))
    assert found.columns["d"] == "constant in the reference, 400 values now"


@pytest.mark.parametrize("kind", ["frame", "array"])
def test_sample_is_even_and_seeded(kind):
    X = np.arange(1000)
    if kind == "frame":
        collection = dd.from_pandas(pd.DataFrame({"x": X}), npartitions=7)
    else:
        collection = da.from_array(X, chunks=130)
    one, other = (sample(collection, 200, random_state=0) for _ in range(2))
    values = np.ravel(one)
    assert (values == np.ravel(other)).all()
    assert len(np.unique(values)) == 200
    assert abs(values.mean() - 500) < 80
    assert len(sample(collection, 5000)) == 1000


def test_other_collections_are_refused():
    with pytest.raises(TypeError, match="For rows in memory use"):
        predict(DETECTOR, BATCH)


def slow_and_mortal(part, folder):
    """Kill the worker the first time that partition 3 is met."""
    mark = os.path.join(folder, "killed")
    if part.index[0] >= 300 and not os.path.exists(mark):
        open(mark, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return part


def test_two_processes_of_which_one_is_killed(tmp_path):
    with (
        dask.config.set({"distributed.worker.daemon": False}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        dask.config.set(scheduler="distributed"),
    ):
        collection = dd.from_pandas(BATCH, npartitions=4)
        same(predict(DETECTOR, collection), DETECTOR.predict(BATCH))
        mortal = dd.from_delayed(
            [
                dask.delayed(slow_and_mortal)(part, str(tmp_path))
                for part in collection.to_delayed()
            ],
            meta=BATCH[:0],
            verify_meta=False,
        )
        same(predict(DETECTOR, mortal), DETECTOR.predict(BATCH))
    assert (tmp_path / "killed").exists()
