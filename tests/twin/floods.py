"""Crowds under limits on arrays and floods: what is drawn for them, and what their results show."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from twin.asks import Bound
from twin.preemption import Preemption

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

    from twin.asks import Asks
    from twin.limits import Bounds

Spans = list[tuple[int, int | None]]
"""Begin and end of each attempt of a job."""
STAGES = (
    None,
    None,
    Preemption(),
    Preemption(how=("requeue", "requeue", "cancel"), exempt=4, order="longest_served"),
    Preemption(after=3, at_most=2),
)


def origin(random: Random) -> dict[str, Any]:
    """Of which user, array and rank a job is."""
    array = random.choice([-1, 0, 0, 1, 2])
    return {"user": random.choice([0, 0, 0, 1, 2, 5]), "array": array}


def limits(random: Random) -> tuple[Bound, ...]:
    """Some that look at few of those who wait, and some of the others."""
    per = ("user", "account", "array", "all")
    found = [
        Bound("first", random.choice(per), eligible=random.choice([1, 1, 2, 3])),
        Bound("second", random.choice(per), eligible=random.choice([2, 4]), users=(0, 1)),
        Bound("throttle", "array", jobs=random.choice([1, 2, 3])),
        Bound("rate", random.choice(per), submitted=(random.randint(3, 9), random.randint(1, 30))),
        Bound("size", array_size=random.randint(6, 14)),
        Bound("few", random.choice(per), gpus=random.randint(4, 7)),
    ]
    chosen = [each for each in found if random.random() < 0.5]
    return tuple(chosen) or (found[0],)


def check(bounds: Bounds, states: Sequence[str], spans: Sequence[Spans]) -> Counter[str]:
    """What must hold of a run in which nobody is stopped or taken back, by its results alone;
    returns how often each limit mattered: it was as full as may be, or refused somebody."""
    mattered: Counter[str] = Counter()
    for bound in bounds.bounds:
        groups: dict[Any, list[int]] = {}
        for position, job in enumerate(bounds.jobs):
            if (key := bound.key(job)) is not None:
                groups.setdefault(key, []).append(position)
        for mine in groups.values():
            if bound.jobs is not None:
                most = _at_once(spans[each] for each in mine)
                assert most <= bound.jobs
                mattered["jobs"] += most == bound.jobs
            if bound.eligible is not None:
                most = _waited_before(bounds.jobs, mine, spans)
                assert most < bound.eligible
                mattered["eligible"] += 0 < most == bound.eligible - 1
            if bound.submitted is not None:
                mattered["submitted"] += _come(bounds.jobs, mine, states, *bound.submitted)
            if bound.array_size is not None:
                mattered["array_size"] += _sizes(bounds, mine, states, bound.array_size)
    return mattered


def _at_once(jobs: Iterable[Spans]) -> int:
    """How many ran at once at most."""
    every = [span for spans in jobs for span in spans if span[0] != span[1]]
    return max(
        (sum(begin <= at and (end is None or at < end) for begin, end in every) for at, _ in every),
        default=0,
    )


def _waited_before(jobs: Sequence[Asks], mine: list[int], spans: Sequence[Spans]) -> int:
    """How many at most, of those who came before one that started, went on waiting then."""
    return max(
        (
            sum(
                jobs[each].submit <= begin < start
                for each in mine
                for start, _ in spans[each]
                if each < position
            )
            for position in mine
            for begin, _ in spans[position]
        ),
        default=0,
    )


def _come(
    jobs: Sequence[Asks], mine: list[int], states: Sequence[str], most: int, within: int
) -> bool:
    """In no window of that length more came; whether somebody was refused, when as many had."""
    there = [each for each in mine if states[each] != "refused"]
    for each in there:
        last = jobs[each].submit
        assert sum(last - within < jobs[e].submit <= last for e in there) <= most
    refused = set(mine) - set(there)
    return any(
        sum(jobs[each].submit - within < jobs[other].submit and other < each for other in there)
        == most
        for each in refused
    )


def _sizes(bounds: Bounds, mine: list[int], states: Sequence[str], most: int) -> bool:
    """All of larger arrays are refused; whether there are any."""
    arrays = [job.array for job in bounds.jobs]
    large = [each for each in mine if arrays[each] >= 0 and arrays.count(arrays[each]) > most]
    assert all(states[each] == "refused" for each in large)
    return bool(large)
