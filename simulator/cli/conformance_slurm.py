"""``adil conformance slurm``: a recorded Slurm, decision by decision and as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.console import out, print_json, print_pairs

if TYPE_CHECKING:
    from simulator.conformance.schedule.band import Band, Spread
    from simulator.conformance.schedule.check import Conformance
    from simulator.conformance.schedule.passes import Count
    from simulator.conformance.schedule.whole import WholeRun

Rows = list[tuple[str, str]]


def slurm(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="A recording of a Slurm's passes.", show_default=False),
    ],
    seeds: Annotated[
        int,
        typer.Option(min=0, help="Make so many runs with latencies drawn anew."),
    ] = 0,
    picture: Annotated[
        Path | None,
        typer.Option(help="Draw the whole run into PATH.svg and .png.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make each recorded pass of a Slurm anew from the state it had, and the whole run from its
    submissions, and count what is equal."""
    from simulator.conformance.schedule.check import check_schedule

    found = check_schedule(folder, seeds)
    files = _drawn(found, folder, picture)
    if as_json:
        print_json(_plain(found))
        return
    rows = [
        (name.replace("_", " "), f"{count.equal:,} of {count.total:,} equal")
        for name, count in found.counts.items()
    ]
    if found.whole is not None:
        rows += _whole_rows(found.whole)
    if found.band is not None:
        rows += _band_rows(found.band)
    print_pairs(rows)
    out.print(f"\n{found.sentence}", soft_wrap=True)
    if found.not_whole is not None:
        out.print(f"The whole run is not made: {found.not_whole}.", soft_wrap=True)
    for file in files:
        out.print(f"Picture: {file}", soft_wrap=True)


def _drawn(found: Conformance, folder: Path, picture: Path | None) -> list[Path]:
    from simulator.errors import InputError, Place

    if picture is None:
        return []
    if found.whole is None:
        raise InputError(
            f"there is no whole run to draw: {found.not_whole}",
            right="leave --picture out, or give a whole recording",
            place=Place(folder),
        )
    from simulator.report.save import save
    from simulator.report.schedule_figure import plot_schedules

    band, whole = found.band, found.whole
    spreads = {"Mean wait, s": band.mean_wait, "Utilisation": band.utilisation} if band else {}
    return save(plot_schedules(whole.theirs, whole.ours, found.gpus, found.nodes, spreads), picture)


def _plain(found: Conformance) -> dict[str, Any]:
    plain: dict[str, Any] = {name: _count(count) for name, count in found.counts.items()}
    plain["whole_run"] = None if found.whole is None else _whole(found.whole)
    if found.band is not None:
        plain["band"] = {
            "seeds": len(found.band.kendall_tau),
            "mean_wait": _spread(found.band.mean_wait),
            "utilisation": _spread(found.band.utilisation),
            "within_1s": float(found.band.within_1s.mean()),
            "kendall_tau": float(found.band.kendall_tau.mean()),
            "mean_wait_in_whole_seconds": found.band.whole_seconds,
        }
    return plain


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


def _spread(spread: Spread) -> dict[str, float | bool]:
    return {
        "low": spread.low,
        "high": spread.high,
        "recorded": spread.recorded,
        "inside": spread.inside,
    }


def _whole_rows(whole: WholeRun) -> Rows:
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


def _band_rows(band: Band) -> Rows:
    wait, used = band.mean_wait, band.utilisation
    recorded = f"recorded {used.recorded:.3f} {_where(used)}"
    runs = f"{len(band.kendall_tau)} runs by chance"
    return [
        (
            f"{runs}, mean wait",
            f"95 % in {wait.low:.1f} … {wait.high:.1f} s, recorded {wait.recorded:.1f} s"
            f" {_where(wait)}",
        ),
        (
            f"{runs}, utilisation",
            f"95 % in {used.low:.3f} … {used.high:.3f}, {recorded}",
        ),
        (f"{runs}, starts", f"{band.within_1s.mean() * 100:.0f} % within 1 s"),
        (f"{runs}, order", f"Kendall's τ {band.kendall_tau.mean():.3f}"),
        ("by whole seconds", f"mean wait {band.whole_seconds:.1f} s"),
    ]


def _where(spread: Spread) -> str:
    return "within" if spread.inside else "outside"
