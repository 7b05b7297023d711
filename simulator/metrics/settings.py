"""The part of a study's manifest that metrics need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Settings:
    """How a study judges its rules; the fields are those of a scenario's ``comparison``."""

    baseline: str
    metrics: tuple[str, ...]
    confidence: float
    reading: Literal["person", "organisation", "need"]
    entitlement: Mapping[str, float]
    priority_classes: tuple[str, ...]
    warm_up: Literal["mser5"] | int
    window: int
    """s"""
    on_nodes: bool
    """The machine has nodes; else it is a pool."""
    applications: bool
    """Under some rule projects apply for GPU-time."""
    gpu_use: bool
    """It is known how much some jobs use their GPUs."""
    deadlines: bool
    """Some jobs of the workload are needed by a time."""
    units_per_gpu: int
    """Units of the machine that a GPU counts for: more than 1 where some are cut into slices."""

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Settings:
        """The settings that a manifest records; the baseline is the first rule if none is named."""
        comparison = manifest["scenario"]["comparison"]
        rules = manifest["scenario"].get("rules", {})
        workload = manifest["scenario"].get("workload", {})
        made = workload.get("kind") == "synthetic"
        # Reforms are whole rules there.
        later = (reform["rule"] for each in rules.values() for reform in each.get("reforms", ()))
        eras = (*rules.values(), *later)
        groups = (workload, *workload["classes"].values()) if made else ()
        return cls(
            baseline=comparison["baseline"] or next(iter(manifest["rules"])),
            metrics=tuple(comparison["metrics"]),
            confidence=float(comparison["confidence"]),
            reading=comparison["reading"],
            entitlement=dict(comparison["entitlement"]),
            priority_classes=tuple(comparison["priority_classes"]),
            warm_up=comparison["warm_up"],
            window=int(comparison["window"]),
            on_nodes=manifest["scenario"]["cluster"]["kind"] == "nodes",
            applications=any(each.get("applications") for each in eras),
            gpu_use=bool(manifest.get("gpu_use")),
            deadlines=any(each.get("deadlines") for each in groups),
            units_per_gpu=int(manifest.get("units_per_gpu", 1)),
        )
