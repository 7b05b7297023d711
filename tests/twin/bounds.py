"""Random limits for random jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from twin.asks import Asks, Bound, aged
from twin.budgets import Grant
from twin.limits import Bounds
from twin.quotas import Cohort, Member
from twin.reserved import Reservation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ARRAYS = st.sampled_from([-1, -1, 0, 1, 2])
"""The array of a job."""
BRANCHES = (("left",), ("top",), ("account0", "class1"), ("root",), ("account2", "left"))
"""Accounts of the tree, some with others below them."""


@st.composite
def bound(
    draw: st.DrawFn,
    name: str,
    classes: Sequence[str],
    units: int,
    *,
    work: bool,
    passes: bool,
    arrays: bool,
) -> Bound:
    """One limit on at least one of the things that it may limit.

    ``passes``: whoever is held back is passed over; ``arrays``: some jobs are of arrays.
    """
    settings: dict[str, Any] = {}
    # What holds jobs back; what refuses them leaves fewer to be held back, so it is rarer.
    often = ["jobs", "jobs", "gpus", *(["work"] * work), *(["eligible"] * 2 * passes)]
    refuses = ["queued", "walltime", "job_gpus", "submitted", *(["array_size"] * arrays)]
    may = st.sampled_from(often) | st.sampled_from([*often, *refuses])
    for what in draw(st.lists(may, min_size=1, max_size=3, unique=True)):
        if what in ("gpus", "job_gpus"):
            settings[what] = draw(st.sampled_from([1, 2, 2, 3, 3, 4, 6, 9, 12])) * units
        elif what == "work":
            settings[what] = draw(st.integers(5, 200)) * units
        elif what == "walltime":
            settings[what] = draw(st.integers(8, 30))
        elif what in ("queued", "array_size"):
            settings[what] = draw(st.integers(1, 6))
        elif what == "submitted":
            settings[what] = draw(st.tuples(st.integers(1, 3), st.sampled_from([1, 5, 20, 60])))
        else:
            settings[what] = draw(st.sampled_from([1, 1, 2, 2, 3, 5]))
    some = st.lists(st.sampled_from(classes), unique=True, max_size=len(classes) - 1)
    per = draw(st.sampled_from(["user", "account", "class", "all", *(["array"] * arrays)]))
    if draw(st.sampled_from([False, False, True])):
        who = draw(st.sampled_from(["newcomers", "established"]))
        settings[who] = draw(st.integers(1, 40))
    branch = draw(st.sampled_from([(), (), (), *BRANCHES]))
    users = draw(st.sampled_from([(), (), (), (1, 2, 5, 6)]))
    qos = draw(st.sampled_from([(), (), (), ("gold",), ("lead",), ("lead", "gold")]))
    who = {"accounts": branch, "users": users, "qos": qos}
    return Bound(name, per, tuple(draw(some)), **settings, **who)


@st.composite
def cohort(draw: st.DrawFn, jobs: Sequence[Asks], units: int) -> Cohort:
    """Quotas of some classes or accounts."""
    per = draw(st.sampled_from(["class", "account"]))
    keys = sorted({job.who(per)[0] for job in jobs})
    some = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3, unique=True))
    members = {}
    for key in some:
        own = draw(st.sampled_from([1, 2, 2, 3, 4, 6]))
        lend = draw(st.none() | st.integers(0, own))
        borrow = draw(st.none() | st.integers(0, 4))
        times = [None if each is None else each * units for each in (borrow, lend)]
        members[key] = Member(own * units, *times)
    lent = sum(member.lends for member in members.values())
    for key, member in members.items():
        # Nobody can borrow where only it lends.
        if member.lends == lent:
            members[key] = replace(member, borrow=None)
    others = draw(st.none() | st.integers(1, 6))
    return Cohort("quota", per, members, None if others is None else others * units)


@st.composite
def lent(draw: st.DrawFn, jobs: Sequence[Asks], machine: int, units: int = 1) -> Cohort:
    """Quotas of which somebody lends to another who borrows; ``machine``: its units."""
    per = draw(st.sampled_from(["class", "account"]))
    keys = sorted({job.who(per)[0] for job in jobs})
    some = draw(st.lists(st.sampled_from(keys), min_size=2, max_size=4, unique=True))
    most, members = max(machine // units // 2, 1), {}
    for key in some:
        own = draw(st.integers(0, most))
        lend = draw(st.sampled_from([None, None, own, own // 2]))
        borrow = draw(st.sampled_from([None, None, None, 1, 3]))
        times = [None if each is None else each * units for each in (borrow, lend)]
        members[key] = Member(own * units, *times)
    members[some[0]] = Member(max(members[some[0]].units, units))
    members[some[1]] = replace(members[some[1]], borrow=None)
    lends = sum(member.lends for member in members.values())
    for key, member in members.items():
        # Nobody can borrow where only it lends; and who has nothing of its own must.
        if member.lends == lends or not member.units:
            members[key] = replace(member, borrow=None)
    return Cohort("lent", per, members)


@st.composite
def grant(draw: st.DrawFn, name: str, classes: Sequence[str], units: int, *, ages: bool) -> Grant:
    """One budget of some holders; ``ages``: the order looks at when jobs came."""
    branch = draw(st.sampled_from([(), (), (), *BRANCHES]))
    users = draw(st.sampled_from([(), (), (), (1, 2, 5, 6)]))
    found = draw(_grant(name, classes, units, ages=ages))
    qos = draw(st.sampled_from([(), (), (), ("gold",), ("lead",)]))
    return replace(found, accounts=branch, users=users, qos=qos)


@st.composite
def _grant(draw: st.DrawFn, name: str, classes: Sequence[str], units: int, *, ages: bool) -> Grant:
    """As ``grant``, of all accounts and users."""
    some = draw(st.lists(st.sampled_from(classes), unique=True, max_size=len(classes) - 1))
    start = draw(st.sampled_from([0, 0, 0, 7, 40]))
    period = draw(st.none() | st.integers(10, 90))
    end = draw(st.none() | st.integers(start + 5, start + 200))
    last = period or (end - start if end else 100)
    back = st.tuples(
        st.integers(1, last - 1), st.sampled_from([0.2, 0.5, 1.0]), st.sampled_from([0.3, 0.5, 1.0])
    )
    causes = ("maintenance", "loss", "failure", "preemption")
    when_spent = draw(st.sampled_from(["stop", "stop", "last", "go_on"]))
    beyond: tuple[tuple[float, int, int | None], ...] = ()
    if ages and (when_spent == "go_on" or draw(st.booleans())):
        level = st.tuples(
            st.sampled_from([0.25, 0.5, 1.0, 1.25, 2.0]),
            st.sampled_from([1, 5, 30, 200]),
            st.sampled_from([None, None, 1, 2]),
        )
        some_levels = st.lists(level, min_size=1, max_size=3, unique_by=lambda each: each[0])
        beyond = tuple(sorted(draw(some_levels)))
    if when_spent == "go_on" and not beyond:
        when_spent = "stop"
    if draw(st.sampled_from([False, False, False, True])):
        return Grant(
            name,
            draw(st.sampled_from(["user", "account", "class", "all"])),
            draw(st.integers(20, 120)) * units,
            tuple(some),
            start,
            end,
            overdraft=draw(st.sampled_from([0, 0, 10])) * units,
            refund=(),
            safe=draw(st.booleans()),
            half_life=draw(st.sampled_from([1, 5, 20])),
            every=draw(st.sampled_from([4, 15])),
        )
    goes_on = when_spent == "go_on"
    safe = bool(beyond) or when_spent != "stop" or draw(st.sampled_from([True, True, False]))
    return Grant(
        name,
        draw(st.sampled_from(["user", "account", "class", "all"])),
        draw(st.integers(20, 120)) * units,
        tuple(some),
        start,
        end,
        period,
        draw(st.integers(1, 3)) if (period or end) and not goes_on else 1,
        draw(st.sampled_from([0.0, 0.25, 0.5, 1.0])) if period and not goes_on else 0.0,
        0 if goes_on else draw(st.sampled_from([0, 0, 10, 40])) * units,
        draw(st.sampled_from([0.0, 0.5, 1.0])),
        () if goes_on else tuple(draw(st.lists(back, max_size=2))),
        draw(st.sampled_from([(), causes, causes[:2], causes[2:], causes[3:]])) if safe else (),
        when_spent,
        draw(st.sampled_from([None, None, 0.5, 1.25])) if period and not goes_on else None,
        beyond,
        safe,
    )


@st.composite
def reservation(
    draw: st.DrawFn, jobs: Sequence[Asks], classes: Sequence[str], units: int, machine: int
) -> Reservation:
    """GPUs kept free for some; ``machine``: its units."""
    kept = draw(st.integers(1, max(machine // units, 1))) * units
    start, duration = draw(st.integers(0, 60)), draw(st.integers(3, 60))
    every = draw(st.none() | st.integers(duration + 1, duration + 60))
    end = draw(st.none() | st.integers(start + 1, start + 300))
    some = st.lists(st.sampled_from(classes), unique=True, max_size=len(classes) - 1)
    accounts = sorted({job.user // 2 for job in jobs})
    few = st.lists(st.sampled_from(accounts), unique=True, max_size=2)
    them = tuple(draw(some)), tuple(draw(st.just([]) | few))
    at_least = draw(st.none() | st.integers(1, 4))
    if not any(them) and at_least is None:
        at_least = draw(st.integers(1, 4))
    large = None if at_least is None else at_least * units
    confined = draw(st.sampled_from([False, False, True]))
    left = machine - kept
    return Reservation("days", kept, left, start, duration, every, end, *them, large, confined)


@st.composite
def bounds(
    draw: st.DrawFn,
    asks: Callable[[], list[Asks]],
    machine: int,
    units: int = 1,
    *,
    overrun: str = "kill",
    dated: bool = True,
    ages: bool = False,
    kept: bool = False,
) -> Bounds:
    """One to three limits of a rule, or quotas, or budgets, or reservations, or some of each.

    ``machine``: its units, of which a GPU has ``units``; ``dated``: whether there may be
    reservations; ``ages``: whether the order looks at when jobs came; ``kept``: whether places are
    kept, beside which nobody holds the queue.
    """
    jobs = aged(asks())
    holds = "job" if kept else draw(st.sampled_from(["job", "job", "job", "queue"]))
    classes = sorted({job.job_class for job in jobs})
    work = holds == "job" and overrun == "kill"
    most = draw(st.integers(0, 3))
    arrays = any(job.array >= 0 for job in jobs)
    can = {"work": work, "passes": holds == "job", "arrays": arrays}
    found = [draw(bound(f"limit{at}", classes, units, **can)) for at in range(most)]
    cohorts = [draw(cohort(jobs, units)) for _ in range(draw(st.integers(0, 1)))]
    count = draw(st.integers(0, 2)) if holds == "job" else 0
    grants = [draw(grant(f"budget{at}", classes, units, ages=ages)) for at in range(count)]
    reserved = []
    if dated and overrun == "kill" and machine >= units:
        one = reservation(jobs, classes, units, machine)
        reserved = [draw(one) for _ in range(draw(st.integers(0, 1)))]
    if not (found or cohorts or grants or reserved):
        found = [draw(bound("limit", classes, units, **can))]
    whole = Bounds(tuple(found), jobs, holds, tuple(cohorts), tuple(grants), tuple(reserved))
    return _of_partitions(draw, whole)


def _of_partitions(draw: st.DrawFn, found: Bounds) -> Bounds:
    """Some of them for jobs of one partition alone, if jobs name any."""
    names = sorted({job.partition for job in found.jobs} - {""})
    some = st.sampled_from([(), (), (names[0],)]) if names else st.just(())
    return replace(
        found,
        bounds=tuple(replace(each, partitions=draw(some)) for each in found.bounds),
        grants=tuple(replace(each, partitions=draw(some)) for each in found.grants),
    )
