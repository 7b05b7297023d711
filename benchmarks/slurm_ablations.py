"""What moves a Slurm's schedule beyond chance: one decision or clock changed at a time.

``python benchmarks/slurm_ablations.py DIR --seeds 30`` runs a recording so often for each change,
each time with latencies drawn anew, and prints mean wait and utilisation with their standard
deviations.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from simulator.conformance.schedule.band import drawn_times, utilisation
from simulator.conformance.schedule.whole import Rerun, recorded_schedule, recorded_times
from simulator.engine.slurm import Recorded
from simulator.slurm.recording.recording import Recording, read_recording
from simulator.streams import Streams

NEVER = 2**55
Change = Callable[[Recorded], Recorded]


def each_second(times: Recorded) -> Recorded:
    """Priorities calculated each second."""
    return replace(times, calcs=np.arange(times.calcs[0], times.calcs[-1], 1000))


CHANGES: dict[str, tuple[dict[str, int], dict[str, Any], Change]] = {
    "as Slurm": ({}, {}, lambda times: times),
    "walltimes looked at each second": ({}, {"limit_check": "1s"}, lambda times: times),
    "bf_resolution 60 s": ({"bf_resolution": 60}, {}, lambda times: times),
    "5 jobs planned at most": ({"bf_max_job_test": 5}, {}, lambda times: times),
    "backfill a third as often": ({}, {}, lambda t: replace(t, backfills=t.backfills[::3])),
    "no backfill": ({}, {}, lambda t: replace(t, backfills=np.array([NEVER]))),
    "priorities each second": ({}, {}, each_second),
    "priorities a fifth as often": ({}, {}, lambda t: replace(t, calcs=t.calcs[::5])),
}
"""Parameters of the cluster, settings of the clocks, and times that are changed."""


def changed(recording: Recording, parameters: dict[str, int]) -> Recording:
    """The recording of a cluster with other parameters."""
    cluster = recording.cluster
    return replace(
        recording, cluster=replace(cluster, parameters={**cluster.parameters, **parameters})
    )


def main() -> None:
    """Print a line a change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=30)
    given = parser.parse_args()
    recording = read_recording(given.folder)
    gpus = np.array([j.nodes * j.gpus_per_node for _, j in sorted(recording.jobs.items())])
    there = sum(node.gpus for node in recording.cluster.nodes)
    theirs = recorded_schedule(recording)
    print(f"recorded: wait {theirs.mean_wait:.1f} s, {utilisation(theirs, gpus, there):.3f}")
    times = recorded_times(recording)
    for name, (parameters, settings, change) in CHANGES.items():
        rerun = Rerun(changed(recording, parameters), settings)
        runs = [
            rerun.run(change(drawn_times(recording, times, Streams(seed, 0))))
            for seed in range(given.seeds)
        ]
        waits = np.array([run.mean_wait for run in runs])
        used = np.array([utilisation(run, gpus, there) for run in runs])
        print(
            f"{name:32} wait {waits.mean():6.1f} ± {waits.std(ddof=1):5.1f} s,"
            f" utilisation {used.mean():.3f} ± {used.std(ddof=1):.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
