from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from matplotlib.figure import Figure

from simulator.errors import InputError
from simulator.report import plot_comparison

DEMANDS = ("equal_access", "utilisation", "priority_kept")


def row(rule: str, metric: str, mark: str, **numbers: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("mean", "low", "high", "diff", "diff_low", "diff_high"))
    return (
        {"rule": rule, "metric": metric}
        | empty
        | {"p": None, "p_holm": None, "mark": mark, "n": 10, "scale": "linear", "reason": ""}
        | numbers
    )


def compared(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)


TABLE = compared(
    [
        row("fcfs", "equal_access", "baseline", mean=0.5),
        row("easy", "equal_access", "better", mean=0.7, diff=0.2, diff_low=0.1, diff_high=0.3),
        row("fcfs", "utilisation", "baseline", mean=0.8),
        row("easy", "utilisation", "worse", mean=0.7, diff=-0.1, diff_low=-0.15, diff_high=-0.05),
        row("fcfs", "priority_kept", "undefined", reason="the scenario names no priority classes"),
        row("easy", "priority_kept", "undefined", reason="the scenario names no priority classes"),
        row("fcfs", "mean_wait", "baseline", mean=36_000.0),
        row("easy", "mean_wait", "no difference shown", mean=30_000.0, diff=-7200.0,
            diff_low=-18_000.0, diff_high=3600.0),
        row("fcfs", "mean_bounded_slowdown", "baseline", mean=9.0, scale="log"),
        row("easy", "mean_bounded_slowdown", "not comparable", mean=18.0, diff=2.0, scale="log"),
    ]
)  # fmt: skip


def drawn(axes: Any) -> list[list[list[float]]]:
    """All lines but the one of no difference, which comes first."""
    return [line.get_xydata().tolist() for line in axes.get_lines()[1:]]


def test_each_demand_has_a_panel_and_each_rule_a_row_with_its_interval() -> None:
    figure = plot_comparison(TABLE, titles={"fcfs": "First", "easy": "Backfill"}, title="Study")
    equal, full, _ = figure.axes
    assert figure.get_suptitle().startswith("Study: how the rules differ from First")
    assert [label.get_text() for label in equal.get_yticklabels()] == ["First", "Backfill"]
    assert drawn(equal) == [[[0, 0]], [[0.1, 1], [0.3, 1]], [[0.2, 1]]]
    assert equal.get_lines()[0].get_xdata() == [0, 0]
    shown = [value for line in drawn(full)[1:] for value, _ in line]
    assert shown == pytest.approx([-15, -5, -10])
    assert "percentage points" in full.get_xlabel()
    assert [text.get_text() for text in full.texts] == ["mean", "80.0 %", "70.0 %"]


def test_the_arrow_points_to_what_is_better() -> None:
    figure = plot_comparison(TABLE, metrics=["equal_access", "mean_wait"])
    assert figure.axes[0].get_xlabel().endswith("better →")
    assert figure.axes[1].get_xlabel().startswith("← better")


def test_seconds_are_drawn_in_a_unit_that_suits_them() -> None:
    (axes,) = plot_comparison(TABLE, metrics=["mean_wait"]).axes
    assert drawn(axes) == [[[0, 0]], [[-5, 1], [1, 1]], [[-2, 1]]]
    assert axes.get_xlabel().endswith("difference, h")
    assert [text.get_text() for text in axes.texts] == ["mean", "10h", "8h 20min"]


def test_a_ratio_stands_on_a_logarithmic_axis_about_one() -> None:
    figure = plot_comparison(TABLE, metrics=["mean_bounded_slowdown"])
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert axes.get_lines()[0].get_xdata() == [1, 1]
    assert drawn(axes) == [[[1, 0]], [[2, 1]]]
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "one replication: no interval, no verdict" in said


def test_marks_differ_in_shape_and_are_explained() -> None:
    figure = plot_comparison(TABLE)
    shapes = [axes.get_lines()[-1].get_marker() for axes in figure.axes[:2]]
    assert len(set(shapes)) == 2
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said == ["better", "worse", "baseline"]


def test_an_undefined_metric_says_why() -> None:
    axes = plot_comparison(TABLE).axes[2]
    said = [text.get_text().replace("\n", " ") for text in axes.texts]
    assert said == ["the scenario names no priority classes"]


def test_a_rule_alone_undefined_says_so_in_its_row() -> None:
    rows = TABLE.filter(metric="equal_access").to_dicts()
    rows.append(row("idle", "equal_access", "undefined", reason="no job started"))
    (axes,) = plot_comparison(compared(rows), metrics=["equal_access"]).axes
    said = {text.get_text().strip(): text.get_position()[1] for text in axes.texts}
    assert said["undefined"] == 2
    assert said["–"] == 2


def test_what_has_a_table_and_titles_is_taken_as_it_is() -> None:
    class Compared:
        rules = {"fcfs": "First", "easy": "Backfill"}  # noqa: RUF012

        def table(self) -> pl.DataFrame:
            return TABLE

    axes = plot_comparison(Compared()).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["First", "Backfill"]


def test_it_draws_on_the_axes_of_a_caller_and_refuses_another_number() -> None:
    mine = Figure()
    assert plot_comparison(TABLE, mine.subplots(3)) is mine
    with pytest.raises(InputError, match="1 axes given for a figure of 3 panels"):
        plot_comparison(TABLE, Figure().subplots())


def test_a_metric_that_was_not_compared_is_refused() -> None:
    with pytest.raises(InputError, match=r"no metric 'makespan' was compared.*equal_access"):
        plot_comparison(TABLE, metrics=["makespan"])
