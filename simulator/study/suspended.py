"""When a job stood still, for whom, and why it did not go on, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from simulator.engine.probe.aside import EARLIER, TAKEN
from simulator.study.waits import last_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.engine.probe.aside import Still
    from simulator.study.explain import Explained, Explainer
    from simulator.study.waits import Wait

_SHORT = {
    EARLIER: "other suspended jobs go on first",
    TAKEN: "others have its CPUs",
}


def stretches(
    explainer: Explainer, explained: Explained, say: Callable[[int], str]
) -> list[dict[str, Any]]:
    """Each time that the job was suspended; ``say`` puts an instant in words."""
    return [_stretch(explainer, explained, each, say) for each in explained.still]


def _stretch(
    explainer: Explainer, explained: Explained, stretch: Wait, say: Callable[[int], str]
) -> dict[str, Any]:
    jobs, position = explainer.run.jobs, explained.job["position"]
    by = explained.story.suspended.get(stretch.start)
    job = None if by is None else jobs.row(by, named=True)
    seen = [
        each for each in explained.story.stood_still if stretch.start <= each.when < stretch.end
    ]
    # The first answer is taken to have held from the beginning, each of them until the next.
    bounds = [stretch.start, *(each.when for each in seen[1:]), stretch.end]
    lasting = np.diff(bounds).tolist()[: len(seen)]
    looks = [_look(*each, say) for each in zip(seen, lasting, strict=True)]
    return {
        "since": stretch.start,
        "until": stretch.end,
        "fate": _fate(explainer, position, stretch.end),
        "job_id": None if job is None else job["job_id"],
        "job_class": None if job is None else str(job["job_class"]),
        "cpus_went_to": [int(jobs["job_id"][each]) for each in explainer.takers(position, stretch)],
        "reasons": _reasons(looks),
        "looks": looks,
    }


def _fate(explainer: Explainer, position: int, when: int) -> str:
    """What came of it then: "went on", "ended", or "stands still" where the results end."""
    mine = pl.col("position") == position
    (end,) = (
        explainer.run.attempts.filter(mine & (pl.col("start") < when))
        .sort("start")["end"]
        .tail(1)
        .to_list()
    )
    if end is None:
        return "stands still" if when >= last_of(explainer.run) else "went on"
    return "ended" if end == when else "went on"


def _look(still: Still, seconds: int, say: Callable[[int], str]) -> dict[str, Any]:
    words = {
        EARLIER: "1 suspended job is before it"
        if still.ahead == 1
        else f"{still.ahead:,} suspended jobs are before it",
        TAKEN: "who runs on its nodes has its CPUs",
    }
    said = "; ".join(words[clause] for clause in still.blocked_by)
    if still.expected is not None:
        said += f"; it was to go on {say(still.expected)}, by walltimes"
    return {
        "time": still.when,
        "seconds": seconds,
        "era": still.era,
        "reason": " and ".join(_SHORT[clause] for clause in still.blocked_by),
        "words": said,
        "blocked_by": list(still.blocked_by),
        "ahead": still.ahead,
        "expected": still.expected,
    }


def _reasons(looks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The reasons by how long each stood, with the words of its longest look."""
    by: dict[str, list[dict[str, Any]]] = {}
    for look in looks:
        by.setdefault(look["reason"], []).append(look)
    found = []
    for reason, alike in by.items():
        example = max(alike, key=lambda look: look["seconds"])
        found.append(
            {
                "reason": reason,
                "seconds": sum(look["seconds"] for look in alike),
                "example": {"time": example["time"], "words": example["words"]},
            }
        )
    return sorted(found, key=lambda each: -each["seconds"])
