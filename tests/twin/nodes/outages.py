"""When nodes are away, as a list of absences: what has happened, what is known, what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from twin.profile import FOREVER


@dataclass(frozen=True, slots=True)
class Window:
    """Maintenance of some nodes; ``every`` until the last arrival."""

    start: int
    duration: int
    nodes: tuple[int, ...]
    every: int | None = None
    announced: int | None = None
    """Seconds before its start; None: known from the beginning."""
    drain: bool = True
    on_start: str = "requeue"


@dataclass(frozen=True, slots=True)
class Failure:
    """Nodes that fail; ``duration`` None: for good."""

    at: int
    nodes: tuple[int, ...]
    duration: int | None = None
    repair_known: bool = False
    on_failure: str = "requeue"
    max_requeues: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Absence:
    """Nodes away in [start, end); two that say the same are still two."""

    start: int
    end: int
    nodes: tuple[int, ...]
    fate: str
    known_from: int
    """The instant from which plans see it coming."""
    return_known: bool
    """Whether plans count on its end once it has started."""
    most: float = inf
    """How often a job may go back to the queue."""
    cause: str = "maintenance"


def absences_of_window(window: Window, last: int) -> list[Absence]:
    """Its occurrences: the first, and those that start by the last arrival."""
    starts = [window.start]
    if window.every is not None:
        starts = list(range(window.start, max(last, window.start) + 1, window.every))
    return [
        Absence(
            start,
            start + window.duration,
            window.nodes,
            window.on_start,
            _known_from(window, start),
            return_known=True,
        )
        for start in starts
    ]


def _known_from(window: Window, start: int) -> int:
    if not window.drain:
        return FOREVER
    return 0 if window.announced is None else max(start - window.announced, 0)


def absence_of_failure(failure: Failure) -> Absence:
    """A failure: nobody sees it come."""
    end = FOREVER if failure.duration is None else failure.at + failure.duration
    return Absence(
        failure.at,
        end,
        failure.nodes,
        failure.on_failure,
        FOREVER,
        failure.repair_known,
        inf if failure.max_requeues is None else failure.max_requeues,
        "failure",
    )
