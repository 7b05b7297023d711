"""A machine of nodes over time: how many GPUs of each node idle, and whether it is up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.errors import InputError
from simulator.metrics.arrays import Floats, Ints, Mask, order_of
from simulator.metrics.base import Undefined

if TYPE_CHECKING:
    from simulator.metrics.measured import Measured

POOL = Undefined("the machine is a pool")
_DOWN = {"maintenance_start": 1, "failure": 1, "maintenance_end": -1, "repair": -1}
_BITS = 64
"""GPUs that a mask has room for."""


@dataclass(frozen=True)
class Occupancy:
    """Step functions of n nodes: row r holds for its node from ``time[r]`` until that node's next.

    Rows are in the order of nodes, then of time; each node's first row is the run's beginning. Of
    rows of one node and instant only the last lasts.
    """

    node: Ints
    time: Ints
    """s"""
    idle: Ints
    """GPUs of the node that no job holds any part of; 0 while the node is down."""
    up: Mask
    gpus: Ints
    """(n,) GPUs of each node."""
    watts: tuple[Floats, Floats] | Undefined
    """(n,) idle and busy power of each node, W."""
    units: int
    """U: units that jobs.parquet counts a GPU for; above 1 where GPUs are cut into slices."""

    @cached_property
    def by_time(self) -> Ints:
        """Row numbers in the order of time."""
        return order_of(self.time)

    @cached_property
    def times(self) -> Ints:
        """When a node steps, s, ascending; of equal ones only the last lasts."""
        return self.time[self.by_time]

    @cached_property
    def _stepping(self) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """GPUs that idle on the node that steps at each of ``times``: before it, and after."""
        idle = self.idle.astype(np.int16)
        before = np.roll(idle, 1)
        before[_firsts(self.node)] = 0
        return before[self.by_time], idle[self.by_time]

    @cached_property
    def idle_in_all(self) -> Ints:
        """GPUs that idle on all nodes, from each of ``times`` on."""
        before, after = self._stepping
        return np.cumsum(after - before, dtype=np.int64)

    def nodes_with(self, gpus: int) -> Ints:
        """Nodes on which at least so many GPUs idle, 1 or more, from each of ``times`` on."""
        before, after = self._stepping
        return np.cumsum((after >= gpus).astype(np.int8) - (before >= gpus), dtype=np.int64)

    def scattered(self, gpus: int) -> Ints:
        """GPUs that idle on nodes with fewer than ``gpus`` of them, from each of ``times`` on."""
        before, after = self._stepping
        return np.cumsum(after * (after < gpus) - before * (before < gpus), dtype=np.int64)

    def lasting(self, begin: int, end: int) -> Ints:
        """Seconds that each row lasts within [begin, end)."""
        until = np.append(self.time[1:], end)
        until[_firsts(self.node)[1:] - 1] = end
        lasts: Ints = np.clip(until, begin, end) - np.clip(self.time, begin, end)
        return lasts


def lasting(times: Ints, begin: int, end: int) -> Ints:
    """Seconds that each of some ascending times lasts, until the next, within [begin, end)."""
    lasts: Ints = np.diff(np.append(np.clip(times, begin, end), end))
    return lasts


def occupancy(measured: Measured) -> Occupancy | Undefined:
    """Read it from the attempts and events of a run; undefined on a pool.

    Raises InputError where attempts name nodes and the study does not say what they are.
    """
    table = measured.nodes
    if table is None:
        if measured.attempts["nodes"].null_count() < measured.attempts.height:
            raise InputError(
                "attempts name nodes, but the study has no nodes.parquet",
                right="run the study again",
            )
        return POOL
    gpus = table["gpus"].cast(pl.Int64).to_numpy()
    begin, whole = measured.events.select("time", "capacity").row(0)
    units = max(1, whole // max(1, int(gpus.sum())))
    held, start, end, count = _holdings(measured, units)
    changed, changed_at, change = _outages(measured)

    first = np.arange(len(gpus))
    node = np.concatenate([first, held, held, changed])
    time = np.concatenate([np.full(len(gpus), begin), start, end, changed_at])
    order = order_of(node * (time.max() - time.min() + 1) + time)
    none = np.zeros(len(gpus), np.int64)
    busy = np.concatenate([none, count, -count, np.zeros_like(change)])
    away = np.concatenate([none, np.zeros(2 * len(held), np.int64), change])
    node, time = node[order], time[order]
    up = _running_sum(node, away[order]) == 0
    idle = np.where(up, gpus[node] - _running_sum(node, busy[order]), 0)
    return Occupancy(node, time, idle, up, gpus, _watts(table), units)


def _firsts(node: Ints) -> Ints:
    """The first row of each node; every node has one."""
    return np.flatnonzero(np.append(True, node[1:] != node[:-1]))


def _running_sum(node: Ints, amounts: Ints) -> Ints:
    """Sums of the amounts so far, each node's for itself."""
    total = np.cumsum(amounts)
    return total - (total - amounts)[_firsts(node)][node]


def _holdings(measured: Measured, units: int) -> tuple[Ints, Ints, Ints, Ints]:
    """(node, start, end, GPUs): that many GPUs of the node are held in [start, end)."""
    parts = (
        measured.attempts.select("position", "start", "end", "nodes", "gpu_masks")
        .with_columns(pl.col("end").fill_null(measured.horizon))
        .filter(pl.col("end") > pl.col("start"))
        .explode("nodes", "gpu_masks")
        .filter(pl.col("gpu_masks") != 0)
    )
    node = parts["nodes"].cast(pl.Int64).to_numpy()
    start, end, mask = (parts[name].to_numpy() for name in ("start", "end", "gpu_masks"))
    count = np.bitwise_count(mask).astype(np.int64)
    sliced = measured.gpus[parts["position"].to_numpy()] < units
    if not sliced.any():
        return node, start, end, count
    shared = node[sliced] * _BITS + np.log2(mask[sliced]).astype(np.int64)
    gpu, first, last = _merged(shared, start[sliced], end[sliced])
    whole = ~sliced
    return (
        np.append(node[whole], gpu // _BITS),
        np.append(start[whole], first),
        np.append(end[whole], last),
        np.append(count[whole], np.ones_like(gpu)),
    )


def _merged(key: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """The union of the intervals of each key, as (key, start, end)."""
    keys, times = np.append(key, key), np.append(start, end)
    steps = np.repeat([1, -1], len(key))
    # Of one instant starts stay before ends, so that intervals that touch are one.
    order = np.lexsort((times, keys))
    inside = np.cumsum(steps[order])
    opens = order[np.flatnonzero((inside == 1) & (steps[order] == 1))]
    closes = order[np.flatnonzero(inside == 0)]
    return keys[opens], times[opens], times[closes]


def _outages(measured: Measured) -> tuple[Ints, Ints, Ints]:
    """(node, time, ±1): one outage more or less holds the node down."""
    events = (
        measured.events.with_columns(pl.col("kind").cast(pl.String))
        .filter(pl.col("kind").is_in(list(_DOWN)))
        .explode("nodes")
        .drop_nulls("nodes")
    )
    change = events["kind"].replace_strict(_DOWN, return_dtype=pl.Int64)
    return events["nodes"].cast(pl.Int64).to_numpy(), events["time"].to_numpy(), change.to_numpy()


def _watts(table: pl.DataFrame) -> tuple[Floats, Floats] | Undefined:
    if table["idle_watts"].null_count() or table["busy_watts"].null_count():
        unknown = table.filter(pl.col("idle_watts").is_null() | pl.col("busy_watts").is_null())
        kinds = ", ".join(unknown["node_class"].cast(pl.String).unique(maintain_order=True))
        return Undefined(f"no power is stated of the nodes of {kinds}")
    return table["idle_watts"].to_numpy(), table["busy_watts"].to_numpy()
