"""A rule, made ready for the kernels."""

from __future__ import annotations

from simulator.kernels.accounts import CHARGE_SECOND
from simulator.kernels.state import BY_RANK, EITHER, FAR, RECLAIM, WANTED, Program
from simulator.kernels.usage import FADES
from simulator.rules.accounting.models import Fade, HalfLife, Sliding, SlurmDecay, Steps
from simulator.rules.backfill.conservative import Conservative
from simulator.rules.backfill.dispatch_kernel import BACKFILLS
from simulator.rules.backfill.reservations import Reservations
from simulator.rules.backfill.slurm import SlurmPasses
from simulator.rules.limits.held_back_kernel import BLOCK, PASS_OVER
from simulator.rules.models import Rule
from simulator.rules.ordering.dispatch_kernel import MOVING, ORDERS
from simulator.rules.ordering.las import Las
from simulator.rules.ordering.serving import Serving, Weighing
from simulator.rules.placement.choice_kernel import PACKINGS, PLACEMENTS
from simulator.rules.placement.fit import BestFit
from simulator.rules.placement.packing import Packing
from simulator.rules.preemption.models import Preemption
from simulator.rules.preemption.order_kernel import VICTIMS

NOBODY = 0
"""``Program.preemption``: no waiting job stops others."""


def _span(fade: Fade) -> int:
    match fade:
        case HalfLife() | SlurmDecay():
            return fade.half_life
        case Sliding():
            return fade.window
        case Steps():
            return fade.period
    return 0


def program_of(rule: Rule) -> Program:
    """The rule as numbers: an opcode for each stage, and parameters."""
    backfill, placement = rule.backfill, rule.placement or BestFit()
    packing = placement.slices if isinstance(placement, Packing) else PACKINGS[0]
    name: str = backfill.kind
    if isinstance(backfill, Conservative) and (
        backfill.replan == "earlier" or rule.conformance == "pyss"
    ):
        name = "held"
    ordering = rule.ordering
    fade = rule.accounting.fade
    period = ordering.between_ticks() if isinstance(ordering, Serving) else 0
    las = ordering if isinstance(ordering, Las) else None
    program = Program(
        ordering=ORDERS.index(ordering.kind),
        moving=int(ordering.kind in MOVING or (isinstance(ordering, Weighing) and ordering.moving)),
        backfill=BACKFILLS.index(name),
        reservations=backfill.k if isinstance(backfill, Reservations) else FAR,
        # Under Slurm's clocks nothing but a look at walltimes cuts a job.
        overrun=int(rule.overrun == "allow" or name == "slurm"),
        accounting=int(isinstance(ordering, Weighing) and ordering.books),
        remembers=int(isinstance(ordering, Serving) and ordering.remembers),
        period=period,
        phase=backfill.phases.priorities % period
        if isinstance(backfill, SlurmPasses) and period
        else 0,
        levels=0 if las is None else len(las.thresholds),
        round=1 if las is None else max(las.round, 1),
        fade=FADES.index("none" if fade.kind == "tumbling" else fade.kind),
        prepaid=int(rule.accounting.basis == "requested"),
        span=_span(fade),
        left=fade.left if isinstance(fade, Steps) else 0.0,
        least=fade.least * CHARGE_SECOND if isinstance(fade, Steps) else 0.0,
        placement=PLACEMENTS.index(placement.kind),
        packing=PACKINGS.index(packing),
        avoid_head=int(placement.avoid_head),
        limited=(BLOCK if rule.holds == "queue" else PASS_OVER) if rule.holding else 0,
    )
    stage = rule.preemption
    if stage is None or name == "slurm":
        # Slurm's passes preempt by their own arrays, and know no ranks.
        return program
    if stage.idle is not None and stage.idle.when == "always":
        program = program._replace(
            reaped_after=stage.idle.after,
            reaped_at_most=_times(stage.idle.at_most),
        )
    right = _right(rule, stage)
    if right == NOBODY:
        return program
    idle = stage.idle if right == WANTED else None
    return program._replace(
        preemption=right,
        victims=VICTIMS.index(stage.order),
        after=stage.after,
        exempt=stage.exempt if idle is None else idle.after,
        grace=stage.grace,
        told=int(stage.grace > 0),
        at_most=_times(stage.at_most if idle is None else idle.at_most),
    )


def _times(at_most: int | None) -> int:
    return FAR if at_most is None else at_most


def _right(rule: Rule, stage: Preemption) -> int:
    """By what right waiting jobs stop others."""
    if stage.reclaim:
        return EITHER if stage.ranks else RECLAIM
    if stage.ranks or isinstance(rule.ordering, Las):
        return BY_RANK
    return WANTED if stage.idle is not None and stage.idle.when == "wanted" else NOBODY
