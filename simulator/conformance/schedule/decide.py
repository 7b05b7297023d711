"""What our passes do at a moment of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.rules.slurm import build
from simulator.rules.slurm.backfill_kernel import backfill_pass
from simulator.rules.slurm.main_kernel import main_pass
from simulator.rules.slurm.running_kernel import begin_entry
from simulator.rules.slurm.state_kernel import (
    ALIKE,
    CHANGES,
    KILL_WAIT,
    MAX_TEST,
    MAX_USER,
    MEMORY_COUNTS,
    MESSAGE_TIMEOUT,
    PREEMPTS,
    REORDER,
    RESOLUTION,
    RULES,
    WINDOW,
    WINDOW_SCALE,
    Asks,
    Booked,
    Did,
    Site,
)
from simulator.slurm.recording import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.conformance.schedule.moment import Moment
    from simulator.kernels.state import Ints
    from simulator.slurm.recording.cluster import Cluster
    from simulator.slurm.recording.recording import Recording
    from simulator.slurm.recording.rows import Job

OUTCOMES = (
    *(rows.SKIPPED, rows.BLOCKED, rows.STARTED, rows.PLANNED),
    *(rows.FAILED, rows.BEYOND, rows.USER_LIMIT, rows.NONE),
)
"""In the order of the kernels' numbers."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a job in a pass; nodes by number, ascending."""

    job: int
    outcome: str
    start: int
    """Seconds; 0: neither started nor planned."""
    end: int
    nodes: tuple[int, ...]
    tries: int


class Decider:
    """Makes passes on the cluster of a recording."""

    def __init__(self, recording: Recording) -> None:
        self._site = site_of(recording.cluster)
        self._jobs = [recording.jobs[job] for job in sorted(recording.jobs)]
        self._row = {job.job: row for row, job in enumerate(self._jobs)}
        self._asks, users = asks_of(self._jobs, recording.cluster)
        jobs, nodes = len(self._jobs), len(recording.cluster.nodes)
        self._live = build.live(self._site.has, jobs)
        self._plan = build.plan(jobs, nodes)
        self._did = build.did(jobs, nodes, jobs)
        partitions = len(recording.cluster.partitions)
        self._scratch = build.scratch(self._asks, nodes, users, partitions)

    def decide(self, moment: Moment) -> list[Decision]:
        """The pass that we make at a moment: jobs in the order looked at."""
        site, asks, live, scratch = self._site, self._asks, self._live, self._scratch
        nodes = site.weight.shape[0]
        self._set(moment)
        booked = Booked(
            start=np.array([start for start, _, _ in moment.reservations], dtype=np.int64),
            end=np.array([end for _, end, _ in moment.reservations], dtype=np.int64),
            nodes=build.set_of(nodes, *(held for _, _, held in moment.reservations)),
        )
        waiting = len(moment.queue)
        if moment.kind == "main":
            main_pass(
                site, asks, booked, live, waiting, moment.depth, moment.now, scratch, self._did
            )
        else:
            backfill_pass(
                site, asks, booked, live, self._plan, waiting, moment.now, scratch, self._did
            )
        return self._decisions(self._did)

    def _set(self, moment: Moment) -> None:
        site, asks, live = self._site, self._asks, self._live
        nodes = site.weight.shape[0]
        live.free[:] = site.has
        live.completing[:] = build.set_of(nodes, moment.completing)
        live.counts[0] = 0
        live.counts[CHANGES] += 1
        held = build.set_of(nodes, *(each.nodes for each in moment.running))
        for index, each in enumerate(moment.running):
            row = self._row[each.job.job]
            begin_entry(asks, live, row, each.start, each.end, held, index)
        for index, waiting in enumerate(moment.queue):
            row = self._row[waiting.job.job]
            self._scratch.order[index] = row
            asks.priority[row] = waiting.priority
            asks.submit[row] = waiting.submit
            begun = waiting.preempted
            asks.preempted[row] = build.NEVER if begun is None else begun

    def _decisions(self, did: Did) -> list[Decision]:
        return [
            Decision(
                job=self._jobs[did.row[index]].job,
                outcome=OUTCOMES[did.outcome[index]],
                start=int(did.start[index]),
                end=int(did.end[index]),
                nodes=build.members(did.nodes, index),
                tries=int(did.tries[index]),
            )
            for index in range(did.counts[0])
        ]


def site_of(cluster: Cluster) -> Site:
    """The cluster as arrays; partitions and qualities of service in the order written."""
    qualities, nodes = list(cluster.qualities.values()), cluster.nodes
    rules = build.ints(RULES)
    rules[RESOLUTION] = cluster.parameters["bf_resolution"]
    rules[WINDOW] = cluster.parameters["bf_window"]
    rules[MAX_TEST] = cluster.parameters["bf_max_job_test"]
    rules[MAX_USER] = cluster.parameters["bf_max_job_user"]
    rules[WINDOW_SCALE] = cluster.parameters["bf_window_scale"]
    rules[REORDER] = cluster.parameters["preempt_reorder_count"]
    rules[KILL_WAIT] = cluster.kill_wait
    rules[MESSAGE_TIMEOUT] = cluster.message_timeout
    rules[MEMORY_COUNTS] = cluster.memory_counts
    rules[PREEMPTS] = cluster.preempts
    rules[ALIKE] = len({node.weight for node in cluster.nodes}) == 1
    parts = cluster.partitions.values()
    return Site(
        has=np.array(
            [[n.cpus for n in nodes], [n.memory for n in nodes], [n.gpus for n in nodes]],
            dtype=np.int64,
        ),
        weight=_column(node.weight for node in nodes),
        part=build.set_of(len(nodes), *(part.nodes for part in parts)),
        tier=_column(part.tier for part in parts),
        longest=_column(
            build.NO_LIMIT if part.max_time is None else part.max_time for part in parts
        ),
        may_stop=np.array(
            [[other.name in one.preempts for other in qualities] for one in qualities],
            dtype=np.int64,
        ),
        rank=_column(one.priority for one in qualities),
        exempt=_column(cluster.exempt if one.exempt is None else one.exempt for one in qualities),
        rules=rules,
    )


def asks_of(jobs: list[Job], cluster: Cluster) -> tuple[Asks, int]:
    """Jobs as arrays, in the order given, and how many users they have."""
    qualities = {name: number for number, name in enumerate(cluster.qualities)}
    partitions = {name: number for number, name in enumerate(cluster.partitions)}
    users = {name: number for number, name in enumerate({job.user: None for job in jobs})}
    count = len(jobs)
    asks = Asks(
        nodes=_column(job.nodes for job in jobs),
        cpus=_column(job.cpus // job.nodes for job in jobs),
        memory=_column(job.memory // job.nodes for job in jobs),
        gpus=_column(job.gpus_per_node for job in jobs),
        limit=_column(job.limit for job in jobs),
        qos=_column(qualities[job.qos] for job in jobs),
        partition=_column(partitions[job.partition] for job in jobs),
        user=_column(users[job.user] for job in jobs),
        priority=build.ints(count),
        submit=build.ints(count),
        preempted=build.ints(count),
    )
    return asks, len(users)


def _column(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)
