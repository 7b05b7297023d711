"""What ``adil rules`` shows: named rules, and the variants of stages with their pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cli.console import out, print_pairs

if TYPE_CHECKING:
    from simulator.rules.models import Rule
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
    print_pairs([("rule", name), ("title", rule.title), *rule.means.items()])
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
    _show_what_holds(rule)
    print_pairs([("", ""), ("overrun", f"{rule.overrun}: a job that reaches its walltime")])


TIMES = ("after", "exempt", "grace", "walltime", "start", "end", "duration", "every")


def _show_what_holds(rule: Rule) -> None:
    """Its limits, quotas, budgets, reservations and preemption, as a scenario would say them."""
    for stage in ("limits", "quotas", "budgets", "reservations", "qos"):
        for name, said in getattr(rule, stage).items():
            settings = said.model_dump(exclude_defaults=True)
            members = settings.pop("members", {})
            out.print()
            rows = [(stage, name), *((key, _amount(key, value)) for key, value in settings.items())]
            print_pairs([*rows, *((each, _words(quota)) for each, quota in members.items())])
    if rule.preemption is not None:
        out.print()
        settings = rule.preemption.model_dump(exclude_defaults=True)
        settings["how"] = rule.preemption.how.kind
        rows = [(key, _amount(key, each)) for key, each in settings.items()]
        print_pairs([("preemption", ""), *rows])


def _amount(key: str, value: object) -> str:
    """A setting with its unit."""
    from simulator.units import format_duration

    if isinstance(value, int) and key in TIMES:
        return format_duration(value)
    if isinstance(value, int) and key in ("work", "grant", "overdraft"):
        return f"{value / 3600:,g} GPU-h"
    return _words(value)


def _words(value: object) -> str:
    """A setting as people read it."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(each)}" for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_words(each) for each in value)
    return f"{value}"


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
