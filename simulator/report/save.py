"""Figures and their data into files: the same bytes for the same figure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from matplotlib import rc_context

from simulator.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl
    from matplotlib.figure import Figure

_FORMATS: dict[str, dict[str, Any]] = {
    "svg": {"metadata": {"Date": None, "Creator": "adil"}},
    "png": {"metadata": {"Software": "adil"}, "dpi": 160},
}


def save(fig: Figure, path: str | Path) -> list[Path]:
    """Write ``path``.svg and ``path``.png (160 dots an inch) and return their paths.

    No date and no random identifiers go in, so equal figures are equal files. Raises InputError if
    the folder cannot be written.
    """
    # Whoever writes wait.png means wait, and gets both.
    path = Path(path)
    if path.suffix.removeprefix(".") in _FORMATS:
        path = path.with_suffix("")
    written = []
    with rc_context({"svg.hashsalt": "adil", "svg.fonttype": "path"}):
        for suffix, options in _FORMATS.items():

            def draw(file: BinaryIO, kind: str = suffix, how: dict[str, Any] = options) -> None:
                fig.savefig(file, format=kind, facecolor="white", **how)

            written.append(_write(f"{path}.{suffix}", draw))
    return written


def save_data(table: pl.DataFrame, path: str | Path) -> Path:
    """Write ``path``.csv, times as ISO 8601, and return it.

    Raises InputError if the folder cannot be written.
    """
    return _write(f"{path}.csv", lambda file: table.write_csv(file, datetime_format="%+"))


def _write(path: str, fill: Callable[[BinaryIO], Any]) -> Path:
    """Write a file beside its place and rename it when whole; what is cut short leaves nothing."""
    target = Path(path)
    beside = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("wb") as file:
                fill(file)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write the figure {target}: {error.strerror or error}",
            right="give a folder that can be written",
        ) from error
    return target
