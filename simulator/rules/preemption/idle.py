"""Rules under which nobody can be stopped for leaving GPUs idle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.rules.ordering.las import Las

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.rules.models import Rule
    from simulator.rules.preemption.idle_models import Idle
    from simulator.rules.preemption.models import Preemption

    Found = tuple[tuple[str, ...], str, str]

IDLE = ("preemption", "idle")
OF_OTHERS = {
    "how": "say it under idle",
    "classes": "say it under idle",
    "at_most": "say it under idle",
    "exempt": "say after under idle",
}
"""Settings of the stage that concern those who give way to ranks or owners alone."""
OF_WHO_WAITS = ("order", "after", "grace")
"""Settings that mean something where somebody is stopped for the sake of another."""

USE_UNKNOWN = (
    "nobody knows how much the jobs of this workload use their GPUs: none would be idle",
    "give it gpu_use, like gpu_use: {idle: 0.1}, or leave idle out",
)
USE_UNTOLD = (
    USE_UNKNOWN[0],
    "a table of sacct may tell it by a column GpuUse, in per cent; or leave idle out",
)
"""The same of a log, which says it only when it is read."""


def takes_back_idle_gpus(rule: Rule) -> bool:
    """Whether the rule or a reform of it stops jobs that leave GPUs idle."""
    return any(each.preemption and each.preemption.idle for _, each in rule.eras)


def why_nobody_is_idle(rule: Rule) -> Found | None:
    """Which setting of a rule that takes back idle GPUs forbids it, why, and what would be right;
    None if none does, or the rule takes none back."""
    stage = rule.preemption
    if stage is None or stage.idle is None:
        return None
    return next(_refusals(rule, stage, stage.idle), None)


def _refusals(rule: Rule, stage: Preemption, idle: Idle) -> Iterator[Found]:
    if isinstance(rule.ordering, Las):
        what = "the queues of the order las say who stops whom"
        yield IDLE, what, "leave idle out, or choose another order"
    alone = not stage.ranks and not stage.reclaim
    if idle.when == "wanted" and not alone:
        what = "jobs stop others by rank or quota, or those that leave GPUs idle, not both"
        yield (*IDLE, "when"), what, "say always, or leave ranks and reclaim out"
    if alone:
        yield from _without_others(stage, idle)
    for at, how in (
        *(((*IDLE, "classes", name), how) for name, how in idle.classes.items()),
        ((*IDLE, "how"), idle.how),
    ):
        if how.kind == "suspend":
            what = "a suspended job keeps its GPUs: nothing would be given back"
            yield at, what, "say cancel, requeue or checkpoint"
        if how.kind != "cancel" and idle.at_most is None:
            what = "a job that is queued again stays idle: it would be stopped again and again"
            yield at, what, "add at_most: 1, or say cancel"
    for at, how in (
        *((("preemption", "classes", name), how) for name, how in stage.classes.items()),
        (("preemption", "how"), stage.how),
    ):
        if how.kind == "suspend":
            what = "a job that is suspended uses no GPU meanwhile: nobody could tell who is idle"
            yield at, what, "say requeue, cancel or checkpoint, or leave idle out"


def _without_others(stage: Preemption, idle: Idle) -> Iterator[Found]:
    """Settings of the stage that have no meaning where idle jobs alone are stopped."""
    said = stage.model_fields_set
    for name, right in OF_OTHERS.items():
        if name in said:
            what = f"{name} is for those who give way to ranks or owners, and there are none"
            yield ("preemption", name), what, right
    for name in OF_WHO_WAITS:
        if name in said and idle.when == "always":
            what = f"idle jobs are stopped whoever waits (when: always): {name} means nothing"
            yield ("preemption", name), what, "leave it out, or say when: wanted"
    if stage.order == "lowest_rank":
        what = "who is idle has no rank"
        yield ("preemption", "order"), what, "say youngest, cheapest, smallest or the like"
