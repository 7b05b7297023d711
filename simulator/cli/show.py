"""A study's results on the terminal and as pictures, for ``adil run`` and ``adil report``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.cli.console import err, out, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.results.reader import Study
    from simulator.study.executors import Crew
    from simulator.study.measuring import Look


def get_ready(*, pictures: bool) -> None:
    """Import what ``show`` needs, which takes a second."""
    import simulator.report.table
    import simulator.study.comparison

    if pictures:
        import simulator.report.figures  # noqa: F401


def show(study: Study, crew: Crew | None = None, *, pictures: bool, quiet: bool) -> dict[str, Any]:
    """Compare the rules of a study, print the comparison unless ``quiet``, draw the pictures.

    ``crew``: who measures its runs and draws the pictures, if anybody is there for it.

    Writes ``comparison.csv``, ``unserved.csv`` and ``comparison.json`` beside the manifest, the
    pictures into ``figures``. Returns the comparison as plain data.
    """
    from simulator.report.table import print_comparison
    from simulator.results.writer import write_json
    from simulator.study.comparison import compare
    from simulator.study.measuring import measure_study

    looks: Sequence[Look] = ()
    if pictures:
        from simulator.report import figures

        looks = figures.LOOKS

    with progress() as bar:
        task = bar.add_task("measuring", total=study.replications)
        measured = measure_study(
            study, lambda done, _: bar.update(task, completed=done), looks, crew
        )
    comparison = compare(study, measured=measured)
    table = comparison.table()
    content = comparison.as_dict()
    table.write_csv(study.folder / "comparison.csv")
    comparison.unserved_table().write_csv(study.folder / "unserved.csv")
    write_json(content, study.folder / "comparison.json")
    if not quiet:
        print_comparison(comparison, out)
    if pictures:
        from simulator.report import draw_all

        with progress() as bar:
            task = bar.add_task("drawing", total=None)
            seen = [each.seen for each in measured]
            draw_all(
                study,
                table,
                study.folder / "figures",
                lambda done, whole: bar.update(task, completed=done, total=whole),
                seen=seen,
                by=crew.map if crew else map,
            )
        if not quiet:
            out.print(f"Pictures: {study.folder / 'figures'}", soft_wrap=True)
    if not quiet:
        out.print(f"Tables: {study.folder}", soft_wrap=True)
    for warning in study.manifest["warnings"]:
        err.print(f"note: {warning}")
    return content
