"""What a run on nodes knows beside ``State``: the nodes, what jobs ask of them, who holds what."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.state import FAR, Bytes, Ints

Shorts = NDArray[np.int16]

# Places in ``Grid.totals``.
ENTRIES = 0
"""Entries of ``Held`` written so far."""
ROWS = 1
"""Rows of the plan."""
PLENTY = 2
"""1: no job asks for CPUs, memory, slices or a whole node, so whole GPUs alone decide."""
SETTLED = 3
"""EASY: 1: a job was refused for the head's sake; 2: and another has started since; else 0."""
HEAD_NODES = 4
"""EASY: nodes that the head could use at its shadow time."""
UNITS = 5
"""U: units that a GPU counts for."""
CHOSEN_GPU = 6
"""For a job of slices: which GPU of the chosen node."""
SLICED = 7
"""1: some job asks for slices, so that GPUs are counted one by one."""
HEEDED = 8
"""1: ``Scratch.head`` holds, and whoever is placed keeps clear of the head where nodes tie."""
BOOKED = 9
"""Entries of ``Held`` for all attempts that have been or are known to come."""
TOTALS = 10

# Columns of ``Mix.kinds``.
JOBS, GPUS, SLICES, CPUS, MEMORY, ALLOWED, EXCLUSIVE = range(7)
MIX_COLUMNS = 7


class Site(NamedTuple):
    """The nodes as they were bought; a row is a node number."""

    gpus: Ints
    cpus: Ints
    memory: Ints
    leaf: Ints
    gpu_type: Ints
    """Type of its GPUs, −1 without any."""
    slice_units: Ints
    """Units that a slice of the node's GPUs counts for."""
    allowed: Bytes
    """(sets, nodes): which nodes each set of jobs may use, by GPU type and partition."""


class Room(NamedTuple):
    """What is free on each node; nothing is on a node that is down."""

    free: Ints
    """GPUs that are wholly free."""
    cpus: Ints
    memory: Ints
    tenants: Ints
    """Jobs on the node; −1 if it is down or held by an exclusive job."""
    units: Ints
    """(nodes, most GPUs): units free on each GPU; without meaning where nobody asks for slices."""
    sliced: Ints
    """Jobs of slices on the node."""


class Requests(NamedTuple):
    """What each job asks for; a row is a position."""

    nodes: Ints
    """On how many nodes."""
    gpus: Ints
    """GPUs on each of them."""
    slices: Ints
    """Slices of one GPU instead."""
    cpus: Ints
    memory: Ints
    allowed: Ints
    """A row of ``Site.allowed``."""
    exclusive: Bytes


class Saves(NamedTuple):
    """Checkpoints; a row is a position."""

    period: Ints
    """Seconds of work between two; FAR: it takes none."""
    write: Ints
    restart: Ints
    saved: Ints
    """Seconds of work that need not be done again."""


class Held(NamedTuple):
    """Which nodes and GPUs each attempt got, in the order of starts."""

    node: Ints
    mask: Ints
    """Bit g: GPU g of the node."""
    first: Ints
    """By position: the first entry of its last attempt."""


class Plan(NamedTuple):
    """The future by nodes: (rows, nodes), each row from its time until the next row's."""

    time: Ints
    slot: Ints
    """Where each row's data lie."""
    free: Shorts
    at_least: Shorts
    """(rows, most GPUs + 1): nodes with at least so many GPUs free."""
    cpus: Ints
    memory: Ints
    tenants: Shorts


class Mix(NamedTuple):
    """The typical requests, for a placement that asks; empty for the others."""

    kinds: Ints
    """A row a type: how many jobs are of it, and what each asks of one node."""
    useless: Ints
    """(nodes, most GPUs + 1): jobs of all types that cannot use so many GPUs of the node."""
    usable: Ints
    """Room to work in, an entry a type: units of a node that it can use."""


class Scratch(NamedTuple):
    """Room to work in, an entry a node."""

    choice: Ints
    """Nodes chosen, best first."""
    score: Ints
    usable: Bytes
    least: Ints
    """The fewest GPUs free on the node over the rows of a place."""
    away_from: Ints
    """When the next outage that plans know of begins."""
    back_at: Ints
    """When the node is back, if it is away and plans know; else FAR."""
    head: Bytes
    """1: the head would get the node at its shadow time; holds while HEEDED is 1."""
    by_leaf: Ints
    """An entry a leaf."""


class Grid(NamedTuple):
    """All of it."""

    site: Site
    now: Room
    then: Room
    """At the head's shadow time."""
    gpu_mask: Ints
    """Bit g: GPU g of the node is free."""
    counts: Ints
    """(sets, most GPUs + 1): allowed nodes with exactly so many GPUs free."""
    requests: Requests
    saves: Saves
    held: Held
    plan: Plan
    away: Bytes
    """(outages, nodes): which nodes each entry of ``State.outages`` takes."""
    closings: Ints
    """How many outages the node is in; it is up at 0."""
    scratch: Scratch
    mix: Mix
    totals: Ints


def new_plan(rows: int, nodes: int, most: int, *, plenty: bool) -> Plan:
    """Room for a plan of so many rows; where GPUs alone decide the other resources have none."""
    wide = (1, 1) if plenty else (rows, nodes)
    return Plan(
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty((rows, nodes), np.int16),
        np.empty((rows, most + 1), np.int16),
        np.empty(wide, np.int64),
        np.empty(wide, np.int64),
        np.empty(wide, np.int16),
    )


def grid_at_start(
    site: Site, requests: Requests, saves: Saves, mix: Mix, known_outages: int, units: int
) -> Grid:
    """All nodes up and empty; a GPU counts for so many ``units``."""
    nodes, jobs = len(site.gpus), len(requests.nodes)
    asked = (requests.cpus, requests.memory, requests.slices, requests.exclusive)
    plenty = not any(column.any() for column in asked)
    most = int(site.gpus.max(initial=0))
    counts = np.stack(
        [np.bincount(site.gpus[row == 1], minlength=most + 1) for row in site.allowed]
    ).astype(np.int64)
    totals = np.zeros(TOTALS, np.int64)
    totals[PLENTY], totals[UNITS], totals[BOOKED] = plenty, units, requests.nodes.sum()
    whole = np.zeros((1, 1), np.int64)
    if requests.slices.any():
        totals[SLICED] = 1
        whole = np.where(np.arange(most) < site.gpus[:, np.newaxis], units, 0).astype(np.int64)

    def ints(length: int) -> Ints:
        return np.empty(length, np.int64)

    def room() -> Room:
        copies = (site.gpus.copy(), site.cpus.copy(), site.memory.copy())
        return Room(*copies, np.zeros(nodes, np.int64), whole.copy(), np.zeros(nodes, np.int64))

    return Grid(
        site,
        room(),
        room(),
        (1 << site.gpus) - 1,
        counts,
        requests,
        saves,
        Held(ints(int(requests.nodes.sum())), ints(int(requests.nodes.sum())), ints(jobs)),
        new_plan(256, nodes, most, plenty=plenty),
        np.zeros((known_outages, nodes), np.int8),
        np.zeros(nodes, np.int64),
        Scratch(
            ints(nodes),
            ints(nodes),
            np.empty(nodes, np.int8),
            ints(nodes),
            np.full(nodes, FAR, np.int64),
            np.full(nodes, FAR, np.int64),
            np.zeros(nodes, np.int8),
            ints(int(site.leaf.max(initial=-1)) + 1),
        ),
        mix,
        totals,
    )


def longer_plan(grid: Grid) -> Grid:
    """The same grid with room for a plan of twice as many rows; the present plan is void."""
    rows, nodes = grid.plan.free.shape
    grid.totals[ROWS] = 0
    most = grid.plan.at_least.shape[1] - 1
    plan = new_plan(2 * rows, nodes, most, plenty=bool(grid.totals[PLENTY]))
    return grid._replace(plan=plan)


def longer_held(grid: Grid) -> Grid:
    """The same grid with room for twice as many entries of who holds what as are booked."""
    entries = 2 * int(grid.totals[BOOKED])
    node, mask = np.empty(entries, np.int64), np.empty(entries, np.int64)
    used = int(grid.totals[ENTRIES])
    node[:used], mask[:used] = grid.held.node[:used], grid.held.mask[:used]
    return grid._replace(held=grid.held._replace(node=node, mask=mask))
