"""What an order costs: time a job against users, waiting jobs and nodes, on logarithmic axes.

``python benchmarks/orders.py [--jobs N] [--save PICTURE] [--only WORD …]`` replays synthetic jobs
at load 0.9 under EASY and each order with its defaults, prints jobs a second, warm, the best of
two, and draws microseconds a job. *Users*: a pool of 512 units, five users an account. *Waiting*:
so many jobs come at once and nobody after them, so that half as many wait on average. *Nodes*: of 8
GPUs each, with 200 users in 40 accounts.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scaling import ROOT, UNITS, synthetic

sys.path.insert(0, str(ROOT))

from machine import machine

from simulator.cluster.machine import machine_of
from simulator.cluster.models import Nodes
from simulator.engine.run import replay
from simulator.rules.models import Rule
from simulator.scenario.rule_pages import variants

if TYPE_CHECKING:
    from simulator.workload.columns import Jobs

NEEDED: dict[str, dict[str, Any]] = {
    "formula": {"expression": "log10(1 + age) - 2 * held / max(entitled * capacity, 1)"},
    "size_bins": {"bins": [{"gpus": 16, "boost": "2d"}]},
    "multifactor": {"weights": {"age": 1000, "fair_share": 10_000, "job_size": 100}},
}
"""Parameters of orders that have no default for all of them, or none that does much."""
USERS, WAITING, NODES = (20, 200, 2_000, 20_000), (10, 100, 1_000, 10_000), (4, 16, 64, 256)
ALONG = {"users": USERS, "waiting jobs": WAITING, "nodes of 8 GPUs": NODES}
LINES = ("-", "--", ":")


def rule_of(word: str) -> Rule:
    """The order under EASY; usage as Slurm fades it where it is made anew at ticks."""
    rule = Rule.model_validate({"ordering": {"kind": word, **NEEDED.get(word, {})}})
    if getattr(rule.ordering, "looks_at_usage", False) and getattr(rule.ordering, "period", 0):
        accounting = {"fade": "slurm"}
        rule = Rule.model_validate(
            {**rule.model_dump(exclude_unset=True), "accounting": accounting}
        )
    return rule


def microseconds(jobs: Jobs, where: Any, rule: Rule) -> float:
    """For each job, the best of two."""
    return min(replay(jobs, where, rule).seconds for _ in range(2)) / len(jobs) * 1e6


def nodes(count: int) -> Any:
    """A machine of so many nodes of 8 GPUs."""
    settings = {"kind": "nodes", "classes": {"n": {"count": count, "gpus": 8}}}
    return machine_of(Nodes.model_validate(settings), Path())


def measured(rule: Rule, jobs: int) -> dict[str, list[float]]:
    """Microseconds a job along each axis."""
    at_once = [replace(log, submit=np.zeros(len(log), np.int64)) for log in map(synthetic, WAITING)]
    return {
        "users": [
            microseconds(synthetic(jobs, users=users, accounts=users // 5), UNITS, rule)
            for users in USERS
        ],
        "waiting jobs": [microseconds(log, UNITS, rule) for log in at_once],
        "nodes of 8 GPUs": [
            microseconds(synthetic(jobs // 4, units=count * 8), nodes(count), rule)
            for count in NODES
        ],
    }


def table(along: str, costs: dict[str, list[float]]) -> Table:
    """Jobs a second, a row an order, a column a size."""
    result = Table("", *(f"{size:,}" for size in ALONG[along]), title=f"jobs a second, by {along}")
    for word, each in costs.items():
        result.add_row(word, *(f"{1e6 / cost:,.0f}" for cost in each))
    return result


def drawn(found: dict[str, dict[str, list[float]]], path: Path) -> None:
    """A panel for each axis, a line for each order."""
    figure, panels = plt.subplots(1, 3, figsize=(15, 5.5), sharey=True, layout="constrained")
    colours = plt.get_cmap("tab10")
    for panel, (name, ticks) in zip(panels, ALONG.items(), strict=True):
        for number, (word, costs) in enumerate(found.items()):
            style = {"color": colours(number % 10), "linestyle": LINES[number // 10 % 3]}
            panel.loglog(ticks, costs[name], marker="o", markersize=3, label=word, **style)
        panel.set_xlabel(name)
        panel.grid(visible=True, which="major", alpha=0.4)
    panels[0].set_ylabel("µs a job, replay alone")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    figure.suptitle(f"What an order costs, EASY, load 0.9\n{machine()}", fontsize=10)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Measure, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--save", type=Path, default=ROOT / "benchmarks" / "orders.png")
    parser.add_argument("--only", nargs="+", default=list(variants("ordering")))
    given = parser.parse_args()
    found = {
        word: measured(rule_of(word), given.jobs)
        for word in track(given.only, "orders", transient=True)
    }
    for name in ALONG:
        Console().print(table(name, {word: costs[name] for word, costs in found.items()}))
    drawn(found, given.save)


if __name__ == "__main__":
    main()
