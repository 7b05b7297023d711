"""Limits of cases, in the twin's words; on nodes they count what the machine gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.applications import Check, Council, Level, More, Scheme
from twin.asks import Asks, Bound, aged
from twin.budgets import Grant
from twin.limits import Bounds
from twin.nodes import engine as nodes_engine
from twin.preemption import RANKED
from twin.quotas import Cohort, Member
from twin.reserved import Reservation

from simulator.engine.nodes import laid_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.model import TwinJob
    from twin.nodes.model import Node, NodeJob

    from cases.case import Case

IN_GPUS = ("gpus", "work", "job_gpus")


def _bounds(case: Case, asks: list[Asks], machine: int, slices: int) -> Bounds:
    asks, found = aged(asks), []
    for name, said in case.limits.items():
        counted = {word: said[word] * slices for word in IN_GPUS if word in said}
        lists = {
            word: tuple(said.get(word, ()))
            for word in ("classes", "accounts", "users", "qos", "partitions")
        }
        if "submitted" in said:
            lists["submitted"] = said["submitted"]["jobs"], said["submitted"]["within"]
        found.append(Bound(name, **{**said, **counted, **lists}))
    cohorts = [_cohort(name, said, slices) for name, said in case.quotas.items()]
    grants = [_grant(name, said, slices) for name, said in case.budgets.items()]
    reserved = [_reservation(*each, machine, slices) for each in case.reservations.items()]
    named = tuple(cohorts), tuple(grants), tuple(reserved)
    scheme = _scheme(case.applications, slices) if case.applications else None
    return Bounds(tuple(found), asks, case.holds, *named, scheme=scheme)


def _scheme(said: Mapping[str, Any], slices: int) -> Scheme:
    more = dict(said)
    levels = [_level(name, each) for name, each in more.pop("tiers").items()]
    councils = [Council(name, **each) for name, each in more.pop("panels", {}).items()]
    return Scheme(tuple(levels), tuple(councils), **more, units=slices)


def _level(name: str, said: Mapping[str, Any]) -> Level:
    review = said.get("review", {})
    review = review if isinstance(review, str) else Check(**review)
    classes = tuple(said.get("classes", ("class0", "class1")))
    more = More(**said["supplement"]) if "supplement" in said else None
    given = {word: value for word, value in said.items() if word != "supplement"}
    return Level(name, **{**given, "classes": classes, "review": review, "more": more})


def _cohort(name: str, said: Mapping[str, Any], slices: int) -> Cohort:
    members = {}
    for key, quota in said["members"].items():
        counted = {word: value * slices for word, value in quota.items()}
        members[key] = Member(counted["gpus"], counted.get("borrow"), counted.get("lend"))
    others = said.get("others")
    per = said.get("per", "class")
    return Cohort(name, per, members, None if others is None else others * slices)


def _grant(name: str, said: Mapping[str, Any], slices: int) -> Grant:
    counted = {word: said[word] * slices for word in ("grant", "overdraft") if word in said}
    back = tuple(tuple(each) for each in said.get("pull_back", ()))
    words = "classes", "accounts", "users", "qos", "partitions", "refund"
    lists = {word: tuple(said[word]) for word in words if word in said}
    beyond = tuple((*each, None)[:3] for each in said.get("overuse", ()))
    lists |= {"pull_back": back, "overuse": beyond}
    return Grant(name, **{"per": "account", **said, **counted, **lists})


def _reservation(name: str, said: Mapping[str, Any], machine: int, slices: int) -> Reservation:
    kept = said.get("gpus", machine // slices) * slices
    counted = {"at_least": said["at_least"] * slices} if "at_least" in said else {}
    lists = {word: tuple(said[word]) for word in ("classes", "accounts") if word in said}
    settings = {"start": 0, **said, **counted, **lists, "units": kept, "left": machine - kept}
    settings.pop("gpus", None)
    return Reservation(name, **settings)


def on_a_pool(case: Case, jobs: Sequence[TwinJob]) -> Bounds | None:
    """The limits of a case on a pool, if it has any."""
    if not case.limited:
        return None

    def class_of(job: TwinJob) -> str:
        return f"class{job.user // 4}" if job.rank is None else RANKED[job.rank]

    asks = [
        Asks(job.user, class_of(job), job.size, job.walltime, job.submit, array=job.array)
        for job in jobs
    ]
    return _bounds(case, asks, case.machine["pool"], 1)


def on_nodes(case: Case, jobs: Sequence[NodeJob], nodes: Sequence[Node]) -> Bounds | None:
    """The same on nodes: a job counts with what it holds."""
    if not case.limited:
        return None
    machine = nodes_engine.machine(nodes)
    held, _ = laid_out(nodes_engine.columns(jobs, nodes), machine)
    asks = [
        Asks(
            job.user,
            held.classes[code],
            units,
            job.walltime,
            job.submit,
            array=job.array,
            partition=job.partition or "",
        )
        for job, code, units in zip(jobs, held.job_class.tolist(), held.gpus.tolist(), strict=True)
    ]
    return _bounds(case, asks, machine.units, machine.slices)


def stages_on_nodes(case: Case, jobs: Sequence[NodeJob], nodes: Sequence[Node]) -> dict[str, Any]:
    """What the engine is told beside the twin's rule."""
    bounds = on_nodes(case, jobs, nodes)
    return {} if bounds is None else {"served": bounds.settings(nodes_engine.machine(nodes).slices)}
