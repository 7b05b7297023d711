"""A pass of backfill: ``_attempt_backfill()``."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart, kernel_entry
from simulator.rules.slurm.attempt_kernel import ATTEMPTED, backfill_turn
from simulator.rules.slurm.favoured_kernel import left_out
from simulator.rules.slurm.kept_kernel import (
    begin_to_keep,
    goes_on,
    keep,
)
from simulator.rules.slurm.limits_kernel import (
    WITHIN,
    at_limit,
    time_alone_lets_start,
)
from simulator.rules.slurm.order_kernel import sort_queue
from simulator.rules.slurm.plan_kernel import (
    may_start,
    move_plan,
    open_plan,
)
from simulator.rules.slurm.state_kernel import (
    CHANGES,
    DONE,
    MAX_TEST,
    OF,
    OPENED,
    PREEMPTS,
    TESTED,
    Asks,
    Booked,
    Did,
    Live,
    Plan,
    Scratch,
    Site,
)


@kernel
def _worth(
    site: Site,
    asks: Asks,
    live: Live,
    plan: Plan,
    first: int,
    waiting: int,
    now: int,
    scratch: Scratch,
) -> int:
    """How far down the queue, from a place on, the last job stands that may start now.

    Whoever stands behind it can neither start nor keep anybody from it.
    """
    last, order, kept = waiting, scratch.order, scratch.kept
    while last > first:
        job = order[last - 1]
        barred = kept.barred[kept.wish[job]] == kept.numbers[OPENED]
        if not barred and at_limit(site, asks, live, job, now) == WITHIN:
            if may_start(site, asks, live, plan, job, now, scratch):
                return last
            kept.barred[kept.wish[job]] = kept.numbers[OPENED]
        last -= 1
    return last


@kernel
def open_backfill(
    site: Site, booked: Booked, live: Live, plan: Plan, waiting: int, now: int, scratch: Scratch
) -> None:
    """Take up the map where the last pass left it, if this one would repeat it; else a new one."""
    if goes_on(booked, live, now, waiting, scratch):
        move_plan(site, plan, now)
        return
    begin_to_keep(live, now, scratch.kept)
    open_plan(site, plan, now)
    for user in range(scratch.seen.shape[0]):
        scratch.seen[user] = 0


@kernel_apart
def backfill_sorted(
    site: Site,
    asks: Asks,
    booked: Booked,
    live: Live,
    plan: Plan,
    waiting: int,
    now: int,
    scratch: Scratch,
    did: Did,
    starts_alone: bool,
) -> None:
    """``backfill_pass``, over a queue that is in order.

    ``starts_alone``: plans that nobody's start depends on are left out, and those that the last
    pass has made stay; where jobs preempt, all are made.
    """
    order, rules, kept, last = scratch.order, site.rules, scratch.kept.numbers, waiting
    starts_alone = starts_alone and rules[PREEMPTS] == 0
    did.counts[0], did.counts[1] = 0, 0
    if not starts_alone:
        kept[OF] = -1
    open_backfill(site, booked, live, plan, waiting, now, scratch)
    index, tested, before = kept[DONE], kept[TESTED], live.counts[CHANGES]
    if starts_alone:
        last = _worth(site, asks, live, plan, index, waiting, now, scratch)
    while index < last and tested < rules[MAX_TEST]:
        job = order[index]
        index += 1
        turn = backfill_turn(site, asks, booked, live, plan, job, now, scratch, did, starts_alone)
        tested += turn & 1
        if starts_alone and turn >= ATTEMPTED:
            last = _worth(site, asks, live, plan, index, last, now, scratch)
    more = left_out(site, order, index, waiting)
    if more >= 0:
        backfill_turn(site, asks, booked, live, plan, more, now, scratch, did, False)
    repeats = live.counts[CHANGES] == before and not time_alone_lets_start(site)
    if starts_alone and repeats:
        keep(booked, live, scratch, index, tested)
    else:
        kept[OF] = -1


@kernel_entry
def backfill_pass(
    site: Site,
    asks: Asks,
    booked: Booked,
    live: Live,
    plan: Plan,
    waiting: int,
    now: int,
    scratch: Scratch,
    did: Did,
) -> None:
    """One backfill pass over the first ``waiting`` jobs of ``scratch.order``.

    They stand there in the order of Slurm's list of jobs. Each gets whole nodes from its planned
    start to its planned end, in the order of the queue; those whose start is now start.
    """
    sort_queue(site, asks, scratch.order, scratch.half, waiting)
    backfill_sorted(site, asks, booked, live, plan, waiting, now, scratch, did, False)
