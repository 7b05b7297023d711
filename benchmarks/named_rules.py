"""What each named rule costs, beside EASY in the same run.

``python benchmarks/named_rules.py [--runs N] [--only NAME …]`` replays one quarter of
``scenarios/national_cluster.yaml`` (64 nodes of 8 GPUs, load 0.9, 200 users in 40 accounts, mean 20
GPU-hours a job) under each named rule that is there to start from, with failures, maintenance and
checkpoints, and without them. It prints jobs a second of the replay alone, warm, the best of N, and
the time beside that of ``easy``, passes and instants a job.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from machine import machine

from simulator.engine.charges import Calendar
from simulator.engine.run import Outcome, replay
from simulator.scenario.load import load
from simulator.scenario.rule_catalogue import named_rule, rule_names
from simulator.streams import Streams
from simulator.study.workshop import Inputs, outages_of, prepare

if TYPE_CHECKING:
    from simulator.rules.models import Rule

SCENARIO = ROOT / "scenarios" / "national_cluster.yaml"
STARTED_FROM = [name for name in rule_names() if named_rule(name).means]


def best(rule: Rule, inputs: Inputs, outages: dict[str, Any], runs: int) -> Outcome:
    """The fastest of so many runs, after one that compiles."""

    def one() -> Outcome:
        calendar = Calendar(inputs.built.epoch, inputs.built.time_zone)
        said = {"streams": Streams(1, 0), "calendar": calendar, **outages}
        return replay(inputs.built.jobs, inputs.machine, rule, **said)

    one()
    return min((one() for _ in range(runs)), key=lambda outcome: outcome.seconds)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=STARTED_FROM)
    given = parser.parse_args()
    loaded = load(SCENARIO)
    inputs = prepare(loaded, 0)
    jobs, failing = len(inputs.built.jobs), outages_of(loaded.scenario.cluster)
    checkpoints = {"checkpoints": failing["checkpoints"]}
    heads = ("rule", "jobs/s", "× easy", "passes a job", "with failures: jobs/s", "× easy")
    table = Table(*heads, title=f"{jobs:,} jobs; {machine()}")
    easy: list[float] = []
    for name in track(["easy", *(each for each in given.only if each != "easy")], transient=True):
        calm = best(named_rule(name), inputs, checkpoints, given.runs)
        rough = best(named_rule(name), inputs, failing, given.runs)
        seconds = [calm.seconds, rough.seconds]
        easy = easy or seconds
        ratios = [f"{each / base:.2f}" for each, base in zip(seconds, easy, strict=True)]
        speeds = [f"{jobs / each:,.0f}" for each in seconds]
        passes = f"{calm.passes / jobs:.2f}"
        table.add_row(name, speeds[0], ratios[0], passes, speeds[1], ratios[1])
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
