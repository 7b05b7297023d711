"""From a centre's folder to the folder of a recording: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.files import read_bytes
from simulator.slurm.associations import read_associations
from simulator.slurm.lines import included_files
from simulator.slurm.logs.accounted import read_accounted
from simulator.slurm.logs.check import refuse_other_zone, refuse_silent
from simulator.slurm.logs.controller import read_controller
from simulator.slurm.logs.folder import BESIDE, TABLES, Folder, find_files
from simulator.slurm.logs.gather import Gathered, gather
from simulator.slurm.logs.main_passes import read_scheduler_log
from simulator.slurm.logs.settings import (
    read_config,
    refuse_other,
    refuse_quiet,
)
from simulator.slurm.logs.shapes import Shapes
from simulator.slurm.logs.shown import nodes_away, refuse_other_partitions
from simulator.slurm.logs.stamps import Stamps
from simulator.slurm.logs.terms import terms_of
from simulator.slurm.logs.typed import recording_of
from simulator.slurm.logs.write import write_tables
from simulator.slurm.recording.checks import refuse_contradictions
from simulator.slurm.recording.cluster import read_cluster

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

PROVED = "22.05"
"""The version whose sources the lines were read in, and whose recordings come out again."""
LEFT_OUT = "lines_not_known.txt"


@dataclass(frozen=True, slots=True)
class Made:
    """What was made, and what is to be said of it."""

    jobs: int
    runs: int
    main: int
    backfill: int
    lines: int
    version: str
    unknown: dict[str, Shapes]
    """By log: lines that are not known."""
    remarks: list[str]


def make_recording(source: Path, target: Path, zone: tzinfo) -> Made:
    """Read a centre's folder and write the folder of a recording.

    ``zone``: of the times in the files. Raises InputError, with file and line, for a folder that
    lacks files, logs that are cut, that lack the lines needed or contradict sacct, and a target
    that is there already; then nothing is written.
    """
    if target.exists():
        raise InputError("the folder is there already", right="name a new one", place=Place(target))
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {str(target.parent)!r}", right="make it first")
    folder = find_files(source)
    part = target.parent / f".{target.name}.{os.getpid()}.part"
    try:
        part.mkdir()
    except OSError as error:
        raise InputError(
            f"{str(target)!r} cannot be written: {error.strerror}", right="name another folder"
        ) from None
    try:
        _copy(folder, part)
        made = _make(folder, part, Stamps(zone))
        os.replace(part, target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return made


def _copy(folder: Folder, part: Path) -> None:
    """The files that belong to a recording as they are, unpacked."""
    for name in (*TABLES, *BESIDE):
        if name in folder.files and name != "sacct.psv":
            (part / name).write_bytes(read_bytes(folder.files[name])[0])
    for file in included_files(folder.files["slurm.conf"]):
        if file.is_relative_to(folder.path):  # what lies elsewhere is found there again
            copy = part / file.relative_to(folder.path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())


def _make(folder: Folder, part: Path, stamps: Stamps) -> Made:
    files, unknown = folder.files, {name: Shapes() for name in ("slurmctld.log", "sched.log")}
    config = read_config(files["config.txt"])
    refuse_quiet(config)
    cluster = read_cluster(folder.path)
    refuse_other(config, cluster)
    away = nodes_away(files["nodes.txt"], cluster) if "nodes.txt" in files else []
    if "partitions.txt" in files:
        refuse_other_partitions(files["partitions.txt"], cluster)
    read_associations(files["assoc.psv"])
    accounted = read_accounted(files["sacct.psv"], stamps)
    scheduler = read_scheduler_log(files["sched.log"], stamps, unknown["sched.log"])
    found = read_controller(
        files["slurmctld.log"], scheduler, accounted, stamps, unknown["slurmctld.log"]
    )
    refuse_silent(found)
    refuse_other_zone(found, cluster.parameters["bf_window"])
    gathered = gather(accounted, found)
    refuse_contradictions(recording_of(gathered, cluster))
    write_tables(gathered, terms_of(cluster), part)
    _write_unknown(unknown, part)
    version = found.version or config["slurm_version"][0]
    return Made(
        jobs=len(gathered.jobs),
        runs=len(gathered.runs),
        main=len(found.passes) - len(found.backfills.passes),
        backfill=len(found.backfills.passes),
        lines=scheduler.lines + found.lines,
        version=version,
        unknown=unknown,
        remarks=[*away, *_remarks(gathered, version)],
    )


def _write_unknown(unknown: dict[str, Shapes], part: Path) -> None:
    lines = [
        f"{count}\t{log}:{line}\t{shape}\n"
        for log, shapes in unknown.items()
        for shape, count, line in shapes.most()
    ]
    (part / LEFT_OUT).write_text("".join(lines), encoding="utf-8")


def _remarks(gathered: Gathered, version: str) -> list[str]:
    found = gathered.found
    said = [
        f"{count:,} {what}; the first at {found.place(line)}"
        for what, (count, line) in found.remarks.items()
    ]
    if not version.startswith(PROVED):
        said.append(
            f"Slurm {version}: its lines are read as {PROVED} writes them, which is proved of"
            f" {PROVED} alone; {LEFT_OUT} shows what was not understood"
        )
    if found.stopped is not None:
        said.append(
            f"the recording ends where {found.scheduler.path.name} does, at"
            f" {found.place(found.stopped)}"
        )
    again = sum(each.again for each in found.backfills.passes)
    if again:
        said.append(
            f"{again:,} times that backfill looked at a job once more in a pass, of an array or in"
            " another partition, of which the tables have the first"
        )
    early = sum(not run.pass_id for run in gathered.runs)
    if early:
        said.append(
            f"{early:,} jobs had started before the logs begin or without a pass: priorities differ"
            " until the usage of that time has faded"
        )
    return said
