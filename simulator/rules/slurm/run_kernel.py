"""What a run under Slurm's own clocks knows beside ``State`` and ``Grid``.

Events come in *ticks*: seconds, or milliseconds where the clock counts them. Slurm's own time, that
of ``State``, of plans and of usage, is always the whole second: ticks // SECOND.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.kernels.compiling import kernel
from simulator.kernels.shared import shared
from simulator.kernels.state import Ints
from simulator.rules.slurm.state_kernel import Asks, Booked, Did, Live, Plan, Scratch, Site

# Places in ``Clock.setting``.
SECOND = 0
"""Ticks a second."""
TURN = 1
"""Thousandths of a tick from one turn of the loop to the next."""
TURN_PHASE = 2
"""Tick of a turn."""
SCHED_INTERVAL = 3
"""Seconds from one full pass to the next."""
BATCH_DELAY = 4
"""batch_sched_delay, seconds."""
MIN_INTERVAL = 5
"""sched_min_interval, ticks."""
DEPTH = 6
"""Jobs that a pass of default depth looks at."""
LIMIT_CHECK = 7
"""Seconds from one look at walltimes to the next."""
BF_INTERVAL = 8
"""bf_interval, ticks."""
REQUEUE_DELAY = 9
"""Seconds until a job that was preempted may start again."""
TIERED = 10
"""1: the order of the queue is not that of priorities alone: tiers, or rights to preempt."""
ONE_BY_ONE = 11
"""1: calculations make classic fair share one job after another, as Slurm does."""
IN_FULL = 12
"""1: each pass is made in full, with all its plans, as Slurm makes it. The starts are the same."""
FIRST = 13
"""For who looks on: a job, and 1, that stands first in the line of every pass; 0: none."""
SETTINGS = 14

# Places in ``Clock.now``.
TICK = 0
"""The tick that is being handled, or was last."""
LAST_TURN = 1
"""Tick up to which turns have passed."""
LAST_FULL = 2
"""Second of the last full pass that the loop asked for."""
LAST_LOOP = 3
"""Second of the last pass that it asked for."""
LAST_CHECK = 4
"""Second of the last look at walltimes."""
QUEUED = 5
"""1: the loop has heard since its last pass that something was submitted or has ended."""
REQUEST = 6
"""What pass has been asked for: NO_PASS, DEFAULT or FULL."""
REQUESTED_AT = 7
LAST_PASS = 8
"""Tick of the last main pass."""
NEXT_BACKFILL = 9
"""Tick at which backfill next looks whether there is work."""
CHANGED = 10
"""1: something has changed since the last backfill pass."""
NEXT_TURN_AT, NEXT_BACKFILL_AT, NEXT_CALC_AT = 11, 12, 13
"""How many entries of the recorded clocks have passed."""
EPILOGS = 14
"""Messages on their way from the nodes of jobs that have ended."""
AWAY = 15
"""Jobs that were preempted and may not yet start again."""
STUCK = 16
"""1: nothing runs or comes, and a full pass has started nobody."""
NEXT_SHOW_AT = 17
NEWS = 18
"""How often anything has changed that a pass minds: who waits, in what order, or what is free."""
VAIN_MAIN, VAIN_DEPTH = 19, 20
"""NEWS when the last main pass was made and started nobody; what was asked for."""
VAIN_BACKFILL = 21
"""NEWS when the last backfill pass was made."""
NOWS = 22

NO_PASS, DEFAULT, FULL = 0, 1, 2
MAIN, BACKFILL = 0, 1
WHOLE, AGAIN, MAIN_COMES, BACKFILL_COMES = 0, 1, 11, 12
"""Where a round stands: not begun; not begun, but another one of its tick has been; just before its
main pass, or its backfill, which is due."""


@shared
class Clock(NamedTuple):
    """Slurm's clocks."""

    setting: Ints
    now: Ints
    turns: Ints
    """Recorded turns of the loop, ticks; TURN goes on from the last."""
    backfills: Ints
    """Recorded backfill passes, ticks."""
    calcs: Ints
    """Recorded calculations of priorities, ticks."""
    shows: Ints
    """Recorded calls of sshare, ticks."""


@kernel
def tell(clock: Clock) -> None:
    """Something has changed that both passes mind."""
    clock.now[CHANGED] = 1
    clock.now[NEWS] += 1


@shared
class Times(NamedTuple):
    """By job, ticks."""

    submit: Ints
    more: Ints
    """From start to end beside the run time: launch and completion."""
    answer: Ints
    """From its end until its nodes have answered."""
    heard: Ints
    """From its end until the loop hears of it."""
    epilog: Ints
    """From its being stopped until they have."""
    began: Ints
    """Of the last run."""
    ended: Ints
    planned_by: Ints
    """MAIN or BACKFILL: who started it last."""


@shared
class Waits(NamedTuple):
    """Heaps by tick, then job; room to work in."""

    epilog_time: Ints
    epilog_job: Ints
    """A job's nodes answer; behind the last job: the loop hears of its end."""
    away_time: Ints
    away_job: Ints
    stopped: Ints
    """By job: 1: it was stopped, and its nodes answer by an epilog."""
    closing: Ints
    """By node: how many jobs are ending there."""


@shared
class Reserved(NamedTuple):
    """Advance reservations, whether known of or not."""

    made: Ints
    """Tick from which on they are known."""
    start: Ints
    end: Ints


@shared
class Slurm(NamedTuple):
    """All of it."""

    site: Site
    asks: Asks
    booked: Booked
    live: Live
    plan: Plan
    did: Did
    scratch: Scratch
    clock: Clock
    times: Times
    waits: Waits
    reserved: Reserved
