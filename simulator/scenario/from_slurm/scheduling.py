"""From Slurm's scheduler to the backfill of a rule, and all that it does otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.slurm.amounts import whole

if TYPE_CHECKING:
    from simulator.scenario.from_slurm.notes import Notes
    from simulator.slurm.lines import Value
    from simulator.slurm.qos import Quality
    from simulator.slurm.settings import SlurmConf

SCHEDULERS = {"sched/backfill": "reservations", "sched/builtin": "none"}
SELECTORS = {each: each for each in ("select/cons_tres", "select/cons_res", "select/linear")}
PREEMPTIONS = {
    "preempt/none": "none",
    "preempt/qos": "qos",
    "preempt/partition_prio": "partition",
}
MAX_JOB_TEST = 500
CLOCKS = (
    *("bf_interval", "sched_interval", "batch_sched_delay", "default_queue_depth", "defer"),
    *("sched_min_interval", "partition_job_depth", "build_queue_timeout", "bf_min_age_reserve"),
)
PLANS = (
    *("bf_window", "bf_resolution", "bf_max_job_user", "bf_max_job_part", "bf_max_job_assoc"),
    *("bf_max_job_user_part", "bf_max_job_start", "bf_min_prio_reserve", "bf_one_resv_per_job"),
    *("bf_job_part_count_reserve", "bf_max_job_array_resv", "bf_ignore_newly_avail_nodes"),
    *("bf_busy_nodes", "bf_licenses", "bf_topopt_enable", "bf_topopt_iterations", "bf_hetjob_prio"),
    *("bf_hetjob_immediate", "assoc_limit_stop", "bf_running_job_reserve"),
    *("bf_allow_magnetic_slot", "enable_hetero_steps", "bf_node_space_size", "whole_pack"),
)
NO_TIME = (
    *("bf_continue", "bf_max_time", "bf_yield_interval", "bf_yield_sleep", "bf_yield_rpc_cnt"),
    *("max_sched_time", "max_rpc_cnt", "bf_max_job_test", "sched_max_job_start", "max_script_size"),
    *("batch_sched_delay_ms", "spec_cores_first", "bf_yield"),
)


def backfill(conf: SlurmConf, notes: Notes) -> dict[str, Any]:
    """The settings of the stage. Raises InputError, with its place, for an unknown plugin."""
    kind = conf.plugin("SchedulerType", SCHEDULERS, "sched/backfill")
    options = _options(conf, notes)
    if kind == "none":
        for name, value in options.items():
            notes.drop(name, "sched/builtin lets nobody overtake", value.place)
        return {"kind": "none"}
    tested = options.get("bf_max_job_test")
    k = MAX_JOB_TEST if tested is None else tested.read(_option)
    where = tested.place if tested else None
    notes.lose(
        "sched/backfill",
        f"the first {k} jobs that cannot start hold the places that they will need, as GPUs and not"
        " as whole nodes; passes are made at each arrival and end, not by clocks",
        where,
    )
    for name, value in options.items():
        what = f"SchedulerParameters {value.text}"
        if name in CLOCKS:
            notes.lose(what, "passes are made at each arrival and end", value.place)
        elif name in NO_TIME:
            if name != "bf_max_job_test":
                notes.drop(what, "a pass takes no time", value.place)
        elif name in PLANS:
            notes.lose(what, "plans have no such limit", value.place)
        else:
            notes.lose(what, "its meaning is not known here", value.place)
    return {"kind": "reservations", "k": k}


def _options(conf: SlurmConf, notes: Notes) -> dict[str, Value]:
    found = {}
    for word in conf.words("SchedulerParameters"):
        name = word.text.split("=")[0].strip().lower()
        if name in found:
            notes.drop(f"SchedulerParameters {word.text}", "it stands there before", word.place)
        else:
            found[name] = word
    return found


def _option(text: str) -> int:
    return whole(text.partition("=")[2], 1_000_000) or 1


def note_placement(conf: SlurmConf, notes: Notes) -> None:
    """Say how nodes are chosen. Raises InputError, with its place, for an unknown plugin."""
    plugin = conf.plugin("SelectType", SELECTORS, "select/cons_tres")
    value = conf.settings.get("selecttype")
    place = value.place if value else None
    if plugin == "select/linear":
        notes.lose("select/linear", "nodes are shared, job by job: make the jobs exclusive", place)
    else:
        notes.lose(plugin, "a job gets the nodes with the fewest free GPUs that suffice", place)
    for word in conf.words("SelectTypeParameters"):
        name = word.text.upper()
        if name in ("CR_CORE", "CR_CPU", "CR_SOCKET"):
            notes.lose(
                word.text,
                "memory is held like CPUs: a job asks for none if it is not to",
                word.place,
            )
        elif name not in ("CR_CORE_MEMORY", "CR_CPU_MEMORY"):
            notes.lose(word.text, "CPUs and GPUs are counted, one by one", word.place)


def overrun(conf: SlurmConf, notes: Notes) -> str:
    """What becomes of a job that reaches its walltime."""
    limit, wait = conf.settings.get("overtimelimit"), conf.settings.get("killwait")
    if limit is not None and limit.text.upper() in ("UNLIMITED", "INFINITE"):
        return "allow"
    if limit is not None and limit.text != "0":
        notes.lose(f"OverTimeLimit={limit.text}", "jobs end at their walltime", limit.place)
    what = "KillWait" if wait is None else f"KillWait={wait.text}"
    notes.lose(
        what,
        "jobs end at their walltime to the second; Slurm looks every 30 s and waits",
        wait.place if wait else None,
    )
    return "kill"


def note_preemption(conf: SlurmConf, qos: dict[str, Quality], notes: Notes) -> None:
    """Say who preempts whom. Raises InputError, with its place, for an unknown plugin."""
    kind = conf.plugin("PreemptType", PREEMPTIONS, "preempt/none")
    value = conf.settings.get("preempttype")
    if kind == "none":
        for key in ("preemptmode", "preemptexempttime", "preemptparameters"):
            if key in conf.settings and conf.text(key, "").upper() != "OFF":
                each = conf.settings[key]
                notes.drop(f"{each.key}={each.text}", "nobody preempts", each.place)
        return
    rights = [f"{each.name} → {', '.join(each.preempts)}" for each in qos.values() if each.preempts]
    said = f" ({'; '.join(rights)})" if kind == "qos" and rights else ""
    notes.lose(
        f"PreemptType={value.text if value else ''}{said}",
        "nobody preempts here: a rule's preemption goes by classes of applicants; where these"
        " follow the quality of service, write preemption: {ranks: [[high], [low]]}",
        value.place if value else None,
    )
    for key in ("preemptmode", "preemptexempttime", "preemptparameters", "jobrequeue"):
        if key in conf.settings:
            each = conf.settings[key]
            notes.lose(f"{each.key}={each.text}", "nobody preempts here", each.place)
