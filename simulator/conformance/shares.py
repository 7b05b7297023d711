"""Shares, factors and priorities of a snapshot, reckoned once more and compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simulator.conformance.snapshot import Snapshot, read_snapshot
from simulator.conformance.waiting import eligible_times, nice_class, waiting_jobs
from simulator.engine.factors import fixed_factors
from simulator.errors import InputError, Place
from simulator.kernels.accounts import tree_of
from simulator.rules.accounts.entities import Entities, entities_of
from simulator.rules.ordering.multifactor import Multifactor, TresWeights, Weights
from simulator.rules.ordering.plain import View
from simulator.rules.ordering.plain_slurm import level_fair_share
from simulator.workload.columns import Ints, Jobs, Reals

PRINTED = 1.0
"""Weighted terms are printed as whole numbers, cut or rounded."""
FACTOR, FAIR_SHARE, LEVEL = 1e-6, 1e-6, 2e-4
"""Factors are printed to 7 digits, fair shares to 6, and so is the usage that level fair shares are
reckoned from: they are compared as ratios."""
TERMS = (
    ("age", "age", "age"),
    ("fair_share", "fair-share", "fs"),
    ("job_size", "job size", "jobsize"),
    ("partition", "partition", "part"),
    ("qos", "QOS", "qos"),
    ("assoc", "association", "assoc"),
)
"""Of each weighted term: its weight, the title of its column, and its name in sprio's table."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table of Slurm's, compared."""

    name: str
    compared: int
    """Rows that print it."""
    largest: float
    """Largest difference; 0 without rows."""
    allowed: float
    where: str
    """The row of the largest difference."""

    @property
    def agrees(self) -> bool:
        """Whether no row differs by more than its printed digits explain."""
        return self.largest <= self.allowed


Differences = Callable[[str, Reals, Sequence[float], float], Column]
"""A column of these values here and there, with what its printed digits allow."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A snapshot, column by column."""

    folder: Path
    columns: tuple[Column, ...]

    @property
    def agrees(self) -> bool:
        """Whether all columns agree."""
        return all(column.agrees for column in self.columns)


def compare(folder: Path) -> Compared:
    """Reckon the shares and priorities of a snapshot from its usage (NormUsage) and its jobs.

    Raises InputError, with file and line, for what is wrong with its tables.
    """
    snapshot = read_snapshot(folder)
    jobs = waiting_jobs(snapshot)
    try:
        entities = entities_of(jobs, snapshot.rule.accounts)
        rows = _rows(snapshot, entities)
        view = _view(snapshot, jobs, entities, rows)
        columns = (
            *_of_shares(snapshot, view, rows),
            *_of_jobs(snapshot, jobs, entities, view),
        )
    except InputError as error:  # tables that are right by themselves, but not of one moment
        raise error.at(Place(folder)) from None
    return Compared(folder, columns)


def _rows(snapshot: Snapshot, entities: Entities) -> list[int]:
    """The entity of each row of sshare. Raises InputError for one that the tree lacks."""
    row = {name: number for number, name in enumerate(entities.names)}
    found, above = [0], [""]
    for share in snapshot.shares[1:]:
        del above[share.depth :]
        path = "/".join([*above[1:], share.user or share.account])
        if path not in row:
            raise InputError(
                f"sshare tells of {path!r}, which the associations lack",
                right="print both tables at one moment",
                place=share.place,
            )
        found.append(row[path])
        if not share.user:
            above.append(share.account)
    return found


def _view(snapshot: Snapshot, jobs: Jobs, entities: Entities, rows: list[int]) -> View:
    tree = tree_of(entities.parent, entities.share, entities.user)
    usage = np.zeros(len(entities.names))
    usage[rows] = [each.norm_usage for each in snapshot.shares]
    usage[0] = float(snapshot.shares[0].raw_usage > 0)
    eligible = eligible_times(snapshot)
    tick = last_tick(snapshot.priorities, eligible, snapshot.order)
    return View(
        now=tick,
        submit=np.minimum(jobs.submit, tick),
        eligible=np.minimum(eligible, tick),
        walltime=jobs.walltime,
        gpus=jobs.gpus,
        of_job=entities.of_job,
        asks=jobs.gpus[:, None],
        capacity=np.array([snapshot.machine.units]),
        parent=entities.parent,
        share=entities.share,
        part=tree.part,
        entitled=tree.entitled,
        user=entities.user,
        held=np.zeros((len(usage), 1), np.int64),
        usage=usage,
    )


def last_tick(priorities: Sequence[Any], eligible: Ints, order: Multifactor) -> int:
    """When Slurm last reckoned: what most ages say; the first submission if all are 0.

    Jobs submitted after it have the age 0.
    """
    ages = np.array([each.factors["age"] for each in priorities], np.float64)
    telling = (ages > 0) & (ages < 1)
    if not telling.any():
        return int(eligible.min(initial=2**53)) if len(eligible) else 0
    return round(float(np.median((eligible + ages * order.max_age)[telling])))


def _of_shares(snapshot: Snapshot, view: View, rows: list[int]) -> tuple[Column, Column]:
    level, factor = level_fair_share(view), snapshot.order.share_rule.factors(view)
    names = [each.user or each.account for each in snapshot.shares]
    printed = [each.level_fs for each in snapshot.shares]
    ratios = [_ratio(level[row], said) for row, said in zip(rows, printed, strict=True)]
    fair = [
        abs(float(factor[row]) - each.fair_share)
        if each.user or snapshot.order.share_rule.kind != "fair_tree"
        else math.nan
        for row, each in zip(rows, snapshot.shares, strict=True)
    ]
    fair[0] = math.nan
    return _column("LevelFS", ratios, names, LEVEL), _column("FairShare", fair, names, FAIR_SHARE)


def _ratio(here: float, there: float) -> float:
    """How far apart, as a part of what was printed; NaN where nothing was."""
    if math.isnan(there) or here == there:
        return math.nan if math.isnan(there) else 0.0
    return abs(here - there) / there if 0 < there < math.inf else math.inf


def _column(name: str, differences: Sequence[float], rows: Sequence[str], allowed: float) -> Column:
    """NaN is a row that prints nothing."""
    told = [
        (value, row) for value, row in zip(differences, rows, strict=True) if not math.isnan(value)
    ]
    largest, where = max(told, default=(0.0, ""))
    return Column(name, len(told), float(largest), allowed, where if largest > 0 else "")


def _of_jobs(snapshot: Snapshot, jobs: Jobs, entities: Entities, view: View) -> tuple[Column, ...]:
    order, printed = snapshot.order, snapshot.priorities
    numbers = [str(each.job) for each in printed]
    nice = {nice_class(each.nice): each.nice for each in printed}
    whole = order.model_copy(update={"nice": nice})
    waiting = np.arange(len(jobs))

    def fixed(weights: Weights, asked: Multifactor = order) -> Reals:
        alone = asked.model_copy(update={"weights": weights})
        return fixed_factors(jobs, snapshot.machine, snapshot.rule, alone, entities)

    def factor(name: str, key: str, weights: Weights) -> Column:
        return differences(name, fixed(weights), [each.factors[key] for each in printed], FACTOR)

    def differences(name: str, here: Reals, there: Sequence[float], allowed: float) -> Column:
        return _column(name, np.abs(here - np.array(there)).tolist(), numbers, allowed)

    since = view.submit if order.age_from == "submit" else view.eligible
    age = np.minimum((view.now - since) / order.max_age, 1.0)
    shares = order.share_rule.factors(view)[view.of_job]
    total = whole.keys(replace(view, fixed=fixed(order.weights, whole)), waiting)
    exact = order.share_rule.kind == "fair_tree"
    return (
        differences("age", age, [each.factors["age"] for each in printed], FACTOR),
        differences("fair-share", shares, [each.factors["fs"] for each in printed], FACTOR),
        factor("job size", "jobsize", Weights(job_size=1)),
        factor("partition", "part", Weights(partition=1)),
        factor("QOS", "qos", Weights(qos=1)),
        factor("association", "assoc", Weights(assoc=1)),
        *_of_terms(order.weights, {"age": age, "fair_share": shares}, fixed, differences, printed),
        *_of_resources(order.weights.tres, fixed, differences, printed),
        # A classic share from six digits of usage moves the sum by less than one.
        differences("priority", total, [each.priority for each in printed], 0.0 if exact else 1.0),
    )


def _of_terms(
    weights: Weights,
    moving: Mapping[str, Reals],
    fixed: Callable[[Weights], Reals],
    differences: Differences,
    printed: Sequence[Any],
) -> list[Column]:
    """What each factor adds to the sum, where it has a weight; ``moving``: those of the tick."""
    columns = []
    for name, title, key in TERMS:
        weight = getattr(weights, name)
        if weight:
            alone = moving[name] * weight if name in moving else fixed(Weights(**{name: weight}))
            there = [each.terms[key] for each in printed]
            columns.append(differences(f"{title} term", alone, there, PRINTED))
    return columns


def _of_resources(
    tres: TresWeights,
    fixed: Callable[[Weights], Reals],
    differences: Differences,
    printed: Sequence[Any],
) -> list[Column]:
    columns = []
    for name, key in (("cpu", "cpu"), ("memory", "mem"), ("node", "node"), ("gpu", "gres/gpu")):
        weight = getattr(tres, name)
        if weight:
            here = fixed(Weights(tres=TresWeights(**{name: weight})))
            there = [each.tres_terms.get(key, 0.0) for each in printed]
            columns.append(differences(f"TRES {key}", here, there, PRINTED))
    return columns
