"""The ways in which a fitted estimator is stored and read again."""

import copy
import pickle
from io import BytesIO

import joblib
import pytest

skops_io = pytest.importorskip("skops.io")


def through_joblib(estimator):
    file = BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def through_skops(estimator):
    stored = skops_io.dumps(estimator)
    untrusted = skops_io.get_untrusted_types(data=stored)
    ours = [name for name in untrusted if name.startswith("skdrift.")]
    assert untrusted == ours
    return skops_io.loads(stored, trusted=ours)


ROUND_TRIPS = {
    "pickle": lambda estimator: pickle.loads(pickle.dumps(estimator)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
    "skops": through_skops,
}
