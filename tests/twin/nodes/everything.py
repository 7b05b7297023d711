"""Scenarios on nodes with everything switched on at once, and what of it really happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

from twin.nodes.model import Node, NodeJob, Rule
from twin.nodes.outages import Failure, Window
from twin.nodes.scenarios import HOW, PLACEMENTS, PLACES
from twin.preemption import ORDERS as VICTIMS
from twin.preemption import RANKS, Preemption
from twin.saves import Saves
from twin.test_served import LAS, ORDERINGS, las_settings

PEOPLE = 8
NICE = {"class0": "r1"}
"""Classes are the ranks of preemption here, and not what ``twin.test_served`` calls them."""


@dataclass(frozen=True)
class Everything:
    """Arguments of ``simulate``, and the stages that serve somebody."""

    jobs: list[NodeJob]
    nodes: list[Node]
    rule: Rule
    windows: tuple[Window, ...]
    failures: tuple[Failure, ...]
    checkpoints: dict[int | None, Saves]
    served: dict[str, Any]
    leaf_failure: Failure
    """One of ``failures``: all nodes of a leaf switch."""

    def arguments(self) -> dict[str, Any]:
        """As ``twin.nodes.twin.simulate`` takes them."""
        names = ("jobs", "nodes", "rule", "windows", "failures", "checkpoints")
        return {name: getattr(self, name) for name in names}


def everything(seed: int) -> Everything:
    """A scenario of its own for each seed: the orders that serve somebody take turns."""
    random = Random(seed)
    # Neither places of other jobs beside preemption nor grace know slices.
    sliced = random.random() < 0.6
    served, las = _order(random, seed, sliced=sliced)
    nodes = _nodes(random, sliced=sliced)
    backfill = random.choice(["none", "easy", "easy"] if sliced else PLACES)
    rule = Rule(
        backfill=backfill,
        placement=random.choice(PLACEMENTS),
        k=random.choice([1, 2, 4]),
        overrun=random.choice(["kill", "kill", "allow"]),
        avoid_head=backfill == "easy" and random.random() < 0.5,
        slices=random.choice(["pack_gpu", "pack_node"]),
        types=random.choice([3, 16]),
        preemption=las or _preemption(random, sliced=sliced),
    )
    jobs = _jobs(random, nodes, ranked=las is None)
    leaf = random.choice(sorted({node.leaf for node in nodes}))
    of_leaf = _failure(random, [n for n, node in enumerate(nodes) if node.leaf == leaf])
    failures = [_failure(random, [random.randrange(len(nodes))]) for _ in range(3)] + [of_leaf]
    random.shuffle(failures)
    ranks = [0, 1, 2, None] if las is None else [None]
    saves = {rank: Saves(random.randint(1, 6), random.randint(0, 2), random.randint(0, 2))
             for rank in ranks}  # fmt: skip
    windows = tuple(_window(random, len(nodes)) for _ in range(2))
    return Everything(jobs, nodes, rule, windows, tuple(failures), saves, served, of_leaf)


def _order(random: Random, seed: int, *, sliced: bool) -> tuple[dict[str, Any], Preemption | None]:
    """Stages, and of queues by attained service their preemption."""
    # Policy windows come for ever where a job never can start.
    names = [name for name in ORDERINGS if "alpha_fair" not in name and name != "las"]
    at = seed % (len(names) + 2)
    if at >= len(names):
        names = [name for name, (_, stage) in LAS.items() if not (sliced and stage.grace)]
        order, stage = LAS[random.choice(names)]
        return las_settings(order, stage), stage
    stages = ORDERINGS[names[at]]
    order = dict(stages["ordering"]) if isinstance(stages["ordering"], dict) else {}
    if "nice" in order:
        order["nice"] = {NICE[name]: value for name, value in order["nice"].items()}
    return {**stages, "ordering": order} if order else stages, None


def _preemption(random: Random, *, sliced: bool) -> Preemption:
    return Preemption(
        ("requeue", *random.choices(HOW, weights=(1, 2, 3), k=RANKS - 1)),
        random.choice(VICTIMS),
        after=random.choice([0, 0, 3]),
        exempt=random.choice([0, 0, 2]),
        at_most=random.choice([None, None, 2]),
        grace=0 if sliced else random.choice([0, 2, 6]),
    )


def _nodes(random: Random, *, sliced: bool) -> list[Node]:
    """Four to seven nodes of two classes on two or three leaf switches, one class slower."""
    classes = [
        Node(random.choice([2, 4]), 8, 8, "t0", slices=random.choice([2, 3]) if sliced else 1),
        Node(random.choice([2, 3, 4]), 4, 8, "t1", speed=random.choice([450, 333, 700, 2500])),
    ]
    count, leaves = random.randint(4, 7), random.choice([2, 3])
    found = []
    for number in range(count):
        each = classes[number] if number < 2 else random.choice(classes)
        partitions = frozenset(name for name in "pq" if random.random() < 0.7)
        found.append(
            Node(
                each.gpus, each.cpus, each.memory, each.gpu_type, partitions, each.slices,
                number % leaves, each.speed,
            )
        )  # fmt: skip
    return found


def _jobs(random: Random, nodes: list[Node], *, ranked: bool) -> list[NodeJob]:
    """Some thirty jobs, in bursts; each of the users has some."""
    cut, submit, found = max(node.slices for node in nodes), 0, []
    for number in range(random.randint(24, 36)):
        back = random.randint(-1, 30) if random.random() < 0.15 else None
        submit += random.choice([0, 0, 1, 2, 3, 5])
        run_time = random.choice([0, 1, 3, 5, 8, 13, 20, 30])
        walltime = max(run_time + random.choice([-4, 0, 0, 2, 6, 20]), 0)
        asked: dict[str, Any] = {"cpus": random.choice([0, 0, 1, 2])}
        asked["memory"] = random.choice([0, 2])
        if cut > 1 and random.random() < 0.3:
            asked |= {"slices": random.randint(1, cut)}
        else:
            asked["nodes"] = random.choice([1, 1, 1, 2, 2, 3, len(nodes) + 1])
            asked["gpus"] = random.choice([0, 1, 1, 2, 2, 3])
        if asked.get("nodes", 1) > len(nodes) and random.random() < 0.8:
            asked["nodes"] = len(nodes) - 1
        found.append(
            NodeJob(
                submit, run_time, walltime, **asked,
                exclusive=random.random() < 0.1,
                gpu_type=random.choice([None] * 5 + ["t0", "t1"]),
                partition=random.choice([None] * 5 + ["p", "q"]),
                rank=random.choice([0, 1, 2, 2, None]) if ranked else None,
                user=number % PEOPLE if number < PEOPLE else random.randrange(PEOPLE),
                fails_after=random.randint(0, 12) if random.random() < 0.15 else None,
                cancelled_at=None if back is None else max(submit + back, 0),
                speeds=(("t1", random.choice([300, 800])),) if random.random() < 0.15 else (),
            )
        )  # fmt: skip
    return found


def _window(random: Random, count: int) -> Window:
    duration, drain = random.randint(2, 8), random.random() < 0.6
    return Window(
        random.randint(2, 50), duration, tuple(sorted(random.sample(range(count), 2))),
        every=random.choice([None, duration + 20]),
        announced=random.choice([None, 5, 20]), drain=drain,
        on_start=random.choice(["requeue", "requeue", "lost"]),
    )  # fmt: skip


def _failure(random: Random, nodes: list[int]) -> Failure:
    # Some repair always comes: jobs that never could run again would end nothing.
    return Failure(
        random.randint(2, 60), tuple(nodes), random.randint(1, 15),
        repair_known=random.random() < 0.5,
        on_failure=random.choice(["requeue", "requeue", "lost"]),
        max_requeues=random.choice([None, None, 1]),
    )  # fmt: skip


def happened(
    scenario: Everything, jobs: list[dict[str, Any]], attempts: list[dict[str, Any]]
) -> set[str]:
    """What really happened, by the rows of the engine's tables."""
    found = set().union(*(_of_attempt(scenario, row) for row in attempts))
    for row in jobs:
        if row["state"] == "refused":
            found.add("refused")
        if row["state"] == "cancelled" and row["start"] is None:
            found.add("taken back while waiting")
    times = Counter(row["position"] for row in attempts)
    return found | ({"three attempts"} if max(times.values(), default=0) > 2 else set())


def _of_attempt(scenario: Everything, row: dict[str, Any]) -> set[str]:
    job, held = scenario.jobs[row["position"]], [scenario.nodes[each] for each in row["nodes"]]
    reason, cause, leaf = row["reason"], row["cause"], scenario.leaf_failure
    cut_short = reason in ("preempted", "requeued") and row["end"] > row["start"]
    told = {
        f"{reason}, {cause}" if cause else reason: True,
        "a gang": len(held) > 1,
        "a gang over leaves": len({node.leaf for node in held}) > 1,
        "slices": job.slices > 0,
        "an exclusive job": job.exclusive,
        "a type asked for": job.gpu_type is not None,
        "a partition asked for": job.partition is not None,
        "preempted after a grace": cause == "preemption"
        and scenario.rule.preemption is not None
        and scenario.rule.preemption.grace > 0,
        "another speed": bool(job.gpus or job.slices) and job.pace(held) != 1,
        "a checkpoint that saved work": cut_short and row["lost_gpu_seconds"] < row["gpu_seconds"],
        "a leaf that failed": cause == "failure"
        and row["end"] == leaf.at
        and bool({*row["nodes"]} & {*leaf.nodes}),
    }
    return {what for what, true in told.items() if true}
