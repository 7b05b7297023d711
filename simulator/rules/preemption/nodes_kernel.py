"""A pass with preemption on nodes, where nobody overtakes or only who leaves the head its time.

Victims are tried for real: they leave their nodes, and have them again if they are spared.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.going_on import expect_to_go_on
from simulator.kernels.grid import HEEDED, NEXT_AWAY, SETTLED, Grid
from simulator.kernels.holds_nodes import keep_choice, tell_on_nodes
from simulator.kernels.occupancy import (
    give_share,
    may_fit,
    reoccupy,
    take_share,
    vacate,
)
from simulator.kernels.queue import close_gap, keep
from simulator.kernels.state import (
    BEFORE,
    CHANGED,
    FIRST_NEW,
    FREE,
    HEAD,
    HEAD_JOB,
    HOLDING,
    LONGEST,
    NOTHING,
    NOW,
    SHADOW,
    STARTED,
    TAIL,
    UNKNOWN,
    Program,
    State,
)
from simulator.kernels.suspensions import LENT
from simulator.rules.backfill.dispatch_kernel import NONE
from simulator.rules.backfill.kinds_kernel import (
    is_in_vain,
    note_in_vain,
    note_refusal,
)
from simulator.rules.backfill.nodes_kernel import fits_now, may_go, start_on_nodes
from simulator.rules.backfill.shadow_kernel import find_shadow, leaves_the_head_enough
from simulator.rules.limits.held_back_kernel import (
    GOES,
    LEFT,
    STOP,
    TRIES,
    reclaims_in_vain,
    verdict,
)
from simulator.rules.placement.dispatch_kernel import choose_now
from simulator.rules.preemption.candidates_kernel import (
    forget_kinds_alone,
    forget_victims,
    gather_and_count,
    have_too_little,
    note_keys,
)
from simulator.rules.preemption.either_kernel import note_reclaiming
from simulator.rules.preemption.hope_kernel import all_would_be_enough
from simulator.rules.preemption.order_kernel import CHEAPEST
from simulator.rules.preemption.reclaim_kernel import (
    quota_lets,
    quotas_count,
    still_candidates,
    take_off,
)
from simulator.rules.preemption.stop_nodes_kernel import stop_on_nodes
from simulator.rules.preemption.suspend_kernel import (
    head_keeps,
    is_suspended_by,
    let_stand_aside,
    recount_head,
    stand_aside,
    suspend_on_nodes,
)
from simulator.rules.preemption.victims_kernel import (
    begin_pass,
    end_pass,
    may_preempt,
    next_victim,
    spare,
    stay_of,
)


@kernel
def _at_shadow(state: State, grid: Grid, position: int, sign: int) -> None:
    """Let the nodes at the head's time be without the running job (1), or with it again (−1)."""
    now = state.counters[NOW]
    if max(state.progress.planned[position], now + 1) <= state.counters[SHADOW]:
        return
    first = grid.held.first[position]
    for entry in range(first, first + grid.requests.nodes[position]):
        node, mask = grid.held.node[entry], grid.held.mask[entry]
        if sign > 0:
            give_share(grid, grid.then, position, node, mask)
        else:
            take_share(grid, grid.then, position, node, mask)


@kernel_apart
def _remove(state: State, grid: Grid, program: Program, position: int, behind: bool) -> None:
    """Let the running job be gone or suspended, for a trial."""
    take_off(state, program, position, 1)
    if is_suspended_by(state, position):
        stand_aside(state, grid, position, behind, 1)
        return
    vacate(state, grid, position)
    state.counters[FREE] += state.columns.gpus[position]
    if behind:
        _at_shadow(state, grid, position, 1)


@kernel_apart
def _put_back(state: State, grid: Grid, program: Program, position: int, behind: bool) -> None:
    """Undo ``_remove``."""
    take_off(state, program, position, -1)
    if is_suspended_by(state, position):
        stand_aside(state, grid, position, behind, -1)
        return
    reoccupy(state, grid, position)
    state.counters[FREE] -= state.columns.gpus[position]
    if behind:
        _at_shadow(state, grid, position, -1)


@kernel_apart
def _placed(state: State, grid: Grid, program: Program, position: int, behind: bool) -> bool:
    """Whether the job could start now and stay, as the trial stands; its nodes are chosen then.

    ``behind``: beside the head.
    """
    stay = stay_of(state, program, position)
    return (
        quota_lets(state, program, position)
        and state.columns.gpus[position] <= state.counters[FREE]
        and may_fit(grid, position)
        and choose_now(state, grid, program, position, stay)
        and (not behind or head_keeps(state, grid, position, stay))
    )


@kernel_apart
def _stop_all(state: State, grid: Grid, program: Program, position: int, chosen: int) -> None:
    """Stop the victims of a job, which are gone for the trial."""
    victims = state.rights.victims
    for entry in range(chosen):
        take_off(state, program, victims[entry], -1)
    note_reclaiming(state, program, position, chosen)
    for entry in range(chosen):
        if is_suspended_by(state, victims[entry]):
            suspend_on_nodes(state, grid, victims[entry])
            continue
        state.counters[FREE] -= state.columns.gpus[victims[entry]]
        stop_on_nodes(state, grid, program, victims[entry])


@kernel_apart
def _make_room(state: State, grid: Grid, program: Program, position: int, behind: bool) -> bool:
    """Stop victims so that the job can start on the nodes in ``Scratch.choice``, or nobody.

    With grace they are told to stop, and the job holds those nodes: it has left the queue.
    """
    victims, counts, chosen = state.rights.victims, state.suspensions.counts, 0
    candidates = gather_and_count(state, grid, program, position, behind)
    if have_too_little(state, grid, position):
        return False
    if not all_would_be_enough(state, grid, program, position, behind):
        return False
    note_keys(state, grid, program, position, candidates)
    counts[LENT] = 0
    let_stand_aside(state, grid, position, 1)
    nobody_yet = counts[LENT] == 0
    while nobody_yet or not _placed(state, grid, program, position, behind):
        nobody_yet = False
        candidates = still_candidates(state, program, position, chosen, candidates)
        if chosen == candidates:
            for entry in range(chosen):
                _put_back(state, grid, program, victims[entry], behind)
            let_stand_aside(state, grid, position, -1)
            if behind:
                recount_head(state, grid)
            return False
        _remove(state, grid, program, next_victim(state, chosen, candidates), behind)
        chosen += 1
    for entry in range(chosen - 1, -1, -1):
        other = victims[entry]
        _put_back(state, grid, program, other, behind)
        if _placed(state, grid, program, position, behind):
            chosen = spare(state, entry, chosen)
        else:
            _remove(state, grid, program, other, behind)
    _placed(state, grid, program, position, behind)
    forget_victims(grid)
    if program.grace:
        keep_choice(grid, position)
        for entry in range(chosen):
            _put_back(state, grid, program, victims[entry], behind)
        tell_on_nodes(state, grid, program, position, chosen)
        return True
    let_stand_aside(state, grid, position, -1)
    _stop_all(state, grid, program, position, chosen)
    return True


@kernel
def _only_new(state: State, grid: Grid, program: Program) -> bool:
    """Whether all who were refused at the last pass would be again, so that the new are left.

    Only arrivals came since, behind the same head; and of what makes a difference nothing changes
    with time: no known outage is within reach, nobody outruns their walltime, and the possible
    victims keep their order.
    """
    counters = state.counters
    reach = counters[NOW] + max(counters[LONGEST], 1) + program.grace
    return (
        counters[CHANGED] == NOTHING
        and counters[HEAD_JOB] == state.queue.position[counters[HEAD]]
        and not program.moving
        and program.levels == 0
        and program.overrun == 0
        and not quotas_count(program)
        and program.victims != CHEAPEST
        and reach <= grid.totals[NEXT_AWAY]
    )


@kernel
def _stops_others(state: State, grid: Grid, program: Program, position: int) -> bool:
    """Whether others stop for a job behind the head, which starts then."""
    counters, stay = state.counters, stay_of(state, program, position)
    # Members of the same kind may have different rights.
    alike = not quotas_count(program)
    if alike and is_in_vain(state, grid, position, stay):
        return False
    if counters[SHADOW] == UNKNOWN:
        find_shadow(state, grid)
    # Who stops others keeps clear of nobody's nodes.
    grid.totals[HEEDED] = 0
    if not _make_room(state, grid, program, position, True):
        if alike:
            note_in_vain(state, grid, position, stay)
        return False
    # The head's time is found anew, without the victims.
    counters[SHADOW] = UNKNOWN
    return True


@kernel
def _overtake(state: State, grid: Grid, program: Program, first: int) -> bool:
    """Go down the queue from place ``first`` once; whether anybody was preempted."""
    queue, counters = state.queue, state.counters
    now, tail, preempted = counters[NOW], counters[TAIL], False
    counters[SHADOW] = UNKNOWN
    forget_kinds_alone(grid)
    kept = place = first
    while place < tail:
        position, goes = queue.position[place], False
        says = verdict(state, program, position)
        if says == STOP:
            break
        if says == LEFT:
            place += 1
            continue
        if says == GOES and may_go(state, grid, program, place):
            if counters[SHADOW] == UNKNOWN:
                find_shadow(state, grid)
            # The head's time may be now, once somebody has stopped others: nobody takes no time.
            end = now + max(queue.walltime[place], 1)
            goes = end <= counters[SHADOW] or leaves_the_head_enough(state, grid, position)
            if not goes:
                note_refusal(state, grid, position)
        if not goes and may_preempt(state, program, position):
            goes = _stops_others(state, grid, program, position)
            preempted |= goes
        if goes:
            if state.progress.phase[position] != HOLDING:
                start_on_nodes(state, grid, program, position)
            expect_to_go_on(state, grid)
            forget_kinds_alone(grid)
            grid.totals[HEEDED] = 0
        elif says == TRIES:
            if reclaims_in_vain(state, program, position) == STOP:
                break
        else:
            keep(state, kept, place)
            kept += 1
        place += 1
    grid.totals[HEEDED] = 0
    close_gap(state, kept, place)
    return preempted


@kernel
def _start_heads(state: State, grid: Grid, program: Program) -> tuple[int, bool]:
    """Start heads that fit or can be made to fit; the verdict on the last, and whether anybody was
    preempted."""
    queue, counters, preempted, says = state.queue, state.counters, False, GOES
    while counters[HEAD] < counters[TAIL]:
        head = counters[HEAD]
        position = queue.position[head]
        says = verdict(state, program, position)
        if says == STOP:
            break
        if says == LEFT:
            counters[HEAD] = head + 1
            continue
        if says == TRIES or not fits_now(state, grid, program, head):
            made = may_preempt(state, program, position) and _make_room(
                state, grid, program, position, False
            )
            if not made and says == TRIES:
                says = reclaims_in_vain(state, program, position)
                if says == STOP:
                    break
                counters[HEAD] = head + 1
                continue
            if not made:
                break
            preempted = True
            says = GOES
        if state.progress.phase[position] != HOLDING:
            start_on_nodes(state, grid, program, position)
        expect_to_go_on(state, grid)
        counters[HEAD] = head + 1
    return says, preempted


@kernel
def _note_head(state: State) -> None:
    """Nobody has started or been stopped: note before whom the others were refused."""
    counters = state.counters
    counters[CHANGED], counters[SHADOW] = NOTHING, UNKNOWN
    counters[HEAD_JOB] = state.queue.position[counters[HEAD]]


@kernel_apart
def preempting_nodes_pass(state: State, grid: Grid, program: Program) -> None:
    """Start heads that fit or can be made to fit, then, under EASY, whoever may overtake."""
    counters, says, preempted = state.counters, GOES, False
    begin_pass(state, program)
    forget_victims(grid)
    grid.totals[SETTLED] = 0
    new = counters[FIRST_NEW]
    if not _only_new(state, grid, program):
        says, preempted = _start_heads(state, grid, program)
        new = 1
    first = min(counters[HEAD] + max(new, 1), counters[TAIL])
    if says == GOES and program.backfill != NONE and counters[HEAD] < counters[TAIL]:
        overtaken = _overtake(state, grid, program, first)
        preempted = preempted or overtaken
    end_pass(state, program, preempted)
    if not preempted and counters[STARTED] == counters[BEFORE] and counters[HEAD] < counters[TAIL]:
        _note_head(state)
