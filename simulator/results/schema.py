"""The columns of every result file, in one place."""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = "7"

STATES = ("completed", "killed", "failed", "cancelled", "refused", "unfinished")
"""How a job ended; a job's ``state`` is one of these words.

completed: ran as long as it needed. killed: reached its walltime before, or used up a
budget that is charged as it runs. failed: lost with its
units, to a job that preempted it, for leaving GPUs idle, or by itself. cancelled: taken back by its
user, waiting or running. refused: can never fit, or a limit of the rule did not let it come.
unfinished: still waiting or running when the run was cut or could not go on.
"""

MACHINE = "machine"
"""What refused a job that can never fit: no limit has this name."""

REASONS = (
    "completed",
    "killed",
    "requeued",
    "failed",
    "unfinished",
    "preempted",
    "cancelled",
)
"""How an attempt ended.

requeued: its units went away and the job went back to the queue. preempted: it made room for
another job and went back to the queue. cancelled: its user took the job back.
"""

CAUSES = ("", "maintenance", "loss", "failure", "preemption", "user", "itself", "budget", "idle")
"""Why an attempt ended before its time; empty: it did not, or reached its walltime.

loss: units of a pool went away. failure: of a node. user: took the job back. itself: the job
failed by its own fault. budget: running jobs had used up a budget that is charged as they run.
idle: it left GPUs idle that it held, and the rule took them back.
"""

EVENT_KINDS = (
    "capacity",
    "announced",
    "maintenance_start",
    "maintenance_end",
    "loss",
    "failure",
    "repair",
    "reserved",
    "reservation_end",
    "reform",
)
"""What happens to a machine: pools have losses, nodes failures; a repair ends either. Units that
are reserved are up.

On nodes, those that a maintenance_start or a failure names are down until as many maintenance_end
or repair rows have named them.
"""

OUTCOMES = ("granted", "cut", "refused", "waiting", "withdrawn")
"""What became of an application: granted as a whole, or in part; waiting: the run ended before it
was decided on; withdrawn: a reform took away what it was for."""

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
        _field("eligible", pa.int64(), "s; when it last became free to start; null if never"),
        _field("start", pa.int64(), "s; first start; null if it never started"),
        _field("end", pa.int64(), "s; last end, or when it was withdrawn; null if it never ended"),
        _field("run_time", pa.int64(), "s; what it would need"),
        _field("walltime", pa.int64(), "s; what was asked for"),
        _field("needed_by", pa.int64(), "s; its end is of use by then alone; null if always"),
        _field("gpus", pa.int64(), "units held"),
        _field("nodes", pa.int64(), "nodes held; 0 on a pool"),
        _field("state", _TEXT, "one of STATES"),
        _field(
            "refused_by",
            _TEXT,
            "the limit that refused it or held it back to the end, or `machine`; empty if none did",
        ),
        _field("restarts", pa.int64(), "attempts after the first"),
        _field(
            "lost_gpu_seconds",
            pa.int64(),
            "GPU-s of attempts whose work was lost, or that were suspended",
        ),
        _field("charge", pa.int64(), "GPU-s charged to the account: gpus × time held"),
        _field("wait", pa.int64(), "s; start − submit; null if it never started"),
        _field("queued", pa.int64(), "s; all time spent waiting, between attempts too"),
    ]
)

GPU_USE = _field(
    "gpu_use",
    pa.int64(),
    "thousandths of the time of its GPUs that it uses; null if unknown; a column only where the "
    "workload tells it",
)
"""A last column of jobs.parquet, where there is one."""
ARRAY = _field(
    "array",
    pa.int64(),
    "number of the job array that it is an element of; null if of none; a column only where the "
    "workload has arrays",
)
"""Another, behind it."""

ATTEMPTS = pa.schema(
    [
        _field("job_id", pa.int64(), "the log's own number"),
        _field("position", pa.int64(), "row of the job in jobs.parquet"),
        _field("attempt", pa.int64(), "0 for the first"),
        _field("start", pa.int64(), "s"),
        _field("end", pa.int64(), "s; null while running at the cut"),
        _field("reason", _TEXT, "one of REASONS"),
        _field("cause", _TEXT, "one of CAUSES"),
        _field("nodes", pa.list_(pa.int32()), "node numbers; null on a pool"),
        _field("gpu_masks", pa.list_(pa.int64()), "bit mask of GPUs on each node; null on a pool"),
        _field("suspended", pa.list_(pa.int64()), "s; each time it was suspended; null on a pool"),
        _field(
            "resumed",
            pa.list_(pa.int64()),
            "s; when it went on after each, or ended, or was cut; null on a pool",
        ),
        _field("gpu_seconds", pa.int64(), "gpus × (end − start)"),
        _field("lost_gpu_seconds", pa.int64(), "of these, lost, time suspended included"),
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
        _field("kind", _TEXT, "one of EVENT_KINDS"),
        _field("units", pa.int64(), "how many units it is about"),
        _field("capacity", pa.int64(), "units up from now on"),
        _field("nodes", pa.list_(pa.int32()), "node numbers; null on a pool"),
        _field("detail", pa.string(), "in words"),
    ]
)

APPLICATIONS = pa.schema(
    [
        _field("project", _TEXT, "the account; a project is its jobs of one class"),
        _field("job_class", _TEXT, "class of applicants"),
        _field("number", pa.int64(), "0 for the project's first application"),
        _field("tier", _TEXT, "where it applied"),
        _field("panel", _TEXT, "the panel that decides; empty for an automatic check"),
        _field("asked", pa.int64(), "GPU-s × usage factor"),
        _field("applied", pa.int64(), "s"),
        _field("reviewed", pa.int64(), "s; its check began, or the panel met; null if it did not"),
        _field("decided", pa.int64(), "s; or withdrawn; null while it waits"),
        _field("outcome", _TEXT, "one of OUTCOMES"),
        _field("granted", pa.int64(), "GPU-s × usage factor; 0 if refused"),
        _field("starts", pa.int64(), "s; from when on the grant pays; null without one"),
        _field("expires", pa.int64(), "s; what is left of it then is lost; null without one"),
        _field("spent", pa.float64(), "GPU-s × usage factor that its jobs were charged by its end"),
        _field(
            "first_gpu",
            pa.int64(),
            "s; first start that it paid for, or that needed no grant since a reform; null if "
            "there was none",
        ),
    ]
)

ADDS_TO = _field(
    "adds_to",
    pa.int64(),
    "number of the application whose grant it is to be added to; null if it is for a grant of its "
    "own. Its first_gpu is the first start since it was added. A column only where a rule has "
    "supplements",
)
"""A column of applications.parquet, where there is one."""
LINES = _field(
    "lines",
    pa.list_(pa.int64()),
    "s; when it came to the line of a panel and when it left it, each time; the last one is "
    "missing while it waits there. A column only where a rule with applications is reformed",
)
"""The last one, likewise."""

TABLES = {
    "jobs": JOBS,
    "attempts": ATTEMPTS,
    "usage": USAGE,
    "events": EVENTS,
    "applications": APPLICATIONS,
}
"""The tables of one run."""

NODES = pa.schema(
    [
        _field("node", pa.int32(), "number, from 0: what attempts and events name"),
        _field("name", pa.string(), "what people call it"),
        _field("node_class", _TEXT, "what kind of node it is"),
        _field("gpus", pa.int32(), "whole GPUs"),
        _field("gpu_type", _TEXT, "their type; empty without GPUs"),
        _field("leaf", pa.int32(), "number of its leaf switch"),
        _field("cpus", pa.int64(), "CPUs; null if not counted"),
        _field("memory", pa.int64(), "bytes; null if not counted"),
        _field("idle_watts", pa.float64(), "W drawn with no GPU busy; null if unknown"),
        _field("busy_watts", pa.float64(), "W drawn with all GPUs busy; null if unknown"),
    ]
)
"""The nodes of a study's machine, one row each, by number; a pool has no such table."""
