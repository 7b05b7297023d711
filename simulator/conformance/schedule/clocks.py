"""When a recorded Slurm's clocks struck, and the parameters that they go by."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.conformance.schedule.moment import LAG_MS
from simulator.slurm.amounts import whole

if TYPE_CHECKING:
    from simulator.kernels.state import Ints
    from simulator.slurm.lines import Value
    from simulator.slurm.recording.cluster import Cluster
    from simulator.slurm.recording.recording import Recording

TURN_MS = 1001.45
"""A turn of the loop: ten naps of 0.1 s and its duties; measured."""
EPILOG_MS = 8
"""A pass that begins so soon once an epilog could have asked for it was asked for by it."""
MICROSECONDS = {"sched_min_interval": 2}
SECONDS = {"bf_interval": 30, "sched_interval": 60, "batch_sched_delay": 3}
"""Parameters of the clocks, with the defaults of 22.05."""


def settings_of(recording: Recording) -> dict[str, Any]:
    """The cluster's clocks, as ``backfill: slurm`` says them; in milliseconds, in its phases."""
    cluster, first = recording.cluster, _firsts(recording)
    read = {name: _parameter(cluster, name, default) for name, default in SECONDS.items()}
    least = _parameter(cluster, "sched_min_interval", MICROSECONDS["sched_min_interval"])
    return {
        **{name: f"{value}s" for name, value in read.items()},
        "sched_min_interval": f"{least // 1000}ms",
        "default_queue_depth": cluster.parameters["default_queue_depth"],
        "kill_wait": f"{cluster.kill_wait}s",
        "phases": {"sched_interval": f"{first[0]}s", "limit_check": f"{first[1]}s"},
        "clock": "ms",
    }


def _parameter(cluster: Cluster, name: str, default: int) -> int:
    for word in cluster.conf.words("SchedulerParameters"):
        if word.text.lower().startswith(f"{name}="):
            return _amount(word)
    return default


def _amount(word: Value) -> int:
    return whole(word.text.partition("=")[2], 2**31)


def _firsts(recording: Recording) -> tuple[int, int]:
    """Seconds of the first full pass and of the first look at walltimes."""
    fulls = [each.begin_ms for each in recording.passes if each.depth == "full"]
    checks = [each.time_ms for each in recording.events if each.what == "time_limit_check"]
    return by_slurm(min(fulls)) // 1000, by_slurm(min(checks)) // 1000


def backfills_of(recording: Recording) -> Ints:
    """Ticks at which backfill passes began, by Slurm's own clock."""
    return np.array(
        [by_slurm(each.begin_ms) for each in recording.passes if each.kind == "backfill"], np.int64
    )


def calcs_of(recording: Recording) -> Ints:
    """Ticks at which priorities were calculated."""
    return np.array(
        [each.time_ms for each in recording.events if each.what == "priority_calc"], np.int64
    )


def turns_of(recording: Recording) -> Ints:
    """Ticks of the loop's turns: those recorded, and evenly spaced ones between.

    Looks at walltimes and full passes are the loop's alone, and so is each pass of default depth
    that no epilog has asked for.
    """
    known = [each.time_ms for each in recording.events if each.what == "time_limit_check"]
    epilogs = sorted(each.time_ms for each in recording.events if each.what == "epilog")
    least = _parameter(recording.cluster, "sched_min_interval", 0) // 1000
    before = -least
    for each in recording.passes:
        if each.kind != "main":
            continue
        begin, asked = each.begin_ms, bisect_right(epilogs, each.begin_ms)
        at_once = asked > 0 and begin <= max(epilogs[asked - 1], before + least) + EPILOG_MS
        if each.depth == "full" or not at_once:
            known.append(begin)
        before = begin
    turns = _between(_apart(sorted(known)))
    return np.array([by_slurm(int(tick)) for tick in turns], np.int64)


def by_slurm(tick: int) -> int:
    """A tick by the clock that Slurm reads, which lags a few milliseconds behind the log's."""
    return tick - tick % 1000 - 1 if tick % 1000 < LAG_MS else tick


def _apart(ticks: list[int]) -> list[int]:
    """The first of those that belong to one turn: a look at walltimes comes before the pass."""
    found: list[int] = []
    for tick in ticks:
        if not found or tick - found[-1] > TURN_MS / 2:
            found.append(tick)
    return found


def _between(anchors: list[int]) -> Ints:
    parts = []
    for first, last in pairwise(anchors):
        count = max(round((last - first) / TURN_MS), 1)
        parts.append(first + np.arange(count) * (last - first) // count)
    return np.concatenate([*parts, np.array(anchors[-1:])]).astype(np.int64)
