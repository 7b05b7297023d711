"""The books of limits: what runs, waits and is held back, group by group."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.floods import too_many_lately
from simulator.kernels.limits import LAST, MORE, NOBODY, NONE
from simulator.kernels.lines import count_in_line
from simulator.kernels.meters import is_metered, meter
from simulator.kernels.state import FALLEN, NOW, State
from simulator.kernels.time_run import began


@kernel
def beyond(state: State, group: int, gpus: int) -> int:
    """Units by which what a member holds in its cohort grows if it comes to hold so many more."""
    kept, held = state.limits.cohorts.kept[group], state.limits.units[group]
    return max(held + gpus - kept, 0) - max(held - kept, 0)


@kernel
def note_fallen(state: State, group: int) -> None:
    """Less of it is used, or more may be: those whom it holds back are looked at again."""
    limits = state.limits
    if not limits.has_fallen[group]:
        limits.has_fallen[group] = 1
        limits.fallen[state.counters[FALLEN]] = group
        state.counters[FALLEN] += 1


@kernel
def _book_units(state: State, group: int, gpus: int) -> None:
    """A group comes to hold so many more units, or fewer."""
    limits = state.limits
    if len(limits.cohorts.cohort) > 0:
        cohort = limits.cohorts.cohort[group]
        if cohort != NONE:
            limits.units[cohort] += beyond(state, group, gpus)
            if gpus < 0:
                note_fallen(state, cohort)
    limits.units[group] += gpus


@kernel
def _count_waiting(state: State, group: int, position: int, sign: int) -> None:
    """A job of the group comes to wait (1), or waits no more (−1)."""
    state.limits.waiting[group] += sign
    if count_in_line(state, group, position, sign):
        note_fallen(state, group)


@kernel
def _claim(state: State, group: int, position: int, units: int) -> None:
    """So many units of the group will be held, or no more be held, in what a job reaches into."""
    bookings, progress = state.limits.bookings, state.progress
    for entry in range(bookings.first[group], bookings.last[group]):
        if bookings.start[entry] >= progress.planned[position]:
            break
        # All have not ended yet, or end as the job does: it was, or would be, there.
        bookings.claimed[entry] += units


@kernel_apart
def book_limits(state: State, position: int, sign: int) -> None:
    """A job starts (1) or stops running (−1)."""
    limits = state.limits
    gpus = state.columns.gpus[position]
    for column in range(limits.group.shape[1]):
        group = limits.group[position, column]
        if group == NONE:
            continue
        limits.jobs[group] += sign
        _book_units(state, group, sign * gpus)
        limits.reach[group] += sign * gpus * state.progress.planned[position]
        if len(limits.bookings.first) > 0:
            _claim(state, group, position, sign * gpus)
        if sign > 0:
            _count_waiting(state, group, position, -1)
        else:
            note_fallen(state, group)


@kernel_apart
def pay(state: State, position: int) -> None:
    """A job starts: its whole walltime is paid for, or a meter begins to run."""
    balances, groups = state.limits.balances, state.limits.group
    cost = balances.rate[position] * state.columns.walltime[position]
    for column in range(groups.shape[1]):
        group = groups[position, column]
        if group != NONE and not is_metered(state, group):
            balances.spent[group] += cost
            balances.paid[position, column] = balances.rate[position]
    balances.moved[0] = 1
    if len(state.limits.meters.runs) > 0:
        meter(state, position, 1)


@kernel_apart
def stands_behind(state: State, position: int) -> int:
    """1 if a budget that does not stop it has less left than the job's whole walltime costs."""
    balances, groups = state.limits.balances, state.limits.group
    cost = balances.rate[position] * state.columns.walltime[position]
    for column in range(groups.shape[1]):
        group = groups[position, column]
        if (
            group != NONE
            and balances.when_spent[group] % MORE == LAST
            and balances.spent[group] + cost > balances.most[group]
        ):
            return 1
    return 0


@kernel
def level_of(state: State, group: int) -> int:
    """The last level of overuse that what has been spent reaches; NONE if it reaches none."""
    balances, overuse, found = state.limits.balances, state.limits.overuse, NONE
    if balances.most[group] == NOBODY:
        return NONE
    for level in range(overuse.first[group], overuse.last[group]):
        if balances.spent[group] >= overuse.used[level]:
            found = level
    return found


@kernel_apart
def lateness(state: State, position: int) -> int:
    """Seconds by which a job counts as submitted later, by the budget that says most."""
    groups, late = state.limits.group, 0
    for column in range(groups.shape[1]):
        group = groups[position, column]
        if group != NONE:
            level = level_of(state, group)
            if level != NONE:
                late = max(late, state.limits.overuse.later[level])
    return late


@kernel
def note_lateness(state: State, position: int) -> int:
    """Seconds by which the key that a job is being given is to count it as submitted later."""
    if len(state.limits.overuse.by) == 0:
        return 0
    late = lateness(state, position)
    state.limits.overuse.by[position] = late
    return late


@kernel_apart
def pay_back(state: State, position: int, cause: int, kept: int) -> None:
    """A job stops running: what it did not use is given back, and what it lost for such causes.

    ``kept``: seconds of the attempt whose work a further one need not do again.
    """
    balances, groups = state.limits.balances, state.limits.group
    start, now = state.progress.start[position], state.counters[NOW]
    # Time in which it stood still was not paid for, nor, beforehand, what is beyond its walltime.
    ran = now - began(state, position)
    unused = max(state.columns.walltime[position] - ran, 0)
    for column in range(groups.shape[1]):
        group = groups[position, column]
        if group != NONE and start >= balances.since[group]:
            lost = ran - kept if balances.refunds[group] >> cause & 1 else 0
            balances.spent[group] -= balances.paid[position, column] * (unused + lost)
    balances.moved[0] = 1
    if len(state.limits.meters.runs) > 0:
        meter(state, position, -1)


@kernel_apart
def count_waiting(state: State, position: int, sign: int) -> None:
    """A job comes to wait (1), or is taken back while it does (−1)."""
    limits = state.limits
    for column in range(limits.group.shape[1]):
        group = limits.group[position, column]
        if group != NONE:
            _count_waiting(state, group, position, sign)


@kernel_apart
def refusing(state: State, position: int) -> int:
    """The limit, a column, that lets no more jobs wait than do already, or come than have lately;
    NONE if all would."""
    limits = state.limits
    for column in range(limits.group.shape[1]):
        group = limits.group[position, column]
        if group != NONE and (
            limits.waiting[group] + limits.jobs[group] >= limits.most_waiting[group]
            or too_many_lately(state, group)
        ):
            return column
    return NONE


@kernel_apart
def take_back_held(state: State, position: int) -> bool:
    """A waiting job is taken back by its user; true if limits held it back."""
    limits = state.limits
    count_waiting(state, position, -1)
    held = limits.by[position] != NONE
    limits.by[position] = NONE
    return held
