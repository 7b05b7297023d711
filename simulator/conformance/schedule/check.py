"""A recording of a real Slurm held against what we do, decision by decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.conformance.schedule.explain import explain
from simulator.conformance.schedule.passes import Count, compare_passes
from simulator.conformance.schedule.priorities import compare_priorities
from simulator.conformance.schedule.whole import WholeRun, run_whole, why_not_whole
from simulator.slurm.recording.recording import read_recording

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Conformance:
    """How much of a recording we decide as Slurm did."""

    counts: dict[str, Count]
    """Main passes, backfill passes, starts, plans, priorities."""
    sentence: str
    """The first difference, or that there is none."""
    whole: WholeRun | None
    """The recording run anew from its submissions; None where it cannot be."""
    not_whole: str | None
    """Why it cannot."""


def check_schedule(folder: Path) -> Conformance:
    """Hold a recording against what we do from its own states.

    Raises InputError, naming file and line, for a folder that is no recording.
    """
    recording = read_recording(folder)
    passes = compare_passes(recording)
    sentence = "Each pass starts and plans the same jobs at the same times on the same nodes."
    if passes.first is not None:
        sentence = explain(passes.first, recording)
    counts = {
        "main_passes": passes.main,
        "backfill_passes": passes.backfill,
        "starts": passes.starts,
        "plans": passes.plans,
        "priorities": compare_priorities(recording),
    }
    reason = why_not_whole(recording)
    whole = run_whole(recording) if reason is None else None
    return Conformance(counts, sentence, whole, reason)
