"""Tables of a recording that contradict one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.slurm.recording.rows import STARTED

if TYPE_CHECKING:
    from simulator.slurm.recording.recording import Recording
    from simulator.slurm.recording.rows import Job, Looked, Planned, Run

RIGHT = "make the tables again, all from the logs of one slurmctld"


def refuse_contradictions(recording: Recording) -> None:
    """Raise InputError, with file and line, for what cannot all be true."""
    _know_names(recording)
    _know_passes(recording)
    _runs_follow(recording)
    _know_starts(recording)
    _nodes_hold(recording)


def _wrong(what: str, place: Place) -> InputError:
    return InputError(what, right=RIGHT, place=place)


def _know_names(recording: Recording) -> None:
    for job in recording.jobs.values():
        if job.partition not in recording.cluster.partitions:
            raise _wrong(f"slurm.conf has no partition {job.partition!r}", job.place)
        if job.qos not in recording.cluster.qualities:
            raise _wrong(f"qos.psv has no {job.qos!r}", job.place)
        if job.cpus % job.nodes or job.memory % job.nodes:
            raise _wrong(f"job {job.job} has not the same on each of its nodes", job.place)
    for run in recording.runs:
        _know_nodes(recording, run.nodes, run.place)
        _know_job(recording, run.job, run.place)
        asked = recording.jobs[run.job].nodes
        if len(set(run.nodes)) != asked:
            what = f"job {run.job} ran on {len(run.nodes)} nodes, asked for {asked}"
            raise _wrong(what, run.place)
    for row in recording.priorities:
        _know_job(recording, row.job, row.place)
    for made in recording.reservations:
        _know_nodes(recording, made.nodes, Place(recording.folder / "reservation.json"))


def _know_job(recording: Recording, job: int, place: Place) -> None:
    if job not in recording.jobs:
        raise _wrong(f"jobs.csv has no job {job}", place)


def _know_nodes(recording: Recording, names: tuple[str, ...], place: Place) -> None:
    for name in names:
        if name not in recording.cluster.numbers:
            raise _wrong(f"slurm.conf has no node {name!r}", place)


def _know_passes(recording: Recording) -> None:
    kinds: dict[int, str] = {}
    before = None
    for each in recording.passes:
        if each.number in kinds:
            raise _wrong(f"pass {each.number} stands there twice", each.place)
        if before is not None and each.begin_ms < before:
            raise _wrong(f"pass {each.number} begins before the one above it", each.place)
        kinds[each.number], before = each.kind, each.begin_ms
    for number, looked in recording.looked.items():
        _know_rows(recording, "main", number, kinds, looked)
    for number, planned in recording.planned.items():
        _know_rows(recording, "backfill", number, kinds, planned)


def _know_rows(
    recording: Recording,
    kind: str,
    number: int,
    kinds: dict[int, str],
    rows: list[Looked] | list[Planned],
) -> None:
    if kinds.get(number) != kind:
        raise _wrong(f"passes.csv has no {kind} pass {number}", rows[0].place)
    seen: set[int] = set()
    for row in rows:
        _know_job(recording, row.job, row.place)
        if row.job in seen:
            raise _wrong(f"job {row.job} stands twice in pass {number}", row.place)
        _know_nodes(recording, row.nodes, row.place)
        seen.add(row.job)


def _know_starts(recording: Recording) -> None:
    """What a pass started is what ran by it, and what its rows say."""
    runs = {(run.pass_id, run.job): run for run in recording.runs}
    for each in recording.passes:
        rows: list[Looked] | list[Planned] = recording.looked.get(
            each.number, []
        ) or recording.planned.get(each.number, [])
        said = [row.job for row in rows if row.outcome == STARTED]
        nodes = {row.job: set(row.nodes) for row in rows}
        if said != list(each.started):
            raise _wrong(
                f"pass {each.number} started {list(each.started)}, its rows say {said}", each.place
            )
        for job in each.started:
            run = runs.pop((each.number, job), None)
            if run is None:
                raise _wrong(f"runs.csv has no run of job {job} by that pass", each.place)
            if nodes[job] != set(run.nodes):
                raise _wrong(f"pass {each.number} started job {job} on other nodes", run.place)
    for (number, job), run in runs.items():
        if not number:
            continue
        raise _wrong(f"passes.csv has no start of job {job} in pass {number}", run.place)


def _runs_follow(recording: Recording) -> None:
    """A job runs once at a time."""
    last: dict[int, Run] = {}
    for run in sorted(recording.runs, key=lambda each: each.start_ms):
        earlier = last.get(run.job)
        if earlier is not None and (earlier.end_ms is None or earlier.end_ms > run.start_ms):
            raise _wrong(f"job {run.job} starts while it runs: it starts twice", run.place)
        if run.end_ms is not None and run.end_ms < run.start_ms:
            raise _wrong(f"job {run.job} ends before it starts", run.place)
        last[run.job] = run


def _nodes_hold(recording: Recording) -> None:
    """No node gives more than it has."""
    cluster = recording.cluster
    changes: list[tuple[int, int, Run]] = []
    for run in recording.runs:
        changes.append((run.start_ms, 1, run))
        if run.end_ms is not None:
            changes.append((run.end_ms, 0, run))
    changes.sort(key=lambda each: each[:2])
    used = {node.name: (0, 0, 0) for node in cluster.nodes}
    has = {node.name: (node.cpus, node.memory, node.gpus) for node in cluster.nodes}
    for _, begins, run in changes:
        asks = _asks(recording.jobs[run.job])
        for name in run.nodes:
            sign = 1 if begins else -1
            cpus, memory, gpus = (
                held + sign * each for held, each in zip(used[name], asks, strict=True)
            )
            used[name] = (cpus, memory, gpus)
            over = cpus > has[name][0] or gpus > has[name][2]
            if over or (cluster.memory_counts and memory > has[name][1]):
                raise _wrong(f"node {name} is over-full once job {run.job} starts", run.place)


def _asks(job: Job) -> tuple[int, int, int]:
    return job.cpus // job.nodes, job.memory // job.nodes, job.gpus_per_node
