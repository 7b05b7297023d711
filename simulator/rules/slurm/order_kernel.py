"""The order of Slurm's queue: ``sort_job_queue2()``, by the merge sort of glibc before 2.37.

The order is not transitive where jobs preempt (a high job before a scavenger, else by priority), so
the outcome is that of this sort on this input: the queue in the order of Slurm's list of jobs.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import Ints
from simulator.rules.slurm.state_kernel import PREEMPTS, Asks, Site


@kernel
def may_stop(site: Site, asks: Asks, job: int, other: int) -> bool:
    """Whether a job has the right to preempt another."""
    return site.rules[PREEMPTS] == 1 and site.may_stop[asks.qos[job], asks.qos[other]] == 1


@kernel
def _before(site: Site, asks: Asks, job: int, other: int) -> bool:
    """Whether a job of the left half is taken before one of the right half: cmp ≤ 0."""
    if may_stop(site, asks, job, other):
        return True
    if may_stop(site, asks, other, job):
        return False
    mine, theirs = site.tier[asks.partition[job]], site.tier[asks.partition[other]]
    if mine != theirs:
        return mine > theirs
    if asks.priority[job] != asks.priority[other]:
        return asks.priority[job] > asks.priority[other]
    if asks.submit[job] != asks.submit[other]:
        return asks.submit[job] < asks.submit[other]
    return job <= other


@kernel
def _merge(
    site: Site, asks: Asks, order: Ints, half: Ints, first: int, middle: int, last: int
) -> None:
    for index in range(first, middle):
        half[index] = order[index]
    left, right, at = first, middle, first
    while left < middle:
        if right == last or _before(site, asks, half[left], order[right]):
            order[at] = half[left]
            left += 1
        else:
            order[at] = order[right]
            right += 1
        at += 1


@kernel_apart
def sort_queue(site: Site, asks: Asks, order: Ints, half: Ints, count: int) -> None:
    """Sort the first ``count`` jobs of ``order``; ``half`` is room for as many.

    Top down: the left half has n/2, cut. All nodes of the tree of halves at one depth are found by
    halving from the top, so that no stack is needed.
    """
    depth = 0
    while (1 << depth) < count:
        depth += 1
    for level in range(depth - 1, -1, -1):
        for node in range(1 << level):
            first, length = 0, count
            for bit in range(level - 1, -1, -1):
                left = length // 2
                if (node >> bit) & 1:
                    first += left
                    length -= left
                else:
                    length = left
            if length > 1:
                middle = first + length // 2
                _merge(site, asks, order, half, first, middle, first + length)
