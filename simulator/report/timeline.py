"""Use and queue of the machine over time, under each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from matplotlib.dates import date2num
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import StrMethodFormatter

from simulator.metrics.measured import Measured
from simulator.metrics.settings import Settings
from simulator.report.bins import edges, means, width_for
from simulator.report.sheet import sheet
from simulator.report.style import GREY, HATCH, PALE, dress, looks, percent, titles
from simulator.report.timescale import calendar, local_offset, moment
from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simulator.results.reader import Study

_SHADES: dict[str, dict[str, Any]] = {
    "maintenance": {"facecolor": PALE, "edgecolor": PALE, "linewidth": 0.5},
    "loss": {"facecolor": "white", "edgecolor": HATCH, "hatch": "//////", "linewidth": 0.5},
}
_REFORM: dict[str, Any] = {"color": "black", "linewidth": 1.0, "linestyle": (0, (4, 2))}
_EVENTS = (
    ("maintenance", "maintenance_start", "maintenance_end"),
    ("loss", "loss", "repair"),
)
_WORDS = {"maintenance": "maintenance", "loss": "units lost"}


def timeline(study: Study, replication: int = 0) -> pl.DataFrame:
    """Use and queue of each rule, averaged over bins; the warm-up is shown too.

    Columns: rule, start and end of the bin (in the study's time zone), utilisation (busy units over
    units up; null where none is up), queued (mean units asked for by waiting jobs). The bins, of
    10 minutes up to a week, are the same for every rule and reach from the first submission to the
    last end of all. Raises InputError for a replication that the study has not.
    """
    runs = _runs(study, replication)
    first = min(int(run.submit.min()) if len(run.submit) else 0 for run in runs.values())
    bins = edges(first, max(run.horizon for run in runs.values()), local_offset(study))
    times = [moment(study, int(edge)) for edge in bins]
    tables = []
    for rule, run in runs.items():
        busy, up = means(run.running, bins), means(run.capacity, bins)
        columns = {
            "start": times[:-1],
            "end": times[1:],
            "utilisation": np.divide(busy, up, out=np.full_like(busy, np.nan), where=up > 0),
            "queued": means(run.queued, bins),
        }
        table = pl.DataFrame(columns).with_columns(pl.col("utilisation").fill_nan(None))
        tables.append(table.select(pl.lit(rule).alias("rule"), pl.all()))
    return pl.concat(tables)


def plot_timeline(
    study: Study,
    replication: int = 0,
    ax: Axes | Sequence[Axes] | None = None,
    *,
    table: pl.DataFrame | None = None,
) -> Figure:
    """Draw use and queue over time: for each rule two panels side by side.

    ``ax``: twice as many axes as the study has rules (use, queue, use, queue, …), or none for a new
    figure. ``table``: what ``timeline(study, replication)`` gave, if it is at hand. Raises
    InputError for another number of axes or a replication that the study has not.
    """
    table = timeline(study, replication) if table is None else table
    runs = _runs(study, replication)
    size = (11, 1.45 * len(runs) + 1.5)
    page = sheet(len(runs), 2, ax, size=size, sharex=True, sharey="col")
    names, look = titles(study.manifest, 60), looks(study.rules)
    baseline = Settings.of(study.manifest).baseline
    most = float(table["queued"].max() or 0)  # type: ignore[arg-type]
    for row, (rule, run) in enumerate(runs.items()):
        use, queue = pair = page.axes[2 * row : 2 * row + 2]
        idle = ": no job started" if run.attempts.is_empty() else ""
        dress(use, names[rule] + idle, y="in use, %")
        dress(queue, "", y=f"{_unit(study)} queued")
        if rule != baseline:
            behind = table.filter(pl.col("rule") == baseline)
            _draw(pair, behind, color=GREY, linewidth=0.7)
        mine = table.filter(pl.col("rule") == rule)
        _draw(pair, mine, label=names[rule], color=look[rule].colour, linewidth=1.2)
        for axes in pair:
            _shade(axes, study, run)
            calendar(axes, study.manifest["time_zone"])
            axes.margins(x=0)
        use.set_ylim(0, 1.04)
        percent(use)
        queue.set_ylim(0, most * 1.05 or 1)
        queue.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    page.headline(
        f"{study.manifest['title']}: use of the machine and queue over time",
        _note(study, replication, table),
    )
    page.legend(_key(names[baseline], runs))
    return page.figure


def _unit(study: Study) -> str:
    """What is counted: units, of a pool or where GPUs are cut up."""
    whole = study.nodes is not None and Settings.of(study.manifest).units_per_gpu == 1
    return "GPUs" if whole else "units"


def _draw(pair: Sequence[Axes], table: pl.DataFrame, **style: Any) -> None:
    """Use and queue: the mean of each bin from its start to its end."""
    times = [*table["start"].to_list(), table["end"][-1]]
    for axes, column in zip(pair, ("utilisation", "queued"), strict=True):
        values = table[column].fill_null(float("nan")).to_numpy()
        axes.plot(times, np.append(values, values[-1]), drawstyle="steps-post", **style)


def _absences(run: Measured) -> list[tuple[str, int, int]]:
    """("maintenance" or "loss", start, end) of each time that units were away, s.

    Failures of single nodes are too many to be shaded: the occupancy figure has them.
    """
    found = []
    for kind, opens, closes in _EVENTS if run.nodes is None else _EVENTS[:1]:
        word = pl.col("kind").cast(pl.String)
        starts = run.events.filter(word == opens)["time"].to_list()
        ends = run.events.filter(word == closes)["time"].to_list()
        ends += [run.horizon] * (len(starts) - len(ends))
        found += [(kind, start, end) for start, end in zip(starts, ends, strict=True)]
    return found


def _reforms(run: Measured) -> list[int]:
    """When another rule took over, s."""
    found: list[int] = run.events.filter(pl.col("kind").cast(pl.String) == "reform")[
        "time"
    ].to_list()
    return found


def _shade(axes: Axes, study: Study, run: Measured) -> None:
    for time in _reforms(run):
        axes.axvline(date2num(moment(study, time)), **_REFORM)  # type: ignore[no-untyped-call]
    for kind, start, end in _absences(run):
        if start < run.horizon:
            until = min(end, run.horizon)
            span = date2num([moment(study, start), moment(study, until)])  # type: ignore[no-untyped-call]
            axes.axvspan(*span, zorder=0.5, **_SHADES[kind])


def _key(baseline: str, runs: Mapping[str, Measured]) -> list[Artist]:
    """Keys of the grey line and of the shades, where they occur."""
    line = Line2D([], [], color=GREY, linewidth=0.7, label=f"for comparison: {baseline}")
    seen = {kind for run in runs.values() for kind, _, _ in _absences(run)}
    shades = [Patch(label=_WORDS[kind], **shade) for kind, shade in _SHADES.items() if kind in seen]
    reform = Line2D([], [], label="a reform takes effect", **_REFORM)
    reformed = any(_reforms(run) for run in runs.values())
    return [*([line] if len(runs) > 1 else []), *shades, *([reform] if reformed else [])]


def _note(study: Study, replication: int, table: pl.DataFrame) -> str:
    span = (table["end"].max() - table["start"].min()).total_seconds()  # type: ignore[operator,union-attr]
    which = f"Replication {replication} of {study.replications}, counted from 0. "
    return (
        (which if study.replications > 1 else "")
        + f"Means over {format_duration(width_for(int(span)))}. "
        + f"In use: of the {_unit(study)} that are up. "
        + ("" if study.nodes is None else "Failures of nodes are not shaded. ")
        + f"Times of {study.manifest['time_zone']}."
    )


def _runs(study: Study, replication: int) -> dict[str, Measured]:
    return {rule: Measured(study.run(rule, replication), study.manifest) for rule in study.rules}
