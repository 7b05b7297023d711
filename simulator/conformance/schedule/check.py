"""A recording of a real Slurm held against what we do, decision by decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.conformance.schedule.band import Band, band_of
from simulator.conformance.schedule.explain import explain
from simulator.conformance.schedule.passes import Count, compare_passes
from simulator.conformance.schedule.priorities import compare_priorities
from simulator.conformance.schedule.whole import WholeRun, run_whole, why_not_whole
from simulator.errors import InputError, Place
from simulator.slurm.recording.recording import read_recording

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.kernels.state import Ints


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
    gpus: Ints
    """Of each job on each of its nodes, by ascending id."""
    nodes: list[str]
    """Names."""
    band: Band | None
    """Runs that differ by chance, if they were asked for."""


def check_schedule(folder: Path, seeds: int = 0) -> Conformance:
    """Hold a recording against what we do from its own states, and from its submissions on.

    ``seeds``: how many runs to make with latencies drawn anew. Raises InputError, naming file and
    line, for a folder that is no recording, and where such runs cannot be made.
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
    if seeds and reason is not None:
        raise InputError(
            f"no run can be made with latencies drawn anew: {reason}",
            right="leave --seeds out, or give a whole recording",
            place=Place(folder),
        )
    band = band_of(recording, seeds) if seeds else None
    jobs = [recording.jobs[job] for job in sorted(recording.jobs)]
    return Conformance(
        counts,
        sentence,
        whole,
        reason,
        np.array([job.gpus_per_node for job in jobs], np.int64),
        [node.name for node in recording.cluster.nodes],
        band,
    )
