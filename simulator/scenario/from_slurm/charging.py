"""From billing weights and fading to the accounting of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.scenario.from_slurm.yaml_text import Said
from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from simulator.scenario.from_slurm.notes import Notes
    from simulator.slurm.machine import PartitionLine
    from simulator.slurm.settings import SlurmConf

WEEK = 604_800
RESETS = {
    **{"none": "never", "now": "never", "daily": "daily", "weekly": "weekly"},
    **{"monthly": "monthly", "quarterly": "quarterly", "yearly": "yearly"},
}
FORMS = {"MAX_TRES": "max", "MAX_TRES_GRES": "gpu_plus_max"}


def accounting(
    conf: SlurmConf, partitions: Sequence[PartitionLine], flags: set[str], notes: Notes
) -> dict[str, Any]:
    """What a job costs and how usage fades."""
    charge = _charge(conf, partitions, notes)
    for flag, form in FORMS.items():
        if flag in flags:
            charge["form"] = form
    return {
        "charge": Said(charge, "TRESBillingWeights: memory by GiB. Usage is of what a job holds."),
        **_fading(conf, notes),
    }


def _fading(conf: SlurmConf, notes: Notes) -> dict[str, Any]:
    half_life = conf.period("PriorityDecayHalfLife", WEEK)
    value = conf.settings.get("priorityusageresetperiod")
    word = "none" if value is None else value.text.lower()
    if value is not None and word not in RESETS:
        raise value.wrong(f"{value.text!r} is no period", "one of " + ", ".join(RESETS).upper())
    if value is not None and word == "now":
        notes.drop("PriorityUsageResetPeriod=NOW", "a run begins without usage", value.place)
    if not half_life:
        if RESETS[word] == "never":
            raise conf.settings["prioritydecayhalflife"].wrong(
                "usage never fades and is never forgotten",
                "set PriorityUsageResetPeriod, as slurm.conf(5) asks, or a half-life like 7-0",
            )
        return {"fade": "none", "reset": RESETS[word]}
    fade = {"kind": "slurm", "half_life": format_duration(half_life, 4)}
    reset = {} if RESETS[word] == "never" else {"reset": RESETS[word]}
    return {"fade": Said(fade, "PriorityDecayHalfLife, in Slurm's own form."), **reset}


def counts_memory(conf: SlurmConf) -> bool:
    """Whether jobs are given memory, as SelectTypeParameters says."""
    return "memory" in conf.text("SelectTypeParameters", "CR_Core_Memory").lower()


def _charge(
    conf: SlurmConf, partitions: Sequence[PartitionLine], notes: Notes
) -> dict[str, float | str | dict[str, float]]:
    chosen = next((each for each in partitions if each.default), None)
    chosen = chosen or next((each for each in partitions if each.billing), None)
    for each in partitions:
        if chosen is not None and each.billing != chosen.billing:
            notes.lose(
                "TRESBillingWeights",
                f"jobs of the partition {each.name} are charged as those of {chosen.name}",
                each.at.place,
            )
    if chosen is None or not chosen.billing:
        return {"gpu": 0.0, "cpu": 1.0}
    weights = dict(chosen.billing)
    place = chosen.said["tresbillingweights"].place
    if not counts_memory(conf) and "mem" in weights:
        del weights["mem"]
        notes.drop("TRESBillingWeights Mem", "jobs are given no memory (CR_Core)", place)
    charge = _of_resources(weights, conf)
    for name in weights:
        if name not in ("cpu", "mem", "node", "gres/gpu") and not name.startswith("gres/gpu:"):
            notes.lose(f"TRESBillingWeights {name}", "it is not counted", place)
    return charge


def _of_resources(
    weights: dict[str, Fraction], conf: SlurmConf
) -> dict[str, float | str | dict[str, float]]:
    gpu = float(weights.get("gres/gpu", 0))
    charge: dict[str, float | str | dict[str, float]] = {"gpu": gpu}
    types = {each.gpu_type for each in conf.nodes if each.gpu_type}
    typed = {
        name.removeprefix("gres/gpu:"): gpu + float(weight)
        for name, weight in weights.items()
        if name.startswith("gres/gpu:") and name.removeprefix("gres/gpu:") in types
    }
    if typed:
        charge["gpu_types"] = typed
    for name, key, scale in (("cpu", "cpu", 1), ("mem", "memory", 1024), ("node", "node", 1)):
        if weights.get(name):
            charge[key] = float(weights[name] * scale)
    return charge
