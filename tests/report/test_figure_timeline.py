from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from results_factory import job, write_study

from simulator.errors import InputError
from simulator.report import plot_timeline
from simulator.report.bins import edges
from simulator.report.timeline import timeline

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.lines import Line2D

    from simulator.results.reader import Study

HOUR = 3600
ALMATY = ZoneInfo("Asia/Almaty")
EPOCH = int(datetime(2027, 1, 3, 22, 3, tzinfo=ALMATY).timestamp())
"""So that instant 0 is no whole hour of the local clock."""
AWAY = [
    {"time": 2000, "kind": "loss", "units": 2, "capacity": 2},
    {"time": 3000, "kind": "repair", "units": 2, "capacity": 4},
    {"time": 4000, "kind": "maintenance_start", "units": 4, "capacity": 0},
    {"time": 6500, "kind": "maintenance_end", "units": 4, "capacity": 4},
]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Four units; job 2 is thrown out by the loss of two and runs again later."""
    again = [(500, 2000, "requeued", 3000), (6500, 9000, "completed", 0)]
    jobs = [
        job(1, 100, 100, 3900, gpus=2),
        job(2, 500, 500, 9000, gpus=2, attempts=again, restarts=1),
        job(3, 700, 7000, 7600, gpus=1),
        job(4, 800, None, None, gpus=3),
        job(5, 900, None, None, gpus=8, state="refused"),
    ]
    idle = [job(1, 100, None, None, gpus=2)]
    return write_study(
        tmp_path / "study", {"first": [jobs], "none": [idle]}, capacity=4, events=AWAY,
        epoch=EPOCH, title="A study",
    )  # fmt: skip


def second_by_second(begin: int, end: int) -> tuple[float | None, float]:
    """Use and queue of rule `first` over [begin, end), counted second by second."""
    busy = up = queued = 0
    for t in range(begin, end):
        running = 2 * (100 <= t < 3900) + 2 * (500 <= t < 2000 or 6500 <= t < 9000)
        busy += running + (7000 <= t < 7600)
        up += 4 * (100 <= t < 2000 or 3000 <= t < 4000 or t >= 6500) + 2 * (2000 <= t < 3000)
        queued += 2 * (2000 <= t < 6500) + (700 <= t < 7000) + 3 * (t >= 800)
    return (busy / up if up else None), queued / (end - begin)


def test_every_bin_is_the_exact_mean_over_its_seconds(study: Study) -> None:
    table = timeline(study).filter(rule="first")
    assert table["start"][0].timestamp() - EPOCH == 100
    assert table["end"][-1].timestamp() - EPOCH == 9000
    for start, end, use, queued in table.drop("rule").iter_rows():
        begin, until = (int(time.timestamp()) - EPOCH for time in (start, end))
        expected = second_by_second(begin, until)
        assert use == (pytest.approx(expected[0]) if expected[0] is not None else None)
        assert queued == pytest.approx(expected[1])
    assert table["utilisation"].null_count() > 0


def test_bins_end_at_whole_times_of_the_local_clock(study: Study) -> None:
    inner = timeline(study)["start"].unique().sort()[1:]
    assert {(time.minute % 10, time.second) for time in inner} == {(0, 0)}
    assert inner[0] == datetime(2027, 1, 3, 22, 10, tzinfo=ALMATY)


@pytest.mark.parametrize(
    ("days", "width"), [(2, 600), (10, HOUR), (90, 6 * HOUR), (365, 24 * HOUR), (3000, 168 * HOUR)]
)
def test_bins_are_as_wide_as_the_time_is_long(days: int, width: int) -> None:
    cut = edges(1000, days * 86_400, offset=0)
    assert (np.diff(cut)[1:-1] == width).all()
    assert (cut[1:-1] % width == 0).all()
    assert (cut[0], cut[-1]) == (1000, days * 86_400)


def test_the_lines_are_the_table_and_the_baseline_lies_behind(study: Study) -> None:
    figure = plot_timeline(study)
    table = timeline(study)
    use, queue = figure.axes[:2]
    mine = table.filter(rule="first")
    drawn = use.get_lines()[0].get_ydata()
    np.testing.assert_array_equal(drawn[:-1], mine["utilisation"].fill_null(np.nan).to_numpy())
    np.testing.assert_array_equal(queue.get_lines()[0].get_ydata()[:-1], mine["queued"].to_numpy())
    assert list(use.get_lines()[0].get_xdata(orig=True)[:-1]) == mine["start"].to_list()
    behind, own = figure.axes[3].get_lines()
    np.testing.assert_array_equal(behind.get_ydata()[:-1], mine["queued"].to_numpy())
    np.testing.assert_array_equal(
        own.get_ydata()[:-1], table.filter(rule="none")["queued"].to_numpy()
    )


def test_absences_are_shaded_where_they_are(study: Study) -> None:
    figure = plot_timeline(study)
    spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in figure.axes[0].patches]
    zero = datetime.fromtimestamp(EPOCH, ALMATY)
    expected = [
        (date2num(zero + timedelta(seconds=start)), date2num(zero + timedelta(seconds=end)))
        for start, end in ((4000, 6500), (2000, 3000))
    ]
    np.testing.assert_allclose(spans, expected, rtol=0, atol=1e-9)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["for comparison: first", "maintenance", "units lost"]


def test_a_rule_under_which_nothing_started_says_so(study: Study) -> None:
    titles = [axes.get_title(loc="left") for axes in plot_timeline(study).axes]
    assert titles == ["first", "", "none: no job started", ""]


def test_a_study_without_jobs_draws_an_empty_machine(tmp_path: Path) -> None:
    study = write_study(tmp_path / "s", {"r": [[]]}, capacity=4)
    assert timeline(study).height == 1
    assert "no job started" in plot_timeline(study).axes[0].get_title(loc="left")


def test_it_draws_on_the_axes_of_a_caller(study: Study) -> None:
    mine = Figure()
    assert plot_timeline(study, ax=mine.subplots(2, 2)) is mine
    assert [len(axes.get_lines()) for axes in mine.axes] == [1, 1, 2, 2]


def test_another_number_of_axes_or_an_unknown_replication_is_refused(study: Study) -> None:
    with pytest.raises(InputError, match="2 axes given for a figure of 4 panels"):
        plot_timeline(study, ax=Figure().subplots(1, 2))
    with pytest.raises(InputError, match="no replication 7"):
        plot_timeline(study, 7)


def test_a_reform_is_drawn_where_it_takes_effect(study: Study, tmp_path: Path) -> None:
    reform = {"time": 1800, "kind": "reform", "units": 0, "capacity": 4}
    rows = {"first": [[job(1, 100, 100, 3900, gpus=2)]]}
    other = {"capacity": 4, "epoch": EPOCH, "title": "Reformed"}
    reformed = write_study(tmp_path / "reformed", rows, events=[reform], **other)
    when = date2num(datetime.fromtimestamp(EPOCH + 1800, ALMATY))
    figure = plot_timeline(reformed)
    lines = [line.get_xdata()[0] for axes in figure.axes for line in axes.lines if _dashed(line)]
    assert lines == pytest.approx([when, when])
    said = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert "a reform takes effect" in said
    unreformed = plot_timeline(study)
    assert not [line for axes in unreformed.axes for line in axes.lines if _dashed(line)]


def _dashed(line: Line2D) -> bool:
    return not isinstance(line.get_linestyle(), str) or line.get_linestyle() == "--"
