"""Figures and their data into files: the same bytes for the same figure."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG

from simulator.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl
    from matplotlib.figure import Figure

_DOTS = 160
"""An inch, of a PNG."""
_SUFFIXES = (".svg", ".png")


def save(fig: Figure, path: str | Path) -> list[Path]:
    """Write ``path``.svg and ``path``.png (160 dots an inch) and return their paths.

    No date and no random identifiers go in, so equal figures are equal files. The figure keeps the
    layout that it has then. Raises InputError if the folder cannot be written.
    """
    # Whoever writes wait.png means wait, and gets both.
    path = Path(path)
    if path.suffix in _SUFFIXES:
        path = path.with_suffix("")
    # Where everything goes is found once, and each file drawn once: ``savefig`` would do either
    # twice a file.
    fig.set_dpi(_DOTS)
    layout = fig.get_layout_engine()
    if layout is not None:
        layout.execute(fig)
        fig.set_layout_engine("none")
    with rc_context({"svg.hashsalt": "adil", "svg.fonttype": "path"}):
        return [
            _write(f"{path}.svg", partial(_svg, fig)),
            _write(f"{path}.png", partial(_png, fig)),
        ]


def _svg(fig: Figure, file: BinaryIO) -> None:
    canvas: Any = FigureCanvasSVG(fig)
    canvas.print_svg(file, metadata={"Date": None, "Creator": "adil"})


def _png(fig: Figure, file: BinaryIO) -> None:
    fig.set_dpi(_DOTS)  # An SVG leaves it at 72.
    canvas: Any = FigureCanvasAgg(fig)
    canvas.print_png(file, metadata={"Software": "adil"})


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
