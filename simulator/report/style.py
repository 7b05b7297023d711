"""How every figure looks: colours, lines and markers that stay apart in grey, and plain axes."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from matplotlib.ticker import FuncFormatter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

COLOURS = ("#000000", "#E69F00", "#0072B2", "#CC79A7", "#009E73", "#56B4E9", "#D55E00")
"""Okabe & Ito (2008), "Color Universal Design", without its yellow, which white paper swallows.

In an order in which neighbours differ in lightness, so that they do in grey as well.
"""

DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)), (0, (9, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "h", "p")
GREY = "#595959"
BAR = "#7F9FB8"
HATCH = "#B0B0B0"
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
        """The same with markers about every fifth of the axes, at another place on each line."""
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


def titles(manifest: Mapping[str, Any], width: int = 40) -> dict[str, str]:
    """What people call each rule of a study, in lines of at most ``width`` letters."""
    return {rule: wrapped(str(title), width) for rule, title in manifest["rules"].items()}


def wrapped(text: str, width: int) -> str:
    """``text`` in lines of at most ``width`` letters."""
    return "\n".join(textwrap.wrap(text, width)) or text


def dress(axes: Axes, title: str, *, x: str = "", y: str = "") -> None:
    """Title, labels with units, a pale grid, and no box."""
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    axes.tick_params(labelsize=8.5)
    axes.grid(color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def percent(axes: Axes, which: Literal["y", "both"] = "y") -> None:
    """Label shares as per cent; the axis label says so."""
    for axis in (axes.yaxis, axes.xaxis)[: 1 if which == "y" else 2]:
        axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g}"))


def undefined(axes: Axes, reason: str) -> None:
    """Say on empty axes why there is nothing to draw."""
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.text(
        0.5, 0.5, wrapped(reason, 34), transform=axes.transAxes,
        ha="center", va="center", color=GREY, fontsize=9,
    )  # fmt: skip
