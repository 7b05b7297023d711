"""Which rules this machine can run: what would else be refused only once a run has begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from simulator.cluster.models import Nodes, Pool
from simulator.fields import moved, refusal
from simulator.rules.places import no_places_for_slices
from simulator.scenario.application_checks import refuse_unfit_applications
from simulator.scenario.limit_checks import refuse_unfit_limits
from simulator.scenario.machine_checks import requests_of, speedups_of
from simulator.scenario.order_checks import refuse_unfit_order, refuse_unfit_qos
from simulator.scenario.preemption_checks import refuse_unfit_preemption
from simulator.scenario.reform_checks import refuse_unfit_reform
from simulator.scenario.slurm_checks import refuse_unfit_passes
from simulator.workload.synthetic.models import Synthetic

if TYPE_CHECKING:
    from simulator.rules.models import Rule
    from simulator.scenario.models import Scenario
    from simulator.workload.models import Log


def refuse_unfit_rules(scenario: Scenario) -> None:
    """Raise a refusal, placed within the scenario, for a rule that its machine cannot run."""
    for name, rule in scenario.rules.items():
        _refuse_unfit(name, rule, scenario)
        for place, reform in enumerate(rule.reforms):
            refuse_unfit_reform(name, place, reform, scenario)
            try:
                _refuse_unfit(name, reform.rule, scenario)
            except PydanticCustomError as error:
                raise moved(error, ("rules", name), ("reforms", place, "rule")) from None


def _refuse_unfit(name: str, rule: Rule, scenario: Scenario) -> None:
    refuse_unfit_order(name, rule, scenario)
    refuse_unfit_qos(name, rule, scenario)
    if isinstance(scenario.cluster, Pool):
        _on_pool(name, rule)
    else:
        _on_nodes(name, rule, scenario)
    if rule.conformance == "pyss":
        _under_pyss(name, scenario)
    refuse_unfit_limits(name, rule, scenario)
    if rule.applications is not None:
        refuse_unfit_applications(name, rule.applications, scenario)
    if rule.preemption is not None:
        refuse_unfit_preemption(name, rule, rule.preemption, scenario)


def refuse_requests_on_pool(cluster: Pool | Nodes, workload: Log | Synthetic) -> None:
    """Raise a refusal for what jobs ask of nodes where there are none."""
    if not isinstance(cluster, Pool):
        return
    for setting, _ in speedups_of(workload):
        raise refusal(
            "jobs are faster on some GPUs, and the units of a pool are alike",
            right="leave speedups out, or say cluster: {kind: nodes}",
            at=setting,
        )
    if isinstance(workload, Synthetic):
        for setting, _ in requests_of(workload):
            raise refusal(
                "jobs ask for parts of nodes, and a pool has none",
                right="leave requests out, or say cluster: {kind: nodes}",
                at=setting,
            )


def _on_pool(name: str, rule: Rule) -> None:
    if rule.backfill.kind == "slurm":
        raise refusal(
            "Slurm's own passes hold whole nodes, and a pool has none",
            right="say another backfill, or cluster: {kind: nodes}",
            at=("rules", name, "backfill"),
        )
    if rule.placement is not None:
        raise refusal(
            f"placement {rule.placement.kind} chooses among nodes, and a pool has none",
            right="leave placement out, or say cluster: {kind: nodes}",
            at=("rules", name, "placement"),
        )


def _on_nodes(name: str, rule: Rule, scenario: Scenario) -> None:
    if rule.conformance == "pyss":
        raise refusal(
            "conformance pyss knows pools alone",
            right="drop it, or say cluster: {kind: pool}",
            at=("rules", name, "conformance"),
        )
    if isinstance(scenario.cluster, Nodes):
        refuse_unfit_passes(name, rule, scenario.cluster, scenario)
    workload = scenario.workload
    sliced = isinstance(workload, Synthetic) and any(
        each.slices is not None for _, each in requests_of(workload)
    )
    found = no_places_for_slices(rule)
    if sliced and found is not None:
        raise refusal(found[0], right=found[1], at=("rules", name))


def _under_pyss(name: str, scenario: Scenario) -> None:
    cluster = scenario.cluster
    if _jobs_end_early(scenario.workload):
        raise refusal(
            "conformance pyss knows no jobs that fail by themselves or are taken back",
            right="leave outcomes and endings out, or drop conformance",
            at=("rules", name, "conformance"),
        )
    away = isinstance(cluster, Pool) and (cluster.maintenance or cluster.losses)
    if away or scenario.end == "cut":
        raise refusal(
            "conformance pyss knows neither maintenance nor losses nor a cut at the last arrival",
            right="leave them out, or drop conformance",
            at=("rules", name, "conformance"),
        )


def _jobs_end_early(workload: Log | Synthetic) -> bool:
    if isinstance(workload, Synthetic):
        classes = workload.classes.values()
        return any((workload.endings, *(each.endings for each in classes)))
    return workload.outcomes == "replay"
