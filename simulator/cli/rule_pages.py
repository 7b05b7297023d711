"""What ``adil rules`` shows: named rules, and the variants of stages with their pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cli.console import out, print_pairs

if TYPE_CHECKING:
    from simulator.scenario.rule_pages import Page


def list_all() -> None:
    """The named rules, and each variant of each stage in a sentence."""
    from simulator.scenario.rule_catalogue import named_rule, rule_names
    from simulator.scenario.rule_pages import STAGES, variants

    print_pairs([(each, named_rule(each).title) for each in rule_names()], "Named rules")
    for stage, (decides, _) in STAGES.items():
        pages = variants(stage).values()
        out.print()
        print_pairs([(page.word, page.gist) for page in pages], f"{stage}: {decides}")
    out.print("\n`adil rules NAME` explains one; a scenario may change any stage of a rule.")


def explain_one(name: str) -> None:
    """A named rule, or a variant of that name. Raises InputError with the nearest name."""
    from simulator.errors import InputError, nearest
    from simulator.scenario.rule_catalogue import rule_names
    from simulator.scenario.rule_pages import pages_of, words

    pages = pages_of(name)
    if name not in rule_names() and not pages:
        known = {*rule_names(), *words()}
        raise InputError(f"no rule is named {name!r}", right=nearest(name, known))
    if name in rule_names():
        _show_rule(name)
    else:
        for page in pages:
            _show(page)


def _show_rule(name: str) -> None:
    from simulator.scenario.rule_catalogue import named_rule
    from simulator.scenario.rule_pages import variants

    rule = named_rule(name)
    print_pairs([("rule", name), ("title", rule.title)])
    for stage in ("ordering", "backfill", "accounting.fade"):
        if stage == "accounting.fade":
            if "accounting" not in rule.model_fields_set:
                continue
            model = rule.accounting.fade
        else:
            model = getattr(rule, stage)
        out.print()
        said = {key: value for key, value in model.model_dump().items() if key != "kind"}
        _show(variants(stage)[model.kind], said)
    print_pairs([("", ""), ("overrun", f"{rule.overrun}: a job that reaches its walltime")])


def _show(page: Page, said: dict[str, object] | None = None) -> None:
    """A variant; ``said``: its parameters in a named rule."""
    rows = [(page.stage, page.word), *(("", each) for each in page.text)]
    for parameter, takes, default, meaning in page.parameters:
        here = f"{said[parameter]}" if said else f"{takes}; default {default}"
        rows.append((parameter, f"{here}. {meaning}".replace("`", "")))
    for head, text in (("example", page.example), ("source", page.source)):
        if text:
            rows.append((head, text.replace("`", "")))
    print_pairs(rows)
