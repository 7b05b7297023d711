"""The typical mix of requests: what types there are, and how many jobs are of each."""

from __future__ import annotations

import numpy as np

from simulator.kernels.grid import (
    ALLOWED,
    EXCLUSIVE,
    GPUS,
    JOBS,
    MIX_COLUMNS,
    SLICES,
    Mix,
    Requests,
    Site,
)
from simulator.kernels.state import Ints


def mix_of(requests: Requests, site: Site, rows: Ints, types: int) -> Mix:
    """The most frequent types of request among the jobs in ``rows`` that ask for GPUs or slices.

    A type is what a job asks of one node: GPUs or slices, CPUs, memory, which nodes it may use, and
    whether it wants them whole. Of types with as many jobs the one submitted first comes first.
    """
    rows = rows[(requests.gpus[rows] > 0) | (requests.slices[rows] > 0)]
    table = np.stack(
        [
            requests.gpus[rows],
            requests.slices[rows],
            requests.cpus[rows],
            requests.memory[rows],
            requests.allowed[rows],
            requests.exclusive[rows].astype(np.int64),
        ],
        axis=1,
    )
    first, jobs = _distinct(table)
    chosen = np.lexsort((first, -jobs))[:types]
    kinds = np.empty((len(chosen), MIX_COLUMNS), np.int64)
    kinds[:, JOBS], kinds[:, JOBS + 1 :] = jobs[chosen], table[first[chosen]]
    return Mix(kinds, _useless(kinds, site), np.zeros(len(kinds), np.int64))


def no_mix() -> Mix:
    """For a placement that asks for none."""
    none = np.zeros(0, np.int64)
    return Mix(none.reshape(0, MIX_COLUMNS), none.reshape(0, 0), none)


def _distinct(table: Ints) -> tuple[Ints, Ints]:
    """The first row of each distinct one, and how many there are of it."""
    codes = np.zeros(len(table), np.int64)
    for column in table.T:
        values, code = np.unique(column, return_inverse=True)
        _, codes = np.unique(codes * len(values) + code.reshape(-1), return_inverse=True)
        codes = codes.reshape(-1).astype(np.int64)
    _, first, jobs = np.unique(codes, return_index=True, return_counts=True)
    return first.astype(np.int64), jobs.astype(np.int64)


def _useless(kinds: Ints, site: Site) -> Ints:
    """(nodes, most GPUs + 1): jobs that could use none of so many free GPUs, by these alone."""
    free = np.arange(int(site.gpus.max(initial=0)) + 1)
    useless = np.zeros((len(site.gpus), len(free)), np.int64)
    for kind in kinds:
        least = max(int(kind[GPUS]), min(int(kind[SLICES]), 1))
        wanted = np.maximum(least, site.gpus) if kind[EXCLUSIVE] else np.full(len(site.gpus), least)
        closed = site.allowed[kind[ALLOWED]] == 0
        useless += kind[JOBS] * (closed[:, np.newaxis] | (free < wanted[:, np.newaxis]))
    return useless
