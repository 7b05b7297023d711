"""What only a machine of nodes can be measured by."""

from __future__ import annotations

import numpy as np

from simulator.metrics.base import HELD, Metric, Undefined, Value
from simulator.metrics.fragmentation import fragmentation, measured_span, stranded_gpus
from simulator.metrics.leaves import leaves_per_gang
from simulator.metrics.measured import Measured

JOULES = 3_600_000
"""In a kWh."""


def node_availability(measured: Measured) -> Value:
    """Node-seconds up/node-seconds, from the end of warm-up to the last arrival."""
    over, during = measured.occupancy, measured_span(measured)
    if isinstance(over, Undefined):
        return over
    if isinstance(during, Undefined):
        return during
    up = float(over.lasting(*during)[over.up].sum())
    return up / (len(over.gpus) * (during[1] - during[0]))


def energy(measured: Measured) -> Value:
    """kWh of all nodes over the whole run, from the machine's first instant to the last end.

    A node that is up draws its idle power, and in proportion to its GPUs that jobs hold up to its
    busy power; one that is down draws nothing. A node without GPUs counts as idle.
    """
    over = measured.occupancy
    if isinstance(over, Undefined):
        return over
    power = over.watts
    if isinstance(power, Undefined):
        return power
    idle, busy = (each[over.node] for each in power)
    gpus = over.gpus[over.node]
    drawn = idle + (busy - idle) * np.where(gpus > 0, gpus - over.idle, 0) / np.maximum(1, gpus)
    lasts = over.lasting(int(over.times[0]), measured.horizon)
    return float((drawn * lasts)[over.up].sum()) / JOULES


_SPAN = "from the end of warm-up to the last arrival"

METRICS = (
    Metric(
        "node_availability",
        "node availability",
        f"node-hours up/node-hours, {_SPAN}",
        "share",
        "none",
        "machine",
        "",
        "jobs do not matter",
        False,
        node_availability,
    ),
    Metric(
        "fragmentation",
        "fragmentation",
        "∫ Σ over shapes (k nodes × m GPUs) of share of the jobs × idle GPUs that the shape cannot "
        f"use dt/∫ idle GPUs dt, {_SPAN}; a shape cannot use those of nodes with fewer than m idle,"
        " and none while fewer than k nodes have m",
        "share",
        "lower",
        "machine",
        "Weng et al. 2023, Beware of Fragmentation, USENIX ATC",
        HELD,
        True,
        fragmentation,
    ),
    Metric(
        "stranded_gpus",
        "GPUs stranded",
        "∫ size of the largest waiting job k × m with k·m ≤ idle GPUs, but fewer than k nodes with "
        f"m of them idle, dt/T, {_SPAN}",
        "GPUs",
        "lower",
        "machine",
        "",
        "counted while it waits",
        True,
        stranded_gpus,
    ),
    Metric(
        "leaves_per_gang",
        "leaf switches a job of several nodes",
        "Σ over attempts of jobs on several nodes of leaf switches that their nodes lie on/number "
        "of such attempts",
        "",
        "lower",
        "machine",
        "",
        "their attempts count",
        True,
        leaves_per_gang,
    ),
    Metric(
        "energy",
        "energy",
        "Σ over nodes of ∫ idle power + (busy − idle power) × part of its GPUs that jobs hold dt "
        "while it is up, over the whole run",
        "kWh",
        "lower",
        "machine",
        "linear in utilisation: Fan, Weber & Barroso 2007, ISCA",
        HELD,
        True,
        energy,
    ),
)
