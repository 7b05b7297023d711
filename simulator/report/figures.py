"""Every picture of a study, and the numbers behind each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from simulator.metrics.settings import Settings
from simulator.report.comparison import Compared, plot_comparison
from simulator.report.lorenz import lorenz_curves, plot_lorenz, spread_of
from simulator.report.occupancy_figure import plot_occupancy
from simulator.report.occupancy_table import occupancy_bars
from simulator.report.runs import of_replications
from simulator.report.save import save, save_data
from simulator.report.timeline import plot_timeline, timeline
from simulator.report.waits import plot_waits, wait_curves, waits_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from simulator.results.reader import Study

LOOKS = (waits_of, spread_of)
"""What pictures need of the runs of each replication."""


Named = tuple[str, Callable[[], tuple["Figure", pl.DataFrame]]]
"""A figure's name and what draws it and makes its data."""

Map = Callable[[Callable[[Named], list[Path]], Iterable[Named]], Iterable[list[Path]]]
"""``map``, or what does the same by several processes: what is handed to it can be pickled."""


def draw_all(
    study: Study,
    comparison: pl.DataFrame | Compared,
    folder: str | Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    seen: Sequence[tuple[Any, ...]] | None = None,
    by: Map = map,
) -> list[Path]:
    """Write comparison, waits, timeline and lorenz as SVG and PNG, each with its data as CSV.

    On nodes also occupancy: the baseline's busiest week in the first replication. ``comparison``:
    what ``plot_comparison`` takes. ``progress``: called with the number of figures done and of all.
    ``seen``: what ``LOOKS`` made of each replication, if that is there already. ``by``: who draws.
    Returns the paths; raises InputError if ``folder`` cannot be written.
    """
    table = comparison if isinstance(comparison, pl.DataFrame) else comparison.table()
    found = of_replications(study, *LOOKS) if seen is None else seen
    # Those that take longest come first: none is left over when there are several who draw.
    figures: list[Named] = [
        ("timeline", partial(_timeline, study)),
        ("waits", partial(_waits, study, [each for each, _ in found])),
        ("lorenz", partial(_lorenz, study, [each for _, each in found])),
        ("comparison", partial(_comparison, study.manifest, table)),
    ]
    if study.nodes is not None:
        figures.insert(1, ("occupancy", partial(_occupancy, study)))
    written: list[Path] = []
    if progress:
        progress(0, len(figures))
    for done, files in enumerate(by(partial(_save, Path(folder)), figures), 1):
        written += files
        if progress:
            progress(done, len(figures))
    return written


def _save(folder: Path, named: Named) -> list[Path]:
    name, draw = named
    figure, data = draw()
    return [*save(figure, folder / name), save_data(data, folder / name)]


def _comparison(manifest: Mapping[str, Any], table: pl.DataFrame) -> tuple[Figure, pl.DataFrame]:
    return plot_comparison(table, titles=manifest["rules"], title=manifest["title"]), table


def _waits(study: Study, seen: list[Any]) -> tuple[Figure, pl.DataFrame]:
    curves = wait_curves(study, seen)
    return plot_waits(study, curves=curves), curves


def _timeline(study: Study) -> tuple[Figure, pl.DataFrame]:
    means = timeline(study)
    return plot_timeline(study, table=means), means


def _lorenz(study: Study, seen: list[Any]) -> tuple[Figure, pl.DataFrame]:
    curves = lorenz_curves(study, seen)
    return plot_lorenz(study, curves=curves), curves


def _occupancy(study: Study) -> tuple[Figure, pl.DataFrame]:
    baseline = Settings.of(study.manifest).baseline
    return plot_occupancy(study, baseline), occupancy_bars(study, baseline)
