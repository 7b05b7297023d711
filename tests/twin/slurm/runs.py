"""The engine's runs under Slurm's clocks, asked in the words of ``clocks.py``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulator.cluster.nodes.models import NodeWindow
from simulator.engine.run import replay, replay_recorded
from simulator.engine.slurm import Recorded
from simulator.kernels.state import LOGGED
from simulator.rules.models import Rule
from simulator.workload.columns import ANY, Jobs, Shapes
from tests.twin.slurm.clocks import Fate
from tests.twin.slurm.kernels import asks_of, column, site_of
from twin.nodes import engine
from twin.nodes.model import Node

ORDER = {
    "kind": "multifactor",
    "weights": {"age": 1000, "tres": {"gpu": 10}},
    "raw": ["tres"],
}
MAX_AGE = 600
SLURM = "slurm"
"""The backfill and the placement that are meant."""
LATENCIES = ("launch", "completion", "answer", "epilog")
NO_QOS = ""
"""The quality of service of jobs that have none."""


def priority(job, age):
    """What ``ORDER`` says of a job."""
    return int(max(1000 * min(age / MAX_AGE, 1.0) + 10 * job.gpus * job.nodes, 1.0))


def preempting(rules):
    """Whether anybody may preempt anybody."""
    return any(rules.preempts.values())


def passes_of(rules, clocks):
    """The settings of the stage."""
    ms = 1000 // clocks.second
    victims = {
        "message_timeout": f"{rules.message}s",
        "preempt_reorder_count": rules.reorder,
    }
    return {
        **(victims if preempting(rules) else {}),
        "kind": SLURM,
        "bf_interval": f"{clocks.bf_interval}s",
        "bf_resolution": f"{rules.resolution}s",
        "bf_window": f"{rules.window}s",
        "bf_max_job_test": rules.max_test,
        "bf_max_job_user": rules.max_user,
        "sched_interval": f"{clocks.sched_interval}s",
        "batch_sched_delay": f"{clocks.batch_delay}s",
        "sched_min_interval": f"{clocks.min_interval * ms}ms",
        "default_queue_depth": clocks.depth,
        "limit_check": f"{clocks.limit_check}s",
        "kill_wait": f"{rules.kill_wait}s",
        "phases": {
            "loop": f"{clocks.loop_phase * ms}ms",
            "sched_interval": f"{clocks.full_phase}s",
            "limit_check": f"{clocks.check_phase}s",
            "backfill": f"{clocks.bf_phase * ms}ms",
            "priorities": f"{clocks.calc_phase}s",
        },
        "latencies": {name: {"column": name} for name in LATENCIES},
        "clock": "ms" if clocks.second == 1000 else "s",
    }


def rule_of(rules, clocks, *, dumped=False):
    """Without a period nobody's priority counts. ``dumped``: as a scenario says it."""
    order = "fcfs"
    if clocks.period:
        order = {**ORDER, "max_age": f"{MAX_AGE}s", "period": f"{clocks.period}s"}
    rule = {"ordering": order, "backfill": passes_of(rules, clocks), "placement": SLURM}
    if rules.bounds:
        rule["limits"] = {bound.name: bound.settings() for bound in rules.bounds}
    if any(bound.qos for bound in rules.bounds):
        rule["qos"] = {name: {} for name in rules.preempts if name != NO_QOS}
    if preempting(rules):
        rule |= {"preemption": {}, "qos": qualities(rules)}
    return rule if dumped else Rule.model_validate(rule)


def qualities(rules):
    """Qualities of service as a scenario writes them."""
    stopped = set().union(*rules.preempts.values())
    return {
        name: {
            "priority": rules.qos_priority[name],
            "preempts": list(rules.preempts[name]),
            **({"exempt": f"{rules.exempt[name]}s"} if name in stopped else {}),
        }
        for name in rules.preempts
        if name != NO_QOS
    }


def machine_of(rules, nodes):
    """Partitions that hold all nodes have no name to the machine: jobs of theirs ask for none."""
    named = {name for name, part in rules.part.items() if len(part) < len(nodes)}
    return [
        Node(gpus, cpus, memory, partitions=frozenset(p for p in named if n in rules.part[p]))
        for n, (cpus, memory, gpus, _) in enumerate(nodes)
    ]


def jobs_of(work, machine, run_time):
    jobs = [each.asks for each in work]
    partitions = tuple(sorted(set().union(*(node.partitions for node in machine))))
    nobody, users = np.zeros(len(jobs), np.int32), sorted({job.user for job in jobs})
    qos = sorted({job.qos for job in jobs if job.qos != NO_QOS})
    shape = Shapes(
        nodes=column(job.nodes for job in jobs),
        gpus=column(job.gpus for job in jobs),
        slices=np.zeros(len(jobs), np.int64),
        cpus=column(job.cpus for job in jobs),
        memory=column(job.memory for job in jobs),
        gpu_type=np.full(len(jobs), ANY, np.int32),
        partition=np.array(
            [partitions.index(j.partition) if j.partition in partitions else ANY for j in jobs],
            np.int32,
        ),
        exclusive=np.zeros(len(jobs), np.bool_),
        gpu_types=(),
        partitions=partitions,
    )
    return Jobs(
        column(job.id for job in jobs),
        column(job.submit for job in jobs),
        column(run_time),
        column(job.limit for job in jobs),
        column(job.nodes * job.gpus for job in jobs),
        np.array([users.index(job.user) for job in jobs], np.int32),
        nobody,
        nobody,
        tuple(users),
        ("account",),
        ("class",),
        qos=np.array([ANY if j.qos == NO_QOS else qos.index(j.qos) for j in jobs], np.int32),
        qos_names=tuple(qos),
        shape=shape,
    )


def with_latencies(jobs, work, clocks):
    """Jobs whose log tells what took time beside their work."""
    ms = 1000 // clocks.second
    rows = [[*each.beside, each.answer, each.epilog] for each in work]
    return replace(jobs, latency=ms * np.array(rows, np.int64), latencies=LATENCIES)


def reformed(rules, clocks, reforms):
    """The rule of a scenario, and those that take its place."""
    then = [
        {"at": f"{each.at}s", "rule": rule_of(each.rules, each.clocks, dumped=True)}
        for each in reforms
    ]
    said = rule_of(rules, clocks, dumped=True)
    return Rule.model_validate({**said, "reforms": then} if then else said)


def by_scenario(work, nodes, rules, clocks, windows=(), reforms=()):
    """As a scenario runs, without tiers: it hears of an end when nodes answer."""
    machine = machine_of(rules, nodes)
    work_alone = ((each.length - sum(each.beside)) // clocks.second for each in work)
    found = replay(
        with_latencies(jobs_of(work, machine, work_alone), work, clocks),
        engine.machine(machine),
        reformed(rules, clocks, reforms),
        maintenance=[maintenance_of(window) for window in windows],
    )
    fates = {}
    for each, told in zip(work, engine.outcomes(found), strict=True):
        starts = [attempt[0] for attempt in told.attempts]
        nodes = told.attempts[-1][3] if told.attempts else ()
        fates[each.asks.id] = Fate(starts, told.end, tuple(nodes), told.state)
    return fates


def maintenance_of(window):
    """A window as a scenario writes it; nodes are named as ``engine.machine`` does."""
    said = {
        "start": f"{window.start}s",
        "duration": f"{window.duration}s",
        "nodes": [f"n{node}" for node in sorted(window.nodes)],
        "on_start": "lost" if window.lost else "requeue",
    }
    if window.announced is not None:
        said["announced"] = f"{window.announced}s"
    return NodeWindow.model_validate(said)


def by_recording(work, nodes, rules, clocks, reservations):
    """As a recording is run anew: with tiers, preemption, reservations and times of its own."""
    machine = machine_of(rules, nodes)
    asks, _ = asks_of(rules, [each.asks for each in work])
    rule = rule_of(rules, clocks)
    world = replay_recorded(
        jobs_of(work, machine, (0 for _ in work)),
        engine.machine(machine),
        rule,
        rule.backfill,
        site_of(rules, nodes, memory_counts=True),
        asks,
        Recorded(
            submit=column(each.submit for each in work),
            more=column(each.length for each in work),
            answer=column(each.answer for each in work),
            heard=column(each.heard for each in work),
            epilog=column(each.epilog for each in work),
            reserved=reservations,
        ),
    )
    times, grid, log = world.slurm.times, world.grid, world.state.log
    ended = slice(world.state.counters[LOGGED])
    fates = {}
    for position, each in enumerate(work):
        first, count = grid.held.first[position], grid.requests.nodes[position]
        starts = log.start[ended][log.position[ended] == position]
        fates[each.asks.id] = Fate(
            starts.tolist(),
            int(times.ended[position]),
            tuple(sorted(grid.held.node[first : first + count].tolist())),
            int(times.began[position]),
        )
    return fates
