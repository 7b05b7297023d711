"""Random limits for random jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from twin.limits import Asks, Bound, Bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@st.composite
def bound(draw: st.DrawFn, name: str, classes: Sequence[str], units: int, *, work: bool) -> Bound:
    """One limit on at least one of the things that it may limit."""
    settings: dict[str, int] = {}
    # What holds jobs back; what refuses them leaves fewer to be held back, so it is rarer.
    often = ["jobs", "jobs", "gpus", *(["work"] * work)]
    may = st.sampled_from(often) | st.sampled_from([*often, "queued", "walltime", "job_gpus"])
    for what in draw(st.lists(may, min_size=1, max_size=3, unique=True)):
        if what in ("gpus", "job_gpus"):
            settings[what] = draw(st.sampled_from([1, 2, 2, 3, 3, 4, 6, 9, 12])) * units
        elif what == "work":
            settings[what] = draw(st.integers(5, 200)) * units
        elif what == "walltime":
            settings[what] = draw(st.integers(8, 30))
        elif what == "queued":
            settings[what] = draw(st.integers(1, 6))
        else:
            settings[what] = draw(st.sampled_from([1, 1, 2, 2, 3, 5]))
    some = st.lists(st.sampled_from(classes), unique=True, max_size=len(classes) - 1)
    per = draw(st.sampled_from(["user", "account", "class", "all"]))
    return Bound(name, per, tuple(draw(some)), **settings)


@st.composite
def bounds(
    draw: st.DrawFn,
    asks: Callable[[], list[Asks]],
    units: int = 1,
    *,
    overrun: str = "kill",
) -> Bounds:
    """One to three limits of a rule."""
    jobs = asks()
    holds = draw(st.sampled_from(["job", "job", "queue"]))
    classes = sorted({job.job_class for job in jobs})
    work = holds == "job" and overrun == "kill"
    count = draw(st.integers(1, 3))
    found = [draw(bound(f"limit{at}", classes, units, work=work)) for at in range(count)]
    return Bounds(tuple(found), jobs, holds)
