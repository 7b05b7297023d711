"""The picture of one job's life, and the numbers behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from drawn import boxes
from matplotlib.figure import Figure
from results_factory import job, node, write_study

from simulator.errors import InputError
from simulator.report import plot_job
from simulator.report.job_life import job_life, job_row, told

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.results.reader import Study

H = 3600
HISTORY = [
    (2 * H, 20 * H, "requeued", 288 * H, "failure", {0: 0xFF, 1: 0xFF}),
    (30 * H, 38 * H, "preempted", 128 * H, "preemption", {2: 0xFF, 3: 0xFF}),
    (38 * H, 60 * H, "requeued", 0, "maintenance", {1: 0xFF, 2: 0xFF}),
    (70 * H, 100 * H, "completed", 0, "", {0: 0xFF, 3: 0xFF}),
]
JOBS = [
    job(1, 0, 2 * H, 100 * H, 16, attempts=HISTORY, on={0: 0, 1: 0}, walltime=40 * H, restarts=3,
        queued=22 * H, user="aliya"),
    job(2, 5, 5, 50, 1, on={3: 1}),
    job(3, 6, None, None, 1, on={3: 1}),
    job(4, 7, None, None, 999, state="refused"),
    job(5, 8, 8, 9, on={3: 1}),
    job(5, 9, 9, 10, on={3: 1}),
]  # fmt: skip
DOWN = [{"time": 20 * H, "kind": "failure", "units": 8, "capacity": 24, "nodes": [0]}]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    machine = [node(number) for number in range(4)]
    return write_study(tmp_path / "s", {"r": [JOBS]}, 32, nodes=machine, events=DOWN)


def test_a_life_is_its_waits_and_attempts_in_turn(study: Study) -> None:
    life = job_life(study, 1, "r")
    assert life.select("kind", "attempt", "start", "end", "cause").rows() == [
        ("waiting", 0, 0, 2 * H, ""),
        ("running", 0, 2 * H, 20 * H, "failure"),
        ("waiting", 1, 20 * H, 30 * H, ""),
        ("running", 1, 30 * H, 38 * H, "preemption"),
        ("running", 2, 38 * H, 60 * H, "maintenance"),
        ("waiting", 3, 60 * H, 70 * H, ""),
        ("running", 3, 70 * H, 100 * H, ""),
    ]
    assert life.filter(kind="running")["nodes"].to_list() == [[0, 1], [2, 3], [1, 2], [0, 3]]
    assert job_life(study, 3, "r").select("kind", "start", "end").rows() == [
        ("waiting", 6, 100 * H)
    ]


def test_it_is_told_in_words(study: Study) -> None:
    assert told(job_row(study, 1, "r"), job_life(study, 1, "r")) == [
        "16 GPUs on 2 nodes for aliya; asked for 1d 16h, waited 22h in all; completed.",
        "1: 18h, a node failed, queued again, 288 GPU-h lost.",
        "2: 8h, made room for another job, queued again, 128 GPU-h lost.",
        "3: 22h, cut short by maintenance, queued again.",
        "4: 1d 6h, ran to its end.",
    ]


def shown(figure: Figure) -> tuple[list[str], list[str], list[str]]:
    """Names of rows, of the key, and the numbers on attempts."""
    axes = figure.axes[0]
    return (
        [text.get_text() for text in axes.get_yticklabels()],
        [text.get_text() for text in figure.legends[0].get_texts()],
        [text.get_text() for text in axes.texts],
    )


def test_it_shows_where_each_attempt_ran_and_what_was_down(study: Study) -> None:
    figure = plot_job(study, 1, "r")
    names, key, numbers = shown(figure)
    assert names == ["waiting", "n00", "n01", "n02", "n03"]
    assert key == ["waiting", "running (open)", "rest of its walltime", "node failed"]
    assert numbers == ["1", "2", "3", "4"]
    bars = [box for bars in figure.axes[0].collections for box in boxes(bars)]
    hours = {(round(24 * (box.x0 - bars[0].x0) + 20), round((box.y0 + box.y1) / 2)) for box in bars
             if box.width > 0}  # fmt: skip
    ran = {(2, 1), (2, 2), (30, 3), (30, 4), (38, 2), (38, 3), (70, 1), (70, 4)}
    waits, down = {(0, 0), (20, 0), (60, 0)}, {(20, 1)}
    assert hours == ran | waits | down
    asked = [line.get_xdata() for line in figure.axes[0].get_lines()]
    # The rests of the first three would last 22, 32 and 18 h: the next attempt begins before.
    np.testing.assert_allclose(
        24 * np.diff(asked).ravel(), np.repeat([10, 0, 10, 10], 2), atol=1e-6
    )


def test_while_it_is_suspended_it_is_hatched(tmp_path: Path) -> None:
    still = ((10 * H, 20 * H), (30 * H, 35 * H))
    history = [(0, 40 * H, "completed", 30 * H, "", {0: 1, 1: 1}, still)]
    jobs = [job(1, 0, 0, 40 * H, 2, on={0: 1, 1: 1}, attempts=history, walltime=30 * H)]
    machine = [node(number) for number in range(2)]
    study = write_study(tmp_path / "s", {"r": [jobs]}, 16, nodes=machine)
    assert told(job_row(study, 1, "r"), job_life(study, 1, "r"))[1] == (
        "1: 1d 16h, ran to its end, suspended 2 times for 15h, 30 GPU-h lost."
    )
    figure = plot_job(study, 1, "r")
    # 25 h of its walltime are used up.
    assert shown(figure)[1] == [
        "waiting", "running (open)", "suspended", "rest of its walltime"
    ]  # fmt: skip
    hatched = [each for each in figure.axes[0].collections if each.get_hatch()]
    bars = [box for each in hatched for box in boxes(each)]
    begin = min(line.get_xdata()[0] for line in figure.axes[0].get_lines()) - 40 / 24
    assert {
        (round(24 * (box.x0 - begin)), round(24 * (box.x1 - begin)), round((box.y0 + box.y1) / 2))
        for box in bars
    } == {(10, 20, 1), (10, 20, 2), (30, 35, 1), (30, 35, 2)}


def test_a_job_of_a_pool_runs_on_the_machine(tmp_path: Path) -> None:
    study = write_study(tmp_path / "s", {"r": [[job(1, 0, 10, 50, 3)]]}, 4)
    names, key, numbers = shown(plot_job(study, 1, "r"))
    assert (names, numbers) == (["waiting", "the machine"], ["1"])
    assert key == ["waiting", "running (open)"]


def test_an_attempt_too_short_for_a_bar_is_marked_beside_its_number(tmp_path: Path) -> None:
    """Of 0 s, and of 10 s in half a day; on each node."""
    history: list[tuple[Any, ...]] = [
        (H, H, "preempted", 0, "preemption", {0: 1, 2: 1}),
        (2 * H, 2 * H + 10, "requeued", 0, "failure", {1: 1, 2: 1}),
        (3 * H, 12 * H, "completed", 0, "", {1: 1, 2: 1}),
    ]
    row = job(1, 0, H, 12 * H, 2, attempts=history, on={0: 0, 1: 0}, walltime=9 * H, restarts=2)
    machine = [node(number) for number in range(4)]
    figure = plot_job(write_study(tmp_path / "s", {"r": [[row]]}, 32, nodes=machine), 1, "r")
    axes = figure.axes[0]
    marks = [line.get_xydata()[0] for line in axes.get_lines() if line.get_marker() == "d"]
    first = marks[0][0]
    assert [(round(24 * 3600 * (x - first)), y) for x, y in marks] == [
        (0, 1), (0, 3), (H + 10, 2), (H + 10, 3),
    ]  # fmt: skip
    _, key, numbers = shown(figure)
    assert key == [
        "waiting", "running (open)", "ran too briefly for a bar", "rest of its walltime",
    ]  # fmt: skip
    assert numbers == ["1", "2", "3"]
    figure.draw_without_rendering()
    over = axes.transData.transform(marks[0])[0]
    assert axes.texts[0].get_window_extent().x0 > over, "the number hides no mark"


def test_a_refused_job_says_that_nothing_happened(study: Study) -> None:
    assert "refused" in plot_job(study, 4, "r").axes[0].texts[0].get_text()


@pytest.mark.parametrize("count", [1, 60])
def test_nothing_is_cut_off(tmp_path: Path, count: int) -> None:
    machine = [node(number) for number in range(60)]
    on = dict.fromkeys(range(count), 255)
    history: list[tuple[Any, ...]] = [
        (100 * n, 100 * n + 50, "requeued", 0, "failure", on) for n in range(12)
    ]
    row = job(1, 0, 0, 1150, 8 * count, attempts=history, on=on, state="unfinished")
    study = write_study(tmp_path / "s", {"r": [[row]]}, 480, nodes=machine)
    figure = plot_job(study, 1, "r")
    figure.draw_without_rendering()
    drawn, paper = figure.get_tightbbox().extents, figure.bbox_inches.extents
    assert (drawn[:2] >= paper[:2] - 0.01).all()
    assert (drawn[2:] <= paper[2:] + 0.01).all()
    assert "4 more attempts." in figure._suptitle.get_text()


def test_it_draws_on_the_axes_of_a_caller(study: Study) -> None:
    mine = Figure()
    assert plot_job(study, 2, "r", ax=mine.subplots()) is mine


@pytest.mark.parametrize(
    ("number", "what"),
    [(77, "no job 77.*numbers go from 1 to 5"), (5, "2 jobs have the number 5")],
)
def test_a_job_that_cannot_be_told_is_refused(study: Study, number: int, what: str) -> None:
    with pytest.raises(InputError, match=what):
        plot_job(study, number, "r")
