"""Queues by attained service: who has had enough sinks into the next one, whose rank is lower."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import BUSY, FAR, NOW, RUNNING, Program, State
from simulator.kernels.time_run import began


@kernel
def _enough(state: State, queue: int) -> float:
    """Unit-seconds with which a job leaves a queue."""
    numbers = state.accounts.numbers
    return numbers[queue] * numbers[-1]


@kernel
def _sink(state: State, program: Program, position: int, seconds: int) -> None:
    """Let a running job that has run so many seconds in all be in its queue."""
    rights = state.rights
    attained, rank = float(state.columns.gpus[position] * seconds), rights.rank[position]
    rights.running[rank + 1] -= 1
    while rank < program.levels and attained >= _enough(state, rank):
        rank += 1
    rights.rank[position] = rank
    rights.running[rank + 1] += 1


@kernel_apart
def note_service(state: State, program: Program, position: int) -> None:
    """The attempt of a job ends at NOW: count its service."""
    rights = state.rights
    rights.served[position] += state.counters[NOW] - began(state, position)
    if program.levels:
        _sink(state, program, position, rights.served[position])


@kernel_apart
def sink_all(state: State, program: Program) -> None:
    """Let every running job be in the queue of what it had attained at the last round.

    Those told to stop are left alone: nobody asks for their rank until they have.
    """
    progress, now = state.progress, state.counters[NOW]
    seen = now - now % program.round
    for entry in range(state.counters[BUSY]):
        position = state.running.planned_position[entry]
        if progress.phase[position] != RUNNING:
            continue
        ran = max(seen - began(state, position), 0)
        _sink(state, program, position, state.rights.served[position] + ran)


@kernel_apart
def next_crossing(state: State, program: Program) -> int:
    """When the next running job leaves its queue; FAR if none will."""
    rights, when = state.rights, FAR
    for entry in range(state.counters[BUSY]):
        position = state.running.planned_position[entry]
        rank, gpus = rights.rank[position], state.columns.gpus[position]
        runs = state.progress.phase[position] == RUNNING
        if rank >= program.levels or gpus == 0 or not runs:
            continue
        needed = int(_enough(state, rank))
        seconds = (needed + gpus - 1) // gpus - rights.served[position]
        at = began(state, position) + max(seconds, 0)
        when = min(when, (at + program.round - 1) // program.round * program.round)
    return max(when, state.counters[NOW] + 1)
