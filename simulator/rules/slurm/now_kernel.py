"""Starting now, or stopping others for it: ``_pick_best_nodes()`` and ``_run_now()``."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import Ints
from simulator.kernels.words import Words, clear, has, in_common, put, size, touch
from simulator.rules.slurm.choose_kernel import choose
from simulator.rules.slurm.fits_kernel import row_of
from simulator.rules.slurm.limits_kernel import count_in
from simulator.rules.slurm.order_kernel import may_stop
from simulator.rules.slurm.running_kernel import copy_free, hand_over, stop
from simulator.rules.slurm.state_kernel import (
    CHOSEN,
    FIT_SETS,
    FREE_NOW,
    KILL_WAIT,
    MESSAGE_TIMEOUT,
    NEAR,
    PREEMPTS,
    REORDER,
    Asks,
    Did,
    Live,
    Scratch,
    Site,
)

LAST = 99_999
"""Sort key of the victim that made room: it is to come first."""


@kernel
def _goes_first(site: Site, asks: Asks, live: Live, slot: int, other: int) -> bool:
    """Whether a victim comes before another: lowest QOS, then fewest nodes, then id."""
    mine, theirs = site.rank[asks.qos[live.row[slot]]], site.rank[asks.qos[live.row[other]]]
    if mine != theirs:
        return mine < theirs
    here, there = size(live.nodes, slot), size(live.nodes, other)
    if here != there:
        return here < there
    return live.row[slot] < live.row[other]


@kernel_apart
def find_victims(site: Site, asks: Asks, live: Live, job: int, now: int, slots: Ints) -> int:
    """Slots of the jobs that a job may stop, in Slurm's order; how many.

    None for KillWait + MessageTimeout after it last began to; those whose exempt time is over.
    """
    rules = site.rules
    if rules[PREEMPTS] == 0:
        return 0
    if now - asks.preempted[job] < rules[KILL_WAIT] + rules[MESSAGE_TIMEOUT]:
        return 0
    count = 0
    for slot in range(live.counts[0]):
        other = live.row[slot]
        if not may_stop(site, asks, job, other):
            continue
        if live.begun[slot] + site.exempt[asks.qos[other]] > now:
            continue
        if not touch(live.nodes, slot, site.part, asks.partition[job]):
            continue
        at = count
        while at > 0 and _goes_first(site, asks, live, slot, slots[at - 1]):
            slots[at] = slots[at - 1]
            at -= 1
        slots[at] = slot
        count += 1
    return count


@kernel
def _overlap(one: Words, row: int, other: Words, at: int, nodes: int) -> int:
    count = 0
    for node in range(nodes):
        if has(one, row, node) and has(other, at, node):
            count += 1
    return count


@kernel
def _resort(slots: Ints, usable: Ints, count: int) -> None:
    """Victims by their keys, descending; stable."""
    for index in range(1, count):
        slot, key, at = slots[index], usable[index], index
        while at > 0 and usable[at - 1] < key:
            slots[at] = slots[at - 1]
            usable[at] = usable[at - 1]
            at -= 1
        slots[at] = slot
        usable[at] = key


@kernel_apart
def make_room(
    site: Site, asks: Asks, live: Live, job: int, now: int, among: int, scratch: Scratch
) -> int:
    """Take victims away one by one until a job fits; 0: it does not.

    Else the victims are the first so many of ``scratch.slots`` that touch the nodes chosen. When
    it fits they are sorted anew, the last one first, then by overlap with those nodes, and it is
    tried again: reorder_count more times and once.
    """
    slots, sets, passed = scratch.slots, scratch.sets, 0
    count = find_victims(site, asks, live, job, now, slots)
    while True:
        copy_free(live, scratch.free)
        found = -1
        for index in range(count):
            slot = slots[index]
            if not touch(live.nodes, slot, sets, among):
                continue
            hand_over(asks, live.row[slot], scratch.free, live.nodes, slot, 1)
            if choose(site, asks, job, scratch.free, sets, among, CHOSEN, scratch.offers):
                found = index
                break
        if found < 0:
            return 0
        passed += 1
        if passed - 1 > site.rules[REORDER] or count <= passed:
            return found + 1
        for index in range(count):
            scratch.usable[index] = 0
            if index < found:
                scratch.usable[index] = _overlap(
                    live.nodes, slots[index], sets, CHOSEN, scratch.offers.shape[0]
                )
        scratch.usable[found] = LAST
        _resort(slots, scratch.usable, count)


@kernel
def _fits(site: Site, asks: Asks, live: Live, job: int, among: int, scratch: Scratch) -> bool:
    """Whether enough nodes of a set have what a job asks for free now."""
    now = row_of(site, asks, live, job, scratch.fits) * FIT_SETS + FREE_NOW
    return in_common(scratch.sets, among, scratch.fits.sets, now) >= asks.nodes[job]


@kernel_apart
def run_now(
    site: Site, asks: Asks, live: Live, job: int, now: int, among: int, scratch: Scratch
) -> int:
    """Nodes for a job to start on now, into CHOSEN: 0. Or how many victims to go through; −1: none.

    Light nodes are tried alone first, then together with the next heavier ones.
    """
    sets, weight, tried = scratch.sets, -1, 0
    if site.rules[PREEMPTS] == 0 and not _fits(site, asks, live, job, among, scratch):
        return -1
    while True:
        heavier = -1
        clear(sets, NEAR)
        for node in range(scratch.offers.shape[0]):
            nearer = heavier < 0 or site.weight[node] < heavier
            if nearer and site.weight[node] > weight and has(sets, among, node):
                heavier = site.weight[node]
        if heavier < 0:
            return -1
        weight, tried = heavier, 0
        for node in range(scratch.offers.shape[0]):
            if has(sets, among, node) and site.weight[node] <= weight:
                put(sets, NEAR, node)
                tried += 1
        if tried < asks.nodes[job]:
            continue
        if choose(site, asks, job, live.free, sets, NEAR, CHOSEN, scratch.offers):
            return 0
        victims = make_room(site, asks, live, job, now, NEAR, scratch)
        if victims > 0:
            return victims


@kernel_apart
def stop_victims(
    site: Site, asks: Asks, live: Live, job: int, victims: int, scratch: Scratch, did: Did
) -> None:
    """Stop those of the first ``victims`` of ``Scratch.slots`` that touch the nodes chosen."""
    slots, first = scratch.slots, did.counts[1]
    for index in range(victims):
        if touch(live.nodes, slots[index], scratch.sets, CHOSEN):
            did.victim[did.counts[1]] = live.row[slots[index]]
            did.stopped_for[did.counts[1]] = job
            did.counts[1] += 1
    for index in range(first, did.counts[1]):
        for slot in range(live.counts[0]):
            if live.row[slot] == did.victim[index]:
                count_in(site, asks, live.row[slot], live.end[slot], -1)
                stop(asks, live, slot)
                break
