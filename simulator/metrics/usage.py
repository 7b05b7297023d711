"""How usage is spread over the whole run: a description of demand, never a verdict on a rule."""

from __future__ import annotations

from collections.abc import Callable

from simulator.metrics.arrays import Floats, sum_by
from simulator.metrics.base import HELD, Metric, Undefined, Value
from simulator.metrics.inequality import (
    Theil,
    atkinson,
    gini,
    hoover,
    jain,
    max_min_ratio,
    theil,
)
from simulator.metrics.measured import Measured
from simulator.metrics.readings import Groups


def usage_of(measured: Measured, groups: Groups) -> Floats:
    """GPU-seconds that each group held over the whole run."""
    ran = measured.spells.ran
    held = measured.gpus[ran.job] * (ran.end - ran.start)
    return sum_by(groups.member[ran.job], held, len(groups.names))


def _relative(reduce: Callable[[Floats], Value]) -> Callable[[Measured], Value]:
    """Of x = usage/entitlement, one a group of the study's reading."""

    def compute(measured: Measured) -> Value:
        groups = measured.groups
        if isinstance(groups, Undefined):
            return groups
        return reduce(usage_of(measured, groups) / groups.entitlement)

    return compute


def _theil(part: Callable[[Theil], float]) -> Callable[[Measured], Value]:
    def compute(measured: Measured) -> Value:
        groups = measured.groups
        if isinstance(groups, Undefined):
            return groups
        split = theil(usage_of(measured, groups) / groups.entitlement, groups.job_class)
        return split if isinstance(split, Undefined) else part(split)

    return compute


def _hoover(measured: Measured) -> Value:
    groups = measured.groups
    if isinstance(groups, Undefined):
        return groups
    return hoover(usage_of(measured, groups), groups.entitlement)


def _metric(
    name: str, title: str, formula: str, source: str, compute: Callable[[Measured], Value]
) -> Metric:
    return Metric(name, title, formula, "", "none", "user", source, HELD, False, compute)


METRICS = (
    _metric(
        "jain_usage",
        "Jain index of usage",
        "(Σx)²/(nΣx²), x = usage/entitlement",
        "Jain, Chiu & Hawe 1984; arXiv 0906.0557",
        _relative(jain),
    ),
    _metric(
        "gini_usage",
        "Gini coefficient of usage",
        "Σ|xᵢ−xⱼ|/(2n²μ), x = usage/entitlement",
        "Gini 1912",
        _relative(gini),
    ),
    _metric(
        "theil_usage",
        "Theil index of usage",
        "mean[(x/μ)ln(x/μ)], x = usage/entitlement",
        "Theil 1967",
        _theil(lambda split: split.total),
    ),
    _metric(
        "theil_usage_between",
        "Theil index of usage between classes",
        "Σ_g s_g ln(s_g n/n_g); a group's class is its first job's",
        "Theil 1967",
        _theil(lambda split: split.between),
    ),
    _metric(
        "theil_usage_within",
        "Theil index of usage within classes",
        "Σ_g s_g T_g; a group's class is its first job's",
        "Theil 1967",
        _theil(lambda split: split.within),
    ),
    _metric(
        "atkinson_usage",
        "Atkinson index of usage",
        "1 − geometric mean of x/μ, x = usage/entitlement (ε = 1)",
        "Atkinson 1970",
        _relative(atkinson),
    ),
    _metric(
        "hoover_usage",
        "Hoover index of usage",
        "½Σ|usage share − entitlement share|",
        "Hoover 1936",
        _hoover,
    ),
    _metric(
        "max_min_usage",
        "least to greatest usage",
        "min x/max x, x = usage/entitlement",
        "",
        _relative(max_min_ratio),
    ),
)
"""Over users or accounts, by the study's reading; the whole run, warm-up too."""
