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
from simulator.rules.placement.dispatch_kernel import PLACEMENTS


def _span(fade: Fade) -> int:
    match fade:
        case HalfLife() | SlurmDecay():
            return fade.half_life
        case Sliding():
            return fade.window
    return 0


def program_of(rule: Rule) -> Program:
    """The rule as numbers: an opcode for each stage, and parameters."""
    backfill = rule.backfill
    name: str = backfill.kind
    if isinstance(backfill, Conservative) and (
        backfill.replan == "earlier" or rule.conformance == "pyss"
    ):
        name = "held"
    ordering = rule.ordering
    serving, fade = isinstance(ordering, Serving), rule.accounting.fade
    period = ordering.period if isinstance(ordering, Ticking) else 0
    return Program(
        ordering=ORDERS.index(ordering.kind),
        moving=int(ordering.kind in MOVING or (serving and period == 0)),
        backfill=BACKFILLS.index(name),
        reservations=backfill.k if isinstance(backfill, Reservations) else FAR,
        overrun=int(rule.overrun == "allow"),
        placement=0 if rule.placement is None else PLACEMENTS.index(rule.placement.kind),
        accounting=int(serving),
        period=period,
        fade=FADES.index(fade.kind),
        span=_span(fade),
    )
