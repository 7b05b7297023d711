"""Slurm's choice of nodes: ``_eval_nodes()`` of select/cons_tres."""

from __future__ import annotations

import numpy as np

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import Ints
from simulator.kernels.words import (
    NOTHING,
    Words,
    clear,
    copy,
    drop,
    first_in,
    first_out,
    has,
    put,
    zeros_below,
)
from simulator.rules.slurm.state_kernel import (
    ALIKE,
    CPUS,
    GPUS,
    MEMORY,
    MEMORY_COUNTS,
    REST,
    Asks,
    Site,
)

_ONE = np.uint64(1)


@kernel
def offer(site: Site, asks: Asks, job: int, free: Ints, node: int) -> int:
    """CPUs of a node that a job may count on; 0: it does not fit there.

    For jobs with GPUs ``gres_select_filter_sock_core()`` caps them at what is asked for, so that
    all nodes that fit look alike; else all free ones count.
    """
    short_of_memory = site.rules[MEMORY_COUNTS] == 1 and free[MEMORY, node] < asks.memory[job]
    if free[CPUS, node] < asks.cpus[job] or free[GPUS, node] < asks.gpus[job] or short_of_memory:
        return 0
    return max(asks.cpus[job], 1) if asks.gpus[job] > 0 else free[CPUS, node]


@kernel
def _best_stretch(site: Site, offers: Ints, want: int, want_cpus: int) -> int:
    """Where the best run of neighbours of equal weight begins; −1: there is none.

    The lightest; among those the first that is enough with the fewest CPUs, else the one with the
    most. As in the source, one that is not enough but has more CPUs than the best so far wins.
    """
    best, best_weight, best_cpus, best_enough = -1, 0, 0, False
    node, nodes = 0, offers.shape[0]
    while node < nodes:
        if offers[node] == 0:
            node += 1
            continue
        first, cpus, weight = node, 0, site.weight[node]
        while node < nodes and offers[node] > 0 and site.weight[node] == weight:
            cpus += offers[node]
            node += 1
        enough = node - first >= want and cpus >= want_cpus
        better = best < 0 or weight < best_weight
        if not better and weight == best_weight:
            scarcer = not best_enough or cpus < best_cpus
            better = scarcer if enough else cpus > best_cpus
        if better:
            best, best_weight, best_cpus, best_enough = first, weight, cpus, enough
    return best


@kernel
def _single(site: Site, offers: Ints, first: int, want_cpus: int) -> int:
    """In a run of neighbours the node with the fewest CPUs that are enough; −1: none is."""
    best, node = -1, first
    while node < offers.shape[0] and offers[node] > 0 and site.weight[node] == site.weight[first]:
        if offers[node] >= want_cpus and (best < 0 or offers[node] < offers[best]):
            best = node
        node += 1
    return best


@kernel
def _take(site: Site, asks: Asks, job: int, offers: Ints, sets: Words, into: int, fit: int) -> bool:
    """Choose among nodes by what they offer, which is used up; ``fit``: how many offer anything."""
    clear(sets, into)
    want, want_cpus = asks.nodes[job], asks.nodes[job] * asks.cpus[job]
    if fit < want:
        return False
    while want > 0:
        first = _best_stretch(site, offers, want, want_cpus)
        if first < 0:
            return False
        single = _single(site, offers, first, want_cpus) if want == 1 else -1
        node, weight = first, site.weight[first]
        while node < offers.shape[0] and offers[node] > 0 and site.weight[node] == weight:
            # The last node has to have all CPUs that are still wanted.
            right = want > 1 or (node == single if single >= 0 else offers[node] >= want_cpus)
            if want > 0 and right:
                put(sets, into, node)
                give = min(offers[node], max(want_cpus - (want - 1), asks.cpus[job]))
                want -= 1
                want_cpus -= give
            offers[node] = 0
            node += 1
    return want_cpus <= 0


@kernel_apart
def choose(
    site: Site,
    asks: Asks,
    job: int,
    free: Ints,
    sets: Words,
    among: int,
    into: int,
    offers: Ints,
) -> bool:
    """Choose nodes for a job among a set by what is free on them, into another set.

    ``offers``: room for a number a node. False: it does not fit, as fewer nodes than it wants have
    what it asks for; the set is of no use then.
    """
    fit = 0
    for node in range(offers.shape[0]):
        offers[node] = offer(site, asks, job, free, node) if has(sets, among, node) else 0
        if offers[node] > 0:
            fit += 1
    return _take(site, asks, job, offers, sets, into, fit)


@kernel
def _shortest_in_word(word: np.uint64, want: int) -> int:
    """``_shortest_run`` of a set of one word; −1: it is empty.

    Of its bits those are kept from which on so many are set, one more with each step. The step
    that would lose the last of them has found the longest run; the first one, from ``want`` on,
    that loses where a run begins has found the shortest.
    """
    begins, long, length = word & ~(word << _ONE), word, 1
    if word == NOTHING:
        return -1
    while True:
        longer = long & (word >> np.uint64(length)) if length < 64 else NOTHING
        found = begins & long & ~longer if length >= want else NOTHING
        if found != NOTHING:
            return zeros_below(np.int64(found))
        if longer == NOTHING:
            return zeros_below(np.int64(long))
        long = longer
        length += 1


@kernel
def _shortest_run(sets: Words, rest: int, want: int) -> int:
    """Where the shortest run begins that is long enough, else the longest; of those the first."""
    best, best_length, end = -1, 0, 64 * sets.shape[1]
    if end == 64:
        return _shortest_in_word(sets[rest, 0], want)
    first = first_in(sets, rest, 0)
    while first < end:
        after = first_out(sets, rest, first)
        length = after - first
        if length == want:
            return first
        shorter = best_length < want or length < best_length
        if shorter if length > want else length > best_length:
            best, best_length = first, length
        first = first_in(sets, rest, after)
    return best


@kernel_apart
def choose_alike(
    site: Site, asks: Asks, job: int, sets: Words, fitting: int, into: int, offers: Ints
) -> None:
    """``choose`` for a job with GPUs among enough nodes on which it fits: to it they look alike."""
    want = asks.nodes[job]
    if site.rules[ALIKE] == 0:
        fit = 0
        for node in range(offers.shape[0]):
            offers[node] = max(asks.cpus[job], 1) if has(sets, fitting, node) else 0
            fit += 1 if offers[node] > 0 else 0
        _take(site, asks, job, offers, sets, into, fit)
        return
    clear(sets, into)
    copy(sets, REST, sets, fitting)
    while want > 0:
        first = _shortest_run(sets, REST, want)
        after = first_out(sets, REST, first)
        for node in range(first, min(after, first + want)):
            put(sets, into, node)
        want -= after - first
        if want > 0:
            for node in range(first, after):
                drop(sets, REST, node)
