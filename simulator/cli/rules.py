"""``adil rules``: what each named rule does."""

from __future__ import annotations

import inspect
from typing import Annotated

import typer

from simulator.cli.console import out, print_pairs


def rules(
    name: Annotated[str | None, typer.Argument(help="Explain this one.")] = None,
) -> None:
    """List the named rules, or explain one: its stages, their parameters and sources."""
    from simulator.scenario.rule_catalogue import named_rule, rule_names

    if name is None:
        print_pairs([(each, named_rule(each).title) for each in rule_names()])
        out.print("\n`adil rules NAME` explains one; a scenario may change any of its stages.")
        return
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
