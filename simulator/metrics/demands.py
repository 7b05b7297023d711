"""The three demands on a rule: equal access, full use, priority kept."""

from __future__ import annotations

import math

import numpy as np

from simulator.metrics.arrays import sum_by
from simulator.metrics.base import NEEDING, Metric, Undefined, Value
from simulator.metrics.inequality import jain
from simulator.metrics.measured import Measured
from simulator.metrics.service import NO_JOBS

DEMANDS = {
    "equal access": "equal_access",
    "full use": "utilisation",
    "priority kept": "priority_kept",
}
"""Each demand and the metric that judges it."""


def equal_access(measured: Measured) -> Value:
    """Jain index over groups of x = 1/mean bounded slowdown of the group's measured jobs.

    Groups are those of the study's reading. By need, each account weighs as much as its approved
    need, so that every unit of need counts alike: (Σwx)²/(ΣwΣwx²).
    """
    groups = measured.groups
    if isinstance(groups, Undefined):
        return groups
    member = groups.member[measured.measured]
    if not len(member):
        return NO_JOBS
    jobs = np.bincount(member, minlength=len(groups.names))
    total = sum_by(member, measured.slowdown[measured.measured], len(groups.names))
    served = jobs > 0
    return jain(jobs[served] / total[served], groups.entitlement[served])


def priority_kept(measured: Measured) -> Value:
    """ln(mean bounded slowdown of the priority classes/that of the others); below 0 is kept."""
    wanted = measured.settings.priority_classes
    if not wanted:
        return Undefined("the scenario names no priority classes")
    classes, codes = measured.job_class
    first = np.array([name in wanted for name in classes])[codes]
    slowdown = measured.slowdown
    ahead, others = slowdown[measured.measured & first], slowdown[measured.measured & ~first]
    if not len(ahead):
        return Undefined(f"no measured job is of the priority class {', '.join(wanted)}")
    if not len(others):
        return Undefined("every measured job is of a priority class")
    return math.log(float(ahead.mean()) / float(others.mean()))


METRICS = (
    Metric(
        "equal_access",
        "equal access",
        "Jain index of 1/mean bounded slowdown over users, accounts, "
        "or accounts weighted by approved need",
        "",
        "higher",
        "user",
        "Jain, Chiu & Hawe 1984, on what users feel",
        NEEDING,
        True,
        equal_access,
    ),
    Metric(
        "priority_kept",
        "priority kept",
        "ln(mean bounded slowdown of the priority classes/of the others)",
        "",
        "lower",
        "class",
        "",
        NEEDING,
        True,
        priority_kept,
    ),
)
