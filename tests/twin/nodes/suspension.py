"""Suspended jobs: when they go on, tried instant by instant with everybody counted anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twin.nodes.model import Node, NodeJob, Share


@dataclass(frozen=True, slots=True)
class Holding:
    """A job that has its nodes."""

    job: NodeJob
    shares: Sequence[Share]

    def fits_beside(self, others: Iterable[Holding], nodes: Sequence[Node]) -> bool:
        """Whether these leave it its CPUs on each of its nodes."""
        there = list(others)
        for share in self.shares:
            used = sum(
                each.job.cpus for each in there for held in each.shares if held.node == share.node
            )
            if used + self.job.cpus > nodes[share.node].cpus:
                return False
        return True


def who_goes_on(
    running: Mapping[int, Holding], line: Mapping[int, Holding], nodes: Sequence[Node]
) -> list[int]:
    """Who of the ``line`` of suspended jobs goes on, one after the other, beside who runs."""
    there, found = list(running.values()), []
    for position, each in line.items():
        if each.fits_beside(there, nodes):
            there.append(each)
            found.append(position)
    return found


def expected_ends(
    now: int,
    running: Mapping[int, tuple[Holding, int]],
    line: Mapping[int, tuple[Holding, int]],
    nodes: Sequence[Node],
) -> dict[int, int]:
    """Planned ends of suspended jobs: ``running`` have their ends, the ``line`` their rests."""
    ends = {position: end for position, (_, end) in running.items()}
    all_of_them = {**running, **line}
    left, time = dict(line), now
    while left:
        there = {each: all_of_them[each][0] for each, end in ends.items() if end > time}
        for position in who_goes_on(there, {each: left[each][0] for each in left}, nodes):
            ends[position] = time + max(left.pop(position)[1], 1)
        time = min((end for end in ends.values() if end > time), default=time)
    return {position: ends[position] for position in line}
