"""The comparison of a study's rules: each metric with its interval and its verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any

import polars as pl

from simulator.metrics.registry import METRICS
from simulator.metrics.settings import Settings
from simulator.results.reader import Study
from simulator.study.measuring import Replication, chosen, measure_study
from simulator.study.verdicts import Verdict, judge


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a study shows of its rules; plain data."""

    study: str
    title: str
    rules: dict[str, str]
    """Titles by name, in the study's order."""
    baseline: str
    metrics: tuple[str, ...]
    confidence: float
    reading: str
    window: int
    replications: int
    verdicts: tuple[Verdict, ...]
    by_class: tuple[dict[str, Any], ...]
    """A row a rule and class: the means over replications of the columns of ``by_group``."""
    warm_ups: tuple[dict[str, Any], ...]
    """A row a replication: how long (s), how it was chosen, and the rules that came to the edge."""
    entitled: dict[str, str] = field(default_factory=dict)
    """Who is entitled to what, in words, by rules that serve somebody."""
    refused_by: dict[str, dict[str, float]] = field(default_factory=dict)
    """By rule: how many jobs each limit refused, or the machine, a replication."""
    held_by: dict[str, dict[str, float]] = field(default_factory=dict)
    """By rule: how many jobs each limit held back until the run ended, a replication."""
    unserved: tuple[dict[str, Any], ...] = ()
    """A row a rule, class and cause: jobs and GPU-hours that were not served, a replication."""

    def verdict(self, rule: str, metric_name: str) -> Verdict:
        """The verdict on one metric of one rule. Raises KeyError if it was not compared."""
        for each in self.verdicts:
            if (each.rule, each.metric) == (rule, metric_name):
                return each
        raise KeyError((rule, metric_name))

    def as_dict(self) -> dict[str, Any]:
        """Everything in plain JSON types."""
        return asdict(self)

    def table(self) -> pl.DataFrame:
        """One row a rule and metric; the columns are the fields of Verdict but ``values``."""
        rows = [{name: asdict(each)[name] for name in _COLUMNS} for each in self.verdicts]
        return pl.DataFrame(rows, schema=_COLUMNS)

    def unserved_table(self) -> pl.DataFrame:
        """One row a rule, class and cause of what was not served; see ``metrics.unserved``."""
        return pl.DataFrame(self.unserved, schema=_UNSERVED)


_UNSERVED = {
    **dict.fromkeys(("rule", "job_class", "cause"), pl.String),
    **dict.fromkeys(("jobs", "gpu_hours"), pl.Float64),
}
_COLUMNS = {
    **dict.fromkeys(("rule", "metric"), pl.String),
    **dict.fromkeys(("mean", "low", "high", "diff", "diff_low", "diff_high"), pl.Float64),
    **dict.fromkeys(("p", "p_holm"), pl.Float64),
    "mark": pl.String,
    "n": pl.Int64,
    **dict.fromkeys(("scale", "reason"), pl.String),
}


def compare(
    study: Study,
    progress: Callable[[int, int], None] | None = None,
    measured: Sequence[Replication] | None = None,
) -> Comparison:
    """Compare the rules of a study with its baseline.

    ``measured`` are its replications where they are measured already, in order; else they are
    measured here, and ``progress(done, all)`` is called after each.
    """
    settings = Settings.of(study.manifest)
    names = chosen(settings)
    if measured is None:
        measured = measure_study(study, progress)
    seed = int(study.manifest["seed"])
    verdicts = []
    for name in names:
        values = {rule: [one.runs[rule].values[name] for one in measured] for rule in study.rules}
        verdicts += judge(METRICS[name], values, settings.baseline, settings.confidence, seed)
    return Comparison(
        study=study.manifest["study"],
        title=study.manifest["title"],
        rules=dict(study.manifest["rules"]),
        baseline=settings.baseline,
        metrics=names,
        confidence=settings.confidence,
        reading=settings.reading,
        window=settings.window,
        replications=study.replications,
        verdicts=tuple(verdicts),
        by_class=tuple(_by_class(measured, study.rules)),
        warm_ups=tuple(_warm_up(replication) for replication in measured),
        entitled=dict(study.manifest.get("entitled", {})),
        refused_by={rule: _counts("refused_by", measured, rule) for rule in study.rules},
        held_by={rule: _counts("held_by", measured, rule) for rule in study.rules},
        unserved=tuple(_unserved(measured, study.rules)),
    )


def _by_class(measured: Sequence[Replication], rules: Sequence[str]) -> list[dict[str, Any]]:
    """Means over the replications in which the class has jobs, in the order of rules."""
    frames = [
        pl.DataFrame(one.runs[rule].by_class, infer_schema_length=None).with_columns(
            rule=pl.lit(rule)
        )
        for one in measured
        for rule in rules
        if one.runs[rule].by_class
    ]
    if not frames:
        return []
    table = pl.concat(frames, how="vertical_relaxed")
    means = table.group_by("rule", "group", maintain_order=True).agg(pl.all().mean())
    order = {rule: place for place, rule in enumerate(rules)}
    return sorted(means.to_dicts(), key=lambda row: (order[row["rule"]], row["group"]))


def _counts(what: str, measured: Sequence[Replication], rule: str) -> dict[str, float]:
    """Means over the replications, in the order of names."""
    runs: list[dict[str, int]] = [getattr(one.runs[rule], what) for one in measured]
    return {
        name: sum(run.get(name, 0) for run in runs) / len(runs) for name in sorted({*chain(*runs)})
    }


def _unserved(measured: Sequence[Replication], rules: Sequence[str]) -> list[dict[str, Any]]:
    """Means over all replications, in the order of rules, classes and causes."""
    found = []
    for rule in rules:
        rows = [row for one in measured for row in one.runs[rule].unserved]
        if not rows:
            continue
        sums = pl.DataFrame(rows).group_by("job_class", "cause").agg(pl.all().sum())
        means = sums.with_columns(pl.col("jobs", "gpu_hours") / len(measured))
        found += [{"rule": rule, **row} for row in means.sort("job_class", "cause").to_dicts()]
    return found


def _warm_up(replication: Replication) -> dict[str, Any]:
    own = {rule: run.warm_up for rule, run in replication.runs.items()}
    longest = max(own.values(), key=lambda each: each.end)
    return {
        "replication": replication.number,
        "seconds": longest.length,
        "how": longest.how,
        "at_edge": [rule for rule, each in own.items() if each.at_edge],
    }
