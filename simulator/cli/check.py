"""``adil check``: validate only, and print what would be run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.console import out, print_pairs

Scenarios = Annotated[list[Path], typer.Argument(help="Scenario files.", show_default=False)]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change one setting, like workload.load=1.1; may be repeated."),
]


def check(scenarios: Scenarios, settings: Settings = None) -> None:
    """Validate scenario files and print what would be run, without running it."""
    from simulator.scenario.load import load
    from simulator.scenario.summary import summarise
    from simulator.study.metric_names import check_metrics

    for path in scenarios:
        loaded = load(path, settings or ())
        check_metrics(loaded)
        print_pairs(summarise(loaded), title=f"{path}: would run")
        out.print()
