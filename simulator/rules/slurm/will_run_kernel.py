"""When a job could run, by the planned ends of those that run: ``_will_run_test()``."""

from __future__ import annotations

import numpy as np

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import FAR, Ints
from simulator.kernels.words import (
    Words,
    alike,
    copy,
    has,
    in_common,
    meet,
    put,
    size,
    touch,
    zeros_below,
)
from simulator.rules.slurm.choose_kernel import choose, choose_alike, offer
from simulator.rules.slurm.fits_kernel import look_ahead
from simulator.rules.slurm.now_kernel import find_victims
from simulator.rules.slurm.running_kernel import copy_free, hand_over
from simulator.rules.slurm.state_kernel import (
    ABLE,
    AMONG,
    CHOSEN,
    CHOSEN_ALREADY,
    CPUS,
    FIT_SETS,
    FITTING,
    FREE_NOW,
    GPUS,
    KILL_WAIT,
    MEMORY,
    NOBODY,
    PREEMPTS,
    WINDOW_SCALE,
    Asks,
    Fits,
    Live,
    Scratch,
    Site,
)

MARK = 30
"""Windows are laid from a multiple of so many seconds on, and the first is as long."""
NEVER = -1
_ONE = np.int64(1)


@kernel
def _guess_end(site: Site, end: int, now: int) -> int:
    """When a job that is past its limit will end; ``_guess_job_end()``."""
    if end > now:
        return end
    return max(end + site.rules[KILL_WAIT], now + 1)


@kernel
def _try_without(site: Site, asks: Asks, job: int, scratch: Scratch) -> bool:
    return choose(site, asks, job, scratch.free, scratch.sets, AMONG, CHOSEN, scratch.offers)


@kernel
def _fitting(site: Site, asks: Asks, job: int, scratch: Scratch) -> int:
    """On how many nodes of AMONG a job would fit, by the future in ``Scratch.free``."""
    sets, fit = scratch.sets, 0
    for word in range(sets.shape[1]):
        left = np.int64(sets[AMONG, word])
        while left != 0:
            bit = zeros_below(left)
            if offer(site, asks, job, scratch.free, word * 64 + bit) > 0:
                fit += 1
            left &= ~(_ONE << bit)
    return fit


@kernel
def _without(site: Site, asks: Asks, live: Live, slot: int, job: int, scratch: Scratch) -> int:
    """Take a running job away from the future; on how many more nodes of AMONG a job fits then."""
    sets, free, nodes, other, more = scratch.sets, scratch.free, live.nodes, live.row[slot], 0
    for word in range(nodes.shape[1]):
        left = np.int64(nodes[slot, word])
        while left != 0:
            bit = zeros_below(left)
            node = word * 64 + bit
            left &= ~(_ONE << bit)
            fitted = offer(site, asks, job, free, node) > 0
            free[CPUS, node] += asks.cpus[other]
            free[MEMORY, node] += asks.memory[other]
            free[GPUS, node] += asks.gpus[other]
            if not fitted and has(sets, AMONG, node) and offer(site, asks, job, free, node) > 0:
                more += 1
    return more


@kernel
def _next(live: Live, index: int, gone: Ints) -> int:
    """The next place in the order of planned ends of a job that is not gone."""
    while index < live.counts[0] and gone[live.order[index]] == 1:
        index += 1
    return index


@kernel_apart
def _after_ends(site: Site, asks: Asks, live: Live, job: int, now: int, scratch: Scratch) -> int:
    """Take running jobs away by planned end, in windows, until the job fits; when.

    A mark is fixed at the first multiple of 30 s strictly after the end of the first job that
    touches AMONG. Jobs are taken away until the next one ends later than mark + window, looked at
    only after a job that touches; then the job is tried, and the window widened until the next
    one lies in it.
    """
    order, past, gone, scale = live.order, live.counts[0], scratch.gone, site.rules[WINDOW_SCALE]
    wide, mark, index = MARK, 0, _next(live, 0, gone)
    fit = _fitting(site, asks, job, scratch)
    while index < past:
        last = -1
        while index < past:
            slot = order[index]
            index = _next(live, index + 1, gone)
            if not touch(live.nodes, slot, scratch.sets, AMONG):
                continue
            if mark == 0:
                mark = live.end[slot] // MARK * MARK + MARK
            last = slot
            fit += _without(site, asks, live, slot, job, scratch)
            if index < past and live.end[order[index]] > mark + wide:
                break
        if last < 0:
            return NEVER
        while True:
            wide = wide + scale if scale > 0 else wide * 2
            if index >= past or live.end[order[index]] <= mark + wide:
                break
        # Where too few nodes fit there is nothing to choose.
        if fit >= asks.nodes[job] and _try_without(site, asks, job, scratch):
            return _guess_end(site, live.end[last], now)
    return NEVER


@kernel
def _place_of_last(fits: Fits, row: int, sets: Words, want: int) -> int:
    """The place in the order of ends of whose end makes the last node of AMONG fit; −1: none."""
    if alike(sets, AMONG, fits.sets, row * FIT_SETS + ABLE):
        # Whichever comes to fit is one of them.
        return fits.place[row, want - 1] if want <= fits.coming[row] else -1
    for index in range(fits.coming[row]):
        if has(sets, AMONG, fits.node[row, index]):
            want -= 1
            if want == 0:
                return fits.place[row, index]
    return -1


@kernel
def _tried_at(site: Site, live: Live, enough: int, sets: Words) -> int:
    """After whose end, by place, a job is tried first that fits once a place has come free.

    That of the last one which touches AMONG before the end of a window, as in ``_after_ends``;
    whoever makes it fit touches AMONG.
    """
    order, past, scale = live.order, live.counts[0], site.rules[WINDOW_SCALE]
    place = 0
    while not touch(live.nodes, order[place], sets, AMONG):
        place += 1
    mark, wide, ends = live.end[order[place]] // MARK * MARK + MARK, MARK, live.end
    while True:
        while place + 1 < past and ends[order[place + 1]] <= mark + wide:
            place += 1
        if place + 1 == past:
            return past - 1
        while place < past and not touch(live.nodes, order[place], sets, AMONG):
            place += 1
        if place >= enough:
            return min(place, past - 1)
        place += 1
        wide = wide + scale if scale > 0 else wide * 2
        while ends[order[place]] > mark + wide:
            wide = wide + scale if scale > 0 else wide * 2


@kernel_apart
def earliest(site: Site, asks: Asks, live: Live, job: int, row: int, scratch: Scratch) -> int:
    """The planned end by which enough nodes of its partition would fit a job; none: FAR.

    Now is the far past. On fewer nodes ``will_run`` never says earlier.
    """
    sets, fits = scratch.sets, scratch.fits
    copy(sets, AMONG, site.part, asks.partition[job])
    meet(sets, AMONG, fits.sets, row * FIT_SETS + ABLE)
    want = asks.nodes[job] - in_common(sets, AMONG, fits.sets, row * FIT_SETS + FREE_NOW)
    if want <= 0:
        return -FAR
    look_ahead(site, asks, live, job, row, scratch)
    place = _place_of_last(fits, row, sets, want)
    return live.end[live.order[place]] if place >= 0 else FAR


@kernel_apart
def choose_nodes(site: Site, asks: Asks, live: Live, job: int, row: int, scratch: Scratch) -> None:
    """Choose the nodes on which ``will_run`` has found that a job could start; into CHOSEN."""
    sets, fits, until = scratch.sets, scratch.fits, scratch.until[0]
    if until == CHOSEN_ALREADY:
        return
    if asks.gpus[job] > 0:
        for index in range(fits.coming[row] if until >= 0 else 0):
            if fits.place[row, index] > until:
                break
            if has(sets, AMONG, fits.node[row, index]):
                put(sets, FITTING, fits.node[row, index])
        choose_alike(site, asks, job, sets, FITTING, CHOSEN, scratch.offers)
        return
    copy_free(live, scratch.free)
    for index in range(until + 1):
        slot = live.order[index]
        hand_over(asks, live.row[slot], scratch.free, live.nodes, slot, 1)
    choose(site, asks, job, scratch.free, sets, AMONG, CHOSEN, scratch.offers)


@kernel_apart
def _without_victims(
    site: Site,
    asks: Asks,
    live: Live,
    job: int,
    row: int,
    want: int,
    now: int,
    late: int,
    scratch: Scratch,
) -> int:
    """When a job that lacks so many nodes could start after planned ends alone."""
    sets, fits = scratch.sets, scratch.fits
    look_ahead(site, asks, live, job, row, scratch)
    enough = _place_of_last(fits, row, sets, want)
    if enough < 0:
        return NEVER
    soonest = live.end[live.order[enough]]
    if soonest > max(late, now):
        return soonest
    place = _tried_at(site, live, enough, sets)
    scratch.until[0] = place
    while not touch(live.nodes, live.order[place], sets, AMONG):
        place -= 1
    return _guess_end(site, live.end[live.order[place]], now)


@kernel_apart
def _with_victims(
    site: Site, asks: Asks, live: Live, job: int, victims: int, now: int, scratch: Scratch
) -> int:
    """When it could with those gone that it may stop, the first of ``Scratch.slots``."""
    slots = scratch.slots
    copy_free(live, scratch.free)
    for slot in range(live.counts[0]):
        scratch.gone[slot] = 0
    for index in range(victims):
        slot = slots[index]
        scratch.gone[slot] = 1
        hand_over(asks, live.row[slot], scratch.free, live.nodes, slot, 1)
    scratch.until[0] = CHOSEN_ALREADY
    if _try_without(site, asks, job, scratch):
        return now
    return _after_ends(site, asks, live, job, now, scratch)


@kernel_apart
def will_run(
    site: Site, asks: Asks, live: Live, job: int, row: int, now: int, late: int, scratch: Scratch
) -> int:
    """When a job could start on nodes of AMONG; NEVER: it could not.

    Now; else, with all that it may stop gone, also now; else after planned ends. Where that is
    later than ``late``, an instant may be told that is later than it but too soon. ``row``: where
    its ask stands in ``Scratch.fits``. ``choose_nodes`` chooses; that it can is certain, as a job
    fits wherever enough nodes have what it asks for.
    """
    sets, fits = scratch.sets, scratch.fits
    copy(sets, FITTING, sets, AMONG)
    meet(sets, FITTING, fits.sets, row * FIT_SETS + FREE_NOW)
    want = asks.nodes[job] - size(sets, FITTING)
    scratch.until[0] = NOBODY
    if want <= 0:
        return now
    victims = 0
    if site.rules[PREEMPTS] == 1:
        victims = find_victims(site, asks, live, job, now, scratch.slots)
    if victims > 0:
        return _with_victims(site, asks, live, job, victims, now, scratch)
    return _without_victims(site, asks, live, job, row, want, now, late, scratch)
