"""What a run knows at one instant: a few tuples of arrays that all kernels share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.accounts import Accounts, no_accounts
from simulator.kernels.limits import NONE, Limits, no_limits
from simulator.kernels.notices import Notices, no_notices
from simulator.kernels.rights import Ranks, Rights, rights_at_start
from simulator.kernels.shared import shared
from simulator.kernels.suspensions import Suspensions, longer_stretches, no_suspensions

Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]
Floats = NDArray[np.float64]

FAR = 2**62
"""Later than any instant. (SimPy says infinity; ``np.int64(inf)`` would be before all of them.)"""

# Phases of a job.
PENDING, QUEUED, RUNNING, DONE, REFUSED, WITHDRAWN = 0, 1, 2, 3, 4, 5
TOLD, HOLDING, SUSPENDED = 6, 7, 8
"""It runs but has been told to stop; it has left the queue and holds units until others stop; it
stands still, and holds all but its CPUs."""
RUNS = RUNNING, TOLD, SUSPENDED
"""Phases of a job that is in the midst of an attempt."""

# How an attempt ended: places in ``results.schema.REASONS``.
COMPLETED, KILLED, REQUEUED, FAILED, UNFINISHED, PREEMPTED, CANCELLED = 0, 1, 2, 3, 4, 5, 6

# Why it ended before its time: places in ``results.schema.CAUSES``.
NO_CAUSE, MAINTENANCE, LOSS, FAILURE, PREEMPTION, USER, ITSELF, BUDGET, IDLENESS = range(9)

# Why ``advance`` came back.
AT_HORIZON, SLICE_USED, LOG_FULL, PLAN_FULL, HELD_FULL = 0, 1, 2, 3, 4

# Places in ``State.counters``.
NOW = 0
"""The instant that is being handled, or was last."""
FREE = 1
"""Units that are up and held by no job."""
CAPACITY = 2
"""Units that are up."""
ARRIVED = 3
"""Jobs before this position have been submitted."""
HEAD = 4
"""Where the queue begins in its arrays."""
TAIL = 5
"""Where it ends."""
BUSY = 6
"""Jobs running or suspended, and those that hold units until others stop."""
LOGGED = 7
"""Attempts that have ended."""
DUE = 8
"""1: a pass is due at NOW."""
CHANGED = 9
"""Since the last pass: NOTHING but arrivals, ENDS of jobs too, a held PLACE, or the MACHINE."""
FIRST_NEW = 10
"""How far from HEAD the first job stands that came since the last pass; FAR if none did."""
HEAD_JOB = 11
"""EASY: the position for which SHADOW and EXTRA hold; −1 if they hold for none."""
SHADOW = 12
"""EASY: when the head can start at the latest; UNKNOWN until somebody could overtake it."""
EXTRA = 13
"""EASY: units that the head leaves over then."""
PLACED = 14
"""Jobs at the front of the queue whose place is in the profile."""
POINTS = 15
"""Points of the profile; 0 if it is of no use any more."""
OUTAGES = 16
"""Outages that plans know of."""
NEXT_PLACE = 17
"""The earliest start that a held plan promises; FAR if none."""
SEEN = 18
"""Attempts in the log whose end a held plan has seen."""
INSTANTS = 19
"""Instants handled."""
PASSES = 20
"""Passes made."""
LONGEST = 21
"""The longest walltime of all jobs."""
STARTED = 22
"""Attempts started."""
WAKE = 23
"""Preemption: when somebody's guaranteed time or patience ends, so that a pass is due; or FAR."""
BEFORE = 24
"""Preemption: STARTED when the round came to its starts."""
STOPPED = 25
"""Preemption: entries of ``Rights.stopped``."""
TAKEN_BACK = 26
"""Entries of the withdrawals that are settled."""
HOLDS = 27
"""Jobs that hold units until others stop; they count as BUSY too."""
FALLEN = 28
"""Limits: entries of ``Limits.fallen``."""
JUDGED = 29
"""Limits: STARTED when the queue was last looked through for jobs that they hold back."""
RELIEF = 30
"""Limits: when time alone next lets go of a job that is held back; FAR if it never does."""
SPENT = 31
"""Limits: when running jobs next have used up a budget that is charged meanwhile; or FAR."""
OVERDUE = 32
"""Limits: when who runs beyond his walltime can next be paid for no more; or FAR."""
COUNTERS = 33

# Who may stop others: ``Program.preemption``.
BY_RANK, RECLAIM, WANTED, EITHER = 1, 2, 3, 4

# What has CHANGED.
NOTHING, ENDS, PLACE, MACHINE = 0, 1, 2, 3
UNKNOWN = -1


@shared
class Columns(NamedTuple):
    """What is known of each job beforehand; a row is a position."""

    submit: Ints
    run_time: Ints
    """Until it ends by itself, well or not."""
    walltime: Ints
    gpus: Ints
    fails: Bytes = np.empty(0, np.int8)
    """1: it ends by failing; empty if none does."""
    cancelled_at: Ints = np.empty(0, np.int64)
    """When its user takes it back, −1 for never; empty if none is."""


@shared
class Progress(NamedTuple):
    """What has become of each job."""

    phase: Bytes
    start: Ints
    """Of the running attempt."""
    eligible: Ints
    """When it last came to the queue."""
    sequence: Ints
    """How many attempts of all jobs had started before the running one."""
    requeues: Ints
    """How often it has gone back to the queue."""
    place: Ints
    """Its promised start, under a plan that keeps places."""
    planned: Ints
    """When plans expect the running attempt to end."""
    suspended: Ints
    """How long the running attempt has been suspended in all."""


@shared
class Withdrawals(NamedTuple):
    """Jobs that their users take back once they are submitted, by time, then position."""

    time: Ints
    position: Ints


@shared
class Queue(NamedTuple):
    """The waiting jobs, best first, in [HEAD, TAIL): what a walk needs lies side by side."""

    position: Ints
    gpus: Ints
    walltime: Ints
    key: Floats
    """Larger goes first; equal keys by position."""


@shared
class Running(NamedTuple):
    """The running jobs, twice: as a heap by end, and sorted by planned end."""

    end: Ints
    end_position: Ints
    planned: Ints
    planned_gpus: Ints
    planned_position: Ints


@shared
class Profile(NamedTuple):
    """Units free from each time until the next; the last lasts for ever."""

    time: Ints
    free: Ints


@shared
class Outages(NamedTuple):
    """Absences of units that plans know of: a known window, or the rest of one under way."""

    start: Ints
    """When the units go; at or before NOW if they have gone."""
    end: Ints
    """When they come back; FAR if nobody knows."""
    units: Ints
    owner: Ints
    """Who announced it."""


@shared
class Log(NamedTuple):
    """Attempts in the order of their ends."""

    position: Ints
    start: Ints
    end: Ints
    reason: Bytes
    cause: Bytes
    sequence: Ints
    """How many attempts of all jobs had started before it."""
    kept: Ints
    """Seconds of it whose work is saved for the next attempt."""
    began: Ints
    """Positions in the order of attempts' starts, ended or not; written where accounts are kept."""
    began_at: Ints
    """When those started."""


@shared
class State(NamedTuple):
    """All of it."""

    columns: Columns
    progress: Progress
    withdrawals: Withdrawals
    queue: Queue
    running: Running
    profile: Profile
    outages: Outages
    log: Log
    accounts: Accounts
    rights: Rights
    limits: Limits
    notices: Notices
    suspensions: Suspensions
    counters: Ints


@shared
class Program(NamedTuple):
    """A rule as numbers: an opcode for each stage and the few parameters that the stages have."""

    ordering: int
    moving: int
    """1: the order depends on the clock or on usage and is made anew at every pass."""
    backfill: int
    reservations: int
    """How many jobs hold a place."""
    overrun: int
    """1: jobs may run past their walltime."""
    placement: int = 0
    """How nodes are chosen; without meaning on a pool."""
    accounting: int = 0
    """1: what each entity holds and has had is booked."""
    remembers: int = 0
    """1: the order takes note of starts, ends and arrivals at each pass."""
    period: int = 0
    """Seconds between two ticks, at which alone the order is made anew; 0: there are none."""
    fade: int = 0
    """How usage fades: a place in ``usage.FADES``."""
    span: int = 0
    """Its half-life, window or step, s."""
    levels: int = 0
    """How many thresholds of attained service there are; each leads to a queue of lower rank."""
    round: int = 1
    """Attained service is looked at in seconds that are whole multiples of this."""
    left: float = 0.0
    """What part of usage a step leaves."""
    least: float = 0.0
    """What usage begins at, and never falls below at a step."""
    prepaid: int = 0
    """1: a job is charged its whole walltime when it starts."""
    phase: int = 0
    """When ticks come: at this instant and each ``period`` after it."""
    packing: int = 0
    """Where slices go on nodes."""
    avoid_head: int = 0
    """1: candidates keep clear of the head's nodes where nodes tie."""
    preemption: int = 0
    """Who waits may stop others BY_RANK, to RECLAIM what is its own, by EITHER of these, or if idle
    GPUs are WANTED; 0: nobody may, and what follows means nothing but for what is reaped."""
    victims: int = 0
    """Who is preempted first."""
    after: int = 0
    """Seconds that a job waits before it preempts."""
    exempt: int = 0
    """Seconds of an attempt during which nobody preempts it."""
    at_most: int = FAR
    """How often a job can be preempted; below, how often it can be reaped."""
    limited: int = 0
    """1: limits hold jobs back, who are passed over; 2: they block the queue."""
    grace: int = 0
    """Seconds that a job runs on when it has been told to stop."""
    told: int = 0
    """1: some may have been told to stop, by this rule or by one before it."""
    reaped_after: int = 0
    """Seconds after which who leaves GPUs idle is stopped, whoever waits; 0: nobody is."""
    reaped_at_most: int = FAR


def at_start(
    columns: Columns,
    capacity: int,
    known_outages: int,
    *,
    crowded: bool = False,
    accounts: Accounts | None = None,
    ranks: Ranks | None = None,
    limits: Limits | None = None,
) -> State:
    """The state before the first instant: all units free, all jobs to come.

    Jobs that need more than ``capacity`` are refused, and those whose users have taken them back
    when they would be submitted never come. ``known_outages`` is how many outages plans may know of
    at a time. ``crowded``: jobs may hold no whole unit, so any number may run. ``ranks`` say who
    preempts whom, ``limits`` who is held back: nobody if not given. Long arrays are not filled.
    """
    jobs = len(columns.submit)
    # Twice: under pyss a job may start while the one whose units it gets has not been ended yet.
    busy = (jobs if crowded else min(jobs, 2 * capacity)) + 1
    counters = np.zeros(COUNTERS, np.int64)
    counters[[FREE, CAPACITY]] = capacity
    counters[[FIRST_NEW, NEXT_PLACE, WAKE, RELIEF, SPENT, OVERDUE]] = FAR
    counters[HEAD_JOB] = -1
    counters[CHANGED] = MACHINE
    counters[LONGEST] = columns.walltime.max(initial=0)
    phase = np.where(columns.gpus > capacity, REFUSED, PENDING).astype(np.int8)
    if limits is not None:
        phase[limits.refused_by != NONE] = REFUSED
    withdrawals = _withdrawals(columns, phase)

    def ints(length: int) -> Ints:
        return np.empty(length, np.int64)

    return State(
        columns,
        Progress(
            phase,
            start=ints(jobs),
            eligible=columns.submit.copy(),
            sequence=ints(jobs),
            requeues=np.zeros(jobs, np.int64),
            place=np.full(jobs, FAR, np.int64),
            planned=ints(jobs),
            suspended=np.zeros(jobs, np.int64),
        ),
        withdrawals,
        Queue(ints(jobs + 1), ints(jobs + 1), ints(jobs + 1), np.empty(jobs + 1, np.float64)),
        Running(ints(busy), ints(busy), ints(busy), ints(busy), ints(busy)),
        Profile(
            ints(busy + 4 * jobs + 2 * known_outages + 4),
            ints(busy + 4 * jobs + 2 * known_outages + 4),
        ),
        Outages(*(ints(known_outages) for _ in Outages._fields)),
        new_log(jobs + 64, jobs),
        no_accounts() if accounts is None else accounts,
        rights_at_start(jobs, ranks, busy),
        no_limits() if limits is None else limits,
        no_notices(0 if ranks is None else jobs),
        no_suspensions(0 if ranks is None else jobs),
        counters,
    )


def _withdrawals(columns: Columns, phase: Bytes) -> Withdrawals:
    """Those that come after the submission; jobs taken back before are marked in ``phase``."""
    when, submit = columns.cancelled_at, columns.submit
    if not len(when):
        return Withdrawals(np.empty(0, np.int64), np.empty(0, np.int64))
    phase[(when >= 0) & (when <= submit) & (phase == PENDING)] = WITHDRAWN
    later = np.flatnonzero(when > submit)
    later = later[np.argsort(when[later], kind="stable")]
    return Withdrawals(when[later], later)


def new_log(length: int, jobs: int) -> Log:
    """An empty log of so many attempts; each job may have started once more."""
    position, start, end, sequence, kept = (np.empty(length, np.int64) for _ in range(5))
    reason, cause = (np.empty(length, np.int8) for _ in range(2))
    began, began_at = (np.empty(length + jobs, np.int64) for _ in range(2))
    return Log(position, start, end, reason, cause, sequence, kept, began, began_at)


def longer_log(state: State) -> State:
    """The same state with room for twice as many attempts and suspensions."""
    log = new_log(2 * len(state.log.position), len(state.columns.submit))
    for name in Log._fields:
        old = getattr(state.log, name)
        getattr(log, name)[: len(old)] = old
    return state._replace(log=log, suspensions=longer_stretches(state.suspensions))
