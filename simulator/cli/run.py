"""``adil run``: run scenarios, compare their rules, draw the pictures."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.check import Scenarios, Settings
from simulator.cli.console import err, print_json, progress
from simulator.cli.show import get_ready, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.results.reader import Study
    from simulator.scenario.load import Loaded
    from simulator.study.executors import Crew

Out = Annotated[Path, typer.Option(help="Folder of results; each study gets its own in it.")]


def run(
    scenarios: Scenarios,
    out: Out = Path("results"),
    seed: Annotated[
        int | None, typer.Option(help="Another seed than the scenario's.", min=0)
    ] = None,
    replications: Annotated[
        int | None, typer.Option(help="Another number of replications.", min=1)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; default: as many as processors.", min=1)
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep the whole runs of an interrupted study.")
    ] = False,
    settings: Settings = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write every table as CSV as well.")] = False,
    pictures: Annotated[bool, typer.Option(help="Draw the pictures.")] = True,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of tables.")
    ] = False,
) -> None:
    """Run scenarios, compare their rules, and draw the pictures."""
    from simulator.scenario.load import load
    from simulator.study.executors import crew_for
    from simulator.study.metric_names import check_metrics

    changes = list(settings or ())
    changes += [f"seed={seed}"] * (seed is not None)
    changes += [f"replications={replications}"] * (replications is not None)
    everything = [load(path, changes) for path in scenarios]
    for loaded in everything:
        check_metrics(loaded)
    shown = []
    for loaded in everything:
        with crew_for(loaded, out, workers=workers, csv=csv) as crew:
            study = _run_one(loaded, out, crew, resume, partial(get_ready, pictures=pictures))
            try:
                shown.append(show(study, crew, pictures=pictures, quiet=json))
            except KeyboardInterrupt:
                _say_whole(study.folder)
                raise
    if json:
        print_json({"studies": shown})


def _say_whole(folder: Path) -> None:
    err.print(f"all runs are whole; `adil report {folder}` compares and draws them", soft_wrap=True)


def _run_one(
    loaded: Loaded, out: Path, crew: Crew, resume: bool, meanwhile: Callable[[], None]
) -> Study:
    from simulator.study.folders import study_folder, unfinished_folder
    from simulator.study.run import make_study

    name, begun = loaded.scenario.name, False
    with progress() as bar:
        task = bar.add_task(f"{name}: preparing", total=None)

        def on_start(runs: int) -> None:
            nonlocal begun
            begun = True
            bar.update(task, total=runs, description=f"{name}: replaying")

        try:
            return make_study(
                loaded,
                out,
                crew,
                resume=resume,
                on_start=on_start,
                on_run=lambda runs: bar.advance(task, runs),
                meanwhile=meanwhile,
            )
        except KeyboardInterrupt:
            bar.stop()
            part = unfinished_folder(loaded, out)
            if part.exists():
                whole = len(list(part.glob("*/*/run.json")))
                err.print(
                    f"{whole} whole runs are kept in {part}; "
                    "the same command with --resume goes on from there",
                    soft_wrap=True,
                )
            elif begun:
                # They had just been put in their place.
                _say_whole(study_folder(loaded, out))
            raise
