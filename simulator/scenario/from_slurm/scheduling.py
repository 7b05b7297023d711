"""From Slurm's scheduler to the backfill of a rule, and all that it does otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.scenario.from_slurm.slurm_passes import (
    COUNTS,
    DURATIONS,
    NO_TIME,
    UNMINDED,
    amount_of,
    passes,
    why_no_passes,
)

if TYPE_CHECKING:
    from simulator.scenario.from_slurm.notes import Notes
    from simulator.slurm.lines import Value
    from simulator.slurm.settings import SlurmConf

SCHEDULERS = {"sched/backfill": "reservations", "sched/builtin": "none"}
SELECTORS = {each: each for each in ("select/cons_tres", "select/cons_res", "select/linear")}
MAX_JOB_TEST = 500


def stages(conf: SlurmConf, notes: Notes) -> dict[str, Any]:
    """Backfill, placement and what becomes of overruns.

    Slurm's own passes, wherever they can be written; else what comes nearest, and why. Raises
    InputError, with its place, for an unknown plugin.
    """
    kind = conf.plugin("SchedulerType", SCHEDULERS, "sched/backfill")
    options = _options(conf, notes)
    if kind == "none":
        for name, value in options.items():
            notes.drop(name, "sched/builtin lets nobody overtake", value.place)
        return {"backfill": {"kind": "none"}, "overrun": _overrun(conf, notes)}
    refused = why_no_passes(conf, options)
    if refused is None:
        _note_late_kills(conf, notes)
        return {"backfill": passes(conf, options, notes), "placement": "slurm"}
    why, decides = refused
    place = decides.place if decides else None
    notes.lose(why, "so passes are made at each arrival and end", place)
    return {"backfill": _reservations(options, notes), "overrun": _overrun(conf, notes)}


def _reservations(options: dict[str, Value], notes: Notes) -> dict[str, Any]:
    tested = options.get("bf_max_job_test")
    k = MAX_JOB_TEST if tested is None else tested.read(amount_of) or 1
    notes.lose(
        "sched/backfill",
        f"the first {k} jobs that cannot start hold the places that they will need, as GPUs and not"
        " as whole nodes",
        tested.place if tested else None,
    )
    for name, value in options.items():
        what = f"SchedulerParameters {value.text}"
        if name in NO_TIME:
            notes.drop(what, "a pass takes no time", value.place)
        elif name in DURATIONS or name in COUNTS or name in (*UNMINDED, "sched_min_interval"):
            if name != "bf_max_job_test":
                notes.lose(what, "passes and plans have no such limit", value.place)
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


def note_placement(conf: SlurmConf, own: bool, notes: Notes) -> None:
    """Say how nodes are chosen; ``own``: as Slurm does.

    Raises InputError, with its place, for an unknown plugin.
    """
    plugin = conf.plugin("SelectType", SELECTORS, "select/cons_tres")
    value = conf.settings.get("selecttype")
    place = value.place if value else None
    if value is None:
        notes.lose(
            "SelectType", f"not set, and taken for {plugin}; Slurm 22.05 would take select/linear"
        )
    if plugin == "select/linear":
        notes.lose("select/linear", "nodes are shared, job by job: make the jobs exclusive", place)
    elif not own:
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


def _overrun(conf: SlurmConf, notes: Notes) -> str:
    """What becomes of a job that reaches its walltime."""
    limit, wait = conf.settings.get("overtimelimit"), conf.settings.get("killwait")
    if limit is not None and limit.text.upper() in ("UNLIMITED", "INFINITE"):
        return "allow"
    _note_late_kills(conf, notes)
    what = "KillWait" if wait is None else f"KillWait={wait.text}"
    notes.lose(
        what,
        "jobs end at their walltime to the second; Slurm looks every 30 s and waits",
        wait.place if wait else None,
    )
    return "kill"


def _note_late_kills(conf: SlurmConf, notes: Notes) -> None:
    limit = conf.settings.get("overtimelimit")
    if limit is not None and limit.text != "0":
        notes.lose(f"OverTimeLimit={limit.text}", "jobs end at their walltime", limit.place)
