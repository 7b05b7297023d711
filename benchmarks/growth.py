"""How time grows on nodes of 8 GPUs: with their number, and with the length of the queue.

``python benchmarks/growth.py [--out PICTURE] [--jobs N] [--twin-jobs N] [--patience SECONDS]``
prints both as tables, beside the SimPy twin, and draws them on logarithmic axes. The jobs are those
of ``scaling.py``: those of more than 8 GPUs take whole nodes.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from machine import machine as computer  # noqa: E402
from scaling import LOAD, synthetic  # noqa: E402
from twin.nodes import engine, twin  # noqa: E402
from twin.nodes.model import Node  # noqa: E402
from twin.nodes.model import Rule as TwinRule  # noqa: E402
from twins import on_nodes_of  # noqa: E402

from simulator.engine.run import Outcome, replay  # noqa: E402
from simulator.rules.models import Rule  # noqa: E402
from simulator.workload.columns import Jobs  # noqa: E402

mpl.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

GPUS = 8
NODES = (64, 128, 256, 512, 1024, 2048, 4096)
QUEUES = (10, 100, 1_000, 10_000, 100_000)
ARRIVALS = 2_000
"""Jobs that come while the queue has its length."""
RULES = {
    "none": Rule.model_validate({"backfill": "none"}),
    "easy": Rule.model_validate({"backfill": "easy"}),
    "4 places": Rule.model_validate({"backfill": {"kind": "reservations", "k": 4}}),
    "conservative": Rule.model_validate({"backfill": "conservative"}),
}
BY_QUEUE = RULES | {
    "easy, 8 jobs a user": Rule.model_validate({"limits": {"few": {"per": "user", "jobs": 8}}})
}
"""With a limit most jobs of the queue are held back, and let go at each end of a job."""
Series = dict[str, list[tuple[int, float]]]
"""Of each rule: how many nodes or jobs, and seconds."""


def on_nodes(jobs: Jobs, nodes: int, rule: Rule, *, end: str = "drain") -> Outcome:
    """One run on so many nodes."""
    return replay(jobs, engine.machine([Node(GPUS)] * nodes), rule, end=end)


def by_nodes(count: int, patience: float) -> Series:
    """Seconds a job at a load of 0.9, until a run takes longer than ``patience``."""
    found: Series = {name: [] for name in RULES}
    for name, rule in RULES.items():
        for nodes in NODES:
            outcome = on_nodes(synthetic(count, GPUS * nodes), nodes, rule)
            found[name].append((nodes, outcome.seconds / count))
            if outcome.seconds > patience:
                break
    return found


def with_queue(length: int, nodes: int) -> Jobs:
    """So many jobs that wait from the beginning, and others at a load of 1 keep them as many."""
    jobs = synthetic(length + ARRIVALS, GPUS * nodes, 1.0)
    late = np.arange(len(jobs)) >= length
    return replace(jobs, submit=np.where(late, jobs.submit - jobs.submit[length], 0))


def by_queue(nodes: int, patience: float) -> Series:
    """Seconds a pass, by how many jobs wait, until a run takes longer than ``patience``."""
    found: Series = {name: [] for name in BY_QUEUE}
    for name, rule in BY_QUEUE.items():
        for length in QUEUES:
            outcome = on_nodes(with_queue(length, nodes), nodes, rule, end="cut")
            found[name].append((length, outcome.seconds / outcome.passes))
            if outcome.seconds > patience:
                break
    return found


def twin_seconds(count: int, nodes: int, backfill: str) -> float:
    """Seconds a job of the SimPy twin."""
    asked = on_nodes_of(GPUS, synthetic(count, GPUS * nodes))
    began = time.perf_counter()
    twin.simulate(asked, [Node(GPUS)] * nodes, TwinRule(backfill=backfill))
    return (time.perf_counter() - began) / count


def table(title: str, unit: str, series: Series, scale: float) -> Table:
    """A row a rule, a column a size."""
    sizes = sorted({size for points in series.values() for size, _ in points})
    result = Table("", *(f"{size:,}" for size in sizes), title=title, caption=computer())
    for name, points in series.items():
        values = {size: f"{seconds * scale:,.1f} {unit}" for size, seconds in points}
        result.add_row(name, *(values.get(size, "–") for size in sizes))
    return result


def draw(nodes: Series, queue: Series, path: Path) -> None:
    """Both, on logarithmic axes."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for axis, series, across, up in (
        (axes[0], nodes, "nodes of 8 GPUs", f"µs a job, load {LOAD}"),
        (axes[1], queue, "jobs waiting, on 64 nodes", "µs a pass"),
    ):
        for name, points in series.items():
            sizes, seconds = zip(*points, strict=True)
            axis.loglog(sizes, np.array(seconds) * 1e6, "o-", label=name)
        axis.set_xlabel(across)
        axis.set_ylabel(up)
        axis.grid(visible=True, which="major", alpha=0.4)
        axis.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "results/growth.png")
    parser.add_argument("--jobs", type=int, default=50_000, help="jobs of a run by nodes")
    parser.add_argument("--twin-jobs", type=int, default=300)
    parser.add_argument("--patience", type=float, default=20.0, help="seconds of the longest run")
    return parser.parse_args()


def main() -> None:
    """Measure, print and draw."""
    given, console = arguments(), Console()
    for rule in BY_QUEUE.values():
        on_nodes(synthetic(100, GPUS * 64), 64, rule)
    nodes = by_nodes(given.jobs, given.patience)
    queue = by_queue(64, given.patience)
    console.print(table("Time a job by nodes", "µs", nodes, 1e6))
    console.print(table("Time a pass by jobs waiting, on 64 nodes", "µs", queue, 1e6))
    beside = Table("", "jobs/s", "SimPy twin, jobs/s", "faster by", title="On 64 nodes")
    for name in ("none", "easy", "conservative"):
        ours, theirs = nodes[name][0][1], twin_seconds(given.twin_jobs, 64, name)
        beside.add_row(name, f"{1 / ours:,.0f}", f"{1 / theirs:,.1f}", f"{theirs / ours:,.0f} ×")
    console.print(beside)
    draw(nodes, queue, given.out)
    console.print(f"drawn: {given.out}")


if __name__ == "__main__":
    main()
