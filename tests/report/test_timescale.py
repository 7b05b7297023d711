"""Axes of dates."""

from __future__ import annotations

import matplotlib.pyplot as plt

from simulator.report.timescale import calendar_upwards


def test_dates_upwards_have_a_few_ticks_whatever_they_span() -> None:
    """And matplotlib has nothing to warn of: from a quarter of an hour to 100 days."""
    figure, axes = plt.subplots()
    calendar_upwards(axes, "Asia/Almaty")
    for quarters in [*range(1, 400, 3), *range(400, 9600, 100)]:
        axes.set_ylim(20_000.48, 20_000.48 + quarters / 96)
        assert 1 <= len(axes.get_yticks()) <= 6
    plt.close(figure)
