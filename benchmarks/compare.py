"""Side by side on one log, EASY: our kernel, a plain-Python program, the SimPy twin, AccaSim.

``python benchmarks/compare.py [LOG] [--capacity N] [--slow-jobs N] [--accasim-python PYTHON]``
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from machine import machine  # noqa: E402
from twin import plain, twin  # noqa: E402
from twin.model import TwinJob  # noqa: E402

from simulator.engine.run import replay  # noqa: E402
from simulator.scenario.rule_catalogue import named_rule  # noqa: E402
from simulator.workload.columns import Jobs  # noqa: E402
from simulator.workload.read_log import read_log  # noqa: E402

SHARED = Path(os.environ.get("ADIL_SHARED", ROOT.parent / "shared"))
SWF = "{} {} -1 {} {} -1 -1 {} {} -1 1 1 1 1 1 -1 -1 -1\n"


@dataclass(frozen=True)
class Figure:
    """What one program did."""

    name: str
    jobs: int
    seconds: float
    remark: str

    @property
    def speed(self) -> float:
        """Jobs a second."""
        return self.jobs / self.seconds


def ours(jobs: Jobs, capacity: int, rounds: int = 5) -> tuple[Figure, list[int | None]]:
    """The replay alone, warm, the best of a few; and its starts."""
    rule = named_rule("easy")
    replay(jobs.take(slice(0, 100)), capacity, rule)
    found = [replay(jobs, capacity, rule) for _ in range(rounds)]
    seconds = min(each.seconds for each in found)
    return Figure("our kernel", len(jobs), seconds, ""), found[0].jobs["start"].to_pylist()


def differing(found: list[int | None], ours_for_these: list[int | None]) -> str:
    """How many starts are not ours."""
    count = sum(one != other for one, other in zip(found, ours_for_these, strict=True))
    return f"{count} starts differ"


def textbook(jobs: list[TwinJob], capacity: int, expected: list[int | None]) -> Figure:
    """The plain-Python program."""
    began = time.perf_counter()
    starts = plain.starts(jobs, capacity, "easy")
    seconds = time.perf_counter() - began
    return Figure("plain Python", len(jobs), seconds, differing(starts, expected))


def simpy_twin(jobs: list[TwinJob], capacity: int, expected: list[int | None]) -> Figure:
    """One SimPy process a job."""
    began = time.perf_counter()
    starts = [outcome.start for outcome in twin.simulate(jobs, capacity, "fcfs", "easy")]
    seconds = time.perf_counter() - began
    return Figure("SimPy twin", len(jobs), seconds, differing(starts, expected))


def accasim(jobs: list[TwinJob], capacity: int, python: str) -> Figure:
    """AccaSim in a process of its own, by its own clock."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "jobs.swf"
        rows = [
            SWF.format(number, job.submit, job.run_time, job.size, job.size, job.walltime)
            for number, job in enumerate(jobs, start=1)
        ]
        log.write_text("".join(rows), encoding="ascii")
        program = ROOT / "benchmarks/accasim_easy.py"
        answer = subprocess.run(
            [python, str(program), str(log), str(capacity)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    seconds = json.loads(answer.splitlines()[-1])["seconds"]
    return Figure("AccaSim", len(jobs), seconds, "decides otherwise")


def rows_of(jobs: Jobs) -> list[TwinJob]:
    """The jobs one by one, as the slow programs take them."""
    columns = (jobs.submit, jobs.run_time, jobs.walltime, jobs.gpus)
    return [TwinJob(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", nargs="?", type=Path, default=SHARED / "traces/norm/kth-5000.swf.gz")
    parser.add_argument("--capacity", type=int, help="units; else the log's MaxProcs")
    parser.add_argument("--slow-jobs", type=int, help="give the twin and AccaSim only so many jobs")
    parser.add_argument("--accasim-python", help="an interpreter that has AccaSim; else this one")
    return parser.parse_args()


def main() -> None:
    """Measure, and print the table."""
    given, console = arguments(), Console()
    built = read_log(given.log)
    capacity = given.capacity or built.capacity
    if capacity is None:
        sys.exit(f"{given.log} states no machine size: give --capacity")
    jobs = rows_of(built.jobs)
    few = jobs[: given.slow_jobs]
    steps = Progress(SpinnerColumn(), TextColumn("{task.description}"), transient=True)
    with steps:
        step = steps.add_task("our kernel")
        kernel, starts = ours(built.jobs, capacity)
        steps.update(step, description="plain Python")
        figures = [kernel, textbook(jobs, capacity, starts)]
        steps.update(step, description="SimPy twin")
        if len(few) < len(jobs):
            _, starts = ours(built.jobs.take(slice(0, len(few))), capacity, rounds=1)
        figures.append(simpy_twin(few, capacity, starts))
        steps.update(step, description="AccaSim")
        if given.accasim_python or find_spec("accasim"):
            figures.append(accasim(few, capacity, given.accasim_python or sys.executable))
    table = Table(title=f"EASY on {given.log.name}, {capacity} units", caption=machine())
    for heading in ("program", "jobs", "seconds", "jobs/s", "ours faster by", "schedule"):
        table.add_column(heading, justify="left" if heading in ("program", "schedule") else "right")
    for figure in figures:
        ratio = kernel.speed / figure.speed
        table.add_row(
            figure.name,
            f"{figure.jobs:,}",
            f"{figure.seconds:.4f}",
            f"{figure.speed:,.0f}",
            "" if figure is kernel else f"{ratio:,.0f} ×",
            figure.remark,
        )
    console.print(table)
    if len(figures) < 4:
        console.print("AccaSim is not installed: pip install 'adil\\[bench]', or --accasim-python.")


if __name__ == "__main__":
    main()
