"""How much a limit of Slurm allows, as a rule says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from simulator.errors import InputError
from simulator.slurm.amounts import UNLIMITED, minutes, resources, whole
from simulator.units import format_duration

if TYPE_CHECKING:
    from simulator.errors import Place
    from simulator.scenario.from_slurm.notes import Notes

GPU = "gres/gpu"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column limits, as a setting of a limit or a budget, and how it is written."""

    setting: Literal["jobs", "gpus", "work", "queued", "walltime", "job_gpus", "grant"]
    form: Literal["count", "gpus", "gpu_minutes", "time"]

    @property
    def counts(self) -> bool:
        """Whether jobs count together in it; else it looks at each alone."""
        return self.setting not in ("walltime", "job_gpus")


KINDS = {
    **dict.fromkeys(("GrpJobs", "MaxJobs", "MaxJobsPU", "MaxJobsPA"), Kind("jobs", "count")),
    **dict.fromkeys(("GrpTRES", "MaxTRESPU", "MaxTRESPA"), Kind("gpus", "gpus")),
    **dict.fromkeys(
        ("GrpTRESRunMins", "MaxTRESRunMinsPU", "MaxTRESRunMinsPA"), Kind("work", "gpu_minutes")
    ),
    **dict.fromkeys(
        ("GrpSubmit", "GrpSubmitJobs", "MaxSubmit", "MaxSubmitJobs", "MaxSubmitPU", "MaxSubmitPA"),
        Kind("queued", "count"),
    ),
    "GrpTRESMins": Kind("grant", "gpu_minutes"),
    "MaxTRES": Kind("job_gpus", "gpus"),
    "MaxWall": Kind("walltime", "time"),
}
WHY_NOT = {
    "GrpWall": "wall time that may be spent is limited by nothing here",
    "MaxTRESMins": "what one job may ask for is limited by walltime and GPUs, not by both together",
    "MaxTRESPerNode": "what a job asks of a node is the workload's to say",
    "MinTRES": "small jobs are not refused",
    "UsageThres": "usage refuses nobody",
    "LimitFactor": "limits of associations are what they are under each quality of service",
    "MinPrioThresh": "jobs of low priority get plans too",
}
ACCRUE = "the age of all waiting jobs counts"


@dataclass(frozen=True, slots=True)
class Amount:
    """A value of a limit's setting, and where it stands."""

    said: int | str
    place: Place = field(compare=False)


@dataclass(slots=True)
class Reader:
    """Reads amounts, and says once of each what of it cannot be expressed."""

    notes: Notes
    late: bool
    """Whether jobs may outrun their walltimes."""
    _once: set[tuple[str, str]] = field(default_factory=set)

    def lose(self, column: str, text: str, called: str, place: Place) -> None:
        """A limit of a kind that rules do not have; nothing if it is not set."""
        if text.lower() in UNLIMITED:
            return
        why = ACCRUE if "Accrue" in column else WHY_NOT.get(column, "the limit is not kept")
        self.tell(f"{column}={text}", f"{called}: {why}", place)

    def amount(
        self, column: str, text: str, called: str, place: Place, *, told: bool = False
    ) -> Amount | None:
        """What a column allows; None if it limits nothing that a rule can.

        ``told``: what of it cannot be expressed has been said. Raises InputError, with its place,
        for what is no amount.
        """
        if text.lower() in UNLIMITED:
            return None
        try:
            number, beside = _number(text, KINDS[column].form)
        except InputError as error:
            what = f"{column} of {called}: {error.what}"
            raise InputError(what, right=error.right, place=place) from None
        said, why = self._said(number, KINDS[column].setting)
        for setting, reason in (*beside, *([(text, why)] if why else [])):
            if not told:
                self.tell(f"{column}={setting}", f"{called}: {reason}", place)
        return None if said is None else Amount(said, place)

    def _said(self, number: int | None, setting: str) -> tuple[int | str | None, str]:
        """An amount as a rule says it, or why it says none."""
        if number is None:
            return None, ""
        if number == 0:
            return None, "nobody may run: leave these jobs out of the workload"
        if setting == "work" and self.late:
            return None, "jobs outrun their walltimes, and nobody knows what work they have left"
        if setting in ("work", "grant"):
            return f"{number} GPU-min", ""
        return (format_duration(number, 4) if setting == "walltime" else number), ""

    def tell(self, setting: str, why: str, place: Place | None) -> None:
        """Say once that the scenario cannot say this."""
        if (setting, why) not in self._once:
            self._once.add((setting, why))
            self.notes.lose(setting, why, place)


def _number(text: str, form: str) -> tuple[int | None, list[tuple[str, str]]]:
    """An amount (of GPUs, or minutes of them; jobs; seconds), and what stands beside it."""
    if form == "time":
        return minutes(text), []
    if form == "count":
        return whole(text), []
    found, beside = None, []
    for part in text.split(","):
        amount = part.partition("=")[2].strip()
        if amount == "-1":
            continue
        [tres] = resources(part)
        if tres == GPU:
            found = whole(amount)
        else:
            typed = "GPUs of one type are limited by nothing here"
            other = "nothing but GPUs is limited here"
            beside.append((part.strip(), typed if tres.startswith(GPU) else other))
    return found, beside
