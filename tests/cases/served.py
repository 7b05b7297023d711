"""Cases whose order has parameters or looks at users: the engine with a whole rule, the twin with
its ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from twin import engine as pool_engine
from twin import twin as pool_twin
from twin.nodes import engine as nodes_engine
from twin.nodes import twin as nodes_twin
from twin.nodes.model import Rule as NodesRule
from twin.preemption import RANKS, Idle, Preemption
from twin.test_served import las_settings, ledger_of

from simulator.engine.nodes import laid_out
from simulator.engine.run import replay
from simulator.rules.models import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin import model
    from twin.nodes.model import Node, NodeJob
    from twin.nodes.model import Outcome as NodesOutcome

    from cases.case import Case
    from simulator.workload.columns import Jobs

EVERYBODY = "somebody"
"""Whose jobs are that name no user."""


def preemption_of(case: Case) -> Preemption | None:
    """The stage as the twin has it."""
    if case.preemption is None:
        return None
    said = dict(case.preemption)
    if "idle" in said:
        said["idle"] = Idle(**said["idle"])
        said["ranks"] = any(job.rank is not None for job in case.jobs)
    if said.get("reclaim"):
        said["how"] = (said.get("how", "requeue"),) * RANKS
    elif "how" in said:
        said["how"] = ("requeue", *said["how"])
    return Preemption(**said)


def _stages(case: Case) -> dict[str, Any]:
    """Stages in the place of the twin's own: as a scenario has them."""
    stages: dict[str, Any] = {"ordering": case.rule["order"]}
    stages |= {name: said for name in ("accounts", "accounting") if (said := getattr(case, name))}
    if (stage := preemption_of(case)) is not None:
        order = {name: said for name, said in case.rule["order"].items() if name != "kind"}
        stages |= las_settings(order, stage)
    return stages


def _owned(case: Case, jobs: Jobs) -> Jobs:
    """The jobs with the users and accounts that the case names, in the order of the file."""
    users = [job.user or EVERYBODY for job in case.jobs]
    accounts = [job.account for job in case.jobs]
    names, groups = tuple(dict.fromkeys(users)), tuple(dict.fromkeys(accounts))
    return replace(
        jobs,
        user=np.array([names.index(each) for each in users], np.int32),
        account=np.array([groups.index(each) for each in accounts], np.int32),
        job_class=np.zeros(len(users), np.int32),
        users=names,
        accounts=groups,
        classes=("all",),
    )


def on_a_pool(case: Case, jobs: Sequence[model.TwinJob], *, by_engine: bool) -> list[model.Outcome]:
    """What becomes of each job on a pool."""
    units = case.machine["pool"]
    said = {name: value for name, value in case.rule.items() if name != "order"}
    backfill = said.pop("backfill", "easy")
    stage = {name: said[name] for name in ("k", "replan") if name in said}
    rule = Rule.model_validate(
        {
            "backfill": {"kind": backfill, **stage},
            "overrun": said.get("overrun", "kill"),
            **_stages(case),
        }
    )
    table = _owned(case, pool_engine.columns(jobs))
    if by_engine:
        return pool_engine.outcomes(replay(table, units, rule))
    stop = preemption_of(case)
    ledger = ledger_of(table, units, rule)
    return pool_twin.simulate(jobs, units, ledger, backfill, preemption=stop, **said)


def on_nodes(
    case: Case, jobs: Sequence[NodeJob], nodes: Sequence[Node], *, by_engine: bool
) -> list[NodesOutcome]:
    """What becomes of each job on nodes."""
    said = {name: value for name, value in case.rule.items() if name != "order"}
    small = NodesRule(**said, preemption=preemption_of(case))
    rule = nodes_engine.model(small, _stages(case))
    machine = nodes_engine.machine(nodes)
    table = _owned(case, nodes_engine.columns(jobs, nodes))
    if by_engine:
        return nodes_engine.outcomes(replay(table, machine, rule))
    ledger = ledger_of(laid_out(table, machine)[0], machine, rule)
    return nodes_twin.simulate(jobs, nodes, small, ledger=ledger)
