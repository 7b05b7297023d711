"""``adil conformance``: what a real scheduler printed, compared with what is reckoned here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli import conformance_slurm
from simulator.cli.console import out, print_json

if TYPE_CHECKING:
    from simulator.conformance.shares import Compared

app = typer.Typer(
    no_args_is_help=True, help="Compare with what a real scheduler printed or recorded."
)


@app.callback()
def _group() -> None:
    pass


@app.command("shares")
def shares(
    folder: Annotated[
        Path, typer.Argument(help="A snapshot, or a folder of them.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare shares, factors and priorities with those of sshare and sprio."""
    from simulator.conformance.shares import compare
    from simulator.conformance.snapshot import snapshots

    found = [compare(each) for each in snapshots(folder)]
    if as_json:
        print_json({"agrees": all(each.agrees for each in found), "snapshots": _plain(found)})
    else:
        _print_table(found)


def _plain(found: list[Compared]) -> dict[str, Any]:
    return {
        each.folder.name: {
            column.name: {
                "compared": column.compared,
                # JSON knows no infinity: a share that is infinite on one side alone.
                "largest": column.largest if column.largest < float("inf") else None,
                "allowed": column.allowed,
                "agrees": column.agrees,
                "where": column.where,
            }
            for column in each.columns
        }
        for each in found
    }


def _print_table(found: list[Compared]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, title="Largest differences", title_justify="left")
    table.add_column("snapshot", no_wrap=True)
    for title in ("column", "rows", "largest", "allowed", "where"):
        table.add_column(title, justify="left" if title in ("column", "where") else "right")
    for each in found:
        name = each.folder.name
        for column in each.columns:
            if column.compared:
                cells = (f"{column.compared}", f"{column.largest:.2g}", f"{column.allowed:.0e}")
                table.add_row(name, column.name, *cells, column.where)
                name = ""
    out.print(table)
    wrong = [
        f"{each.folder.name}: {column.name} by {column.largest:.2g} ({column.where})"
        for each in found
        for column in each.columns
        if not column.agrees
    ]
    verdict = "\n".join(wrong) or "all within what the printed digits tell"
    out.print(f"\n{len(found)} snapshots, {len(wrong)} columns that differ: {verdict}")


app.command("slurm")(conformance_slurm.slurm)
