"""Nodes over time: who holds which GPUs, and which nodes are down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.metrics.settings import Settings
from simulator.report.node_bars import (
    DOWN,
    DOWN_WORDS,
    PREEMPTED,
    days,
    draw_bars,
    draw_uprights,
    fills,
    key,
    line_key,
)
from simulator.report.occupancy_table import WEEK, occupancy_bars, window
from simulator.report.sheet import sheet
from simulator.report.style import GREY, PALE, dress, titles
from simulator.report.timescale import calendar, moment
from simulator.units import format_duration

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from simulator.results.reader import Study

    Reals = NDArray[np.float64]

_ROW, _TALL = 0.13, 9.0
"""Inches that one node takes, and all of them at most."""
_GAP = 0.08
"""Part of a node's row that is left free above and below its GPUs."""


def plot_occupancy(
    study: Study,
    rule: str | None = None,
    replication: int = 0,
    ax: Axes | None = None,
    *,
    start: int | datetime | None = None,
    duration: int = WEEK,
) -> Figure:
    """Draw nodes × time: one row a node, its GPUs one below another, coloured by class.

    ``rule``: the baseline if not given. ``start``, ``duration``: what part of the run, as
    ``simulator.report.occupancy_table.window`` takes them; by default the busiest week. Jobs that
    share a GPU by slices lie over one another; jobs without GPUs are not drawn. Raises InputError
    on a pool, for an unknown rule or replication, and for a window that the run does not reach.
    """
    rule = rule or Settings.of(study.manifest).baseline
    table = occupancy_bars(study, rule, replication, start=start, duration=duration)
    begin, until = window(study, rule, replication, start=start, duration=duration)
    nodes = study.nodes
    assert nodes is not None, "a pool is refused above"
    height = min(_TALL, max(1.2, _ROW * nodes.height))
    page = sheet(1, 1, ax, size=(11, height + 1.6))
    axes = page.axes[0]
    dress(axes, "" if page.own else titles(study.manifest)[rule])
    looks = fills(study.manifest["classes"])
    for name, look in looks.items():
        _draw(axes, study, table.filter(kind="job", job_class=name), **look)
    for kind, look in DOWN.items():
        _draw(axes, study, table.filter(kind=kind), **look)
    _preempted(axes, study, table.filter(kind="preempted"))
    _nodes(axes, nodes, height)
    axes.set_xlim(*days(study, np.array([begin, until])))
    calendar(axes, study.manifest["time_zone"])
    page.headline(
        f"{study.manifest['title']}: who holds the nodes under {titles(study.manifest)[rule]}",
        _note(study, replication, begin, until),
    )
    page.legend(_key(table, looks))
    return page.figure


def _draw(axes: Axes, study: Study, table: pl.DataFrame, **look: Any) -> None:
    times = days(study, table["start"]), days(study, table["end"])
    draw_bars(axes, times, _heights(study, table), **look)


def _preempted(axes: Axes, study: Study, table: pl.DataFrame) -> None:
    """An upright line where a job had to give way, on the GPUs that it held."""
    draw_uprights(axes, days(study, table["end"]), _heights(study, table), **PREEMPTED)


def _heights(study: Study, table: pl.DataFrame) -> tuple[Reals, Reals]:
    """Upper and lower edge of each row's GPUs."""
    assert study.nodes is not None
    room = (1 - 2 * _GAP) / np.maximum(1, study.nodes["gpus"].to_numpy())
    node, gpu, gpus = (table[name].to_numpy() for name in ("node", "gpu", "gpus"))
    top = node + _GAP + gpu * room[node]
    # A node without GPUs has a row all the same.
    return top, top + np.where(gpus > 0, gpus, 1) * room[node]


def _nodes(axes: Axes, nodes: pl.DataFrame, height: float) -> None:
    """Names of nodes, as many as there is room for, and lines between leaf switches."""
    count = nodes.height
    step = max(1, int(np.ceil(count * 0.12 / height)))
    shown = nodes[::step]
    axes.set_yticks(shown["node"].to_numpy() + 0.5, shown["name"].to_list())
    axes.tick_params(axis="y", length=0, labelsize=min(8.5, 72 * 0.85 * height * step / count))
    axes.set_ylim(count, 0)
    axes.grid(visible=False, axis="y")
    leaf = nodes["leaf"].to_numpy()
    edges: NDArray[np.int64] = np.flatnonzero(leaf[1:] != leaf[:-1]) + 1
    if 3 * len(edges) <= count:
        axes.hlines(edges, 0, 1, transform=axes.get_yaxis_transform(), color=GREY, linewidth=0.8)


def _key(table: pl.DataFrame, looks: dict[str, dict[str, Any]]) -> list[Artist]:
    """What occurs, and what is left white."""
    classes, kinds = set(table["job_class"]), set(table["kind"])
    return [
        *(key(name, look) for name, look in looks.items() if name in classes),
        *([line_key("gave way to another job", PREEMPTED)] if "preempted" in kinds else []),
        *(key(DOWN_WORDS[kind], look) for kind, look in DOWN.items() if kind in kinds),
        key("idle", {"facecolor": "white", "edgecolor": PALE}),
    ]


def _note(study: Study, replication: int, begin: int, until: int) -> str:
    which = f"Replication {replication} of {study.replications}, counted from 0. "
    since = moment(study, begin).strftime("%Y-%m-%d %H:%M")
    return (
        (which if study.replications > 1 else "")
        + f"{format_duration(until - begin)} from {since}, times of {study.manifest['time_zone']}."
        " A row is a node, its GPUs lie one below another."
    )
