"""``adil rules``: what each named rule does; the rule of a real cluster."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from simulator.cli.console import out, print_pairs
from simulator.errors import InputError


class _NamesToo(TyperGroup):
    """A word that is no command is the name of a rule: ``adil rules easy`` explains it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self.commands:
            args = ["explain", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_NamesToo,
    invoke_without_command=True,
    help="List the named rules, or explain one (adil rules NAME); the rule of a real cluster.",
)


@app.callback()
def _list(context: typer.Context) -> None:
    if context.invoked_subcommand is not None:
        return
    from simulator.scenario.rule_catalogue import named_rule, rule_names

    print_pairs([(each, named_rule(each).title) for each in rule_names()])
    out.print("\n`adil rules NAME` explains one; a scenario may change any of its stages.")


@app.command("explain")
def explain(name: Annotated[str, typer.Argument(help="Name of a rule.")]) -> None:
    """Explain a rule: its stages, their parameters and sources."""
    from simulator.scenario.rule_catalogue import named_rule

    rule = named_rule(name)
    rows = [("rule", name), ("title", rule.title)]
    for stage in ("ordering", "backfill"):
        model = getattr(rule, stage)
        settings = ", ".join(
            f"{key}: {value}" for key, value in model.model_dump().items() if key != "kind"
        )
        rows.append((stage, f"{model.kind}" + (f" ({settings})" if settings else "")))
        rows.append(("", " ".join((inspect.getdoc(type(model)) or "").split())))
    rows.append(("overrun", f"{rule.overrun}: a job that reaches its walltime"))
    print_pairs(rows)


@app.command("from-slurm")
def from_slurm(
    conf: Annotated[Path, typer.Argument(help="slurm.conf", show_default=False)],
    assoc: Annotated[Path | None, typer.Option(help="What sacctmgr show assoc -P prints.")] = None,
    qos: Annotated[Path | None, typer.Option(help="What sacctmgr show qos -P prints.")] = None,
    partitions: Annotated[
        Path | None, typer.Option(help="What scontrol show partition prints; else slurm.conf's.")
    ] = None,
    workload: Annotated[
        str | None, typer.Option(help="A log for its jobs; else a stand-in is made up.")
    ] = None,
    save_to: Annotated[
        Path | None, typer.Option("--out", help="Write it here, not on standard output.")
    ] = None,
) -> None:
    """Write the scenario of a Slurm cluster's own rule; on stderr, all that it cannot express."""
    from simulator.cli.console import err
    from simulator.scenario.from_slurm.check import checked
    from simulator.scenario.from_slurm.translate import read_cluster, translate

    made = translate(read_cluster(conf, assoc, qos, partitions), workload)
    checked(made.text, conf)
    if save_to is None:
        print(made.text, end="")
    else:
        try:
            save_to.write_text(made.text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"{str(save_to)!r} cannot be written: {error.strerror}") from None
    for line in made.notes.lines():
        err.print(line, markup=False, soft_wrap=True)
