"""Every metric by name."""

from __future__ import annotations

from simulator.errors import InputError, nearest
from simulator.metrics import (
    applications,
    deadlines,
    demands,
    efficiency,
    idle,
    losses,
    nodes,
    service,
    usage,
    windows,
)
from simulator.metrics.base import Metric

METRICS: dict[str, Metric] = {
    each.name: each
    for module in (
        demands,
        service,
        efficiency,
        idle,
        nodes,
        losses,
        windows,
        usage,
        applications,
        deadlines,
    )
    for each in module.METRICS
}


def metric(name: str) -> Metric:
    """The metric of this name. Raises InputError, with the nearest name, if there is none."""
    try:
        return METRICS[name]
    except KeyError:
        raise InputError(f"no metric is named {name!r}", right=nearest(name, METRICS)) from None
