"""How long jobs wait: the distribution by class, under each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from simulator.report.distribution import cumulative
from simulator.report.runs import of_replications
from simulator.report.sheet import columns_for, sheet
from simulator.report.style import dress, looks, percent, titles, undefined, wrapped
from simulator.report.timescale import durations_from_zero, last_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from simulator.metrics.arrays import Ints
    from simulator.metrics.measured import Measured
    from simulator.results.reader import Study


Waits = dict[tuple[str, str], tuple["Ints", int]]
"""By class and rule: the waits of the jobs that started, s, and how many jobs there were."""


def waits_of(runs: Mapping[str, Measured]) -> Waits:
    """How long the jobs of one replication waited, under each rule."""
    found: Waits = {}
    for rule, run in runs.items():
        names, codes = run.job_class
        started = run.column("start") >= 0
        for code, name in enumerate(names):
            mine = run.measured & (codes == code)
            found[name, rule] = run.wait[mine & started], int(np.count_nonzero(mine))
    return found


def wait_curves(study: Study, waits: Sequence[Waits] | None = None) -> pl.DataFrame:
    """Points of the empirical distribution of waits, all replications pooled.

    Columns: job_class, rule, jobs, started, wait (s), share. ``share`` is the part of the class's
    ``jobs`` that had started after ``wait`` or less, exact at each point; a curve begins at 0 s
    with the part that did not wait. Jobs that never started count among the jobs, so their curve
    ends below 1. Jobs are those submitted after the warm-up, neither refused nor withdrawn.
    ``waits``: what ``waits_of`` makes of each replication, if it is there already.
    """
    if waits is None:
        waits = [each for (each,) in of_replications(study, waits_of)]
    return pl.concat(
        _curve([each[job_class, rule] for each in waits if (job_class, rule) in each]).select(
            pl.lit(job_class).alias("job_class"), pl.lit(rule).alias("rule"), pl.all()
        )
        for job_class in study.manifest["classes"]
        for rule in study.rules
    )


def _curve(waits: Sequence[tuple[Ints, int]]) -> pl.DataFrame:
    pooled = np.concatenate([np.empty(0, np.int64), *(each for each, _ in waits)])
    count = sum(jobs for _, jobs in waits)
    at, share = cumulative(pooled, count)
    return pl.DataFrame({"wait": at, "share": share}).select(
        pl.lit(count).alias("jobs"), pl.lit(len(pooled)).alias("started"), "wait", "share"
    )


def plot_waits(
    study: Study,
    ax: Axes | Sequence[Axes] | None = None,
    *,
    curves: pl.DataFrame | None = None,
) -> Figure:
    """Draw how long jobs wait: one panel a class, one line a rule.

    ``ax``: as many axes as the study has classes, or none for a new figure. ``curves``: what
    ``wait_curves(study)`` gave, if it is at hand. Raises InputError for another number of axes.
    """
    curves = wait_curves(study) if curves is None else curves
    classes = study.manifest["classes"]
    columns = columns_for(len(classes))
    rows = -(-len(classes) // columns)
    page = sheet(
        rows,
        columns,
        ax,
        size=(max(3.4 * columns + 1.6, 6.5), 2.9 * rows + 1.3),
        count=len(classes),
    )
    longest = float(curves["wait"].to_numpy().max(initial=0))
    lines: list[Line2D] = []
    for place, (axes, job_class) in enumerate(zip(page.axes, classes, strict=True)):
        mine = curves.filter(pl.col("job_class") == job_class)
        x = "within this time of submission" if place + columns >= len(classes) else ""
        y = "jobs started, %" if place % columns == 0 else ""
        dress(axes, wrapped(job_class, 34), x=x, y=y)
        if mine.is_empty():
            undefined(axes, "no job of this class started under any rule")
            continue
        drawn = _draw(axes, study, mine, last_of(longest))
        lines = drawn if len(drawn) > len(lines) else lines
        durations_from_zero(axes, longest)
    page.headline(f"{study.manifest['title']}: how long jobs wait", _note(study, curves))
    page.legend(lines)
    return page.figure


def _draw(axes: Axes, study: Study, curves: pl.DataFrame, last: float) -> list[Line2D]:
    """One line a rule, up to ``last``: where nobody waits a curve is one point."""
    names, look = titles(study.manifest), looks(study.rules)
    lines = []
    for place, rule in enumerate(study.rules):
        curve = curves.filter(pl.col("rule") == rule)
        if curve.height:
            style = look[rule].marked(place, len(study.rules))
            wait, share = curve["wait"].to_numpy(), curve["share"].to_numpy()
            lines += axes.plot(
                np.append(wait, last), np.append(share, share[-1]),
                drawstyle="steps-post", label=names[rule], **style,
            )  # fmt: skip
    axes.set_ylim(0, 1.03)
    percent(axes)
    return lines


def _note(study: Study, curves: pl.DataFrame) -> str:
    count = study.replications
    pooled = f"{count} replications pooled; jobs" if count > 1 else "Jobs"
    waiting = curves.filter(pl.col("started") < pl.col("jobs")).height > 0
    never = "; it ends below 100 % where jobs never start" if waiting else ""
    return f"{pooled} after the warm-up. A curve begins with those that do not wait{never}."
