"""``adil report``: measure and draw an existing result again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.console import print_json
from simulator.cli.show import show


def report(
    folder: Annotated[Path, typer.Argument(help="A study's folder of results.")],
    pictures: Annotated[bool, typer.Option(help="Draw the pictures.")] = True,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of tables.")
    ] = False,
) -> None:
    """Measure and draw an existing result again, without running anything."""
    from simulator.results.reader import Study

    content = show(Study(folder), pictures=pictures, quiet=json)
    if json:
        print_json({"studies": [content]})
