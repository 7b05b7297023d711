from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from simulator.report.schedule_figure import MINUTE, plot_schedules


@dataclass
class Schedule:
    start: np.ndarray
    end: np.ndarray
    nodes: list[tuple[int, ...]]


@dataclass
class Spread:
    values: np.ndarray
    recorded: float
    low: float
    high: float


def schedule(*starts: int) -> Schedule:
    begin = np.array(starts) * 1000
    return Schedule(begin, begin + MINUTE, [(0,), (0, 1)])


GPUS = np.array([2, 4])


def test_occupancies_stand_one_above_the_other() -> None:
    page = plot_schedules(schedule(0, 120), schedule(0, 120), GPUS, ["n1", "n2"])
    above, below, _ = page.axes
    held = above.collections[0].get_array().reshape(2, -1)
    assert held.max(axis=1).tolist() == [4, 4]
    assert held[0, 0] == 2
    assert held[1, 0] == 0
    assert np.array_equal(held, below.collections[0].get_array().reshape(2, -1))
    assert [label.get_text() for label in above.get_yticklabels()] == ["n1", "n2"]


def test_how_far_starts_lie_apart() -> None:
    axes = plot_schedules(schedule(0, 120), schedule(3, 120), GPUS, ["n1", "n2"]).axes[2]
    assert axes.lines[0].get_xdata().tolist() == [0, 2]
    assert axes.lines[0].get_ydata().tolist() == [3, 0]


def test_the_recorded_value_stands_in_the_band() -> None:
    spread = Spread(np.array([1.0, 2.0, 4.0]), 3.0, 1.05, 3.9)
    both = schedule(0, 120)
    axes = plot_schedules(both, both, GPUS, ["n1", "n2"], {"Mean wait, s": spread}).axes[3]
    assert axes.get_title(loc="left").startswith("Mean wait, s") or axes.get_title()
    assert axes.patches[0].get_x() == pytest.approx(1.05)
    assert [text.get_text() for text in axes.texts] == ["recorded"]
    assert axes.texts[0].get_position()[0] == 3.0
