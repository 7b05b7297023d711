"""A small machine of nodes, and jobs for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from simulator.cluster.machine import Machine, machine_of
from simulator.cluster.models import Nodes
from simulator.engine.run import Outcome
from simulator.workload.columns import Jobs


def settings(count: int, gpus: int = 8, **more: Any) -> Nodes:
    """So many nodes of so many GPUs."""
    return Nodes.model_validate(
        {"kind": "nodes", "classes": {"n": {"count": count, "gpus": gpus}}, **more}
    )


def machine(count: int, gpus: int = 8) -> Machine:
    return machine_of(settings(count, gpus), Path())


def jobs(*rows: tuple[int, int, int, int]) -> Jobs:
    """Jobs of (submit, run time, walltime, GPUs)."""
    submit, run_time, walltime, gpus = (
        np.array(column, np.int64) for column in zip(*rows, strict=True)
    )
    nobody = np.zeros(len(rows), np.int32)
    return Jobs(
        np.arange(1, len(rows) + 1),
        submit,
        run_time,
        walltime,
        gpus,
        nobody,
        nobody,
        nobody,
        ("user",),
        ("account",),
        ("class",),
    )


def lives(outcome: Outcome) -> list[tuple[int, int | None, str, str]]:
    """Start, end, reason and cause of each attempt, by job and attempt."""
    rows = outcome.attempts.sort_by([("position", "ascending"), ("attempt", "ascending")])
    columns = ("start", "end", "reason", "cause")
    return [tuple(row[name] for name in columns) for row in rows.to_pylist()]
