"""What an order says of those whom it serves, where the scenario knows them before the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cluster.models import Pool
from simulator.errors import nearest
from simulator.fields import refusal
from simulator.rules.ordering.serving import Serving
from simulator.workload.synthetic.models import Synthetic

if TYPE_CHECKING:
    from simulator.rules.models import Rule
    from simulator.scenario.models import Scenario


def refuse_unfit_order(name: str, rule: Rule, scenario: Scenario) -> None:
    """Raise a refusal, placed within the scenario, for quotas and names that cannot be meant.

    Users, accounts and the classes of a log are known only once the jobs are.
    """
    ordering = rule.ordering
    if not isinstance(ordering, Serving):
        return
    there = _gpus(scenario)
    for setting in ordering.quotas:
        asked = sum(getattr(ordering, setting).values())
        if there is not None and asked > there:
            raise refusal(
                f"the quotas are of {asked} GPUs and the machine has {there}",
                right=f"together at most {there}",
                at=("rules", name, "ordering", setting),
            )
    workload = scenario.workload
    if ordering.serve != "class" or not isinstance(workload, Synthetic):
        return
    for setting in ordering.by_names:
        for who in getattr(ordering, setting):
            if who not in workload.classes:
                raise refusal(
                    f"the workload has no class {who!r}",
                    right=nearest(who, workload.classes),
                    at=("rules", name, "ordering", setting, who),
                )


def refuse_unfit_qos(name: str, rule: Rule, scenario: Scenario) -> None:
    """Raise a refusal for the class of a quality of service that is not there."""
    workload = scenario.workload
    if not isinstance(workload, Synthetic):
        return
    for qos, each in rule.qos.items():
        for place, one in enumerate(each.classes):
            if one not in workload.classes:
                raise refusal(
                    f"the workload has no class {one!r}",
                    right=nearest(one, workload.classes),
                    at=("rules", name, "qos", qos, "classes", place),
                )


def _gpus(scenario: Scenario) -> int | None:
    """GPUs, or units of a pool; None where a file says how many there are."""
    cluster = scenario.cluster
    if isinstance(cluster, Pool):
        return cluster.capacity
    if not cluster.classes:
        return None
    return sum(each.count * each.gpus for each in cluster.classes.values())
