from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from matplotlib.figure import Figure

from simulator.errors import InputError
from simulator.report import plot_trace
from simulator.workload.columns import Jobs
from simulator.workload.statistics import TraceStatistics, describe

ALMATY = ZoneInfo("Asia/Almaty")
EPOCH = int(datetime(2027, 1, 4, 6, tzinfo=ALMATY).timestamp())
"""A Monday at six."""
DAY = 86_400


def statistics(
    submit: list[int], run_time: list[int], walltime: list[int], gpus: list[int]
) -> TraceStatistics:
    count = len(submit)
    nobody = np.zeros(count, np.int32)
    columns = (np.array(each, np.int64) for each in (submit, run_time, walltime, gpus))
    jobs = Jobs(np.arange(count), *columns, nobody, nobody, nobody, ("u",), ("a",), ("c",))
    return describe(jobs, 10, EPOCH, "Asia/Almaty")


@pytest.fixture
def trace() -> TraceStatistics:
    return statistics(
        [0, 3600, DAY, 2 * DAY], [0, 60, 3600, 7200], [100, 60, 7200, 3600], [1, 1, 4, 8]
    )


def heights(axes: object) -> list[float]:
    return [patch.get_height() for patch in axes.patches]


def test_submissions_by_hour_and_weekday(trace: TraceStatistics) -> None:
    hours, weekdays = plot_trace(trace).axes[:2]
    assert {hour: count for hour, count in enumerate(heights(hours)) if count} == {6: 3, 7: 1}
    assert heights(weekdays) == [2, 1, 1, 0, 0, 0, 0]


def test_demand_of_each_day_stands_beside_the_capacity(trace: TraceStatistics) -> None:
    axes = plot_trace(trace).axes[2]
    outline = axes.collections[0].get_paths()[0].vertices
    assert outline[:, 1].max() == pytest.approx(8 * 7200 / 3600)
    assert {round(float(y), 6) for y in outline[:, 1]} == {0, round(60 / 3600, 6), 4, 16}
    assert axes.get_lines()[0].get_ydata() == [240, 240]


def test_long_traces_show_the_mean_day_of_each_week() -> None:
    days = 500
    trace = statistics([DAY * day for day in range(days)], [3600] * days, [1] * days, [7] * days)
    axes = plot_trace(trace).axes[2]
    assert "mean of each week" in axes.get_title(loc="left")
    outline = axes.collections[0].get_paths()[0].vertices
    assert set(outline[:, 1].round(9)) == {0, 7}


def test_sizes_are_shares_of_jobs_and_of_work(trace: TraceStatistics) -> None:
    axes = plot_trace(trace).axes[3]
    work = 60 + 4 * 3600 + 8 * 7200
    assert heights(axes) == pytest.approx(
        [0.5, 0.25, 0.25, 60 / work, 4 * 3600 / work, 8 * 7200 / work]
    )
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "3–4", "5–8"]


def test_run_times_are_their_distribution(trace: TraceStatistics) -> None:
    (line,) = plot_trace(trace).axes[4].get_lines()
    assert line.get_xydata().tolist() == [[0, 0.25], [60, 0.5], [3600, 0.75], [7200, 1]]


def test_walltimes_are_split_by_how_much_of_them_was_used(trace: TraceStatistics) -> None:
    shares = heights(plot_trace(trace).axes[5])
    assert {place: share for place, share in enumerate(shares) if share} == {
        0: 0.25,  # nothing of it used
        9: 0.25,  # a half
        19: 0.25,  # all
        20: 0.25,  # overrun
    }


def test_a_trace_without_walltimes_says_so() -> None:
    axes = plot_trace(statistics([0], [5], [0], [1])).axes[5]
    assert [text.get_text() for text in axes.texts] == ["the trace states no walltimes"]


def test_it_draws_on_the_axes_of_a_caller_and_refuses_another_number(
    trace: TraceStatistics,
) -> None:
    mine = Figure()
    assert plot_trace(trace, mine.subplots(3, 2)) is mine
    with pytest.raises(InputError, match="4 axes given for a figure of 6 panels"):
        plot_trace(trace, Figure().subplots(2, 2))
