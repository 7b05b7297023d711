"""From SchedulerParameters to the clocks and limits of Slurm's own passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import InputError
from simulator.scenario.from_slurm.yaml_text import Said
from simulator.slurm.amounts import whole
from simulator.units import format_duration

if TYPE_CHECKING:
    from simulator.scenario.from_slurm.notes import Notes
    from simulator.slurm.lines import Value
    from simulator.slurm.settings import SlurmConf

DURATIONS = {"bf_interval": 1, "bf_resolution": 1, "bf_window": 60} | {
    "sched_interval": 1,
    "batch_sched_delay": 1,
}
"""Parameters that are times, and the seconds of their unit."""
COUNTS = ("bf_max_job_test", "bf_max_job_user", "default_queue_depth")
MAY_BE_ZERO = ("bf_max_job_user", "batch_sched_delay")
MICROSECONDS = 1_000_000
NO_TIME = (
    *("bf_continue", "bf_max_time", "bf_yield_interval", "bf_yield_sleep", "bf_yield_rpc_cnt"),
    *("max_sched_time", "max_rpc_cnt", "max_script_size", "bf_node_space_size"),
    *("batch_sched_delay_ms", "spec_cores_first", "bf_yield", "build_queue_timeout"),
)
"""Parameters that say how long a pass may take."""
UNMINDED = (
    *("defer", "defer_batch", "partition_job_depth", "sched_max_job_start", "requeue_delay"),
    *("bf_max_job_part", "bf_max_job_assoc", "bf_max_job_user_part", "bf_max_job_start"),
    *("bf_min_age_reserve", "bf_min_prio_reserve", "bf_one_resv_per_job", "bf_window_scale"),
    *("bf_job_part_count_reserve", "bf_max_job_array_resv", "bf_ignore_newly_avail_nodes"),
    *("bf_busy_nodes", "bf_licenses", "bf_topopt_enable", "bf_topopt_iterations"),
    *("bf_hetjob_prio", "bf_hetjob_immediate", "assoc_limit_stop", "bf_running_job_reserve"),
    *("bf_allow_magnetic_slot", "enable_hetero_steps", "whole_pack", "nohold_on_prolog_fail"),
)
"""Parameters under which a pass would decide otherwise."""
PHASES = (
    "ASSUMPTION: when each clock strikes first, which no file tells. All of them at one instant"
    " would be a coincidence that no real Slurm has, and that moves results."
)


def why_no_passes(conf: SlurmConf, options: dict[str, Value]) -> tuple[str, Value | None] | None:
    """Why Slurm's own passes cannot be written for this cluster; None if they can."""
    select = conf.settings.get("selecttype")
    if select is not None and select.text.lower() != "select/cons_tres":
        return (
            f"{select.text}: Slurm's own choice of nodes is known of select/cons_tres alone",
            select,
        )
    limit = conf.settings.get("overtimelimit")
    if limit is not None and limit.text.upper() in ("UNLIMITED", "INFINITE"):
        return "OverTimeLimit: under Slurm's own clocks jobs are killed at their walltime", limit
    for name in ("bf_interval", "sched_interval"):
        if name in options and options[name].text.partition("=")[2].startswith("-"):
            return f"{options[name].text}: a scheduler that never runs", options[name]
    return None


def passes(conf: SlurmConf, options: dict[str, Value], notes: Notes) -> dict[str, Any]:
    """The settings of ``backfill: slurm``. Raises InputError, with its place, for a bad amount."""
    found: dict[str, Any] = {"kind": "slurm"}
    for name, value in options.items():
        what = f"SchedulerParameters {value.text}"
        if name in DURATIONS or name in COUNTS:
            amount = value.read(amount_of)
            if amount or name in MAY_BE_ZERO:
                unit = DURATIONS.get(name)
                found[name] = amount if unit is None else format_duration(amount * unit, 4)
            else:
                notes.lose(what, "Slurm's default stands here", value.place)
        elif name == "sched_min_interval":
            _least_interval(value, found, notes)
        elif name in NO_TIME:
            notes.drop(what, "a pass takes no time", value.place)
        elif name in UNMINDED:
            notes.lose(what, "Slurm's passes do not mind it here", value.place)
        else:
            notes.lose(what, "its meaning is not known here", value.place)
    found["kill_wait"] = f"{conf.read('KillWait', whole, 30)}s"
    found["phases"] = Said(_phases(conf, options), PHASES)
    return found


def amount_of(text: str) -> int:
    """The amount of a parameter ``name=amount``."""
    said = text.partition("=")[2]
    try:
        return whole(said, 10_000_000)
    except InputError:
        raise InputError(
            f"{said!r} cannot be used in {text!r}", right="a whole number, like bf_interval=30"
        ) from None


def _least_interval(value: Value, found: dict[str, Any], notes: Notes) -> None:
    """It is in microseconds; a run counts whole seconds."""
    seconds, rest = divmod(value.read(amount_of), MICROSECONDS)
    if rest > 2:
        notes.lose(
            f"SchedulerParameters {value.text}",
            f"passes are {seconds} s apart: parts of a second are for clock: ms",
            value.place,
        )
    if seconds:
        found["sched_min_interval"] = format_duration(seconds, 4)


def _phases(conf: SlurmConf, options: dict[str, Value]) -> dict[str, str]:
    """A third of each period after the first full pass; looks at walltimes a while later."""
    interval = options["bf_interval"].read(amount_of) if "bf_interval" in options else 30
    period = conf.period("PriorityCalcPeriod", 300)
    after = {"limit_check": 7, "backfill": max(interval // 3, 1), "priorities": period // 3}
    return {name: f"{seconds}s" for name, seconds in after.items()}
