"""What a waiting job's place in the order is made of, under each kind of order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.engine.probe.lifts import World
from simulator.kernels.accounts import CHARGE_SECOND
from simulator.kernels.state import CAPACITY, NOW
from simulator.rules.models import Rule
from simulator.rules.ordering.formula import Formula
from simulator.rules.ordering.multifactor import Multifactor
from simulator.rules.ordering.serving import Serving

Factors = dict[str, float]
CHARGE_HOUR = 3600 * CHARGE_SECOND


def factors(
    world: World,
    position: int,
    rule: Rule,
    parts: Mapping[str, float],
    as_of: int | None = None,
) -> Factors:
    """By name, in plain units; ``world`` has its queue in the order of the pass.

    ``parts``: what of Slurm's priority never changes, weighted; see ``weighted_parts``. ``as_of``:
    when that was made, if not now.
    """
    order = rule.ordering
    if isinstance(order, Multifactor):
        when = int(world.state.counters[NOW]) if as_of is None else as_of
        return _multifactor(world, position, order, parts, when)
    if isinstance(order, Formula):
        return {name: _READ[name](world, position) for name in sorted(order.term.names)}
    if isinstance(order, Serving) and order.keeps_accounts:
        return _of_whom_it_serves(world, position, order.kind)
    return {name: _READ[name](world, position) for name in _OF_JOB.get(order.kind, ())}


_OF_JOB = {
    "sjf": ("walltime",),
    "ljf": ("walltime",),
    "smallest": ("gpus",),
    "largest": ("gpus",),
    "wfp3": ("age", "walltime", "gpus"),
    "f1": ("submit", "walltime", "gpus"),
    "f2": ("submit", "walltime", "gpus"),
    "f3": ("submit", "walltime", "gpus"),
    "f4": ("submit", "walltime", "gpus"),
    "size_bins": ("age", "gpus"),
    "las": ("queue", "served"),
}


def _multifactor(
    world: World, position: int, order: Multifactor, parts: Mapping[str, float], when: int
) -> Factors:
    state, weights = world.state, order.weights
    since = state.columns.submit if order.age_from == "submit" else state.progress.eligible
    age = min((when - int(since[position])) / max(order.max_age, 1), 1.0)
    share = float(state.accounts.had.value[state.accounts.of_job[position]])
    found = {"age": weights.age * age, "fair share": weights.fair_share * share, **parts}
    return {name: value for name, value in found.items() if value}


_VALUES = {
    "fair_tree": "share factor",
    "classic_fair_share": "share factor",
    "depth_oblivious": "share factor",
    "least_usage": "share factor",
    "openpbs": "rank",
    "kueue_afs": "share factor",
}
"""What ``Had.value`` is called."""
_GPUS = {"kai": "fair share, GPUs", "alpha_fair": "target, GPUs"}
"""The same where it is units of the machine."""
_OWN = {"stride": "pass", "karma": "credits", "htcondor": "priority"}
"""What ``Had.own`` is called."""


def _of_whom_it_serves(world: World, position: int, kind: str) -> Factors:
    """What is known of whoever the order serves in the job's name."""
    had, gpu = world.state.accounts.had, float(world.state.accounts.numbers[-1])
    entity = int(world.state.accounts.of_job[position])
    found = {
        "GPUs held": float(had.held[entity, 0]) / gpu,
        "GPU-hours charged": float(had.usage[entity]) / CHARGE_HOUR,
        "entitled part": float(world.state.accounts.tree.entitled[entity]),
    }
    if kind in _VALUES:
        found[_VALUES[kind]] = float(had.value[entity])
    if kind in _GPUS:
        found[_GPUS[kind]] = float(had.value[entity]) / gpu
    if kind in _OWN:
        found[_OWN[kind]] = float(had.own[entity])
    return found


Read = Callable[[World, int], float]


def _of_entity(column: Callable[[World], object], scale: Callable[[World], float]) -> Read:
    def read(world: World, position: int) -> float:
        values: object = column(world)
        entity = world.state.accounts.of_job[position]
        return float(values[entity]) / scale(world)  # type: ignore[index]

    return read


def _gpu(world: World) -> float:
    numbers = world.state.accounts.numbers
    return float(numbers[-1]) if len(numbers) else 1.0


def _one(_world: World) -> float:
    return 1.0


_READ: dict[str, Read] = {
    "wait": lambda world, at: float(_now(world) - world.state.columns.submit[at]),
    "age": lambda world, at: float(_now(world) - world.state.progress.eligible[at]),
    "submit": lambda world, at: float(
        world.state.columns.submit[at] - world.state.columns.submit[0]
    ),
    "walltime": lambda world, at: float(world.state.columns.walltime[at]),
    "gpus": lambda world, at: float(world.state.columns.gpus[at]) / _gpu(world),
    "nodes": lambda world, at: float(world.state.accounts.fixed[at]),
    "now": lambda world, _: float(_now(world) - world.state.columns.submit[0]),
    "usage": _of_entity(lambda world: world.state.accounts.seen.usage, lambda _: CHARGE_HOUR),
    "held": _of_entity(lambda world: world.state.accounts.seen.held, _gpu),
    "running": _of_entity(lambda world: world.state.accounts.seen.running, _one),
    "waiting": _of_entity(lambda world: world.state.accounts.seen.waiting, _one),
    "share": _of_entity(lambda world: world.state.accounts.tree.part, _one),
    "entitled": _of_entity(lambda world: world.state.accounts.tree.entitled, _one),
    "capacity": lambda world, _: _machine(world, 0) / _gpu(world),
    "free": lambda world, _: _machine(world, 1) / _gpu(world),
    "load": lambda world, _: 1 - _machine(world, 1) / max(_machine(world, 0), 1.0),
    "busy": lambda world, _: _machine(world, 2),
    "queued": lambda world, _: _machine(world, 3),
    "queue": lambda world, at: float(world.state.rights.rank[at]) + 1,
    "served": lambda world, at: float(world.state.rights.served[at] * world.state.columns.gpus[at]),
}
"""How each name is read: the variables of formulas as their kernel reads them, and two more."""


def _now(world: World) -> int:
    return int(world.state.counters[NOW])


def _machine(world: World, at: int) -> float:
    seen = world.state.accounts.seen.machine
    return float(seen[at]) if len(seen) else float(world.state.counters[CAPACITY])
