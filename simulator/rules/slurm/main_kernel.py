"""A pass of the main scheduler: ``_schedule()``."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart, kernel_entry
from simulator.kernels.words import clear, copy, join, meet, size, take_out
from simulator.rules.slurm.choose_kernel import choose
from simulator.rules.slurm.favoured_kernel import is_let_in, left_out
from simulator.rules.slurm.limits_kernel import TOO_MANY, WITHIN, at_limit, count_in
from simulator.rules.slurm.now_kernel import run_now, stop_victims
from simulator.rules.slurm.order_kernel import sort_queue
from simulator.rules.slurm.reserved_kernel import length_of, nodes_booked
from simulator.rules.slurm.running_kernel import begin
from simulator.rules.slurm.state_kernel import (
    AMONG,
    BLOCKED,
    BOOKED,
    CHOSEN,
    LEFT,
    LET_IN,
    LIMITED,
    SKIPPED,
    STARTED,
    USABLE,
    Asks,
    Booked,
    Did,
    Live,
    Scratch,
    Site,
)


@kernel_apart
def note(did: Did, job: int, outcome: int, start: int, scratch: Scratch, nodes: int) -> None:
    """Say what became of the job in hand; ``nodes``: a set, or −1."""
    index = did.counts[0]
    did.row[index] = job
    did.outcome[index] = outcome
    did.start[index] = start
    did.end[index] = 0
    did.tries[index] = 1
    clear(did.nodes, index)
    if nodes >= 0:
        copy(did.nodes, index, scratch.sets, nodes)
    did.counts[0] = index + 1


@kernel
def _kept_out(site: Site, asks: Asks, job: int, scratch: Scratch) -> bool:
    """Whether reservations keep a job off so much that it would not fit the rest if it were idle.

    Slurm calls it ESLURM_RESERVATION_BUSY: such a job closes nothing.
    """
    sets = scratch.sets
    copy(sets, USABLE, site.part, asks.partition[job])
    take_out(sets, USABLE, sets, BOOKED)
    return not choose(site, asks, job, site.has, sets, USABLE, CHOSEN, scratch.offers)


@kernel_apart
def _too_few_left(site: Site, asks: Asks, job: int, scratch: Scratch) -> bool:
    """Whether closed partitions leave fewer nodes of its own to a job than it needs."""
    sets = scratch.sets
    copy(sets, AMONG, sets, LEFT)
    meet(sets, AMONG, site.part, asks.partition[job])
    return size(sets, AMONG) < asks.nodes[job]


@kernel
def _look_at(
    site: Site,
    asks: Asks,
    booked: Booked,
    live: Live,
    job: int,
    now: int,
    scratch: Scratch,
    did: Did,
) -> bool:
    """Start a job, or stop others for it, or neither; whether its partition is to be closed."""
    sets, partition, held = scratch.sets, asks.partition[job], at_limit(site, asks, live, job, now)
    if held != WITHIN:
        # What a job would hold is not looked at before enough nodes are left to it.
        closes = held != TOO_MANY and _too_few_left(site, asks, job, scratch)
        note(did, job, BLOCKED if closes else LIMITED, 0, scratch, -1)
        return closes
    met = nodes_booked(booked, now, length_of(site, asks, job), sets, BOOKED)
    copy(sets, AMONG, site.part, partition)
    if not is_let_in(site, job):
        meet(sets, AMONG, sets, LEFT)
    take_out(sets, AMONG, sets, BOOKED)
    take_out(sets, AMONG, live.completing, 0)
    victims = run_now(site, asks, live, job, now, AMONG, scratch)
    if victims == 0:
        begin(asks, live, job, now, now + asks.limit[job], sets, CHOSEN)
        count_in(site, asks, job, now + asks.limit[job], 1)
        note(did, job, STARTED, now, scratch, CHOSEN)
        return False
    if victims > 0:
        stop_victims(site, asks, live, job, victims, scratch, did)
    elif met and _kept_out(site, asks, job, scratch):
        note(did, job, BLOCKED, 0, scratch, -1)
        return False
    note(did, job, BLOCKED, 0, scratch, -1)
    return True


@kernel
def open_main(site: Site, scratch: Scratch, did: Did) -> None:
    """A main pass begins: nothing is closed."""
    did.counts[0], did.counts[1] = 0, 0
    clear(scratch.sets, LEFT)
    for partition in range(site.tier.shape[0]):
        join(scratch.sets, LEFT, site.part, partition)
        scratch.closed[partition] = 0


@kernel_apart
def main_turn(
    site: Site,
    asks: Asks,
    booked: Booked,
    live: Live,
    job: int,
    now: int,
    scratch: Scratch,
    did: Did,
) -> bool:
    """The turn of a job in a main pass; whether it closes its partition."""
    partition = asks.partition[job]
    open_before = scratch.closed[partition] == 0
    if not open_before and not is_let_in(site, job):
        note(did, job, SKIPPED, 0, scratch, -1)
        return False
    if not (_look_at(site, asks, booked, live, job, now, scratch, did) and open_before):
        return False
    scratch.closed[partition] = 1
    take_out(scratch.sets, LEFT, site.part, partition)
    return True


@kernel_apart
def main_sorted(
    site: Site,
    asks: Asks,
    booked: Booked,
    live: Live,
    waiting: int,
    depth: int,
    now: int,
    scratch: Scratch,
    did: Did,
    starts_alone: bool,
) -> None:
    """``main_pass``, over a queue that is in order.

    ``starts_alone``: nothing is said of those who come once all partitions are closed.
    """
    order, left = scratch.order, site.tier.shape[0]
    open_main(site, scratch, did)
    looked = min(waiting, depth) if depth > 0 else waiting
    for index in range(looked):
        if main_turn(site, asks, booked, live, order[index], now, scratch, did):
            left -= 1
            if starts_alone and left == 0 and site.rules[LET_IN] == 0:
                break
    more = left_out(site, order, looked, waiting)
    if more >= 0:
        main_turn(site, asks, booked, live, more, now, scratch, did)


@kernel_entry
def main_pass(
    site: Site,
    asks: Asks,
    booked: Booked,
    live: Live,
    waiting: int,
    depth: int,
    now: int,
    scratch: Scratch,
    did: Did,
) -> None:
    """One main pass over the first ``waiting`` jobs of ``scratch.order``.

    At most ``depth`` are looked at (0: all).
    They stand there in the order of Slurm's list of jobs. The first job that does not fit closes
    its partition and takes its nodes away from everybody.
    """
    sort_queue(site, asks, scratch.order, scratch.half, waiting)
    main_sorted(site, asks, booked, live, waiting, depth, now, scratch, did, False)
