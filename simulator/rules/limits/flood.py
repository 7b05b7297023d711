"""Groups of which only the first waiting jobs are looked at, or that may submit few at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.kernels.limits import NO_FLOODS, NO_LINES, NONE, UNLIMITED, Floods, Lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.workload.columns import Ints


def array_sizes(array: Ints) -> Ints:
    """How many jobs (n,) the array of each job has; 0 for jobs of none."""
    _, which, count = np.unique(array, return_inverse=True, return_counts=True)
    return np.where(array < 0, 0, count[which])


def _by_group(columns: Sequence[Ints], wanted: Ints) -> tuple[Ints, Ints, Ints]:
    """Positions of the jobs of each wanted group, one group after the other, and where each begins
    and ends.

    ``columns``: (jobs,) each, the group of each job, or NONE; groups of later ones are higher.
    ``wanted``: (groups,) UNLIMITED for those that are not.
    """
    counts = np.zeros(len(wanted), np.int64)
    pieces = [np.empty(0, np.int64)]
    for which in columns:
        there = np.flatnonzero((which != NONE) & (wanted[which] < UNLIMITED))
        pieces.append(there[np.argsort(which[there], kind="stable")])
        counts += np.bincount(which[there], minlength=len(wanted))
    end = np.cumsum(counts)
    return end - counts, end, np.concatenate(pieces)


def lines_of(columns: Sequence[Ints], groups: int, eligible: Mapping[int, int]) -> Lines:
    """``eligible``: how many jobs of some of the groups are looked at."""
    if not eligible:
        return NO_LINES
    most = np.array([eligible.get(group, UNLIMITED) for group in range(groups)], np.int64)
    begin, end, members = _by_group(columns, most)
    through, counted = np.full(groups, NONE, np.int64), np.zeros(groups, np.int64)
    return Lines(most, begin, end, members, begin.copy(), through, counted)


def floods_of(
    columns: Sequence[Ints], groups: int, submitted: Mapping[int, tuple[int, int]]
) -> Floods:
    """``submitted``: how many jobs some of the groups may submit within how many seconds."""
    if not submitted:
        return NO_FLOODS
    said = [submitted.get(group, (UNLIMITED, 0)) for group in range(groups)]
    most, within = np.ascontiguousarray(np.array(said, np.int64).T)
    begin, _, members = _by_group(columns, most)
    return Floods(most, within, np.zeros_like(members), begin, begin.copy())
