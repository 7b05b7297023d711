"""Jobs that stand still and go on: what becomes of their clocks."""

from __future__ import annotations

from simulator.kernels import heap
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.ends import enter, forget
from simulator.kernels.meters import meter
from simulator.kernels.state import BUSY, CHANGED, ENDS, FAR, NOW, RUNNING, SUSPENDED, State
from simulator.kernels.suspensions import ASIDE, ENDED


@kernel_apart
def stand_still(state: State, position: int) -> None:
    """Suspend a running job at NOW; when plans expect it to go on is the caller's to say."""
    running, suspensions, counters = state.running, state.suspensions, state.counters
    now, entry, busy = counters[NOW], 0, counters[BUSY]
    while running.end_position[entry] != position:
        entry += 1
    suspensions.left[position] = running.end[entry] - now
    suspensions.rest[position] = state.progress.planned[position] - now
    suspensions.since[position] = now
    if len(state.limits.meters.runs) > 0:
        meter(state, position, -1)
    heap.remove(running.end, running.end_position, busy, position)
    heap.push(running.end, running.end_position, busy - 1, FAR, position)
    state.progress.phase[position] = SUSPENDED
    counters[CHANGED] = max(counters[CHANGED], ENDS)
    _line_up(state, position)


@kernel
def _line_up(state: State, position: int) -> None:
    """Let it go on behind those of its rank that have been suspended before."""
    line, counts, rank = state.suspensions.line, state.suspensions.counts, state.rights.rank
    place = counts[ASIDE]
    while place > 0 and rank[line[place - 1]] > rank[position]:
        line[place] = line[place - 1]
        place -= 1
    line[place] = position
    counts[ASIDE] += 1


@kernel_apart
def go_on(state: State, position: int) -> None:
    """Let a suspended job run again from NOW on, whether it ends there and then or not."""
    running, suspensions, counters = state.running, state.suspensions, state.counters
    counts, now, busy = suspensions.counts, counters[NOW], counters[BUSY]
    heap.remove(running.end, running.end_position, busy, position)
    end = now + suspensions.left[position]
    heap.push(running.end, running.end_position, busy - 1, end, position)
    forget(state, position)
    enter(state, position, now + suspensions.rest[position], state.columns.gpus[position])
    state.progress.phase[position] = RUNNING
    state.rights.crossing[0] = 0
    if len(state.limits.meters.runs) > 0:
        meter(state, position, 1)
    counters[CHANGED] = max(counters[CHANGED], ENDS)
    place = 0
    while suspensions.line[place] != position:
        place += 1
    counts[ASIDE] -= 1
    for later in range(place, counts[ASIDE]):
        suspensions.line[later] = suspensions.line[later + 1]
    since = suspensions.since[position]
    if since < now:
        state.progress.suspended[position] += now - since
        suspensions.position[counts[ENDED]] = position
        suspensions.start[counts[ENDED]] = since
        suspensions.end[counts[ENDED]] = now
        counts[ENDED] += 1
