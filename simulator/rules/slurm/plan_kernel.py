"""Backfill's map of the future: ``node_space`` and what is done to it."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.words import (
    NOTHING,
    Words,
    alike,
    copy,
    meet,
    put,
    size,
    take_out,
    within,
)
from simulator.rules.slurm.fits_kernel import row_of
from simulator.rules.slurm.kept_kernel import shorten
from simulator.rules.slurm.reserved_kernel import length_of, next_end
from simulator.rules.slurm.state_kernel import (
    ABLE,
    AMONG,
    FIT_SETS,
    FITTING,
    FREE_NOW,
    RESOLUTION,
    USABLE,
    WINDOW,
    Asks,
    Booked,
    Live,
    Plan,
    Scratch,
    Site,
)


@kernel_apart
def open_plan(site: Site, plan: Plan, now: int) -> None:
    """One record from now to the end of the window, both cut down to bf_resolution; all free."""
    step = site.rules[RESOLUTION]
    plan.begin[0] = now // step * step
    plan.end[0] = (now + site.rules[WINDOW]) // step * step
    plan.next[0] = 0
    plan.counts[0] = 1
    for node in range(site.weight.shape[0]):
        put(plan.free, 0, node)


@kernel_apart
def move_plan(site: Site, plan: Plan, now: int) -> None:
    """Let a map begin and end as one would that is opened now."""
    step, record = site.rules[RESOLUTION], 0
    plan.begin[0] = now // step * step
    while plan.next[record] != 0:
        record = plan.next[record]
    plan.end[record] = (now + site.rules[WINDOW]) // step * step


@kernel
def _split(plan: Plan, record: int, at: int) -> None:
    """Cut a record in two."""
    new = plan.counts[0]
    plan.begin[new] = at
    plan.end[new] = plan.end[record]
    plan.end[record] = at
    copy(plan.free, new, plan.free, record)
    plan.next[new] = plan.next[record]
    plan.next[record] = new
    plan.counts[0] = new + 1


@kernel
def _merge(plan: Plan, record: int, after: int) -> None:
    """From a record on merge the first two neighbours that are alike, if any are before another."""
    while record != after:
        following = plan.next[record]
        if following == 0:
            return
        if alike(plan.free, record, plan.free, following):
            plan.end[record] = plan.end[following]
            plan.next[record] = plan.next[following]
            return
        record = following


@kernel_apart
def reserve(site: Site, plan: Plan, start: int, end: int, sets: Words, nodes: int) -> None:
    """Hold whole nodes for a time, at least one bf_resolution; beyond the map nothing is held."""
    start = max(start, plan.begin[0])
    end = max(end, start + site.rules[RESOLUTION])
    record, before, after = 0, 0, -1
    while plan.end[record] < start:
        before = record
        record = plan.next[record]
        if record == 0:
            return
    if plan.end[record] > start:
        _split(plan, record, start)
    record = plan.next[record]
    while record != 0:
        if end < plan.end[record]:
            _split(plan, record, end)
        take_out(plan.free, record, sets, nodes)
        if end == plan.end[record]:
            if plan.next[record] != 0:
                after = plan.next[record]
            break
        record = plan.next[record]
    _merge(plan, before, after)


@kernel_apart
def overlaps(plan: Plan, start: int, end: int, sets: Words, nodes: int) -> bool:
    """Whether nodes are held at some time strictly between two instants."""
    record = 0
    while True:
        meets = plan.end[record] > start and plan.begin[record] < end
        if meets and not within(sets, nodes, plan.free, record):
            return True
        record = plan.next[record]
        if record == 0:
            return False


@kernel
def last_end(plan: Plan) -> int:
    """Where the map ends."""
    record = 0
    while plan.next[record] != 0:
        record = plan.next[record]
    return plan.end[record]


@kernel
def _comes_free(sets: Words, free: Words, record: int, following: int) -> bool:
    """Whether a record offers a node of USABLE that AMONG or the record before it lacks."""
    for word in range(sets.shape[1]):
        coming = sets[USABLE, word] & free[following, word]
        if coming & ~(sets[AMONG, word] & free[record, word]) != NOTHING:
            return True
    return False


@kernel_apart
def walk(
    site: Site,
    booked: Booked,
    plan: Plan,
    row: int,
    start: int,
    now: int,
    length: int,
    want: int,
    scratch: Scratch,
    met: bool,
) -> int:
    """Keep in AMONG what no plan holds while the job would run; when to try again, 0: never.

    Once they are fewer nodes than it wants, it is left open which ones.

    AMONG holds the nodes that it may use at all. The time to try again is the end of the first
    record, after the start, whose successor offers a node that is not free all the way to it; or
    the end of a reservation, if that comes first. A record that begins exactly at the job's end
    counts: ``begin_time <= end_time``.
    """
    sets, record, later, step = scratch.sets, 0, 0, site.rules[RESOLUTION]
    copy(sets, USABLE, sets, AMONG)
    while True:
        following = plan.next[record]
        behind = plan.end[record] > start
        if behind and following != 0 and later == 0:
            later = plan.end[record] if _comes_free(sets, plan.free, record, following) else 0
        if behind:
            if plan.begin[record] > start + length:
                if start == now:
                    shorten(scratch.kept, plan.begin[record] - length)
                break
            meet(sets, AMONG, plan.free, record)
            if later > 0 and size(sets, AMONG) < want:
                break
        record = following
        if record == 0:
            break
    if met:
        again = next_end(booked, start, step)
        window = last_end(plan)
        if again > 0 and again + 1 < window and (later == 0 or again + 1 < later):
            later = again + 1
    meet(sets, AMONG, scratch.fits.sets, row * FIT_SETS + ABLE)
    return later


@kernel
def may_start(
    site: Site, asks: Asks, live: Live, plan: Plan, job: int, now: int, scratch: Scratch
) -> bool:
    """Whether enough nodes on which a job fits now are planned for nobody while it would run.

    What is booked or completing is not minded. Once it may not it never may in the same pass.
    """
    sets, fits, record = scratch.sets, scratch.fits, 0
    now_row = row_of(site, asks, live, job, fits) * FIT_SETS + FREE_NOW
    copy(sets, FITTING, fits.sets, now_row)
    meet(sets, FITTING, site.part, asks.partition[job])
    end = now + length_of(site, asks, job)
    while size(sets, FITTING) >= asks.nodes[job]:
        if plan.end[record] > now:
            if plan.begin[record] > end:
                return True
            meet(sets, FITTING, plan.free, record)
        record = plan.next[record]
        if record == 0:
            return size(sets, FITTING) >= asks.nodes[job]
    return False
