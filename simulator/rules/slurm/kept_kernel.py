"""What a pass of backfill that starts nobody leaves to the next, so that this need not plan again.

As long as nothing starts or ends, a pass differs from the one before by its instant alone, and a
pass compares that only with what stays: ends of running jobs, ends of records in the map, starts,
and where the window ends. So each comparison has an instant before which it comes out the same;
before the first of these (UNTIL) the same jobs get the same plans. Plans of the first so many of
the line forbid everybody else a start now; as time passes they forbid more, never less.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import FAR
from simulator.rules.slurm.state_kernel import (
    CHANGES,
    DONE,
    OF,
    OPENED,
    PLANNED_EVER,
    RESOLUTION,
    TESTED,
    UNTIL,
    WINDOW,
    Booked,
    Kept,
    Live,
    Scratch,
    Site,
)


@kernel
def shorten(kept: Kept, until: int) -> None:
    """From an instant on a comparison comes out otherwise."""
    kept.numbers[UNTIL] = min(kept.numbers[UNTIL], until)


@kernel
def meets_window(site: Site, kept: Kept, instant: int, now: int) -> None:
    """An instant was compared with the end of the window, which moves by bf_resolution."""
    step = site.rules[RESOLUTION]
    passed = (instant // step + 1) * step - site.rules[WINDOW]
    if passed > now:
        shorten(kept, passed)


@kernel
def meets_map(site: Site, kept: Kept, instant: int, now: int) -> None:
    """The map has a record that begins or ends at an instant."""
    step = site.rules[RESOLUTION]
    shorten(kept, instant if instant > now else now // step * step + step)
    meets_window(site, kept, instant, now)


@kernel_apart
def begin_to_keep(live: Live, now: int, kept: Kept) -> None:
    """A pass begins afresh. Who is past its limit counts as ending just after now."""
    kept.numbers[OF], kept.numbers[UNTIL] = -1, FAR
    kept.numbers[DONE], kept.numbers[TESTED] = 0, 0
    kept.numbers[PLANNED_EVER] += 1
    kept.numbers[OPENED] += 1
    if live.counts[0] > 0:
        end = live.end[live.order[0]]
        shorten(kept, end if end > now else now)


@kernel
def _nothing_else_moves(booked: Booked, live: Live) -> bool:
    """Whether there are no reservations, and no nodes that are completing."""
    for word in range(live.completing.shape[1]):
        if live.completing[0, word] != 0:
            return False
    return booked.start.shape[0] == 0


@kernel_apart
def keep(booked: Booked, live: Live, scratch: Scratch, done: int, tested: int) -> None:
    """A pass that started nobody has looked at the first so many of the line."""
    kept = scratch.kept
    if not _nothing_else_moves(booked, live):
        return
    for index in range(kept.numbers[DONE], done):
        kept.line[index] = scratch.order[index]
    kept.numbers[DONE], kept.numbers[TESTED] = done, tested
    kept.numbers[OF] = live.counts[CHANGES]


@kernel_apart
def goes_on(booked: Booked, live: Live, now: int, waiting: int, scratch: Scratch) -> bool:
    """Whether a pass would repeat what is kept: the same jobs come first, and UNTIL is ahead."""
    kept = scratch.kept
    done = kept.numbers[DONE]
    if kept.numbers[OF] != live.counts[CHANGES] or now >= kept.numbers[UNTIL] or done > waiting:
        return False
    for index in range(done):
        if scratch.order[index] != kept.line[index]:
            return False
    return _nothing_else_moves(booked, live)
