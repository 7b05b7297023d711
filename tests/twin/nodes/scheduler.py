"""One scheduling pass on nodes: who of the queue starts now, and who is promised what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.nodes.model import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twin.nodes.future import Future
    from twin.nodes.model import NodeJob

Started = dict[int, "list[Share]"]
"""What each job that starts gets."""
Plan = dict[int, "tuple[int, list[Share]] | None"]
"""The promised start of each job that has a place, and its shares; EASY's head holds none. None for
a place that never comes."""


def _start(
    position: int, jobs: list[NodeJob], future: Future, started: Started, shares: list[Share]
) -> None:
    job = jobs[position]
    future.hold(job, shares, future.now, future.now + job.length)
    started[position] = shares


def no_backfill(
    queue: Iterable[int], jobs: list[NodeJob], future: Future, started: Started
) -> Plan:
    """Nobody overtakes."""
    for position in queue:
        shares = future.choice(jobs[position], future.now)
        if shares is None:
            break
        _start(position, jobs, future, started, shares)
    return {position: (future.now, shares) for position, shares in started.items()}


def easy(
    queue: Iterable[int],
    jobs: list[NodeJob],
    future: Future,
    started: Started,
    *,
    avoid_head: bool,
) -> Plan:
    """A job may overtake the head if it leaves it its shadow time, at which the head holds nothing.

    The head is the first that cannot start. The shadow time is the first instant from which enough
    nodes suit it for its walltime. A candidate's first choice is the only one tried: it starts if
    it ends by the shadow time, or if with it enough nodes still suit the head then. With
    ``avoid_head`` ties of its choice go to nodes that the head, placed at its shadow time beside
    those already let in, would not get.
    """
    plan: Plan = {}
    head: NodeJob | None = None
    shadow: int | None = None
    for position in queue:
        job = jobs[position]
        avoid: frozenset[int] = frozenset()
        if head and avoid_head and shadow is not None:
            avoid = frozenset(share.node for share in future.choice(head, shadow) or ())
        shares = future.choice(job, future.now, avoid)
        if head is None and shares is None:
            head = job
            shadow = next(
                (time for time in future.instants() if len(future.usable(job, time)) >= job.nodes),
                None,
            )
            plan[position] = None if shadow is None else (shadow, [])
        if shares is None:
            continue
        if head and shadow is not None and future.now + job.length > shadow:
            beside = future.with_held(job, shares)
            if len(beside.usable(head, shadow)) < head.nodes:
                continue
        _start(position, jobs, future, started, shares)
        plan[position] = (future.now, shares)
    return plan


def reservations(
    queue: Iterable[int],
    jobs: list[NodeJob],
    future: Future,
    started: Started,
    places: float,
) -> Plan:
    """The first ``places`` jobs that must wait get a place, which holds its nodes; others start if
    they fit beside. A place that never comes counts as one."""
    plan: Plan = {}
    waiting = 0
    for position in queue:
        job = jobs[position]
        shares = future.choice(job, future.now)
        if shares is not None:
            _start(position, jobs, future, started, shares)
            plan[position] = (future.now, shares)
        elif waiting < places:
            waiting += 1
            plan[position] = place = future.earliest(job)
            if place is not None:
                future.hold(job, place[1], place[0], place[0] + job.length)
    return plan


def kept_places(
    queue: list[int],
    jobs: list[NodeJob],
    fresh: Callable[[], Future],
    kept: Plan,
    started: Started,
    lets: Callable[[Iterable[int]], Iterable[int]],
    *,
    again: bool,
) -> Plan:
    """As conservative, but places are kept with their nodes: a job moves only to an earlier one.

    Who starts is added to ``started``; ``lets`` tells of whose place has come whom limits let.

    ``fresh`` gives a future in which nobody has a place. In queue order, a job without a place
    takes its earliest beside all others; with ``again`` (somebody ended early) so does a job that
    has one, if that is earlier. GPUs of whole-GPU jobs are settled when they start.
    """
    plan = dict(kept)

    def beside(position: int) -> Future:
        future = fresh()
        for other, place in plan.items():
            if other != position and place is not None:
                future.hold(jobs[other], place[1], place[0], place[0] + jobs[other].length)
        return future

    for position in queue:
        held = plan.get(position)
        if held is None or again:
            found = beside(position).earliest(jobs[position])
            if held is None or (found is not None and found[0] < held[0]):
                shares = [] if found is None else [Share(share.node, 0) for share in found[1]]
                plan[position] = None if found is None else (found[0], shares)
    future = fresh()
    due = [position for position in queue if (plan[position] or (-1,))[0] == future.now]
    for position in lets(due):
        job, place = jobs[position], plan[position]
        assert place is not None
        shares = [Share(share.node, future.mask(job, share.node)) for share in place[1]]
        started[position] = shares
        for share in shares:
            future.whole[share.node] |= share.mask
    return plan | {position: (future.now, started[position]) for position in started}
