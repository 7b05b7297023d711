"""``adil conformance``: what a real scheduler printed, compared with what is reckoned here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.console import out, print_json, print_pairs

if TYPE_CHECKING:
    from simulator.conformance.schedule.passes import Count
    from simulator.conformance.schedule.whole import WholeRun
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


@app.command("slurm")
def slurm(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="A recording of a Slurm's passes.", show_default=False),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make each recorded pass of a Slurm anew from the state it had, and the whole run from its
    submissions, and count what is equal."""
    from simulator.conformance.schedule.check import check_schedule

    found = check_schedule(folder)
    if as_json:
        print_json(
            {
                **{name: _count(count) for name, count in found.counts.items()},
                "whole_run": None if found.whole is None else _whole(found.whole),
            }
        )
        return
    rows = [
        (name.replace("_", " "), f"{count.equal:,} of {count.total:,} equal")
        for name, count in found.counts.items()
    ]
    if found.whole is not None:
        rows += _whole_rows(found.whole)
    print_pairs(rows)
    out.print(f"\n{found.sentence}", soft_wrap=True)
    if found.not_whole is not None:
        out.print(f"The whole run is not made: {found.not_whole}.", soft_wrap=True)


def _count(count: Count) -> dict[str, int]:
    return {"equal": count.equal, "total": count.total}


def _whole(whole: WholeRun) -> dict[str, Any]:
    return {
        "within_1s": _count(whole.within_1s),
        "same_nodes": _count(whole.same_nodes),
        "mean_wait": whole.ours.mean_wait,
        "mean_wait_recorded": whole.theirs.mean_wait,
        "kendall_tau": whole.kendall_tau,
    }


def _whole_rows(whole: WholeRun) -> list[tuple[str, str]]:
    near, nodes = whole.within_1s, whole.same_nodes
    return [
        ("whole run, starts", f"{near.equal:,} of {near.total:,} within 1 s"),
        ("whole run, nodes", f"{nodes.equal:,} of {nodes.total:,} equal"),
        (
            "whole run, mean wait",
            f"{whole.ours.mean_wait:.1f} s, recorded {whole.theirs.mean_wait:.1f} s",
        ),
        ("whole run, order", f"Kendall's τ {whole.kendall_tau:.3f}"),
    ]
