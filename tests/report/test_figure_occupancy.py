"""The picture of nodes over time, and the numbers behind it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from drawn import boxes
from matplotlib.colors import to_hex
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from results_factory import job, node, write_study

from simulator.errors import InputError
from simulator.report import draw_all, figures, plot_occupancy
from simulator.report.node_bars import fills, outages
from simulator.report.occupancy_table import occupancy_bars, window
from simulator.report.save import save
from simulator.study.comparison import compare

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.results.reader import Study

ALMATY = ZoneInfo("Asia/Almaty")
EPOCH = int(datetime(2027, 1, 4, tzinfo=ALMATY).timestamp())
DAY = 86_400
JOBS = [
    job(1, 0, 0, DAY, 4, on={0: 0b0011, 2: 0b1010}, job_class="open"),
    job(2, 0, 100, None, 4, on={1: 0b1111}, job_class="gov",
        attempts=[(100, None, "unfinished", 0)]),
    job(3, 50, 10 * DAY, 12 * DAY, 1, on={0: 0b1000}, job_class="gov"),
    job(4, 60, 60, 60, 1, on={2: 0b0001}, job_class="gov"),
]  # fmt: skip
DOWN = [
    {"time": 20, "kind": "failure", "units": 4, "capacity": 8, "nodes": [0, 3]},
    {"time": 40, "kind": "repair", "units": 4, "capacity": 8, "nodes": [0]},
    {"time": 50, "kind": "maintenance_start", "units": 4, "capacity": 8, "nodes": [3]},
    {"time": 80, "kind": "failure", "units": 4, "capacity": 8, "nodes": [0]},
    {"time": 90, "kind": "maintenance_end", "units": 4, "capacity": 8, "nodes": [3]},
    {"time": 95, "kind": "repair", "units": 4, "capacity": 8, "nodes": [0]},
]


def made(folder: Path, jobs: list[dict[str, Any]] = JOBS, **others: Any) -> Study:
    gpus = (4, 4, 4, 0)
    machine = [node(number, gpus=count, leaf=number // 2) for number, count in enumerate(gpus)]
    settings = {"events": DOWN, "nodes": machine, "epoch": EPOCH, "title": "A study"} | others
    return write_study(folder / "s", {"first": [jobs], "second": [jobs]}, 12, **settings)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return made(tmp_path)


def rows(study: Study, **part: Any) -> list[tuple[Any, ...]]:
    table = occupancy_bars(study, "first", **part)
    assert table.columns == ["kind", "node", "gpu", "gpus", "start", "end", "job_id", "job_class"]
    return table.rows()


def test_a_bar_stands_for_gpus_side_by_side_and_is_cut_to_the_window(study: Study) -> None:
    found = [row for row in rows(study, start=50, duration=200) if row[0] == "job"]
    assert found == [
        ("job", 0, 0, 2, 50, 250, 1, "open"),
        ("job", 1, 0, 4, 100, 250, 2, "gov"),
        ("job", 2, 1, 1, 50, 250, 1, "open"),
        ("job", 2, 3, 1, 50, 250, 1, "open"),
    ]


def test_each_outage_of_a_node_ends_with_its_own_end(study: Study) -> None:
    assert outages(study.run("first").events, until=1000).rows() == [
        ("failure", 0, 20, 40),
        ("failure", 0, 80, 95),
        ("failure", 3, 20, 1000),
        ("maintenance", 3, 50, 90),
    ]
    found = [row for row in rows(study, start=30, duration=60) if row[0] != "job"]
    assert found == [
        ("failure", 0, 0, 4, 30, 40, None, None),
        ("failure", 0, 0, 4, 80, 90, None, None),
        ("failure", 3, 0, 0, 30, 90, None, None),
        ("maintenance", 3, 0, 0, 50, 90, None, None),
    ]


def test_by_default_the_busiest_week_is_shown_from_a_local_midnight(tmp_path: Path) -> None:
    many = [job(n, n * DAY, n * DAY + 5000, n * DAY + 80_000, 1 + 3 * (10 <= n < 17),
                on={1: 0b1111}) for n in range(30)]  # fmt: skip
    busy = made(tmp_path, many, epoch=EPOCH + 7200)
    assert window(busy, "first") == (10 * DAY - 7200, 17 * DAY - 7200)
    assert window(busy, "first", duration=DAY)[1] - window(busy, "first", duration=DAY)[0] == DAY


def test_a_run_shorter_than_a_week_is_shown_whole(tmp_path: Path) -> None:
    assert window(made(tmp_path, [job(1, 7, 9, 5000, on={0: 1})]), "first") == (7, 5000)


@pytest.mark.parametrize("zone", [None, ALMATY])
def test_a_window_may_begin_at_a_time_of_the_calendar(study: Study, zone: ZoneInfo | None) -> None:
    start = datetime(2027, 1, 5, 6, tzinfo=zone)
    assert window(study, "first", start=start, duration=60) == (30 * 3600, 30 * 3600 + 60)


def test_the_bars_are_the_table_and_the_axis_is_the_window(study: Study) -> None:
    axes = plot_occupancy(study, start=50, duration=200).axes[0]
    zero = datetime.fromtimestamp(EPOCH, ALMATY)
    left, right = (date2num(zero + timedelta(seconds=second)) for second in (50, 250))
    np.testing.assert_allclose(axes.get_xlim(), (left, right), rtol=0, atol=1e-9)
    assert axes.get_ylim() == (4, 0)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["n00", "n01", "n02", "n03"]
    look = fills(study.manifest["classes"])
    drawn = {}
    for bars in axes.collections:
        if bars.get_paths() and len(bars.get_facecolor()):
            drawn[to_hex(bars.get_facecolor()[0]).upper()] = boxes(bars)
    bars = drawn[look["open"]["facecolor"]]
    np.testing.assert_allclose([[box.x0, box.x1] for box in bars], [[left, right]] * 3)
    room = 0.84 / 4
    tops = [0.08, 2.08 + room, 2.08 + 3 * room]
    np.testing.assert_allclose([box.y0 for box in bars], tops)
    np.testing.assert_allclose([box.height for box in bars], [2 * room, room, room])
    assert len(drawn[look["gov"]["facecolor"]]) == 1


def test_the_key_tells_what_occurs(study: Study) -> None:
    def labels(**part: Any) -> list[str]:
        legend = plot_occupancy(study, "second", **part).legends[0]
        return [text.get_text() for text in legend.get_texts()]

    assert labels(start=50, duration=200) == ["gov", "open", "maintenance", "node failed", "idle"]
    assert labels(start=9 * DAY, duration=2 * DAY) == ["gov", "node failed", "idle"]


STOPPED = [
    job(1, 0, 10, 90, 3, on={0: 0b0011, 1: 0b0100}, attempts=[
        (10, 40, "preempted", 9, "preemption"), (40, 40, "preempted", 0, "preemption"),
        (60, 70, "requeued", 9, "failure"), (70, 90, "completed", 0)]),
]  # fmt: skip


def test_who_gave_way_is_marked_where_and_when_it_ran(tmp_path: Path) -> None:
    """At the end of the attempt, of one of 0 s too, and not where a node failed."""
    study = made(tmp_path, STOPPED, events=[])
    marks = [row for row in rows(study, start=0, duration=50) if row[0] == "preempted"]
    assert marks == [
        ("preempted", 0, 0, 2, 40, 40, 1, "open"), ("preempted", 0, 0, 2, 40, 40, 1, "open"),
        ("preempted", 1, 2, 1, 40, 40, 1, "open"), ("preempted", 1, 2, 1, 40, 40, 1, "open"),
    ]  # fmt: skip
    assert not any(row[0] == "preempted" for row in rows(study, start=41, duration=50))
    figure = plot_occupancy(study, "first", start=0, duration=50)
    (lines,) = (
        each for each in figure.axes[0].collections
        if len(each.get_edgecolor()) and to_hex(each.get_edgecolor()[0]) == "#000000"
    )  # fmt: skip
    when = date2num(datetime.fromtimestamp(EPOCH + 40, ALMATY))
    room = 0.84 / 4
    wanted = [
        [(when, 0.08), (when, 0.08 + 2 * room)],
        [(when, 1.08 + 2 * room), (when, 1.92 - room)],
    ]
    drawn = [[(box.x0, box.y0), (box.x1, box.y1)] for box in boxes(lines)]
    np.testing.assert_allclose(drawn, np.repeat(wanted, 2, axis=0), rtol=0, atol=1e-6)
    key = [text.get_text() for text in figure.legends[0].get_texts()]
    assert key == ["open", "gave way to another job", "idle"]


def test_classes_differ_without_colour() -> None:
    looks = fills([f"class {place}" for place in range(24)]).values()
    assert len({(look["facecolor"], look["hatch"]) for look in looks}) == 24
    weights = np.array([0.299, 0.587, 0.114])
    grey = sorted(
        {
            float(weights @ [int(look["facecolor"][at : at + 2], 16) for at in (1, 3, 5)])
            for look in looks
        }
    )
    assert min(np.diff(grey)) > 15


def test_occupancy_is_among_the_figures_of_a_study_of_nodes(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are made, and not drawn."""
    monkeypatch.setattr(
        figures, "save", lambda figure, path: save(figure, path) if path.name == "occupancy" else []
    )
    compared = compare(study)
    written = draw_all(study, compared, tmp_path / "out")
    names = [path.name for path in written if path.stem == "occupancy"]
    assert names == [f"occupancy.{suffix}" for suffix in ("svg", "png", "csv")]
    again = draw_all(study, compared, tmp_path / "again")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]


@pytest.mark.parametrize("count", [1, 64, 300])
def test_nothing_is_cut_off_and_names_of_nodes_do_not_overlap(tmp_path: Path, count: int) -> None:
    machine = [node(number, gpus=8) for number in range(count)]
    jobs = [job(1, 0, 0, 2 * DAY, 8, on={0: 0xFF})]
    figure = plot_occupancy(made(tmp_path, jobs, nodes=machine, events=[]))
    figure.draw_without_rendering()
    drawn, paper = figure.get_tightbbox().extents, figure.bbox_inches.extents
    assert (drawn[:2] >= paper[:2] - 0.01).all()
    assert (drawn[2:] <= paper[2:] + 0.01).all()
    boxes = [text.get_window_extent() for text in figure.axes[0].get_yticklabels()]
    assert not any(above.overlaps(below) for above, below in pairwise(boxes))


def test_it_draws_on_the_axes_of_a_caller(study: Study) -> None:
    mine = Figure()
    assert plot_occupancy(study, ax=mine.subplots()) is mine
    assert mine.axes[0].get_title(loc="left") == "first"


def test_what_cannot_be_drawn_is_refused(study: Study, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rule 'third'"):
        plot_occupancy(study, "third")
    with pytest.raises(InputError, match=r"nothing is known of the 7d .*the run goes from 0 s"):
        plot_occupancy(study, start=99 * DAY)
    with pytest.raises(InputError, match="a window of 0 s"):
        plot_occupancy(study, duration=0)
    pool = write_study(tmp_path / "pool", {"r": [[job(1, 0, 0, 9)]]}, 4)
    with pytest.raises(InputError, match="a pool has no nodes"):
        plot_occupancy(pool)
