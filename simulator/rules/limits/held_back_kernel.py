"""Which jobs the limits let start now; the others leave the queue until something changes.

What is used only rises during a pass, unless jobs are stopped by others. So whoever is held back
at its turn stays so for the pass, and is looked at again before the next one. Time alone lets jobs
come to reach into what is reserved for others.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.floods import note_submitted
from simulator.kernels.kept_places import leave_place
from simulator.kernels.limit_book import level_of, refusing
from simulator.kernels.limits import MORE, NONE, STOPS
from simulator.kernels.lines import is_beyond, move_edges, others_are_first
from simulator.kernels.meters import is_metered, used_up
from simulator.kernels.overtime import find_overdue, pays_overtime
from simulator.kernels.queue import close_gap, insert, keep
from simulator.kernels.running import enqueue
from simulator.kernels.state import (
    CHANGED,
    DUE,
    EITHER,
    ENDS,
    FALLEN,
    FAR,
    FIRST_NEW,
    HEAD,
    JUDGED,
    NEXT_PLACE,
    NOW,
    PLACE,
    RECLAIM,
    REFUSED,
    RELIEF,
    STARTED,
    TAIL,
    Program,
    State,
)
from simulator.rules.limits.owners_kernel import (
    full_cohort,
    lacking,
    let_owners_try,
    tries_by_rank,
    within_its_own,
)
from simulator.rules.limits.queue_again_kernel import queue_again
from simulator.rules.limits.restand_kernel import restand
from simulator.rules.ordering.dispatch_kernel import priority
from simulator.rules.ordering.memory_kernel import remember

PASS_OVER, BLOCK = 1, 2
"""``Program.limited``: what becomes of a job that is held back."""
GOES, LEFT, STOP, TRIES = 0, 1, 2, 3
"""What a walk does with a job: look whether it fits; nothing, it has left the queue; end; look
whether it can stop others who hold what its quota lacks, without which it cannot start."""


@kernel
def _work(state: State, group: int) -> int:
    limits = state.limits
    return limits.reach[group] - limits.units[group] * state.counters[NOW]


@kernel
def _costs_too_much(state: State, group: int, position: int) -> bool:
    """Whether the job's whole walltime costs more than is left."""
    balances = state.limits.balances
    cost = balances.rate[position] * state.columns.walltime[position]
    return balances.spent[group] + cost > balances.most[group]


@kernel_apart
def _stopped_otherwise(state: State, group: int, position: int) -> bool:
    """Whether as many jobs run as may of a holder who has spent so much, or a budget that is
    charged while jobs run is used up, or another one stops the job that costs too much."""
    limits = state.limits
    if len(limits.overuse.first) > 0:
        level = level_of(state, group)
        if level != NONE and limits.jobs[group] >= limits.overuse.jobs[level]:
            return True
    if is_metered(state, group):
        return used_up(state, group)
    stops = limits.balances.when_spent[group] % MORE == STOPS
    return stops and _costs_too_much(state, group, position)


@kernel
def _cannot_pay(state: State, group: int, position: int) -> bool:
    """Whether a budget lets no further job start, or not this one."""
    balances = state.limits.balances
    if len(balances.rate) == 0:
        return False
    if balances.when_spent[group] != STOPS:
        return _stopped_otherwise(state, group, position)
    return _costs_too_much(state, group, position)


@kernel
def _kept_out(state: State, group: int, position: int) -> bool:
    """Whether the job would reach into what is reserved for others, or out of what is for it."""
    bookings, columns, now = state.limits.bookings, state.columns, state.counters[NOW]
    if len(bookings.first) == 0:
        return False
    gpus, until = columns.gpus[position], now + columns.walltime[position]
    first = bookings.first[group]
    if bookings.inside[group]:
        there = first < bookings.last[group]
        return not (there and bookings.start[first] <= now and until <= bookings.end[first])
    for entry in range(first, bookings.last[group]):
        if bookings.start[entry] >= until:
            break
        if bookings.claimed[entry] + gpus > bookings.most[entry]:
            return True
    return False


@kernel_apart
def holding(state: State, position: int) -> int:
    """The first group whose limit the job would break if it started now; NONE if it may.

    Where owners reclaim, a full cohort holds nobody back who may do so; beside ranks quotas hold
    nobody back who may stop others by rank.
    """
    limits, columns = state.limits, state.columns
    gpus = columns.gpus[position]
    for column in range(limits.group.shape[1]):
        group = limits.group[position, column]
        if group == NONE:
            continue
        asked, tries = gpus * columns.walltime[position], tries_by_rank(state, group, position)
        if (
            limits.jobs[group] >= limits.most_jobs[group]
            or is_beyond(state, group, position)
            or (limits.units[group] + gpus > limits.most_units[group] and not tries)
            or _work(state, group) + asked > limits.most_work[group]
            or _cannot_pay(state, group, position)
            or _kept_out(state, group, position)
        ):
            return group
        cohort = full_cohort(state, group, gpus)
        if cohort != NONE and not tries and not within_its_own(state, group, gpus):
            return cohort
    return NONE


@kernel
def _hold_back(state: State, position: int, group: int) -> None:
    limits = state.limits
    limits.next[position] = limits.first[group]
    limits.first[group] = position
    limits.by[position] = group


@kernel
def _leave_line(state: State, position: int, group: int) -> None:
    """Hold a job back that is being taken out of the queue; it keeps no place."""
    _hold_back(state, position, group)
    if state.progress.place[position] < FAR:
        leave_place(state, position)
    state.rights.waiting[state.rights.rank[position] + 1] -= 1


@kernel
def verdict(state: State, program: Program, position: int) -> int:
    """GOES if limits let a job of the queue start; TRIES if quotas alone keep it from that, and it
    may stop those who hold what it lacks; else it has LEFT, or the walk is to STOP."""
    if program.limited == 0:
        return GOES
    group = holding(state, position)
    if group == NONE:
        if len(state.limits.cohorts.own) == 0:
            return GOES
        group = lacking(state, position)
        if group == NONE:
            return GOES
        if program.preemption in (RECLAIM, EITHER):
            return TRIES
    return _held(state, program, position, group)


@kernel
def _held(state: State, program: Program, position: int, group: int) -> int:
    """A group holds a job back at its turn: it has LEFT, or the walk is to STOP."""
    if program.limited == BLOCK:
        return STOP
    _leave_line(state, position, group)
    return LEFT


@kernel_apart
def reclaims_in_vain(state: State, program: Program, position: int) -> int:
    """A job that TRIES could not stop enough others: it has LEFT, or the walk is to STOP."""
    return _held(state, program, position, lacking(state, position))


@kernel_apart
def _look_through(state: State, first: int) -> None:
    """Take those out of the queue, from place ``first`` on, whom limits hold back."""
    queue, counters = state.queue, state.counters
    kept = first
    for place in range(first, counters[TAIL]):
        position = queue.position[place]
        group = holding(state, position)
        if group == NONE:
            keep(state, kept, place)
            kept += 1
        else:
            _leave_line(state, position, group)
    close_gap(state, kept, counters[TAIL])


@kernel_apart
def _let_go(state: State, program: Program, group: int) -> None:
    """Queue those again whom this group held back and no limit holds back any more."""
    limits, counters = state.limits, state.counters
    position, going = limits.first[group], NONE
    limits.first[group] = NONE
    while position != NONE:
        following = limits.next[position]
        # Whoever was taken back by its user meanwhile is in the list still.
        if limits.by[position] == group:
            other = holding(state, position)
            if other != NONE:
                _hold_back(state, position, other)
            else:
                limits.by[position] = NONE
                state.rights.waiting[state.rights.rank[position] + 1] += 1
                limits.next[position] = going
                going = position
        position = following
    if going != NONE:
        queue_again(state, program, going)
        # As if they had been there: all must be looked at.
        counters[CHANGED] = max(counters[CHANGED], ENDS)


@kernel
def _relief_of(state: State, position: int) -> int:
    """When the first limit on work that a job goes beyond now has become wide enough for it."""
    limits, columns, least = state.limits, state.columns, FAR
    asked = columns.gpus[position] * columns.walltime[position]
    for column in range(limits.group.shape[1]):
        group = limits.group[position, column]
        if group != NONE and limits.units[group] > 0:
            over = _work(state, group) + asked - limits.most_work[group]
            if over > 0:
                least = min(least, state.counters[NOW] - (-over // limits.units[group]))
    return least


@kernel_apart
def _find_relief(state: State) -> None:
    """Set RELIEF, from all who are held back."""
    limits, least = state.limits, FAR
    for group in range(len(limits.first)):
        position = limits.first[group]
        while position != NONE:
            if limits.by[position] == group:
                least = min(least, _relief_of(state, position))
            position = limits.next[position]
    state.counters[RELIEF] = least


@kernel
def _note_empty(state: State) -> None:
    """None is due at a place that nobody has: no pass is made for an empty queue."""
    if state.counters[HEAD] == state.counters[TAIL]:
        state.counters[NEXT_PLACE] = FAR


@kernel_apart
def judge(state: State, program: Program) -> None:
    """Phase 3: let the queue be those whom limits let start, before the order is made."""
    limits, counters = state.limits, state.counters
    if program.limited == BLOCK:
        counters[FALLEN] = 0
        return
    weighs = len(limits.balances.behind) > 0 or len(limits.overuse.by) > 0
    if weighs and limits.balances.moved[0]:
        restand(state, program)
    first, there = counters[HEAD], counters[TAIL] - counters[HEAD]
    anew = len(limits.bookings.first) > 0
    if len(limits.lines.most) > 0 and move_edges(state):
        anew = True
    # Else nobody has come to be held back but those who have just come to wait.
    if counters[JUDGED] == counters[STARTED] and not anew:
        first = min(first + counters[FIRST_NEW], counters[TAIL])
    _look_through(state, first)
    if anew and counters[TAIL] - counters[HEAD] < there:
        # They may have stood in the way of others.
        counters[CHANGED] = max(counters[CHANGED], ENDS)
    counters[JUDGED] = counters[STARTED]
    if counters[RELIEF] <= counters[NOW]:
        for group in limits.timed:
            _let_go(state, program, group)
    if len(limits.cohorts.own) > 0:
        let_owners_try(state)
    fallen, counters[FALLEN] = counters[FALLEN], 0
    for entry in range(fallen):
        group = limits.fallen[entry]
        limits.has_fallen[group] = 0
        _let_go(state, program, group)
    _note_empty(state)
    if program.remembers and counters[HEAD] == counters[TAIL]:
        # Nobody is left to make a pass for, which would take note of what has happened.
        remember(state, program)


@kernel
def settle(state: State, program: Program) -> None:
    """At the end of a round: where somebody has started, all others are judged anew.

    So who is held back does not hang on how far the pass has gone. The next one is to look at all;
    it always is where limits block the queue: whoever comes stands behind the job that is held.
    """
    counters = state.counters
    if program.limited == 0:
        return
    if program.limited == BLOCK:
        counters[CHANGED] = max(counters[CHANGED], ENDS)
    elif counters[JUDGED] != counters[STARTED]:
        _look_through(state, counters[HEAD])
        counters[JUDGED], counters[FIRST_NEW] = counters[STARTED], FAR
        counters[CHANGED] = max(counters[CHANGED], ENDS)
    if len(state.limits.timed) > 0:
        _find_relief(state)
    if len(state.limits.lines.most) > 0 and others_are_first(state):
        counters[DUE] = 1
    if pays_overtime(state):
        find_overdue(state)
    _note_empty(state)
    if counters[CHANGED] == PLACE and counters[HEAD] < counters[TAIL]:
        # Somebody who is held back has given up a place: others move up at once.
        counters[DUE] = 1


@kernel
def refuse(state: State, program: Program, position: int) -> bool:
    """Refuse a job that has just been submitted if too many wait already, or have come lately;
    whether it is."""
    if program.limited == 0:
        return False
    column = refusing(state, position)
    if column == NONE:
        if len(state.limits.floods.most) > 0:
            note_submitted(state, position)
        return False
    state.progress.phase[position] = REFUSED
    state.limits.refused_by[position] = column
    return True


@kernel
def submit(state: State, program: Program, position: int) -> None:
    """Queue a job that has just been submitted, or refuse it where too many wait already, or have
    come lately."""
    if refuse(state, program, position):
        return
    enqueue(state, position)
    insert(state, position, priority(state, program, position))
