"""What each entity holds and has had: booked when jobs start and end, and faded with time.

Exact fades are made up lazily, entity by entity, from the rate at which its jobs are charged; each
entity remembers up to when. Slurm's own is booked at ticks and when a job ends. Usage is counted in
millionths of a charge-second, so that without a fade it is a whole number and sums are exact.
"""

from __future__ import annotations

from simulator.kernels.accounts import (
    CHARGED,
    CHARGING,
    LAST_TICK,
    NEXT_RESET,
    SEEN_ENDS,
    SEEN_STARTS,
    Accounts,
)
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.price_list import piece_of, price_total
from simulator.kernels.state import FAR, LOGGED, NOW, RUNS, STARTED, Program, State

FADES = ("none", "half_life", "sliding", "slurm", "steps")
"""How usage fades: never, exactly by halves, all at once after a while, as Slurm does at ticks, at
each step to a part of it."""

FOR_EVER, HALF_LIFE, SLIDING, SLURM, STEPS = range(len(FADES))

LN_2 = 0.6931471805599453
SLURM_LN_2 = 0.693
"""As Slurm's source has it."""


@kernel
def _halved(accounts: Accounts, entity: int, piece: int, left: float, half_life: int) -> None:
    """u ← u·left + r·(h/ln 2)·(1 − left), within a piece of price."""
    had = accounts.had
    rate = float(had.rate[entity] * accounts.prices.factor[piece])
    had.usage[entity] = had.usage[entity] * left + rate * (half_life / LN_2) * (1.0 - left)


@kernel_apart
def _halve(accounts: Accounts, entity: int, now: int, half_life: int) -> None:
    """Exact half-life: u ← u·2^(−Δ/h) + r·(h/ln 2)·(1 − 2^(−Δ/h)), piece of price by piece."""
    had, prices = accounts.had, accounts.prices
    at = had.settled[entity]
    piece = piece_of(accounts, at)
    while at < now:
        until = now
        if piece + 1 < len(prices.time):
            until = min(now, prices.time[piece + 1])
        left = 2.0 ** (-(until - at) / half_life)
        _halved(accounts, entity, piece, left, half_life)
        at, piece = until, piece + 1


@kernel_apart
def _halve_alone(accounts: Accounts, since: int, now: int, half_life: int) -> None:
    """As ``_halve``, whoever was made up after ``since``."""
    had = accounts.had
    for entity in range(len(had.usage)):
        if since < had.settled[entity] < now:
            if had.usage[entity] > 0.0 or had.rate[entity] > 0:
                _halve(accounts, entity, now, half_life)
            had.settled[entity] = now


@kernel_apart
def _halve_together(accounts: Accounts, since: int, now: int, half_life: int) -> None:
    """As ``_halve``, whoever was made up at ``since``, within a piece of price: by the same part.
    Contiguous and without a way round, so that several are worked out at once."""
    usage, rate, settled = accounts.had.usage, accounts.had.rate, accounts.had.settled
    left, length = 2.0 ** (-(now - since) / half_life), half_life / LN_2
    price, gone = accounts.prices.factor[piece_of(accounts, now)], 1.0 - left
    for entity in range(len(usage)):
        had, charged = usage[entity], float(rate[entity] * price)
        fades = settled[entity] == since and (had > 0.0 or rate[entity] > 0)
        usage[entity] = had * left + charged * length * gone if fades else had
    for entity in range(len(usage)):
        settled[entity] = max(settled[entity], now)


@kernel
def _halve_all(accounts: Accounts, now: int, half_life: int) -> None:
    """As ``_halve``, everybody: most were last made up together."""
    settled, since = accounts.had.settled, now
    for entity in range(len(settled)):
        since = min(since, settled[entity])
    if since < accounts.prices.time[piece_of(accounts, now)]:
        since -= 1
        _halve_alone(accounts, since, now, half_life)
    elif since < now:
        _halve_alone(accounts, since, now, half_life)
        _halve_together(accounts, since, now, half_life)


@kernel_apart
def _step(accounts: Accounts, program: Program, entity: int, now: int) -> None:
    """At each whole multiple of the span usage falls to a part of it, never below the least."""
    had = accounts.had
    at = had.settled[entity]
    while at < now:
        step = (at // program.span + 1) * program.span
        until = min(now, step)
        had.usage[entity] += had.rate[entity] * (
            price_total(accounts, until) - price_total(accounts, at)
        )
        if until == step:
            had.usage[entity] = max(had.usage[entity] * program.left, program.least)
        at = until


@kernel
def settle(accounts: Accounts, program: Program, entity: int, now: int) -> None:
    """Make up an entity's usage until ``now`` under an exact fade."""
    had = accounts.had
    if program.fade == HALF_LIFE:
        if had.usage[entity] > 0.0 or had.rate[entity] > 0:
            _halve(accounts, entity, now, program.span)
    elif program.fade == STEPS:
        _step(accounts, program, entity, now)
    else:
        before = had.settled[entity]
        grown = had.rate[entity] * (price_total(accounts, now) - price_total(accounts, before))
        if program.fade == SLIDING:
            grown -= had.leaving[entity] * (
                price_total(accounts, now - program.span)
                - price_total(accounts, before - program.span)
            )
        had.usage[entity] += grown
    had.settled[entity] = now


@kernel
def _change_rate(accounts: Accounts, entity: int, change: int) -> None:
    """Jobs of the entity start or stop to be charged; keep the list of those who pay."""
    had, clock = accounts.had, accounts.clock
    before = had.rate[entity]
    had.rate[entity] = before + change
    if before == 0 and change > 0:
        had.charging[clock[CHARGING]] = entity
        had.charging_at[entity] = clock[CHARGING]
        clock[CHARGING] += 1
    elif before > 0 and before + change == 0:
        clock[CHARGING] -= 1
        last, place = had.charging[clock[CHARGING]], had.charging_at[entity]
        had.charging[place] = last
        had.charging_at[last] = place


@kernel
def _note_charged(accounts: Accounts, entity: int) -> None:
    """Slurm: the usage of the entity does not merely fade."""
    had, clock = accounts.had, accounts.clock
    if had.is_charged[entity] == 0:
        had.is_charged[entity] = 1
        had.charged[clock[CHARGED]] = entity
        clock[CHARGED] += 1


@kernel
def _charge(accounts: Accounts, entity: int, amount: float) -> None:
    """Slurm: book a charge on an entity."""
    if amount > 0.0:
        accounts.had.usage[entity] += amount
        _note_charged(accounts, entity)


@kernel
def charge_of(state: State, position: int) -> int:
    """Charge of a running job, thousandths a second."""
    return state.accounts.charge[position, state.accounts.kind[position]]


@kernel_apart
def _leave(state: State, program: Program, position: int, when: int, sign: int) -> None:
    accounts = state.accounts
    entity = accounts.of_job[position]
    while entity >= 0:
        settle(accounts, program, entity, when)
        accounts.had.leaving[entity] += sign * charge_of(state, position)
        entity = accounts.tree.parent[entity]


@kernel_apart
def slide(state: State, program: Program) -> None:
    """Sliding window: let the starts and ends leave it that lie a span or more before NOW."""
    counters, log, clock = state.counters, state.log, state.accounts.clock
    left = counters[NOW] - program.span
    while True:
        starts = ends = FAR
        if clock[SEEN_STARTS] < counters[STARTED]:
            starts = log.began_at[clock[SEEN_STARTS]]
        if clock[SEEN_ENDS] < counters[LOGGED]:
            ends = log.end[clock[SEEN_ENDS]]
        if min(starts, ends) > left:
            return
        if starts <= ends:
            position = log.began[clock[SEEN_STARTS]]
            _leave(state, program, position, starts + program.span, 1)
            clock[SEEN_STARTS] += 1
        else:
            position = log.position[clock[SEEN_ENDS]]
            _leave(state, program, position, ends + program.span, -1)
            clock[SEEN_ENDS] += 1


@kernel_apart
def make_up(state: State, program: Program) -> None:
    """Bring everybody's usage to NOW under an exact fade, resets that have come included."""
    accounts, now = state.accounts, state.counters[NOW]
    had, clock = accounts.had, accounts.clock
    if program.fade == SLURM:
        return
    if program.fade == SLIDING:
        slide(state, program)
    while clock[NEXT_RESET] < len(accounts.resets) and accounts.resets[clock[NEXT_RESET]] <= now:
        reset_at = accounts.resets[clock[NEXT_RESET]]
        for entity in range(len(had.usage)):
            had.settled[entity] = max(had.settled[entity], reset_at)
            had.usage[entity] = 0.0
        clock[NEXT_RESET] += 1
    if program.fade == HALF_LIFE:
        _halve_all(accounts, now, program.span)
        return
    for entity in range(len(had.usage)):
        if had.settled[entity] < now:
            settle(accounts, program, entity, now)


@kernel
def counted_seconds(state: State, program: Program) -> float:
    """How much the time until NOW counts, s: the usage of one unit that was always in use."""
    accounts, clock = state.accounts, state.accounts.clock
    since = accounts.resets[clock[NEXT_RESET] - 1] if clock[NEXT_RESET] > 0 else 0
    seconds = float(state.counters[NOW] - since)
    if program.fade == FOR_EVER:
        return seconds
    if program.fade == SLIDING:
        return min(seconds, float(program.span))
    return (program.span / LN_2) * (1.0 - 2.0 ** (-seconds / program.span))


@kernel
def _due_before(state: State, program: Program) -> bool:
    """Whether something must happen to all usage before one job's start or end is booked."""
    accounts, clock = state.accounts, state.accounts.clock
    if program.fade == SLIDING:
        return True
    return (
        clock[NEXT_RESET] < len(accounts.resets)
        and accounts.resets[clock[NEXT_RESET]] <= state.counters[NOW]
    )


@kernel_apart
def _prepay(state: State, program: Program, position: int) -> None:
    """Charge the whole walltime at the start."""
    accounts, now = state.accounts, state.counters[NOW]
    span = price_total(accounts, now + state.columns.walltime[position]) - price_total(
        accounts, now
    )
    entity = accounts.of_job[position]
    while entity >= 0:
        _charge(accounts, entity, float(charge_of(state, position) * span))
        entity = accounts.tree.parent[entity]


@kernel_apart
def hold(state: State, program: Program, position: int, sign: int) -> None:
    """A job comes to hold (1) what it asks for, or does no more (−1), and is charged for it."""
    accounts, now = state.accounts, state.counters[NOW]
    had, exact = accounts.had, program.fade != SLURM
    if exact and _due_before(state, program):
        make_up(state, program)
    entity = accounts.of_job[position]
    while entity >= 0:
        if exact:
            settle(accounts, program, entity, now)
        for resource in range(had.held.shape[1]):
            had.held[entity, resource] += sign * accounts.asks[position, resource]
        had.running[entity] += sign
        if not program.prepaid:
            _change_rate(accounts, entity, sign * charge_of(state, position))
        entity = accounts.tree.parent[entity]


@kernel
def book_start(state: State, program: Program, position: int) -> None:
    """A job has started at NOW."""
    if program.accounting:
        state.log.began[state.counters[STARTED] - 1] = position
        state.log.began_at[state.counters[STARTED] - 1] = state.counters[NOW]
        hold(state, program, position, 1)
        if program.prepaid:
            _prepay(state, program, position)


@kernel_apart
def book_until_now(state: State, program: Program, position: int) -> None:
    """Slurm: book d^Δ·Δ·charge of a running job since the last tick onto its branch."""
    accounts = state.accounts
    since = max(state.progress.start[position], accounts.clock[LAST_TICK])
    seconds = state.counters[NOW] - since
    if seconds <= 0:
        return
    used = seconds * (1.0 - SLURM_LN_2 / program.span) ** seconds
    used *= charge_of(state, position) * 1000.0
    entity = accounts.of_job[position]
    while entity >= 0:
        _charge(accounts, entity, used)
        entity = accounts.tree.parent[entity]


@kernel
def book_end(state: State, program: Program, position: int) -> None:
    """A running job's attempt ends at NOW; its start is still in ``Progress``."""
    if program.accounting:
        if program.fade == SLURM and not program.prepaid:
            book_until_now(state, program, position)
        hold(state, program, position, -1)


@kernel
def _runs(state: State, attempt: int) -> bool:
    """Whether the attempt that started after so many others still runs."""
    progress, position = state.progress, state.log.began[attempt]
    runs = progress.phase[position] in RUNS
    return runs and progress.sequence[position] == attempt


@kernel
def _rate_branch(state: State, position: int, sign: int) -> None:
    accounts = state.accounts
    entity = accounts.of_job[position]
    while entity >= 0:
        _change_rate(accounts, entity, sign * charge_of(state, position))
        entity = accounts.tree.parent[entity]


@kernel_apart
def _book_running(state: State, program: Program) -> None:
    """Slurm: what runs has used since the last tick.

    Jobs that started since then are booked one by one. The others have run all the time: they are
    booked by the rate of each entity, which for the while is theirs alone.
    """
    counters, log, accounts = state.counters, state.log, state.accounts
    since, attempts = accounts.clock[LAST_TICK], counters[STARTED]
    first = attempts
    while first > 0 and log.began_at[first - 1] > since:
        first -= 1
        if _runs(state, first):
            book_until_now(state, program, log.began[first])
            _rate_branch(state, log.began[first], -1)
    seconds = counters[NOW] - since
    whole = seconds * (1.0 - SLURM_LN_2 / program.span) ** seconds * 1000.0
    for place in range(accounts.clock[CHARGING]):
        entity = accounts.had.charging[place]
        _charge(accounts, entity, accounts.had.rate[entity] * whole)
    for attempt in range(first, attempts):
        if _runs(state, attempt):
            _rate_branch(state, log.began[attempt], 1)


@kernel
def fade_all(state: State, program: Program) -> None:
    """Slurm's decay since the last tick: u ← u·d^Δ."""
    usage, since = state.accounts.had.usage, state.accounts.clock[LAST_TICK]
    faded = (1.0 - SLURM_LN_2 / program.span) ** (state.counters[NOW] - since)
    for entity in range(len(usage)):
        usage[entity] *= faded


@kernel_apart
def tick_usage(state: State, program: Program) -> None:
    """A tick's usage: Slurm's decay and what runs is booked; else it is made up.

    Slurm: u ← u·d^Δ with d = 1 − 0.693/half-life and Δ since the last tick, then for each running
    job d^Δ·Δ·charge, Δ since its start or the last tick.
    Source: SchedMD/slurm, ``priority_multifactor.c``.
    """
    accounts, counters = state.accounts, state.counters
    had, clock = accounts.had, accounts.clock
    if program.fade != SLURM:
        make_up(state, program)
        return
    fade_all(state, program)
    now = counters[NOW]
    if clock[NEXT_RESET] < len(accounts.resets) and accounts.resets[clock[NEXT_RESET]] <= now:
        for entity in range(len(had.usage)):
            had.usage[entity] = 0.0
            _note_charged(accounts, entity)
        while (
            clock[NEXT_RESET] < len(accounts.resets) and accounts.resets[clock[NEXT_RESET]] <= now
        ):
            clock[NEXT_RESET] += 1
    if not program.prepaid:
        _book_running(state, program)
