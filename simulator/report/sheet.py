"""Where a figure is drawn: on a new sheet of panels, or on axes that the caller brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from simulator.errors import InputError
from simulator.report.style import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.artist import Artist

LETTER = 0.075
"""Width of a letter of 9 points, in inches, generously."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A figure and the axes in it that are to be drawn on."""

    figure: Figure
    axes: list[Axes]
    own: bool
    """The figure was made here, so its margins may be used."""

    def headline(self, *lines: str) -> None:
        """What the whole figure shows, above all panels; a caller's figure keeps its own."""
        if self.own:
            letters = int(self.figure.get_figwidth() / LETTER * 0.85)
            text = "\n".join(wrapped(part, letters) for part in lines if part)
            self.figure.suptitle(text, fontsize=11, x=0.01, ha="left")

    def legend(self, handles: Iterable[Artist]) -> None:
        """A legend below all panels, never over data; within the first of a caller's axes."""
        shown = list(handles)
        if not shown:
            return
        if not self.own:
            self.axes[0].legend(handles=shown, fontsize=8, frameon=False)
            return
        longest = max(len(line) for item in shown for line in str(item.get_label()).split("\n"))
        columns = int(self.figure.get_figwidth() / (0.85 + LETTER * longest))
        self.figure.legend(
            handles=shown,
            loc="outside lower center",
            ncols=max(1, min(columns, len(shown))),
            frameon=False,
            fontsize=9,
            handlelength=3.6,
        )


def columns_for(count: int) -> int:
    """How many of ``count`` panels stand side by side."""
    return {1: 1, 2: 2, 4: 2}.get(count, 3)


def sheet(
    rows: int,
    columns: int,
    ax: Axes | Sequence[Axes] | None,
    *,
    size: tuple[float, float],
    count: int | None = None,
    **shared: Any,
) -> Sheet:
    """The axes to draw on: the caller's, or those of a new figure of ``size`` inches.

    ``count`` panels (default rows × columns) are used; what a new grid has beyond is left empty.
    Raises InputError when the caller gives another number of axes.
    """
    count = rows * columns if count is None else count
    if ax is not None:
        given = _flat(ax)
        if len(given) != count:
            raise InputError(
                f"{len(given)} axes given for a figure of {count} panels",
                right=f"give {count} axes, one for each panel, or none",
            )
        figure = given[0].get_figure(root=True)
        if figure is None:
            raise InputError(
                "axes that belong to no figure", right="make them by figure.subplots()"
            )
        return Sheet(figure, given, own=False)
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.08, wspace=0.03))
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False, **shared)
    flat = [axes for row in grid for axes in row]
    for unused in flat[count:]:
        unused.remove()
    return Sheet(figure, flat[:count], own=True)


def _flat(ax: Any) -> list[Axes]:
    """One axes, a sequence or an array of axes of any shape, in reading order."""
    if isinstance(ax, Axes):
        return [ax]
    return [axes for part in ax for axes in _flat(part)]
