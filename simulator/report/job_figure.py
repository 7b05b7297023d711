"""A Gantt of one job's life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from matplotlib.lines import Line2D

from simulator.report.job_life import job_life, job_row, stood_still, told
from simulator.report.node_bars import DOWN, DOWN_WORDS, days, draw_bars, fills, key, outages
from simulator.report.sheet import sheet
from simulator.report.style import GREY, dress, titles, undefined
from simulator.report.timescale import calendar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simulator.results.reader import Study

    Row = dict[str, Any]

_WAITING: Row = {"facecolor": "white", "edgecolor": GREY, "hatch": "...."}
_ASKED: Row = {"color": GREY, "linewidth": 1.4, "linestyle": (0, (2, 1))}
_SHORT: Row = {
    "marker": "d", "markersize": 7, "markeredgecolor": "black", "markeredgewidth": 0.6,
    "linestyle": "none",
}  # fmt: skip
_BARS = 400
"""An attempt below this part of what is shown is marked: its bar would be a hair, or nothing."""
_NUMBER: Row = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none"}
_ROW, _TALL = 0.3, 8.0
"""Inches that one row takes, and all of them at most."""
_NEVER = 2**62


def plot_job(
    study: Study, job_id: int, rule: str, replication: int = 0, ax: Axes | None = None
) -> Figure:
    """Draw when a job waited, and when and on which nodes it ran.

    The first row says when it waited; below it is a row for each node that it ever held (on a pool,
    one for the machine), with its attempts numbered from 1, hatched while it was suspended, and
    dashed what was left of the walltime, as far as the next attempt. An attempt too short for a bar
    to be seen, of 0 s perhaps, is marked. Raises InputError for a job that the run has not, or has
    more than once, and for an unknown rule or replication.
    """
    job = job_row(study, job_id, rule, replication)
    life = job_life(study, job_id, rule, replication)
    rows = _rows(study, life)
    height = min(_TALL, max(0.9, _ROW * (len(rows) + 1)))
    lines = told(job, life)
    page = sheet(1, 1, ax, size=(11, height + 1.7 + 0.18 * len(lines)))
    axes = page.axes[0]
    dress(axes, "" if page.own else f"job {job_id}")
    page.headline(
        f"{study.manifest['title']}: job {job_id} under {titles(study.manifest)[rule]}",
        *lines,
        f"Times of {study.manifest['time_zone']}.",
    )
    if life.is_empty():
        undefined(axes, f"it never waited nor ran: {job['state']}")
        return page.figure
    end = max(life["end"].to_list())
    asked = (
        max(
            (
                row["start"] + stood_still(row)
                for row in life.filter(kind="running").rows(named=True)
            ),
            default=0,
        )
        + job["walltime"]
    )
    length = max(1, end - job["submit"])
    last = end + min(max(asked - end, 0), length // 4)
    down = outages(study.run(rule, replication).events, last)
    down = down.filter(
        pl.col("node").is_in(list(rows)), pl.col("start") < last, pl.col("end") > job["submit"]
    )
    for kind, look in DOWN.items():
        _bars(axes, study, down.filter(kind=kind).rows(named=True), rows, look)
    look = fills(study.manifest["classes"])[str(job["job_class"])]
    ran = life.filter(kind="running").with_columns(
        short=_BARS * (pl.col("end") - pl.col("start")) < last - job["submit"]
    )
    _attempts(axes, study, ran, rows, look, job["walltime"])
    waits = [row | {"node": -1} for row in life.filter(kind="waiting").rows(named=True)]
    _bars(axes, study, waits, rows, _WAITING)
    _name_rows(axes, rows, height)
    margin = length // 50 + 1
    axes.set_xlim(*days(study, np.array([job["submit"] - margin, last + margin])))
    calendar(axes, study.manifest["time_zone"])
    rest = Line2D([], [], label="rest of its walltime", **_ASKED)
    mark = Line2D([], [], label="ran too briefly for a bar", color=look["facecolor"], **_SHORT)
    page.legend(
        [
            key("waiting", _WAITING),
            key(f"running ({job['job_class']})", look),
            *([key("suspended", _still(look))] if ran["suspended"].list.len().sum() else []),
            *([mark] if ran["short"].any() else []),
            *([rest] if asked > end or job["restarts"] else []),
            *(key(DOWN_WORDS[kind], DOWN[kind]) for kind in DOWN if kind in set(down["kind"])),
        ]
    )
    return page.figure


def _rows(study: Study, life: pl.DataFrame) -> dict[int, tuple[int, str]]:
    """Place and name of each node's row, by number; −1 is the row of waiting, −2 a pool's."""
    held = life["nodes"].explode().drop_nulls().unique().sort().to_list()
    if study.nodes is None or not held:
        return {-1: (0, "waiting"), -2: (1, "the machine")}
    names = dict(study.nodes.select("node", "name").rows())
    return {-1: (0, "waiting")} | {
        node: (place, names[node]) for place, node in enumerate(held, start=1)
    }


def _name_rows(axes: Axes, rows: dict[int, tuple[int, str]], height: float) -> None:
    step = max(1, int(np.ceil(len(rows) * 0.12 / height)))
    shown = list(rows.values())[::step]
    axes.set_yticks([place for place, _ in shown], [name for _, name in shown])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def _bars(
    axes: Axes,
    study: Study,
    spans: Iterable[Row],
    rows: dict[int, tuple[int, str]],
    look: Row,
) -> None:
    """A bar for each span, with its ``start``, ``end`` and ``node``."""
    drawn = [(span["start"], span["end"], rows[span["node"]][0]) for span in spans]
    if drawn:
        start, end, place = np.array(drawn).T
        draw_bars(axes, (days(study, start), days(study, end)), (place - 0.4, place + 0.4), **look)


def _still(look: Row) -> Row:
    """How the class's bars look while a job stands still."""
    return {"facecolor": "white", "edgecolor": look["facecolor"], "hatch": "\\\\\\\\"}


def _attempts(
    axes: Axes,
    study: Study,
    ran: pl.DataFrame,
    rows: dict[int, tuple[int, str]],
    look: Row,
    walltime: int,
) -> None:
    following = [*ran["start"].to_list()[1:], _NEVER]
    for row, after in zip(ran.rows(named=True), following, strict=True):
        nodes = sorted(row["nodes"] or [-2])
        _bars(axes, study, [row | {"node": node} for node in nodes], rows, look)
        still = zip(row["suspended"] or (), row["resumed"] or (), strict=True)
        spans = [{"start": a, "end": b, "node": node} for a, b in still for node in nodes]
        _bars(axes, study, spans, rows, _still(look))
        until = max(row["end"], min(row["start"] + stood_still(row) + walltime, after))
        asked = days(study, np.array([row["end"], until]))
        for node in nodes:
            axes.plot(asked, [rows[node][0]] * 2, zorder=0.9, **_ASKED)
            if row["short"]:
                axes.plot(asked[:1], rows[node][0], color=look["facecolor"], **_SHORT)
        middle = days(study, np.array([row["start"], row["end"]])).mean()
        # Beside a mark, which it would hide.
        axes.annotate(
            str(row["attempt"] + 1), (middle, rows[nodes[0]][0]), (9 if row["short"] else 0, 0),
            textcoords="offset points", ha="center", va="center", fontsize=8, bbox=_NUMBER,
            annotation_clip=True,
        )  # fmt: skip
