"""The log of ThetaGPU, in the form in which the LUMOS project publishes job records of the ALCF.

A CSV file, one line a job. ThetaGPU is a machine of DGX A100 nodes and its log counts nodes: in
``gpu_num`` too, which equals ``node_num``. Logs of other machines in this form count otherwise and
are refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import InputError, Place
from simulator.units import format_duration
from simulator.workload.columns import Jobs, Shapes
from simulator.workload.recorded import Recorded
from simulator.workload.steps import Step, counted

if TYPE_CHECKING:
    from simulator.workload.columns import Codes, Mask

HEADER = (
    *("", "job", "user", "project", "state", "gpu_num", "cpu_num", "node_num", "submit_time"),
    *("wait_time", "run_time", "wall_time", "node_hour", "new_status"),
)
WHOLE = ("job", "user", "project", "gpu_num", "node_num")
COLUMNS = (*WHOLE, "submit_time", "run_time", "wall_time")
"""What is read of it; the other columns say what the recorded scheduler made of the job."""
GPUS = 8
"""GPUs of a node (ALCF user guide)."""
NODES = 24
"""Nodes of the machine (same source)."""
TIME_ZONE = "America/Chicago"
"""Argonne's."""
LIMIT = 2**53
_NUMBER = re.compile(r"-?\d{1,17}(\.\d{0,17})?")

Table = dict[str, NDArray[Any]]


def recognised(text: bytes) -> bool:
    """Whether a file begins as this log does."""
    return text.split(b"\n", 1)[0].strip() == ",".join(HEADER).encode()


def read_text(text: bytes, digest: str, file: str, missing_walltime: int | None = None) -> Recorded:
    """The jobs of the log, in submit order; its instant 0 is the first submission.

    ``digest`` is the SHA-256 of the file; ``missing_walltime`` is what a job without a walltime
    asked for, in seconds (None: what it ran). Raises InputError, with line and column, for anything
    that is no such log.
    """
    table = _table(text, file)
    early = _count(np.diff(table["submit_time"]) < 0)
    order = np.argsort(table["submit_time"], kind="stable")
    table = {name: column[order] for name, column in table.items()}
    epoch = int(table["submit_time"][0])
    repairs = _whole_seconds(table, missing_walltime)
    user, users = _labels(table["user"])
    account, accounts = _labels(table["project"])
    nobody = np.zeros(len(user), np.int32)
    nodes = table["node_num"].astype(np.int64)
    jobs = Jobs(
        job_id=table["job"].astype(np.int64),
        submit=table["submit_time"] - epoch,
        run_time=table["run_time"],
        walltime=table["wall_time"],
        gpus=nodes * GPUS,
        user=user,
        account=account,
        job_class=nobody,
        users=users,
        accounts=accounts,
        classes=("all",),
        shape=Shapes.of(nodes, np.full(len(nodes), GPUS, np.int64)),
    )
    return Recorded(
        jobs=jobs,
        queue=nobody,
        queues=("unknown",),
        partition=nobody,
        partitions=("unknown",),
        capacity=NODES * GPUS,
        epoch=epoch,
        time_zone=TIME_ZONE,
        steps=counted(*repairs, _out_of_order(early), *_remarks(jobs)),
        digest=digest,
    )


def _table(text: bytes, file: str) -> Table:
    lines = text.split(b"\n")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            rows.append(_row(line.decode("utf-8", "backslashreplace"), Place(file, number)))
    if not rows:
        what = "an empty log: it holds no jobs"
        raise InputError(what, right="a log has one line for each job", place=Place(file))
    columns = zip(*rows, strict=True)
    return {name: np.array(column) for name, column in zip(COLUMNS, columns, strict=True)}


def _row(line: str, place: Place) -> list[float]:
    fields = line.rstrip("\r").split(",")
    if len(fields) != len(HEADER):
        what = f"a job of {len(fields)} fields"
        raise InputError(what, right=f"the first line names {len(HEADER)}", place=place)
    row = [_number(fields, name, place) for name in COLUMNS]
    nodes, gpus = row[COLUMNS.index("node_num")], row[COLUMNS.index("gpu_num")]
    if nodes < 1 or gpus != nodes:
        what = f"job {row[0]:g} has node_num {nodes:g} and gpu_num {gpus:g}"
        right = (
            "ThetaGPU's log counts nodes in both; other machines' logs of this form are not read"
        )
        raise InputError(what, right=right, place=_place(fields, "gpu_num", place))
    return row


def _number(fields: list[str], name: str, place: Place) -> float:
    text = fields[HEADER.index(name)].strip()
    number = float(text) if _NUMBER.fullmatch(text) else -1.0
    whole = number.is_integer() or name not in WHOLE
    if number < 0 or number >= LIMIT or not whole:
        kind = "whole number" if name in WHOLE else "number"
        raise InputError(
            f"{text[:40]!r} is not a {kind} of 0 or more ({name})",
            right="mend or remove the line",
            place=_place(fields, name, place),
        )
    return number


def _place(fields: list[str], name: str, place: Place) -> Place:
    before = fields[: HEADER.index(name)]
    return Place(place.file, place.line, sum(map(len, before)) + len(before) + 1)


def _whole_seconds(table: Table, missing_walltime: int | None) -> list[Step]:
    steps = []
    for name, cut, what in (
        ("submit_time", np.floor, "submit times with a fraction of a second: cut"),
        ("run_time", np.ceil, "run times with a fraction of a second: rounded up"),
        ("wall_time", np.ceil, "walltimes with a fraction of a second: rounded up"),
    ):
        whole = cut(table[name]).astype(np.int64)
        steps.append(Step(f"fractional_{name}", _count(whole != table[name]), what))
        table[name] = whole
    missing = table["wall_time"] == 0
    fill = table["run_time"] if missing_walltime is None else missing_walltime
    table["wall_time"] = np.where(missing, fill, table["wall_time"])
    said = "the run time" if missing_walltime is None else format_duration(missing_walltime)
    what = f"jobs without a walltime: {said} is assumed"
    return [*steps, Step("missing_walltime", _count(missing), what)]


def _out_of_order(early: int) -> Step:
    return Step("out_of_order", early, "jobs stood after a later submission: sorted by submit")


def _remarks(jobs: Jobs) -> tuple[Step, ...]:
    single = jobs.gpus == GPUS
    lost = np.zeros(len(jobs), np.bool_)
    if "unknown" in jobs.users:
        lost = jobs.user == jobs.users.index("unknown")
    return (
        Step("whole_nodes", len(jobs), f"jobs taken to hold all {GPUS} GPUs of each node"),
        Step(
            "single_node",
            _count(single),
            "of these, jobs of one node: some held one GPU of it, and the log does not say which",
        ),
        Step("unknown_user", _count(lost), "jobs whose user is lost: put together as one, unknown"),
        Step(
            "overrun",
            _count(jobs.run_time > jobs.walltime),
            "jobs that ran longer than they asked for: the rule decides what becomes of them",
        ),
    )


def _labels(numbers: NDArray[np.float64]) -> tuple[Codes, tuple[str, ...]]:
    known, codes = np.unique(numbers, return_inverse=True)
    labels = tuple(str(int(number)) if number else "unknown" for number in known)
    return codes.astype(np.int32), labels


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
