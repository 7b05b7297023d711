"""When each job waited and when it ran, attempt by attempt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.metrics.arrays import Ints, among, order_of

if TYPE_CHECKING:
    from simulator.metrics.measured import Measured


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals [start, end), s, each of the job in row ``job``."""

    job: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True, slots=True)
class Spells:
    """The waiting and the running of a run's counted jobs."""

    ran: Intervals
    """Attempts; one that still runs at the horizon ends there."""
    lost: Ints
    """GPU-seconds lost by each of ``ran``."""
    waited: Intervals
    """From submission, or the end of an attempt, until the next attempt or the horizon."""
    last_start: Ints
    """One a job: start of its last attempt; the horizon, the earliest possible, while it waits."""
    last_length: Ints
    """One a job: length of its last attempt, s; 0 if there is none."""


def spells(measured: Measured) -> Spells:
    """Read them from the attempts of a run."""
    table = measured.attempts
    position, attempt = table["position"].to_numpy(), table["attempt"].to_numpy()
    order = order_of(position * (attempt.max(initial=0) + 1) + attempt)
    job = position[order]
    start = table["start"].to_numpy()[order]
    end = table["end"].fill_null(measured.horizon).to_numpy()[order]
    is_last = np.append(job[1:] != job[:-1], True) if len(job) else np.empty(0, np.bool_)

    free_since = measured.submit[job]
    again = np.flatnonzero(~is_last) + 1
    free_since[again] = end[again - 1]

    submit = measured.submit
    last_start = np.full(len(submit), measured.horizon)
    last_length = np.zeros(len(submit), np.int64)
    last_start[job[is_last]] = start[is_last]
    last_length[job[is_last]] = (end - start)[is_last]

    back = among(measured.reason, ["requeued", "preempted"])[order]
    left = measured.counted.copy()
    left[job[is_last & ~(back & measured.in_state("unfinished")[job])]] = False
    waiting = np.flatnonzero(left)
    waiting_since = submit.copy()
    waiting_since[job[is_last]] = end[is_last]
    last_start[waiting] = measured.horizon
    return Spells(
        ran=Intervals(job, start, end),
        lost=table["lost_gpu_seconds"].to_numpy()[order],
        waited=Intervals(
            np.concatenate([job, waiting]),
            np.concatenate([free_since, waiting_since[waiting]]),
            np.concatenate([start, np.full(len(waiting), measured.horizon)]),
        ),
        last_start=last_start,
        last_length=last_length,
    )
