"""Where the results of a study lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.scenario.load import Loaded


def study_folder(loaded: Loaded, out: Path) -> Path:
    """Where the results of a study lie."""
    return out / loaded.scenario.name


def unfinished_folder(loaded: Loaded, out: Path) -> Path:
    """Where they lie until they are whole."""
    return out / f"{loaded.scenario.name}.part"


def run_folder(folder: Path, rule: str, replication: int) -> Path:
    """Where the tables of one run lie."""
    return folder / rule / str(replication)
