"""Lines of slurmctld.log that say something for the tables, told apart by their first word.

Sources of what they mean, besides those of the modules that take them: ``_slurmctld_background()``,
controller.c; ``_decay_thread()``, priority_multifactor.c; ``_slurm_rpc_…()``, proc_req.c;
``_add_resv()``, reservation.c; Slurm 22.05.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.errors import InputError
from simulator.slurm.logs.found import Reserved
from simulator.slurm.logs.ids import JOB, nodes_of
from simulator.slurm.logs.job_lines import ARRAYS, JOB_LINES, NODES, job_of, submitted
from simulator.slurm.logs.main_passes import DEFAULT, FULL
from simulator.slurm.recording.rows import STARTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.slurm.logs.found import Found

NEAR_MS = 1000
"""How far the times of one pass in the two logs may lie apart."""
TOGETHER = "copy both logs at one moment, from one slurmctld, whole"
RESERVATIONS = "reservations that were changed or deleted, of which the tables have the first form"
RESTARTS = "restarts of slurmctld: what jobs did meanwhile is told late, or by sacct alone"
YIELDS = "times that backfill gave its locks away in the middle of a pass: the state changed there"

_FUNCTION = re.compile(r"priority/\w+: (?:\w+: )?(?:PRIO: )?")
_RUN = re.compile(r"sched: Running job scheduler for (full queue|default depth)\.")
_ALLOCATE = re.compile(
    rf"sched: Allocate {JOB} NodeList=(?P<nodes>\S+) #CPUs=\d+ Partition=(?P<partition>\S+)"
)
_DIRECT = re.compile(rf"sched: _slurm_rpc_allocate_resources {JOB} NodeList=(?P<nodes>\S+) ")
_DECAY = re.compile(r"Decay factor over (?P<period>\S+) seconds goes from (\S+) -> (\S+)")
_VERSION = re.compile(r"slurmctld version (?P<version>\S+) started")
_RESERVED = re.compile(
    r"sched: (?P<how>Created|Updated) reservation=(?P<name>\S+) (?:.* )?nodes=(?P<nodes>\S+) cores="
    r".* start=(?P<start>\S+) end=(?P<end>\S+) MaxStartDelay="
)


def read_line(found: Found, said: str, level: str, time: int, line: int) -> bool:
    """Take a line, told without its level; whether it is known.

    Raises InputError, with file and line, for what contradicts the lines before it.
    """
    if time < found.begin_ms - NEAR_MS:
        return _VERSION.match(said) is None or _version(found, said, level, time, line)
    reader = _READERS.get(said.partition(" ")[0])
    return reader is not None and reader(found, said, level, time, line)


def _scheduler(found: Found, said: str, level: str, time: int, line: int) -> bool:
    run = _RUN.match(said)
    if run is not None:
        _main_pass(found, FULL if run[1] == "full queue" else DEFAULT, time, line)
        return True
    start = _ALLOCATE.match(said)
    if start is not None:
        _main_start(found, job_of(found, start["job"], line), start, time, line)
        return True
    direct = _DIRECT.match(said)
    if direct is not None:
        job, nodes = job_of(found, direct["job"], line), nodes_of(direct["nodes"])
        submitted(found, job, "", time, line)
        if nodes:
            found.runs.start(job, time, line, scheduler="", pass_id=0, partition="", nodes=nodes)
        return True
    made = _RESERVED.match(said)
    if made is not None:
        _reserved(found, made, time, line)
    return True


def _main_pass(found: Found, depth: str, time: int, line: int) -> None:
    """The next pass of the scheduler's own log."""
    log = found.scheduler
    while found.main < len(log.passes) and log.passes[found.main].begin_ms < time - NEAR_MS:
        if found.main_id:
            _apart(found, f"has no pass like that at line {log.passes[found.main].line}", line)
        found.main += 1  # of the time before this log begins
    if found.main == len(log.passes):
        found.stopped = line
        return
    each = log.passes[found.main]
    if each.depth != depth or each.begin_ms > time + NEAR_MS:
        _apart(found, f"has another one at line {each.line}", line)
    found.main += 1
    found.passes.append(each)
    each.begin_ms, each.end_ms = time, max(each.end_ms, time)
    found.main_id = len(found.passes)


def _apart(found: Found, what: str, line: int) -> None:
    raise InputError(
        f"a pass begins, and {found.scheduler.path.name} {what}",
        right=TOGETHER,
        place=found.place(line),
    )


def _main_start(found: Found, job: int, start: re.Match[str], time: int, line: int) -> None:
    rows = found.scheduler.passes[found.main - 1].rows if found.main_id else []
    if all(row.job != job or row.outcome != STARTED for row in rows):
        raise InputError(
            f"job {job} starts, and {found.scheduler.path.name} has no such start in its pass",
            right=TOGETHER,
            place=found.place(line),
        )
    found.runs.start(
        job,
        time,
        line,
        scheduler="main",
        pass_id=found.main_id,
        partition=start["partition"],
        nodes=nodes_of(start["nodes"]),
    )


def _reserved(found: Found, made: re.Match[str], time: int, line: int) -> None:
    if made["how"] == "Updated":
        found.remark(RESERVATIONS, line)
        return
    begin, end = (found.backfills.stamps.second(made[name]) for name in ("start", "end"))
    if begin is not None and end is not None:
        nodes = nodes_of(made["nodes"])
        found.reserved.append(Reserved(made["name"], time, begin, end, nodes))


def _backfill(found: Found, said: str, level: str, time: int, line: int) -> bool:
    if said.endswith(" beginning"):
        if level.startswith("debug"):
            raise InputError(
                "this line is not that of DebugFlags=Backfill",
                right="set DebugFlags=Backfill,Priority, and give the logs from then on",
                place=found.place(line),
            )
        found.backfills.begin(time, line)
        found.passes.append(found.backfills.passes[-1])
        found.backfill_id = len(found.passes)
        return True
    known = found.backfills.read(said, time, line)
    while found.backfills.parts:
        found.remark(ARRAYS, found.backfills.parts.pop())
    if isinstance(known, bool):
        if known and "yielding locks" in said:
            found.remark(YIELDS, line)
        return known
    found.runs.start(
        known.job,
        time,
        line,
        scheduler="backfill",
        pass_id=found.backfill_id,
        partition=known.partition,
        nodes=known.nodes,
    )
    return True


def _priority(found: Found, said: str, level: str, time: int, line: int) -> bool:
    head = _FUNCTION.match(said)
    rest = said[head.end() :] if head else said
    decay = _DECAY.match(rest)
    if decay is not None:
        found.event(time, "priority_calc", None, f"{decay['period']} {decay[2]} {decay[3]}")
        return True
    return found.priorities.read(rest, time, line)


def _check(found: Found, said: str, level: str, time: int, line: int) -> bool:
    if said.startswith("Testing job time limits"):
        found.event(time, "time_limit_check", None, "")
        return True
    return False


def _shown(found: Found, said: str, level: str, time: int, line: int) -> bool:
    if "REQUEST_SHARE_INFO" in said:
        found.shown_ms.append(time)
    return said.startswith("Processing RPC:")


def _version(found: Found, said: str, level: str, time: int, line: int) -> bool:
    version = _VERSION.match(said)
    if version is not None:
        found.version = version["version"]
        if found.passes:
            found.remark(RESTARTS, line)
    return version is not None


def _node(found: Found, said: str, level: str, time: int, line: int) -> bool:
    found.remark(NODES, line)
    return True


_READERS: dict[str, Callable[[Found, str, str, int, int], bool]] = {
    "sched:": _scheduler,
    "sched/backfill:": _backfill,
    "priority/multifactor:": _priority,
    "node_did_resp:": _node,
    "Testing": _check,
    "Processing": _shown,
    "slurmctld": _version,
    "update_node:": _node,
    "Nodes": _node,
    **JOB_LINES,
}
