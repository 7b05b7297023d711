"""Passes of backfill, from the lines that ``DebugFlags=Backfill`` writes.

Source of what the lines mean: ``_attempt_backfill()``, backfill.c, Slurm 22.05.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from simulator.slurm.logs.ids import JOB, in_parts, nodes_of, number_of
from simulator.slurm.recording.rows import BEYOND, FAILED, NONE, PLANNED, STARTED, USER_LIMIT

if TYPE_CHECKING:
    from simulator.slurm.logs.stamps import Stamps

_TEST = re.compile(rf"test for {JOB} Prio=(?P<priority>\d+) Partition=(?P<partition>\S+)")
_PLAN = re.compile(
    rf"{JOB} to start at (?P<start>\S+), end at (?P<end>\S+) on nodes (?P<nodes>\S+) in partition"
)
_AGAIN = re.compile(
    rf"(Try later {JOB} later_start|{JOB.replace('<job>', '<other>')} overlaps with existing .*"
    r" later_start) (?P<later>\d+)"
)
_OUTCOMES = (
    (re.compile(rf"have already checked \d+ jobs for user \d+; skipping {JOB}"), USER_LIMIT),
    (re.compile(rf"{JOB} StartTime set to time after current backfill window"), BEYOND),
    (re.compile(rf"planned start of {JOB} failed"), FAILED),
)
_STARTED = re.compile(rf"Started {JOB} in (?P<partition>\S+) on (?P<nodes>\S+)")
_COMPLETED = re.compile(r"completed testing (?P<tested>\d+)\(\d+\) jobs")
_YIELD = re.compile(r"yielding locks after testing")
_CUT = (
    (re.compile(r"bf_max_job_test: limit of \d+ reached"), "max_job_test"),
    (re.compile(r"bf_max_job_start limit of \d+ reached"), "max_job_start"),
    (re.compile(r"system state changed, breaking out"), "state_changed"),
    (re.compile(r"table size limit of \d+ reached"), "table_size"),
)
_KNOWN = re.compile(
    r"\d+ jobs to backfill|entering _try_sched|Jobs backfilled since boot|(set|cleared): \S+ state"
    r"|JobId=\S+ (StartTime set but no|already added|has a prio_reserve|reservation defer|acct"
    r"|not runable|job started during|started in other|no longer)"
)
_HEAD = re.compile(r"sched/backfill: (?:\w+: )?(?:BACKFILL: )?")


@dataclass(slots=True)
class PlanRow:
    """A job that a backfill pass looked at. Times in seconds; of a start also milliseconds."""

    job: int
    priority: int
    partition: str
    line: int
    outcome: str = NONE
    start: int | None = None
    start_ms: int | None = None
    end: int | None = None
    nodes: tuple[str, ...] = ()
    tries: int = 1


@dataclass(slots=True)
class BackfillPass:
    """A pass of backfill; ``reached_end``: it came to the end of the queue."""

    begin_ms: int
    line: int
    end_ms: int = 0
    tested: int | None = None
    limit: str = ""
    reached_end: bool = False
    yields: int = 0
    rows: list[PlanRow] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    """Jobs of the rows."""
    row: PlanRow | None = None
    """The job that is looked at now: a row, unless it was looked at before in this pass."""
    again: int = 0
    """How often a job was looked at once more: an array, or a job of several partitions."""


@dataclass(slots=True)
class Backfills:
    """Reads the lines of backfill, one after another."""

    stamps: Stamps
    passes: list[BackfillPass] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    """Lines of jobs of arrays, until somebody takes them."""
    apart: int | None = None
    """Least seconds from a line until the time that it says to try again at: a clock's check."""

    def begin(self, time: int, line: int) -> None:
        """A pass begins."""
        self.passes.append(BackfillPass(time, line, end_ms=time))

    def read(self, text: str, time: int, line: int) -> PlanRow | bool:
        """Take a line into the pass that is under way.

        A row: it has started now. Otherwise whether the line is known.
        """
        head = _HEAD.match(text)
        said = text[head.end() :] if head else text
        if not self.passes:
            return False
        now = self.passes[-1]
        test = _TEST.match(said)
        if test is not None:
            if in_parts(test["job"]):
                self.parts.append(line)
            job, priority = number_of(test["job"]), int(test["priority"])
            now.row = PlanRow(job, priority, test["partition"], line)
            _add(now, now.row)
            return True
        if now.row is not None:
            found = self._of_job(now, now.row, said, time)
            if found is not False:
                return found
        return self._of_pass(now, said, time)

    def _of_job(self, now: BackfillPass, row: PlanRow, said: str, time: int) -> PlanRow | bool:
        plan = _PLAN.match(said)
        if plan is not None:
            row.start, row.end = self.stamps.second(plan["start"]), self.stamps.second(plan["end"])
            row.nodes = nodes_of(plan["nodes"])
            row.outcome = FAILED if row.outcome == FAILED else PLANNED
            return True
        again = _AGAIN.match(said)
        if again is not None:
            row.tries += 1
            ahead = int(again["later"]) - time // 1000
            self.apart = ahead if self.apart is None else min(self.apart, ahead)
            return True
        started = _STARTED.match(said)
        if started is not None:
            if number_of(started["job"]) != row.job:  # a task, split off from its array
                row = replace(row, job=number_of(started["job"]))
                _add(now, row)
            row = next(each for each in now.rows if each.job == row.job)
            row.outcome, row.start_ms = STARTED, time
            row.start = row.end = None
            row.nodes = nodes_of(started["nodes"])
            return row
        for sign, outcome in _OUTCOMES:
            if sign.match(said):
                row.outcome = outcome
                return True
        return False

    def _of_pass(self, now: BackfillPass, said: str, time: int) -> bool:
        done = _COMPLETED.match(said)
        if done is not None:
            now.end_ms, now.tested = time, int(done["tested"])
            if not now.reached_end and not now.limit:
                now.limit = "time"
            return True
        if said.startswith("no jobs to backfill"):
            now.end_ms, now.tested = time, 0
            return True
        if said.startswith("reached end of job queue"):
            now.reached_end = True
            return True
        if _YIELD.match(said):
            now.yields += 1
            return True
        for sign, limit in _CUT:
            if sign.match(said):
                now.limit = limit
                return True
        return _KNOWN.match(said) is not None


def _add(now: BackfillPass, row: PlanRow) -> None:
    """A row for each job, however often a pass looks at it."""
    if row.job in now.seen:
        now.again += 1
    else:
        now.seen.add(row.job)
        now.rows.append(row)
