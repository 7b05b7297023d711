"""Nodes listed one by one in a CSV file, as a data centre publishes them.

Two forms are told apart by the first line: that of Alibaba's openb traces (``sn,cpu_milli,
memory_mib,gpu,model``: thousandths of a CPU, MiB) and a plain one, whose columns are those of
COLUMNS: ``name`` and ``gpus`` at least, in any order.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.cluster.hardware.models import MOST_GPUS
from simulator.errors import InputError, Place, nearest
from simulator.files import read_bytes
from simulator.slurm.hostlist import MOST_NODES

if TYPE_CHECKING:
    from pathlib import Path

OPENB = ("sn", "cpu_milli", "memory_mib", "gpu", "model")
COLUMNS = ("name", "cpus", "memory_mib", "gpus", "gpu_type", "leaf")
LARGEST = 2**40


@dataclass(frozen=True, slots=True)
class Listed:
    """A node of a list."""

    name: str
    cpus: int | None
    memory: int | None
    """Bytes."""
    gpus: int
    gpu_type: str
    """Empty without GPUs."""
    leaf: str
    """Empty where the list states none."""

    @property
    def kind(self) -> str:
        """What its class is called, unless nodes of other CPUs or memory are called so too."""
        return f"{self.gpu_type}x{self.gpus}" if self.gpus else "cpu"


def read_nodes(path: Path) -> list[Listed]:
    """The nodes in the file's order.

    Raises InputError, with line and column, for a file that is no such list, a value that cannot be
    used and a node that is named twice.
    """
    data, _ = read_bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("not a node list: it is not text", place=Place(path)) from None
    lines = text.splitlines()
    header = _header(lines[0] if lines else "", Place(path, 1))
    nodes: dict[str, Listed] = {}
    first: dict[str, int] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        row = _Row(line, header, Place(path, number))
        node = _openb(row) if header == OPENB else _plain(row)
        if node.name in nodes:
            raise InputError(
                f"the node {node.name!r} is named twice",
                right=f"the first is in line {first[node.name]}; take one out",
                place=row.place("sn" if header == OPENB else "name"),
            )
        nodes[node.name], first[node.name] = node, number
    if not nodes:
        raise InputError("a machine of no nodes", right="one line a node", place=Place(path))
    if len(nodes) > MOST_NODES:
        what = f"{len(nodes):,} nodes are too many"
        raise InputError(what, right=f"at most {MOST_NODES:,}", place=Place(path))
    return list(nodes.values())


def _header(line: str, place: Place) -> tuple[str, ...]:
    names = tuple(name.strip() for name in line.split(","))
    if names == OPENB:
        return names
    right = f"the first line is {','.join(OPENB)}, or names columns of {', '.join(COLUMNS)}"
    for index, name in enumerate(names):
        if name not in COLUMNS:
            what = f"a node list has no column {name!r}"
            if not set(names) & set(COLUMNS):
                raise InputError("not a node list", right=right, place=place)
            raise InputError(what, right=nearest(name, COLUMNS), place=place)
        if name in names[:index]:
            raise InputError(f"the column {name!r} stands there twice", place=place)
    lacking = {"name", "gpus"} - set(names)
    if lacking:
        raise InputError(f"the column {min(lacking)!r} is missing", right=right, place=place)
    return names


class _Row:
    """A line of the file, its fields by column."""

    def __init__(self, line: str, header: tuple[str, ...], place: Place) -> None:
        self.line, self.header, self.where = line, header, place
        fields = [field.strip() for field in next(csv.reader([line]))]
        if len(fields) != len(header):
            raise InputError(
                f"a node of {len(fields)} fields",
                right=f"the first line names {len(header)}",
                place=place,
            )
        self.fields = dict(zip(header, fields, strict=True))

    def place(self, column: str) -> Place:
        before = ",".join(list(self.fields.values())[: self.header.index(column)])
        return Place(self.where.file, self.where.line, len(before) + (2 if before else 1))

    def text(self, column: str) -> str:
        return self.fields.get(column, "")

    def number(self, column: str, most: int = LARGEST) -> int | None:
        """A whole number ≥ 0; None if it is empty or there is no such column."""
        text = self.text(column)
        if not text:
            return None
        if not (text.isascii() and text.isdigit()) or int(text[:20]) > most:
            raise InputError(
                f"{column} {text[:40]!r} cannot be used",
                right=f"a whole number from 0 to {most:,}",
                place=self.place(column),
            )
        return int(text)


def _openb(row: _Row) -> Listed:
    milli = row.number("cpu_milli")
    if milli is not None and milli % 1000:
        raise InputError(
            f"cpu_milli {row.text('cpu_milli')!r} is no whole number of CPUs",
            right="thousandths, like 32000",
            place=row.place("cpu_milli"),
        )
    return _node(
        row,
        row.text("sn"),
        cpus=None if milli is None else milli // 1000,
        memory=row.number("memory_mib"),
        gpus=row.number("gpu", MOST_GPUS) or 0,
        gpu_type=row.text("model"),
        columns=("sn", "model"),
    )


def _plain(row: _Row) -> Listed:
    gpus = row.number("gpus", MOST_GPUS)
    return _node(
        row,
        row.text("name"),
        cpus=row.number("cpus"),
        memory=row.number("memory_mib"),
        gpus=gpus or 0,
        gpu_type=row.text("gpu_type") or ("gpu" if gpus else ""),
        columns=("name", "gpu_type"),
    )


def _node(
    row: _Row,
    name: str,
    *,
    cpus: int | None,
    memory: int | None,
    gpus: int,
    gpu_type: str,
    columns: tuple[str, str],
) -> Listed:
    if not name:
        raise InputError("a node without a name", place=row.place(columns[0]))
    if bool(gpus) != bool(gpu_type):
        what = f"{gpus} GPUs of no type" if gpus else f"GPUs of type {gpu_type!r}, but none there"
        raise InputError(what, right="state both or neither", place=row.place(columns[1]))
    if "leaf" in row.header and not row.text("leaf"):
        raise InputError("a node without a leaf", place=row.place("leaf"))
    return Listed(
        name, cpus, None if memory is None else memory * 2**20, gpus, gpu_type, row.text("leaf")
    )
