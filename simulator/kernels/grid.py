"""What a run on nodes knows beside ``State``: the nodes, what jobs ask of them, who holds what."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.kernels.shared import shared
from simulator.kernels.state import FAR, Bytes, Ints
from simulator.kernels.words import words_for, words_of

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
SOUGHT = 10
"""How often a shadow time has been sought: what ``Scratch.seen`` says since when it holds."""
STALE = 11
"""EASY: how often what ``Scratch.latest`` says has ceased to hold."""
NEXT_AWAY = 12
"""When the next outage that plans know of takes a node."""
GATHERED = 13
"""The STALE in which ``Rights.victims`` were listed for all of a rank, and ``Scratch.gain``."""
FOR_RANK = 14
"""That rank."""
VICTIMS = 15
"""How many are listed."""
OF_VICTIMS = 16
"""Units that they have, at most."""
COUNTED_LATER = 17
"""The STALE in which ``Scratch.later`` was counted for them."""
TOTALS = 18

# Columns of ``Mix.kinds``.
JOBS, GPUS, SLICES, CPUS, MEMORY, ALLOWED, EXCLUSIVE = range(7)
MIX_COLUMNS = 7


@shared
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


@shared
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


@shared
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


@shared
class Saves(NamedTuple):
    """Checkpoints; a row is a position. Work is counted in seconds at speed 1,000."""

    period: Ints
    """Work between two; FAR: it takes none."""
    write: Ints
    """Seconds that writing one takes, whatever the speed."""
    restart: Ints
    """Seconds that reading it takes."""
    saved: Ints
    """Work that need not be done again."""


@shared
class Speeds(NamedTuple):
    """How fast jobs work, in thousandths of the speed that run times are given for."""

    row: Ints
    """By position: a row of ``of_node``; empty where every job works at 1,000 everywhere."""
    of_node: Ints
    """(rows, nodes)"""


@shared
class Held(NamedTuple):
    """Which nodes and GPUs each attempt got, in the order of starts."""

    node: Ints
    mask: Ints
    """Bit g: GPU g of the node."""
    first: Ints
    """By position: the first entry of its last attempt."""


@shared
class Kept(NamedTuple):
    """The nodes of places that are kept from pass to pass."""

    node: Ints
    first: Ints
    """By position: the first entry of its place."""


@shared
class Plan(NamedTuple):
    """The future by nodes: (rows, nodes), each row from its time until the next row's."""

    time: Ints
    slot: Ints
    """Where each row's data lie."""
    at_least: Ints
    """(rows, most GPUs + 1, words): nodes with at least so many GPUs free, as bits; a node that is
    away has not even 0."""
    cpus: Ints
    memory: Ints
    tenants: Ints
    taken: Ints
    """(rows, nodes, most GPUs): units of each GPU that slices take; where nobody asks for slices it
    has no meaning."""


@shared
class Mix(NamedTuple):
    """The typical requests, for a placement that asks; empty for the others."""

    kinds: Ints
    """A row a type: how many jobs are of it, and what each asks of one node."""
    useless: Ints
    """(nodes, most GPUs + 1): jobs of all types that cannot use so many GPUs of the node."""
    usable: Ints
    """Room to work in, an entry a type: units of a node that it can use."""


@shared
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
    seen: Ints
    """The ``SOUGHT`` for which ``Grid.then`` holds the node."""
    common: Ints
    """A set of nodes, as bits: those with enough GPUs in all rows of a place."""
    levels: Ints
    """(most GPUs + 2, words): those with at least so many in all of them."""
    ready: Ints
    """A set of nodes, as bits: those that the head could use by what is free on them."""
    latest: Ints
    """By kind of request: until when a job must end to be worth a choice of nodes."""
    noted: Ints
    """By kind of request: the ``STALE`` for which ``latest`` holds."""
    in_vain: Ints
    """(kinds of request, 3): the ``STALE``, rank and stay of a job for which all others of lower
    ranks would have stopped in vain."""
    gain: Ints
    """GPUs of the node that the possible victims have who were counted last, at least."""
    later: Ints
    """And that those have who would be there at the head's time."""
    idle: Ints
    """CPUs of the node that no running job has, those left aside that are suspended."""


@shared
class Grid(NamedTuple):
    """All of it."""

    site: Site
    now: Room
    then: Room
    """At the head's shadow time, for nodes that have been looked at since it was sought: those that
    have changed since, or will by then. On the others it is as now."""
    gpu_mask: Ints
    """Bit g: GPU g of the node is free."""
    members: Ints
    """(sets, words): ``Site.allowed`` as bits."""
    at_least: Ints
    """(sets, most GPUs + 1): how many allowed nodes have at least so many GPUs free."""
    by_free: Ints
    """(sets, most GPUs + 1, words): which allowed nodes have exactly so many, as bits."""
    requests: Requests
    looks: Ints
    """By position: its nodes, its row of ``at_least`` and its GPUs, in one number."""
    kinds: Ints
    """By position: jobs of the same number in ``looks`` are of one kind."""
    saves: Saves
    speeds: Speeds
    held: Held
    kept: Kept
    plan: Plan
    away: Ints
    """(outages, words): which nodes each entry of ``State.outages`` takes, as bits."""
    closings: Ints
    """How many outages the node is in; it is up at 0."""
    scratch: Scratch
    mix: Mix
    totals: Ints


def new_plan(rows: int, nodes: int, most: int, *, plenty: bool, sliced: bool) -> Plan:
    """Room for a plan of so many rows; where GPUs alone decide the other resources have none."""
    wide = (1, 1) if plenty else (rows, nodes)
    return Plan(
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty((rows, most + 1, words_for(nodes)), np.int64),
        np.empty(wide, np.int64),
        np.empty(wide, np.int64),
        np.empty(wide, np.int64),
        np.empty((rows, nodes, most) if sliced else (1, 1, 1), np.int64),
    )


def grid_at_start(
    site: Site,
    requests: Requests,
    saves: Saves,
    speeds: Speeds,
    mix: Mix,
    known_outages: int,
    units: int,
) -> Grid:
    """All nodes up and empty; a GPU counts for so many ``units``."""
    nodes, jobs = len(site.gpus), len(requests.nodes)
    asked = (requests.cpus, requests.memory, requests.slices, requests.exclusive)
    plenty = not any(column.any() for column in asked)
    most = int(site.gpus.max(initial=0))
    looks = requests.nodes << 32 | requests.allowed << 16 | requests.gpus
    distinct, kinds = np.unique(looks, return_inverse=True)
    by_free = np.zeros((len(site.allowed), most + 1, words_for(nodes)), np.int64)
    for number, row in enumerate(site.allowed):
        for free in range(most + 1):
            by_free[number, free] = words_of(
                np.flatnonzero((row == 1) & (site.gpus == free)), nodes
            )
    exactly = np.bitwise_count(by_free.view(np.uint64)).sum(axis=2, dtype=np.int64)
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
        np.bitwise_or.reduce(by_free, axis=1),
        np.cumsum(exactly[:, ::-1], axis=1)[:, ::-1].copy(),
        by_free,
        requests,
        looks,
        kinds.astype(np.int64),
        saves,
        speeds,
        Held(ints(int(requests.nodes.sum())), ints(int(requests.nodes.sum())), ints(jobs)),
        Kept(ints(int(requests.nodes.sum())), np.cumsum(requests.nodes) - requests.nodes),
        new_plan(256, nodes, most, plenty=plenty, sliced=bool(totals[SLICED])),
        np.zeros((known_outages, words_for(nodes)), np.int64),
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
            np.zeros(nodes, np.int64),
            ints(words_for(nodes)),
            np.zeros((most + 2, words_for(nodes)), np.int64),
            ints(words_for(nodes)),
            ints(len(distinct)),
            np.full(len(distinct), -1, np.int64),
            np.full((len(distinct), 3), -1, np.int64),
            np.zeros(nodes, np.int64),
            np.zeros(nodes, np.int64),
            ints(nodes),
        ),
        mix,
        totals,
    )


def longer_plan(grid: Grid) -> Grid:
    """The same grid with room for a plan of twice as many rows; the present plan is void."""
    rows, levels, _ = grid.plan.at_least.shape
    grid.totals[ROWS] = 0
    plenty, sliced = bool(grid.totals[PLENTY]), bool(grid.totals[SLICED])
    plan = new_plan(2 * rows, len(grid.closings), levels - 1, plenty=plenty, sliced=sliced)
    return grid._replace(plan=plan)


def longer_held(grid: Grid) -> Grid:
    """The same grid with room for twice as many entries of who holds what as are booked."""
    entries = 2 * int(grid.totals[BOOKED])
    node, mask = np.empty(entries, np.int64), np.empty(entries, np.int64)
    used = int(grid.totals[ENTRIES])
    node[:used], mask[:used] = grid.held.node[:used], grid.held.mask[:used]
    return grid._replace(held=grid.held._replace(node=node, mask=mask))
