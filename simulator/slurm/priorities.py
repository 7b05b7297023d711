"""Priorities of waiting jobs, as ``sprio`` prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import InputError
from simulator.slurm.amounts import number, whole
from simulator.slurm.table import Form, Row, rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from simulator.errors import Place

FORMAT = "%i|%r|%u|%Y|%y|%A|%a|%B|%b|%F|%f|%J|%j|%P|%p|%Q|%q|%S|%T|%t|%N"
"""What ``sprio -h -o`` is to be asked for: terms and, beside each, its factor."""
COLUMNS = (
    *("job", "partition", "user", "prio", "prionorm", "age_w", "age", "assoc_w", "assoc"),
    *("fs_w", "fs", "jobsize_w", "jobsize", "part_w", "part", "qos_w", "qos", "site"),
    *("tres_w", "tres", "nice"),
)
"""Names of those columns: ``_w`` is the weighted term."""
TERMS = ("age", "assoc", "fs", "jobsize", "part", "qos")
FORM = Form(f"sprio -h -o '{FORMAT}'", COLUMNS, ())


@dataclass(frozen=True, slots=True)
class Priority:
    """A waiting job's priority and what it is made of."""

    job: int
    partition: str
    user: str
    priority: int
    terms: dict[str, float]
    """Weighted terms by name: age, assoc, fs, jobsize, part, qos."""
    factors: dict[str, float]
    """Factors from 0 to 1 by the same names."""
    tres_terms: dict[str, float]
    """Weighted terms by resource."""
    nice: int
    """The nice value, less the factor of the site's own plugin: what is taken off the sum."""
    place: Place


def read_priorities(path: Path, columns: Sequence[str] | None = COLUMNS) -> list[Priority]:
    """The rows in order. Raises InputError, with file and line, for a table that is none."""
    return [_priority(row) for row in rows(path, FORM, columns)]


def _priority(row: Row) -> Priority:
    return Priority(
        job=row.read("job", whole),
        partition=row.text("partition"),
        user=row.text("user"),
        priority=row.read("prio", whole),
        terms={name: row.read(f"{name}_w", number) for name in TERMS},
        factors={name: row.read(name, number) for name in TERMS},
        tres_terms=row.read("tres_w", _terms),
        nice=row.read("nice", _signed) - row.read("site", _signed),
        place=row.place,
    )


def _signed(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    return sign * whole(text.removeprefix("-"))


def _terms(text: str) -> dict[str, float]:
    terms = {}
    for part in filter(None, text.split(",")):
        name, sign, amount = part.partition("=")
        if not sign:
            raise InputError(f"{part!r} is no resource", right="write them like cpu=12,mem=23")
        terms[name.lower()] = number(amount)
    return terms
