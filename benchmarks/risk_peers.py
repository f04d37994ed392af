"""RiskMonitor beside MAPIE's RiskMonitoring, every row labelled.

    python benchmarks/risk_peers.py DATA

DATA is a folder with employment_ma.parquet. Both monitors see the same decisions of one
classifier in the same order, know the same clean rows, and are looked at after each
batch. Streams without harm are the clean rows as they are, later years, and subgroups
on which the classifier errs no more than on the clean rows. Harmed ones have all
columns of some of their rows shuffled, so many that the share of errors grows as asked.
``make benchmark-mapie`` makes an environment with MAPIE for it.
"""

import argparse
import os
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from performance import SUBGROUPS, classifiers
from record import write_table
from sklearn.frozen import FrozenEstimator

from skdrift import RiskMonitor
from skdrift.datasets import corrupt_table

SIZE = 100
# Points lost, points tolerated.
HARM = ((5, 2), (10, 5))


def own_alarm(clf, clean, features, stream, tolerance):
    """Batch of RiskMonitor's first alarm, infinity without one."""
    monitor = RiskMonitor(FrozenEstimator(clf), tolerance=tolerance, proxy="uniform")
    monitor.fit(clean[features], clean["employed"])
    for number in range(len(stream) // SIZE):
        batch = stream.iloc[number * SIZE : (number + 1) * SIZE]
        if monitor.update(batch[features], batch["employed"]):
            return number
    return np.inf


def mapie_alarm(clf, clean, features, stream, tolerance):
    """Batch of RiskMonitoring's first alarm, infinity without one."""
    from mapie.exchangeability_testing import RiskMonitoring

    monitor = RiskMonitoring("accuracy", tolerance=tolerance, warn=False)
    monitor.compute_threshold(
        clean["employed"].to_numpy(), clf.predict(clean[features])
    )
    # Its bound after each row is the same whether rows come at once or one by one.
    monitor.update(stream["employed"].to_numpy(), clf.predict(stream[features]))
    bounds = monitor.online_risk_lower_bound_sequence_history
    alarms = np.flatnonzero(bounds[SIZE - 1 :: SIZE] > monitor.threshold)
    return alarms[0] if alarms.size else np.inf


def monitors():
    """Return the monitors by name."""
    found = {"skdrift RiskMonitor": own_alarm}
    try:
        found[f"MAPIE RiskMonitoring {version('mapie')}"] = mapie_alarm
    except ImportError as error:
        print(f"MAPIE left out: {error}")
    return found


def pools(data, features, clf, clean, rest):
    """Return rows without harm by kind, and harmful ones."""
    harmless = {
        "as they are": rest,
        "later years": data[data["year"] > 2015],
    }
    source = np.mean(clf.predict(clean[features]) != clean["employed"])
    later = harmless["later years"]
    for name, choose in SUBGROUPS.items():
        rows = later[choose(later)]
        if np.mean(clf.predict(rows[features]) != rows["employed"]) <= source:
            harmless[f"subgroup: {name}"] = rows
    harmed = rest.copy()
    harmed[features] = corrupt_table(rest[features], "shuffle", 3, random_state=0)
    return harmless, harmed


def one_seed(data, seed, n_streams, n_batches, n_calm):
    """Yield one line for each stream and monitor."""
    features = [name for name in data if name not in ("year", "employed")]
    year = data[data["year"] == 2015]
    order = np.random.default_rng(seed).permutation(len(year))
    train, clean = year.iloc[order[:20000]], year.iloc[order[20000:25000]]
    rest = year.iloc[order[25000:]]
    clf = classifiers(seed)["boosting"].fit(train[features], train["employed"])
    harmless, harmed = pools(data, features, clf, clean, rest)
    risk, harmed_risk = (
        np.mean(clf.predict(rows[features]) != rows["employed"])
        for rows in (rest, harmed)
    )

    def follow(kind, tolerated, calm, stream):
        for name, alarm in monitors().items():
            first = alarm(clf, clean, features, stream, tolerated / 100)
            late = (first + 1) * SIZE - calm
            yield {
                "kind": kind,
                "tolerated": tolerated,
                "monitor": name,
                "calm": calm,
                "early": late <= 0,
                "labels": late,
            }

    def take(rows, n, rng):
        return rows.iloc[rng.choice(len(rows), n)]

    for number in range(n_streams):
        rng = np.random.default_rng((seed, number))
        for kind, rows in harmless.items():
            stream = take(rows, n_batches * SIZE, rng)
            yield from follow(kind, HARM[0][1], 0, stream)
        for lost, tolerated in HARM:
            share = lost / 100 / (harmed_risk - risk)
            for calm in (0, n_calm * SIZE):
                stream = take(rest, calm + n_batches * SIZE, rng).copy()
                hit = rng.random(len(stream)) < share
                hit[:calm] = False
                stream.iloc[hit] = take(harmed, hit.sum(), rng).to_numpy()
                yield from follow(f"{lost} points lost", tolerated, calm, stream)


def tables(rows, n_batches):
    """Return false alarms and delays, one line for each kind of stream."""
    rows = pd.DataFrame(rows)
    harmed = rows["kind"].str.endswith("points lost")
    quiet = rows[~harmed].assign(flagged=np.isfinite(rows["labels"]))
    quiet["kind"] = quiet["kind"].str.split(":").str[0]
    quiet["kind"] = quiet["kind"].replace("subgroup", "subgroups, none worse")
    keys = ["kind", "monitor"]
    false = quiet.groupby(keys, sort=False)["flagged"].agg(["size", "mean"])
    false = false.set_axis(["streams", "alarm"], axis=1).reset_index()
    false = false.rename(columns={"kind": "stream"})
    lines = []
    keys = ["kind", "tolerated", "calm", "monitor"]
    for names, part in rows[harmed].groupby(keys, sort=False):
        late = part.loc[~part["early"], "labels"]
        median = late.median()
        lines.append(
            {
                "change": names[0],
                "points tolerated": names[1],
                "labels before it": names[2],
                "monitor": names[3],
                "streams": len(part),
                "alarm before it": part["early"].mean(),
                "median labels to the alarm": (
                    f"over {n_batches * SIZE}" if np.isinf(median) else f"{median:.0f}"
                ),
                "missed": np.isinf(late).mean(),
            }
        )
    return false, pd.DataFrame(lines)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", nargs="?", default=os.getenv("SKDRIFT_DATA"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--streams", type=int, default=5)
    parser.add_argument("--batches", type=int, default=50)
    parser.add_argument("--calm", type=int, default=20)
    options = parser.parse_args()
    data = pd.read_parquet(os.path.join(options.data, "employment_ma.parquet"))
    data = data.astype({name: float for name in data if name != "year"})
    rows = []
    for seed in range(options.seeds):
        rows += one_seed(data, seed, options.streams, options.batches, options.calm)
        print(f"seed {seed} done", flush=True)
    false, delay = tables(rows, options.batches)
    print(false.round(3).to_string(), delay.round(3).to_string(), sep="\n")
    write_table("risk_peers_false", false)
    write_table("risk_peers_delay", delay)
