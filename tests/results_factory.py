"""Small results folders written out by hand, as ``adil run`` would leave them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simulator.results.reader import Study
from simulator.results.schema import (
    APPLICATIONS,
    ATTEMPTS,
    EVENTS,
    JOBS,
    LINES,
    NODES,
    SCHEMA_VERSION,
    TABLES,
    USAGE,
)

COMPARISON: dict[str, Any] = {
    "baseline": None,
    "metrics": [],
    "confidence": 0.95,
    "reading": "person",
    "entitlement": {},
    "priority_classes": [],
    "warm_up": 0,
    "window": 604_800,
}


def job(
    job_id: int,
    submit: int,
    start: int | None,
    end: int | None,
    gpus: int = 1,
    user: str = "u1",
    account: str | None = None,
    job_class: str = "open",
    **others: Any,
) -> dict[str, Any]:
    """One job by hand: account is the user's name if not given, state follows from start and end.

    ``attempts=[(start, end, reason, lost GPU-s), …]`` gives a history of its own, to each of which
    a cause may be added, where it ran, and from when until when it was suspended, each time.
    ``on={node: mask of GPUs}`` says where it runs on nodes (all its attempts that do not say so
    themselves) and makes ``nodes`` their number. Any column of jobs.parquet may be given by name.
    """
    ran = start is not None and end is not None
    run_time = end - start if ran else others.get("run_time", 100)
    row = {
        "job_id": job_id,
        "user": user,
        "account": account or user,
        "job_class": job_class,
        "submit": submit,
        "eligible": submit,
        "start": start,
        "end": end,
        "run_time": run_time,
        "walltime": run_time,
        "needed_by": None,
        "gpus": gpus,
        "nodes": len(others.get("on", ())),
        "state": "completed" if ran else "unfinished",
        "refused_by": "machine" if others.get("state") == "refused" else "",
        "restarts": 0,
        "lost_gpu_seconds": 0,
        "charge": gpus * (end - start) if ran else 0,
        "wait": None if start is None else start - submit,
        "queued": 0 if start is None else start - submit,
    }
    return row | others


def _attempts(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for position, row in enumerate(jobs):
        once = [(row["start"], row["end"], row["state"], 0)] if row["start"] is not None else []
        for number, attempt in enumerate(row.get("attempts", once)):
            usual = ("", row.get("on"), ())
            start, end, reason, lost, cause, on, still = (*attempt, *usual[len(attempt) - 4 :])
            suspended = {
                name: None if on is None else [stretch[place] for stretch in still]
                for place, name in enumerate(("suspended", "resumed"))
            }
            held = 0 if end is None else row["gpus"] * (end - start)
            rows.append(
                {"job_id": row["job_id"], "position": position, "attempt": number}
                | {"start": start, "end": end, "reason": reason, "cause": cause}
                | {"nodes": on and list(on), "gpu_masks": on and list(on.values())}
                | suspended
                | {"gpu_seconds": held, "lost_gpu_seconds": lost}
            )
    return sorted(rows, key=lambda attempt: (attempt["end"] is None, attempt["end"]))


def _usage(
    jobs: list[dict[str, Any]], attempts: list[dict[str, Any]], every: int
) -> list[dict[str, Any]]:
    last = max([row["submit"] for row in jobs] + [a["end"] or 0 for a in attempts], default=0)
    rows = []
    for time in range(0, last + every, every):
        for account in sorted({row["account"] for row in jobs}):
            mine = [a for a in attempts if jobs[a["position"]]["account"] == account]
            size = {a["position"]: jobs[a["position"]]["gpus"] for a in mine}
            seen = [a for a in mine if a["start"] < time]
            held = [min(time, a["end"] or time) - a["start"] for a in seen]
            running = [a for a in seen if a["end"] is None or a["end"] > time]
            queued = [
                row
                for row in jobs
                if row["account"] == account
                and row["state"] != "refused"
                and row["submit"] < time
                and (row["start"] is None or row["start"] >= time)
            ]
            rows.append(
                {
                    "time": time,
                    "account": account,
                    "gpu_seconds": sum(
                        size[a["position"]] * t for a, t in zip(seen, held, strict=True)
                    ),
                    "running_jobs": len(running),
                    "running_gpus": sum(size[a["position"]] for a in running),
                    "queued_jobs": len(queued),
                    "queued_gpus": sum(row["gpus"] for row in queued),
                }
            )
    return rows


def node(number: int, gpus: int = 8, **others: Any) -> dict[str, Any]:
    """One node by hand; any column of nodes.parquet may be given by name."""
    row = {
        "node": number,
        "name": f"n{number:02}",
        "node_class": "h200",
        "gpus": gpus,
        "gpu_type": "H200",
        "leaf": number // 8,
        "cpus": 96,
        "memory": 2**40,
        "idle_watts": 1000.0,
        "busy_watts": 5000.0,
    }
    return row | others


def application(
    project: str, applied: int, decided: int | None, first_gpu: int | None = None, **others: Any
) -> dict[str, Any]:
    """One application by hand, its project's first, granted once it is decided on; any column of
    applications.parquet may be given by name."""
    row = {
        "project": project,
        "job_class": "open",
        "number": 0,
        "tier": "small",
        "panel": "",
        "asked": 100,
        "applied": applied,
        "reviewed": decided,
        "decided": decided,
        "outcome": "waiting" if decided is None else "granted",
        "granted": 0 if decided is None else 100,
        "starts": decided,
        "expires": None if decided is None else decided + 1000,
        "spent": 0.0,
        "first_gpu": first_gpu,
    }
    return row | others


def _write(folder: Path, name: str, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
    columns = {
        field.name: pa.array([row[field.name] for row in rows], field.type) for field in schema
    }
    pq.write_table(pa.table(columns, schema=schema), folder / f"{name}.parquet")


def write_study(
    folder: Path,
    rules: dict[str, list[list[dict[str, Any]]]],
    capacity: int,
    *,
    nodes: list[dict[str, Any]] | None = None,
    events: list[dict[str, Any]] | None = None,
    applications: list[dict[str, Any]] | None = None,
    comparison: dict[str, Any] | None = None,
    snapshots: int = 86_400,
    **manifest: Any,
) -> Study:
    """Write a results folder and open it.

    ``rules`` gives, for each rule, the jobs (made by ``job``) of each replication; ``nodes`` the
    machine (made by ``node``), else it is a pool; ``events`` the rows of events.parquet after the
    first, the same for all runs (time, kind, units, capacity and, on nodes, nodes);
    ``applications`` the rows of applications.parquet (made by ``application``), likewise;
    ``comparison`` settings that differ from COMPARISON; ``manifest`` entries that differ from the
    usual.
    """
    rows: dict[str, list[dict[str, int]]] = {}
    for rule, replications in rules.items():
        rows[rule] = []
        for number, jobs in enumerate(replications):
            place = folder / rule / str(number)
            place.mkdir(parents=True)
            first = min((row["submit"] for row in jobs), default=0)
            attempts = _attempts(jobs)
            tables = {
                "jobs": jobs,
                "attempts": attempts,
                "usage": _usage(jobs, attempts, snapshots),
                "events": [
                    {"time": first, "kind": "capacity", "units": capacity}
                    | {"capacity": capacity, "detail": "the whole machine", "nodes": None},
                    *({"detail": "", "nodes": None} | event for event in events or []),
                ],
                "applications": applications or [],
            }
            lines = any("lines" in each for each in applications or ())
            applied = APPLICATIONS.append(LINES) if lines else APPLICATIONS
            schemas = (JOBS, ATTEMPTS, USAGE, EVENTS, applied)
            for name, schema in zip(TABLES, schemas, strict=True):
                _write(place, name, schema, tables[name])
            rows[rule].append({name: len(table) for name, table in tables.items()})
    if nodes:
        _write(folder, "nodes", NODES, nodes)
    replications = {len(runs) for runs in rules.values()}
    assert len(replications) == 1, "every rule wants the same number of replications"
    classes = sorted({row["job_class"] for runs in rules.values() for jobs in runs for row in jobs})
    settings = COMPARISON | (comparison or {})
    usual = {
        "schema_version": SCHEMA_VERSION,
        "study": folder.name,
        "title": folder.name,
        "scenario": {"name": folder.name, "seed": 1, "end": "drain", "snapshots": snapshots}
        | {"cluster": {"kind": "nodes" if nodes else "pool"}, "comparison": settings},
        "scenario_hash": "0" * 64,
        "files": {},
        "seed": 1,
        "replications": replications.pop(),
        "streams": {},
        "versions": {},
        "kernels_hash": "0" * 64,
        "epoch": 1_798_999_200,
        "time_zone": "Asia/Almaty",
        "capacity": capacity,
        "rules": {rule: rule for rule in rules},
        "classes": classes,
        "rows": rows,
        "runs": {},
        "warnings": [],
        "steps": [],
    }
    (folder / "manifest.json").write_text(json.dumps(usual | manifest), encoding="utf-8")
    return Study(folder)
