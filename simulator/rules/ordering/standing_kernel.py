"""Orders by turns: the entity of the lowest standing goes next, which changes its standing."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import Program, State
from simulator.rules.ordering.dominant_kernel import drf, max_min
from simulator.rules.ordering.htcondor_kernel import htcondor, prepare_htcondor
from simulator.rules.ordering.kai_kernel import kai, prepare_kai
from simulator.rules.ordering.karma_kernel import tick_karma
from simulator.rules.ordering.kueue_drs_kernel import kueue_drs
from simulator.rules.ordering.lottery_kernel import lottery, lottery_step
from simulator.rules.ordering.stride_kernel import stride, stride_step
from simulator.rules.ordering.target_kernel import below_target

TURN_ORDERS = (
    "max_min",
    "drf",
    "stride",
    "lottery",
    "htcondor",
    "kueue_drs",
    "kai",
    "karma",
    "alpha_fair",
)

(
    MAX_MIN,
    DRF,
    STRIDE,
    LOTTERY,
    HTCONDOR,
    KUEUE_DRS,
    KAI,
    KARMA,
    ALPHA_FAIR,
) = range(len(TURN_ORDERS))


@kernel_apart
def prepare(state: State, program: Program, order: int) -> None:
    """What an order works out once a pass, before turns are taken."""
    if order == HTCONDOR:
        prepare_htcondor(state)
    elif order == KAI:
        prepare_kai(state, program)


@kernel_apart
def tick_turns(state: State, program: Program, order: int, seconds: int) -> None:
    """What an order works out at a tick, so many seconds after the last one."""
    if order == KARMA:
        tick_karma(state, seconds // program.period)


@kernel
def standing(state: State, order: int, entity: int, position: int) -> float:
    """How well served an entity is, turns taken so far counted; ``position``: its next job."""
    if order == MAX_MIN:
        return max_min(state, entity)
    if order == DRF:
        return drf(state, entity)
    if order == STRIDE:
        return stride(state, entity)
    if order == LOTTERY:
        return lottery(state, entity, position)
    if order == HTCONDOR:
        return htcondor(state, entity, position)
    if order == KUEUE_DRS:
        return kueue_drs(state, entity, position)
    if order == KAI:
        return kai(state, entity, position)
    return below_target(state, entity)


@kernel
def step(state: State, order: int, entity: int, position: int) -> float:
    """What a turn of this job adds to what an order remembers of its entity."""
    if order == STRIDE:
        return stride_step(state, entity, position)
    if order == LOTTERY:
        return lottery_step(state, entity, position)
    return 0.0
