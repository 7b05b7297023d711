"""Nodes and leaf switches that fail at random: a SimPy process for each, on streams of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
from simpy.events import Event

from simulator.cluster.machine import Machine
from simulator.cluster.outages.models import Failures, Repair
from simulator.engine.outages import Happenings
from simulator.engine.world import Outage
from simulator.kernels.state import FAR, Ints
from simulator.streams import Streams

Draw = Callable[[], int]
"""A time, in whole seconds, at least 1."""


def _seconds(drawn: float) -> int:
    return max(1, math.ceil(drawn))


def _until_failure(generator: np.random.Generator, mean: int, shape: float) -> Draw:
    """Weibull times of this mean: scale = mean/Γ(1 + 1/shape)."""
    scale = mean / math.gamma(1 + 1 / shape)
    return lambda: _seconds(scale * generator.weibull(shape))


def _until_repair(generator: np.random.Generator, repair: Repair) -> Draw:
    """Lognormal times of this median."""
    return lambda: _seconds(repair.median * math.exp(repair.sigma * generator.standard_normal()))


def _fail_again_and_again(
    happenings: Happenings,
    failures: Failures,
    machine: Machine,
    nodes: Ints,
    draws: tuple[Draw, Draw],
) -> Generator[Event, Any, None]:
    """The life of one node, or of the nodes of one leaf."""
    clock, (up, down) = happenings.clock, draws
    requeues = FAR if failures.max_requeues is None else failures.max_requeues
    while True:
        yield clock.timeout(up())
        now, repair = int(clock.now), down()
        outage = Outage(
            "failure",
            now,
            now + repair,
            int(machine.gpus[nodes].sum()) * machine.slices,
            FAR,
            failures.repair_known,
            0 if failures.on_failure == "lost" else requeues,
            nodes,
        )
        owner = happenings.new_owner()
        happenings.gone(owner, outage)
        yield clock.timeout(repair)
        happenings.back(owner, outage)


def start_failures(
    happenings: Happenings, failures: Failures, machine: Machine, streams: Streams
) -> None:
    """Start the processes. What a node draws shifts no other and is the same under every rule."""
    clock = happenings.clock
    if failures.mtbf is not None:
        for node, name in enumerate(machine.names):
            up = _until_failure(streams.take("failures", name), failures.mtbf, failures.shape)
            down = _until_repair(streams.take("repairs", name), failures.repair)
            alone = np.array([node], np.int64)
            clock.process(_fail_again_and_again(happenings, failures, machine, alone, (up, down)))
    if failures.leaf_mtbf is not None:
        for leaf, name in enumerate(machine.leaves):
            up = _until_failure(streams.take("leaf_failures", name), failures.leaf_mtbf, 1.0)
            repair = failures.leaf_repair or failures.repair
            down = _until_repair(streams.take("leaf_repairs", name), repair)
            nodes = np.flatnonzero(machine.leaf == leaf)
            clock.process(_fail_again_and_again(happenings, failures, machine, nodes, (up, down)))


def most_at_once(failures: Failures | None, machine: int | Machine) -> int:
    """How many failures plans may know of at a time."""
    if failures is None or isinstance(machine, int) or not failures.repair_known:
        return 0
    return len(machine) + len(machine.leaves)
