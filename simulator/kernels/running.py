"""Jobs that start, end, or lose their units."""

from __future__ import annotations

from simulator.kernels import heap
from simulator.kernels.attained import expect_crossing, note_service
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.ends import enter, forget
from simulator.kernels.limit_book import book_limits, count_waiting, pay, pay_back
from simulator.kernels.state import (
    BUSY,
    CHANGED,
    COMPLETED,
    DONE,
    ENDS,
    FAILED,
    FREE,
    ITSELF,
    KILLED,
    LOGGED,
    NO_CAUSE,
    NOW,
    QUEUED,
    RUNNING,
    STARTED,
    TOLD,
    Program,
    State,
)
from simulator.kernels.usage import book_end, book_start


@kernel
def start(state: State, program: Program, position: int) -> None:
    """Give the job its units at NOW. It must have been taken out of the queue."""
    start_for(state, program, position, state.columns.run_time[position])


@kernel
def start_for(state: State, program: Program, position: int, needed: int) -> None:
    """Start a job that needs so many seconds, from now on, to end by itself."""
    columns, progress, running, counters = (
        state.columns,
        state.progress,
        state.running,
        state.counters,
    )
    now, busy = counters[NOW], counters[BUSY]
    length = needed if program.overrun else min(needed, columns.walltime[position])
    heap.push(running.end, running.end_position, busy, now + length, position)
    gpus, planned = columns.gpus[position], now + columns.walltime[position]
    enter(state, position, planned, gpus)
    progress.phase[position] = RUNNING
    progress.start[position] = now
    progress.suspended[position] = 0
    progress.sequence[position] = counters[STARTED]
    counters[STARTED] += 1
    rights = state.rights
    rights.waiting[rights.rank[position] + 1] -= 1
    rights.running[rights.rank[position] + 1] += 1
    if program.levels:
        expect_crossing(state, program, position)
    counters[FREE] -= gpus
    book_start(state, program, position)
    if program.limited:
        book_limits(state, position, 1)
        if len(state.limits.balances.rate) > 0:
            pay(state, position)


@kernel
def _record(state: State, position: int, reason: int, cause: int, kept: int) -> None:
    log, counters = state.log, state.counters
    entry = counters[LOGGED]
    log.position[entry] = position
    log.start[entry] = state.progress.start[position]
    log.end[entry] = counters[NOW]
    log.reason[entry] = reason
    log.cause[entry] = cause
    log.kept[entry] = kept
    log.sequence[entry] = state.progress.sequence[position]
    counters[LOGGED] = entry + 1


@kernel
def release(
    state: State, program: Program, position: int, reason: int, cause: int, kept: int
) -> None:
    """End the running attempt of a job at NOW and take its units back.

    ``kept``: seconds of it whose work a further attempt need not do again.
    """
    book_end(state, program, position)
    if program.limited:
        if len(state.limits.balances.rate) > 0:
            pay_back(state, position, cause, kept)
        book_limits(state, position, -1)
    if state.progress.phase[position] == TOLD:
        # It was counted out of those that can be stopped when it was told.
        state.rights.running[state.rights.rank[position] + 1] += 1
    if program.preemption or program.levels:
        note_service(state, program, position)
    forget(state, position)
    _record(state, position, reason, cause, kept)
    state.counters[FREE] += state.columns.gpus[position]
    state.counters[CHANGED] = max(state.counters[CHANGED], ENDS)
    state.progress.phase[position] = DONE
    state.rights.running[state.rights.rank[position] + 1] -= 1


@kernel
def next_to_end(state: State, now: int) -> int:
    """Take the first to end off the heap; ``now`` is its time. Returns its position."""
    running, counters = state.running, state.counters
    counters[NOW] = now
    return heap.pop(running.end, running.end_position, counters[BUSY])


@kernel
def end(state: State, program: Program, position: int, needed: int) -> None:
    """End a job whose time has come: it needed so many seconds, or was cut at its walltime, as the
    rule says under which it started."""
    columns, progress = state.columns, state.progress
    ran = state.counters[NOW] - progress.start[position] - progress.suspended[position]
    if needed > columns.walltime[position] and ran < needed:
        release(state, program, position, KILLED, NO_CAUSE, 0)
    elif len(columns.fails) > 0 and columns.fails[position]:
        release(state, program, position, FAILED, ITSELF, 0)
    else:
        release(state, program, position, COMPLETED, NO_CAUSE, 0)


@kernel
def complete(state: State, program: Program, now: int) -> int:
    """Phase 1: end every job whose time has come, by position, and return how many did."""
    ended = 0
    while state.counters[BUSY] > 0 and state.running.end[0] <= now:
        position = next_to_end(state, now)
        end(state, program, position, state.columns.run_time[position])
        ended += 1
    return ended


@kernel_apart
def interrupt(
    state: State, program: Program, position: int, reason: int, cause: int, kept: int
) -> None:
    """End a running job before its time; whether it returns to the queue is the caller's."""
    heap.remove(state.running.end, state.running.end_position, state.counters[BUSY], position)
    release(state, program, position, reason, cause, kept)


@kernel_apart
def latest_started(state: State) -> int:
    """The running job that started last, the higher position on a tie; −1 if none runs."""
    running, progress = state.running, state.progress
    latest = -1
    for entry in range(state.counters[BUSY]):
        position = running.planned_position[entry]
        if (
            latest < 0
            or progress.start[position] > progress.start[latest]
            or (progress.start[position] == progress.start[latest] and position > latest)
        ):
            latest = position
    return latest


@kernel
def enqueue(state: State, position: int) -> None:
    """Mark a job as waiting from NOW on; its place in the queue is the order's."""
    state.progress.phase[position] = QUEUED
    state.progress.eligible[position] = state.counters[NOW]
    state.rights.waiting[state.rights.rank[position] + 1] += 1
    if len(state.limits.group) > 0:
        count_waiting(state, position, 1)
