"""Small scenarios, made by hypothesis: many ties, zero run times, overruns, outages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from simulator.cluster.models import CapacityLoss, MaintenanceWindow
from twin.model import TwinJob
from twin.orders import ORDERS
from twin.preemption import ORDERS as VICTIMS
from twin.preemption import RANKS, Preemption

BACKFILLS = (
    {"backfill": "none"},
    {"backfill": "easy"},
    *({"backfill": "reservations", "k": k} for k in (1, 2, 4)),
    {"backfill": "conservative"},
    {"backfill": "conservative", "replan": "earlier"},
)
STATIC_ORDERS = tuple(order for order in ORDERS if order != "wfp3")
# Made once: to make and to check a strategy takes longer than to draw from it.
TIMES = st.sampled_from([0, 1, 1, 2, 3, 5, 5, 8, 13, 20]) | st.integers(0, 30)
GAPS = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 5, 10])


@dataclass(frozen=True)
class Small:
    """A scenario: arguments of ``simulate``; printed whole by a test that fails."""

    jobs: list[TwinJob]
    capacity: int
    rule: dict[str, Any]
    windows: tuple[MaintenanceWindow, ...] = ()
    losses: tuple[CapacityLoss, ...] = ()

    def arguments(self) -> dict[str, Any]:
        return {
            "jobs": self.jobs,
            "capacity": self.capacity,
            "windows": self.windows,
            "losses": self.losses,
            **self.rule,
        }


def _seconds(least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map("{}s".format)


@st.composite
def windows(draw: st.DrawFn, capacity: int) -> MaintenanceWindow:
    """A maintenance window; every other one comes again."""
    duration, drain = draw(st.integers(1, 12)), draw(st.booleans())
    return MaintenanceWindow(
        start=draw(_seconds(0, 60)),
        duration=f"{duration}s",
        units=draw(st.none() | st.integers(1, capacity)),
        every=draw(st.none() | _seconds(duration + 1, duration + 30)),
        announced=draw(st.none() | _seconds(1 if drain else 0, 40)),
        drain=drain,
        on_start=draw(st.sampled_from(["requeue", "lost"])),
    )


def losses(capacity: int) -> st.SearchStrategy[CapacityLoss]:
    """A loss of capacity, for a while or for good."""
    common = {
        "at": _seconds(0, 60),
        "units": st.integers(1, capacity),
        "on_start": st.sampled_from(["requeue", "lost"]),
    }
    return st.builds(CapacityLoss, **common) | st.builds(
        CapacityLoss, **common, duration=_seconds(1, 30), repair_known=st.booleans()
    )


def early_ends(draw: st.DrawFn, submit: int) -> dict[str, int]:
    """Some jobs fail by themselves, some are taken back: before they come, waiting or running."""
    found = {}
    if draw(st.integers(0, 4)) == 0:
        found["fails_after"] = draw(st.integers(0, 15))
    if draw(st.integers(0, 3)) == 0:
        found["cancelled_at"] = max(0, submit + draw(st.integers(-3, 40)))
    return found


@st.composite
def jobs(draw: st.DrawFn, capacity: int, *, odd: bool = True) -> list[TwinJob]:
    """1 to 25 jobs sorted by submit; with ``odd``: zero times, overruns, jobs too large,
    and early ends."""
    found: list[TwinJob] = []
    submit = draw(st.integers(0, 5))
    for _ in range(draw(st.integers(1, 25))):
        submit += draw(GAPS)
        run_time, other = draw(TIMES), draw(TIMES)
        walltime = other if odd else max(run_time, other, 1)
        size = draw(st.integers(1, capacity + (draw(st.integers(0, 1)) if odd else 0)))
        ends = early_ends(draw, submit) if odd else {}
        found.append(TwinJob(submit, run_time, walltime, size, **ends))
    return found


ranks = st.sampled_from([0, 1, 2, 0, 1, 2, None])


def preemptions(how: tuple[str, ...]) -> st.SearchStrategy[Preemption]:
    """The stage, with victims of each rank that fare in any of these ways."""
    times = st.sampled_from([0, 0, 0, 1, 3, 8])
    fates = st.tuples(*[st.sampled_from(how)] * RANKS)
    limits = st.sampled_from([None, None, 1, 2])
    graces = st.sampled_from([0, 0, 1, 2, 5, 12])
    return st.builds(Preemption, fates, st.sampled_from(VICTIMS), times, times, limits, graces)


def reclaims(how: tuple[str, ...]) -> st.SearchStrategy[Preemption]:
    """The stage where members of cohorts take back what is theirs."""
    times, limits = st.sampled_from([0, 0, 0, 1, 3, 8]), st.sampled_from([None, None, 1, 2])
    fates = st.sampled_from(how).map(lambda fate: (fate,) * RANKS)
    orders, no, yes = st.sampled_from(VICTIMS[:-1]), st.just(0), st.just(value=True)
    return st.builds(Preemption, fates, orders, times, times, limits, no, yes)


@st.composite
def scenarios(
    draw: st.DrawFn,
    orders: tuple[str, ...] = tuple(ORDERS),
    backfills: tuple[dict[str, Any], ...] = BACKFILLS,
    *,
    odd: bool = True,
    outages: bool = True,
    preempting: bool = False,
) -> Small:
    """A whole scenario; ``odd`` as in ``jobs``, and jobs that may outrun their walltime."""
    capacity = draw(st.integers(1, 12))
    rule = {"order": draw(st.sampled_from(orders)), **draw(st.sampled_from(backfills))}
    rule["overrun"] = draw(st.sampled_from(["kill", "allow"])) if odd else "kill"
    found = draw(jobs(capacity, odd=odd))
    if preempting:
        rule["preemption"] = draw(preemptions(("cancel", "requeue")))
        found = [replace(job, rank=draw(ranks)) for job in found]
    if not outages:
        return Small(found, capacity, rule)
    away = draw(st.lists(windows(capacity), max_size=2))
    lost = draw(st.lists(losses(capacity), max_size=2))
    return Small(found, capacity, rule, tuple(away), tuple(lost))
