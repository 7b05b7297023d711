"""A study's results, read back from their folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from simulator.errors import InputError, nearest
from simulator.results.schema import SCHEMA_VERSION


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"cannot read {path}: {error}", right="run the study again") from None


def _nodes_of(study: Path) -> pl.DataFrame | None:
    path = study / "nodes.parquet"
    return _read(path) if path.exists() else None


@dataclass(frozen=True)
class Run:
    """The tables of one run of one rule; the columns are in ``simulator.results.schema``.

    ``folder`` is ``<study>/<rule>/<replication>``.
    """

    folder: Path

    def _table(self, name: str) -> pl.DataFrame:
        return _read(self.folder / f"{name}.parquet")

    @cached_property
    def jobs(self) -> pl.DataFrame:
        """One row a job, in the order of positions."""
        return self._table("jobs")

    @cached_property
    def attempts(self) -> pl.DataFrame:
        """One row an attempt, in the order of ends."""
        return self._table("attempts")

    @cached_property
    def usage(self) -> pl.DataFrame:
        """One row an account and snapshot."""
        return self._table("usage")

    @cached_property
    def events(self) -> pl.DataFrame:
        """What happened to the machine; its first row is the capacity at the start."""
        return self._table("events")

    @cached_property
    def applications(self) -> pl.DataFrame:
        """One row an application, by project; none where nobody applies."""
        return self._table("applications")

    @cached_property
    def nodes(self) -> pl.DataFrame | None:
        """The nodes of the study's machine by number; None on a pool."""
        return _nodes_of(self.folder.parent.parent)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a run that were never written."""

    jobs: pl.DataFrame
    attempts: pl.DataFrame
    usage: pl.DataFrame
    events: pl.DataFrame
    applications: pl.DataFrame
    nodes: pl.DataFrame | None = None


class Study:
    """The results of a study: ``results/<study>``. Tables are read when asked for."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        path = self.folder / "manifest.json"
        try:
            self.manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InputError(
                f"{self.folder} holds no results: there is no manifest.json in it",
                right="give the folder that `adil run` printed",
            ) from None
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read {path}: {error}", right="run the study again") from None
        if self.manifest.get("schema_version") != SCHEMA_VERSION:
            raise InputError(
                f"{path} is of schema {self.manifest.get('schema_version')!r}",
                right=f"this version reads schema {SCHEMA_VERSION!r}; run the study again",
            )
        self._runs: dict[tuple[str, int], Run] = {}

    @property
    def rules(self) -> tuple[str, ...]:
        """Names of the rules, in the scenario's order."""
        return tuple(self.manifest["rules"])

    @property
    def replications(self) -> int:
        """Runs of each rule."""
        return int(self.manifest["replications"])

    @cached_property
    def nodes(self) -> pl.DataFrame | None:
        """The nodes of the machine, one row each, by number; None on a pool."""
        return _nodes_of(self.folder)

    def run(self, rule: str, replication: int = 0) -> Run:
        """One run. Raises InputError for a rule or a replication that the study has not."""
        if rule not in self.rules:
            raise InputError(f"the study has no rule {rule!r}", right=nearest(rule, self.rules))
        if not 0 <= replication < self.replications:
            raise InputError(
                f"the study has no replication {replication}",
                right=f"they count from 0 to {self.replications - 1}",
            )
        key = rule, replication
        if key not in self._runs:
            self._runs[key] = Run(self.folder / rule / str(replication))
        return self._runs[key]
