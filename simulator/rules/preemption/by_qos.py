"""Preemption by quality of service, which Slurm's own passes know alone: what may be said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import nearest
from simulator.rules.backfill.slurm import SlurmPasses
from simulator.rules.ordering.multifactor import Multifactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.rules.models import Rule
    from simulator.rules.preemption.models import Preemption

Path = tuple[str | int, ...]
Refusal = tuple[str, str, Path]
"""What is wrong, what would be right, and where."""

WHOLE = ("multifactor", "fcfs", "sjf", "ljf", "smallest", "largest")
"""Orders whose keys are whole numbers, as Slurm's priorities are."""
BY_RANK = {
    "ranks": "who may stop whom is said by quality of service, not by class",
    "idle": "nobody is stopped for leaving GPUs idle",
    "classes": "all victims fare alike",
    "order": "victims come in Slurm's order: by QOS priority, then fewest nodes, then id",
    "after": "a job may preempt from its first pass on",
    "grace": "victims stop at once",
    "at_most": "a job may be preempted any number of times",
}
"""Settings of the stage that have no place in those passes, and what is so there instead."""
OF_PASSES = ("preempt_reorder_count", "message_timeout")
"""Settings of the passes that preemption alone looks at."""


def why_not_by_qos(rule: Rule) -> Refusal | None:
    """What a rule says of preemption by quality of service that means nothing; None: nothing."""
    stage = rule.preemption
    if stage is not None and isinstance(rule.backfill, SlurmPasses):
        found = next(_of_stage(stage), None) or next(_of_order(rule), None)
        return found or next(_of_rights(rule), None)
    for name, qos in rule.qos.items():
        for setting in ("preempts", "exempt"):
            if setting in qos.model_fields_set:
                return (
                    "nobody preempts by quality of service here",
                    "say preemption: {} and backfill: slurm, or leave it out",
                    ("qos", name, setting),
                )
    for setting in OF_PASSES:
        if setting in rule.backfill.model_fields_set:
            return (
                "nobody preempts here",
                "say preemption: {}, or leave it out",
                ("backfill", setting),
            )
    return None


def _of_stage(stage: Preemption) -> Iterator[Refusal]:
    if stage.how.kind != "requeue":
        yield (
            "Slurm's own passes requeue all whom they stop",
            "say how: requeue, or another backfill",
            ("preemption", "how"),
        )
    for setting, instead in BY_RANK.items():
        if setting in stage.model_fields_set:
            right = "leave it out, or say another backfill"
            if setting == "ranks":
                right = "say qos: {high: {preempts: [low]}}, or another backfill"
            yield f"in Slurm's own passes {instead}", right, ("preemption", setting)


def _of_order(rule: Rule) -> Iterator[Refusal]:
    ordering = rule.ordering
    if ordering.kind not in WHOLE:
        yield (
            f"with preemption Slurm sorts by whole numbers, and {ordering.kind} makes none",
            f"say {', '.join(WHOLE)}; or leave preemption out",
            ("ordering",),
        )
    if isinstance(ordering, Multifactor) and ordering.age_from == "submit":
        yield (
            "a job that is preempted is submitted anew, and its age begins anew with it",
            "say age_from: eligible",
            ("ordering", "age_from"),
        )


def _of_rights(rule: Rule) -> Iterator[Refusal]:
    victims = {name for qos in rule.qos.values() for name in qos.preempts}
    if not victims:
        yield (
            "nobody has a right to preempt",
            "say qos: {high: {preempts: [low]}}",
            ("preemption",),
        )
    for name, qos in rule.qos.items():
        for place, other in enumerate(qos.preempts):
            at: Path = ("qos", name, "preempts", place)
            if other not in rule.qos:
                yield f"there is no quality of service {other!r}", nearest(other, rule.qos), at
            elif name in _below(rule, other):
                way = "" if other == name else f" by way of {other!r}"
                what = f"{name!r} would preempt itself{way}"
                yield what, "rights go one way, as slurmdbd has it: leave it out", at
        if "exempt" in qos.model_fields_set and name not in victims:
            yield (
                f"nobody preempts jobs of {name!r}",
                "leave it out, or name it under preempts",
                ("qos", name, "exempt"),
            )


def _below(rule: Rule, name: str) -> set[str]:
    """A quality of service, and all that it may preempt in any number of steps."""
    seen: set[str] = set()
    coming = [name]
    while coming:
        each = coming.pop()
        if each not in seen and each in rule.qos:
            seen.add(each)
            coming += rule.qos[each].preempts
    return seen
