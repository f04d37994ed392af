import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdrift import InputDriftTest, KSDriftTest, SupportScorer, TailDriftTest
from skdrift.distributed import count, predict_counts
from skdrift.distributed._count import add_counts, count_groups, split

RNG = np.random.default_rng(0)
REFERENCE, BATCH = RNG.normal(size=(500, 3)), RNG.normal(0.3, 1, size=(300, 3))
DETECTORS = {
    "KS": KSDriftTest(),
    "tail": TailDriftTest(),
    "inputs": InputDriftTest(random_state=0),
    "pipeline": make_pipeline(SupportScorer(margin=0), KSDriftTest()),
    "scaled": make_pipeline(StandardScaler(), SupportScorer(margin=0), TailDriftTest()),
}


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("frozen", [False, True])
def test_parts_give_the_statistic_of_the_whole(name, frozen):
    detector = DETECTORS[name].fit(REFERENCE)
    asked = FrozenEstimator(detector) if frozen else detector
    total = sum(count(asked, part) for part in np.array_split(BATCH, 4))
    by_parts, by_rows = predict_counts(asked, total), detector.predict(BATCH)
    assert (by_parts.statistic == by_rows.statistic).all()
    assert by_parts.is_drift == by_rows.is_drift


def test_groups_are_counted_apart():
    test = KSDriftTest().fit(REFERENCE)
    groups = np.repeat(["b", "a"], 150)
    halves = [
        count_groups(test, BATCH[rows], groups[rows])
        for rows in (slice(0, 100), slice(100, 300))
    ]
    total = add_counts(*halves)
    assert set(total) == {"a", "b"}
    for label, counts in total.items():
        expected = test.predict(BATCH[groups == label])
        assert (test.predict_counts(counts).statistic == expected.statistic).all()


def test_frames_are_counted_too():
    frame = pd.DataFrame(REFERENCE, columns=list("abc"))
    test = InputDriftTest().fit(frame)
    batch = pd.DataFrame(BATCH, columns=list("abc"), index=range(300, 0, -1))
    found = count_groups(test, batch, np.arange(300) % 2)
    assert {counts.size for counts in found.values()} == {150}


def test_what_cannot_count_is_refused():
    with pytest.raises(TypeError, match="StandardScaler has no count and no predict_c"):
        split(make_pipeline(SupportScorer(), StandardScaler()))
