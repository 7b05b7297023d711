"""A rule, made ready for the kernels."""

from __future__ import annotations

from simulator.kernels.state import FAR, Program
from simulator.rules.backfill.conservative import Conservative
from simulator.rules.backfill.dispatch_kernel import BACKFILLS
from simulator.rules.backfill.reservations import Reservations
from simulator.rules.models import Rule
from simulator.rules.ordering.dispatch_kernel import MOVING, ORDERS
from simulator.rules.placement.dispatch_kernel import PLACEMENTS


def program_of(rule: Rule) -> Program:
    """The rule as numbers: an opcode for each stage, and parameters."""
    backfill = rule.backfill
    name: str = backfill.kind
    if isinstance(backfill, Conservative) and (
        backfill.replan == "earlier" or rule.conformance == "pyss"
    ):
        name = "held"
    return Program(
        ordering=ORDERS.index(rule.ordering.kind),
        moving=int(rule.ordering.kind in MOVING),
        backfill=BACKFILLS.index(name),
        reservations=backfill.k if isinstance(backfill, Reservations) else FAR,
        overrun=int(rule.overrun == "allow"),
        placement=0 if rule.placement is None else PLACEMENTS.index(rule.placement.kind),
    )
