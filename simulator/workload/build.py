"""From the workload of a scenario to jobs that are ready to run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from simulator.errors import InputError, Place
from simulator.workload.calendar import unix_time
from simulator.workload.catalogue import locate
from simulator.workload.load_scaling import add_users, resize
from simulator.workload.models import Log, Scale
from simulator.workload.readers import by_content
from simulator.workload.steps import Step
from simulator.workload.synthetic.generate import generate
from simulator.workload.transform import classify, select

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.streams import Streams
    from simulator.workload.columns import Jobs
    from simulator.workload.recorded import Recorded
    from simulator.workload.synthetic.models import Synthetic

TIME_ZONE = "Asia/Almaty"
EPOCH = datetime(2027, 1, 4)  # a Monday
"""Instant 0, in local time, where neither scenario nor log state it."""


@dataclass(frozen=True, slots=True)
class Built:
    """The jobs of one replication, and what they stand on."""

    jobs: Jobs
    """In the order of submission."""
    epoch: int
    """Unix time of instant 0."""
    time_zone: str
    capacity: int | None
    """Machine size that the log states, resized where the scenario scales by machine."""
    steps: tuple[Step, ...]
    """What was done to the data, and what is assumed."""
    files: dict[str, str]
    """Name of each file that was read → its SHA-256."""


def build(
    workload: Log | Synthetic,
    *,
    capacity: int | None,
    streams: Streams,
    base: Path,
    epoch: int | None,
    time_zone: str | None,
) -> Built:
    """The jobs of a workload.

    ``capacity``, ``epoch`` and ``time_zone`` are the scenario's, if it states them; ``base`` is the
    folder that the scenario's paths start from. Jobs larger than the machine stay: the engine
    refuses and lists them. Raises InputError for whatever cannot be read or made.
    """
    if isinstance(workload, Log):
        return _from_log(workload, capacity, streams, base, calendar=(epoch, time_zone))
    if capacity is None:
        raise InputError(
            "a synthetic workload needs the size of the machine", right="give cluster.capacity"
        )
    zone = time_zone or TIME_ZONE
    start = unix_time(EPOCH, zone) if epoch is None else epoch
    jobs, steps = generate(
        workload, capacity=capacity, epoch=start, time_zone=zone, streams=streams
    )
    return Built(jobs, start, zone, None, steps, {})


def _from_log(
    workload: Log,
    capacity: int | None,
    streams: Streams,
    base: Path,
    *,
    calendar: tuple[int | None, str | None],
) -> Built:
    path, entry = locate(workload.trace, base)
    walltime = None if workload.missing_walltime == "run_time" else workload.missing_walltime
    recorded = by_content.read(
        path, size=workload.size, missing_walltime=walltime, outcomes=workload.outcomes
    )
    zone, start, steps = _calendar(recorded, *calendar, path)
    size = recorded.capacity
    if size is None and entry is not None and entry.capacity is not None:
        size = entry.capacity
        steps.append(Step("machine_size", size, "units: as published, the log does not state it"))
    recorded, chosen = select(recorded, workload.keep, workload.drop, workload.window)
    steps += chosen
    jobs = recorded.jobs
    if workload.classes is not None:
        jobs, step = classify(recorded, workload.classes)
        steps.append(step)
    if workload.scale is not None:
        jobs, size, step = _scaled(workload.scale, jobs, size, capacity, streams)
        steps.append(step)
    files = {path.name: recorded.digest}
    return Built(jobs, start, zone, size, (*recorded.steps, *steps), files)


def _calendar(
    recorded: Recorded, epoch: int | None, time_zone: str | None, path: Path
) -> tuple[str, int, list[Step]]:
    """Time zone and epoch: the scenario's, else the log's, else the defaults, which are told."""
    steps = []
    zone = time_zone or recorded.time_zone
    if zone is None:
        zone = TIME_ZONE
        steps.append(Step("time_zone", 1, f"the log states none: {zone} is assumed"))
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise InputError(
            f"the log's TimeZoneString {zone!r} is no known time zone",
            right="state time_zone in the scenario, like Asia/Almaty",
            place=Place(path),
        ) from None
    start = recorded.epoch if epoch is None else epoch
    if start is None:
        start = unix_time(EPOCH, zone)
        steps.append(
            Step("epoch", 1, f"the log states none: it is taken to start on {EPOCH:%Y-%m-%d}")
        )
    return zone, start, steps


def _scaled(
    scale: Scale, jobs: Jobs, size: int | None, capacity: int | None, streams: Streams
) -> tuple[Jobs, int | None, Step]:
    if scale.by == "users":
        jobs, step = add_users(jobs, scale.load, streams)
        return jobs, size, step
    if capacity is not None:
        raise InputError(
            f"scale by machine and a cluster of {capacity:,} contradict each other",
            right="leave cluster.capacity out, or give the other machine size there",
        )
    if size is None:
        raise InputError(
            "scale by machine needs the machine's size, and the log does not state it",
            right="give the other machine size as cluster.capacity, without scale",
        )
    resized, step = resize(size, scale.load)
    return jobs, resized, step
