"""Why a job waited, as plain data: what the command prints, draws and gives as JSON."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl

from simulator.engine.probe.lifts import LIMIT, ORDER, STANDING
from simulator.engine.probe.slurm_otherwise import LOOKED
from simulator.engine.probe.slurm_story import BACKFILL, MAIN, SlurmStory
from simulator.rules.ordering.standing_kernel import TURN_ORDERS
from simulator.study.reasons import Telling, kind_of
from simulator.study.reformed import in_force
from simulator.study.slurm_reasons import SlurmTelling
from simulator.study.suspended import stretches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.engine.probe.story import Moment
    from simulator.rules.models import Rule
    from simulator.study.explain import Explained, Explainer
    from simulator.study.reformed import Era

_JOB = (
    "job_id", "user", "account", "job_class", "submit", "start", "end", "state", "gpus", "nodes",
    "walltime", "wait", "queued", "refused_by",
)  # fmt: skip
_LIFTED = {
    LIMIT: "exempt from limits",
    STANDING: "put back by no budget",
    LOOKED: "looked at in each pass",
    ORDER: "first in the order",
}


def record(explainer: Explainer, explained: Explained) -> dict[str, Any]:
    """All that is known, in plain types. Times are seconds of the study's clock."""
    manifest = explainer.study.manifest
    job = {name: _plain(explained.job[name]) for name in _JOB}
    per_gpu = int(manifest["units_per_gpu"])
    job["gpus"] = job["gpus"] / per_gpu
    kept_out = _who_kept_out(explainer, explained)
    if job["refused_by"] in kept_out.holding:
        job["refused_by"] = kind_of(kept_out, job["refused_by"])
    ids = explainer.run.jobs["job_id"].to_list()
    pool = explainer.study.nodes is None
    said = ids, calendar_of(manifest), "units" if pool else "GPUs", _whose(explained.job)
    tellings = [
        (SlurmTelling if era.rule.backfill.kind == "slurm" else Telling)(era.rule, per_gpu, *said)
        for era in explainer.eras
    ]
    looks = [
        _look(moment, seconds, tellings[moment.era], ids)
        for moment, seconds in zip(explained.story.moments, _lasting(explained), strict=True)
    ]
    return {
        "study": manifest["study"],
        "title": manifest["title"],
        "rule": explainer.rule,
        "rule_title": manifest["rules"][explainer.rule],
        "replication": explainer.replication,
        "epoch": manifest["epoch"],
        "time_zone": manifest["time_zone"],
        "machine": "pool" if pool else "nodes",
        "eras": [_era(era) for era in explainer.eras],
        "reforms": _reforms(explainer, explained),
        "refused_in": explained.refused,
        "job": job,
        "waits": [wait._asdict() for wait in explained.waits],
        "suspended": stretches(explainer, explained, calendar_of(manifest)),
        "started_by": _started_by(explained),
        "stopped_by_qos": [
            _stopped_by_qos(explainer, when, by)
            for when, by in sorted(explained.story.stopped.items())
        ],
        "stopped_idle": _stopped_idle(explainer, explained.job["position"]),
        "reclaimed": [
            _reclaimed(explainer, explained.job["position"], when, by)
            for when, by in sorted(explained.story.reclaimed.items())
        ],
        "outranked": [
            _outranked(explainer, explained.job["position"], when, by)
            for when, by in sorted(explained.story.outranked.items())
        ],
        "killed": [
            {"time": when, "budgets": list(names)}
            for when, names in sorted(explained.story.killed.items())
        ],
        "instants": explained.instants,
        "looks": looks,
        "reasons": _reasons([*looks, *_not_yet(explainer, explained, looks)], explained),
        "started_meanwhile": _started(explainer, explained),
        "otherwise": [
            _otherwise(clause, *found, job, _backfills(explainer, explained, clause))
            for clause, found in explained.elsewhere.items()
        ],
        "notes": explainer.notes,
    }


def _who_kept_out(explainer: Explainer, explained: Explained) -> Rule:
    """The rule that refused the job, or under which a limit held it back to the end."""
    if explained.refused is not None:
        return explainer.eras[explained.refused].rule
    refused = str(explained.job["state"]) == "refused"
    return explainer.rule_at(explained.job["submit"]) if refused else explainer.eras[-1].rule


def _era(era: Era) -> dict[str, Any]:
    rule = era.rule
    return {
        "since": era.since, "title": era.title, "ordering": rule.ordering.kind,
        "backfill": rule.backfill.kind, "changes": list(era.changes),
    }  # fmt: skip


def _reforms(explainer: Explainer, explained: Explained) -> list[dict[str, Any]]:
    """Those that took effect while the job waited, or as it started: when, and which era begins."""
    return [
        {"time": era.since, "era": number}
        for number, era in enumerate(explainer.eras)
        if number and any(wait.start < era.since <= wait.end for wait in explained.waits)
    ]


def _backfills(explainer: Explainer, explained: Explained, clause: str) -> set[str]:
    """Under which kinds of backfilling the clause blocked the job."""
    named = {each.era for each in explained.story.moments if clause in each.blocked_by}
    return {explainer.eras[number].rule.backfill.kind for number in named}


def _whose(job: Mapping[str, Any]) -> dict[str, str]:
    """By what word of a limit a job counts with whom."""
    return {
        "user": str(job["user"]),
        "account": str(job["account"]),
        "class": f"class {job['job_class']}",
        "array": f"array {job.get('array')}",
    }


def _stopped_idle(explainer: Explainer, position: int) -> list[int]:
    """When the job was stopped for leaving its GPUs idle."""
    cause = pl.col("cause").cast(pl.String)
    ended = explainer.run.attempts.filter((pl.col("position") == position) & (cause == "idle"))
    return [int(end) for end in ended["end"].to_list()]


def kind_of_pass(by_pass: str) -> str:
    """The two kinds of Slurm's passes: a main pass is one whether it is full or not."""
    return by_pass if by_pass in ("", BACKFILL) else MAIN


NO_PASS_YET = "no such pass has come yet"
_NO_PASS_YET = {
    MAIN: "the next main pass had not come",
    BACKFILL: "the next backfill pass had not come",
}
_HOLDER = {"user": "user", "account": "account", "class": "job_class"}


def _reclaimed(explainer: Explainer, position: int, when: int, by: int) -> dict[str, Any]:
    """For whom the job was stopped then: for the job ``by`` of a member who owns GPUs."""
    rows, quotas = explainer.run.jobs, explainer.rule_at(when).quotas
    owner = rows.row(by, named=True)
    name, member = next(
        (name, str(owner[_HOLDER[cohort.per]]))
        for name, cohort in quotas.items()
        if str(owner[_HOLDER[cohort.per]]) in cohort.members
        and str(rows.row(position, named=True)[_HOLDER[cohort.per]]) in cohort.members
    )
    again = _again(explainer, position, when)
    return {
        "time": when, "quota": name, "member": member, "job_id": owner["job_id"], "again": again,
    }  # fmt: skip


def _outranked(explainer: Explainer, position: int, when: int, by: int) -> dict[str, Any]:
    """For whom the job was stopped then by rank: for the job ``by`` of a higher one."""
    other = explainer.run.jobs.row(by, named=True)
    return {
        "time": when, "job_class": str(other["job_class"]), "job_id": other["job_id"],
        "again": _again(explainer, position, when),
    }  # fmt: skip


def _again(explainer: Explainer, position: int, when: int) -> bool:
    """Whether the job was put back in line when it was stopped then."""
    attempts = explainer.run.attempts.filter(pl.col("position") == position)
    return str(attempts.filter(pl.col("end") == when)["reason"][0]) == "preempted"


def calendar_of(manifest: dict[str, Any]) -> Any:
    """From seconds of the study's clock to local time, in words."""
    zone, epoch = ZoneInfo(manifest["time_zone"]), manifest["epoch"]

    def say(when: int) -> str:
        return f"{datetime.fromtimestamp(epoch + when, zone):%a %d %b %Y %H:%M}"

    return say


def _started_by(explained: Explained) -> list[dict[str, Any]]:
    """Of Slurm's passes, which started it each time."""
    return [
        {"time": when, "pass": by_pass} for when, by_pass in sorted(explained.story.began.items())
    ]


def _stopped_by_qos(explainer: Explainer, when: int, by: int) -> dict[str, Any]:
    """For whom one of Slurm's passes stopped the job then: for the job ``by``."""
    return {
        "time": when,
        "job_id": explainer.run.jobs["job_id"][by],
        "qos": explainer.qos_of(by),
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, float)) else str(value)


def _lasting(explained: Explained) -> list[int]:
    """How long each look stands for: until the next one, or the end of the wait; of Slurm's passes,
    until the next one of its kind."""
    moments = explained.story.moments
    found, following = [], dict[str, int]()
    for moment in reversed(moments):
        when, kind = moment.when, kind_of_pass(moment.by_pass)
        end = next(wait.end for wait in explained.waits if wait.start <= when < wait.end)
        found.append(min(following.get(kind, end), end) - when)
        following[kind] = when
    return found[::-1]


def _look(moment: Moment, seconds: int, telling: Telling, ids: list[int]) -> dict[str, Any]:
    room = moment.after
    # Under the others the key says no more than the place in line.
    keyed = telling.rule.ordering.kind not in ("fcfs", *TURN_ORDERS)
    return {
        "time": moment.when,
        "seconds": seconds,
        "era": moment.era,
        "pass": moment.by_pass,
        "reason": telling.short(moment),
        "words": telling.sentence(moment),
        "blocked_by": list(moment.blocked_by),
        "limits": list(moment.limits),
        "not_looked_at": list(moment.not_looked_at),
        "behind": list(moment.behind),
        "late": dict(moment.late),
        "ahead": moment.ahead,
        "queued": moment.queued,
        "priority": moment.key if keyed else None,
        "factors": dict(moment.factors),
        "free_before": telling.gpus(moment.before.free),
        "free_after": telling.gpus(room.free),
        "usable_after": telling.gpus(room.usable),
        "needed": telling.gpus(room.needed),
        "missing": telling.gpus(room.missing),
        "nodes_that_suit": room.nodes,
        "nodes_needed": room.nodes_needed,
        "promised": moment.promised,
        "head": None if moment.head is None else ids[moment.head],
        "head_promised": moment.head_promised,
    }


def _not_yet(
    explainer: Explainer, explained: Explained, looks: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Of each kind of Slurm's passes, the times of the wait before the first pass of the kind."""
    found: list[dict[str, Any]] = []
    for kind in (MAIN, BACKFILL) if isinstance(explained.story, SlurmStory) else ():
        of_kind = [look["time"] for look in looks if kind_of_pass(look["pass"]) == kind]
        for wait in explained.waits:
            first = min((at for at in of_kind if wait.start <= at < wait.end), default=wait.end)
            if first > wait.start:
                gap = {"time": wait.start, "seconds": first - wait.start, "pass": kind}
                gap["era"] = in_force(explainer.eras, wait.start)
                said = {"reason": NO_PASS_YET, "words": _NO_PASS_YET[kind]}
                found.append({**gap, **said, "blocked_by": [], "limits": []})
    return found


def _reasons(looks: list[dict[str, Any]], explained: Explained) -> list[dict[str, Any]]:
    """The reasons under each rule by how long each stood, with the words of its longest look."""
    total = sum(wait.end - wait.start for wait in explained.waits)
    by: dict[tuple[int, str, str], list[dict[str, Any]]] = {}
    for look in looks:
        key = look["era"], kind_of_pass(look["pass"]), look["reason"]
        by.setdefault(key, []).append(look)
    found = []
    for (era, kind, reason), alike in by.items():
        seconds = sum(look["seconds"] for look in alike)
        example = max(alike, key=lambda look: look["seconds"])
        found.append(
            {
                "era": era,
                "pass": kind,
                "reason": reason,
                "blocked_by": example["blocked_by"],
                "limits": example["limits"],
                "seconds": seconds,
                "part": seconds / total if total else 0.0,
                "looks": len(alike),
                "example": {"time": example["time"], "words": example["words"]},
            }
        )
    return sorted(found, key=_by_size)


def _by_size(reason: dict[str, Any]) -> tuple[int, bool, int]:
    return reason["era"], reason["pass"] == BACKFILL, -reason["seconds"]


def _started(explainer: Explainer, explained: Explained) -> dict[str, Any]:
    """Who else started meanwhile, and by what right."""
    jobs = explainer.run.jobs.select("job_id", "user", "job_class", "gpus", "submit")
    per_gpu = int(explainer.study.manifest["units_per_gpu"])
    rows = []
    for (when, position), right in sorted(explained.story.started.items()):
        row = jobs.row(position, named=True)
        rows.append(
            {
                "time": when,
                "job_id": row["job_id"],
                "user": str(row["user"]),
                "job_class": str(row["job_class"]),
                "gpus": row["gpus"] / per_gpu,
                "submit": row["submit"],
                "right": right,
            }
        )
    return {
        "counts": dict(Counter(row["right"] for row in rows).most_common()),
        "not_looked_at": explained.untold,
        "jobs": rows,
    }


def _otherwise(
    clause: str, start: int | None, queued: int, job: dict[str, Any], backfills: set[str]
) -> dict[str, Any]:
    plan = "let in as soon as it fitted at its turn"
    if backfills != {"none"}:
        plan += ", whomever that delayed"
    return {
        "clause": clause,
        "if": _LIFTED.get(clause, plan),
        "start": start,
        "wait": None if start is None else start - job["submit"],
        "queued": queued,
    }
