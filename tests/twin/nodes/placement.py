"""Which of the nodes that suit a job gets, and which GPU of them for slices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from twin.nodes.model import NodeJob, Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from twin.nodes.future import Future, Room
    from twin.nodes.model import Node

    Key = Callable[[int], object]

ASKED = ("gpus", "slices", "cpus", "memory", "exclusive", "gpu_type", "partition")
"""What a type of request is made of."""
Mix = dict[NodeJob, int]
"""Types of request, each as a job that has nothing else, and how many jobs are of it."""


def mix_of(jobs: Iterable[NodeJob], types: int) -> Mix:
    """The most frequent types of those that ask for GPUs; of equals, those that came first."""
    asked = Counter(
        NodeJob(0, 0, 0, **{name: getattr(job, name) for name in ASKED})
        for job in jobs
        if job.gpus or job.slices
    )
    return dict(asked.most_common(types))


@dataclass(frozen=True, slots=True)
class Placement:
    """A placement stage; ``whole_future``: it chooses for places, by the least free over them."""

    kind: str
    packing: str
    mix: Mix
    whole_future: bool

    def choose(
        self, future: Future, job: NodeJob, usable: list[int], start: int, avoid: frozenset[int]
    ) -> list[Share]:
        """The job's shares; ``usable`` has enough nodes, by number. Nodes to avoid lose ties."""
        if job.slices and not job.exclusive:
            return [self._slices(future, job, usable, start, avoid)]

        def key(number: int) -> tuple[int, bool, int]:
            return self._score(future, job, number, start), number in avoid, number

        if self.kind == "leaf" and job.nodes > 1:
            chosen = _on_fewest_leaves(future, job.nodes, usable, avoid, key)
        else:
            chosen = sorted(usable, key=key)[: job.nodes]
        return [Share(number, future.mask(job, number)) for number in chosen]

    def _score(self, future: Future, job: NodeJob, number: int, start: int) -> int:
        """The lower, the sooner."""
        rooms = future.rooms(job, number, start)
        free = min(room.free for room in rooms)
        if self.kind == "fragmentation":
            if self.whole_future:
                return self._growth_by_gpus(future.nodes[number].node, job, free)
            return self._growth(future.nodes[number].node, job, rooms[0], 0)
        return {"best": free, "leaf": free, "worst": -free, "first": 0}[self.kind]

    def _slices(
        self, future: Future, job: NodeJob, usable: list[int], start: int, avoid: frozenset[int]
    ) -> Share:
        choices = []
        for number in usable:
            rooms, node = future.rooms(job, number, start), future.nodes[number].node
            room = rooms[0]
            for gpu in future.gpus_for(job, number, start):
                taken = max(room.taken[gpu] for room in rooms)
                if self.kind == "fragmentation":
                    key = (self._growth(node, job, room, 1 << gpu),)
                elif self.packing == "pack_gpu":
                    key = self._by_gpu(future, job, number, start, taken)
                else:
                    key = self._by_node(future, job, number, start)
                left = node.slices - taken if self.kind != "fragmentation" else 0
                choices.append((key, number in avoid, number, left, gpu))
        _, _, number, _, gpu = min(choices)
        return Share(number, 1 << gpu)

    def _by_gpu(
        self, future: Future, job: NodeJob, number: int, start: int, taken: int
    ) -> tuple[object, ...]:
        if taken:
            return 0, 1 - Fraction(taken, future.nodes[number].node.slices)
        return 1, self._score(future, job, number, start)

    def _by_node(self, future: Future, job: NodeJob, number: int, start: int) -> tuple[object, ...]:
        room, node = future.rooms(job, number, start)[0], future.nodes[number].node
        if any(room.taken):
            cut = sum(1 - Fraction(taken, node.slices) for taken in room.taken if taken)
            return 0, room.free + cut
        return 1 if room.tenants else 2, self._score(future, job, number, start)

    def _growth(self, node: Node, job: NodeJob, room: Room, mask: int) -> Fraction:
        after = room.copy()
        after.take(job, mask)
        return self._useless(node, after) - self._useless(node, room)

    def _useless(self, node: Node, room: Room) -> Fraction:
        """Σ over the types of jobs × GPUs idle on the node that the type cannot use."""
        if room.closed:
            return Fraction(0)
        parts = [Fraction(node.slices - taken, node.slices) for taken in room.taken if taken]
        idle = room.free + sum(parts)
        useless = Fraction(0)
        for kind, jobs in self.mix.items():
            usable = Fraction(0)
            if kind.may_use(node) and room.suits(kind):
                if kind.slices:
                    least = Fraction(kind.slices, node.slices)
                    usable = room.free + sum((part for part in parts if part >= least), usable)
                else:
                    usable += room.free
            useless += jobs * (idle - usable)
        return useless

    def _growth_by_gpus(self, node: Node, job: NodeJob, free: int) -> int:
        def useless(free: int) -> int:
            return free * sum(jobs for kind, jobs in self.mix.items() if not could_use(kind, free))

        def could_use(kind: NodeJob, free: int) -> bool:
            open_to_it = kind.may_use(
                replace(node, gpus=max(kind.gpus, 1), cpus=kind.cpus, memory=kind.memory)
            )
            least = max(kind.gpus, min(kind.slices, 1))
            return open_to_it and free >= (max(least, node.gpus) if kind.exclusive else least)

        return useless(0 if job.exclusive else free - job.gpus) - useless(free)


def _on_fewest_leaves(
    future: Future, wanted: int, usable: Sequence[int], avoid: frozenset[int], key: Key
) -> list[int]:
    """By trying all sets of leaves: those with enough nodes, the fewest of them.

    Of these sets the one whose largest leaf has the most nodes, whose second largest has, and so on
    but for the smallest, which has the fewest; where they tie, fewer nodes to avoid on each, then
    the lowest leaves. All leaves but the smallest are taken whole.
    """
    leaves = sorted({future.nodes[number].node.leaf for number in usable})
    on = {leaf: [n for n in usable if future.nodes[n].node.leaf == leaf] for leaf in leaves}

    def tied(leaf: int) -> tuple[int, int]:
        return len(avoid.intersection(on[leaf])), leaf

    def rank(chosen: Sequence[int]) -> object:
        *whole, last = chosen
        return [(-len(on[leaf]), *tied(leaf)) for leaf in whole], len(on[last]), tied(last)

    for count in range(1, len(leaves) + 1):
        found = []
        for some in combinations(leaves, count):
            if sum(len(on[leaf]) for leaf in some) >= wanted:
                for last in some:
                    whole = sorted(
                        (leaf for leaf in some if leaf != last),
                        key=lambda leaf: (-len(on[leaf]), *tied(leaf)),
                    )
                    if sum(len(on[leaf]) for leaf in whole) < wanted:
                        found.append((*whole, last))
        if found:
            *whole, last = min(found, key=rank)
            taken = [number for leaf in whole for number in on[leaf]]
            return taken + sorted(on[last], key=key)[: wanted - len(taken)]
    raise AssertionError("too few nodes are usable")
