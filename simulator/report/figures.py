"""Every picture of a study, and the numbers behind each."""

from __future__ import annotations

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
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure

    from simulator.results.reader import Study

LOOKS = (waits_of, spread_of)
"""What pictures need of the runs of each replication."""


def draw_all(
    study: Study,
    comparison: pl.DataFrame | Compared,
    folder: str | Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    seen: Sequence[tuple[Any, ...]] | None = None,
) -> list[Path]:
    """Write comparison, waits, timeline and lorenz as SVG and PNG, each with its data as CSV.

    On nodes also occupancy: the baseline's busiest week in the first replication. ``comparison``:
    what ``plot_comparison`` takes. ``progress``: called with the number of figures done and of all.
    ``seen``: what ``LOOKS`` made of each replication, if that is there already.
    Returns the paths; raises InputError if ``folder`` cannot be written.
    """

    table = comparison if isinstance(comparison, pl.DataFrame) else comparison.table()
    found = of_replications(study, *LOOKS) if seen is None else seen

    def waits() -> tuple[Figure, pl.DataFrame]:
        curves = wait_curves(study, [each for each, _ in found])
        return plot_waits(study, curves=curves), curves

    def over_time() -> tuple[Figure, pl.DataFrame]:
        means = timeline(study)
        return plot_timeline(study, table=means), means

    def lorenz() -> tuple[Figure, pl.DataFrame]:
        curves = lorenz_curves(study, [each for _, each in found])
        return plot_lorenz(study, curves=curves), curves

    def compared() -> tuple[Figure, pl.DataFrame]:
        return plot_comparison(
            table, titles=study.manifest["rules"], title=study.manifest["title"]
        ), table

    def nodes() -> tuple[Figure, pl.DataFrame]:
        baseline = Settings.of(study.manifest).baseline
        return plot_occupancy(study, baseline), occupancy_bars(study, baseline)

    figures = {"comparison": compared, "waits": waits, "timeline": over_time, "lorenz": lorenz}
    if study.nodes is not None:
        figures["occupancy"] = nodes
    written: list[Path] = []
    for done, (name, draw) in enumerate(figures.items()):
        if progress:
            progress(done, len(figures))
        figure, data = draw()
        written += [*save(figure, Path(folder) / name), save_data(data, Path(folder) / name)]
    if progress:
        progress(len(figures), len(figures))
    return written
