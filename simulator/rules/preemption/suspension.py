"""Rules and machines that nobody can be suspended under."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.rules.models import Rule
    from simulator.rules.preemption.models import Preemption

Path = tuple[str, ...]
ON_A_POOL = (
    "a job on a pool that is suspended frees nothing: its units stay its own",
    "say requeue or cancel, or cluster: {kind: nodes}",
)
WITHOUT_CPUS = (
    "a suspended job frees its CPUs alone, and no node counts them",
    "say how many cpus the nodes have, or requeue, cancel or checkpoint",
)


def where_suspended(stage: Preemption | None) -> Path | None:
    """The setting of the stage by which jobs are suspended; None if none are."""
    if stage is None:
        return None
    for name, how in stage.classes.items():
        if how.kind == "suspend":
            return "classes", name
    return ("how",) if stage.how.kind == "suspend" else None


def why_nobody_is_suspended(rule: Rule) -> tuple[Path, str, str] | None:
    """Which setting of a rule that suspends jobs forbids it, why, and what would be right; None if
    none does, or nobody is suspended."""
    where = where_suspended(rule.preemption)
    found = None if where is None else why_not_beside_suspended(rule)
    if where is None or found is None:
        return None
    at, what, right = found
    if at == ("backfill",):
        at, right = ("preemption", *where), f"say requeue, cancel or checkpoint, or {right}"
    return at, what, right


def why_not_beside_suspended(rule: Rule) -> tuple[Path, str, str] | None:
    """Which setting of a rule forbids that jobs are suspended while it is in force, why, and what
    would be right; None if none does."""
    stage, kind = rule.preemption, rule.backfill.kind
    if kind not in ("none", "easy"):
        return (
            ("backfill",),
            f"backfill {kind} holds places, which suspended jobs could not be planned beside",
            "backfill: easy or none",
        )
    if stage is not None and stage.grace > 0:
        return (
            ("preemption", "grace"),
            "who is suspended is not told before",
            "leave it out, or say requeue, cancel or checkpoint",
        )
    if stage is not None and stage.idle is not None:
        return (
            ("preemption", "idle"),
            "a job that is suspended uses no GPU meanwhile: nobody could tell who is idle",
            "leave idle out, or say requeue, cancel or checkpoint",
        )
    if stage is not None and stage.reclaim:
        return (
            ("preemption", "reclaim"),
            "a suspended job keeps its GPUs: nothing would be reclaimed",
            "leave reclaim out, or say requeue, cancel or checkpoint",
        )
    return _limited_otherwise(rule)


def _limited_otherwise(rule: Rule) -> tuple[Path, str, str] | None:
    for name, limit in rule.limits.items():
        if limit.work is not None:
            return (
                ("limits", name, "work"),
                "the work that a suspended job has left does not fall with time",
                "limit gpus, or say requeue, cancel or checkpoint",
            )
    for name in rule.reservations:
        return (
            ("reservations", name),
            "a job that is suspended may run on into what is kept free",
            "say requeue, cancel or checkpoint, or leave reservations out",
        )
    return None
