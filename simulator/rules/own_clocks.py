"""What goes together with Slurm's own passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.rules.backfill.slurm import SlurmPasses
from simulator.rules.ordering.slurm_shares import SlurmOrder

if TYPE_CHECKING:
    from simulator.rules.models import Rule

Place = tuple[str, ...]
OF_JOBS = ("fcfs", "sjf", "ljf", "smallest", "largest", "wfp3", "f1", "f2", "f3", "f4")
"""Orders that look at a job alone."""


def no_slurm_passes(rule: Rule) -> tuple[str, str, Place] | None:
    """Why Slurm's own passes or choice of nodes cannot be beside a rule's other stages.

    What is wrong, what would be right, and where; None if nothing is.
    """
    chooses = rule.placement is not None and rule.placement.kind == "slurm"
    if not isinstance(rule.backfill, SlurmPasses):
        if not chooses:
            return None
        return (
            f"backfill {rule.backfill.kind} cannot choose nodes as Slurm does",
            "say backfill: slurm, or another placement",
            ("placement",),
        )
    if not chooses:
        kind = "best" if rule.placement is None else rule.placement.kind
        return (
            f"Slurm's own passes choose nodes as Slurm does, not by placement {kind}",
            "say placement: slurm",
            ("backfill",) if rule.placement is None else ("placement",),
        )
    return _unknown(rule)


def _unknown(rule: Rule) -> tuple[str, str, Place] | None:
    ordering = rule.ordering
    if rule.overrun == "allow":
        return (
            "under Slurm's clocks jobs are killed when somebody next looks at walltimes",
            "leave overrun out, or say another backfill",
            ("overrun",),
        )
    if not isinstance(ordering, SlurmOrder) and ordering.kind not in OF_JOBS:
        return (
            f"Slurm's own passes know orders of jobs and Slurm's own, not {ordering.kind}",
            "say multifactor, fair_tree, classic_fair_share, depth_oblivious or"
            f" {', '.join(OF_JOBS)}; or another backfill",
            ("ordering",),
        )
    stages = {
        "quotas": bool(rule.quotas),
        "budgets": bool(rule.budgets),
        "reservations": bool(rule.reservations),
        "applications": rule.applications is not None,
    }
    for stage, there in stages.items():
        if there:
            what = f"Slurm's own passes know no {stage}"
            return what, "leave it out, or say another backfill", (stage,)
    for name, limit in rule.limits.items():
        if limit.eligible is not None:
            what = "Slurm's own passes look at all who wait"
            return what, "leave it out, or say another backfill", ("limits", name, "eligible")
    if rule.holds == "queue":
        return (
            "Slurm's own passes go past a job that a limit holds",
            "say holds: job, or another backfill",
            ("holds",),
        )
    return None
