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


@kernel
def _crossing(state: State, program: Program, position: int) -> int:
    """When a running job leaves its queue, at the end of a round; FAR if never."""
    rank, gpus = state.rights.rank[position], state.columns.gpus[position]
    if rank >= program.levels or gpus == 0 or state.progress.phase[position] != RUNNING:
        return FAR
    needed = int(_enough(state, rank))
    seconds = (needed + gpus - 1) // gpus - state.rights.served[position]
    at = began(state, position) + max(seconds, 0)
    return (at + program.round - 1) // program.round * program.round


@kernel_apart
def expect_crossing(state: State, program: Program, position: int) -> None:
    """Somebody runs: note when it leaves its queue if that is before all others."""
    crossing, when = state.rights.crossing, _crossing(state, program, position)
    if when < crossing[0]:
        crossing[0], crossing[1] = when, position


@kernel_apart
def _sink_who_run(state: State, program: Program) -> None:
    progress, now = state.progress, state.counters[NOW]
    seen = now - now % program.round
    state.rights.crossing[0] = FAR
    for entry in range(state.counters[BUSY]):
        position = state.running.planned_position[entry]
        if progress.phase[position] != RUNNING:
            continue
        ran = max(seen - began(state, position), 0)
        _sink(state, program, position, state.rights.served[position] + ran)
        expect_crossing(state, program, position)


@kernel
def sink_all(state: State, program: Program) -> None:
    """Let every running job be in the queue of what it had attained at the last round.

    Those told to stop are left alone: nobody asks for their rank until they have.
    """
    if state.counters[NOW] >= state.rights.crossing[0]:
        _sink_who_run(state, program)


@kernel
def next_crossing(state: State, program: Program) -> int:
    """When the next running job leaves its queue; FAR if none will."""
    crossing = state.rights.crossing
    known = crossing[0] == FAR or (
        crossing[0] > 0 and _crossing(state, program, crossing[1]) == crossing[0]
    )
    if not known:
        crossing[0] = FAR
        for entry in range(state.counters[BUSY]):
            expect_crossing(state, program, state.running.planned_position[entry])
    return max(crossing[0], state.counters[NOW] + 1)
