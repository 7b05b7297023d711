"""What a rule's preemption says of classes and machines that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cluster.models import Nodes, Pool
from simulator.errors import nearest
from simulator.fields import refusal
from simulator.rules.preemption.idle import USE_UNKNOWN
from simulator.rules.preemption.suspension import ON_A_POOL, WITHOUT_CPUS, where_suspended
from simulator.workload.synthetic.models import Synthetic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.rules.models import Rule
    from simulator.rules.preemption.idle_models import Idle
    from simulator.rules.preemption.models import Preemption
    from simulator.scenario.models import Scenario
    from simulator.workload.models import Log

Path = tuple[str | int, ...]


def refuse_unfit_preemption(name: str, rule: Rule, stage: Preemption, scenario: Scenario) -> None:
    """Raise a refusal, placed within the scenario; ``stage`` is the rule's."""
    known = known_classes(scenario.workload)
    if known is not None:
        for i, names in enumerate(stage.ranks):
            for j, each in enumerate(names):
                if each not in known:
                    raise refusal(
                        f"the workload has no class {each!r}",
                        right=nearest(each, known),
                        at=("rules", name, "preemption", "ranks", i, j),
                    )
        for each in () if stage.ranks and not stage.reclaim else stage.classes:
            if each not in known:
                raise refusal(
                    f"the workload has no class {each!r}",
                    right=nearest(each, known),
                    at=("rules", name, "preemption", "classes", each),
                )
    if stage.idle is not None:
        _refuse_unfit_idle(("rules", name, "preemption", "idle"), stage.idle, known, scenario)
    _refuse_idle_suspension(("rules", name, "preemption"), stage, scenario.cluster)
    for setting, each in _checkpointing(stage, rule, known):
        _refuse_without_checkpoints(("rules", name, "preemption", *setting), each, scenario)


def _refuse_unfit_idle(at: Path, idle: Idle, known: set[str] | None, scenario: Scenario) -> None:
    workload = scenario.workload
    untold = isinstance(workload, Synthetic) and not (
        workload.gpu_use or any(each.gpu_use for each in workload.classes.values())
    )
    if untold:
        raise refusal(USE_UNKNOWN[0], right=USE_UNKNOWN[1], at=at)
    for each in idle.classes:
        if known is not None and each not in known:
            raise refusal(
                f"the workload has no class {each!r}",
                right=nearest(each, known),
                at=(*at, "classes", each),
            )
    for name in sorted(known or ()):
        if idle.how_of(name).kind == "checkpoint":
            setting: Path = ("classes", name) if name in idle.classes else ("how",)
            _refuse_without_checkpoints((*at, *setting), name, scenario)


def known_classes(workload: Log | Synthetic) -> set[str] | None:
    """The classes that jobs can be of; None if only the log itself says."""
    if isinstance(workload, Synthetic):
        return set(workload.classes)
    if workload.classes is None:
        return {"all"}
    return (
        {*workload.classes.members, workload.classes.others} if workload.classes.members else None
    )


def _who_can_be_stopped(stage: Preemption, rule: Rule, known: set[str] | None) -> list[str]:
    """Classes of which jobs can be: of lower ranks, or members of cohorts, or else any."""
    lower = [name for names in stage.ranks[1:] for name in names]
    if stage.ranks and not stage.reclaim:
        return lower
    if stage.reclaim and all(cohort.per == "class" for cohort in rule.quotas.values()):
        members = [name for cohort in rule.quotas.values() for name in cohort.members]
        return list(dict.fromkeys([*members, *lower]))
    return [*stage.classes, *sorted(known or {"all"})]


def _checkpointing(
    stage: Preemption, rule: Rule, known: set[str] | None
) -> Iterator[tuple[Path, str]]:
    """Each class that keeps its checkpoints when preempted, and the setting that says so."""
    for name in _who_can_be_stopped(stage, rule, known):
        if stage.how_of(name).kind == "checkpoint":
            yield ("classes", name) if name in stage.classes else ("how",), name


def _refuse_idle_suspension(at: Path, stage: Preemption, cluster: Pool | Nodes) -> None:
    """Of a list of nodes only the run knows whether they count CPUs."""
    setting = where_suspended(stage)
    if setting is None:
        return
    if isinstance(cluster, Pool):
        raise refusal(ON_A_POOL[0], right=ON_A_POOL[1], at=(*at, *setting))
    if cluster.classes and all(each.cpus is None for each in cluster.classes.values()):
        raise refusal(WITHOUT_CPUS[0], right=WITHOUT_CPUS[1], at=(*at, *setting))


def _refuse_without_checkpoints(setting: Path, name: str, scenario: Scenario) -> None:
    cluster = scenario.cluster
    if isinstance(cluster, Pool):
        raise refusal(
            "jobs on a pool take no checkpoints",
            right="say requeue or cancel, or cluster: {kind: nodes}",
            at=setting,
        )
    if _saves_nothing(cluster, name):
        raise refusal(
            f"jobs of class {name!r} take no checkpoints",
            right=f"add cluster.checkpoints: {{classes: {{{name}: {{period: 1h}}}}}}",
            at=setting,
        )


def _saves_nothing(cluster: Nodes, name: str) -> bool:
    return cluster.checkpoints.classes.get(name, cluster.checkpoints.everyone) in (None, "none")
