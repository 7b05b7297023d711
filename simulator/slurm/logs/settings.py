"""What the running slurmctld says of its settings: ``scontrol show config``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.slurm.text import lines_of

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.slurm.recording.cluster import Cluster

SWITCH_ON = (
    "DebugFlags=Backfill,Priority, SlurmctldDebug=debug2, LogTimeFormat=iso8601_ms,"
    " SlurmSchedLogFile=PATH, SlurmSchedLogLevel=1"
)
SAME = (
    *("ClusterName", "SchedulerType", "SchedulerParameters", "SelectType", "PreemptType"),
    *("SelectTypeParameters", "PriorityType", "KillWait", "PriorityWeightTRES"),
)
"""Settings that must be in slurm.conf what they were in the running slurmctld."""
_PAIR = re.compile(r"(?P<key>[\w\[\]]+)\s*=\s?(?P<value>.*)")
DETAILED = ("debug2", "debug3", "debug4", "debug5", "6", "7", "8", "9")

Config = dict[str, tuple[str, Place]]
"""Key in lower case → value and where it stands."""


def read_config(path: Path) -> Config:
    """Settings of the running slurmctld. Raises InputError for what is no such list."""
    found: Config = {}
    for number, text in enumerate(lines_of(path), start=1):
        pair = _PAIR.fullmatch(text.strip())
        if pair is not None:
            found[pair["key"].lower()] = pair["value"].strip(), Place(path, number)
    if "slurm_version" not in found:
        raise InputError(
            "no SLURM_VERSION: this is not what Slurm prints of its settings",
            right="scontrol show config > config.txt",
            place=Place(path),
        )
    return found


def refuse_quiet(config: Config) -> None:
    """Raise InputError, with file and line, for logs that cannot tell what is needed."""
    flags = [flag.strip().lower() for flag in _value(config, "debugflags").split(",")]
    for flag, known in (("Backfill", ("backfill",)), ("Priority", ("priority", "prio"))):
        if not any(name in flags for name in known):
            raise _off(config, "debugflags", f"DebugFlags lacks {flag}")
    if _value(config, "slurmctlddebug").lower() not in DETAILED:
        raise _off(config, "slurmctlddebug", "SlurmctldDebug is less than debug2")
    times = _value(config, "logtimeformat").lower().split(",")
    if not any(word.strip().endswith("_ms") for word in times):
        raise _off(config, "logtimeformat", "LogTimeFormat has no milliseconds")
    if _value(config, "slurmschedloglevel") in ("", "0"):
        raise _off(config, "slurmschedloglevel", "SlurmSchedLogLevel is 0")


def _value(config: Config, key: str) -> str:
    return config[key][0] if key in config else ""


def _off(config: Config, key: str, what: str) -> InputError:
    place = config[key][1] if key in config else config["slurm_version"][1]
    return InputError(f"{what}: the logs do not tell enough", right=SWITCH_ON, place=place)


def refuse_other(config: Config, cluster: Cluster) -> None:
    """Raise InputError where slurm.conf is not what the running slurmctld had."""
    for key in SAME:
        set_to = cluster.conf.settings.get(key.lower())
        ran = _value(config, key.lower())
        if set_to is None or not ran or ran == "(null)":
            continue
        if _plain(set_to.text) != _plain(ran.removesuffix(" sec")):
            raise set_to.wrong(
                f"{set_to.text!r} here, {ran!r} in {config[key.lower()][1]}",
                "give the slurm.conf by which the recorded slurmctld ran",
            )


def _plain(text: str) -> str:
    return text.replace('"', "").replace(" ", "").lower()
