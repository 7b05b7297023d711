"""A moment of a real Slurm: its settings, its tables, and the rule that is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.cluster.machine import Machine, machine_of
from simulator.cluster.models import Nodes
from simulator.errors import InputError, Place
from simulator.rules.ordering.multifactor import Multifactor
from simulator.scenario.from_slurm.check import checked
from simulator.scenario.from_slurm.translate import read_cluster, translate
from simulator.slurm.jobs import SACCT, SACCT_FORM, read_sacct
from simulator.slurm.priorities import COLUMNS, read_priorities
from simulator.slurm.shares import read_shares
from simulator.slurm.text import lines_of

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.rules.models import Rule
    from simulator.slurm.jobs import Accounted
    from simulator.slurm.priorities import Priority
    from simulator.slurm.shares import Share

TABLES = {
    "slurm.conf": "copy it from the cluster",
    "assoc.psv": "sacctmgr show assoc -P format=Cluster,Account,ParentName,User,Share,LFT",
    "qos.psv": "sacctmgr show qos -P",
    "sshare.psv": "sshare -a -l -P",
    "sprio.psv": "sprio -h -o …",
    "sacct.psv": SACCT_FORM.command,
}
"""Files of a snapshot, and how each is made; ``partitions.txt`` and ``sprio.psv.header`` may be
there too."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was printed at one moment, and the rule of that cluster."""

    folder: Path
    rule: Rule
    order: Multifactor
    machine: Machine
    shares: list[Share]
    priorities: list[Priority]
    jobs: dict[int, Accounted]
    """Jobs of sacct by number."""


def snapshots(folder: Path) -> list[Path]:
    """The folder itself, if it is a snapshot, else those in it.

    Raises InputError where there is none.
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {str(folder)!r}", right="give a folder of snapshots")
    inner = sorted(each for each in folder.iterdir() if (each / "sshare.psv").is_file())
    if (folder / "sshare.psv").is_file() or not inner:
        return [folder]
    return inner


def read_snapshot(folder: Path) -> Snapshot:
    """Read a snapshot and make the rule of it.

    Raises InputError, with file and line, for a table that is missing or broken, and for a cluster
    whose priority is not multifactor.
    """
    for name, how in TABLES.items():
        if not (folder / name).is_file():
            raise InputError(f"the snapshot has no {name}", right=how, place=Place(folder))
    shown = folder / "partitions.txt"
    cluster = read_cluster(
        folder / "slurm.conf",
        folder / "assoc.psv",
        folder / "qos.psv",
        shown if shown.is_file() else None,
    )
    scenario = checked(translate(cluster).text, folder / "slurm.conf")
    rule = scenario.rules["slurm"]
    if not isinstance(rule.ordering, Multifactor) or not isinstance(scenario.cluster, Nodes):
        raise InputError(
            "the cluster has no factors to compare",
            right="PriorityType=priority/multifactor",
            place=Place(folder / "slurm.conf"),
        )
    return Snapshot(
        folder,
        rule,
        rule.ordering,
        machine_of(scenario.cluster, folder),
        read_shares(folder / "sshare.psv"),
        read_priorities(folder / "sprio.psv", _columns(folder)),
        {each.job: each for each in read_sacct(folder / "sacct.psv", _sacct(folder))},
    )


def _columns(folder: Path) -> tuple[str, ...]:
    header = folder / "sprio.psv.header"
    return tuple(lines_of(header)[0].split("|")) if header.is_file() else COLUMNS


def _sacct(folder: Path) -> tuple[str, ...] | None:
    """Names of columns, unless the table has them itself."""
    lines = lines_of(folder / "sacct.psv")
    return None if lines and "JobID" in lines[0].split("|") else SACCT
