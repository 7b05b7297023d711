"""Which rules hold places for slices of a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.rules.backfill.conservative import Conservative
from simulator.rules.placement.packing import Packing

if TYPE_CHECKING:
    from simulator.rules.models import Rule


def no_places_for_slices(rule: Rule) -> tuple[str, str] | None:
    """Why a rule that holds places holds none for slices, and what would; None if it does, or holds
    no places at all."""
    backfill, placement = rule.backfill, rule.placement
    if rule.preemption is not None and rule.preemption.grace:
        return (
            "while others have a grace nobody holds slices of a GPU",
            "leave grace or slices out",
        )
    if backfill.kind not in ("reservations", "conservative"):
        return None
    if isinstance(backfill, Conservative) and backfill.replan == "earlier":
        return (
            "conservative backfill keeps no places for slices of a GPU",
            "say replan: all, or leave slices out",
        )
    if rule.preemption is not None:
        return (
            f"backfill {backfill.kind} with preemption holds no places for slices of a GPU",
            "say backfill: easy or none, or leave preemption or slices out",
        )
    if placement is None or (isinstance(placement, Packing) and placement.slices == "pack_gpu"):
        return None
    return (
        f"backfill {backfill.kind} holds places for slices only where they fill up GPUs",
        "say placement: best, worst, first or leaf, with slices: pack_gpu, or leave slices out",
    )
