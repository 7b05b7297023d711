"""``adil trace from-slurm-log``: the tables of a recording out of a centre's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.console import out, print_pairs

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from simulator.slurm.logs.make import Made

SHOWN = 10
"""Shapes of lines that are shown unless all are asked for."""


def from_slurm_log(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="slurmctld.log, sched.log, sacct.psv …", show_default=False
        ),
    ],
    output: Annotated[
        Path, typer.Argument(metavar="NEW", help="The folder to make.", show_default=False)
    ],
    time_zone: Annotated[
        str, typer.Option(help="Zone of the times in the files, like Asia/Almaty.")
    ] = "UTC",
    all_lines: Annotated[
        bool, typer.Option("--all-lines", help="Show all shapes of lines that are not known.")
    ] = False,
) -> None:
    """Make the tables of a recording out of Slurm's logs, for `adil conformance slurm`."""
    from simulator.slurm.logs.make import make_recording

    made = make_recording(folder, output, _zone(time_zone))
    print_pairs(
        [
            ("Slurm", made.version),
            ("lines", f"{made.lines:,}"),
            ("jobs; runs", f"{made.jobs:,}; {made.runs:,}"),
            ("passes, main; backfill", f"{made.main:,}; {made.backfill:,}"),
        ],
        title=str(output),
    )
    _print_unknown(made, all_lines)
    for remark in made.remarks:
        out.print(f"Note: {remark}.", soft_wrap=True, highlight=False)
    out.print(f"\nNext: adil conformance slurm {output}", soft_wrap=True, highlight=False)


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    from simulator.errors import InputError

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise InputError(
            f"--time-zone {name!r} is not known", right="a name like Asia/Almaty, Europe/Berlin"
        ) from None


def _print_unknown(made: Made, all_lines: bool) -> None:
    from simulator.slurm.logs.make import LEFT_OUT

    shapes = sorted(
        (
            (count, log, line, shape)
            for log, found in made.unknown.items()
            for shape, count, line in found.most()
        ),
        key=lambda each: -each[0],
    )
    lines = sum(each[0] for each in shapes)
    out.print(f"\nLines that are not known: {lines:,}, of {len(shapes):,} shapes ({LEFT_OUT}).")
    for count, log, line, shape in shapes if all_lines else shapes[:SHOWN]:
        out.print(
            f"  {count:,}  {log}:{line}  {shape}", soft_wrap=True, markup=False, highlight=False
        )
