"""The passing of time under Slurm's own clocks: passes come when Slurm makes them.

Within one tick: ends, and nodes that answer; a look at walltimes, if the loop's turn has come and
it is time; arrivals; priorities; the main pass; backfill. What happens in a tick that has been
handled opens a further round of it.
"""

from __future__ import annotations

from simulator.kernels.accounts import NEXT_TICK
from simulator.kernels.compiling import kernel, kernel_apart, kernel_entry
from simulator.kernels.grid import BOOKED, Grid
from simulator.kernels.state import (
    ARRIVED,
    AT_HORIZON,
    BUSY,
    FAR,
    HEAD,
    HELD_FULL,
    INSTANTS,
    LOG_FULL,
    LOGGED,
    NOW,
    PENDING,
    SLICE_USED,
    TAIL,
    Program,
    State,
)
from simulator.rules.limits.held_back_kernel import refuse
from simulator.rules.ordering.reorder_kernel import tick
from simulator.rules.slurm.classic_kernel import ask_all, calculate_one_by_one
from simulator.rules.slurm.clock_kernel import (
    ask_for,
    next_backfill,
    next_calc,
    next_main,
    next_show,
    next_turn,
    next_waiting,
)
from simulator.rules.slurm.ends_kernel import answer, check_limits, come_back, end_jobs, join_queue
from simulator.rules.slurm.passes_kernel import make_backfill, make_main
from simulator.rules.slurm.run_kernel import (
    AGAIN,
    AWAY,
    BACKFILL_COMES,
    BATCH_DELAY,
    BF_INTERVAL,
    CHANGED,
    DEFAULT,
    EPILOGS,
    FULL,
    LAST_FULL,
    LAST_LOOP,
    LAST_PASS,
    LAST_TURN,
    MAIN_COMES,
    NEXT_BACKFILL,
    NEXT_BACKFILL_AT,
    NEXT_CALC_AT,
    NEXT_SHOW_AT,
    NO_PASS,
    ONE_BY_ONE,
    QUEUED,
    REQUEST,
    SCHED_INTERVAL,
    SECOND,
    STUCK,
    TICK,
    WHOLE,
    Slurm,
    tell,
)


@kernel
def _next_tick(state: State, slurm: Slurm, program: Program) -> int:
    """When something happens next; FAR if nothing will."""
    counters, clock = state.counters, slurm.clock
    coming = FAR
    if counters[ARRIVED] < len(state.columns.submit):
        coming = slurm.times.submit[counters[ARRIVED]]
    if counters[BUSY] > 0:
        coming = min(coming, state.running.end[0])
    coming = min(coming, next_waiting(slurm))
    idle = counters[BUSY] == 0 and counters[HEAD] == counters[TAIL]
    if coming == FAR and (idle or clock.now[STUCK] == 1):
        return FAR
    when = min(next_turn(clock), next_main(clock), next_backfill(state, clock), next_show(clock))
    return max(clock.now[TICK], min(coming, when, next_calc(state, program, clock)))


@kernel
def _arrive(state: State, slurm: Slurm, program: Program) -> None:
    """Jobs are submitted. Each is tested but never started: it only queues the scheduler."""
    counters, now, times = state.counters, slurm.clock.now, slurm.times
    while counters[ARRIVED] < len(times.submit) and times.submit[counters[ARRIVED]] <= now[TICK]:
        position = counters[ARRIVED]
        pending = state.progress.phase[position] == PENDING
        if pending and not refuse(state, program, position):
            join_queue(state, slurm, program, position)
            now[QUEUED], now[STUCK] = 1, 0
        counters[ARRIVED] = position + 1


@kernel
def _calculate(state: State, slurm: Slurm, program: Program) -> None:
    """Priorities, if they are due."""
    clock, when = state.accounts.clock, next_calc(state, program, slurm.clock)
    if when > slurm.clock.now[TICK]:
        return
    if slurm.clock.setting[ONE_BY_ONE] == 1:
        calculate_one_by_one(state, program, slurm.scratch)
    else:
        clock[NEXT_TICK] = state.counters[NOW]
        tick(state, program)
    times, now = slurm.clock.calcs, slurm.clock.now
    if now[NEXT_CALC_AT] < len(times):
        now[NEXT_CALC_AT] += 1
        if now[NEXT_CALC_AT] < len(times):
            clock[NEXT_TICK] = times[now[NEXT_CALC_AT]] // slurm.clock.setting[SECOND]
    tell(slurm.clock)


@kernel
def _turn(state: State, grid: Grid, slurm: Slurm, program: Program) -> None:
    """A turn of the loop: a look at walltimes; a full pass, or one of default depth, if due."""
    setting, now, second = slurm.clock.setting, slurm.clock.now, state.counters[NOW]
    check_limits(state, grid, slurm, program)
    full = second - now[LAST_FULL] >= setting[SCHED_INTERVAL]
    if full:
        now[LAST_FULL] = second
    elif now[QUEUED] == 0 or second - now[LAST_LOOP] < setting[BATCH_DELAY]:
        return
    now[QUEUED], now[LAST_LOOP] = 0, second
    ask_for(slurm.clock, FULL if full else DEFAULT)


@kernel
def _nothing_will_change(state: State, slurm: Slurm) -> bool:
    """Whether nobody runs, ends or comes back, and no reservation keeps nodes from anybody."""
    counters, now = state.counters, slurm.clock.now
    for index in range(len(slurm.reserved.end)):
        if slurm.reserved.end[index] > counters[NOW]:
            return False
    return counters[BUSY] == 0 and now[EPILOGS] == 0 and now[AWAY] == 0


@kernel
def _main(state: State, grid: Grid, slurm: Slurm, program: Program) -> None:
    """The main pass of a round, if one is due."""
    counters, now = state.counters, slurm.clock.now
    if next_main(slurm.clock) > now[TICK]:
        return
    depth = now[REQUEST]
    now[REQUEST], now[LAST_PASS] = NO_PASS, now[TICK]
    if counters[HEAD] < counters[TAIL]:
        started = make_main(state, grid, slurm, program, depth)
        vain = started == 0 and depth == FULL and _nothing_will_change(state, slurm)
        now[STUCK] = 1 if vain else 0


@kernel
def _backfill(state: State, grid: Grid, slurm: Slurm, program: Program) -> None:
    """Its backfill, if it finds work."""
    counters, setting, now = state.counters, slurm.clock.setting, slurm.clock.now
    if next_backfill(state, slurm.clock) <= now[TICK]:
        now[CHANGED] = 0
        now[NEXT_BACKFILL] = now[TICK] + setting[BF_INTERVAL]
        if now[NEXT_BACKFILL_AT] < len(slurm.clock.backfills):
            now[NEXT_BACKFILL_AT] += 1
        if counters[HEAD] < counters[TAIL]:
            make_backfill(state, grid, slurm, program)
        return
    since = now[TICK] - now[NEXT_BACKFILL]
    if since >= 0 and since % setting[SECOND] == 0:
        # It has looked now, and found nothing.
        now[NEXT_BACKFILL] = now[TICK] + setting[SECOND]


@kernel
def _before_passes(state: State, grid: Grid, slurm: Slurm, program: Program) -> None:
    """What of a round comes before its passes."""
    end_jobs(state, grid, slurm, program)
    answer(grid, slurm)
    _arrive(state, slurm, program)
    come_back(state, slurm, program)
    if next_turn(slurm.clock) <= slurm.clock.now[TICK]:
        _turn(state, grid, slurm, program)
        answer(grid, slurm)
    slurm.clock.now[LAST_TURN] = slurm.clock.now[TICK]
    _calculate(state, slurm, program)
    if next_show(slurm.clock) <= slurm.clock.now[TICK]:
        slurm.clock.now[NEXT_SHOW_AT] += 1
        if slurm.clock.setting[ONE_BY_ONE] == 1:
            ask_all(state)


@kernel_apart
def _round(state: State, grid: Grid, slurm: Slurm, program: Program, since: int, stage: int) -> int:
    """A round, or what is left of it; WHOLE, or before which of its passes it stops."""
    counters, clock = state.counters, slurm.clock
    if stage == WHOLE:
        _before_passes(state, grid, slurm, program)
    stops = counters[NOW] >= since and counters[HEAD] < counters[TAIL]
    if stage == WHOLE and stops and next_main(clock) <= clock.now[TICK]:
        return MAIN_COMES
    if stage != BACKFILL_COMES:
        _main(state, grid, slurm, program)
        stops = counters[NOW] >= since and counters[HEAD] < counters[TAIL]
        if stops and next_backfill(state, clock) <= clock.now[TICK]:
            return BACKFILL_COMES
    _backfill(state, grid, slurm, program)
    return WHOLE


@kernel_entry
def advance_slurm(
    state: State,
    grid: Grid,
    slurm: Slurm,
    program: Program,
    horizon: int,
    rounds: int,
    since: int,
    stage: int,
) -> int:
    """As ``advance_nodes``; ``horizon`` is in seconds.

    From the second ``since`` on it stops before each pass over a queue that is not empty: that is
    MAIN_COMES or BACKFILL_COMES, and the ``stage`` at which to go on. Nothing else depends on it.
    """
    counters, now, second = state.counters, slurm.clock.now, slurm.clock.setting[SECOND]
    until = FAR if horizon >= FAR // second else horizon * second
    before = now[TICK] - 1 if stage == WHOLE else now[TICK]
    if stage not in (WHOLE, AGAIN):
        stage = _round(state, grid, slurm, program, since, stage)
        if stage != WHOLE:
            return stage
    while True:
        if counters[LOGGED] + counters[BUSY] > len(state.log.position):
            return LOG_FULL
        if grid.totals[BOOKED] > len(grid.held.node):
            return HELD_FULL
        when = _next_tick(state, slurm, program)
        if when > until or when == FAR:
            return AT_HORIZON
        if when == until:
            now[TICK], counters[NOW] = when, when // second
            end_jobs(state, grid, slurm, program)
            return AT_HORIZON
        if rounds == 0:
            return SLICE_USED
        rounds -= 1
        if when > before:
            counters[INSTANTS] += 1
            before = when
        now[TICK], counters[NOW] = when, when // second
        stage = _round(state, grid, slurm, program, since, WHOLE)
        if stage != WHOLE:
            return stage
