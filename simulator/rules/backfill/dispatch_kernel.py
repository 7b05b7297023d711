"""Which backfill an opcode means. An opcode is a place in ``BACKFILLS``."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.state import (
    CHANGED,
    FAR,
    FIRST_NEW,
    FREE,
    HEAD,
    HEAD_JOB,
    LONGEST,
    NOTHING,
    NOW,
    OUTAGES,
    PASSES,
    POINTS,
    TAIL,
    Program,
    State,
)
from simulator.rules.backfill.easy_kernel import easy_pass
from simulator.rules.backfill.held_kernel import held_pass
from simulator.rules.backfill.none_kernel import none_pass
from simulator.rules.backfill.reservations_kernel import reservations_pass
from simulator.rules.ordering.memory_kernel import remember
from simulator.rules.ordering.reorder_kernel import reorder

BACKFILLS = ("none", "easy", "reservations", "conservative", "held", "slurm")
"""``held`` is conservative with ``replan: earlier``; ``slurm`` has a passing of time of its own
(``engine/advance_slurm_kernel.py``) and is never asked for here."""

NONE, EASY, RESERVATIONS, CONSERVATIVE, HELD, SLURM = range(len(BACKFILLS))


@kernel
def places_of(program: Program) -> int:
    """How many jobs that cannot start now hold a place; none: nobody overtakes."""
    if program.backfill == NONE:
        return 0
    if program.backfill == EASY:
        return 1
    return program.reservations


@kernel
def somebody_fits(state: State) -> bool:
    """Whether any waiting job asks for no more units than are free."""
    queue, counters = state.queue, state.counters
    for place in range(counters[HEAD], counters[TAIL]):
        if queue.gpus[place] <= counters[FREE]:
            return True
    return False


@kernel
def _far_outages(state: State) -> bool:
    """Whether no known outage can matter to a plan of this pass.

    A plan reaches no further than the last planned end and the head's walltime behind it, so two of
    the longest walltimes.
    """
    outages, counters = state.outages, state.counters
    reach = counters[NOW] + 2 * counters[LONGEST] + 2
    for entry in range(counters[OUTAGES]):
        if outages.start[entry] < reach:
            return False
    return True


@kernel
def scheduling_pass(state: State, program: Program) -> None:
    """Phase 4: one pass over a queue that is not empty."""
    counters = state.counters
    counters[PASSES] += 1
    if program.moving:
        if program.remembers:
            remember(state, program)
        # Where nobody can start the order does not matter; what has changed stays noted.
        if program.backfill != HELD and not somebody_fits(state):
            return
        reorder(state, program)
    if program.backfill == NONE:
        none_pass(state, program)
    elif program.backfill == EASY and _far_outages(state):
        counters[POINTS] = 0
        easy_pass(state, program)
    elif program.backfill == EASY:
        # On a pool one held place and a shadow time let the same jobs start.
        counters[HEAD_JOB] = -1
        reservations_pass(state, program, 1)
    elif program.backfill == RESERVATIONS:
        reservations_pass(state, program, program.reservations)
    elif program.backfill == CONSERVATIVE:
        reservations_pass(state, program, FAR)
    else:
        held_pass(state, program)
    if program.backfill != HELD:
        counters[CHANGED] = NOTHING
    counters[FIRST_NEW] = FAR
