"""``adil metrics``: what each metric says."""

from __future__ import annotations

from typing import Annotated

import typer

from simulator.cli.console import out, print_pairs


def metrics(
    name: Annotated[str | None, typer.Argument(help="Explain this one.")] = None,
) -> None:
    """List the metrics, or explain one: formula, unit, direction, source."""
    from simulator.metrics.registry import METRICS, metric

    if name is None:
        print_pairs([(each.name, each.title) for each in METRICS.values()])
        out.print("\n`adil metrics NAME` explains one.")
        return
    one = metric(name)
    fields = ("name", "title", "formula", "unit", "direction", "level", "unfinished", "source")
    print_pairs([(field, str(getattr(one, field))) for field in fields])
