"""A scenario in plain words: what ``adil check`` prints before anything is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.rules.ordering.serving import Serving
from simulator.scenario.machine_summary import machine_rows
from simulator.scenario.models import Comparison, Scenario
from simulator.units import format_duration
from simulator.workload.models import Filter, Log
from simulator.workload.synthetic.models import Synthetic

if TYPE_CHECKING:
    from simulator.rules.models import Rule
    from simulator.scenario.load import Loaded

Row = tuple[str, str]
READINGS = {
    "person": "each user alike",
    "organisation": "each account alike",
    "need": "each account by its approved need",
}


def summarise(loaded: Loaded) -> list[Row]:
    """Rows of a name and what stands for it, in the order in which they are read."""
    scenario = loaded.scenario
    return [
        ("study", f"{scenario.name} · {scenario.title}" if scenario.title else scenario.name),
        *machine_rows(scenario.cluster),
        ("workload", _workload(scenario)),
        ("calendar", _calendar(scenario)),
        *_rules(scenario),
        ("judged by", _judged(scenario.comparison)),
        ("replications", _replications(scenario)),
        ("files", ", ".join(loaded.files)),
        ("identity", loaded.identity[:12]),
        ("results", f"results/{scenario.name}"),
    ]


def _time(seconds: int) -> str:
    return format_duration(seconds, units=4)


def _workload(scenario: Scenario) -> str:
    if isinstance(scenario.workload, Log):
        return _log(scenario.workload)
    return _synthetic(scenario.workload)


def _log(log: Log) -> str:
    parts = [f"the log {log.trace}"]
    if log.keep:
        parts.append(f"only jobs chosen by {_chosen_by(log.keep)}")
    if log.drop:
        parts.append(f"without jobs chosen by {_chosen_by(log.drop)}")
    if log.window:
        parts.append(f"{_time(log.window.duration)} of it from {_time(log.window.start)}")
    if log.scale:
        parts.append(f"load × {log.scale.load:g} by {log.scale.by}")
    if log.outcomes == "replay":
        parts.append("jobs fail and are taken back as recorded")
    if log.classes:
        parts.append(f"classes by {log.classes.by}")
    return ", ".join(parts)


def _chosen_by(jobs: Filter) -> str:
    return " and ".join(jobs.model_dump(exclude_none=True)).replace("_", " ")


def _synthetic(made: Synthetic) -> str:
    people = [each for name, group in made.classes.items() for each in group.people(name)]
    users, accounts = len({user for _, user in people}), len({account for account, _ in people})
    return (
        f"synthetic, {_time(made.duration)} at load {made.load:g}; "
        f"{users:,} users in {accounts:,} accounts of {len(made.classes)} classes: "
        + ", ".join(made.classes)
        + _endings(made)
        + _deadlines(made)
    )


def _endings(made: Synthetic) -> str:
    stated = {"all": made.endings} | {name: each.endings for name, each in made.classes.items()}
    parts = [
        f"{name} {each.fail:.0%} fail, {each.cancel:.0%} are taken back"
        for name, each in stated.items()
        if each is not None
    ]
    return "; ".join(("", *parts))


def _deadlines(made: Synthetic) -> str:
    stated = {"all": made.deadlines} | {n: each.deadlines for n, each in made.classes.items()}
    parts = [
        f"{name} {each.share:.0%} are needed by a time" for name, each in stated.items() if each
    ]
    return "; ".join(("", *parts))


def _calendar(scenario: Scenario) -> str:
    log = isinstance(scenario.workload, Log)
    epoch = "the log's first instant" if log else "2027-01-04 00:00"
    zone = "the log's zone" if log else "Asia/Almaty"
    if scenario.epoch:
        epoch = f"{scenario.epoch:%Y-%m-%d %H:%M}"
    return f"from {epoch}, {scenario.time_zone or zone}"


def _rules(scenario: Scenario) -> list[Row]:
    return [
        (
            "rule",
            f"{name} · {rule.title or name}"
            + (
                f"; shares {rule.accounts.entitlement}"
                if isinstance(rule.ordering, Serving)
                else ""
            )
            + _what_holds(rule)
            + (" (baseline)" if name == scenario.baseline else ""),
        )
        for name, rule in scenario.rules.items()
    ]


def _what_holds(rule: Rule) -> str:
    """What else makes jobs wait or stop."""
    words = [
        f"; {kind} {', '.join(names)}"
        for kind in ("limits", "quotas", "budgets", "reservations")
        if (names := getattr(rule, kind))
    ]
    if rule.reforms:
        times = ", ".join(
            format_duration(each.at) if isinstance(each.at, int) else f"{each.at:%Y-%m-%d %H:%M}"
            for each in rule.reforms
        )
        words.append(f"; reformed at {times}")
    if rule.applications is not None:
        words.append(f"; applications in {', '.join(rule.applications.tiers)}")
    if rule.preemption is not None:
        what = "quotas reclaimed" if rule.preemption.reclaim else "preemption"
        what += " and ranks" if rule.preemption.reclaim and rule.preemption.ranks else ""
        what += " of quality of service" if rule.backfill.kind == "slurm" else ""
        stage = rule.preemption
        if stage.ranks or stage.idle is None or stage.reclaim:
            words.append(f"; {what}, by {stage.how.kind}")
        if stage.idle is not None:
            words.append(f"; idle GPUs taken back {stage.idle.when}, by {stage.idle.how.kind}")
    return "".join(words)


def _judged(comparison: Comparison) -> str:
    parts = [f"equal access for {READINGS[comparison.reading]}", "full use"]
    parts.append("priority of " + ", ".join(comparison.priority_classes or ("nobody",)))
    parts += comparison.metrics
    return ", ".join(parts) + f"; confidence {comparison.confidence:.0%}"


def _replications(scenario: Scenario) -> str:
    runs = scenario.replications * len(scenario.rules)
    return f"{scenario.replications:,} of each rule, {runs:,} runs; seed {scenario.seed}"
