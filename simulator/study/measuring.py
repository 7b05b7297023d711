"""The numbers of every run of a study, each replication's rules measured over the same time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from simulator.metrics import applications, deadlines, idle, losses
from simulator.metrics.base import Value
from simulator.metrics.demands import DEMANDS
from simulator.metrics.groups import by_group
from simulator.metrics.measured import Measured
from simulator.metrics.registry import METRICS, metric
from simulator.metrics.settings import Settings
from simulator.metrics.unserved import unserved
from simulator.metrics.warm_up import WarmUp
from simulator.results.reader import Run, Study
from simulator.study.executors import Crew, default_workers

Look = Callable[[Mapping[str, Measured]], Any]
"""What else is made of the runs of a replication, by rule, while they are at hand."""
SHOWN = (
    *DEMANDS.values(),
    "offered_load",
    "mean_wait",
    "median_wait",
    "mean_bounded_slowdown",
    "loss_of_capacity",
    "mean_queue",
    "makespan",
    "jain_usage",
    "gini_usage",
    "refused_jobs",
    "unfinished_jobs",
)
"""Metrics of every comparison; a scenario may ask for more."""
SHOWN_ON_NODES = (
    "goodput",
    "node_availability",
    "fragmentation",
    "stranded_gpus",
    "lost_gpu_hours",
    *losses.ON_NODES,
    "energy",
)
"""And of those on a machine of nodes."""


def chosen(settings: Settings) -> tuple[str, ...]:
    """Names of the metrics of a study. Raises InputError for one that nobody knows."""
    shown = (*SHOWN, *SHOWN_ON_NODES) if settings.on_nodes else SHOWN
    shown += applications.NAMES if settings.applications else ()
    shown += idle.NAMES if settings.gpu_use else ()
    shown += deadlines.NAMES if settings.deadlines else ()
    return tuple(dict.fromkeys((*shown, *(metric(name).name for name in settings.metrics))))


@dataclass(frozen=True, slots=True)
class RunNumbers:
    """What was measured of one run; plain data, to be handed between processes."""

    values: dict[str, Value]
    """By the metric's name."""
    by_class: list[dict[str, Any]]
    """Rows of ``simulator.metrics.groups.by_group`` by class."""
    warm_up: WarmUp
    """What the run alone would leave out."""
    refused_by: dict[str, int]
    """Jobs that each limit refused, or the machine."""
    held_by: dict[str, int]
    """Jobs that each limit held back until the run ended."""
    unserved: list[dict[str, Any]]
    """Rows of ``simulator.metrics.unserved.unserved``."""


@dataclass(frozen=True, slots=True)
class Replication:
    """What was measured of one replication of every rule."""

    number: int
    begin: int
    """The instant from which all its runs were measured: the latest of their ends of warm-up."""
    runs: dict[str, RunNumbers]
    """By the rule's name."""
    seen: tuple[Any, ...] = ()
    """What each look at its runs has made of them."""


def measure_run(
    run: Run, manifest: Mapping[str, Any], warm_up_end: int | None = None
) -> dict[str, Value]:
    """Every metric of one run, from ``warm_up_end`` (an instant; its own choice if None) on."""
    measured = Measured(run, manifest, warm_up_end)
    return {name: each.compute(measured) for name, each in METRICS.items()}


def measure_study(
    study: Study,
    progress: Callable[[int, int], None] | None = None,
    looks: Sequence[Look] = (),
    crew: Crew | None = None,
) -> list[Replication]:
    """Measure all replications, in order; ``progress(done, all)`` is called after each.

    By the processes of ``crew``, if there is one; else some at a time here: NumPy and polars let
    threads run side by side.
    """
    made: list[Replication] = []
    measure = partial(measure_replication, study.folder, study.manifest, looks=looks)
    numbers = range(study.replications)
    with ThreadPoolExecutor(default_workers(study.replications)) as threads:
        measured = crew.map(measure, numbers) if crew else threads.map(measure, numbers)
        for replication in measured:
            made.append(replication)
            if progress is not None:
                progress(len(made), study.replications)
    return made


def measure_replication(
    folder: Path, manifest: Mapping[str, Any], number: int, *, looks: Sequence[Look] = ()
) -> Replication:
    """Measure the runs of replication ``number`` in ``folder``, the study's results.

    Rules are compared over the same time: what one needs as warm-up is left out of all.
    """
    runs = {rule: Run(folder / rule / str(number)) for rule in manifest["rules"]}
    views = {rule: Measured(run, manifest) for rule, run in runs.items()}
    warm_ups = {rule: view.warm_up for rule, view in views.items()}
    begin = max(each.end for each in warm_ups.values())
    names = chosen(Settings.of(manifest))
    numbers = {}
    for rule, view in views.items():
        view.begin = begin
        numbers[rule] = RunNumbers(
            values={name: METRICS[name].compute(view) for name in names},
            by_class=by_group(view, "job_class").to_dicts(),
            warm_up=warm_ups[rule],
            refused_by=view.refused_by,
            held_by=view.held_by,
            unserved=unserved(view).to_dicts(),
        )
    return Replication(number, begin, numbers, tuple(look(views) for look in looks))
