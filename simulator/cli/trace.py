"""``adil trace``: look at job logs, convert them, list those with a name, read Slurm's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli import trace_slurm
from simulator.cli.console import out, print_json, print_pairs

app = typer.Typer(
    help="Look at job logs: info, convert, list, from-slurm-log.", no_args_is_help=True
)

TraceName = Annotated[str, typer.Argument(help="A file, or a name that `adil trace list` shows.")]


@app.command()
def info(
    trace: TraceName,
    picture: Annotated[
        Path | None, typer.Option(help="Draw it into PICTURE.svg and PICTURE.png.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Show a log's statistics as a table, and with --picture as a picture."""
    from simulator.workload.read_log import read_log
    from simulator.workload.statistics import describe

    built = read_log(trace)
    statistics = describe(built.jobs, built.capacity, built.epoch, built.time_zone)
    steps = [(step.name, f"{step.count:,} {step.what}") for step in built.steps]
    if json:
        print_json({"trace": trace, "statistics": dict(statistics.rows), "cleaning": dict(steps)})
    else:
        print_pairs(statistics.rows, title=trace)
        if steps:
            out.print()
            print_pairs(steps, title="What was done to the data, and what is assumed")
    if picture is not None:
        from simulator.report import plot_trace
        from simulator.report.save import save

        files = save(plot_trace(statistics), picture)
        if not json:
            out.print(f"\nPicture: {', '.join(map(str, files))}")


@app.command()
def convert(
    trace: TraceName,
    output: Annotated[Path, typer.Argument(help="A file named .swf or .swf.gz.")],
) -> None:
    """Write a log, cleaned, in the Standard Workload Format."""
    from simulator.errors import InputError
    from simulator.workload.read_log import read_log
    from simulator.workload.swf_writer import write_swf

    if not output.name.endswith((".swf", ".swf.gz")):
        raise InputError(f"{output} is no SWF file", right="name it like log.swf or log.swf.gz")
    built = read_log(trace)
    write_swf(
        built.jobs,
        output,
        capacity=built.capacity,
        epoch=built.epoch,
        time_zone=built.time_zone,
    )
    out.print(f"{len(built.jobs):,} jobs in {output}")


@app.command("list")
def list_traces() -> None:
    """List the logs that have a name, and whether they are at hand."""
    from simulator.errors import InputError
    from simulator.workload.catalogue import CATALOGUE, locate

    rows = []
    for name, entry in CATALOGUE.items():
        try:
            where = str(locate(name, Path())[0])
        except InputError:
            where = "not here"
        rows.append((name, f"{entry.computer}\n{entry.terms}\n{where}\n"))
    print_pairs(rows)


app.command("from-slurm-log")(trace_slurm.from_slurm_log)
