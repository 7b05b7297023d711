"""Compile, or load from disk, before workers start: parallel writes of numba's cache can crash."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from simulator.cluster.machine import Machine
from simulator.engine.run import replay
from simulator.engine.world import Outage
from simulator.kernels.state import FAR
from simulator.rules.models import Rule
from simulator.rules.ordering.alpha_fair import AlphaFair
from simulator.workload.columns import Jobs


def warm_up_kernels(rules: Iterable[Rule], machine: int | Machine) -> None:
    """Run two jobs under each rule's way of passing time, on a machine of this kind."""
    one = np.ones(2, np.int64)
    code = np.zeros(2, np.int32)
    jobs = Jobs(one, one - 1, 3 * one, 3 * one, one, code, code, code, ("u",), ("a",), ("c",))
    rules = tuple(rules)
    ways = {
        (rule.conformance, isinstance(era.ordering, AlphaFair), rule.backfill.kind == "slurm")
        for rule in rules
        for _, era in rule.eras
    }
    for conformance, at_windows, by_clocks in ways:
        if by_clocks:
            slurm = Rule.model_validate({"backfill": "slurm", "placement": "slurm"})
            replay(jobs, machine, slurm)
            continue
        rule = Rule(conformance=conformance)
        if at_windows:
            rule = rule.model_copy(update={"ordering": AlphaFair.model_validate({"window": "1s"})})
        if isinstance(machine, Machine):
            nodes = np.zeros(1, np.int64)
            outage = Outage("failure", 1, 2, int(machine.gpus[0]), FAR, True, FAR, nodes)
            replay(jobs, machine, rule, outages=[outage])
        else:
            outage = Outage("loss", 1, 2, 1, FAR, True, FAR)
            replay(jobs, 2, rule, outages=[] if conformance == "pyss" else [outage])
    # The verbs of what limits jobs for a time, and of a rule that takes over.
    eras = [era for rule in rules for _, era in rule.eras]
    if any(era.budgets or era.reservations or era.applications for era in eras):
        reserved = {"at_least": 1, "start": "1s", "duration": "1s"}
        spent = {"per": "all", "grant": "9 GPU-h"}
        said = {"reservations": {"one": reserved}, "budgets": {"all": spent}}
        replay(jobs, machine, Rule.model_validate(said))
    if any(rule.reforms for rule in rules):
        later = dataclasses.replace(jobs, submit=np.array([0, 2]))
        # The order stays: what it remembers is noted first.
        reformed = {"reforms": [{"at": "1s", "rule": {"backfill": "none"}}]}
        replay(later, machine, Rule.model_validate(reformed))
