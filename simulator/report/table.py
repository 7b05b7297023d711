"""A comparison on the terminal: a row a rule, the three demands with intervals and marks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from simulator.metrics.demands import DEMANDS
from simulator.metrics.losses import LOST_TO
from simulator.metrics.registry import METRICS
from simulator.report.notes import MARKS, legend, notes
from simulator.report.numbers import in_words, interval
from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.study.comparison import Comparison
    from simulator.study.verdicts import Verdict

_STYLES = {"better": "green", "worse": "red"}
_WIDE = 96
_FIRST, _COLUMN = 16, 10
"""Columns of text that a grid's first column takes at least, and each rule's."""
_BESIDE = {"mean wait": "mean_wait", "bounded\nslowdown": "mean_bounded_slowdown"}
_IN_NOTES = {"offered_load", "refused_jobs", "unfinished_jobs"}


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print the tables of a comparison and what must be known to read them.

    Made for 100 columns; on fewer than 96 it shows a digit less.
    """
    console.print(demands_table(comparison, console.width))
    console.print(Text(legend(comparison)))
    for line in notes(comparison):
        console.print(Text(line, style="dim"))
    for rule, title in comparison.rules.items():
        if title not in ("", rule):
            console.print(Text(f"{rule}: {title}.", style="dim"))
    console.print()
    parts = _parts(comparison, console.width)
    for make in (_other_metrics, classes_table, unserved_table):
        for rules in parts:
            table = make(comparison, console.width, rules)
            if table is not None:
                console.print(table)


def _parts(comparison: Comparison, width: int) -> list[list[str]]:
    """The rules, a table for so many as there is room for columns of; as even as can be."""
    rules = list(comparison.rules)
    most = max((width - _FIRST) // _COLUMN, 1)
    parts = -(-len(rules) // most)
    size = -(-len(rules) // parts)
    return [rules[start : start + size] for start in range(0, len(rules), size)]


def comparison_json(comparison: Comparison) -> str:
    """The whole comparison as one JSON object."""
    return json.dumps(comparison.as_dict(), ensure_ascii=False, allow_nan=False)


def demands_table(comparison: Comparison, width: int) -> Table:
    """One row a rule: equal access, full use, priority kept, mean wait, bounded slowdown.

    The first line of a demand has the mark and the mean, the second the mean's interval, the third
    the Holm-adjusted interval of the difference to the baseline.
    """
    digits = 3 if width >= _WIDE else 2
    table = _table(comparison.title or comparison.study, digits == 3)
    least = min(16 if digits == 3 else 9, max(map(len, comparison.rules)))
    table.add_column("rule", overflow="fold", min_width=least)
    for name in (*DEMANDS, *_BESIDE):
        table.add_column(name, no_wrap=True)
    for rule in comparison.rules:
        demands = [_demand(comparison.verdict(rule, name), digits) for name in DEMANDS.values()]
        beside = [_marked(comparison.verdict(rule, name)) for name in _BESIDE.values()]
        table.add_row(Text(rule, style="bold"), *demands, *beside)
    return table


def _table(title: str, roomy: bool) -> Table:
    return Table(
        title=Text(title, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1) if roomy else (0, 1, 0, 0),
        pad_edge=False,
    )


def _marked(verdict: Verdict) -> Text:
    """The mark and the mean of a metric."""
    if verdict.mean is None:
        return Text("undefined", style="dim")
    number = in_words(METRICS[verdict.metric], verdict.mean)
    return Text(f"{MARKS[verdict.mark] or ' '} {number}", style=_STYLES.get(verdict.mark, ""))


def _demand(verdict: Verdict, digits: int) -> Group:
    metric = METRICS[verdict.metric]
    lines = [_marked(verdict)]
    if verdict.low is not None and verdict.high is not None:
        lines.append(Text(interval(metric, verdict.low, verdict.high, digits)))
    if verdict.mark == "baseline":
        lines.append(Text("baseline", style="dim"))
    elif verdict.diff_low is not None and verdict.diff_high is not None:
        ends = interval(metric, verdict.diff_low, verdict.diff_high, digits, signed=True)
        lines.append(Text(ends, style="dim"))
    return Group(*lines)


def _other_metrics(comparison: Comparison, width: int, rules: Sequence[str]) -> Table | None:
    """One row a metric that the first table has not, one column a rule."""
    shown = {*DEMANDS.values(), *_BESIDE.values(), *_IN_NOTES}
    names = [
        name
        for name in comparison.metrics
        if name not in shown and not _nothing_lost(comparison, name)
    ]
    if not names:
        return None
    table = _grid(rules, "Other metrics", "metric", width)
    for name in names:
        verdicts = [comparison.verdict(rule, name) for rule in rules]
        # Columns are narrow: what is counted stands once, with the metric's title.
        cells = [_marked(verdict) for verdict in verdicts]
        unit = METRICS[name].unit
        counted = unit not in ("", "s", "share")
        for cell in cells:
            cell.remove_suffix(f" {unit}")
        table.add_row(METRICS[name].title + (f", {unit}" if counted else ""), *cells)
    return table


def _nothing_lost(comparison: Comparison, name: str) -> bool:
    """It is a cause of losses that cost nothing under any rule."""
    return name.startswith(LOST_TO) and not any(
        comparison.verdict(rule, name).mean for rule in comparison.rules
    )


def classes_table(comparison: Comparison, width: int, rules: Sequence[str]) -> Table | None:
    """Median wait: one row a class, one column a rule; None where there is one class alone."""
    medians = {(row["group"], row["rule"]): row["median_wait"] for row in comparison.by_class}
    classes = sorted({group for group, _ in medians})
    if len(classes) < 2:
        return None
    table = _grid(rules, "Median wait by class", "class", width)
    for group in classes:
        waits = [medians.get((group, rule)) for rule in rules]
        table.add_row(group, *("–" if wait is None else format_duration(wait) for wait in waits))
    return table


def unserved_table(comparison: Comparison, width: int, rules: Sequence[str]) -> Table | None:
    """GPU-hours not served: one row a cause and class, one column a rule; None if there are none.

    Where rules leave the same unserved of a cause, whatever they do, it is no matter of theirs and
    is left out.
    """
    hours: dict[tuple[str, str], dict[str, float]] = {}
    for row in comparison.unserved:
        hours.setdefault((row["cause"], row["job_class"]), {})[row["rule"]] = row["gpu_hours"]
    everyone = list(comparison.rules)
    differ = {
        cause
        for (cause, _), by_rule in hours.items()
        if len({round(by_rule.get(rule, 0.0), 6) for rule in everyone}) > 1 or len(everyone) == 1
    }
    if not differ:
        return None
    title = "Demand not served, GPU-hours a replication"
    table = _grid(rules, title, "cause, class", width)
    for (cause, group), by_rule in sorted(hours.items()):
        if cause in differ:
            cells = (f"{by_rule[rule]:,.0f}" if rule in by_rule else "–" for rule in rules)
            table.add_row(f"{cause}, {group}", *cells)
    return table


def _grid(rules: Sequence[str], title: str, first: str, width: int) -> Table:
    """An empty table with a column a rule; long first columns fold before the rules' names do."""
    table = _table(title, roomy=width >= _WIDE)
    table.add_column(first, overflow="fold", min_width=11)
    fits = sum(max(len(rule), 11) + 2 for rule in rules) + 14 <= width
    for rule in rules:
        table.add_column(rule, overflow="fold", no_wrap=fits)
    return table
