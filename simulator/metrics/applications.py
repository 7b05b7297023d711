"""How long projects wait for a grant and for their first GPU, and how many wait for a panel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from simulator.metrics.base import Level, Metric, Undefined, Value
from simulator.metrics.measured import Measured
from simulator.metrics.steps import Steps

NOBODY = Undefined("nobody applies for GPU-time under this rule")
NO_PANEL = Undefined("no panel had anything to decide under this rule")
SO_FAR = "what waits still counts with its wait until the last instant of the run, a lower bound"


def times_to_first_gpu(measured: Measured) -> pl.DataFrame:
    """A row a project that applied: project, job_class, seconds (from its first application to the
    first start of a job of its; until the horizon if none ever started)."""
    return (
        measured.applications.with_columns(pl.col("project", "job_class").cast(pl.String))
        .group_by("project", "job_class", maintain_order=True)
        .agg(pl.col("applied").min(), pl.col("first_gpu").min())
        .select(
            "project",
            "job_class",
            seconds=pl.col("first_gpu").fill_null(measured.horizon) - pl.col("applied"),
        )
    )


def _until(measured: Measured) -> int:
    """The last instant that results know of, applications included."""
    return int(measured.applications["applied"].to_numpy().max(initial=measured.horizon))


def _over_projects(part: float) -> Callable[[Measured], Value]:
    def compute(measured: Measured) -> Value:
        seconds = times_to_first_gpu(measured)["seconds"].to_numpy()
        return float(np.percentile(seconds, 100 * part)) if len(seconds) else NOBODY

    return compute


def mean_decision_time(measured: Measured) -> Value:
    """Mean of decided − applied over all applications, s; of those withdrawn by a reform, until
    then."""
    table = measured.applications
    if table.is_empty():
        return NOBODY
    until = table["decided"].fill_null(_until(measured))
    return float((until - table["applied"]).to_numpy().mean())


def _before_panels(measured: Measured) -> Steps | None:
    """How many applications wait for a meeting; None where no panel had any."""
    table, last = measured.applications, _until(measured)
    if "lines" in table.columns:
        lines = [line for line in table["lines"].to_list() if line]
        begin = [time for line in lines for time in line[::2]]
        end = [time for line in lines for time in [*line, last][1 : len(line) + 1 : 2]]
    else:
        table = table.filter(pl.col("panel").cast(pl.String) != "")
        begin = table["applied"].to_list()
        # Who asks for more than all tiers grant may be refused at once.
        end = table["reviewed"].fill_null(table["decided"]).fill_null(last).to_list()
    if not begin:
        return None
    ones = np.ones(len(begin), np.int64)
    return Steps.of_intervals(np.array(begin, np.int64), np.array(end, np.int64), ones)


def mean_panel_queue(measured: Measured) -> Value:
    """Time average of applications that wait for a meeting, up to the last arrival of a job."""
    waiting, begin = _before_panels(measured), int(measured.events["time"][0])
    if waiting is None:
        return NO_PANEL
    if measured.last_arrival <= begin:
        return Undefined("all jobs arrive at one instant")
    return waiting.area(begin, measured.last_arrival) / (measured.last_arrival - begin)


def most_panel_queue(measured: Measured) -> Value:
    """The most applications that ever waited for a meeting for any time."""
    waiting = _before_panels(measured)
    if waiting is None:
        return NO_PANEL
    lasts = np.diff(waiting.times, append=waiting.times[-1]) > 0
    return float(waiting.values[lasts].max(initial=0))


def _metric(
    name: str, title: str, formula: str, unit: str, compute: Callable[[Measured], Value]
) -> Metric:
    level: Level = "machine" if "panel" in name else "account"
    return Metric(name, title, formula, unit, "lower", level, "", SO_FAR, True, compute)


METRICS = (
    _metric(
        "median_time_to_gpu",
        "median time from application to first GPU",
        "median over projects that applied of first start of a job − first application, warm-up "
        "included",
        "s",
        _over_projects(0.5),
    ),
    _metric(
        "p90_time_to_gpu",
        "90th percentile of time from application to first GPU",
        "90th percentile over projects that applied of first start of a job − first application, "
        "interpolated, warm-up included",
        "s",
        _over_projects(0.9),
    ),
    _metric(
        "mean_decision_time",
        "mean time from application to decision",
        "mean over applications of decided − applied, warm-up included",
        "s",
        mean_decision_time,
    ),
    _metric(
        "mean_panel_queue",
        "mean number of applications that wait for a panel",
        "∫ applications that wait for a meeting dt/T, from the beginning of the run to the last "
        "arrival of a job",
        "applications",
        mean_panel_queue,
    ),
    _metric(
        "most_panel_queue",
        "most applications that waited for a panel at once",
        "max over time of applications that wait for a meeting",
        "applications",
        most_panel_queue,
    ),
)
NAMES = tuple(each.name for each in METRICS)
"""Names of these metrics, which say something where a rule has applications."""
