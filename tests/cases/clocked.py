"""Cases under Slurm's own clocks."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from twin.nodes.model import UNCOUNTED
from twin.slurm import runs
from twin.slurm.clocks import Clocked, Clocks, Reform, Window, Work
from twin.slurm.limits import Bound
from twin.slurm.machine import Asks
from twin.slurm.passes import Rules

from cases.case import Fate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.case import Case, Job

EVERYWHERE = ""
"""The partition of jobs that name none."""


def on_nodes(case: Case, *, by_engine: bool) -> list[Fate]:
    """What becomes of each job; by the engine as a scenario runs, or by the twin."""
    lines = [line for line in case.machine["nodes"] for _ in range(line.get("count", 1))]
    nodes = [
        (line.get("cpus", UNCOUNTED), line.get("memory", UNCOUNTED), line.get("gpus", 0), 0)
        for line in lines
    ]
    parts = {EVERYWHERE: set(range(len(nodes)))}
    for number, line in enumerate(lines):
        for name in line.get("partitions", ()):
            parts.setdefault(name, set()).add(number)
    qualities = {job.qos for job in case.jobs}
    rules, clocks = _settings(case, parts, qualities)
    work = [_work(number, job) for number, job in enumerate(case.jobs)]
    windows = [_window(**said) for said in case.maintenance]
    reforms = _reforms(case, parts, qualities)
    if by_engine:
        found = runs.by_scenario(work, nodes, rules, clocks, windows, reforms)
    else:
        plain = Clocked(
            work, nodes, rules, clocks, lambda _job, _age: 0, windows=windows, reforms=reforms
        )
        found = plain.run()
    fates = [found[number] for number in range(len(work))]
    return [Fate(each.starts, each.end, each.how, list(each.nodes)) for each in fates]


def _reforms(case: Case, parts: dict[str, set[int]], qualities: set[str]) -> list[Reform]:
    """What they do not name stays as it was before them."""
    found, before = [], case
    for reform in case.reforms:
        said = {word: value for word, value in reform.items() if word != "at"}
        before = replace(before, **said)
        found.append(Reform(reform["at"], *_settings(before, parts, qualities)))
    return found


def _settings(case: Case, parts: dict[str, set[int]], qualities: set[str]) -> tuple[Rules, Clocks]:
    said = dict(case.rule["slurm"])
    by_qos = {
        name: dict.fromkeys(sorted(qualities), nothing) | said.pop(name, {})
        for name, nothing in (("preempts", ()), ("qos_priority", 0), ("exempt", 0))
    }
    own = {each.name for each in fields(Clocks)} & set(said)
    clocks = Clocks(**{name: said.pop(name) for name in own})
    rules = Rules(
        tier=dict.fromkeys(parts, 0),
        part=parts,
        max_time=dict.fromkeys(parts),
        **by_qos,
        **said,
        bounds=[_bound(name, **each) for name, each in case.limits.items()],
    )
    return rules, clocks


def _bound(name: str, users: Sequence[int] = (), qos: Sequence[str] = (), **said: Any) -> Bound:
    if "submitted" in said:
        said["submitted"] = said["submitted"]["jobs"], said["submitted"]["within"]
    return Bound(name, users=tuple(_user(each) for each in users), qos=tuple(qos), **said)


def _user(number: int | None) -> str:
    return "" if number is None else f"user{number}"


def _window(nodes: list[int], on_start: str = "requeue", **said: int) -> Window:
    return Window(nodes=frozenset(nodes), lost=on_start == "lost", **said)


def _work(number: int, job: Job) -> Work:
    needs = {"nodes": 1, "gpus": 0, "cpus": 0, "memory": 0, "partition": EVERYWHERE, **job.needs}
    limit = job.run if job.asks is None else job.asks
    return Work(
        Asks(id=number, limit=limit, qos=job.qos, user=_user(job.user), submit=job.submit, **needs),
        job.submit,
        job.run,
    )
