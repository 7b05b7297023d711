"""Where the runs of a study are made, in this process or in each of several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simulator.cluster.machine import Machine, machine_of
from simulator.cluster.models import Nodes, Pool
from simulator.engine.accounts import served
from simulator.engine.charges import Calendar
from simulator.engine.clock import Watch
from simulator.engine.reservations import windows_of
from simulator.engine.run import Outcome, replay
from simulator.errors import InputError, Place, nearest
from simulator.results.writer import read_run_file, write_run
from simulator.rules.accounts.known import known_accounts, known_users
from simulator.rules.accounts.tree import AccountsError
from simulator.rules.models import Rule
from simulator.scenario.limit_checks import classes_of_limits, holders_of_limits
from simulator.scenario.load import Loaded
from simulator.scenario.models import Scenario
from simulator.streams import Streams
from simulator.study.folders import run_folder
from simulator.workload.build import TIME_ZONE, Built, build
from simulator.workload.calendar import unix_time
from simulator.workload.models import Log
from simulator.workload.shapes import fits_ever, on_nodes


@dataclass(frozen=True, slots=True)
class Inputs:
    """What every rule of one replication shares."""

    built: Built
    machine: int | Machine
    """Units of a pool, or nodes."""
    refused: dict[str, int]
    """Why jobs can never run, and how many for each reason."""
    streams: tuple[str, ...]
    """Names of the random streams that were taken."""

    @property
    def units(self) -> int:
        """Units of the machine: of a pool, GPUs, or parts of a GPU where some are cut up."""
        return self.machine if isinstance(self.machine, int) else self.machine.units


def prepare(loaded: Loaded, replication: int) -> Inputs:
    """Jobs and machine of one replication.

    Raises InputError for an unusable workload, one without jobs, a machine of unknown size, and
    accounts of a rule that do not go with the jobs.
    """
    inputs = _inputs(loaded, replication)
    for name, rule in loaded.scenario.rules.items():
        for path, each in rule.eras:
            at = ("rules", name, *path)
            try:
                served(inputs.built.jobs, inputs.machine, each)
            except AccountsError as error:
                raise error.at(loaded.place(*at, "accounts", *error.setting)) from None
            except InputError as error:
                raise error.at(loaded.place(*at)) from None
            _refuse_overlaps(loaded, inputs, each, at)
    return inputs


def _refuse_overlaps(loaded: Loaded, inputs: Inputs, rule: Rule, at: tuple[str | int, ...]) -> None:
    """Raise InputError, placed, for reservations that overlap."""
    calendar = Calendar(inputs.built.epoch, inputs.built.time_zone)
    try:
        windows_of(rule, inputs.built.jobs, calendar, inputs.units)
    except InputError as error:
        raise error.at(loaded.place(*at, "reservations")) from None


def _inputs(loaded: Loaded, replication: int) -> Inputs:
    scenario = loaded.scenario
    nodes = _nodes(loaded)
    streams = Streams(scenario.seed, replication)
    epoch = None
    if scenario.epoch is not None:
        epoch = unix_time(scenario.epoch, scenario.time_zone or TIME_ZONE)
    pool = scenario.cluster.capacity if isinstance(scenario.cluster, Pool) else None
    try:
        built = build(
            scenario.workload,
            capacity=pool if nodes is None else int(nodes.gpus.sum()),
            streams=streams,
            base=loaded.base,
            epoch=epoch,
            time_zone=scenario.time_zone,
        )
    except InputError as error:
        raise error.at(loaded.place("workload")) from None
    if len(built.jobs) == 0:
        raise InputError(
            "the workload has no job",
            right="look at its filters and its window",
            place=loaded.place("workload"),
        )
    _check_classes(loaded, built)
    _check_holders(loaded, built)
    if nodes is not None:
        return _laid_out(built, nodes, streams, loaded.place("workload"))
    capacity = pool or built.capacity
    if capacity is None:
        raise InputError(
            "the size of the machine is not known: the log's header states no MaxProcs",
            right="give it, like cluster: {capacity: 512}",
            place=loaded.place("cluster"),
        )
    too_large = int(np.count_nonzero(built.jobs.gpus > capacity))
    refused = {f"asks for more than the {capacity} units that there are": too_large}
    return Inputs(built, capacity, refused if too_large else {}, tuple(sorted(streams.taken)))


def _nodes(loaded: Loaded) -> Machine | None:
    """The machine, if it is one of nodes."""
    if not isinstance(loaded.scenario.cluster, Nodes):
        return None
    try:
        return machine_of(loaded.scenario.cluster, loaded.path.parent)
    except InputError as error:
        raise error.at(loaded.place("cluster")) from None


def _laid_out(built: Built, nodes: Machine, streams: Streams, place: Place) -> Inputs:
    """The jobs as they are asked for on these nodes."""
    jobs, steps = on_nodes(built.jobs, nodes)
    if jobs.shape is None:
        raise TypeError("jobs on nodes have a shape")
    for table in jobs.speedups:
        for name in table:
            if name not in nodes.gpu_types:
                raise InputError(
                    f"speedups: the machine has no GPUs of type {name!r}",
                    right=nearest(name, nodes.gpu_types),
                    place=place,
                )
    refusals = fits_ever(jobs.shape, nodes)
    refused = {
        reason: int(np.count_nonzero(refusals.reason == code))
        for code, reason in enumerate(refusals.reasons)
    }
    built = replace(built, jobs=jobs, steps=(*built.steps, *steps))
    return Inputs(built, nodes, refused, tuple(sorted(streams.taken)))


def _check_classes(loaded: Loaded, built: Built) -> None:
    """A log's classes are known only once it has been read."""
    known = built.jobs.classes
    for path, name in _named_classes(loaded.scenario):
        if name not in known:
            raise InputError(
                f"{'.'.join(str(part) for part in path[:-1])}: the workload has no class {name!r}",
                right=nearest(name, known),
                place=loaded.place(*path),
            )


def _check_holders(loaded: Loaded, built: Built) -> None:
    """Users and accounts are known only once there are jobs."""
    jobs = built.jobs
    for rule, settings in _eras(loaded.scenario):
        tree = settings.accounts
        known = {"user": known_users(tree, jobs.users)}
        known["account"] = known_accounts(tree, jobs.accounts)
        for path, kind, name in holders_of_limits(settings):
            if name not in known[kind]:
                where = ".".join(str(part) for part in (*rule, *path[:-1]))
                raise InputError(
                    f"{where}: no job is of the {kind} {name!r}",
                    right=nearest(name, known[kind]),
                    place=loaded.place(*rule, *path),
                )


def _eras(scenario: Scenario) -> Iterator[tuple[tuple[str | int, ...], Rule]]:
    """Every rule, those of reforms too, and where its settings stand."""
    for name, rule in scenario.rules.items():
        yield from ((("rules", name, *path), each) for path, each in rule.eras)


def _named_classes(scenario: Scenario) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each class that a setting names and that must be there, and where."""
    for i, name in enumerate(scenario.comparison.priority_classes):
        yield ("comparison", "priority_classes", i), name
    for name in scenario.comparison.entitlement:
        yield ("comparison", "entitlement", name), name
    workload = scenario.workload
    if isinstance(workload, Log) and workload.classes and not workload.classes.members:
        for rule, settings in _eras(scenario):
            ranks = settings.preemption.ranks if settings.preemption else ()
            for i, names in enumerate(ranks):
                for j, name in enumerate(names):
                    yield (*rule, "preemption", "ranks", i, j), name
            for path, name in classes_of_limits(settings):
                yield (*rule, *path), name


def outages_of(cluster: Pool | Nodes) -> dict[str, Any]:
    """What a cluster's settings say of its outages, as ``replay`` takes it."""
    if isinstance(cluster, Pool):
        return {"maintenance": cluster.maintenance, "losses": cluster.losses}
    return {
        "maintenance": cluster.maintenance,
        "failures": cluster.failures,
        "checkpoints": cluster.checkpoints,
    }


class Workshop:
    """Makes runs of one study, keeping the inputs of the last replication."""

    def __init__(self, loaded: Loaded, folder: Path, *, csv: bool) -> None:
        self.loaded = loaded
        self.folder = folder
        self.csv = csv
        self._kept: tuple[int, Inputs] | None = None

    def inputs(self, replication: int) -> Inputs:
        """Jobs and machine of one replication."""
        if self._kept is None or self._kept[0] != replication:
            self._kept = replication, prepare(self.loaded, replication)
        return self._kept[1]

    def simulate(
        self, rule: str, replication: int, streams: Streams, watch: Watch | None = None
    ) -> Outcome:
        """One run, what is random in it drawn from ``streams``; ``watch`` looks on."""
        inputs, scenario = self.inputs(replication), self.loaded.scenario
        return replay(
            inputs.built.jobs,
            inputs.machine,
            scenario.rules[rule],
            streams=streams,
            calendar=Calendar(inputs.built.epoch, inputs.built.time_zone),
            snapshots=scenario.snapshots,
            end=scenario.end,
            watch=watch,
            **outages_of(scenario.cluster),
        )

    def make(self, replication: int, rules: Sequence[str]) -> Iterator[str]:
        """Make the runs that are not there yet; yields the name of each rule when its run is."""
        for rule in rules:
            folder = run_folder(self.folder, rule, replication)
            if read_run_file(folder) is None:
                # Each run draws its failures anew from the same streams.
                streams = Streams(self.loaded.scenario.seed, replication)
                tables = self.simulate(rule, replication, streams).tables
                write_run(folder, tables, streams=streams.taken, csv=self.csv)
            yield rule
