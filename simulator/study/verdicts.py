"""Better, worse, or no difference shown: one metric of every rule against the baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from simulator.metrics.base import Metric, Scale, Undefined, Value
from simulator.streams import Streams
from simulator.study.statistics import Floats, Interval, Mean, differences, holm

Mark = Literal[
    "better",
    "worse",
    "no difference shown",
    "baseline",
    "not judged",
    "not comparable",
    "undefined",
]
"""not judged: the metric describes; not comparable: one replication alone has no interval."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One metric of one rule over n replications, and its paired difference to the baseline.

    On the scale "log" the mean is geometric, and the difference is a ratio, rule to baseline. The
    interval of the mean is at the study's confidence, that of the difference adjusted by Holm over
    the rules; p and p_holm belong to the difference. None: there is no such number; ``reason`` says
    why.
    """

    rule: str
    metric: str
    n: int
    scale: Scale
    values: tuple[float | None, ...]
    """One a replication."""
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    diff: float | None = None
    diff_low: float | None = None
    diff_high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    mark: Mark = "undefined"
    reason: str = ""


def judge(
    metric: Metric,
    values: Mapping[str, Sequence[Value]],
    baseline: str,
    confidence: float,
    seed: int,
) -> list[Verdict]:
    """The verdicts on the rules: ``values`` has one a replication for each, pairs in one order.

    Holm's family is the rules other than the baseline, metric by metric. Bootstraps draw from
    streams "bootstrap" of ``seed``, one for each metric, so that the same replications are drawn
    for every rule.
    """
    verdicts = {
        rule: _described(metric, rule, each, confidence, seed) for rule, each in values.items()
    }
    base = verdicts[baseline]
    compared: dict[str, Mean] = {}
    for rule, verdict in verdicts.items():
        if rule == baseline or verdict.mean is None:
            continue
        if base.mean is None:
            verdicts[rule] = replace(verdict, reason=f"of the baseline: {base.reason}")
            continue
        pairs = differences(_floats(verdict), _floats(base), log=metric.scale == "log")
        compared[rule] = Mean(pairs, _generator(seed, metric))
    if base.mean is not None:
        verdicts[baseline] = replace(base, mark="baseline")
    tested = {rule: mean for rule, mean in compared.items() if mean.p is not None}
    adjusted = holm([mean.p or 0.0 for mean in tested.values()], confidence)
    for rule, mean in compared.items():
        if rule not in tested:
            alone = mean.interval(confidence)
            verdicts[rule] = _with_difference(verdicts[rule], metric, alone, "not comparable")
    for (rule, mean), p_holm, level in zip(
        tested.items(), adjusted.p, adjusted.confidence, strict=True
    ):
        interval = mean.interval(level)
        mark = _mark(metric, interval, rejected=p_holm <= 1 - confidence)
        verdict = _with_difference(verdicts[rule], metric, interval, mark)
        verdicts[rule] = replace(verdict, p=mean.p, p_holm=p_holm)
    return list(verdicts.values())


def _described(
    metric: Metric, rule: str, values: Sequence[Value], confidence: float, seed: int
) -> Verdict:
    """The mean and its interval, or why there is none."""
    numbers = tuple(None if isinstance(value, Undefined) else value for value in values)
    verdict = Verdict(rule, metric.name, len(values), metric.scale, numbers)
    reasons = [value.reason for value in values if isinstance(value, Undefined)]
    if reasons:
        where = (
            "" if len(reasons) == len(values) == 1 else f"{len(reasons)} of {len(values)} runs: "
        )
        return replace(verdict, reason=where + reasons[0])
    floats = _floats(verdict)
    if metric.scale == "log" and floats.min() <= 0:
        return replace(verdict, reason="a value of 0 has no logarithm")
    taken = np.log(floats) if metric.scale == "log" else floats
    mean = Mean(taken, _generator(seed, metric))
    interval = _back(mean.interval(confidence), metric)
    reason = "" if interval.low is not None else interval.method
    return replace(verdict, mean=interval.mean, low=interval.low, high=interval.high, reason=reason)


def _generator(seed: int, metric: Metric) -> np.random.Generator:
    return Streams(seed, 0).take("bootstrap", metric.name)


def _floats(verdict: Verdict) -> Floats:
    return np.array(verdict.values, np.float64)


def _back(interval: Interval, metric: Metric) -> Interval:
    """From logarithms back to numbers, where the metric is on that scale."""
    if metric.scale == "linear":
        return interval
    low = None if interval.low is None else math.exp(interval.low)
    high = None if interval.high is None else math.exp(interval.high)
    return replace(interval, mean=math.exp(interval.mean), low=low, high=high)


def _with_difference(verdict: Verdict, metric: Metric, interval: Interval, mark: Mark) -> Verdict:
    difference = _back(interval, metric)
    return replace(
        verdict,
        diff=difference.mean,
        diff_low=difference.low,
        diff_high=difference.high,
        mark=mark,
    )


def _mark(metric: Metric, interval: Interval, *, rejected: bool) -> Mark:
    if not metric.judges:
        return "not judged"
    if not rejected:
        return "no difference shown"
    return "better" if (interval.mean > 0) == (metric.direction == "higher") else "worse"
