"""Members take back what is theirs, and ranks count too: whom a job may stop, by which right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.preemption import RANKS, Standing, outranks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twin.limits import Bounds
    from twin.preemption import Preemption

    Ran = list[tuple[int, int]]


def has_right_by_rank(standing: Standing) -> bool:
    """Whether there is a rank below its own."""
    return standing.rank is not None and standing.rank < RANKS - 1


def on_its_own(bounds: Bounds, position: int, ran: Ran) -> bool:
    """Whether the job would be on GPUs that are its member's own."""
    job = bounds.jobs[position]
    return any(
        cohort.owns(*job.who(cohort.per), job.units, bounds.held(cohort, ran))
        for cohort in bounds.cohorts
    )


def owned_by_others(bounds: Bounds, position: int, ran: Ran) -> set[int]:
    """Who runs on what is the own of another member than the job's."""
    jobs, found = bounds.jobs, set[int]()
    for cohort in bounds.cohorts:
        [mine] = jobs[position].who(cohort.per)
        safe = cohort.members.keys() - cohort.borrowers(bounds.held(cohort, ran)) - {mine}
        found |= {
            other
            for other, _ in ran
            if jobs[other].who(cohort.per)[0] in safe and jobs[other].units
        }
    return found


def by_owners(bounds: Bounds, position: int, ran: Ran, standings: Sequence[Standing]) -> set[int]:
    """Whom the job may stop to take back what is its member's own."""
    return {each for each in bounds.borrowers(position, ran) if not standings[each].reclaimed}


def by_rank(bounds: Bounds, position: int, ran: Ran, standings: Sequence[Standing]) -> set[int]:
    """Whom it may stop as it outranks them."""
    mine, safe = standings[position].rank, owned_by_others(bounds, position, ran)
    return {
        other
        for other, _ in ran
        if outranks(mine, standings[other].rank)
        and other not in safe
        and not standings[other].reclaimed
    }


def who_tries(
    bounds: Bounds, waiting: Iterable[int], ran: Ran, now: int, standings: Sequence[Standing]
) -> list[int]:
    """Who waits, whom nothing but quotas holds back, and may stop others."""
    return [
        each
        for each in waiting
        if not bounds.holds_back(each, ran, now)
        and (has_right_by_rank(standings[each]) or on_its_own(bounds, each, ran))
    ]


def next_try(
    rule: Preemption,
    now: int,
    since: Iterable[int],
    running: Iterable[tuple[int, Standing]],
) -> int | None:
    """When the next of those who try, since then, may; or the next who runs since then be stopped:
    nobody cares where nobody tries."""
    waits = list(since)
    times = [each + rule.after for each in waits]
    if waits:
        times += [start + rule.exempt for start, each in running if not each.reclaimed]
    return min((time for time in times if time > now), default=None)


def tries_by_rank(rule: Preemption | None, standing: Standing) -> bool:
    """Whether quotas do not keep a job from its turn."""
    return rule is not None and rule.beside and has_right_by_rank(standing)
