"""A rule, made ready for the kernels."""

from __future__ import annotations

from simulator.kernels.state import FAR, Program
from simulator.kernels.usage import FADES
from simulator.rules.accounting.models import Fade, HalfLife, Sliding, SlurmDecay
from simulator.rules.backfill.conservative import Conservative
from simulator.rules.backfill.dispatch_kernel import BACKFILLS
from simulator.rules.backfill.reservations import Reservations
from simulator.rules.models import Rule
from simulator.rules.ordering.dispatch_kernel import MOVING, ORDERS
from simulator.rules.ordering.serving import Serving, Ticking
from simulator.rules.placement.choice_kernel import PACKINGS, PLACEMENTS
from simulator.rules.placement.fit import BestFit
from simulator.rules.placement.packing import Packing
from simulator.rules.preemption.order_kernel import VICTIMS


def _span(fade: Fade) -> int:
    match fade:
        case HalfLife() | SlurmDecay():
            return fade.half_life
        case Sliding():
            return fade.window
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
    serving, fade = isinstance(ordering, Serving), rule.accounting.fade
    period = ordering.between_ticks() if isinstance(ordering, Serving) else 0
    at_ticks = isinstance(ordering, Ticking) and period > 0
    program = Program(
        ordering=ORDERS.index(ordering.kind),
        moving=int(ordering.kind in MOVING or (serving and not at_ticks)),
        backfill=BACKFILLS.index(name),
        reservations=backfill.k if isinstance(backfill, Reservations) else FAR,
        overrun=int(rule.overrun == "allow"),
        accounting=int(serving),
        remembers=int(isinstance(ordering, Serving) and ordering.remembers),
        period=period,
        fade=FADES.index("none" if fade.kind == "tumbling" else fade.kind),
        prepaid=int(rule.accounting.basis == "requested"),
        span=_span(fade),
        placement=PLACEMENTS.index(placement.kind),
        packing=PACKINGS.index(packing),
        avoid_head=int(placement.avoid_head),
    )
    stage = rule.preemption
    if stage is None:
        return program
    return program._replace(
        preemption=1,
        victims=VICTIMS.index(stage.order),
        after=stage.after,
        exempt=stage.exempt,
        at_most=FAR if stage.at_most is None else stage.at_most,
    )
