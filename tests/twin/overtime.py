"""Jobs that run beyond walltimes that were paid for, looked at second by second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.attempts import Payment
from twin.budgets import THOUSANDTHS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.asks import Asks
    from twin.limits import Bounds

    Ran = list[tuple[int, int]]


def _payers(
    bounds: Bounds, job: Asks, ran: Ran, now: int, *, before: bool
) -> Iterator[tuple[int | None, list[Payment]]]:
    """What each budget that lets nobody run on unpaid, and the project's grant, have left for the
    job's holder; and whose walltimes they have paid for, of those who run."""
    for grant in bounds.grants:
        if grant.safe and grant.when_spent == "stop" and grant.touches(job):
            paid = bounds.paid(grant, job, ran, now)
            yield grant.left(now, paid, before=before), _running(filter(grant.pays_for, paid))
    if bounds.files and bounds.files.scheme.touches(job):
        key = job.job_class, job.user // 2
        every = [(each, bounds.jobs[each.position]) for each in bounds.as_decided(ran, now)]
        mine = [
            Payment(each, other, other.units * THOUSANDTHS)
            for each, other in every
            if (other.job_class, other.user // 2) == key and bounds.files.pays_for(each, other)
        ]
        yield bounds.files.left(key, every, now, before=before), _running(mine)


def _running(paid: filter[Payment] | list[Payment]) -> list[Payment]:
    """Those who run and do not stand still; who costs nothing needs nobody to pay."""
    there = [each for each in paid if each.attempt.end is None and each.rate > 0]
    return [each for each in there if not each.attempt.stands_still]


def _due(each: Payment, now: int) -> int:
    """When it will have run as long as it asked for, or now."""
    return now + max(each.job.walltime - each.attempt.ran(0, now), 0)


def is_overdue(bounds: Bounds, position: int, ran: Ran, now: int, *, before: bool) -> bool:
    """Whether a job has run as long as it asked for and nothing is left to pay for more;
    ``before``: before what happens to budgets now."""
    for left, running in _payers(bounds, bounds.jobs[position], ran, now, before=before):
        mine = [each for each in running if each.attempt.position == position]
        if any(_due(each, now) == now for each in mine) and (left is None or left <= 0):
            return True
    return False


def overdue_at(bounds: Bounds, ran: Ran, now: int) -> set[int]:
    """When somebody will be overdue if nothing happens meanwhile."""
    found = set()
    for position, _ in ran:
        for left, running in _payers(bounds, bounds.jobs[position], ran, now, before=False):
            rates = [(each.rate, _due(each, now)) for each in running]
            rest, time = left or 0, now
            while rates:
                over = [rate for rate, due in rates if due <= time]
                if over and rest <= 0:
                    found.add(time)
                    break
                rest, time = rest - sum(over), time + 1
    return found
