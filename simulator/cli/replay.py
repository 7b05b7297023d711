"""``adil replay``: one log under one rule, without a scenario file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.console import err, out, print_json, print_pairs, progress

if TYPE_CHECKING:
    from simulator.cluster.machine import Machine
    from simulator.cluster.models import Nodes, Pool
    from simulator.engine.run import Outcome
    from simulator.rules.models import Rule
    from simulator.workload.build import Built

Trace = Annotated[str, typer.Argument(help="A log: a file, or a name of `adil trace list`.")]


def replay(
    trace: Trace,
    rule: Annotated[str, typer.Option(help="A name that `adil rules` lists, or a YAML file.")],
    capacity: Annotated[
        int | None, typer.Option(help="Units of the machine; default: what the log says.", min=1)
    ] = None,
    cluster: Annotated[
        Path | None, typer.Option(help="YAML file of the machine, with maintenance and losses.")
    ] = None,
    conformance: Annotated[
        str | None, typer.Option(help="Decide exactly as another simulator does: pyss.")
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write the jobs as .csv or .parquet.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Replay a log under one rule; print its waits, and write its schedule with --out."""
    from simulator.engine.charges import Calendar
    from simulator.engine.run import replay as run
    from simulator.engine.warm import warm_up_kernels
    from simulator.results.writer import check_table_path, write_table
    from simulator.scenario.parts import cluster_of, rule_of
    from simulator.study.workshop import outages_of
    from simulator.workload.read_log import read_log

    if out_file is not None:
        check_table_path(out_file)
    chosen = rule_of(rule, conformance)
    settings = cluster_of(cluster, capacity)
    built = read_log(trace)
    machine = _machine(settings, built, (cluster or Path()).parent)
    warm_up_kernels([chosen], machine)
    with progress() as bar:
        task = bar.add_task("replaying", total=len(built.jobs))
        outcome = run(
            built.jobs,
            machine,
            chosen,
            calendar=Calendar(built.epoch, built.time_zone),
            **outages_of(settings),
            on_progress=lambda arrived: bar.update(task, completed=arrived),
        )
    if out_file is not None:
        write_table(outcome.jobs, out_file)
    units = machine if isinstance(machine, int) else machine.units
    numbers = _numbers(built, units, outcome)
    if json:
        print_json({"trace": trace, "rule": rule, **numbers})
        return
    _print(built, chosen, numbers)
    if out_file is not None:
        out.print(f"\nSchedule: {out_file}")


def _machine(cluster: Pool | Nodes, built: Built, base: Path) -> int | Machine:
    from simulator.cluster.machine import machine_of
    from simulator.cluster.models import Nodes
    from simulator.errors import InputError

    if isinstance(cluster, Nodes):
        return machine_of(cluster, base)
    units = cluster.capacity or built.capacity
    if units is None:
        raise InputError(
            "the size of the machine is not known: the log's header states no MaxProcs",
            right="give it, like --capacity 512",
        )
    return units


def _numbers(built: Built, units: int, outcome: Outcome) -> dict[str, Any]:
    """What is printed: means over the jobs that started, utilisation until the last arrival."""
    import polars as pl

    from simulator.metrics.direct import summary
    from simulator.results.reader import Tables

    tables = outcome.tables.items()
    return {
        "jobs": len(built.jobs),
        "capacity": units,
        **summary(Tables(**{name: pl.DataFrame(pl.from_arrow(table)) for name, table in tables})),
        "instants": outcome.instants,
        "passes": outcome.passes,
        "replay_seconds": outcome.seconds,
        "jobs_per_second": len(built.jobs) / outcome.seconds,
    }


def _print(built: Built, rule: Rule, numbers: dict[str, Any]) -> None:
    from simulator.units import format_duration

    for step in built.steps:
        err.print(f"note: {step.name}: {step.count:,} {step.what}")
    rows = [
        ("rule", rule.title or f"{rule.ordering.kind}, backfill {rule.backfill.kind}"),
        ("jobs", f"{numbers['jobs']:,} on {numbers['capacity']:,} units"),
        ("refused", f"{numbers['refused_jobs']:,.0f}"),
        ("unfinished", f"{numbers['unfinished_jobs']:,.0f}"),
    ]
    for name in ("mean_wait", "median_wait", "makespan"):
        value = numbers[name]
        rows.append((name.replace("_", " "), "–" if value is None else format_duration(value)))
    for name in ("mean_bounded_slowdown", "median_bounded_slowdown"):
        value = numbers[name]
        rows.append((name.replace("_", " "), "–" if value is None else f"{value:.2f}"))
    rows.append(
        (
            "utilisation",
            "–" if numbers["utilisation"] is None else f"{numbers['utilisation']:.2%}",
        )
    )
    rows.append(("jobs per second", f"{numbers['jobs_per_second']:,.0f} (the replay alone)"))
    print_pairs(rows)
