"""One scheduling pass: who of the queue starts now, and who is promised what."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twin.model import TwinJob
    from twin.profile import Profile

Plan = dict[int, int | None]
"""The promised start of each job that has a place; None for a place that never comes."""


def reservations(
    queue: Iterable[int],
    jobs: list[TwinJob],
    profile: Profile,
    places: float,
    started: list[int],
) -> Plan:
    """The plan, with at most ``places`` places for jobs that must wait; who starts is added to
    ``started``.

    Every backfill that makes its plan anew is this one: no backfill has no place and stops at the
    first job that must wait, EASY has one place, conservative has as many as there are jobs. A
    place that never comes (too few units are up, and nobody knows for how long) counts as one.
    """
    plan: Plan = {}
    waiting = 0
    for position in queue:
        job = jobs[position]
        length = max(job.walltime, 1)
        place = profile.earliest(job.size, length)
        if place == profile.now:
            started.append(position)
        elif waiting < places:
            waiting += 1
        elif places == 0:
            break
        else:
            continue
        plan[position] = place
        if place is not None:
            profile.hold(place, place + length, job.size)
    return plan


def kept_places(
    queue: Iterable[int], jobs: list[TwinJob], profile: Profile, kept: Plan, *, compress: bool
) -> tuple[list[int], Plan]:
    """As conservative, but places are kept: a job moves only to an earlier one.

    All kept places are held from the beginning. Then, in queue order: a job without a place takes
    its earliest; with ``compress`` (units came back before they were expected) a job with a place
    gives it up and takes its earliest, which is never later. Where the machine has changed or a job
    has outrun its walltime, places may be void: then none is kept.
    """

    def held(position: int, do: Callable[[int, int, int], None]) -> None:
        place = plan.get(position)
        if place is not None:
            do(place, place + max(jobs[position].walltime, 1), jobs[position].size)

    plan = dict(kept)
    for position in plan:
        held(position, profile.hold)
    for position in queue:
        if position in plan and not compress:
            continue
        if position in plan:
            held(position, profile.let_go)
        plan[position] = profile.earliest(jobs[position].size, max(jobs[position].walltime, 1))
        held(position, profile.hold)
    return [position for position in queue if plan[position] == profile.now], plan
