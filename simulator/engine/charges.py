"""What jobs are charged, the price of each hour, and when all usage is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from simulator.cluster.machine import Machine
from simulator.errors import InputError, nearest
from simulator.kernels.accounts import Prices, prices_of
from simulator.rules.accounting.models import Accounting, Reset, Tumbling
from simulator.rules.accounting.prices import Charge
from simulator.rules.models import Rule
from simulator.rules.qos.of_jobs import qos_of
from simulator.workload.calendar import HOUR, QUARTER, hours_and_weekdays
from simulator.workload.columns import Ints, Jobs, Reals

GIB = 2**30
YEAR = 366 * 24 * HOUR


class Calendar(NamedTuple):
    """Instant 0 as Unix time, and the zone whose clock tells the hour."""

    epoch: int = 0
    time_zone: str = "UTC"


UTC = Calendar()
"""Where nothing else is known."""


def _thousandths(values: Reals) -> Ints:
    """Rounded half up."""
    return np.asarray(np.floor(values * 1000 + 0.5), np.int64)


def _per_second(jobs: Jobs, machine: int | Machine, charge: Charge, gpu: float) -> Reals:
    """(jobs,) the charge of a second, where a GPU has this weight."""
    per_gpu = 1 if isinstance(machine, int) else machine.slices
    parts = [np.asarray(gpu * jobs.gpus / per_gpu)]
    if isinstance(machine, Machine) and jobs.shape is not None:
        nodes: Reals = np.maximum(jobs.shape.nodes, 1).astype(np.float64)
        parts += [
            np.asarray(charge.cpu * jobs.shape.cpus * nodes),
            np.asarray(charge.memory * jobs.shape.memory * nodes / GIB),
            np.asarray(charge.node * nodes),
        ]
    if charge.whole:
        parts = [np.ceil(part) for part in parts]
    others = np.max(parts[1:], axis=0) if parts[1:] else np.zeros(len(jobs))
    match charge.form:
        case "sum":
            return np.asarray(np.sum(parts, axis=0) * charge.times)
        case "max":
            return np.asarray(np.max(parts, axis=0) * charge.times)
        case _:
            return np.asarray((parts[0] + others) * charge.times)


def _weights(machine: int | Machine, charge: Charge) -> list[float]:
    """The weight of a GPU of each type of the machine; of any, where types do not count."""
    if not charge.gpu_types:
        return [charge.gpu]
    types = () if isinstance(machine, int) else machine.gpu_types
    for name in charge.gpu_types:
        if name not in types:
            known = nearest(name, types) if types else "leave gpu_types out"
            raise InputError(f"the machine has no GPUs of type {name!r}", right=known)
    return [charge.gpu_types.get(name, charge.gpu) for name in types]


def _factors(jobs: Jobs, rule: Rule) -> Reals:
    """(jobs,) by class and quality of service."""
    by_class = [rule.accounting.class_factors.get(name, 1.0) for name in jobs.classes]
    for name in rule.accounting.class_factors:
        if name not in jobs.classes:
            raise InputError(
                f"class_factors: no job is of class {name!r}", right=nearest(name, jobs.classes)
            )
    by_qos = [*(qos.usage_factor for qos in rule.qos.values()), 1.0]
    return np.asarray(np.array(by_class)[jobs.job_class] * np.array(by_qos)[qos_of(jobs, rule.qos)])


def charges(jobs: Jobs, machine: int | Machine, rule: Rule) -> Ints:
    """(jobs, GPU types or 1) what a second of each job costs, thousandths.

    Raises InputError for a GPU type, class or quality of service that is not there, and for weights
    of what a pool does not have.
    """
    weights = rule.accounting.charge
    if isinstance(machine, int) and (weights.cpu or weights.memory or weights.node):
        raise InputError(
            "a pool has neither CPUs nor memory nor nodes to charge for",
            right="charge gpu alone, or say cluster: {kind: nodes}",
        )
    charge, factors = rule.accounting.charge, _factors(jobs, rule)
    columns = [
        _thousandths(_per_second(jobs, machine, charge, weight) * factors)
        for weight in _weights(machine, charge)
    ]
    return np.stack(columns, axis=1)


def calendar_end(jobs: Jobs, units: int) -> int:
    """Until when prices and resets are laid down: far behind the end of a run that gets on, s."""
    work = float(jobs.gpus @ np.minimum(jobs.run_time, jobs.walltime)) / max(units, 1)
    return int(jobs.submit[-1]) + YEAR + 4 * int(work) if len(jobs) else YEAR


def refuse_beyond(rule: Rule, end: int, finish: int) -> None:
    """Raise InputError if a run that finished then had no prices, resets or reservations more."""
    accounting = rule.accounting
    dated = accounting.off_peak or accounting.reset != "never" or rule.reservations
    if (dated or isinstance(accounting.fade, Tumbling)) and finish > end:
        raise InputError(
            f"the run went on until {finish} s; its calendar is laid down until {end} s",
            right="end: cut stops it at the last arrival",
        )


def price_list(accounting: Accounting, calendar: Calendar, end: int) -> Prices | None:
    """The price of time until ``end``, hour by hour; None where it is always the same."""
    if not accounting.off_peak:
        return None
    # Hours of the local clock begin at whole quarters of an hour of any zone.
    first = -calendar.epoch % QUARTER
    edges = np.r_[0, np.arange(first, end, QUARTER)]
    edges = edges[np.r_[True, np.diff(edges) > 0]]
    hours, weekdays = hours_and_weekdays(edges, *calendar)
    factor = np.full((7, 24), 1000, np.int64)
    for weekday in range(7):
        for hour in range(24):
            held = [each.factor for each in accounting.off_peak if each.holds(weekday, hour)]
            if held:
                factor[weekday, hour] = int(held[0] * 1000 + 0.5)
    each = factor[weekdays, hours]
    changes = np.r_[True, each[1:] != each[:-1]]
    return prices_of(edges[changes], each[changes])


def next_reset(midnight: datetime, reset: Reset) -> datetime:
    """The first reset after a local midnight."""
    day = midnight + timedelta(days=1)
    while not (
        reset == "daily"
        or (reset == "weekly" and day.weekday() == 6)
        or (
            (reset in ("monthly", "quarterly", "yearly") and day.day == 1)
            and (reset == "monthly" or day.month % 3 == 1)
            and (reset != "yearly" or day.month == 1)
        )
    ):
        day += timedelta(days=1)
    return day


def resets(accounting: Accounting, calendar: Calendar, end: int) -> Ints:
    """Instants until ``end`` at which all usage is forgotten, ascending."""
    if isinstance(accounting.fade, Tumbling):
        return np.arange(accounting.fade.window, end, accounting.fade.window, dtype=np.int64)
    if accounting.reset == "never":
        return np.empty(0, np.int64)
    zone = ZoneInfo(calendar.time_zone)
    day = datetime.fromtimestamp(calendar.epoch, zone).replace(
        hour=0, minute=0, second=0, microsecond=0, tzinfo=None
    )
    found: list[int] = []
    while not found or found[-1] < end:
        day = next_reset(day, accounting.reset)
        found.append(int(day.replace(tzinfo=zone).timestamp()) - calendar.epoch)
    return np.array(found, np.int64)
