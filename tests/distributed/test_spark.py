import os
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from skdrift import KSDriftTest, SupportScorer
from skdrift.distributed import predict, sample
from skdrift.distributed._spark import columns_of_detector

REFERENCE = pd.DataFrame(
    np.random.default_rng(0).normal(size=(400, 2)), columns=["a", "b"]
)
BATCH = pd.DataFrame(
    np.random.default_rng(1).normal(0.2, 1, size=(300, 2)), columns=["a", "b"]
)
DETECTOR = make_pipeline(SupportScorer(margin=0), KSDriftTest()).fit(REFERENCE)


def test_columns_are_those_of_the_first_step():
    assert columns_of_detector(DETECTOR) == ["a", "b"]
    assert columns_of_detector(KSDriftTest().fit(REFERENCE.to_numpy())) is None


@pytest.fixture(scope="module")
def spark():
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("there is no Java for Spark")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = sql.SparkSession.builder.master("local[2]").appName("skdrift")
    builder = builder.config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    yield session
    session.stop()


pytestmark = pytest.mark.filterwarnings("ignore")


def test_spark_says_what_rows_in_memory_say(spark):
    frame = spark.createDataFrame(BATCH.assign(day=np.arange(300) % 3)).repartition(4)
    found, expected = predict(DETECTOR, frame), DETECTOR.predict(BATCH)
    assert (found.statistic == expected.statistic).all()
    by_day = predict(DETECTOR, frame, groups="day")
    expected = DETECTOR.predict(BATCH, groups=np.arange(300) % 3)
    assert by_day.group_labels.tolist() == [0, 1, 2]
    assert (by_day.statistic == expected.statistic).all()


def test_spark_errors_and_samples(spark):
    frame = spark.createDataFrame(BATCH).repartition(3)
    with pytest.raises(ValueError, match=r"lacks columns \['b'\]"):
        predict(DETECTOR, frame.select("a"))
    with pytest.raises(TypeError, match="name of a column"):
        predict(DETECTOR, frame, groups=np.zeros(300))
    with pytest.raises(ValueError, match="holds no rows"):
        predict(DETECTOR, frame.where("a > 1000"))
    rows = sample(frame, 100, random_state=0)
    assert rows.shape == (100, 2)
    assert len(rows.drop_duplicates()) == 100
