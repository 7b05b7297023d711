"""Crowds of jobs whose members take back what is theirs, and what must hold of what they do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twin.preemption import ORDERS, RANKS, Preemption, outranks
from twin.quotas import Cohort, Member

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

    from twin.asks import Asks

MEMBERS = range(4)
"""Accounts, of two users each."""


def cohort(random: Random, gpus: int, units: int = 1) -> Cohort:
    """Quotas of three accounts, or of all four, that add to the machine's GPUs or less."""
    some, left = random.sample(MEMBERS, random.choice([3, 4])), gpus
    members = {}
    for each in some:
        own = random.randint(0, min(left, gpus // 2))
        lend = random.choice([None, None, own // 2])
        borrow = random.choice([None, None, 2]) if own else None
        left -= own
        times = [None if part is None else part * units for part in (borrow, lend)]
        members[each] = Member(own * units, *times)
    if sum(member.lends > 0 for member in members.values()) < 2:
        return cohort(random, gpus, units)
    return Cohort("lent", "account", members)


def stage(random: Random, how: Sequence[str]) -> Preemption:
    """The stage, which lets members reclaim."""
    return Preemption(
        (random.choice(how),) * RANKS,
        random.choice(ORDERS[:-1]),
        random.choice([0, 0, 4]),
        random.choice([0, 0, 4]),
        random.choice([None, None, 1, 3]),
        reclaim=True,
    )


def ranked(
    random: Random, jobs: Sequence[Any], rule: Preemption, how: Sequence[str]
) -> tuple[list[Any], Preemption]:
    """The same jobs, most of them of a rank, and the stage with which ranks count too."""
    ranks = [random.choice([0, 1, 1, 2, 2, None]) for _ in jobs]
    found = [replace(job, rank=rank) for job, rank in zip(jobs, ranks, strict=True)]
    fates = tuple(random.choice(how) for _ in range(RANKS))
    order = random.choice([rule.order, "lowest_rank"])
    return found, replace(rule, beside=True, how=fates, order=order)


def early_ends(random: Random, submit: int) -> dict[str, int]:
    """What becomes of some jobs before their time: as settings of a job."""
    found = {}
    if random.random() < 0.15:
        found["fails_after"] = random.randint(0, 12)
    if random.random() < 0.15:
        found["cancelled_at"] = submit + random.randint(1, 40)
    if random.random() < 0.1:
        found["run_time"] = 0
    return found


def check_reclaims(
    jobs: list[Asks], quota: Cohort, rule: Preemption, attempts: list[list[tuple[Any, ...]]]
) -> int:
    """Assert what reclaiming promises; returns how many attempts ended by it.

    ``attempts``: (start, end, reason, …) of each job. No job takes no time.
    """
    stops = {
        (end, position)
        for position, each in enumerate(attempts)
        for _, end, reason, *_ in each
        if reason == "preempted" or (reason == "failed" and rule.how[0] == "cancel")
    }
    times = sorted({start for each in attempts for start, *_ in each} | {end for end, _ in stops})
    for now in times:
        held = _held(jobs, attempts, now)
        lent = sum(member.beyond(held[who]) for who, member in quota.members.items())
        assert lent <= sum(member.lends for member in quota.members.values())
        victims = [jobs[position] for end, position in stops if end == now]
        for who, member in quota.members.items():
            lost = [each.units for each in victims if each.user // 2 == who]
            # It held more than its own before the last of them was taken off.
            assert not lost or held[who] > member.units - max(lost)
        started = {
            jobs[at].user // 2 for at, each in enumerate(attempts) for a in each if a[0] == now
        }
        for each in victims:
            assert each.user // 2 in quota.members
            assert (started - {each.user // 2}) & quota.members.keys()
    for each in attempts:
        stopped = sum(reason == "preempted" for _, _, reason, *_ in each)
        assert rule.at_most is None or stopped <= rule.at_most
    return len(stops)


def _held(jobs: list[Asks], attempts: list[list[tuple[Any, ...]]], now: int) -> dict[int, int]:
    """Units of each account once all of an instant has happened."""
    found: dict[int, int] = dict.fromkeys(MEMBERS, 0)
    for job, each in zip(jobs, attempts, strict=True):
        for start, end, *_ in each:
            if start <= now < end:
                found[job.user // 2] += job.units
    return found


def ended(states: Iterable[str]) -> bool:
    """Whether every job has come to an end."""
    return "unfinished" not in set(states)


def check_rights(
    ranks: Sequence[int | None],
    jobs: list[Asks],
    quota: Cohort,
    rule: Preemption,
    attempts: list[list[tuple[Any, ...]]],
) -> list[str]:
    """Assert what reclaiming beside ranks promises; returns by which right jobs stopped, owner or
    rank, of each stop where one alone can have been.

    As ``check_reclaims``; no job fails by itself.
    """
    found, stops = [], dict[int, list[int]]()
    for position, each in enumerate(attempts):
        for _, end, reason, *_ in each:
            if reason in ("preempted", "failed"):
                stops.setdefault(end, []).append(position)
        stopped = sum(reason == "preempted" for _, _, reason, *_ in each)
        assert rule.at_most is None or stopped <= rule.at_most
    for now in sorted({start for each in attempts for start, *_ in each} | stops.keys()):
        held = _held(jobs, attempts, now)
        lent = sum(member.beyond(held[who]) for who, member in quota.members.items())
        assert lent <= sum(member.lends for member in quota.members.values())
        for who, member in quota.members.items():
            assert member.borrow is None or held[who] <= member.units + member.borrow
    for now, victims in stops.items():
        held = _held(jobs, attempts, now)
        starters = [at for at, each in enumerate(attempts) if any(a[0] == now for a in each)]
        for position in victims:
            mine = jobs[position].user // 2
            above = {at for at in starters if outranks(ranks[at], ranks[position])}
            owners = {jobs[at].user // 2 for at in starters} - {mine}
            owned = mine in quota.members and owners & quota.members.keys()
            assert above or owned
            if not owned or not above:
                found.append("owner" if owned else "rank")
            if mine in quota.members and all(jobs[at].user // 2 != mine for at in above):
                lost = max(jobs[at].units for at in victims if jobs[at].user // 2 == mine)
                assert held[mine] > quota.members[mine].units - lost
    return found
