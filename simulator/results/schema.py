"""The columns of every result file, in one place."""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = "1"

STATES = ("completed", "killed", "failed", "cancelled", "refused", "unfinished")
"""How a job ended; a job's ``state`` is one of these words.

completed: ran as long as it needed. killed: reached its walltime before. failed: lost with its
units. cancelled: withdrawn. refused: can never fit. unfinished: still waiting or running when the
run was cut or could not go on.
"""

REASONS = ("completed", "killed", "requeued", "failed", "unfinished")
"""How an attempt ended; ``requeued``: its units went away and the job went back to the queue."""

_TEXT = pa.dictionary(pa.int32(), pa.string())


def _field(name: str, kind: pa.DataType, doc: str) -> pa.Field:
    return pa.field(name, kind, metadata={"doc": doc})


JOBS = pa.schema(
    [
        _field("job_id", pa.int64(), "the log's own number"),
        _field("user", _TEXT, "who submitted it"),
        _field("account", _TEXT, "whose share it uses"),
        _field("job_class", _TEXT, "class of applicants"),
        _field("submit", pa.int64(), "s, the log's clock"),
        _field("eligible", pa.int64(), "s; when it last became free to start; null if refused"),
        _field("start", pa.int64(), "s; first start; null if it never started"),
        _field("end", pa.int64(), "s; last end; null if it never ended"),
        _field("run_time", pa.int64(), "s; what it would need"),
        _field("walltime", pa.int64(), "s; what was asked for"),
        _field("gpus", pa.int64(), "units held"),
        _field("nodes", pa.int64(), "nodes held; 0 on a pool"),
        _field("state", _TEXT, "one of STATES"),
        _field("restarts", pa.int64(), "attempts after the first"),
        _field("lost_gpu_seconds", pa.int64(), "GPU-s of attempts whose work was lost"),
        _field("charge", pa.int64(), "GPU-s charged to the account: gpus × time held"),
        _field("wait", pa.int64(), "s; start − submit; null if it never started"),
        _field("queued", pa.int64(), "s; all time spent waiting, between attempts too"),
    ]
)

ATTEMPTS = pa.schema(
    [
        _field("job_id", pa.int64(), "the log's own number"),
        _field("position", pa.int64(), "row of the job in jobs.parquet"),
        _field("attempt", pa.int64(), "0 for the first"),
        _field("start", pa.int64(), "s"),
        _field("end", pa.int64(), "s; null while running at the cut"),
        _field("reason", _TEXT, "one of REASONS"),
        _field("nodes", pa.list_(pa.int32()), "node numbers; null on a pool"),
        _field("gpu_masks", pa.list_(pa.int64()), "bit mask of GPUs on each node; null on a pool"),
        _field("gpu_seconds", pa.int64(), "gpus × (end − start)"),
        _field("lost_gpu_seconds", pa.int64(), "of these, lost"),
    ]
)

USAGE = pa.schema(
    [
        _field("time", pa.int64(), "s; instant of the snapshot, before its pass"),
        _field("account", _TEXT, "whose"),
        _field("gpu_seconds", pa.int64(), "GPU-s held since the run's start"),
        _field("running_jobs", pa.int64(), "jobs running"),
        _field("running_gpus", pa.int64(), "units they hold"),
        _field("queued_jobs", pa.int64(), "jobs waiting"),
        _field("queued_gpus", pa.int64(), "units they ask for"),
    ]
)

EVENTS = pa.schema(
    [
        _field("time", pa.int64(), "s"),
        _field(
            "kind", _TEXT, "capacity, announced, maintenance_start, maintenance_end, loss, repair"
        ),
        _field("units", pa.int64(), "how many units it is about"),
        _field("capacity", pa.int64(), "units up from now on"),
        _field("detail", pa.string(), "in words"),
    ]
)

TABLES = {"jobs": JOBS, "attempts": ATTEMPTS, "usage": USAGE, "events": EVENTS}
