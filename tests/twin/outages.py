"""When units are away, as a list of absences: what has happened, what is known, what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.profile import FOREVER

if TYPE_CHECKING:
    from simulator.cluster.models import CapacityLoss, MaintenanceWindow


@dataclass(frozen=True, slots=True, eq=False)
class Absence:
    """Units away in [start, end); two that say the same are still two."""

    start: int
    end: int
    units: int
    on_start: str
    known_from: int
    """The instant from which plans see it coming."""
    return_known: bool
    """Whether plans count on its end once it has started."""
    cause: str = "maintenance"


def absences_of_window(window: MaintenanceWindow, capacity: int, last: int) -> list[Absence]:
    """Its occurrences: the first, and those that start by the last arrival."""
    starts = [window.start]
    if window.every is not None:
        starts = list(range(window.start, max(last, window.start) + 1, window.every))
    return [
        Absence(
            start,
            start + window.duration,
            window.units or capacity,
            window.on_start,
            _known_from(window, start),
            return_known=True,
        )
        for start in starts
    ]


def _known_from(window: MaintenanceWindow, start: int) -> int:
    if not window.drain:
        return FOREVER
    return 0 if window.announced is None else max(start - window.announced, 0)


def absence_of_loss(loss: CapacityLoss) -> Absence:
    """A loss: nobody sees it come."""
    end = FOREVER if loss.duration is None else loss.at + loss.duration
    return Absence(loss.at, end, loss.units, loss.on_start, FOREVER, loss.repair_known, "loss")
