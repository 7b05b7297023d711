"""A recorded schedule and a simulated one, one above the other, and how far chance would lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from matplotlib.ticker import StrMethodFormatter

from simulator.report.sheet import sheet
from simulator.report.style import BAR, COLOURS, GREY, PALE, dress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Reals = NDArray[np.float64]

MINUTE = 60_000
STEP = 5_000
"""Milliseconds that a column of the occupancy stands for."""
NEAR = 1.0
"""Seconds within which two starts count as the same."""


class Schedule(Protocol):
    """When and where each of n jobs ran; milliseconds."""

    @property
    def start(self) -> Ints:
        """(n,)"""

    @property
    def end(self) -> Ints:
        """(n,)"""

    @property
    def nodes(self) -> Sequence[tuple[int, ...]]:
        """Node numbers of each."""


class Spread(Protocol):
    """A quantity over runs that differ by chance."""

    @property
    def values(self) -> Reals:
        """A value a run."""

    @property
    def recorded(self) -> float:
        """As recorded."""

    @property
    def low(self) -> float:
        """Lower end of the band."""

    @property
    def high(self) -> float:
        """Its upper end."""


def plot_schedules(
    recorded: Schedule,
    simulated: Schedule,
    gpus: Ints,
    names: Sequence[str],
    spreads: Mapping[str, Spread] | None = None,
) -> Figure:
    """Draw who holds how much of each node, recorded and simulated; how far starts lie apart; and,
    if given, each spread by name with the recorded value in it.

    ``gpus``: of each job on each of its nodes. ``names``: of nodes.
    """
    spreads = spreads or {}
    page = sheet(3 + len(spreads), 1, None, size=(10, 7.5 + 1.3 * len(spreads)))
    first = int(min(recorded.start.min(), simulated.start.min()))
    last = int(max(recorded.end.max(), simulated.end.max()))
    for axes, title, schedule in (
        (page.axes[0], "Recorded", recorded),
        (page.axes[1], "Simulated", simulated),
    ):
        dress(axes, f"{title}: GPUs in use on each node, dark: all")
        _occupancy(axes, schedule, gpus, names, first, last)
    _agreement(page.axes[2], recorded, simulated, first, last)
    for axes, (name, spread) in zip(page.axes[3:], spreads.items(), strict=True):
        _band(axes, name, spread)
    page.headline("A recorded Slurm, and the same submissions run anew")
    return page.figure


def _occupancy(
    axes: Axes, schedule: Schedule, gpus: Ints, names: Sequence[str], first: int, last: int
) -> None:
    edges = np.arange(first, last + STEP, STEP)
    held = np.zeros((len(names), len(edges)))
    for start, end, nodes, each in zip(
        schedule.start, schedule.end, schedule.nodes, gpus, strict=True
    ):
        begin, until = np.searchsorted(edges, (start, end))
        held[list(nodes), begin:until] += each
    minutes = (edges - first) / MINUTE
    rows = np.arange(len(names) + 1)
    axes.pcolormesh(np.r_[minutes, minutes[-1] + STEP / MINUTE], rows, held, cmap="Greys")
    axes.set_yticks(rows[:-1] + 0.5, names)
    axes.set_ylim(len(names), 0)
    axes.grid(visible=False)


def _agreement(axes: Axes, recorded: Schedule, simulated: Schedule, first: int, last: int) -> None:
    dress(axes, "How far each start lies from its recorded one, s")
    apart = np.abs(simulated.start - recorded.start) / 1000
    axes.plot((recorded.start - first) / MINUTE, apart, "o", color=COLOURS[2], markersize=3)
    axes.axhline(NEAR, color=GREY, linewidth=0.8)
    axes.set_yscale("symlog", linthresh=NEAR)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_ylim(0, max(10.0, float(apart.max()) * 1.3))
    axes.set_xlim(0, (last - first) / MINUTE)
    axes.set_xlabel("Minutes from the first start")


def _band(axes: Axes, name: str, spread: Spread) -> None:
    dress(axes, f"{name}: a line a run with latencies drawn anew; 95 % lie in the band")
    axes.axvspan(spread.low, spread.high, color=PALE)
    axes.vlines(spread.values, 0, 0.6, color=BAR)
    axes.vlines(spread.recorded, 0, 1, color=COLOURS[6], linewidth=2.5)
    axes.text(spread.recorded, 1.02, "recorded", ha="center", va="bottom", fontsize=9)
    axes.set_ylim(0, 1.3)
    axes.set_yticks([])
