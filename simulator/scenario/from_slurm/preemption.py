"""From PreemptType and the QOS' Preempt lists to who may stop whom in a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import InputError
from simulator.slurm.amounts import seconds, whole

if TYPE_CHECKING:
    from simulator.scenario.from_slurm.notes import Notes
    from simulator.slurm.lines import Value
    from simulator.slurm.qos import Quality
    from simulator.slurm.settings import SlurmConf

PREEMPTIONS = {
    "preempt/none": "none",
    "preempt/qos": "qos",
    "preempt/partition_prio": "partition",
}
SETTINGS = ("preemptmode", "preemptexempttime", "preemptparameters")
NO_REQUEUE = ("0", "no", "false")


def add_preemption(
    conf: SlurmConf, qos: dict[str, Quality], rule: dict[str, Any], notes: Notes
) -> None:
    """Let a rule's jobs preempt as the cluster's do, or say why they do not.

    Raises InputError, with its place, for an unknown plugin and for amounts that are none.
    """
    kind = conf.plugin("PreemptType", PREEMPTIONS, "preempt/none")
    if kind == "none":
        for key in SETTINGS:
            if key in conf.settings and conf.text(key, "").upper() != "OFF":
                said = conf.settings[key]
                notes.drop(f"{said.key}={said.text}", "nobody preempts", said.place)
        for each in qos.values():
            if each.grace:
                notes.drop(f"GraceTime of {each.name}", "nobody preempts", each.place)
        return
    why = _why_not(conf, qos, rule) if kind == "qos" else "it goes by partitions"
    if why is not None:
        _lose(conf, qos, kind, why, notes)
        return
    exempt = conf.read("PreemptExemptTime", _time, 0)
    rule["preemption"] = {"exempt": f"{exempt}s"}
    victims = {name for each in qos.values() for name in each.preempts if name in qos}
    for name, each in qos.items():
        _add_quality(each, name in victims, qos, rule["qos"][name], notes)
    if "messagetimeout" in conf.settings:
        rule["backfill"]["message_timeout"] = f"{conf.read('MessageTimeout', whole, 10)}s"
    for word in conf.words("PreemptParameters"):
        _add_parameter(word, rule["backfill"], notes)
    if rule["ordering"].pop("age_from", None):
        notes.lose(
            "PriorityFlags ACCRUE_ALWAYS",
            "the age of a job that is preempted begins anew when it may start again",
        )


def _why_not(conf: SlurmConf, qos: dict[str, Quality], rule: dict[str, Any]) -> str | None:
    """Why Slurm's own passes could not preempt as this cluster does."""
    mode = conf.text("PreemptMode", "OFF").upper()
    if rule["backfill"]["kind"] != "slurm":
        return "only Slurm's own passes preempt by quality of service"
    if mode != "REQUEUE":
        return f"PreemptMode={mode}: victims that are requeued are known alone"
    if conf.text("JobRequeue", "1").lower() in NO_REQUEUE:
        return "JobRequeue=0: victims that are requeued are known alone"
    victims = [name for each in qos.values() for name in each.preempts if name in qos]
    if not victims:
        return "no quality of service that was given preempts another"
    for name in victims:
        if qos[name].mode not in ("cluster", "requeue"):
            return f"PreemptMode of {name}: victims that are requeued are known alone"
    return None


def _lose(conf: SlurmConf, qos: dict[str, Quality], kind: str, why: str, notes: Notes) -> None:
    value = conf.settings.get("preempttype")
    rights = [f"{each.name} → {', '.join(each.preempts)}" for each in qos.values() if each.preempts]
    said = f" ({'; '.join(rights)})" if kind == "qos" and rights else ""
    notes.lose(
        f"PreemptType={value.text if value else ''}{said}",
        f"{why}, so nobody preempts here",
        value.place if value else None,
    )
    for key in (*SETTINGS, "jobrequeue"):
        if key in conf.settings:
            setting = conf.settings[key]
            notes.lose(f"{setting.key}={setting.text}", "nobody preempts here", setting.place)
    for each in qos.values():
        if each.grace:
            notes.lose(f"GraceTime of {each.name}", "nobody preempts here", each.place)


def _add_quality(
    each: Quality, stopped: bool, qos: dict[str, Quality], settings: dict[str, Any], notes: Notes
) -> None:
    known = [name for name in each.preempts if name in qos]
    if known:
        settings["preempts"] = known
    for name in each.preempts:
        if name not in qos:
            notes.lose(f"Preempt={name} of {each.name}", "no table names it", each.place)
    if each.exempt is not None and stopped:
        settings["exempt"] = f"{each.exempt}s"
    elif each.exempt:
        notes.drop(f"PreemptExemptTime of {each.name}", "nobody preempts it", each.place)
    if each.grace:
        what = f"GraceTime of {each.name}"
        if stopped:
            notes.lose(what, "victims stop at once", each.place)
        else:
            notes.drop(what, "nobody preempts it", each.place)


def _add_parameter(word: Value, passes: dict[str, Any], notes: Notes) -> None:
    name, _, amount = word.text.partition("=")
    if name.lower() != "reorder_count":
        notes.lose(
            f"PreemptParameters {word.text}",
            "victims come by QOS priority, then fewest nodes, then id",
            word.place,
        )
        return
    try:
        passes["preempt_reorder_count"] = whole(amount, 2**31)
    except InputError as error:
        raise word.wrong(error.what, error.right) from None


def _time(text: str) -> int:
    return seconds(text) or 0
