"""Bars on the rows of nodes: their colours, their shapes, and when nodes are down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path

from simulator.report.style import GREY, PALE, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from simulator.results.reader import Study

_FILLS = ("#004488", "#EECC66", "#997700", "#6699CC", "#994455", "#EE99AA")
"""Tol (2021), "Colour Schemes", SRON: medium contrast; all differ in lightness."""
_HATCHES = ("", "////", "....", "xxxx")
DOWN: dict[str, dict[str, Any]] = {
    "maintenance": {"facecolor": PALE, "edgecolor": "white", "hatch": "...."},
    "failure": {"facecolor": "white", "edgecolor": GREY, "hatch": "////////"},
}
"""How a node is drawn that is down for each reason."""
PREEMPTED: dict[str, Any] = {"color": "black", "linewidth": 1.0}
"""How the end of an attempt is drawn that had to give way to another job."""
DOWN_WORDS = {"maintenance": "maintenance", "failure": "node failed"}
_PAIRS = (("maintenance", "maintenance_start", "maintenance_end"), ("failure", "failure", "repair"))


def fills(classes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """How the bars of each class are filled: 24 classes differ in colour or hatch."""
    return {
        name: {
            "facecolor": _FILLS[place % len(_FILLS)],
            "hatch": _HATCHES[place // len(_FILLS) % len(_HATCHES)],
            "edgecolor": "white",
        }
        for place, name in enumerate(classes)
    }


def key(name: str, look: dict[str, Any]) -> Patch:
    """A box of the legend."""
    return Patch(label=wrapped(name, 34), **look)


def line_key(name: str, look: dict[str, Any]) -> Line2D:
    """An upright line of the legend."""
    upright = {"marker": "|", "markersize": 11, "markeredgewidth": look["linewidth"]}
    return Line2D([], [], label=name, linestyle="none", color=look["color"], **upright)


def days(study: Study, instants: pl.Series | NDArray[np.int64]) -> NDArray[np.float64]:
    """Instants of the log's clock as matplotlib counts time: days since 1970."""
    return np.asarray((np.asarray(instants) + study.manifest["epoch"]) / 86_400)


def draw_bars(
    axes: Axes,
    times: tuple[NDArray[np.float64], NDArray[np.float64]],
    rows: tuple[NDArray[np.float64], NDArray[np.float64]],
    **look: Any,
) -> None:
    """Draw n bars at once, from times[0] to times[1] and from rows[0] to rows[1].

    They have no borders, which would hide thin bars; a white line tells where each begins.
    """
    (left, right), (top, bottom) = times, rows
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    _draw(axes, _joined(corners, Path.CLOSEPOLY), linewidth=0, **look)
    draw_uprights(axes, left, rows, color="white", linewidth=0.4)


def draw_uprights(
    axes: Axes,
    times: NDArray[np.float64],
    rows: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    color: str,
    linewidth: float,
) -> None:
    """Draw n upright lines at once, from rows[0] to rows[1]."""
    lines = _joined([(times, each) for each in rows], Path.LINETO)
    _draw(axes, lines, facecolor="none", edgecolor=color, linewidth=linewidth)


def _joined(
    corners: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]], last: np.uint8
) -> list[Path]:
    """One shape a bar, through its corners, a thousand of them to a path: each path takes its time,
    and one that is too long is more than Agg can fill."""
    vertices = np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)
    codes = np.full(vertices.shape[:2], Path.LINETO, Path.code_type)
    codes[:, 0], codes[:, -1] = Path.MOVETO, last
    return [
        Path(vertices[first : first + 1000].reshape(-1, 2), codes[first : first + 1000].ravel())
        for first in range(0, len(vertices), 1000)
    ]


def _draw(axes: Axes, paths: list[Path], **look: Any) -> None:
    # On whole dots, as single bars would be.
    axes.add_collection(PathCollection(paths, snap=True, **look), autolim=False)


def outages(events: pl.DataFrame, until: int) -> pl.DataFrame:
    """When nodes were down: kind ("maintenance" or "failure"), node, start, end (s).

    ``events``: of a run. What has not ended ends at ``until``.
    """
    named = events.with_columns(pl.col("kind").cast(pl.String)).explode("nodes")
    tables = []
    for kind, opens, closes in _PAIRS:
        starts, ends = (
            named.filter(pl.col("kind") == word).select(
                pl.col("nodes").alias("node"), "time", number=pl.int_range(pl.len()).over("nodes")
            )
            for word in (opens, closes)
        )
        tables.append(
            starts.join(ends, on=["node", "number"], how="left", suffix="_end").select(
                pl.lit(kind).alias("kind"),
                "node",
                start="time",
                end=pl.col("time_end").fill_null(until),
            )
        )
    return pl.concat(tables).sort("node", "start")
