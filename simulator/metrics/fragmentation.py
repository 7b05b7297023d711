"""Idle GPUs that are of no use, because they lie on too many nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.distinct import distinct
from simulator.metrics.arrays import Ints, Mask, ascending
from simulator.metrics.base import Undefined, Value
from simulator.metrics.measured import Measured
from simulator.metrics.occupancy import Occupancy, lasting


@dataclass(frozen=True, slots=True)
class Shapes:
    """The s distinct shapes (k nodes × m GPUs) of the counted jobs that ask for GPUs.

    A job of a part of a GPU is of shape 1 × 1: it fits wherever a GPU is idle.
    """

    nodes: Ints
    """(s,) k"""
    gpus: Ints
    """(s,) m"""
    jobs: Ints
    """(s,) how many jobs are of each."""
    of_job: Ints
    """(n,) row of each job's shape; −1 if it asks for no GPU or does not count."""


def shapes_of(measured: Measured, units: int) -> Shapes:
    """The shapes of a run's jobs; ``units`` of jobs.parquet are a GPU."""
    asked = np.flatnonzero(measured.counted & (measured.gpus > 0))
    nodes = np.maximum(1, measured.column("nodes")[asked])
    gpus = -(-measured.gpus[asked] // (nodes * units))
    shapes = distinct(nodes, gpus)
    of_job = np.full(len(measured.gpus), -1)
    of_job[asked] = shapes.which
    return Shapes(shapes.rows[:, 0], shapes.rows[:, 1], shapes.counts, of_job)


def measured_span(measured: Measured) -> tuple[int, int] | Undefined:
    """From the end of warm-up to the last arrival, s."""
    if measured.last_arrival <= measured.begin:
        return Undefined("the warm-up ends no earlier than the last job arrives")
    return measured.begin, measured.last_arrival


def fragmentation(measured: Measured) -> Value:
    """∫ Σ_shapes share of the jobs × idle GPUs that the shape cannot use dt/∫ idle GPUs dt.

    A shape of k × m cannot use the idle GPUs of nodes with fewer than m of them, and none at all
    while fewer than k nodes have m. Weng et al. 2023, "Beware of Fragmentation", ATC; gangs are our
    addition. CPUs, memory, GPU types and partitions are left aside.
    """
    over, span = measured.occupancy, measured_span(measured)
    if isinstance(over, Undefined):
        return over
    if isinstance(span, Undefined):
        return span
    shapes, lasts = shapes_of(measured, over.units), lasting(over.times, *span)
    whole = float(over.idle_in_all @ lasts)
    if not len(shapes.jobs):
        return Undefined("no job asks for GPUs")
    if not whole:
        return Undefined("no GPU was ever idle")
    useless = sum(float(_useless(over, shapes, int(m)) @ lasts) for m in np.unique(shapes.gpus))
    return useless / whole / int(shapes.jobs.sum())


def _useless(over: Occupancy, shapes: Shapes, gpus: int) -> Ints:
    """Σ over the jobs with so many GPUs a node of the idle GPUs that they cannot use."""
    mine = shapes.gpus == gpus
    scattered, suited = over.scattered(gpus), over.nodes_with(gpus)
    # Jobs that ask for more nodes than c, for every number c of nodes that suit.
    by_nodes = np.bincount(shapes.nodes[mine], shapes.jobs[mine], len(over.gpus) + 1)
    larger = (by_nodes.sum() - np.cumsum(by_nodes)).astype(np.int64)[suited]
    together = over.idle_in_all - scattered
    useless: Ints = scattered * int(shapes.jobs[mine].sum()) + together * larger
    return useless


def stranded_gpus(measured: Measured) -> Value:
    """Time average of the GPUs of the largest waiting job that placement alone keeps from starting.

    Such a job of k × m asks for no more GPUs than idle on all nodes that are up, k·m ≤ idle, but
    fewer than k nodes have m of them idle; 0 while there is none. It would fit on a pool.
    """
    over, span = measured.occupancy, measured_span(measured)
    if isinstance(over, Undefined):
        return over
    if isinstance(span, Undefined):
        return span
    shapes, waited = shapes_of(measured, over.units), measured.spells.waited
    lasting_wait = (waited.end > waited.start) & (shapes.of_job[waited.job] >= 0)
    shape = shapes.of_job[waited.job[lasting_wait]]
    start, end = waited.start[lasting_wait], waited.end[lasting_wait]
    times = ascending(over.times, start, end)
    begun, over_by = np.searchsorted(times, start), np.searchsorted(times, end)
    now = np.searchsorted(over.times, times, side="right") - 1
    suited = {m: over.nodes_with(m) for m in np.unique(shapes.gpus)}
    stranded = np.zeros(len(times), np.int64)
    for row in np.argsort(shapes.nodes * shapes.gpus):
        size = shapes.nodes[row] * shapes.gpus[row]
        barred = (over.idle_in_all >= size) & (suited[shapes.gpus[row]] < shapes.nodes[row])
        mine = shape == row
        if barred.any() and mine.any():
            wait = _some(begun[mine], over_by[mine], len(times))
            stranded[wait & barred[now] & (now >= 0)] = size
    return float(stranded @ lasting(times, *span)) / (span[1] - span[0])


def _some(starts: Ints, ends: Ints, count: int) -> Mask:
    """At which of ``count`` places any of the intervals [start, end) of places is under way."""
    inside = np.bincount(starts, minlength=count) - np.bincount(ends, minlength=count)
    return np.cumsum(inside) > 0
