"""Where jobs fit now, and where as running ones end: kept by ask until something starts or ends.

A node on which a job fits stays one while more jobs are taken away, so that of each node it is
enough to know whose end makes it fit.
"""

from __future__ import annotations

import numpy as np

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.words import clear, copy, drop, put, size, take_out, zeros_below
from simulator.rules.slurm.choose_kernel import offer
from simulator.rules.slurm.running_kernel import copy_free
from simulator.rules.slurm.state_kernel import (
    ABLE,
    CHANGES,
    CPUS,
    FIT_SETS,
    FREE_NOW,
    GPUS,
    MEMORY,
    NOT_YET,
    Asks,
    Fits,
    Live,
    Scratch,
    Site,
)

NOW, LATER = 0, 1
"""Rows of ``Fits.made``."""
_ONE = np.int64(1)


@kernel_apart
def _take_row(site: Site, asks: Asks, job: int, fits: Fits) -> None:
    """Give a row to the ask of a job, in turn, and note which nodes are able."""
    row = fits.next[0]
    fits.next[0] = (row + 1) % len(fits.owner)
    fits.owner[row], fits.row[fits.ask[job]] = fits.ask[job], row
    fits.made[NOW, row], fits.made[LATER, row] = -1, -1
    able = row * FIT_SETS + ABLE
    clear(fits.sets, able)
    for node in range(site.has.shape[1]):
        enough = site.has[CPUS, node] >= asks.cpus[job]
        if enough and site.has[MEMORY, node] >= asks.memory[job]:
            put(fits.sets, able, node)


@kernel_apart
def _look_now(site: Site, asks: Asks, live: Live, job: int, row: int, fits: Fits) -> None:
    now = row * FIT_SETS + FREE_NOW
    clear(fits.sets, now)
    for node in range(site.has.shape[1]):
        if offer(site, asks, job, live.free, node) > 0:
            put(fits.sets, now, node)
    fits.made[NOW, row] = live.counts[CHANGES]


@kernel
def row_of(site: Site, asks: Asks, live: Live, job: int, fits: Fits) -> int:
    """The row of a job's ask; its sets are those of this instant."""
    ask = fits.ask[job]
    if fits.owner[fits.row[ask]] != ask:
        _take_row(site, asks, job, fits)
    row = fits.row[ask]
    if fits.made[NOW, row] != live.counts[CHANGES]:
        _look_now(site, asks, live, job, row, fits)
    return row


@kernel_apart
def look_ahead(site: Site, asks: Asks, live: Live, job: int, row: int, scratch: Scratch) -> None:
    """Note whose end makes each node fit on which a job does not fit now."""
    fits, free, held = scratch.fits, scratch.free, live.nodes
    if fits.made[LATER, row] == live.counts[CHANGES]:
        return
    sets, able, left_out = fits.sets, row * FIT_SETS + ABLE, row * FIT_SETS + NOT_YET
    copy(sets, left_out, sets, able)
    take_out(sets, left_out, sets, row * FIT_SETS + FREE_NOW)
    copy_free(live, free)
    count, missing = 0, size(sets, left_out)
    for place in range(live.counts[0]):
        if count == missing:
            break
        slot = live.order[place]
        other = live.row[slot]
        for word in range(held.shape[1]):
            left = np.int64(held[slot, word] & sets[left_out, word])
            while left != 0:
                bit = zeros_below(left)
                node = word * 64 + bit
                left &= ~(_ONE << bit)
                free[CPUS, node] += asks.cpus[other]
                free[MEMORY, node] += asks.memory[other]
                free[GPUS, node] += asks.gpus[other]
                if offer(site, asks, job, free, node) > 0:
                    drop(sets, left_out, node)
                    fits.node[row, count], fits.place[row, count] = node, place
                    count += 1
    fits.coming[row] = count
    fits.made[LATER, row] = live.counts[CHANGES]
