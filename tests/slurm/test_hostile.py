"""Tables cut anywhere or with bytes changed: read as something, or refused with the file's name."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.scenario.from_slurm.check import checked
from simulator.scenario.from_slurm.translate import read_cluster, translate
from simulator.slurm.associations import read_associations
from simulator.slurm.jobs import SACCT, read_sacct, read_squeue
from simulator.slurm.machine import read_shown_partitions
from simulator.slurm.priorities import read_priorities
from simulator.slurm.qos import read_qos
from simulator.slurm.shares import read_shares
from tests.slurm.folders import SNAPSHOTS, each

PENDING = [folder for folder in SNAPSHOTS if folder.name == "04-pending-hl7d"]
READERS = {
    "assoc.psv": lambda path: read_associations(path, "oracle"),
    "qos.psv": read_qos,
    "sshare.psv": read_shares,
    "sprio.psv": read_priorities,
    "sacct.psv": lambda path: read_sacct(path, SACCT),
    "squeue.psv": read_squeue,
    "partitions.txt": read_shown_partitions,
    "slurm.conf": lambda path: checked(translate(read_cluster(path)).text, path),
}
SIGNS = b"|=,[]-#\\\"\n \t\0:0a\xff\xd0%{}'!&*/"


def broken(data: bytes, rng: random.Random) -> bytes:
    """Cut, or with some bytes changed, dropped or doubled."""
    if rng.random() < 0.3:
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed))
        match rng.randrange(3):
            case 0:
                changed[at] = rng.choice(SIGNS)
            case 1:
                del changed[at : at + rng.randint(1, 20)]
            case _:
                changed[at:at] = changed[at : at + rng.randint(1, 20)]
    return bytes(changed)


@each(PENDING)
@pytest.mark.parametrize("name", READERS)
def test_whatever_is_broken_is_no_fault_of_ours(folder: Path, name: str, tmp_path: Path):
    rng = random.Random(name)
    data = (folder / name).read_bytes()
    path = tmp_path / name
    places = []
    for _ in range(60):
        path.write_bytes(broken(data, rng))
        try:
            READERS[name](path)
        except InputError as error:
            places.append(error.place)
    assert len(places) > 10
    assert {place and Path(place.file) for place in places} == {path}
