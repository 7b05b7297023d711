"""Why a job waited, over time: what blocked it, its place, what was free, what was promised."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl
from matplotlib.ticker import MaxNLocator

from simulator.report.sheet import sheet
from simulator.report.style import BAR, COLOURS, DASHES, GREY, HATCH, PALE, dress, wrapped
from simulator.report.timescale import calendar, calendar_upwards
from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Told = dict[str, Any]

_KINDS = {"main": "main", "full main": "main", "backfill": "backfill"}
"""Of the passes of looks, by their names."""
_ROW, _PANEL = 0.24, 1.5
"""Inches that a reason's row takes, and a panel."""
_REASONS = 8
_LINES = 6
REFORM = COLOURS[1]
_LEAST = 1800
"""Seconds left above and below planned starts, at least."""


def wait_table(told: Told) -> pl.DataFrame:
    """What the picture shows, a row a look; times as seconds of the study's clock."""
    names = (
        "time", "seconds", "era", "pass", "reason", "words", "ahead", "queued", "priority",
        "free_before", "free_after", "usable_after", "needed", "missing", "nodes_that_suit",
        "nodes_needed", "promised", "head", "head_promised",
    )  # fmt: skip
    rows = [{name: look[name] for name in names} | look["factors"] for look in told["looks"]]
    return pl.DataFrame(rows, infer_schema_length=None)


def plot_wait(told: Told) -> Figure:
    """Draw a record of ``simulator.study.explained`` that has looks.

    From above: what blocked the job; how many were before it; what its priority was made of, where
    its order has parts; what was free for it beside what it needs; when it was promised to start,
    where it was.
    """
    looks = told["looks"]
    reasons = len(_reasons(told))
    panels: list[tuple[float, Callable[[Axes, Told], None]]] = [
        (_ROW * (1 + reasons) + 0.3, _draw_reasons),
        (_PANEL, _draw_place),
    ]
    if any(look["factors"] for look in looks):
        panels.append((_PANEL, _draw_factors))
    panels.append((_PANEL, _draw_room))
    if any(look["promised"] is not None for look in looks):
        panels.append((_PANEL, _draw_promises))
    heights = [height for height, _ in panels]
    page = sheet(
        len(panels), 1, None, size=(11, sum(heights) + 0.55 * len(panels) + 0.9),
        sharex=True, height_ratios=heights,
    )  # fmt: skip
    for axes, (_, draw) in zip(page.axes, panels, strict=True):
        draw(axes, told)
    _draw_reforms(page.axes, told)
    _draw_suspensions(page.axes, told)
    first, last = told["waits"][0]["start"], told["waits"][-1]["end"]
    margin = max(1, (last - first) // 60)
    page.axes[0].set_xlim(*_days(told, [first - margin, last + margin]))
    calendar(page.axes[-1], told["time_zone"])
    job = told["job"]
    size = f"{job['gpus']:,.4g} {_what(told, job['gpus'])}"
    asked, waited = format_duration(job["walltime"]), format_duration(job["queued"])
    page.headline(
        f"Why job {job['job_id']} waited: {told['title']}, under {told['rule_title']}",
        f"{size} for up to {asked}; waited {waited} in all. Times of {told['time_zone']}.",
    )
    return page.figure


def _what(told: Told, count: float = 0) -> str:
    name = "unit" if told["machine"] == "pool" else "GPU"
    return name if count == 1 else f"{name}s"


def _days(told: Told, times: Sequence[float]) -> list[float]:
    """As matplotlib counts time: days since 1970."""
    return [(time + told["epoch"]) / 86_400 for time in times]


def _steps(told: Told, of: Callable[[Told], float | None]) -> tuple[list[float], list[float]]:
    """A line that holds each look's value until the next, with a gap where the job did not wait; of
    Slurm's passes, those of one kind."""
    times: list[int] = []
    values: list[float] = []
    end, kind = None, _kind_shown(told, of)
    for look in (each for each in told["looks"] if _KINDS.get(each["pass"], "") == kind):
        value = of(look)
        shown = float("nan") if value is None else float(value)
        if end is not None and look["time"] > end:
            times.append(end)
            values.append(float("nan"))
        end = look["time"] + look["seconds"]
        times += [look["time"], end]
        values += [shown, shown]
    return _days(told, times), values


def _kind_shown(told: Told, of: Callable[[Told], float | None]) -> str:
    """Of Slurm's kinds of passes the one with the most looks of which there is anything to show."""
    seen = [_KINDS.get(look["pass"], "") for look in told["looks"] if of(look) is not None]
    return max(sorted(set(seen)), key=seen.count, default="")


def _reasons(told: Told) -> dict[str, float]:
    """What part of the wait each of the longest reasons takes, whatever rule was in force; the
    largest first, and those of backfill behind those of main passes."""
    parts: dict[str, float] = {}
    for each in told["reasons"]:
        name = _reason(each)
        parts[name] = parts.get(name, 0.0) + each["part"]
    backfill = {_reason(each): each["pass"] == "backfill" for each in told["reasons"]}
    few = sorted(parts.items(), key=lambda each: -each[1])[:_REASONS]
    return dict(sorted(few, key=lambda each: (backfill[each[0]], -each[1])))


def _reason(each: Told) -> str:
    """A reason, or that of a look, and of which of Slurm's passes it is."""
    kind = _KINDS.get(each["pass"], each["pass"])
    return f"{kind}: {each['reason']}" if kind else str(each["reason"])


def _draw_reforms(panels: Sequence[Axes], told: Told) -> None:
    """A line through all panels where another rule took over, and above it that one did."""
    for each in told["reforms"]:
        (when,) = _days(told, [each["time"]])
        for axes in panels:
            axes.axvline(when, color=REFORM, linewidth=1.2, linestyle=":", zorder=3)
        panels[0].annotate(
            "reform", (when, 1.0), xycoords=("data", "axes fraction"), xytext=(3, 2),
            textcoords="offset points", color=REFORM, fontsize=8, ha="left", va="bottom",
        )  # fmt: skip


def _draw_suspensions(panels: Sequence[Axes], told: Told) -> None:
    """Grey through all panels where the job was suspended, if that is between two of its waits."""
    for each in told["suspended"]:
        if each["since"] < told["waits"][-1]["start"]:
            for axes in panels:
                axes.axvspan(*_days(told, [each["since"], each["until"]]), color=PALE, zorder=0)


def _draw_reasons(axes: Axes, told: Told) -> None:
    dress(axes, "What blocked it")
    shown = _reasons(told)
    rows = {reason: row for row, reason in enumerate(shown)}
    for look in told["looks"]:
        row = rows.get(_reason(look))
        if row is None:
            continue
        start, end = _days(told, [look["time"], look["time"] + look["seconds"]])
        axes.broken_barh(
            [(start, end - start)], (row - 0.38, 0.76), color=BAR, linewidth=0.4,
        )  # fmt: skip
    labels = [wrapped(f"{reason}, {part:.0%}", 42) for reason, part in shown.items()]
    axes.set_yticks(range(len(shown)), labels)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def _draw_place(axes: Axes, told: Told) -> None:
    dress(axes, "Its place in line", y="jobs")
    axes.plot(*_steps(told, lambda look: look["queued"]), color=HATCH, label="waiting in all")
    axes.plot(*_steps(told, lambda look: look["ahead"]), color=COLOURS[2], label="ahead of it")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    _name(axes)


def _draw_factors(axes: Axes, told: Told) -> None:
    known = {(look["era"], name) for look in told["looks"] for name in look["factors"]}
    names = list(dict.fromkeys(name for look in told["looks"] for name in look["factors"]))
    dress(axes, "What its priority is made of", y="logarithmic" if _wide(told) else "")
    if _wide(told):
        axes.set_yscale("symlog", linthresh=1)
    for number, name in enumerate(names[:_LINES]):
        axes.plot(
            *_steps(told, partial(_factor, name, known)), label=name,
            color=COLOURS[number % len(COLOURS)], linestyle=DASHES[number % len(DASHES)],
        )  # fmt: skip
    _name(axes)


def _factor(name: str, known: set[tuple[int, str]], look: Told) -> float | None:
    """0 where a part that the rule in force knows is of no weight; None where it knows none."""
    value: float = look["factors"].get(name, 0.0)
    return value if (look["era"], name) in known else None


def _wide(told: Told) -> bool:
    """Whether the factors differ so much that a plain axis would hide most of them."""
    sizes = [abs(value) for look in told["looks"] for value in look["factors"].values() if value]
    return bool(sizes) and max(sizes) > 100 * min(sizes)


def _draw_room(axes: Axes, told: Told) -> None:
    dress(axes, "Free for it after each pass", y=_what(told))
    free = _steps(told, lambda look: look["usable_after"])
    axes.fill_between(*free, color=COLOURS[5], alpha=0.5, linewidth=0, label="free for it")
    axes.plot(
        *_steps(told, lambda look: look["needed"]), color=GREY, linestyle="--", label="it needs"
    )
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    _name(axes)


def _draw_promises(axes: Axes, told: Told) -> None:
    dress(axes, "Its planned start")
    times, values = _steps(told, lambda look: look["promised"])
    axes.plot(
        times, _days(told, values), color=COLOURS[4], linewidth=2, label="planned, by walltimes"
    )
    shown = [look["promised"] for look in told["looks"] if look["promised"] is not None]
    ends = [wait for wait in told["waits"] if wait["started"]]
    for number, wait in enumerate(ends):
        axes.plot(
            _days(told, [wait["start"], wait["end"]]), _days(told, [wait["end"]] * 2),
            color=GREY, linestyle="--", label="" if number else "it started",
        )  # fmt: skip
        shown.append(wait["end"])
    margin = max(_LEAST, (max(shown) - min(shown)) // 8)
    axes.set_ylim(*_days(told, [min(shown) - margin, max(shown) + margin]))
    calendar_upwards(axes, told["time_zone"])
    _name(axes)


def _name(axes: Axes) -> None:
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8)
