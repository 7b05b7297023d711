"""Jobs end, are killed at their walltime, or are preempted; their nodes answer later.

Sources: ``job_complete()``, ``job_time_limit()``, job_mgr.c; ``deallocate_nodes()``,
node_scheduler.c; ``job_epilog_complete()``; ``batch_requeue_fini()``.
"""

from __future__ import annotations

from simulator.kernels import heap
from simulator.kernels.accounts import NEXT_TICK
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import BOOKED, Grid
from simulator.kernels.limit_book import count_waiting
from simulator.kernels.occupancy import vacate
from simulator.kernels.queue import insert
from simulator.kernels.running import enqueue, interrupt, release
from simulator.kernels.state import (
    BUSY,
    COMPLETED,
    FAILED,
    ITSELF,
    KILLED,
    NO_CAUSE,
    NOW,
    PENDING,
    PREEMPTED,
    PREEMPTION,
    Program,
    State,
)
from simulator.kernels.words import drop
from simulator.rules.ordering.dispatch_kernel import priority
from simulator.rules.ordering.reorder_kernel import catch_up
from simulator.rules.slurm.classic_kernel import ask
from simulator.rules.slurm.clock_kernel import ask_for
from simulator.rules.slurm.run_kernel import (
    AWAY,
    DEFAULT,
    EPILOGS,
    LAST_CHECK,
    LIMIT_CHECK,
    NEWS,
    ONE_BY_ONE,
    QUEUED,
    REQUEUE_DELAY,
    SECOND,
    TICK,
    Slurm,
    tell,
)
from simulator.rules.slurm.running_kernel import stop


@kernel
def join_queue(state: State, slurm: Slurm, program: Program, position: int) -> None:
    """A job comes to the queue, with the priority that it has now."""
    if slurm.clock.setting[ONE_BY_ONE] == 1:
        ask(state, state.accounts.of_job[position])
    elif program.period and state.accounts.clock[NEXT_TICK] < state.counters[NOW]:
        catch_up(state, program)
    enqueue(state, position)
    insert(state, position, priority(state, program, position))
    tell(slurm.clock)


@kernel
def _send(slurm: Slurm, tick: int, message: int) -> None:
    waits, now = slurm.waits, slurm.clock.now
    heap.push(waits.epilog_time, waits.epilog_job, now[EPILOGS], tick, message)
    now[EPILOGS] += 1


@kernel_apart
def _begin_to_end(state: State, grid: Grid, slurm: Slurm, position: int, after: int) -> None:
    """What a job held is free at once; its nodes are completing until they answer."""
    now, waits, live = slurm.clock.now, slurm.waits, slurm.live
    vacate(state, grid, position)
    first = grid.held.first[position]
    for entry in range(first, first + grid.requests.nodes[position]):
        waits.closing[grid.held.node[entry]] += 1
    slurm.times.ended[position] = now[TICK]
    for slot in range(live.counts[0]):
        if live.row[slot] == position:
            stop(slurm.asks, live, slot)
            break
    _send(slurm, now[TICK] + after, position)
    tell(slurm.clock)


@kernel
def _reason(state: State, slurm: Slurm, position: int) -> int:
    """A job that ends by itself behind its limit, before anybody looks, counts as killed."""
    fails = state.columns.fails
    if state.progress.start[position] + slurm.asks.limit[position] < state.counters[NOW]:
        return KILLED
    return FAILED if len(fails) > 0 and fails[position] else COMPLETED


@kernel_apart
def end_jobs(state: State, grid: Grid, slurm: Slurm, program: Program) -> int:
    """Jobs end by themselves; returns how many."""
    running, counters, times = state.running, state.counters, slurm.times
    tick, ended = slurm.clock.now[TICK], 0
    while counters[BUSY] > 0 and running.end[0] <= tick:
        position = heap.pop(running.end, running.end_position, counters[BUSY])
        reason = _reason(state, slurm, position)
        release(state, program, position, reason, ITSELF if reason == FAILED else NO_CAUSE, 0)
        slurm.waits.stopped[position] = 0
        _begin_to_end(state, grid, slurm, position, times.answer[position])
        if times.heard[position] != times.answer[position]:
            _send(slurm, tick + times.heard[position], position + len(times.heard))
        ended += 1
    return ended


@kernel_apart
def check_limits(state: State, grid: Grid, slurm: Slurm, program: Program) -> None:
    """If it is time to look, kill all that have reached their walltime; by planned end, then job.

    They end now, and their nodes answer once their processes are gone.
    """
    live, now = slurm.live, state.counters[NOW]
    if now - slurm.clock.now[LAST_CHECK] < slurm.clock.setting[LIMIT_CHECK]:
        return
    slurm.clock.now[LAST_CHECK] = now
    while live.counts[0] > 0 and live.end[live.order[0]] <= now:
        position = live.row[live.order[0]]
        interrupt(state, program, position, KILLED, NO_CAUSE, 0)
        be_gone(state, grid, slurm, position)


@kernel_apart
def preempt(state: State, grid: Grid, slurm: Slurm, program: Program, position: int) -> None:
    """A victim, which the pass has stopped already, goes back."""
    interrupt(state, program, position, PREEMPTED, PREEMPTION, 0)
    go_back(state, grid, slurm, position)


@kernel_apart
def be_gone(state: State, grid: Grid, slurm: Slurm, position: int) -> None:
    """A job was stopped; its nodes answer once its processes are gone."""
    slurm.waits.stopped[position] = 1
    _begin_to_end(state, grid, slurm, position, slurm.times.epilog[position])


@kernel_apart
def go_back(state: State, grid: Grid, slurm: Slurm, position: int) -> None:
    """A job was stopped, and goes back: a new submission, without age.

    It is submitted anew once its nodes have answered: ``job_epilog_complete()``.
    """
    clock, waits, now, epilog = slurm.clock, slurm.waits, slurm.clock.now, slurm.times.epilog
    state.progress.phase[position] = PENDING
    state.progress.requeues[position] += 1
    if len(state.limits.group) > 0:
        count_waiting(state, position, 1)
    # It will hold nodes once more.
    grid.totals[BOOKED] += grid.requests.nodes[position]
    be_gone(state, grid, slurm, position)
    submit = (now[TICK] + epilog[position]) // clock.setting[SECOND]
    slurm.asks.submit[position] = submit
    ready = (submit + clock.setting[REQUEUE_DELAY]) * clock.setting[SECOND]
    heap.push(waits.away_time, waits.away_job, now[AWAY], ready, position)
    now[AWAY] += 1


@kernel_apart
def answer(grid: Grid, slurm: Slurm) -> None:
    """Nodes answer that a job is gone.

    After a kill the node's own message asks for a pass at once; after an end the loop hears of it.
    """
    waits, now, times = slurm.waits, slurm.clock.now, slurm.times
    while now[EPILOGS] > 0 and waits.epilog_time[0] <= now[TICK]:
        position = heap.pop(waits.epilog_time, waits.epilog_job, now[EPILOGS])
        now[EPILOGS] -= 1
        if position >= len(times.heard):
            now[QUEUED] = 1
            continue
        first = grid.held.first[position]
        for entry in range(first, first + grid.requests.nodes[position]):
            node = grid.held.node[entry]
            waits.closing[node] -= 1
            if waits.closing[node] == 0:
                drop(slurm.live.completing, 0, node)
        now[NEWS] += 1
        if waits.stopped[position] == 1:
            ask_for(slurm.clock, DEFAULT)
        elif times.heard[position] == times.answer[position]:
            now[QUEUED] = 1


@kernel_apart
def come_back(state: State, slurm: Slurm, program: Program) -> None:
    """Jobs that were preempted may start again."""
    waits, now = slurm.waits, slurm.clock.now
    while now[AWAY] > 0 and waits.away_time[0] <= now[TICK]:
        position = heap.pop(waits.away_time, waits.away_job, now[AWAY])
        now[AWAY] -= 1
        if len(state.limits.group) > 0:
            # It has counted as waiting since it was stopped.
            count_waiting(state, position, -1)
        join_queue(state, slurm, program, position)
