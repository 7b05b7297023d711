"""The few numbers that a single replay is summed up in, from its tables in memory."""

from __future__ import annotations

from typing import Any

from simulator.metrics.base import Undefined
from simulator.metrics.measured import Measured
from simulator.metrics.registry import metric
from simulator.results.reader import Tables

NAMES = (
    "mean_wait",
    "median_wait",
    "mean_bounded_slowdown",
    "median_bounded_slowdown",
    "utilisation",
    "makespan",
    "refused_jobs",
    "unfinished_jobs",
)


def summary(tables: Tables) -> dict[str, Any]:
    """Metrics of a run without a warm-up; None for one that is undefined."""
    comparison = {
        "baseline": "replay",
        "metrics": (),
        "confidence": 0.95,
        "reading": "person",
        "entitlement": {},
        "priority_classes": (),
        "warm_up": 0,
        "window": 604_800,
    }
    cluster = {"kind": "pool" if tables.nodes is None else "nodes"}
    scenario = {"cluster": cluster, "comparison": comparison}
    manifest = {"scenario": scenario, "rules": {"replay": "replay"}}
    measured = Measured(tables, manifest)
    values = {name: metric(name).compute(measured) for name in NAMES}
    return {name: None if isinstance(value, Undefined) else value for name, value in values.items()}
