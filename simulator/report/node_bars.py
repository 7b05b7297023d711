"""Bars on the rows of nodes: their colours, their shapes, and when nodes are down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

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
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    shapes = np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)
    axes.add_collection(PolyCollection(list(shapes), linewidth=0, **look), autolim=False)
    axes.vlines(left, top, bottom, color="white", linewidth=0.4)


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
