"""A recorded moment of a real Slurm, put before the kernels: its tree, its jobs, its priorities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from kernels.states import entry

from simulator.cluster.machine import machine_of
from simulator.cluster.models import Nodes
from simulator.engine.accounts import served
from simulator.engine.advance_kernel import advance
from simulator.errors import Place
from simulator.kernels.state import AT_HORIZON, NOW, Columns, at_start
from simulator.kernels.usage import tick_usage
from simulator.rules.accounts.entities import entities_of
from simulator.rules.models import Rule
from simulator.rules.ordering.dispatch_kernel import FIRST_SHARES
from simulator.rules.ordering.fair_tree_kernel import rank_siblings
from simulator.rules.ordering.shares_kernel import share_priority, weigh
from simulator.rules.program import program_of
from simulator.scenario.account_files import tree_node
from simulator.slurm.associations import read_associations
from simulator.slurm.jobs import SACCT, read_sacct
from simulator.slurm.priorities import read_priorities
from simulator.slurm.shares import read_shares
from simulator.workload.columns import Jobs, Shapes
from simulator.workload.shapes import on_nodes

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.slurm.jobs import Accounted

PERIOD = 60
ORIGIN = 1795490891 - 600
"""Instant 0 of the test: ticks came at 1795490891 and each minute after it."""
FAR = 10**6
MIB = 2**20
NODE = {"count": 4, "cpus": 64, "memory": "256000MiB", "gpus": 4, "gpu_type": "any"}
MACHINE = {
    "kind": "nodes",
    "classes": {"n": NODE},
    "partitions": {name: {"classes": ["n"], "overlap": True} for name in ("batch", "debug")},
}


def rule_of(folder: Path, half_life: str, max_age: str, **ordering: Any) -> Rule:
    """The settings of ``slurm.conf`` and ``qos.psv``, as a rule."""
    tree = tree_node(read_associations(folder / "assoc.psv"), Place("assoc.psv")).plain()
    conf = (folder / "slurm.conf").read_text()
    weights = {"age": 1000, "fair_share": 100_000, "job_size": 500, "partition": 2000, "qos": 3000}
    return Rule.model_validate(
        {
            "accounts": {"tree": tree},
            "qos": {
                "normal": {"priority": 10},
                "high": {"priority": 100, "usage_factor": 2.0},
                "scav": {"usage_factor": 0.5},
            },
            "accounting": {
                "fade": {"kind": "slurm", "half_life": half_life},
                "charge": {
                    "cpu": 1.0,
                    "gpu": 16.0,
                    "form": "max" if "PriorityFlags=MAX_TRES" in conf else "sum",
                },
            },
            "ordering": {
                "kind": "multifactor",
                "period": f"{PERIOD}s",
                "max_age": max_age,
                "weights": {**weights, "tres": {"cpu": 100, "memory": 200, "gpu": 400}},
                "partitions": {"batch": 10, "debug": 100},
                "nice": {"nice500": 500},
                **ordering,
            },
        }
    )


class Snapshot:
    """The state of the kernels at the moment when the snapshot was taken."""

    def __init__(self, folder: Path, rule: Rule, *, since: int = 0) -> None:
        """``since``: jobs that had ended by then are left out."""
        self.rule, self.when = rule, int((folder / "when").read_text().split()[0]) - ORIGIN
        self.shares = read_shares(folder / "sshare.psv")
        self.priorities = {}
        if (folder / "sprio.psv.header").exists():
            columns = (folder / "sprio.psv.header").read_text().strip().split("|")
            self.priorities = {
                each.job: each for each in read_priorities(folder / "sprio.psv", columns)
            }
        self.jobs = [
            job
            for job in read_sacct(folder / "sacct.psv", SACCT)
            if job.end is None or job.end - ORIGIN > since
        ]
        self.jobs.sort(key=lambda job: (job.start or ORIGIN + FAR, job.job))
        jobs, machine = self._columns()
        accounts = served(jobs, machine, rule)
        columns = Columns(jobs.submit, jobs.run_time, jobs.walltime, jobs.gpus)
        self.program = program_of(rule)
        self.state = at_start(columns, 10**6, 0, accounts=accounts)
        self.names = entities_of(jobs, rule.accounts).names

    def _columns(self) -> tuple[Jobs, Any]:
        """Jobs that have started as submitted then, the others long after."""
        nodes = Nodes.model_validate(MACHINE)

        def asked(job: Accounted, name: str) -> int:
            return int(job.asked.get(name, 0) / job.asked["node"])

        def ints(values: list[int]) -> Any:
            return np.array(values, np.int64)

        def codes(values: list[str]) -> tuple[Any, tuple[str, ...]]:
            names, code = np.unique(np.array(values, str), return_inverse=True)
            return code.astype(np.int32), tuple(map(str, names))

        partition, partitions = codes([job.partition for job in self.jobs])
        shape = replace(
            Shapes.of(
                ints([int(job.asked["node"]) for job in self.jobs]),
                ints([asked(job, "gres/gpu") for job in self.jobs]),
            ),
            cpus=ints([asked(job, "cpu") for job in self.jobs]),
            memory=ints([asked(job, "mem") * MIB for job in self.jobs]),
            partition=partition,
            partitions=partitions,
        )
        user, users = codes([job.user for job in self.jobs])
        account, accounts = codes([job.account for job in self.jobs])
        qos, qos_names = codes([job.qos for job in self.jobs])
        nice = [self.priorities[j.job].nice if j.job in self.priorities else 0 for j in self.jobs]
        job_class, classes = codes([f"nice{each or 500 * (row == 0)}" for row, each in
                                    enumerate([0, *nice])])  # fmt: skip
        start = [(job.start or ORIGIN + FAR) - ORIGIN for job in self.jobs]
        end = [(job.end or ORIGIN + FAR) - ORIGIN for job in self.jobs]
        jobs = Jobs(
            job_id=ints([job.job for job in self.jobs]),
            submit=ints(start),
            run_time=ints(end) - ints(start),
            walltime=ints([job.limit or 0 for job in self.jobs]),
            gpus=shape.nodes * shape.gpus,
            user=user,
            account=account,
            job_class=job_class[1:],
            users=users,
            accounts=accounts,
            classes=classes,
            qos=qos,
            qos_names=qos_names,
            shape=shape,
        )
        machine = machine_of(nodes, None)  # type: ignore[arg-type]
        return on_nodes(jobs, machine)[0], machine

    def pass_time(self) -> None:
        """Let the kernels book all that had happened until the snapshot.

        They leave out ticks while nothing runs or waits, which the cluster had.
        """
        assert advance(self.state, self.program, self.when, 10**9) == AT_HORIZON
        last = self.when - (self.when - self.program.phase) % PERIOD
        if self.state.accounts.clock[0] < last:
            self.tick(last)

    def tick(self, now: int) -> None:
        """A tick by itself, where nothing runs."""
        self.state.counters[NOW] = now
        entry(tick_usage)(self.state, self.program)
        entry(weigh)(self.state, self.program, self.program.ordering - FIRST_SHARES)
        self.state.accounts.clock[0] = now

    def row(self, account: str, user: str) -> int:
        """The entity of an account, or of a user in it."""
        path = account if not user else f"{account}/{user}"
        if account == "root":
            return self.names.index(user, 1) if user else 0
        return next(i for i, n in enumerate(self.names) if n == path or n.endswith("/" + path))

    def factor(self, row: int) -> float:
        """Fair share of a user, as a job that waits would ask for it."""
        entry(rank_siblings)(self.state, row)
        return float(self.state.accounts.had.value[row])

    def priority(self, job: int, tick: int) -> int:
        """The priority of a waiting job that was made at this tick, or when it was submitted."""
        position = next(place for place, each in enumerate(self.jobs) if each.job == job)
        submit = (self.jobs[position].submit or 0) - ORIGIN
        self.state.progress.eligible[position] = submit
        self.state.counters[NOW] = max(tick, submit)
        return int(
            entry(share_priority)(self.state, self.program.ordering - FIRST_SHARES, position, 0)
        )
