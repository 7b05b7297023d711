"""How every figure looks: colours, lines and markers that stay apart in grey, and plain axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from simulator.errors import InputError

COLOURS = ("#000000", "#E69F00", "#0072B2", "#CC79A7", "#009E73", "#56B4E9", "#D55E00")
"""Okabe & Ito (2008), "Color Universal Design", without its yellow, which white paper swallows.

In an order in which neighbours differ in lightness, so that they do in grey as well.
"""

DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)), (0, (9, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "h", "p")
GREY = "#595959"
PALE = "#D9D9D9"


@dataclass(frozen=True, slots=True)
class Look:
    """How one rule is drawn, in every figure of a study."""

    colour: str
    dashes: Any
    marker: str

    def line(self) -> dict[str, Any]:
        """Keywords of ``Axes.plot`` for a line without markers."""
        return {"color": self.colour, "linestyle": self.dashes, "linewidth": 1.6}

    def marked(self, place: int, count: int) -> dict[str, Any]:
        """The same with markers about every fifth of the axes, each of ``count`` lines elsewhere."""
        return self.line() | {
            "marker": self.marker,
            "markersize": 5,
            "markeredgecolor": "white",
            "markeredgewidth": 0.5,
            "markevery": (0.2 * (place + 0.5) / count, 0.2),
        }


def looks(rules: Sequence[str]) -> dict[str, Look]:
    """A look for each rule by its place in the study: 35 differ in colour or line."""
    return {
        rule: Look(
            COLOURS[place % len(COLOURS)],
            DASHES[place % len(DASHES)],
            MARKERS[place % len(MARKERS)],
        )
        for place, rule in enumerate(rules)
    }


def panels(
    rows: int,
    columns: int,
    ax: Axes | Sequence[Axes] | None,
    *,
    size: tuple[float, float],
    count: int | None = None,
    **shared: Any,
) -> tuple[Figure, list[Axes]]:
    """The axes to draw on: the caller's, or those of a new figure of ``size`` inches.

    ``count`` panels (default rows × columns) are used; what a new grid has beyond is left empty.
    Raises InputError when the caller gives another number of axes.
    """
    count = rows * columns if count is None else count
    if ax is not None:
        given = [ax] if isinstance(ax, Axes) else list(ax)
        if len(given) != count:
            raise InputError(
                f"{len(given)} axes given for a figure of {count} panels",
                right=f"give {count} axes, one for each panel, or none",
            )
        return _figure_of(given[0]), given
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False, **shared)
    flat = [axes for row in grid for axes in row]
    for unused in flat[count:]:
        unused.remove()
    return figure, flat[:count]


def _figure_of(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    if figure is None:
        raise InputError("axes that belong to no figure", right="make them by figure.subplots()")
    return figure


def dress(axes: Axes, title: str, *, x: str = "", y: str = "") -> None:
    """Title, labels with units, a pale grid, and no box."""
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    axes.tick_params(labelsize=8.5)
    axes.grid(color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def headline(figure: Figure, text: str) -> None:
    """What the whole figure shows, above all panels."""
    figure.suptitle(text, fontsize=12, x=0.01, ha="left")


def legend_below(figure: Figure, axes: Axes, *, columns: int = 5, title: str | None = None) -> None:
    """A legend of the lines of ``axes`` below all panels, never over data."""
    handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=min(columns, len(labels)),
        frameon=False,
        fontsize=9,
        handlelength=3.6,
        title=title,
        title_fontsize=9,
    )


def undefined(axes: Axes, reason: str) -> None:
    """Say on empty axes why there is nothing to draw."""
    axes.text(
        0.5, 0.5, reason, transform=axes.transAxes, ha="center", va="center", color=GREY, fontsize=9, wrap=True
    )  # fmt: skip
