"""From MaxTime of partitions to limits of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.scenario.from_slurm.limit_names import name_of
from simulator.scenario.from_slurm.yaml_text import Said
from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.slurm.machine import PartitionLine

COMMENT = (
    "MaxTime of partitions. Who asks for more is refused at its submission; Slurm with"
    " EnforcePartLimits=NO lets it wait for ever."
)


def add_partition_times(partitions: Sequence[PartitionLine], rule: dict[str, Any]) -> None:
    """Add the longest walltimes of partitions to a rule that has all other limits."""
    there = rule.get("limits", Said({}, ""))
    found = dict(there.value)
    for each in partitions:
        if each.max_time is not None:
            time = {"walltime": format_duration(each.max_time, 4)}
            name = name_of(f"partition-{each.name}", "MaxTime", found)
            found[name] = {"partitions": [each.name], **time}
    if len(found) > len(there.value):
        rule["limits"] = Said(found, " ".join(filter(None, (there.comment, COMMENT))))
