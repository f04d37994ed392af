"""False alarms and delay of a monitor whose reference is fixed, or grows.

    python benchmarks/fixed_reference.py

Scores are uniform, the test is that of exceedances of the reference's 95% quantile. Of
a reference only what lies beyond that quantile matters, so that it is drawn directly;
of a growing one the values above 0.85 are followed. After a change a share of the rows
of each batch comes from the top 2%: at once ("jump"), or ever more ("slow").
"""

import argparse
from functools import cache

import numpy as np
import pandas as pd
from record import write_table
from scipy.stats import hypergeom

from skdrift.stats._exceedance import quantile_rank
from skdrift.stats._given_reference import exceedance_p_values_given
from skdrift.stats._martingale import bet, start_capital

Q, SIZE, CUT = 0.95, 100, 0.85
# Name of a monitor: whether its reference grows, its alpha and its confidence.
MONITORS = {
    "growing, alpha 0.05": (True, 0.05, None),
    "fixed, alpha 0.05, no confidence": (False, 0.05, None),
    "fixed, alpha 0.05, confidence 0.95": (False, 0.05, 0.95),
    "fixed, alpha 0.025, confidence 0.975": (False, 0.025, 0.975),
}


@cache
def p_value_of(n, above):
    """P-value on average over references."""
    allowed = n - quantile_rank(Q, n)
    return hypergeom.sf(above - 1, n + SIZE, SIZE, allowed + above)


def harmed_share(stream, batch, start):
    """Share of the rows of a batch that are harmed."""
    if batch < start or stream == "none":
        return 0.0
    return 0.05 if stream == "jump" else min((batch - start) / 4000, 0.1)


def fixed(n, n_streams, shares, confidence, rng):
    """P-values of streams that each keep one reference."""
    # The quantile's rank from the top decides the share beyond it.
    rank = n - quantile_rank(Q, n) + 1
    beyond = rng.beta(rank, n + 1 - rank, n_streams)
    counts = np.arange(SIZE + 1)
    if confidence is None:
        table = np.array([p_value_of(n, above) for above in counts])
    else:
        table = exceedance_p_values_given(counts, n, SIZE, rank, confidence)
    for share in shares:
        chance = (1 - share) * beyond + share * np.minimum(beyond / 0.02, 1)
        yield table[rng.binomial(SIZE, chance)]


def growing(n, n_streams, shares, rng):
    """P-values of streams whose batches join the reference."""
    tops = []
    for _ in range(n_streams):
        values = np.sort(CUT + (1 - CUT) * rng.random(rng.binomial(n, 1 - CUT)))
        tops.append(values)
    for share in shares:
        p_value = np.empty(n_streams)
        for stream in range(n_streams):
            n_harmed = rng.binomial(SIZE, share)
            batch = rng.random(SIZE)
            batch[:n_harmed] = 1 - 0.02 * batch[:n_harmed]
            batch = np.sort(batch[batch > CUT])
            top = tops[stream]
            quantile = top[top.size - 1 - (n - quantile_rank(Q, n))]
            p_value[stream] = p_value_of(n, int((batch > quantile).sum()))
            tops[stream] = np.insert(top, top.searchsorted(batch), batch)
        n += SIZE
        yield p_value


def first_alarms(p_values, n_streams, alpha):
    """Batch of the first alarm of each stream, infinity without one."""
    capital, first = start_capital((n_streams,)), np.full(n_streams, np.inf)
    for batch, p_value in enumerate(p_values, start=1):
        capital, e_value = bet(capital, p_value, batch)
        first[np.isinf(first) & (e_value >= 1 / alpha)] = batch
    return first


def one_line(n, name, n_streams, n_batches, start):
    """Measure false alarms, and the delay after both kinds of change."""
    grows, alpha, confidence = MONITORS[name]
    line = {"reference rows": n, "monitor": name, "streams": n_streams}
    for seed, stream in enumerate(("none", "jump", "slow")):
        rng = np.random.default_rng((n, seed))
        shares = [harmed_share(stream, batch, start) for batch in range(n_batches)]
        if grows:
            # The growing ones are dear, and a delay needs fewer of them.
            followed = n_streams if stream == "none" else n_streams // 10
            p_values = growing(n, followed, shares, rng)
        else:
            followed = n_streams
            p_values = fixed(n, followed, shares, confidence, rng)
        first = first_alarms(p_values, followed, alpha)
        if stream == "none":
            line["false alarm"] = np.mean(np.isfinite(first))
            continue
        late = first[first > start] - start
        median = np.median(late)
        text = "none" if np.isinf(median) else f"{median:.0f}"
        line[f"{stream}: median delay"] = text
        line[f"{stream}: missed"] = np.mean(np.isinf(late))
    return line


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--start", type=int, default=100)
    arguments = parser.parse_args()
    lines = []
    for n in (1000, 5000, 50_000):
        for name in MONITORS:
            lines.append(
                one_line(n, name, arguments.streams, arguments.batches, arguments.start)
            )
            print(lines[-1], flush=True)
    write_table("monitor_fixed", pd.DataFrame(lines))
