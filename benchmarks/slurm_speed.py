"""How fast Slurm's own passes are: every pass made in full, and as scenarios run, side by side.

``python benchmarks/slurm_speed.py [--nodes N] [--jobs N] [--load X] [--only-fast]`` replays the
first jobs of ``test_nodes.py``'s quarter on nodes of 8 GPUs, by Slurm's clocks, Fair Tree and
priorities each 5 minutes. Seconds are of processor time, warm, the best of three (in full: once);
starts and nodes of both must be the same. A load above 1 lets the queue grow until the last
arrival, up to which the waiting jobs are counted.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from machine import machine
from rich.console import Console
from rich.table import Table
from scaling import ROOT

sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT))

from test_nodes import REFERENCE
from test_slurm import SLURM

from simulator.cluster.machine import Machine, machine_of
from simulator.cluster.models import Nodes
from simulator.engine import run
from simulator.rules.models import Rule
from simulator.rules.slurm.run_kernel import IN_FULL
from simulator.rules.slurm.state_kernel import OPENED, PLANNED_EVER
from simulator.streams import Streams
from simulator.workload.calendar import unix_time
from simulator.workload.columns import Jobs
from simulator.workload.synthetic.generate import generate
from simulator.workload.synthetic.models import Synthetic

TRIES = 3


def jobs_of(nodes: int, count: int, load: float) -> Jobs:
    made, _ = generate(
        Synthetic.model_validate({**REFERENCE, "load": load}),
        capacity=8 * nodes,
        epoch=unix_time(datetime(2027, 1, 4), "Asia/Almaty"),
        time_zone="Asia/Almaty",
        streams=Streams(1, 0),
    )
    log = made.ordered()
    return log.take(np.arange(min(count or len(log), len(log))))


def measured(log: Jobs, where: Machine, rule: Rule, *, in_full: bool) -> tuple[Any, float, Any]:
    """What came out, seconds, and what the passes worked on."""
    seen: list[Any] = []
    seconds: list[float] = []
    made_of, go = run.slurm_of, run.Clock.run

    def made(*given: Any) -> Any:
        slurm = made_of(*given)
        slurm.clock.setting[IN_FULL] = int(in_full)
        seen.append(slurm)
        return slurm

    def timed(clock: Any) -> None:
        began = time.process_time()
        go(clock)
        seconds.append(time.process_time() - began)

    with patch.object(run, "slurm_of", made), patch.object(run.Clock, "run", timed):
        found = run.replay(log, where, rule)
    return found, seconds[0], seen[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=64)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--load", type=float, default=REFERENCE["load"])
    parser.add_argument("--only-fast", action="store_true")
    given = parser.parse_args()
    settings = {"kind": "nodes", "classes": {"n": {"count": given.nodes, "gpus": 8}}}
    where, rule = machine_of(Nodes.model_validate(settings), Path()), Rule.model_validate(SLURM)
    log = jobs_of(given.nodes, given.jobs, given.load)
    measured(log.take(np.arange(50)), where, rule, in_full=False)
    columns = ("jobs/s", "passes a job", "maps a job", "planned or started a map")
    table = Table("", *columns, title=f"{len(log):,} jobs, {given.nodes} nodes; {machine()}")
    tables = []
    for in_full in (False,) if given.only_fast else (True, False):
        tries = [
            measured(log, where, rule, in_full=in_full) for _ in range(1 if in_full else TRIES)
        ]
        found, seconds, slurm = min(tries, key=lambda each: each[1])
        opened, planned = (int(slurm.scratch.kept.numbers[i]) for i in (OPENED, PLANNED_EVER))
        table.add_row(
            "in full" if in_full else "as run",
            f"{len(log) / seconds:,.0f}",
            f"{found.passes / len(log):.1f}",
            f"{opened / len(log):.2f}",
            "all" if in_full else f"{(planned - opened) / max(opened, 1):.1f}",
        )
        tables.append((found.jobs, found.attempts))
    assert all(each == tables[0] for each in tables)
    start = np.array(found.jobs["start"].to_pylist())
    last = log.submit[-1]
    waiting = (np.minimum(start, last) - log.submit).sum() / (last - log.submit[0])
    Console().print(table, f"{waiting:,.0f} jobs wait in the mean")


if __name__ == "__main__":
    main()
