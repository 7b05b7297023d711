"""Jobs that run beyond walltimes that were paid for beforehand: they are charged as they go on."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.limits import MORE, NONE, STOPS
from simulator.kernels.state import BUSY, FAR, JUDGED, NOW, OVERDUE, RUNNING, TOLD, State


@kernel
def pays_overtime(state: State) -> bool:
    """Whether any budget pays for what jobs run beyond their walltimes."""
    return len(state.limits.overtime.pays) > 0


@kernel
def _has_outrun(state: State, entry: int, now: int) -> bool:
    """Whether the job of an entry of ``Running.planned`` runs, and has by then run as long as it
    asked for."""
    phase = state.progress.phase[state.running.planned_position[entry]]
    return state.running.planned[entry] <= now and phase in (RUNNING, TOLD)


@kernel_apart
def settle_overtime(state: State, now: int) -> None:
    """Charge what jobs have run until now beyond their walltimes, since it was last settled."""
    running, limits = state.running, state.limits
    balances, overtime = limits.balances, limits.overtime
    for entry in range(state.counters[BUSY]):
        planned, position = running.planned[entry], running.planned_position[entry]
        if planned >= now:
            break
        if not _has_outrun(state, entry, now):
            continue
        for column in range(limits.group.shape[1]):
            group, rate = limits.group[position, column], balances.paid[position, column]
            if group != NONE and rate > 0 and overtime.pays[group]:
                balances.spent[group] += rate * (now - max(planned, overtime.settled[group]))
                balances.moved[0] = 1
    for group in range(len(overtime.pays)):
        overtime.settled[group] = now


@kernel
def _stops(state: State, group: int) -> bool:
    """Whether a group's jobs that run beyond their walltimes are killed once it has used all that
    it may."""
    pays = state.limits.overtime.pays[group]
    return pays > 0 and state.limits.balances.when_spent[group] % MORE == STOPS


@kernel
def _outlasts(state: State, group: int) -> int:
    """Until when a group can pay, as it was last looked ahead; FAR if for ever."""
    balances, overtime = state.limits.balances, state.limits.overtime
    if overtime.rate[group] == 0:
        return FAR
    left = max(balances.most[group] - overtime.used[group], 0)
    return overtime.seen[group] - (-left // overtime.rate[group])


@kernel_apart
def find_overdue(state: State) -> None:
    """Set OVERDUE: the first second by which a group will have used all that it may, while jobs of
    its run beyond their walltimes, if nothing happens before."""
    running, limits, now = state.running, state.limits, state.counters[NOW]
    balances, overtime, least = limits.balances, limits.overtime, FAR
    for group in range(len(overtime.pays)):
        overtime.rate[group] = 0
        overtime.used[group] = balances.spent[group]
        overtime.seen[group] = now
    for entry in range(state.counters[BUSY]):
        position, when = running.planned_position[entry], max(running.planned[entry], now)
        if when >= least:
            break
        if not _has_outrun(state, entry, when):
            continue
        for column in range(limits.group.shape[1]):
            group, rate = limits.group[position, column], balances.paid[position, column]
            if group == NONE or rate == 0 or not _stops(state, group):
                continue
            overtime.used[group] += overtime.rate[group] * (when - overtime.seen[group])
            overtime.seen[group] = when
            overtime.rate[group] += rate
            least = min(least, _outlasts(state, group))
    state.counters[OVERDUE] = least


@kernel_apart
def look_at_overtime(state: State, now: int) -> None:
    """As phase 1 begins: charge until now, and see what has happened to budgets and grants."""
    settle_overtime(state, now)
    if state.counters[JUDGED] < 0:
        state.counters[NOW] = now
        find_overdue(state)


@kernel
def is_overdue(state: State, entry: int) -> bool:
    """Whether the job of an entry of ``Running.planned`` runs beyond its walltime and nothing is
    left to pay for that; all has been settled."""
    limits, position = state.limits, state.running.planned_position[entry]
    if not pays_overtime(state) or not _has_outrun(state, entry, state.counters[NOW]):
        return False
    for column in range(limits.group.shape[1]):
        group, balances = limits.group[position, column], limits.balances
        if (
            group != NONE
            and balances.paid[position, column] > 0
            and _stops(state, group)
            and balances.spent[group] >= balances.most[group]
        ):
            return True
    return False
