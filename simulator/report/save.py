"""Figures into files: SVG and PNG, the same bytes for the same figure."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from simulator.errors import InputError

_FORMATS: dict[str, dict[str, Any]] = {
    "svg": {"metadata": {"Date": None, "Creator": "adil"}},
    "png": {"metadata": {"Software": "adil"}, "dpi": 160},
}


def save(fig: Figure, path: str | Path) -> list[Path]:
    """Write ``path``.svg and ``path``.png (160 dots an inch) and return their paths.

    No date and no random identifiers go in, so equal figures are equal files. Each is written
    beside its place and renamed when whole. Raises InputError if the folder cannot be written.
    """
    stem = Path(path)
    written = []
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        for suffix, options in _FORMATS.items():
            target = stem.with_name(f"{stem.name}.{suffix}")
            beside = target.with_name(f".{target.name}.part")
            with rc_context({"svg.hashsalt": "adil", "svg.fonttype": "path"}):
                fig.savefig(beside, format=suffix, facecolor="white", **options)
            os.replace(beside, target)
            written.append(target)
    except OSError as error:
        raise _unwritable(stem, error) from error
    return written


def save_data(fig: Figure, path: str | Path) -> Path:
    """Write ``path``.csv: every labelled line of the figure as (panel, line, x, y), and return it.

    ``panel`` is the panel's title; x and y are the numbers drawn, times as ISO 8601. Raises
    InputError if the folder cannot be written.
    """
    target = Path(path).with_name(f"{Path(path).name}.csv")
    beside = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(("panel", "line", "x", "y"))
            for axes in fig.axes:
                for line in axes.get_lines():
                    label = str(line.get_label())
                    if label.startswith("_"):
                        continue
                    points = zip(line.get_xdata(orig=True), line.get_ydata(orig=True), strict=True)
                    table.writerows((axes.get_title(loc="left"), label, x, y) for x, y in points)
        os.replace(beside, target)
    except OSError as error:
        raise _unwritable(target, error) from error
    return target


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot write the figure {path}: {error.strerror or error}",
        right="give a folder that can be written",
    )
