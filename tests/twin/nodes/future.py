"""What will be free on each node, and when: rebuilt from scratch at each pass."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from copy import copy, deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.profile import FOREVER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.nodes.model import Node, NodeJob, Share
    from twin.nodes.placement import Placement


@dataclass(slots=True)
class Room:
    """What is free on one node during one stretch of time."""

    free: int
    """GPUs of which no slice is taken, less those that jobs of whole GPUs hold."""
    cpus: int
    memory: int
    taken: tuple[int, ...]
    """Of each GPU: slices that jobs of slices take."""
    tenants: int = 0
    closed: bool = False
    """Down, in maintenance, or held by an exclusive job."""

    def copy(self) -> Room:
        return Room(self.free, self.cpus, self.memory, self.taken, self.tenants, self.closed)

    def suits(self, job: NodeJob) -> bool:
        """Whether one node's part of the job fits, slices left aside."""
        return (
            not self.closed
            and self.free >= job.gpus
            and max(self.cpus, 0) >= job.cpus
            and self.memory >= job.memory
            and not (job.exclusive and self.tenants)
        )

    def suits_slices(self, job: NodeJob, gpu: int, per_gpu: int) -> bool:
        return self.taken[gpu] + job.slices <= per_gpu and (self.taken[gpu] > 0 or self.free > 0)

    def take(self, job: NodeJob, mask: int) -> None:
        """Let the job have its part; for slices ``mask`` says of which GPU."""
        self.closed = self.closed or job.exclusive
        self.tenants += 1
        self.cpus -= job.cpus
        self.memory -= job.memory
        self.free -= job.gpus
        if job.slices and not job.exclusive:
            gpu = mask.bit_length() - 1
            taken = list(self.taken)
            self.free -= taken[gpu] == 0
            taken[gpu] += job.slices
            self.taken = tuple(taken)

    def withhold(self, job: NodeJob, node: Node, there: list[NodeJob]) -> None:
        """Let the job have of its part what those who are still there for it will not leave."""
        if any(other.exclusive for other in there):
            return
        gpus, cpus, memory = job.gpus, job.cpus, job.memory
        if job.exclusive:
            gpus, cpus, memory, self.closed = node.gpus, node.cpus, node.memory, True
        self.tenants += 1
        self.free -= max(0, gpus - sum(other.gpus for other in there))
        self.cpus -= max(0, cpus - sum(other.cpus for other in there))
        self.memory -= max(0, memory - sum(other.memory for other in there))


class Stretches:
    """One node from now to for ever, cut where something changes."""

    def __init__(self, node: Node, now: int) -> None:
        self.node = node
        self.times = [now]
        self.rooms = [Room(node.gpus, node.cpus, node.memory, (0,) * node.gpus)]

    def within(self, start: int, end: int) -> list[Room]:
        """The rooms of [start, end)."""
        if start >= FOREVER:
            return []
        first = max(bisect_right(self.times, start) - 1, 0)
        return self.rooms[first : bisect_left(self.times, end)]

    def cut(self, start: int, end: int) -> list[Room]:
        """The same, with cuts at both ends, to be changed."""
        for time in (start, end):
            if time < FOREVER and time not in self.times:
                index = bisect_left(self.times, time)
                self.times.insert(index, time)
                self.rooms.insert(index, self.rooms[index - 1].copy())
        return self.within(start, end)


class Future:
    """All nodes, and where the placement would put a job at a given time."""

    def __init__(self, nodes: list[Node], placement: Placement, now: int) -> None:
        self.now, self.placement = now, placement
        self.nodes = [Stretches(node, now) for node in nodes]
        self.whole = [0 for _ in nodes]
        """Of each node, as a mask: GPUs that jobs of whole GPUs hold now."""
        self.allowed: dict[NodeJob, list[int]] = {}

    # What happens to it.

    def hold(self, job: NodeJob, shares: Iterable[Share], start: int, end: int) -> None:
        """The job has its shares in [start, end)."""
        for share in shares:
            for room in self.nodes[share.node].cut(start, end):
                room.take(job, share.mask)
            if start == self.now and not job.slices:
                self.whole[share.node] |= share.mask

    def withhold(
        self, job: NodeJob, nodes: list[int], there: dict[int, list[NodeJob]], start: int, end: int
    ) -> None:
        """In [start, end) a job waits for its nodes, on which these are still there for it."""
        for node in nodes:
            for room in self.nodes[node].cut(start, end):
                room.withhold(job, self.nodes[node].node, there.get(node, []))

    def close(self, node: int, start: int, end: int) -> None:
        """Nothing of the node is free in [start, end)."""
        for room in self.nodes[node].cut(start, end):
            room.closed = True

    def with_held(self, job: NodeJob, shares: list[Share]) -> Future:
        """Another future, in which the job has started now with these shares."""
        other = copy(self)
        other.nodes, other.whole = list(self.nodes), list(self.whole)
        for share in shares:
            other.nodes[share.node] = deepcopy(self.nodes[share.node])
        other.hold(job, shares, self.now, self.now + job.length)
        return other

    def instants(self) -> list[int]:
        """When something changes, from now on."""
        return sorted({time for node in self.nodes for time in node.times})

    # What is asked of it.

    def usable(self, job: NodeJob, start: int) -> list[int]:
        """Nodes that hold one node's part of the job from ``start`` for its walltime."""
        if job not in self.allowed:
            self.allowed[job] = [
                number for number, node in enumerate(self.nodes) if job.may_use(node.node)
            ]
        return [
            number
            for number in self.allowed[job]
            if all(room.suits(job) for room in self.rooms(job, number, start))
            and (not job.slices or job.exclusive or self.gpus_for(job, number, start))
        ]

    def rooms(self, job: NodeJob, number: int, start: int) -> list[Room]:
        return self.nodes[number].within(start, start + job.length)

    def gpus_for(self, job: NodeJob, number: int, start: int) -> list[int]:
        """GPUs of the node that suit a job of slices."""
        node = self.nodes[number].node
        return [
            gpu
            for gpu in range(node.gpus)
            if not (start == self.now and self.whole[number] >> gpu & 1)
            and all(
                room.suits_slices(job, gpu, node.slices) for room in self.rooms(job, number, start)
            )
        ]

    def choice(
        self, job: NodeJob, start: int, avoid: frozenset[int] = frozenset()
    ) -> list[Share] | None:
        """What the placement gives the job from ``start`` for its walltime; None if too little.

        Where nodes tie, those to ``avoid`` come last.
        """
        usable = self.usable(job, start)
        if len(usable) < job.nodes:
            return None
        return self.placement.choose(self, job, usable, start, avoid)

    def mask(self, job: NodeJob, number: int) -> int:
        """The GPUs that it would get now: the lowest that nobody holds."""
        node = self.nodes[number]
        free = [
            gpu
            for gpu in range(node.node.gpus)
            if node.rooms[0].taken[gpu] == 0 and not self.whole[number] >> gpu & 1
        ]
        wanted = node.node.gpus if job.exclusive else job.gpus
        return sum(1 << gpu for gpu in free[:wanted])

    def earliest(self, job: NodeJob) -> tuple[int, list[Share]] | None:
        """The job's place: its first start, and what it gets; None if none ever comes."""
        for start in self.instants():
            shares = self.choice(job, start)
            if shares is not None:
                return start, shares
        return None
