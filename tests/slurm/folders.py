"""Where the recorded snapshots and schedules of real Slurm clusters lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ADIL_SHARED") or Path.cwd().parent / "shared") / "oracles"


def _folders(name: str) -> list[Path]:
    folder = SHARED / name
    return sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


SNAPSHOTS, SCHEDULES = _folders("slurm"), _folders("slurm-schedule")
NONE = pytest.param(None, marks=pytest.mark.skip("the shared recordings are absent"))


def each(folders: list[Path]) -> pytest.MarkDecorator:
    """A test for each folder; one skipped test where there are none."""
    return pytest.mark.parametrize(
        "folder", folders or [NONE], ids=lambda p: getattr(p, "name", "")
    )
