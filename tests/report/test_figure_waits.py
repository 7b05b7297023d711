from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.figure import Figure
from results_factory import job, write_study

from simulator.errors import InputError
from simulator.report import plot_waits
from simulator.report.waits import wait_curves

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from simulator.results.reader import Study


def jobs_with(waits: list[int | None], job_class: str = "open", first: int = 1) -> list[dict]:
    return [
        job(
            first + number,
            10 * number,
            None if wait is None else 10 * number + wait,
            None if wait is None else 10 * number + wait + 50,
            job_class=job_class,
        )
        for number, wait in enumerate(waits)
    ]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Two rules, two replications, two classes; one job of `open` never starts under `slow`."""
    science = jobs_with([0, 0, 30], "science", first=100)
    study = write_study(
        tmp_path / "study",
        {
            "fast": [jobs_with([0, 60, 7200]) + science, jobs_with([60, 0]) + science],
            "slow": [jobs_with([60, 60, None]) + science, jobs_with([9000, 60]) + science],
        },
        capacity=100,
        title="A study",
    )
    study.manifest["rules"] = {"fast": "Fast rule", "slow": "Slow rule"}
    return study


def lines(axes: Axes) -> dict[str, tuple[list[float], list[float]]]:
    return {
        str(line.get_label()): (list(line.get_xdata()), list(line.get_ydata()))
        for line in axes.get_lines()
    }


def test_each_class_has_a_panel_with_the_pooled_distribution_of_each_rule(study: Study) -> None:
    figure = plot_waits(study)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["open", "science"]
    opened = lines(figure.axes[0])
    edge = pytest.approx(9900)
    assert opened["Fast rule"] == ([0, 60, 7200, edge], pytest.approx([2 / 5, 4 / 5, 1, 1]))
    assert opened["Slow rule"] == ([0, 60, 9000, edge], pytest.approx([0, 3 / 5, 4 / 5, 4 / 5]))
    assert lines(figure.axes[1])["Fast rule"] == ([0, 30, edge], pytest.approx([2 / 3, 1, 1]))


def test_a_rule_under_which_nobody_waits_is_seen(tmp_path: Path) -> None:
    runs = {"fast": [jobs_with([0, 0])], "slow": [jobs_with([0, 60])]}
    study = write_study(tmp_path / "s", runs, 100)
    drawn = lines(plot_waits(study).axes[0])
    assert drawn["fast"] == ([0, pytest.approx(7200)], [1, 1])


def test_the_headline_says_what_is_pooled_and_what_never_started(study: Study) -> None:
    headline = plot_waits(study).get_suptitle()
    assert headline.startswith("A study: how long jobs wait")
    assert "2 replications pooled" in headline
    assert "never start" in headline


def test_a_curve_of_many_jobs_is_thinned_and_exact_at_its_points(tmp_path: Path) -> None:
    waits = np.random.default_rng(1).exponential(3000, 5000).astype(int)
    study = write_study(tmp_path / "s", {"r": [jobs_with(waits.tolist())]}, capacity=9000)
    curve = wait_curves(study)
    assert curve.height <= 1001
    assert curve["wait"][0] == 0
    assert curve["wait"][-1] == waits.max()
    expected = [np.mean(waits <= at) for at in curve["wait"]]
    assert curve["share"].to_list() == pytest.approx(expected, abs=1e-12)


def test_refused_jobs_and_those_of_the_warm_up_do_not_count(tmp_path: Path) -> None:
    jobs = [
        job(1, 0, 500, 600),
        job(2, 50, 51, 600),
        job(3, 60, 60, 600),
        job(4, 60, None, None, gpus=1000, state="refused"),
    ]
    study = write_study(tmp_path / "s", {"r": [jobs]}, capacity=9, comparison={"warm_up": 50})
    curve = wait_curves(study)
    assert curve["wait"].to_list() == [0, 1]
    assert curve["share"].to_list() == [0.5, 1.0]


def test_a_class_of_which_nothing_started_says_so(tmp_path: Path) -> None:
    jobs = [job(1, 0, 10, 20), job(2, 0, None, None, job_class="late")]
    figure = plot_waits(write_study(tmp_path / "s", {"r": [jobs]}, capacity=1))
    texts = [text.get_text().replace("\n", " ") for text in figure.axes[0].texts]
    assert texts == ["no job of this class started under any rule"]
    assert len(figure.axes[1].get_lines()) == 1


def test_it_draws_on_the_axes_of_a_caller_and_keeps_their_headline(study: Study) -> None:
    mine = Figure()
    mine.suptitle("mine")
    given = mine.subplots(1, 2)
    assert plot_waits(study, ax=given) is mine
    assert mine.get_suptitle() == "mine"
    assert set(lines(given[0])) == {"Fast rule", "Slow rule"}


def test_another_number_of_axes_is_refused(study: Study) -> None:
    with pytest.raises(InputError, match=r"1 axes given for a figure of 2 panels.*give 2 axes"):
        plot_waits(study, ax=Figure().subplots())
