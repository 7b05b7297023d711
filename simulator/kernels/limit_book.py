"""The books of limits: what runs, waits and is held back, group by group."""

from __future__ import annotations

from simulator.kernels.compiling import kernel_apart
from simulator.kernels.limits import NONE
from simulator.kernels.state import FALLEN, State


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
        limits.units[group] += sign * gpus
        limits.reach[group] += sign * gpus * state.progress.planned[position]
        if sign > 0:
            limits.waiting[group] -= 1
        elif not limits.has_fallen[group]:
            limits.has_fallen[group] = 1
            limits.fallen[state.counters[FALLEN]] = group
            state.counters[FALLEN] += 1


@kernel_apart
def count_waiting(state: State, position: int, sign: int) -> None:
    """A job comes to wait (1), or is taken back while it does (−1)."""
    limits = state.limits
    for column in range(limits.group.shape[1]):
        group = limits.group[position, column]
        if group != NONE:
            limits.waiting[group] += sign


@kernel_apart
def refusing(state: State, position: int) -> int:
    """The limit, a column, that lets no more jobs wait than do already; NONE if all would."""
    limits = state.limits
    for column in range(limits.group.shape[1]):
        group = limits.group[position, column]
        if (
            group != NONE
            and limits.waiting[group] + limits.jobs[group] >= limits.most_waiting[group]
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
