"""Small scenarios on nodes, made by hypothesis: mixed nodes, every way to ask, outages, ties."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from twin.nodes.model import Node, NodeJob, Rule
from twin.nodes.outages import Failure, Window
from twin.orders import ORDERS
from twin.saves import Saves
from twin.scenarios import GAPS, TIMES, early_ends, preemptions, ranks

BACKFILLS = ("none", "easy", "reservations", "conservative")
PLACES = ("reservations", "conservative")
"""They hold places, for slices only where those fill up GPUs."""
PLACEMENTS = ("best", "worst", "first", "leaf", "fragmentation")
HOW = ("cancel", "requeue", "checkpoint")
SUSPENDING = (*HOW, "suspend", "suspend", "suspend")
"""Under none and EASY, without grace."""
checkpoints = st.builds(Saves, st.integers(1, 8), st.integers(0, 2), st.integers(0, 2))
STATIC_ORDERS = tuple(order for order in ORDERS if order != "wfp3")
ROOMS, SLICES = st.sampled_from([4, 8]), st.sampled_from([1, 2, 3])
SPEEDS = st.sampled_from([1000, 1000, 450, 333, 1001, 2500])
GPU_TYPES, PARTITIONS = st.sampled_from(["t0", "t1"]), st.sampled_from(["p", "q"])
MEMBERS = st.sets(PARTITIONS)


@dataclass(frozen=True)
class Small:
    """A scenario: arguments of ``simulate``; printed whole by a test that fails."""

    jobs: list[NodeJob]
    nodes: list[Node]
    rule: Rule
    windows: tuple[Window, ...] = ()
    failures: tuple[Failure, ...] = ()
    checkpoints: dict[int | None, Saves] = field(default_factory=dict)

    def arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def machines(draw: st.DrawFn, *, plain: bool, sliced: bool) -> list[Node]:
    """1 to 6 nodes of up to two classes; ``plain``: of GPUs alone, all of one kind."""
    leaves = st.integers(0, 2)
    if plain:
        gpus = draw(st.integers(1, 4))
        return [Node(gpus, leaf=draw(leaves)) for _ in range(draw(st.integers(1, 6)))]
    classes = [
        Node(
            gpus=draw(st.integers(0 if number else 1, 4)),
            cpus=draw(ROOMS),
            memory=draw(ROOMS),
            slices=draw(st.sampled_from([1, 2, 3])) if sliced else 1,
            speed=draw(SPEEDS),
        )
        for number in range(draw(st.integers(1, 2)))
    ]
    found = []
    for _ in range(draw(st.integers(1, 6))):
        number = draw(st.integers(0, len(classes) - 1))
        each = classes[number]
        partitions = frozenset(draw(MEMBERS))
        gpu_type = f"t{number}" if each.gpus else None
        slices = each.slices if each.gpus else 1
        found.append(
            replace(
                each,
                gpu_type=gpu_type,
                partitions=partitions,
                slices=slices,
                leaf=draw(leaves),
                speed=each.speed if each.gpus else 1000,
            )
        )
    return found


def _asks(draw: st.DrawFn, nodes: list[Node], *, odd: bool, plain: bool) -> dict[str, Any]:
    """What a job asks for; with ``odd`` rarely more than there is."""
    most = max(node.gpus for node in nodes)
    more = draw(st.integers(0, 9)) == 0 if odd else False
    gangs = st.integers(1, len(nodes) + more)
    if plain:
        wide = draw(st.booleans())
        gpus = draw(st.integers(1, most + more))
        return {"nodes": draw(gangs) if wide else 1, "gpus": most if wide else gpus}
    found: dict[str, Any] = {"nodes": 1}
    cut = max(node.slices for node in nodes)
    if cut > 1 and draw(st.booleans()):
        found["slices"] = draw(st.integers(1, cut + more))
    else:
        found["nodes"] = draw(st.just(1) | gangs)
        found["gpus"] = draw(st.integers(0, most + more))
    if draw(st.booleans()):
        found["cpus"] = draw(st.integers(0, 4))
        found["memory"] = draw(st.integers(0, 4))
    if draw(st.integers(0, 4)) == 0:
        found["exclusive"] = True
    if draw(st.integers(0, 3)) == 0:
        found["gpu_type"] = draw(GPU_TYPES)
    if draw(st.integers(0, 3)) == 0:
        found["partition"] = draw(PARTITIONS)
    return found


def _speeds(draw: st.DrawFn) -> dict[str, Any]:
    """Speeds of their own of some jobs."""
    if draw(st.integers(0, 4)):
        return {}
    return {"speeds": ((draw(GPU_TYPES), draw(st.integers(200, 3000))),)}


@st.composite
def jobs(draw: st.DrawFn, nodes: list[Node], *, odd: bool, plain: bool) -> list[NodeJob]:
    """1 to 20 jobs sorted by submit; with ``odd``: zero times, overruns, jobs too large,
    early ends and speeds of their own."""
    found: list[NodeJob] = []
    submit = draw(st.integers(0, 5))
    for _ in range(draw(st.integers(1, 20))):
        submit += draw(GAPS)
        run_time, other = draw(TIMES), draw(TIMES)
        walltime = other if odd else max(run_time, other, 1)
        asked = _asks(draw, nodes, odd=odd, plain=plain)
        asked |= early_ends(draw, submit) | _speeds(draw) if odd else {}
        found.append(NodeJob(submit, run_time, walltime, **asked))
    return found


def _short_of_cpus(draw: st.DrawFn, found: list[NodeJob]) -> list[NodeJob]:
    """Jobs that ask for CPUs above all, which is what suspended jobs free: long ones of low ranks,
    then short ones of high ranks."""
    short = []
    for number, job in enumerate(found):
        early = 2 * number < len(found)
        run_time = draw(st.integers(5, 30)) if early else job.run_time
        changes = {
            "rank": draw(st.sampled_from([2, 2, 1, None] if early else [0, 0, 1])),
            "run_time": run_time,
            "walltime": run_time + job.walltime if early else job.walltime,
            "nodes": min(job.nodes, 2),
            "cpus": draw(st.integers(2, 4) if early else st.integers(1, 4)),
            "memory": min(job.memory, 1),
            "partition": None,
        }
        if not job.slices:
            changes["gpus"] = draw(st.sampled_from([0, 0, 0, job.gpus]))
        short.append(replace(job, **changes))
    return short


def _some_nodes(nodes: list[Node]) -> st.SearchStrategy[tuple[int, ...]]:
    numbers = st.sets(st.integers(0, len(nodes) - 1), min_size=1)
    return numbers.map(lambda found: tuple(sorted(found)))


@st.composite
def windows(draw: st.DrawFn, nodes: list[Node]) -> Window:
    """A maintenance window; some come again."""
    duration, drain = draw(st.integers(1, 12)), draw(st.booleans())
    return Window(
        draw(st.integers(0, 60)),
        duration,
        draw(_some_nodes(nodes)),
        every=draw(st.none() | st.integers(duration + 1, duration + 30)),
        announced=draw(st.none() | st.integers(1 if drain else 0, 40)),
        drain=drain,
        on_start=draw(st.sampled_from(["requeue", "lost"])),
    )


@st.composite
def failures(draw: st.DrawFn, nodes: list[Node]) -> Failure:
    """Nodes that fail, for a while or for good."""
    duration = draw(st.none() | st.integers(1, 30))
    return Failure(
        draw(st.integers(0, 60)),
        draw(_some_nodes(nodes)),
        duration,
        repair_known=duration is not None and draw(st.booleans()),
        on_failure=draw(st.sampled_from(["requeue", "lost"])),
        max_requeues=draw(st.sampled_from([None, None, 0, 1, 2])),
    )


@st.composite
def scenarios(
    draw: st.DrawFn,
    orders: tuple[str, ...] = tuple(ORDERS),
    backfills: tuple[str, ...] = BACKFILLS,
    placements: tuple[str, ...] = PLACEMENTS,
    *,
    odd: bool = True,
    outages: bool = True,
    plain: bool = False,
    sliced: bool = True,
    preempting: bool = False,
    suspending: bool = False,
    replans: tuple[str, ...] = ("all", "earlier"),
) -> Small:
    """A whole scenario; ``odd`` as in ``jobs``, and jobs that may outrun their walltime.

    ``suspending``: where jobs preempt, they may suspend too, on machines short of CPUs.
    """
    nodes = machines(draw, plain=plain, sliced=sliced)
    found = draw(jobs(nodes, odd=odd, plain=plain))
    if preempting and any(job.slices for job in found):
        backfills = tuple(name for name in backfills if name not in PLACES)
    backfill = draw(st.sampled_from(backfills))
    cut = backfill in PLACES and any(job.slices for job in found)
    if cut:
        placements = tuple(name for name in placements if name != "fragmentation")
    rule = Rule(
        draw(st.sampled_from(orders)),
        backfill,
        draw(st.sampled_from(placements or ("best",))),
        k=draw(st.sampled_from([1, 2, 4])),
        overrun=draw(st.sampled_from(["kill", "allow"])) if odd else "kill",
        avoid_head=backfill == "easy" and draw(st.booleans()),
        slices="pack_gpu" if cut else draw(st.sampled_from(["pack_gpu", "pack_node"])),
        types=draw(st.sampled_from([1, 3, 16])),
        replan=draw(st.sampled_from(replans)) if backfill == "conservative" and not cut else "all",
    )
    saves: dict[int | None, Saves] = {}
    if preempting:
        stage = draw(preemptions(SUSPENDING if suspending else HOW))
        if suspending or any(job.slices for job in found):
            stage = replace(stage, grace=0)
        rule = replace(rule, preemption=stage, replan="all")
        found = [replace(job, rank=draw(ranks)) for job in found]
        found = _short_of_cpus(draw, found) if suspending else found
    if preempting or odd:
        saves = draw(st.dictionaries(ranks, checkpoints))
    if not outages:
        return Small(found, nodes, rule, checkpoints=saves)
    away = draw(st.lists(windows(nodes), max_size=2))
    lost = draw(st.lists(failures(nodes), max_size=2))
    return Small(found, nodes, rule, tuple(away), tuple(lost), saves)
