"""How the engine scales: synthetic jobs at load 0.9 on 512 units, 20 GPU-hours each on average.

``python benchmarks/scaling.py [--jobs N] [--rule NAME]`` prints jobs a second, instants and passes,
and the memory that a run needs beside the columns of its jobs: the growth of the process's peak.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from machine import machine  # noqa: E402

from simulator.engine.clock import Clock  # noqa: E402
from simulator.engine.run import replay  # noqa: E402
from simulator.engine.world import Pool  # noqa: E402
from simulator.kernels.state import INSTANTS, PASSES, Columns, at_start  # noqa: E402
from simulator.rules.program import program_of  # noqa: E402
from simulator.scenario.rule_catalogue import named_rule  # noqa: E402
from simulator.streams import Streams  # noqa: E402
from simulator.workload.columns import Jobs  # noqa: E402

UNITS, LOAD, MEAN_GPU_SECONDS = 512, 0.9, 20 * 3600
SIZES = np.array([1, 2, 4, 8, 16, 32, 64])
SHARES = np.array([0.40, 0.15, 0.15, 0.18, 0.06, 0.04, 0.02])
USERS, ACCOUNTS = 200, 40


def synthetic(
    count: int,
    units: int = UNITS,
    load: float = LOAD,
    *,
    users: int = USERS,
    accounts: int = ACCOUNTS,
) -> Jobs:
    """Poisson arrivals; sizes by ``SHARES``; lognormal run times; walltimes 1 to 5 times those."""
    streams = Streams(seed=1, replication=0)
    gpus = streams.take("sizes").choice(SIZES, count, p=SHARES)
    run_time = streams.take("run times").lognormal(0, 1.5, count)
    run_time *= MEAN_GPU_SECONDS * count / (run_time * gpus).sum()
    run_time = np.maximum(run_time, 1).astype(np.int64)
    walltime = (run_time * streams.take("walltimes").uniform(1, 5, count)).astype(np.int64)
    gap = (run_time * gpus).mean() / (units * load)
    submit = streams.take("arrivals").exponential(gap, count).cumsum().astype(np.int64)
    user = streams.take("users").integers(0, users, count, dtype=np.int32)
    return Jobs(
        job_id=np.arange(1, count + 1),
        submit=submit,
        run_time=run_time,
        walltime=walltime,
        gpus=gpus,
        user=user,
        account=user % np.int32(accounts),
        job_class=np.zeros(count, np.int32),
        users=tuple(f"user{number}" for number in range(users)),
        accounts=tuple(f"account{number}" for number in range(accounts)),
        classes=("all",),
    )


def peak() -> int:
    """Bytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--rule", default="easy", help="a named rule")
    given = parser.parse_args()
    rule = named_rule(given.rule)
    replay(synthetic(1_000), UNITS, rule)
    jobs = synthetic(given.jobs)
    before = peak()
    columns = Columns(jobs.submit, jobs.run_time, jobs.walltime, jobs.gpus)
    clock = Clock(Pool(at_start(columns, UNITS, 0), program_of(rule)))
    began = time.perf_counter()
    clock.run()
    seconds, state = time.perf_counter() - began, peak() - before
    counters = clock.world.state.counters
    del clock
    found = replay(jobs, UNITS, rule)
    whole = peak() - before
    held = (jobs.gpus * jobs.run_time).sum() / (UNITS * found.finish)
    table = Table(
        title=f"{given.jobs:,} jobs at load {LOAD} on {UNITS} units, rule {given.rule}",
        caption=machine(),
        show_header=False,
    )
    for name, value in (
        ("jobs a second, replay alone", f"{given.jobs / seconds:,.0f}"),
        ("instants a job", f"{counters[INSTANTS] / given.jobs:.2f}"),
        ("passes a job", f"{counters[PASSES] / given.jobs:.2f}"),
        ("bytes a job beside the columns, replay alone", f"{state / given.jobs:.0f}"),
        ("bytes a job beside the columns, with result tables", f"{whole / given.jobs:.0f}"),
        ("utilisation", f"{held:.3f}"),
        ("mean wait, h", f"{np.mean(found.jobs['wait'].to_numpy()) / 3600:.2f}"),
    ):
        table.add_row(name, value)
    Console().print(table)


if __name__ == "__main__":
    main()
