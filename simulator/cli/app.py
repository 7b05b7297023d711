"""``adil``: the commands together, and what happens when one fails."""

from __future__ import annotations

import os
import sys
import traceback

import typer

from simulator import __version__
from simulator.cli import check, conformance, explain, metrics, replay, report, rules, run, trace
from simulator.errors import InputError, WorkerDiedError

BAD_INPUT, FAULT, INTERRUPTED = 2, 1, 130

app = typer.Typer(
    name="adil",
    help="Which rule shares a supercomputer fairly? Replay jobs under candidate rules and compare.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"adil {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    pass


app.command("run")(run.run)
app.command("check")(check.check)
app.command("replay")(replay.replay)
app.add_typer(trace.app, name="trace")
app.add_typer(rules.app, name="rules")
app.add_typer(conformance.app, name="conformance")
app.command("metrics")(metrics.metrics)
app.command("report")(report.report)
app.command("explain")(explain.explain)


def _say(message: str) -> None:
    print(message, file=sys.stderr)


def main() -> None:
    """Run the command line.

    Exit codes: 0; 2 bad input; 130 interrupted; 1 a fault of ours, or a worker that died.
    """
    try:
        status = app(standalone_mode=False)
    except InputError as error:
        _say(f"adil: {error}")
        sys.exit(BAD_INPUT)
    except WorkerDiedError as error:
        _say(f"adil: {error}")
        sys.exit(FAULT)
    except BrokenPipeError:
        # Whoever read our output has gone, like `head`; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # a mistake on the command line
            error.show()
            sys.exit(error.exit_code)
        traceback.print_exc()
        _say("adil: this is a fault of ours; please report it with the lines above")
        sys.exit(FAULT)
    if status == INTERRUPTED:  # what the command line makes of Ctrl-C
        _say("adil: interrupted")
    sys.exit(status if isinstance(status, int) else 0)
