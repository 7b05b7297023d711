"""When something happens next: turns of the loop, backfill, calculations of priorities.

Sources: ``_slurmctld_background()``, controller.c; ``_sched_agent()``, job_scheduler.c;
``backfill_agent()``, backfill.c.
"""

from __future__ import annotations

from simulator.kernels.accounts import NEXT_TICK
from simulator.kernels.compiling import kernel
from simulator.kernels.state import BUSY, FAR, HEAD, TAIL, Program, State
from simulator.rules.slurm.run_kernel import (
    AWAY,
    BATCH_DELAY,
    CHANGED,
    EPILOGS,
    LAST_CHECK,
    LAST_FULL,
    LAST_LOOP,
    LAST_PASS,
    LAST_TURN,
    LIMIT_CHECK,
    MIN_INTERVAL,
    NEXT_BACKFILL,
    NEXT_BACKFILL_AT,
    NEXT_CALC_AT,
    NEXT_SHOW_AT,
    NEXT_TURN_AT,
    NO_PASS,
    QUEUED,
    REQUEST,
    REQUESTED_AT,
    SCHED_INTERVAL,
    SECOND,
    TICK,
    TURN,
    TURN_PHASE,
    Clock,
    Slurm,
)

THOUSAND = 1000


@kernel
def _turn_from(clock: Clock, tick: int) -> int:
    """The first turn of the loop at a tick or after it that has not been handled."""
    setting, now, turns = clock.setting, clock.now, clock.turns
    while now[NEXT_TURN_AT] < len(turns) and turns[now[NEXT_TURN_AT]] <= now[LAST_TURN]:
        now[NEXT_TURN_AT] += 1
    for at in range(now[NEXT_TURN_AT], len(turns)):
        if turns[at] >= tick:
            return turns[at]
    first, step = setting[TURN_PHASE], setting[TURN]
    if len(turns) > 0:
        first = turns[len(turns) - 1]
    after = max(tick, now[LAST_TURN] + 1) - first
    count = max(0, (after * THOUSAND + step - 1) // step)
    return first + count * step // THOUSAND


@kernel
def next_turn(clock: Clock) -> int:
    """The next turn of the loop that has something to do."""
    setting, now = clock.setting, clock.now
    due = min(now[LAST_FULL] + setting[SCHED_INTERVAL], now[LAST_CHECK] + setting[LIMIT_CHECK])
    if now[QUEUED] == 1:
        due = min(due, now[LAST_LOOP] + setting[BATCH_DELAY])
    return _turn_from(clock, max(due * setting[SECOND], now[TICK]))


@kernel
def next_main(clock: Clock) -> int:
    """When the pass that has been asked for can be made; FAR if none has been."""
    now = clock.now
    if now[REQUEST] == NO_PASS:
        return FAR
    return max(now[REQUESTED_AT], now[LAST_PASS] + clock.setting[MIN_INTERVAL])


@kernel
def ask_for(clock: Clock, depth: int) -> None:
    """Ask for a main pass; requests that wait are one."""
    now = clock.now
    if now[REQUEST] == NO_PASS:
        now[REQUESTED_AT] = now[TICK]
    now[REQUEST] = max(now[REQUEST], depth)


@kernel
def next_backfill(state: State, clock: Clock) -> int:
    """When backfill finds work: it looks each second once bf_interval is over; FAR: never."""
    counters, now, times = state.counters, clock.now, clock.backfills
    if now[NEXT_BACKFILL_AT] < len(times):
        return times[now[NEXT_BACKFILL_AT]]
    if counters[HEAD] == counters[TAIL] and now[CHANGED] == 0:
        return FAR
    when, second = now[NEXT_BACKFILL], clock.setting[SECOND]
    if when < now[TICK]:
        when += (now[TICK] - when + second - 1) // second * second
    return when


@kernel
def next_calc(state: State, program: Program, clock: Clock) -> int:
    """When priorities are calculated next; FAR: there is nobody to calculate for."""
    counters, now = state.counters, clock.now
    if program.period == 0:
        return FAR
    if now[NEXT_CALC_AT] < len(clock.calcs):
        return clock.calcs[now[NEXT_CALC_AT]]
    if counters[BUSY] == 0 and counters[HEAD] == counters[TAIL]:
        return FAR
    return state.accounts.clock[NEXT_TICK] * clock.setting[SECOND]


@kernel
def next_show(clock: Clock) -> int:
    """When somebody next calls sshare; FAR: never."""
    at = clock.now[NEXT_SHOW_AT]
    return clock.shows[at] if at < len(clock.shows) else FAR


@kernel
def next_waiting(slurm: Slurm) -> int:
    """When nodes next answer, or a job that was preempted may start again."""
    now, waits, when = slurm.clock.now, slurm.waits, FAR
    if now[EPILOGS] > 0:
        when = waits.epilog_time[0]
    if now[AWAY] > 0:
        when = min(when, waits.away_time[0])
    return when
