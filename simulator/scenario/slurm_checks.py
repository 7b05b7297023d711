"""What a machine and a workload may have of what Slurm's own passes do not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import nearest
from simulator.fields import refusal
from simulator.rules.backfill.slurm import Own, SlurmPasses
from simulator.scenario.machine_checks import requests_of
from simulator.scenario.preemption_checks import known_classes
from simulator.workload.synthetic.models import Synthetic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.cluster.models import Nodes
    from simulator.rules.models import Rule
    from simulator.scenario.models import Scenario

Path = tuple[str | int, ...]


def refuse_unfit_passes(name: str, rule: Rule, cluster: Nodes, scenario: Scenario) -> None:
    """Raise a refusal, placed within the scenario, for what those passes could not decide."""
    passes = rule.backfill
    if not isinstance(passes, SlurmPasses):
        return
    for what, at in _unknown(cluster, scenario):
        raise refusal(
            f"the rule {name!r} makes Slurm's own passes, which know no {what}",
            right="leave them out, or say another backfill",
            at=at,
        )
    for place, window in enumerate(cluster.maintenance):
        if not window.drain:
            raise refusal(
                f"to Slurm's own passes of the rule {name!r} maintenance is a reservation that they"
                " plan around",
                right="leave drain out, or say another backfill",
                at=("cluster", "maintenance", place, "drain"),
            )
    for latency, each in passes.latencies:
        told = isinstance(each, Own) and each.column is not None
        if told and isinstance(scenario.workload, Synthetic):
            raise refusal(
                "jobs that are made up have no columns",
                right="give a time, or drawn: [28ms, 31ms]",
                at=("rules", name, "backfill", "latencies", latency, "column"),
            )
    known = known_classes(scenario.workload)
    for place, each in enumerate(passes.ignores_sigterm):
        if known is not None and each not in known:
            raise refusal(
                f"the workload has no class {each!r}",
                right=nearest(each, known),
                at=("rules", name, "backfill", "ignores_sigterm", place),
            )


def _unknown(cluster: Nodes, scenario: Scenario) -> Iterator[tuple[str, Path]]:
    workload = scenario.workload
    if cluster.failures is not None:
        yield "failures", ("cluster", "failures")
    if not isinstance(workload, Synthetic):
        if workload.outcomes == "replay":
            yield "jobs that their users take back", ("workload", "outcomes")
        return
    for setting, requests in requests_of(workload):
        if requests.slices is not None:
            yield "slices of a GPU", (*setting, "slices")
    if workload.endings is not None and workload.endings.cancel:
        yield "jobs that their users take back", ("workload", "endings", "cancel")
    for name, applicants in workload.classes.items():
        if applicants.endings is not None and applicants.endings.cancel:
            at = ("workload", "classes", name, "endings", "cancel")
            yield "jobs that their users take back", at
