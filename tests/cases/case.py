"""A case file: what it says, and whether a schedule is the one that it expects."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OUTAGES = ("maintenance", "losses", "failures")
SERVING = ("accounts", "accounting")
PARTS = {"shows", "machine", "rule", "preemption", "checkpoints", *OUTAGES, "jobs", "expected"}
HOLDING = ("limits", "quotas", "budgets", "reservations", "applications")
PARTS |= {*SERVING, *HOLDING, "holds", "reforms"}
REFORMS = {"at", "keep_budgets", "rule", "preemption", *HOLDING, "holds"}
NODES = {"count", "gpus", "cpus", "memory", "type", "partitions", "slices", "leaf", "speed"}
EXPECTED = {"start", "starts", "end", "nodes", "gpus", "state", "suspended"}


@dataclass(frozen=True)
class Job:
    """A job of a case; times in seconds."""

    name: str
    run: int
    submit: int = 0
    asks: int | None = None
    """The time asked for; as ``run`` if not given."""
    needs: Any = 1
    """Units of a pool, or what it needs on nodes."""
    rank: int | None = None
    """Of its class, 0 the highest; None: it neither preempts nor is preempted."""
    fails_after: int | None = None
    cancelled_at: int | None = None
    use: int = -1
    """Thousandths of its units' time that it uses; −1: nobody knows."""
    speeds: Mapping[str, float] = field(default_factory=dict)
    array: int = -1
    """The job array that it is of, beside limits; −1: of none."""
    user: str | int | None = None
    """A name, or beside limits a number: see the README."""
    account: str = "lab"
    qos: str = ""
    """Its quality of service, under Slurm's own passes; none if not given."""


@dataclass(frozen=True)
class Case:
    """What a file says, its words checked."""

    path: Path
    shows: str
    machine: Mapping[str, Any]
    jobs: tuple[Job, ...]
    expected: Mapping[str, Any]
    rule: Mapping[str, Any] = field(default_factory=dict)
    preemption: Mapping[str, Any] | None = None
    checkpoints: Mapping[int | None, Mapping[str, int]] = field(default_factory=dict)
    maintenance: tuple[Mapping[str, Any], ...] = ()
    losses: tuple[Mapping[str, Any], ...] = ()
    failures: tuple[Mapping[str, Any], ...] = ()
    accounts: Mapping[str, Any] = field(default_factory=dict)
    accounting: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    quotas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    budgets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reservations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    applications: Mapping[str, Any] = field(default_factory=dict)
    holds: str = "job"
    reforms: tuple[Mapping[str, Any], ...] = ()

    @property
    def limited(self) -> bool:
        """Whether anything holds jobs back."""
        return any((self.limits, self.quotas, self.budgets, self.reservations, self.applications))

    @property
    def served(self) -> bool:
        """Whether the order is one of a scenario's, with parameters; it may look at users."""
        return not isinstance(self.rule.get("order", "fcfs"), str)

    @property
    def order(self) -> str:
        """The word of the order."""
        said = self.rule.get("order", "fcfs")
        return str(said["kind"] if self.served else said)


@dataclass(frozen=True)
class Fate:
    """What became of a job, as an engine tells it."""

    starts: list[int]
    end: int | None
    state: str
    nodes: list[int] | None = None
    """Of the last attempt, as the GPUs, which are those of its first node."""
    gpus: list[int] | None = None
    suspended: list[list[int]] | None = None
    """From when until when it stood still, each time."""


def read(path: Path) -> Case:
    """Read a case file. Raises ValueError for what it should not say."""
    said = YAML(typ="safe").load(path)
    _only(path, "the file", said, PARTS)
    _only(path, "the machine", said["machine"], {"pool", "nodes"})
    for line in said["machine"].get("nodes", ()):
        _only(path, "a line of nodes", line, NODES)
    jobs = []
    for job in said.pop("jobs"):
        _only(path, f"job {job.get('name')}", job, set(Job.__dataclass_fields__))
        jobs.append(Job(**job))
    for earlier, later in pairwise(jobs):
        if later.submit < earlier.submit:
            raise ValueError(f"{path.name}: {later.name} comes before {earlier.name}: sort them")
    for reform in said.get("reforms", ()):
        _only(path, "a reform", reform, REFORMS)
    for name in (*OUTAGES, "reforms"):
        said[name] = tuple(said.get(name, ()))
    case = Case(path=path, jobs=tuple(jobs), **said)
    if set(case.expected) != {job.name for job in jobs} or len(case.expected) != len(jobs):
        raise ValueError(f"{path.name}: 'expected' must name each job once")
    _fits_its_order(case, said)
    return case


def _fits_its_order(case: Case, said: Mapping[str, Any]) -> None:
    """Orders with parameters stand in files of their own kind, without what those cannot tell."""
    if case.served:
        wrong = [name for name in (*OUTAGES, "checkpoints", "reforms", *HOLDING) if said.get(name)]
        wrong += [name for name in ("rank", "speeds") if any(getattr(j, name) for j in case.jobs)]
        # Queues by attained service are ranks; other orders would need classes.
        wrong += ["preemption"] if "preemption" in said and case.order != "las" else []
    else:
        wrong = [name for name in SERVING if name in said]
        limited = case.limited or any(name in each for each in case.reforms for name in HOLDING)
        wrong += ["user"] if any(job.user for job in case.jobs) and not limited else []
    if wrong:
        raise ValueError(f"{case.path.name}: with this order it cannot say {wrong}")


def _only(path: Path, where: str, said: Mapping[str, Any], known: set[str]) -> None:
    unknown = set(said) - known
    if unknown:
        raise ValueError(f"{path.name}: {where} says {sorted(unknown)}, known are {sorted(known)}")


def differences(case: Case, fates: list[Fate]) -> list[str]:
    """A line for each thing that is not as expected."""
    lines = []
    for job, fate in zip(case.jobs, fates, strict=True):
        for what, wanted in _wanted(case, job.name).items():
            found = getattr(fate, what)
            if found != wanted:
                lines.append(f"job {job.name}: {what} should be {wanted}, is {found}")
    return lines


def _wanted(case: Case, name: str) -> dict[str, Any]:
    said = case.expected[name]
    if said == "refused":
        return {"state": "refused", "starts": []}
    if said == "never":
        return {"state": "unfinished", "starts": []}
    if isinstance(said, int):
        return {"starts": [said]}
    if isinstance(said, list):
        return {"starts": said}
    _only(case.path, f"expected of {name}", said, EXPECTED)
    if "start" in said:
        return {"starts": [said["start"]]} | {k: v for k, v in said.items() if k != "start"}
    return dict(said)
