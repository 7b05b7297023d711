"""``adil rules``: what each named rule does; the rule of a real cluster."""

from __future__ import annotations

from os.path import relpath
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

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
    from simulator.cli.rule_pages import list_all

    list_all()


@app.command("explain")
def explain(
    name: Annotated[str, typer.Argument(help="Name of a rule, or a word of a stage.")],
) -> None:
    """Explain a rule, or a variant of a stage: formula, parameters, example, source."""
    from simulator.cli.rule_pages import explain_one

    explain_one(name)


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

    if workload is not None and save_to is not None and Path(workload).is_file():
        # A scenario's paths are seen from its own folder.
        workload = relpath(workload, save_to.parent)
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
