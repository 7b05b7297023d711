"""Shares and usage, as ``sshare -a -l -P`` prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.slurm.amounts import whole
from simulator.slurm.table import Form, Row, rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORM = Form(
    "sshare -a -l -P",
    ("Account", "User", "RawShares", "NormShares", "RawUsage", "NormUsage", "EffectvUsage"),
    ("FairShare", "LevelFS", "GrpTRESMins", "TRESRunMins", "GrpTRESRaw", "Partition", "ID"),
)


@dataclass(frozen=True, slots=True)
class Share:
    """An account or a user with what it is entitled to and has had; NaN where it prints nothing."""

    depth: int
    """0: the root."""
    account: str
    user: str
    """Empty for an account."""
    norm_shares: float
    raw_usage: int
    norm_usage: float
    effective_usage: float
    fair_share: float
    level_fs: float
    """Infinite where nothing was used."""
    place: Place


def read_shares(path: Path, columns: Sequence[str] | None = None) -> list[Share]:
    """The rows in order, the root first, each account before what is in it.

    Raises InputError, with file and line, for a table that is none or has no root first.
    """
    found = [_share(row) for row in rows(path, FORM, columns)]
    if not found or found[0].depth:
        raise InputError(
            "the table does not begin with the root",
            right="print it again, whole: sshare -a -l -P",
            place=Place(path),
        )
    return found


def _share(row: Row) -> Share:
    written = row.fields["Account"]
    return Share(
        depth=len(written) - len(written.lstrip(" ")),
        account=written.strip(),
        user=row.text("User"),
        norm_shares=row.read("NormShares", _real),
        raw_usage=row.read("RawUsage", whole),
        norm_usage=row.read("NormUsage", _real),
        effective_usage=row.read("EffectvUsage", _real),
        fair_share=row.read("FairShare", _real),
        level_fs=row.read("LevelFS", _real),
        place=row.place,
    )


def _real(text: str) -> float:
    if not text:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{text!r} is no number", right="a number, inf or nothing") from None
