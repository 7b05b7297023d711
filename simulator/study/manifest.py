"""What a study's results say of where they come from."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from simulator import __version__
from simulator.kernels.compiling import kernels_hash
from simulator.results.reader import Study
from simulator.results.schema import SCHEMA_VERSION
from simulator.results.writer import read_run_file, stored_hash
from simulator.rules.ordering.serving import Serving
from simulator.scenario.load import Loaded
from simulator.streams import listed
from simulator.study.folders import run_folder
from simulator.study.workshop import Inputs
from simulator.workload.synthetic.models import Synthetic

_LIBRARIES = ("numpy", "numba", "simpy", "pyarrow", "polars", "scipy")


def provenance(loaded: Loaded, inputs: Inputs) -> dict[str, Any]:
    """All that decides a study's results: equal provenance, equal results, bit by bit."""
    scenario = loaded.scenario
    return {
        "schema_version": SCHEMA_VERSION,
        "scenario_hash": loaded.identity,
        "kernels_hash": kernels_hash(),
        "files": {**loaded.files, **inputs.built.files},
        "seed": scenario.seed,
        "versions": {
            "adil": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in _LIBRARIES},
        },
    }


def begun_with(part: Path) -> dict[str, Any] | None:
    """The provenance of an unfinished study; None if there is none."""
    try:
        content: dict[str, Any] = json.loads((part / "begun.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content


def manifest(loaded: Loaded, inputs: Inputs, begun: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The manifest of a study whose runs are all in ``folder``.

    It holds no time of day and nothing of the machine it ran on, so equal studies have equal
    manifests.
    """
    scenario, built = loaded.scenario, inputs.built
    runs = {
        rule: [
            read_run_file(run_folder(folder, rule, replication)) or {}
            for replication in range(scenario.replications)
        ]
        for rule in scenario.rules
    }
    drawn = {name for made in runs.values() for run in made for name in run["streams"]}
    return {
        **begun,
        "study": scenario.name,
        "title": scenario.title or scenario.name,
        "scenario": scenario.canonical(),
        "settings": loaded.root.plain(),
        "replications": scenario.replications,
        "streams": listed(scenario.seed, {*inputs.streams, *drawn}),
        "epoch": built.epoch,
        "time_zone": built.time_zone,
        "capacity": inputs.units,
        "gpu_use": bool(len(built.jobs.gpu_use)),
        "units_per_gpu": 1 if isinstance(inputs.machine, int) else inputs.machine.slices,
        "rules": {name: rule.title or name for name, rule in scenario.rules.items()},
        "entitled": {
            name: rule.accounts.entitlement
            for name, rule in scenario.rules.items()
            if isinstance(rule.ordering, Serving)
        },
        "classes": _classes(loaded, inputs),
        "rows": {rule: [run["rows"] for run in made] for rule, made in runs.items()},
        "runs": {rule: [run["hashes"] for run in made] for rule, made in runs.items()},
        "steps": [
            {"name": step.name, "count": step.count, "what": step.what} for step in built.steps
        ],
        "warnings": [
            f"{count:,} jobs are refused: each {reason}" for reason, count in inputs.refused.items()
        ],
    }


def _classes(loaded: Loaded, inputs: Inputs) -> list[str]:
    """The classes of applicants in the scenario's order, as people will want to read them."""
    workload = loaded.scenario.workload
    if isinstance(workload, Synthetic):
        return list(workload.classes)
    return list(inputs.built.jobs.classes)


def check(study: Study) -> list[str]:
    """What of a study's files does not agree with its manifest, in words; empty if all does."""
    faults = []
    for rule, hashes in study.manifest["runs"].items():
        for replication, expected in enumerate(hashes):
            folder = run_folder(study.folder, rule, replication)
            for table, recorded in expected.items():
                if stored_hash(folder / f"{table}.parquet") != recorded:
                    faults.append(f"{rule}, replication {replication}: {table} is not as recorded")
    return faults
