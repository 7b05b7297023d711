"""What a centre's folder must hold, and how each file is got."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulator.errors import InputError, Place
from simulator.slurm.logs.accounted import COMMAND

LOGS = {
    "slurmctld.log": "copy SlurmctldLogFile",
    "sched.log": "copy SlurmSchedLogFile; it needs SlurmSchedLogLevel=1",
}
TABLES = {
    "sacct.psv": COMMAND,
    "assoc.psv": "sacctmgr show assoc -P format=Cluster,Account,ParentName,User,Partition,Share,"
    "Priority,LFT,QOS",
    "qos.psv": "sacctmgr show qos -P",
    "config.txt": "scontrol show config",
    "slurm.conf": "copy it, with the files that it includes",
}
BESIDE = ("nodes.txt", "partitions.txt", "gres.conf")
"""Files that are taken along where they are there."""
PACKED = ("", ".gz", ".zst")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with everything needed, plain or packed."""

    path: Path
    files: dict[str, Path]
    """Name without its packing → file."""

    def place(self, name: str) -> Place:
        """Where a file lies."""
        return Place(self.files[name])


def find_files(path: Path) -> Folder:
    """The files of a centre's folder.

    Raises InputError for what is no folder, and for one that lacks a file: the message tells of
    each how to get it.
    """
    if not path.is_dir():
        raise InputError(f"there is no folder {str(path)!r}", right="give a folder of files")
    found: dict[str, Path] = {}
    missing: list[InputError] = []
    for name, how in (LOGS | TABLES).items():
        file = _file(path, name)
        if file is None:
            missing.append(InputError(f"there is no {name}", right=how, place=Place(path)))
        else:
            found[name] = file
    if missing:
        first = missing[0]
        raise InputError(first.what, right=first.right, place=first.place, others=missing[1:])
    found |= {name: file for name in BESIDE if (file := _file(path, name)) is not None}
    return Folder(path, found)


def _file(path: Path, name: str) -> Path | None:
    for packing in PACKED:
        if (path / f"{name}{packing}").is_file():
            return path / f"{name}{packing}"
    return None
