"""The rules against the baseline: paired differences with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import polars as pl
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from simulator.errors import InputError
from simulator.metrics.demands import DEMANDS
from simulator.metrics.registry import metric
from simulator.report.numbers import in_words
from simulator.report.quantity import suited_unit
from simulator.report.sheet import columns_for, sheet
from simulator.report.style import COLOURS, GREY, dress, undefined, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simulator.metrics.base import Metric


class Compared(Protocol):
    """A comparison; ``simulator.study.comparison.Comparison`` is one."""

    @property
    def rules(self) -> Mapping[str, str]:
        """Titles by name, in the study's order."""

    def table(self) -> pl.DataFrame:
        """One row a rule and metric."""


_POINTS: dict[str, dict[str, Any]] = {
    "better": {"marker": "o", "color": COLOURS[2]},
    "worse": {"marker": "X", "color": COLOURS[6]},
    "no difference shown": {"marker": "o", "color": GREY, "markerfacecolor": "white"},
    "not judged": {"marker": "v", "color": GREY, "markerfacecolor": "white"},
    "not comparable": {"marker": "D", "color": GREY, "markerfacecolor": "white"},
    "baseline": {"marker": "s", "color": COLOURS[0]},
}
"""By the verdict's mark: colour, shape and filling all tell them apart."""
_WORDS = {"not comparable": "one replication: no interval, no verdict"}


def plot_comparison(
    comparison: pl.DataFrame | Compared,
    ax: Axes | Sequence[Axes] | None = None,
    *,
    metrics: Sequence[str] = tuple(DEMANDS.values()),
    titles: Mapping[str, str] | None = None,
    title: str = "",
) -> Figure:
    """Draw each rule's paired difference to the baseline: one panel a metric, one row a rule.

    ``comparison``: the long form with columns rule, metric, mean, diff, diff_low, diff_high, mark,
    n, scale and reason (on the scale "log", diff is a ratio), or what has it as ``table()``.
    ``metrics``: default the three demands. ``titles``: of the rules by name. ``title``: of the
    study. ``ax``: one axes a metric, or none for a new figure. Raises InputError for a metric that
    was not compared, or another number of axes.
    """
    if not isinstance(comparison, pl.DataFrame):
        titles = comparison.rules if titles is None else titles
        comparison = comparison.table()
    rules = comparison["rule"].unique(maintain_order=True).to_list()
    names = [wrapped((titles or {}).get(rule) or rule, 34) for rule in rules]
    tables = {name: _rows_of(comparison, name) for name in metrics}
    columns = columns_for(len(metrics))
    rows = -(-len(metrics) // columns)
    lines = sum(name.count("\n") + 1 for name in names)
    size = (0.4 + 2.7 + 3.1 * columns, rows * (1.1 + 0.14 * len(rules) + 0.17 * lines) + 1.0)
    page = sheet(rows, columns, ax, size=size, count=len(metrics))
    for place, (axes, (name, table)) in enumerate(zip(page.axes, tables.items(), strict=True)):
        _panel(axes, metric(name), table)
        labels = names if place % columns == 0 else [""] * len(names)
        axes.set_yticks(range(len(rules)), labels)
    base = comparison.filter(pl.col("mark") == "baseline")["rule"]
    against = names[rules.index(base[0])].replace("\n", " ") if len(base) else "the baseline"
    words = f"how the rules differ from {against}"
    page.headline(f"{title}: {words}" if title else words[0].upper() + words[1:], _note(tables))
    seen = set(pl.concat(tables.values())["mark"])
    page.legend(_key(mark) for mark in _POINTS if mark in seen)
    return page.figure


def _rows_of(comparison: pl.DataFrame, name: str) -> pl.DataFrame:
    table = comparison.filter(pl.col("metric") == name)
    if table.is_empty():
        known = comparison["metric"].unique(maintain_order=True).to_list()
        raise InputError(f"no metric {name!r} was compared", right="compared: " + ", ".join(known))
    return table


def _panel(axes: Axes, of: Metric, table: pl.DataFrame) -> None:
    dress(axes, _title(of))
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(table.height - 0.5, -0.5)
    reasons = table.filter(pl.col("mark") == "undefined")["reason"]
    if len(reasons) == table.height:
        undefined(axes, reasons[0])
        return
    ratio = table["scale"][0] == "log"
    drawn = pl.concat(table[name] for name in ("diff", "diff_low", "diff_high")).drop_nulls()
    unit, size = suited_unit("" if ratio else of.unit, drawn)
    axes.set_xlabel(_label(of, unit, ratio), fontsize=9)
    axes.axvline(1 if ratio else 0, color=COLOURS[0], linewidth=0.9, zorder=1.5)
    beside: dict[str, Any] = {
        "transform": axes.get_yaxis_transform(),
        "fontsize": 8.5,
        "color": GREY,
    }
    axes.text(1.02, -0.62, "mean", **beside)
    for place, row in enumerate(table.iter_rows(named=True)):
        _row(axes, place, row, size, 1.0 if ratio else 0.0)
        mean = "–" if row["mean"] is None else in_words(of, row["mean"])
        axes.text(1.02, place, mean, va="center", **beside)
    _scale(axes, ratio)


def _row(axes: Axes, place: int, row: Mapping[str, Any], size: float, nothing: float) -> None:
    """One rule's point and interval; ``size``: of the axis's unit; ``nothing``: no difference."""
    mark = row["mark"]
    if mark == "baseline":
        axes.plot([nothing], [place], linestyle="none", markersize=7, **_POINTS[mark])
    elif row["diff"] is None:
        axes.text(nothing, place, f" {mark}", va="center", fontsize=8.5, color=GREY)
    else:
        style = _POINTS[mark]
        if row["diff_low"] is not None:
            ends = [row["diff_low"] / size, row["diff_high"] / size]
            axes.plot(ends, [place, place], color=style["color"], linewidth=1.6, marker="|")
        axes.plot([row["diff"] / size], [place], linestyle="none", markersize=7, **style)


def _scale(axes: Axes, ratio: bool) -> None:
    """Few ticks, and room for the zero line; ratios stand on a logarithmic axis."""
    axes.margins(x=0.08)
    axes.autoscale_view()
    if not ratio:
        axes.xaxis.set_major_locator(MaxNLocator(4))
        return
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    if high / low < 10:
        axes.xaxis.set_major_locator(FixedLocator(list(MaxNLocator(4).tick_values(low, high))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"×{value:g}"))
    axes.set_xlim(low, high)


def _title(of: Metric) -> str:
    demand = next((demand for demand, name in DEMANDS.items() if name == of.name), of.title)
    words = demand if demand == of.title else f"{demand}: {of.title}"
    return wrapped(words[0].upper() + words[1:], 36)


def _label(of: Metric, unit: str, ratio: bool) -> str:
    what = "ratio to the baseline" if ratio else "difference"
    unit = f", {unit}" if unit else ""
    arrows = {"higher": f"{what}{unit}    better →", "lower": f"← better    {what}{unit}"}
    return arrows.get(of.direction, f"{what}{unit} (describes)")


def _note(tables: Mapping[str, pl.DataFrame]) -> str:
    counts = sorted(set(pl.concat(tables.values())["n"]))
    n = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    if counts[-1] < 2:
        return "One replication: differences without intervals."
    return f"Paired over {n} replications; intervals adjusted by Holm for several rules."


def _key(mark: str) -> Line2D:
    alone = mark in ("baseline", "not comparable")
    return Line2D(
        [], [], linewidth=0 if alone else 1.6, markersize=7,
        label=_WORDS.get(mark, mark), **_POINTS[mark],
    )  # fmt: skip
