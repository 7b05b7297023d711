"""The turn of a job in a pass of backfill: it starts, or is planned, or neither."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import FAR
from simulator.kernels.words import copy, meet, size, take_out, touch
from simulator.rules.slurm.favoured_kernel import is_let_in, is_looked_at
from simulator.rules.slurm.fits_kernel import row_of
from simulator.rules.slurm.kept_kernel import meets_map, meets_window, shorten
from simulator.rules.slurm.limits_kernel import TOO_MANY, WITHIN, at_limit, count_in
from simulator.rules.slurm.main_kernel import note
from simulator.rules.slurm.now_kernel import run_now, stop_victims
from simulator.rules.slurm.plan_kernel import overlaps, reserve, walk
from simulator.rules.slurm.reserved_kernel import length_of, nodes_booked
from simulator.rules.slurm.running_kernel import begin
from simulator.rules.slurm.state_kernel import (
    ABLE,
    AMONG,
    BEYOND,
    BOOKED,
    CHOSEN,
    COMING,
    FAILED,
    FIT_SETS,
    LIMITED,
    MAX_USER,
    NO_PLAN,
    PLANNED,
    PLANNED_EVER,
    RESOLUTION,
    STARTED,
    USER_LIMIT,
    WINDOW,
    Asks,
    Booked,
    Did,
    Live,
    Plan,
    Scratch,
    Site,
)
from simulator.rules.slurm.will_run_kernel import NEVER, choose_nodes, earliest, will_run

ATTEMPTED = 2
"""Of ``backfill_turn``: added where a job could have started or been planned."""


@kernel
def _start_or_stop(
    site: Site, asks: Asks, live: Live, job: int, now: int, scratch: Scratch, did: Did
) -> bool:
    """Start a job that can run now; else stop others for it, and it starts in a later pass."""
    sets = scratch.sets
    copy(sets, COMING, sets, CHOSEN)
    take_out(sets, AMONG, live.completing, 0)
    victims = run_now(site, asks, live, job, now, AMONG, scratch)
    if victims == 0:
        begin(asks, live, job, now, now + asks.limit[job], sets, CHOSEN)
        count_in(site, asks, job, now + asks.limit[job], 1)
        return True
    if victims > 0:
        stop_victims(site, asks, live, job, victims, scratch, did)
    # What is reserved for it are the nodes found with all of its possible victims gone.
    copy(sets, CHOSEN, sets, COMING)
    return False


@kernel
def _say(
    site: Site, did: Did, job: int, outcome: int, start: int, end: int, tries: int, scratch: Scratch
) -> None:
    """Say what became of a job, on the nodes chosen if it has any."""
    step, index = site.rules[RESOLUTION], did.counts[0]
    note(did, job, outcome, start, scratch, -1 if outcome == NO_PLAN else CHOSEN)
    did.end[index] = end if outcome == BEYOND else end // step * step
    did.tries[index] = tries


@kernel_apart
def _settle(
    site: Site,
    asks: Asks,
    live: Live,
    plan: Plan,
    job: int,
    at: int,
    start: int,
    now: int,
    tries: int,
    scratch: Scratch,
    did: Did,
) -> int:
    """Start a job or hold nodes for it; 0, or from when on to try again as a plan is in its way."""
    sets, step, length = scratch.sets, site.rules[RESOLUTION], length_of(site, asks, job)
    kept, outcome = scratch.kept, PLANNED
    if start <= now:
        if touch(sets, CHOSEN, live.completing, 0):
            start = now + 1
        elif _start_or_stop(site, asks, live, job, now, scratch, did):
            _say(site, did, job, STARTED, now, 0, tries, scratch)
            return 0
        else:
            outcome = FAILED
    cut, end = start // step * step, (start + length) // step * step
    meets_window(site, kept, cut, now)
    if start > now + site.rules[WINDOW]:
        outcome = BEYOND
        shorten(kept, start - site.rules[WINDOW])
    elif outcome == PLANNED and overlaps(plan, cut, end, sets, CHOSEN):
        return start + step if start == at else start
    else:
        reserve(site, plan, cut, end, sets, CHOSEN)
        meets_map(site, kept, cut, now)
        meets_map(site, kept, max(end, cut + step), now)
    _say(site, did, job, outcome, start, start + length, tries, scratch)
    return 0


@kernel
def _allowed(
    site: Site,
    asks: Asks,
    booked: Booked,
    plan: Plan,
    job: int,
    row: int,
    at: int,
    now: int,
    scratch: Scratch,
) -> int:
    """The nodes that a job may use from an instant on, into AMONG; when to try next, 0: never."""
    sets, length = scratch.sets, length_of(site, asks, job)
    met = nodes_booked(booked, at, length, sets, BOOKED)
    copy(sets, AMONG, site.part, asks.partition[job])
    take_out(sets, AMONG, sets, BOOKED)
    meets_window(site, scratch.kept, at, now)
    want = asks.nodes[job]
    return walk(site, booked, plan, row, at, now, length, want, scratch, met)


@kernel
def _far(
    site: Site, asks: Asks, live: Live, job: int, row: int, now: int, scratch: Scratch
) -> bool:
    """Whether too few nodes come free before the window ends, even if nothing were planned."""
    end = earliest(site, asks, live, job, row, scratch)
    if end <= now + site.rules[WINDOW]:
        return False
    if end < FAR:
        shorten(scratch.kept, end - site.rules[WINDOW])
    return True


@kernel_apart
def _goes_in(
    site: Site,
    asks: Asks,
    booked: Booked,
    live: Live,
    plan: Plan,
    job: int,
    row: int,
    now: int,
    scratch: Scratch,
    did: Did,
) -> bool:
    """Start a job that is let in if it can run now, or stop others for it, whatever is planned."""
    sets = scratch.sets
    nodes_booked(booked, now, length_of(site, asks, job), sets, BOOKED)
    copy(sets, AMONG, site.part, asks.partition[job])
    take_out(sets, AMONG, sets, BOOKED)
    meet(sets, AMONG, scratch.fits.sets, row * FIT_SETS + ABLE)
    if size(sets, AMONG) < asks.nodes[job]:
        return False
    if will_run(site, asks, live, job, row, now, FAR, scratch) != now:
        return False
    choose_nodes(site, asks, live, job, row, scratch)
    if touch(sets, CHOSEN, live.completing, 0):
        return False
    _settle(site, asks, live, plan, job, now, now, now, 1, scratch, did)
    return True


@kernel_apart
def _attempt(
    site: Site,
    asks: Asks,
    booked: Booked,
    live: Live,
    plan: Plan,
    job: int,
    now: int,
    scratch: Scratch,
    did: Did,
    starts_alone: bool,
) -> bool:
    """Start a job, plan it, or neither; whether it was tested: enough nodes were left to it."""
    row, tested, tries, at = row_of(site, asks, live, job, scratch.fits), False, 1, now
    if is_let_in(site, job) and _goes_in(
        site, asks, booked, live, plan, job, row, now, scratch, did
    ):
        return True
    far = starts_alone and _far(site, asks, live, job, row, now, scratch)
    latest = now + site.rules[WINDOW] if starts_alone else FAR
    while True:
        later, start = _allowed(site, asks, booked, plan, job, row, at, now, scratch), NEVER
        if size(scratch.sets, AMONG) >= asks.nodes[job]:
            tested = True
            if not far:
                late = later if later > 0 else latest
                start = will_run(site, asks, live, job, row, now, late, scratch)
        if tested and far:
            note(did, job, BEYOND, 0, scratch, -1)
            return True
        if start == NEVER:
            if later > 0:
                at = later
                continue
            _say(site, did, job, NO_PLAN, 0, 0, tries, scratch)
            return tested
        start = max(start, at)
        if now < start and 0 < later < start:
            at = later
        elif starts_alone and start > now + site.rules[WINDOW]:
            shorten(scratch.kept, start - site.rules[WINDOW])
            note(did, job, BEYOND, 0, scratch, -1)
            return tested
        else:
            choose_nodes(site, asks, live, job, row, scratch)
            at = _settle(site, asks, live, plan, job, at, start, now, tries, scratch, did)
            if at == 0:
                return tested
        tries += 1


@kernel
def _attempt_once(
    site: Site,
    asks: Asks,
    booked: Booked,
    live: Live,
    plan: Plan,
    job: int,
    now: int,
    scratch: Scratch,
    did: Did,
) -> bool:
    """``_attempt``, but not again for what has just been in vain for another job."""
    kept = scratch.kept
    wish, ever, looked = kept.wish[job], kept.numbers[PLANNED_EVER], did.counts[0]
    if kept.vain[wish] == ever:
        return kept.vainly_tested[wish] == 1
    tested = _attempt(site, asks, booked, live, plan, job, now, scratch, did, True)
    outcome = did.outcome[looked]
    if outcome in (NO_PLAN, BEYOND):
        kept.vain[wish], kept.vainly_tested[wish] = ever, int(tested)
    else:
        kept.numbers[PLANNED_EVER] += 1
    return tested


@kernel_apart
def _test_alone(
    site: Site,
    asks: Asks,
    booked: Booked,
    live: Live,
    plan: Plan,
    job: int,
    now: int,
    scratch: Scratch,
) -> bool:
    """Whether a job that would hold too much is tested; it neither starts nor gets a plan."""
    row, at = row_of(site, asks, live, job, scratch.fits), now
    while True:
        later = _allowed(site, asks, booked, plan, job, row, at, now, scratch)
        if size(scratch.sets, AMONG) >= asks.nodes[job]:
            return True
        if later == 0:
            return False
        at = later


@kernel_apart
def backfill_turn(
    site: Site,
    asks: Asks,
    booked: Booked,
    live: Live,
    plan: Plan,
    job: int,
    now: int,
    scratch: Scratch,
    did: Did,
    starts_alone: bool,
) -> int:
    """The turn of a job in backfill: 1 if it counts for bf_max_job_test, and ATTEMPTED if it could
    start or be planned."""
    held = at_limit(site, asks, live, job, now)
    if held == TOO_MANY:
        note(did, job, LIMITED, 0, scratch, -1)
        return 0
    most = site.rules[MAX_USER]
    if most > 0 and scratch.seen[asks.user[job]] >= most and not is_looked_at(site, job):
        note(did, job, USER_LIMIT, 0, scratch, -1)
        return 0
    scratch.seen[asks.user[job]] += 1
    if held != WITHIN:
        tested = _test_alone(site, asks, booked, live, plan, job, now, scratch)
        note(did, job, LIMITED, 0, scratch, -1)
        return 1 if tested else 0
    if starts_alone:
        tested = _attempt_once(site, asks, booked, live, plan, job, now, scratch, did)
    else:
        tested = _attempt(site, asks, booked, live, plan, job, now, scratch, did, False)
    return ATTEMPTED + 1 if tested else ATTEMPTED
