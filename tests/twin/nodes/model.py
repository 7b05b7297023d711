"""Nodes, jobs on them, and what became of each job."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.preemption import Preemption

UNCOUNTED = 2**50
"""CPUs or memory of a node where nobody counts them."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node; its number is its index in the list of nodes."""

    gpus: int
    cpus: int = UNCOUNTED
    memory: int = UNCOUNTED
    gpu_type: str | None = None
    partitions: frozenset[str] = frozenset()
    slices: int = 1
    """Slices of each GPU."""
    leaf: int = 0
    """Number of its leaf switch."""
    speed: int = 1000
    """Thousandths of the speed that run times are given for; alike for all GPUs of a type."""


@dataclass(frozen=True, slots=True)
class NodeJob:
    """A job; its position is its index in the list of jobs, which is sorted by submit."""

    submit: int
    run_time: int
    walltime: int
    nodes: int = 1
    gpus: int = 0
    """On each node, as the three that follow."""
    slices: int = 0
    """Of one GPU of one node."""
    cpus: int = 0
    memory: int = 0
    exclusive: bool = False
    gpu_type: str | None = None
    partition: str | None = None
    rank: int | None = None
    """0 the highest; None: it neither preempts nor is preempted."""
    user: int = 0
    """Whose it is; as of a ``twin.model.TwinJob``."""
    fails_after: int | None = None
    """Work after which it fails by itself."""
    cancelled_at: int | None = None
    """When its user takes it back."""
    use: int = -1
    """As of a ``twin.model.TwinJob``, and so the next."""
    array: int = -1
    speeds: tuple[tuple[str, int], ...] = ()
    """Its own speeds on some types of GPU."""

    def __hash__(self) -> int:
        """All fields would take longer."""
        return hash((self.submit, self.run_time, self.walltime, self.gpus, self.cpus, self.user))

    @property
    def work(self) -> tuple[int, str]:
        """Seconds of work until it ends by itself, and how it ends."""
        if self.fails_after is not None and self.fails_after <= self.run_time:
            return self.fails_after, "failed"
        return self.run_time, "completed"

    def pace(self, nodes: list[Node]) -> Fraction:
        """Work a second on these nodes: that of the slowest."""
        if not self.gpus and not self.slices:
            return Fraction(1)
        own = dict(self.speeds)
        return min(Fraction(own.get(node.gpu_type or "", node.speed), 1000) for node in nodes)

    @property
    def length(self) -> int:
        """Seconds that a plan gives it: at least one."""
        return max(self.walltime, 1)

    def may_use(self, node: Node) -> bool:
        """Whether the node, empty, holds one node's part of the job."""
        return (
            node.gpus >= max(self.gpus, min(self.slices, 1))
            and node.slices >= self.slices
            and node.cpus >= self.cpus
            and node.memory >= self.memory
            and self.gpu_type in (None, node.gpu_type)
            and (self.partition is None or self.partition in node.partitions)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """The stages: an order of ``twin.orders``; none, easy, reservations or conservative; a
    placement with its parameters; and whether jobs may outrun their walltime."""

    order: str = "fcfs"
    backfill: str = "easy"
    placement: str = "best"
    k: int = 4
    overrun: str = "kill"
    avoid_head: bool = False
    slices: str = "pack_gpu"
    types: int = 16
    preemption: Preemption | None = None
    replan: str = "all"


@dataclass(frozen=True, slots=True)
class Share:
    """What a job holds of one node."""

    node: int
    mask: int
    """Bit g: GPU g, or slices of it."""


@dataclass(slots=True)
class Hold:
    """A job that waits for its nodes until others have stopped for it."""

    nodes: list[int]
    """In the order in which the placement chose them."""
    victims: list[int]
    """Those that have not gone yet."""
    latest: int
    """When it starts if they use up their grace."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A job has been told to stop."""

    stop: int
    """When it is stopped."""
    rule: Preemption
    """That which told it."""
    how: str
    """What becomes of it."""


Attempt = tuple[int, int, str, list[int], list[int]]
"""Start, end, reason, node numbers ascending, GPU masks in the same order."""


@dataclass(slots=True)
class Outcome:
    """What became of a job."""

    start: int | None = None
    """The first start."""
    end: int | None = None
    """When it left for good; None if it never did."""
    attempts: list[Attempt] = field(default_factory=list)
    state: str = "unfinished"
    lost: int = 0
    """Unit-seconds of attempts whose work was lost, and of standing still."""
    suspended: list[tuple[int, int]] = field(default_factory=list)
    """(since, until) of each stretch during which it stood still."""


def units(job: NodeJob, nodes: list[Node], per_gpu: int) -> int:
    """What a job counts for, in ``1/per_gpu`` GPUs: its size, where an order asks for it.

    An exclusive job counts for all GPUs of the smallest nodes that suit, a job of slices for a part
    of a GPU, the smallest that suits. A job that nothing suits counts for nothing.
    """
    suiting = [node for node in nodes if job.may_use(node)]
    if len(suiting) < job.nodes:
        return 0
    if job.exclusive:
        return sum(sorted(node.gpus for node in suiting)[: job.nodes]) * per_gpu
    if job.slices:
        return job.slices * per_gpu // max(node.slices for node in suiting)
    return job.nodes * job.gpus * per_gpu
