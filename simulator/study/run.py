"""A whole study: every rule, every replication, then the manifest."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator.cluster.machine import Machine
from simulator.engine.tables import nodes_table
from simulator.engine.warm import warm_up_kernels
from simulator.errors import InputError
from simulator.results.reader import Study
from simulator.results.writer import swap_in, write_json, write_table
from simulator.scenario.load import Loaded
from simulator.study.executors import Crew, crew_for, split
from simulator.study.folders import study_folder, unfinished_folder
from simulator.study.manifest import begun_with, manifest, provenance


def run_study(
    loaded: Loaded,
    out: str | Path = "results",
    *,
    workers: int | None = None,
    resume: bool = False,
    csv: bool = False,
    on_start: Callable[[int], None] = lambda runs: None,
    on_run: Callable[[int], None] = lambda runs: None,
) -> Study:
    """Run a scenario and return its results, which lie in ``out``/<name>.

    ``workers`` and ``csv`` as of ``crew_for``; the rest as of ``make_study``.
    """
    with crew_for(loaded, out, workers=workers, csv=csv) as crew:
        return make_study(loaded, out, crew, resume=resume, on_start=on_start, on_run=on_run)


def make_study(
    loaded: Loaded,
    out: str | Path,
    crew: Crew,
    *,
    resume: bool = False,
    on_start: Callable[[int], None] = lambda runs: None,
    on_run: Callable[[int], None] = lambda runs: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Study:
    """Let a crew of ``crew_for`` run a scenario; returns its results, which lie in ``out``/<name>.

    Until they are whole they lie in ``out``/<name>.part, each run written beside and renamed;
    with ``resume`` the runs that are whole there are kept. The results do not depend on the crew's
    size. ``on_start`` is told how many runs there will be, ``on_run`` how many have been made
    since; ``meanwhile`` is called once other processes, if there are any, are at work. Raises
    InputError for bad input, and for a ``resume`` of what another scenario, other
    data or another version began.
    """
    out, scenario = Path(out), loaded.scenario
    part, final = unfinished_folder(loaded, out), study_folder(loaded, out)
    # The first replication's inputs are made before anything is written: bad input leaves nothing.
    inputs = crew.workshop.inputs(0)
    begun = provenance(loaded, inputs)
    _make_room(part, begun, resume=resume)
    warm_up_kernels(scenario.rules.values(), inputs.machine)
    on_start(len(scenario.rules) * scenario.replications)
    crew.make(split(list(scenario.rules), scenario.replications, crew.workers), on_run, meanwhile)
    if isinstance(inputs.machine, Machine):
        write_table(nodes_table(inputs.machine), part / "nodes.parquet")
    write_json(manifest(loaded, inputs, begun, part), part / "manifest.json")
    (part / "begun.json").unlink()
    swap_in(part, final)
    return Study(final)


def _make_room(part: Path, begun: dict[str, Any], *, resume: bool) -> None:
    """Begin a study's folder, or go on with the one that is there."""
    earlier = begun_with(part)
    if resume and part.exists():
        if earlier != begun:
            raise InputError(
                f"{part} was begun with another scenario, other data or another version",
                right="run without --resume to begin anew",
            )
        return
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        write_json(begun, part / "begun.json")
    except OSError as error:
        raise InputError(
            f"cannot write results to {part}: {error.strerror or error}",
            right="give a folder that can be written, like --out results",
        ) from None
