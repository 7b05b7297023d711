"""The compiled passes on what the plain ones work on, so that both can be asked the same."""

from __future__ import annotations

import numpy as np

from simulator.kernels.limits import NONE, UNLIMITED, limits_at_start, no_limits
from simulator.rules.slurm import build
from simulator.rules.slurm.backfill_kernel import backfill_pass
from simulator.rules.slurm.main_kernel import main_pass
from simulator.rules.slurm.running_kernel import begin_entry
from simulator.rules.slurm.state_kernel import Asks, Booked, Site
from tests.twin.slurm.machine import Asks as Ask
from tests.twin.slurm.passes import Did, Rules, Slurm

OUTCOMES = (
    *("skipped", "blocked", "started", "planned"),
    *("failed", "beyond_window", "user_limit", "none", "limited"),
)


def column(values):
    return np.array(list(values), dtype=np.int64)


def site_of(rules, nodes, memory_counts):
    parts, qos = list(rules.part), list(rules.qos_priority)
    numbers = (
        *(rules.resolution, rules.window, rules.max_test, rules.max_user, rules.scale),
        *(rules.reorder, rules.kill_wait, rules.message, memory_counts, True),
        len({node[3] for node in nodes}) == 1,
        *(1, 0, 0),
    )
    return Site(
        has=np.array([node[:3] for node in nodes], dtype=np.int64).T.copy(),
        weight=column(node[3] for node in nodes),
        part=build.set_of(len(nodes), *(frozenset(rules.part[name]) for name in parts)),
        tier=column(rules.tier[name] for name in parts),
        longest=column(rules.max_time[name] or build.NO_LIMIT for name in parts),
        may_stop=np.array([[b in rules.preempts[a] for b in qos] for a in qos], dtype=np.int64),
        rank=column(rules.qos_priority[name] for name in qos),
        exempt=column(rules.exempt[name] for name in qos),
        rules=column(numbers),
    )


def limits_of(bounds, jobs, running):
    """The limits of jobs, with what those that run use up."""
    if not bounds:
        return no_limits()
    group, most = np.full((len(jobs), len(bounds)), NONE, np.int64), []
    for number, bound in enumerate(bounds):
        keys = sorted({bound.key(job) for job in jobs} - {None})
        for row, job in enumerate(jobs):
            if bound.key(job) is not None:
                group[row, number] = len(most) + keys.index(bound.key(job))
        values = (bound.jobs, bound.gpus, bound.work, bound.queued)
        most += [[UNLIMITED if value is None else value for value in values]] * len(keys)
    limits = limits_at_start(group, np.array(most, np.int64).reshape(-1, 4).T)
    for run in running:
        units = run.job.nodes * run.job.gpus
        for counted in group[jobs.index(run.job)]:
            if counted != NONE:
                limits.jobs[counted] += 1
                limits.units[counted] += units
                limits.reach[counted] += units * run.end
    return limits


def asks_of(rules, jobs):
    parts, qos = list(rules.part), list(rules.qos_priority)
    users = sorted({job.user for job in jobs})
    return Asks(
        *(
            column(getattr(job, name) for job in jobs)
            for name in ("nodes", "cpus", "memory", "gpus", "limit")
        ),
        qos=column(qos.index(job.qos) for job in jobs),
        partition=column(parts.index(job.partition) for job in jobs),
        user=column(users.index(job.user) for job in jobs),
        priority=column(job.priority for job in jobs),
        submit=column(job.submit for job in jobs),
        preempted=column(build.NEVER if j.preempted is None else j.preempted for j in jobs),
    ), len(users)


def compiled(kind, twin, queue, depth=0):
    """What the kernels do from the state of a plain ``Slurm`` that has done nothing yet."""
    machine, rules, now = twin.machine, twin.rules, twin.now
    count = len(machine.nodes)
    jobs = sorted([*queue, *(run.job for run in machine.running)], key=lambda job: job.id)
    row = {job.id: number for number, job in enumerate(jobs)}
    site = site_of(rules, machine.nodes, machine.memory_counts)
    site = site._replace(limits=limits_of(rules.bounds, jobs, machine.running))
    asks, users = asks_of(rules, jobs)
    live = build.live(site.has, len(jobs))
    live.completing[:] = build.set_of(count, frozenset(twin.completing))
    held = build.set_of(count, *(run.nodes for run in machine.running))
    for index, run in enumerate(machine.running):
        begin_entry(asks, live, row[run.job.id], run.start, run.end, held, index)
    booked = Booked(
        column(each[0] for each in twin.reservations),
        column(each[1] for each in twin.reservations),
        build.set_of(count, *(frozenset(each[2]) for each in twin.reservations)),
    )
    scratch = build.scratch(asks, count, users, len(rules.part))
    did = build.did(len(jobs), count, len(jobs))
    scratch.order[: len(queue)] = [row[job.id] for job in sorted(queue, key=lambda job: job.id)]
    if kind == "main":
        main_pass(site, asks, booked, live, len(queue), depth, now, scratch, did)
    else:
        plan = build.plan(len(jobs), count)
        backfill_pass(site, asks, booked, live, plan, len(queue), now, scratch, did)
    return [_did(jobs, did, index) for index in range(did.counts[0])]


def _did(jobs, did, index):
    job = jobs[did.row[index]].id
    stopped = [
        jobs[did.victim[k]].id for k in range(did.counts[1]) if jobs[did.stopped_for[k]].id == job
    ]
    return Did(
        job,
        OUTCOMES[did.outcome[index]],
        int(did.start[index]),
        frozenset(build.members(did.nodes, index)),
        int(did.end[index]),
        int(did.tries[index]),
        stopped,
    )


def warm_up():
    """Compile both passes."""
    rules = Rules(
        tier={"p": 1},
        part={"p": {0}},
        max_time={"p": None},
        preempts={"q": []},
        qos_priority={"q": 0},
        exempt={"q": 0},
    )
    for kind in ("main", "backfill"):
        job = Ask(1, 1, 1, 1, 1, 60, "q", "p", "u")
        compiled(kind, Slurm(rules, [(1, 1, 1, 1)], True, [], set(), [], 0), [job])
