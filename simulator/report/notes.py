"""What a reader must know beside the numbers of a comparison, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.metrics.readings import READINGS
from simulator.metrics.registry import METRICS
from simulator.results.schema import MACHINE
from simulator.units import format_duration

if TYPE_CHECKING:
    from simulator.study.comparison import Comparison
    from simulator.study.verdicts import Verdict

MARKS = {
    "better": "▲",
    "worse": "▼",
    "no difference shown": "●",
    "baseline": "",
    "not judged": "",
    "not comparable": "?",
    "undefined": "",
}
"""Signs that stay apart without colour."""


def legend(comparison: Comparison) -> str:
    """What the marks mean, against which baseline."""
    base = comparison.rules[comparison.baseline] or comparison.baseline
    if len(comparison.rules) == 1:
        return "One rule alone: there is nothing to compare it with."
    if comparison.replications == 1:
        return f"? not comparable with {base}: one replication alone has no interval."
    return f"▲ better  ▼ worse  ● no difference shown, against {base}."


def notes(comparison: Comparison) -> list[str]:
    """Sentences on intervals, reading, load, warm-up, and what is left out or undefined."""
    return [
        *_intervals(comparison),
        f"Equal access is read as: {READINGS[comparison.reading]}.",
        *(f"Shares under {rule}: {who}." for rule, who in comparison.entitled.items()),
        *_load(comparison),
        _warm_up(comparison),
        *_left_out(comparison),
        *_undefined(comparison),
    ]


def _intervals(comparison: Comparison) -> list[str]:
    if comparison.replications == 1:
        return []
    level = f"{100 * comparison.confidence:g} %"
    others = len(comparison.rules) - 1
    text = f"[…]: {level} confidence over {comparison.replications} replications."
    if others:
        text += (
            " Below it the difference to the baseline, pair by pair, its interval adjusted by Holm"
            f" for {others} {'rule' if others == 1 else 'rules'}; marks come from this one."
        )
    return [
        text,
        "Means of slowdowns over replications are geometric, and compared by their ratio.",
    ]


def _baseline(comparison: Comparison, name: str) -> Verdict:
    return comparison.verdict(comparison.baseline, name)


def _load(comparison: Comparison) -> list[str]:
    load = _baseline(comparison, "offered_load").mean
    if load is None:
        return []
    return [f"Offered load: {100 * load:.1f} % of the machine; full use hardly exceeds it."]


def _warm_up(comparison: Comparison) -> str:
    lengths = sorted(row["seconds"] for row in comparison.warm_ups)
    span = format_duration(lengths[0])
    if lengths[-1] != lengths[0]:
        span += f" to {format_duration(lengths[-1])}"
    text = f"Left out as warm-up, of every rule alike: {span} ({comparison.warm_ups[0]['how']})"
    edges = sum(1 for row in comparison.warm_ups if row["at_edge"])
    if edges:
        text += (
            f"; in {edges} of {len(lengths)} replications the search ended at its edge, half of the"
            " run: the load may not have settled"
        )
    return text + "."


def _left_out(comparison: Comparison) -> list[str]:
    refused = {rule: dict(by) for rule, by in comparison.refused_by.items()}
    never_fit = [by.pop(MACHINE, 0) for by in refused.values()]
    lines = []
    if any(never_fit):
        lines.append(f"Jobs that can never fit, refused: {max(never_fit):,.4g} a replication.")
    for rule, by in refused.items():
        if by:
            counts = ", ".join(f"{name} {count:,.4g}" for name, count in by.items())
            lines.append(f"Jobs refused by limits of {rule}, a replication: {counts}.")
    for rule, held in comparison.held_by.items():
        if held:
            counts = ", ".join(f"{name} {count:,.4g}" for name, count in held.items())
            lines.append(f"Jobs held back by {rule} until the run ended, a replication: {counts}.")
    unfinished = {
        rule: comparison.verdict(rule, "unfinished_jobs").mean or 0 for rule in comparison.rules
    }
    if any(unfinished.values()):
        counts = ", ".join(f"{rule} {count:,.4g}" for rule, count in unfinished.items())
        lines.append(f"Jobs unfinished when the run ended, a replication: {counts}.")
    return lines


def _undefined(comparison: Comparison) -> list[str]:
    """A sentence for each reason, with all that it makes undefined."""
    found: dict[str, dict[str, None]] = {}
    for verdict in comparison.verdicts:
        if verdict.mark == "undefined":
            found.setdefault(str(verdict.reason), {})[METRICS[verdict.metric].title] = None
    lines = []
    for reason, titles in found.items():
        *others, last = titles
        who = f"{', '.join(others)} and {last}" if others else last
        verb = "are" if others else "is"
        lines.append(f"{who[0].upper()}{who[1:]} {verb} undefined, because {reason}.")
    return lines
