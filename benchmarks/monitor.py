"""False alarms and detection delay of the monitor, beside testing every batch.

Run it with ``python benchmarks/monitor.py``. It prints

- promises: 1000 undrifted streams of 1000 batches of 100 rows, 1000 reference rows,
  exceedance test; share of the streams that ever raise an alarm, with a growing and
  with a fixed reference. The alpha is 0.05 throughout;
- discoveries: the same with 10% of the batches drifted, the mean share of false ones
  among the flagged batches;
- delay: batches until the alarm after a change, with 5%, 10% and 20% harmful rows,
  digits, a forest, the "combined" score. Reference and stream are drawn with
  replacement from the same clean scores, so that before the change nothing drifts.

``--streams`` and ``--batches`` make it smaller. The full run takes some minutes.
"""

import argparse
from functools import cache

import numpy as np
import pandas as pd
from record import write_table
from scipy.stats import hypergeom
from tail import digits_scores, teachers

from skdrift.detection._monitor import DriftMonitor
from skdrift.detection._tail import TailDriftTest
from skdrift.stats._exceedance import quantile_rank
from skdrift.stats._martingale import bet, start_capital
from skdrift.stats._multiple_testing import OnlineLevels

ALPHA, Q, SIZE, N_REFERENCE = 0.05, 0.95, 100, 1000


@cache
def p_value_of(n, above):
    allowed = n - quantile_rank(Q, n)
    return hypergeom.sf(above - 1, n + SIZE, SIZE, allowed + above)


def uniform_streams(n_streams, n_batches, growing, seed, drifted_share=0.0):
    """P-values of streams of uniform scores, and which batches are drifted.

    In a drifted batch 15 of 100 rows come from the top 2%. Batches join the reference
    if LORD++ did not flag them, each stream for itself.
    """
    rng = np.random.default_rng(seed)
    p_values = np.empty((n_streams, n_batches))
    drifted = rng.random((n_streams, n_batches)) < drifted_share
    for stream in range(n_streams):
        rows = rng.random((n_batches, SIZE))
        rows[drifted[stream], :15] = 1 - 0.02 * rows[drifted[stream], :15]
        pool = np.sort(rng.random(N_REFERENCE))
        p_values[stream] = _stream(pool, rows, growing)
    return p_values, drifted


def _stream(pool, rows, growing):
    levels = OnlineLevels("lord", ALPHA)
    p_values = np.empty(len(rows))
    # Only the upper part of the reference is ever looked at.
    n, top = pool.size, pool
    for t, batch in enumerate(rows):
        rank = quantile_rank(Q, n)
        quantile = top[top.size - 1 - (n - rank)]
        above = int((batch > quantile).sum())
        p_values[t] = p_value_of(n, above)
        if growing and not levels.test(p_values[t])[1]:
            n += SIZE
            top = np.sort(np.concatenate((top, batch)))
            # Twice what is above the quantile is more than will be needed next.
            top = top[-(n // 5) :]
    return p_values


def ever(p_values):
    """Share of streams with an alarm, for every rule."""
    n_streams, n_batches = p_values.shape
    capital, alarm = start_capital((n_streams,)), np.zeros(n_streams, dtype=bool)
    for batch in range(n_batches):
        capital, e_value = bet(capital, p_values[:, batch], batch + 1)
        alarm |= e_value >= 1 / ALPHA
    shares = {
        "every batch at 0.05": (p_values <= ALPHA).any(axis=1).mean(),
        "martingale": alarm.mean(),
    }
    for rule in ("lord", "saffron"):
        shares[rule] = found_by(rule, p_values).any(axis=1).mean()
    return shares


def found_by(rule, p_values):
    found = np.zeros(p_values.shape, dtype=bool)
    for row, stream in zip(found, p_values):
        levels = OnlineLevels(rule, ALPHA)
        row[:] = [levels.test(p_value)[1] for p_value in stream]
    return found


def promises(n_streams, n_batches):
    table = {}
    for growing in (True, False):
        name = "growing" if growing else "fixed"
        p_values, _ = uniform_streams(n_streams, n_batches, growing, 0)
        table[name] = ever(p_values)
    print("\nshare of undrifted streams that ever raise an alarm")
    print(pd.DataFrame(table).round(4).to_string())
    band = 3 * np.sqrt(ALPHA * (1 - ALPHA) / n_streams)
    print(f"three standard deviations at 0.05: {band:.4f}")
    shown = pd.DataFrame(table).add_suffix(" reference").rename_axis("rule")
    write_table("monitor_promises", shown.reset_index())


def discoveries(n_streams, n_batches):
    table = {}
    for growing in (True, False):
        name = "growing" if growing else "fixed"
        p_values, drifted = uniform_streams(n_streams, n_batches, growing, 1, 0.1)
        for rule in ("every batch at 0.05", "lord", "saffron"):
            if rule.startswith("every"):
                found = p_values <= ALPHA
            else:
                found = found_by(rule, p_values)
            false = (found & ~drifted).sum(axis=1) / np.maximum(found.sum(axis=1), 1)
            table[name, rule] = {
                "false discovery rate": false.mean(),
                "3 errors": 3 * false.std() / np.sqrt(n_streams),
                "drifted batches found": found[drifted].mean(),
            }
    print("\nfalse discovery rate with 10% of the batches drifted")
    shown = pd.DataFrame(table).T.rename_axis(["reference", "rule"])
    print(shown.round(4).to_string())
    write_table("monitor_discoveries", shown.reset_index())


def delay(n_streams, before=50, after=40):
    _, clean, harmful, _ = digits_scores(0, teachers(0)["forest"])
    rules = {
        "every batch at 0.05": None,
        "martingale": {"control": "martingale"},
        "martingale, fixed reference": {"control": "martingale", "reference": "fixed"},
        "lord": {"control": "lord"},
        "saffron": {"control": "saffron"},
    }
    # Berk-Jones p-values of a growing reference are dear: fewer streams.
    tests = {
        "exceedance": (TailDriftTest(), n_streams),
        "Berk-Jones": (TailDriftTest(statistic="berk_jones"), n_streams // 5),
    }
    found = []
    for name, (test, n_followed) in tests.items():
        rows = []
        for percent in (5, 10, 20):
            for rule, options in rules.items():
                first = np.array(
                    [
                        follow(
                            test,
                            options,
                            clean,
                            harmful,
                            percent,
                            before,
                            after,
                            np.random.default_rng((stream, percent)),
                        )
                        for stream in range(n_followed)
                    ]
                )
                late = first[first > before] - before
                rows.append(
                    {
                        "% harmful": percent,
                        "rule": rule,
                        "alarm before": np.mean(first <= before),
                        "median delay": np.median(late) if late.size else np.nan,
                        "missed": np.mean(np.isinf(late)) if late.size else np.nan,
                    }
                )
        found.append(pd.DataFrame(rows).assign(test=name, streams=n_followed))
        print(
            f"\nbatches until the alarm by {name}, change after {before} batches, "
            f"watched for {after} more, {n_followed} streams"
        )
        print(pd.DataFrame(rows).round(3).to_string(index=False), flush=True)
    write_delays(pd.concat(found), after)


def write_delays(found, after):
    """Write one line for each test and rule: delays by share of harmful rows."""

    def delay_in_words(row):
        # Where every stream had its alarm before the change there is no delay.
        if np.isnan(row["delay"]):
            return "none left"
        return f"over {after}" if np.isinf(row["delay"]) else f"{row['delay']:.3g}"

    found = found.rename(columns={"median delay": "delay"})
    found["delay"] = found.apply(delay_in_words, axis=1)
    keys = ["test", "streams", "rule"]
    table = found.set_index([*keys, "% harmful"])["delay"].unstack()
    table.columns = [f"{percent}% harmful" for percent in table]
    before = found.groupby(keys, sort=False)["alarm before"].mean()
    table = table.reindex(before.index).assign(**{"alarm before the change": before})
    write_table("monitor_delay", table.reset_index())


def follow(test, options, clean, harmful, percent, before, after, rng):
    """Batch of the first alarm of one stream, infinity without one."""
    test.fit(clean[rng.integers(len(clean), size=N_REFERENCE)])
    monitor = None if options is None else DriftMonitor(test, alpha=ALPHA, **options)
    for batch in range(1, before + after + 1):
        rows = clean[rng.integers(len(clean), size=SIZE)]
        if batch > before:
            rows[:percent] = harmful[rng.integers(len(harmful), size=percent)]
        result = test.predict(rows) if monitor is None else monitor.update(rows)
        if result:
            return batch
    return np.inf


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--delay-streams", type=int, default=100)
    parser.add_argument("--only", choices=("promises", "discoveries", "delay"))
    options = parser.parse_args()
    pd.set_option("display.width", 200)
    if options.only in (None, "promises"):
        promises(options.streams, options.batches)
    if options.only in (None, "discoveries"):
        discoveries(options.streams, options.batches)
    if options.only in (None, "delay"):
        delay(options.delay_streams)


if __name__ == "__main__":
    main()
