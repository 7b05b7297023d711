"""Both passes within a run: their queue, and what they decide carried out."""

from __future__ import annotations

from simulator.kernels.checkpoints import needed
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import Grid
from simulator.kernels.occupancy import note_type, occupy
from simulator.kernels.queue import take_out
from simulator.kernels.running import start_for
from simulator.kernels.state import HEAD, NOW, PASSES, TAIL, Ints, Program, State
from simulator.kernels.words import has
from simulator.rules.ordering.reorder_kernel import reorder
from simulator.rules.slurm.backfill_kernel import backfill_sorted
from simulator.rules.slurm.ends_kernel import preempt
from simulator.rules.slurm.favoured_kernel import put_first
from simulator.rules.slurm.limits_kernel import count_in, time_alone_lets_start
from simulator.rules.slurm.main_kernel import main_sorted
from simulator.rules.slurm.order_kernel import sort_queue
from simulator.rules.slurm.run_kernel import (
    BACKFILL,
    DEPTH,
    FIRST,
    FULL,
    IN_FULL,
    MAIN,
    NEWS,
    SECOND,
    TICK,
    TIERED,
    VAIN_BACKFILL,
    VAIN_DEPTH,
    VAIN_MAIN,
    Slurm,
    tell,
)
from simulator.rules.slurm.state_kernel import OF, PREEMPTS, STARTED, UNTIL, Did

PAST = -(2**40)
"""Where a reservation that is not known, or is over, can meet nobody."""


@kernel
def know(slurm: Slurm, now: int) -> None:
    """Let passes see the reservations that have been made and are not over."""
    booked, reserved, tick = slurm.booked, slurm.reserved, slurm.clock.now[TICK]
    for index in range(len(reserved.made)):
        seen = reserved.made[index] <= tick and reserved.end[index] > now
        booked.start[index] = reserved.start[index] if seen else PAST
        booked.end[index] = reserved.end[index] if seen else PAST


@kernel
def _by_job(order: Ints, count: int) -> None:
    for index in range(1, count):
        job, hole = order[index], index
        while hole > 0 and order[hole - 1] > job:
            order[hole] = order[hole - 1]
            hole -= 1
        order[hole] = job


@kernel_apart
def line_up(state: State, slurm: Slurm, program: Program) -> int:
    """The queue of a pass, in order, into ``Scratch.order``; how many wait.

    Where tiers or rights to preempt count it is sorted anew, from the order of Slurm's list of
    jobs.
    """
    queue, counters, order = state.queue, state.counters, slurm.scratch.order
    if program.moving:
        reorder(state, program)
    first, waiting = counters[HEAD], counters[TAIL] - counters[HEAD]
    for index in range(waiting):
        order[index] = queue.position[first + index]
    if slurm.clock.setting[TIERED] == 1:
        for index in range(waiting):
            slurm.asks.priority[order[index]] = int(queue.key[first + index])
        _by_job(order, waiting)
        sort_queue(slurm.site, slurm.asks, order, slurm.scratch.half, waiting)
    if slurm.clock.setting[FIRST] > 0:
        put_first(order, waiting, slurm.clock.setting[FIRST] - 1)
    return waiting


@kernel
def _take_nodes(grid: Grid, did: Did, row: int) -> None:
    count = 0
    for node in range(len(grid.closings)):
        if has(did.nodes, row, node):
            grid.scratch.choice[count] = node
            count += 1


@kernel_apart
def _carry_out(state: State, grid: Grid, slurm: Slurm, program: Program, by: int) -> int:
    """Start those whom the pass has started, and send its victims back; returns how many start."""
    did, clock, times, started = slurm.did, slurm.clock, slurm.times, 0
    tick, second = clock.now[TICK], clock.setting[SECOND]
    for row in range(did.counts[0]):
        if did.outcome[row] != STARTED:
            continue
        position = did.row[row]
        until = state.counters[NOW] + slurm.asks.limit[position]
        count_in(slurm.site, slurm.asks, position, until, -1)
        take_out(state, position)
        _take_nodes(grid, did, row)
        if program.accounting:
            note_type(state, grid, position)
        occupy(state, grid, position)
        times.began[position] = tick
        times.planned_by[position] = by
        length = needed(state, grid, position) * second + times.more[position]
        # Ends are kept in ticks, and all else in seconds.
        start_for(state, program, position, tick + length - state.counters[NOW])
        started += 1
    for index in range(did.counts[1]):
        slurm.asks.preempted[did.stopped_for[index]] = state.counters[NOW]
        victim = did.victim[index]
        count_in(slurm.site, slurm.asks, victim, state.progress.planned[victim], 1)
        preempt(state, grid, slurm, program, victim)
    if started > 0 or did.counts[1] > 0:
        tell(clock)
    return started


@kernel
def _main_again(slurm: Slurm, depth: int) -> bool:
    """Whether a main pass would do as the last one did, which started nobody, as nothing changed.

    Reservations come and go, and the right to preempt, by the clock alone; so does what limits on
    work let start.
    """
    now = slurm.clock.now
    if time_alone_lets_start(slurm.site):
        return False
    in_full = slurm.clock.setting[IN_FULL] == 1
    if in_full or len(slurm.reserved.made) > 0 or slurm.site.rules[PREEMPTS] == 1:
        return False
    return now[VAIN_MAIN] == now[NEWS] and now[VAIN_DEPTH] >= depth


@kernel_apart
def make_main(state: State, grid: Grid, slurm: Slurm, program: Program, depth: int) -> int:
    """A main pass over a queue that is not empty; returns how many start."""
    counters, scratch, now = state.counters, slurm.scratch, state.counters[NOW]
    counters[PASSES] += 1
    if not program.moving and _main_again(slurm, depth):
        return 0
    know(slurm, now)
    waiting = line_up(state, slurm, program)
    most = 0 if depth == FULL else slurm.clock.setting[DEPTH]
    main_sorted(
        slurm.site,
        slurm.asks,
        slurm.booked,
        slurm.live,
        waiting,
        most,
        now,
        scratch,
        slurm.did,
        slurm.clock.setting[IN_FULL] == 0,
    )
    started = _carry_out(state, grid, slurm, program, MAIN)
    slurm.clock.now[VAIN_MAIN] = slurm.clock.now[NEWS] if started == 0 else -1
    slurm.clock.now[VAIN_DEPTH] = depth
    return started


@kernel
def _backfill_again(slurm: Slurm, now: int) -> bool:
    """Whether a backfill pass would do as the last one did, which started nobody."""
    kept = slurm.scratch.kept.numbers
    return (
        slurm.clock.now[VAIN_BACKFILL] == slurm.clock.now[NEWS]
        and kept[OF] >= 0
        and now < kept[UNTIL]
    )


@kernel_apart
def make_backfill(state: State, grid: Grid, slurm: Slurm, program: Program) -> None:
    """A backfill pass over a queue that is not empty."""
    now, scratch = state.counters[NOW], slurm.scratch
    state.counters[PASSES] += 1
    if not program.moving and _backfill_again(slurm, now):
        return
    know(slurm, now)
    waiting = line_up(state, slurm, program)
    slurm.clock.now[VAIN_BACKFILL] = slurm.clock.now[NEWS]
    site, asks, live = slurm.site, slurm.asks, slurm.live
    backfill_sorted(
        site,
        asks,
        slurm.booked,
        live,
        slurm.plan,
        waiting,
        now,
        scratch,
        slurm.did,
        slurm.clock.setting[IN_FULL] == 0,
    )
    _carry_out(state, grid, slurm, program, BACKFILL)
