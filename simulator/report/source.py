"""What figures need of a study's results, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import polars as pl


class RunTables(Protocol):
    """The tables of one run, in the columns of ``simulator.results.schema``."""

    @property
    def jobs(self) -> pl.DataFrame:
        """One row a job."""

    @property
    def attempts(self) -> pl.DataFrame:
        """One row an attempt."""

    @property
    def usage(self) -> pl.DataFrame:
        """One row an account and snapshot."""

    @property
    def events(self) -> pl.DataFrame:
        """What happened to the machine."""


class Results(Protocol):
    """A study's results; ``simulator.results.reader.Study`` is one."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What was run."""

    @property
    def rules(self) -> Sequence[str]:
        """Names of the rules, in the study's order."""

    @property
    def replications(self) -> int:
        """Runs of each rule."""

    def run(self, rule: str, replication: int) -> RunTables:
        """The tables of one run."""
