"""Slurm's classic fair share as its calculations make it: one job after another.

As a calculation begins, the effective usage of accounts is made of the usage until then, and that
of users forgotten. Usage fades; then, job by job, what a running one has used is booked, and a
waiting one asks for its user's share, which is made of what is booked by then and kept until the
next calculation. ``Room.heap_key`` holds effective usage.
Source: SchedMD/slurm 22.05, ``priority_multifactor.c``.
"""

from __future__ import annotations

from simulator.kernels.accounts import LAST_TICK, NEXT_TICK
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.queue import sort
from simulator.kernels.state import BUSY, HEAD, NOW, TAIL, Ints, Program, State
from simulator.kernels.usage import book_until_now, fade_all
from simulator.rules.ordering.dispatch_kernel import priority
from simulator.rules.slurm.state_kernel import Scratch

UNASKED = -1.0
RUNS = -1
"""The place in the queue of a job that runs."""


@kernel
def _effective(state: State, entity: int) -> float:
    """UE = UA + (UE of the parent − UA)·(share among siblings); UE = UA at the top."""
    tree, usage = state.accounts.tree, state.accounts.had.usage
    used = min(usage[entity] / usage[0], 1.0) if usage[0] > 0.0 else 0.0
    above = tree.parent[entity]
    if above == 0:
        return used
    return used + (state.accounts.room.heap_key[above] - used) * tree.part[entity]


@kernel_apart
def _forget(state: State) -> None:
    tree, effective = state.accounts.tree, state.accounts.room.heap_key
    effective[0] = 1.0
    for entity in range(1, len(tree.parent)):
        effective[entity] = UNASKED if tree.user[entity] == 1 else _effective(state, entity)


@kernel_apart
def ask(state: State, entity: int) -> None:
    """Give a user the factor 2^(−(UE/S)/d); one of share ``parent`` has its account's."""
    tree, had, effective = state.accounts.tree, state.accounts.had, state.accounts.room.heap_key
    own = tree.parent[entity] if tree.share[entity] < 0.0 else entity
    if effective[own] == UNASKED:
        effective[own] = _effective(state, own)
    share, dampening = tree.entitled[own], state.accounts.numbers[0]
    had.value[entity] = 2.0 ** (-(effective[own] / share) / dampening) if share > 0.0 else 0.0


@kernel_apart
def ask_all(state: State) -> None:
    """Somebody calls sshare."""
    for entity in range(1, len(state.accounts.tree.parent)):
        if state.accounts.tree.user[entity] == 1:
            ask(state, entity)


@kernel
def _put(jobs: Ints, places: Ints, count: int, job: int, place: int) -> None:
    """Keep a list of jobs in their order."""
    hole = count
    while hole > 0 and jobs[hole - 1] > job:
        jobs[hole], places[hole] = jobs[hole - 1], places[hole - 1]
        hole -= 1
    jobs[hole], places[hole] = job, place


@kernel_apart
def calculate_one_by_one(state: State, program: Program, scratch: Scratch) -> None:
    """A calculation of priorities; ``scratch`` has room for all jobs that run or wait."""
    counters, queue, clock = state.counters, state.queue, state.accounts.clock
    jobs, places, count = scratch.order, scratch.half, 0
    _forget(state)
    fade_all(state, program)
    for entry in range(counters[BUSY]):
        _put(jobs, places, count, state.running.planned_position[entry], RUNS)
        count += 1
    for place in range(counters[HEAD], counters[TAIL]):
        _put(jobs, places, count, queue.position[place], place)
        count += 1
    for index in range(count):
        if places[index] == RUNS:
            book_until_now(state, program, jobs[index])
        else:
            ask(state, state.accounts.of_job[jobs[index]])
            queue.key[places[index]] = priority(state, program, jobs[index])
    sort(state)
    clock[LAST_TICK] = counters[NOW]
    clock[NEXT_TICK] = counters[NOW] + program.period
