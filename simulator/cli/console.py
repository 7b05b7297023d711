"""What commands print on, and how they show that something takes time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_json(content: Mapping[str, Any]) -> None:
    """One JSON object and nothing else on standard output."""
    print(json.dumps(content, ensure_ascii=False, allow_nan=False))


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on standard error, gone when done; nothing where that is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bar:
        yield bar


def print_pairs(rows: list[tuple[str, str]], title: str | None = None) -> None:
    """Rows of a name and what is said of it."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    out.print(table)
