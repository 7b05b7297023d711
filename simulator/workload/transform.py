"""Pieces, selections and other loads of a log. No transform touches the times between jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simulator.errors import InputError, nearest
from simulator.units import format_duration
from simulator.workload.columns import Jobs
from simulator.workload.speedups import speed_columns
from simulator.workload.steps import Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulator.workload.models import Classes, Filter, Window
    from simulator.workload.recorded import Attribute, Recorded

    Mask = NDArray[np.bool_]


def matches(recorded: Recorded, wanted: Filter) -> Mask:
    """Which jobs (n,) fit every part of the filter. Raises InputError for a name the log lacks."""
    jobs = recorded.jobs
    fits = np.ones(len(jobs), np.bool_)
    named: tuple[tuple[Attribute, tuple[str, ...] | None], ...] = (
        ("user", wanted.users),
        ("account", wanted.accounts),
        ("queue", wanted.queues),
        ("partition", wanted.partitions),
    )
    for attribute, names in named:
        if names is not None:
            fits &= _belongs(recorded, attribute, names)
    for column, low, high in (
        (jobs.gpus, wanted.min_size, wanted.max_size),
        (jobs.run_time, wanted.min_run_time, wanted.max_run_time),
    ):
        if low is not None:
            fits &= column >= low
        if high is not None:
            fits &= column <= high
    return fits


def _belongs(recorded: Recorded, attribute: Attribute, names: tuple[str, ...]) -> Mask:
    codes, known = recorded.attribute(attribute)
    for name in names:
        if name not in known:
            raise InputError(f"the log has no {attribute} {name!r}", right=nearest(name, known))
    return np.isin(codes, [known.index(name) for name in names])


def select(
    recorded: Recorded, keep: Filter | None, drop: Filter | None, window: Window | None
) -> tuple[Recorded, tuple[Step, ...]]:
    """The jobs that are kept, not dropped, and submitted within the window."""
    submit = recorded.jobs.submit
    chosen = np.ones(len(submit), np.bool_)
    steps = []
    if window is not None:
        start = int(submit[0]) + window.start
        chosen = (submit >= start) & (submit < start + window.duration)
        what = f"jobs outside the window of {format_duration(window.duration)}: left out"
        steps.append(Step("window", int(np.count_nonzero(~chosen)), what))
    for name, wanted in (("keep", keep), ("drop", drop)):
        if wanted is not None:
            passes = matches(recorded, wanted) == (name == "keep")
            left_out = int(np.count_nonzero(chosen & ~passes))
            steps.append(Step(name, left_out, f"jobs by the filter {name!r}: left out"))
            chosen &= passes
    if not chosen.any():
        raise InputError(
            f"no job of {len(submit):,} is left by window and filters", right="widen them"
        )
    return recorded.take(chosen), tuple(steps)


def classify(recorded: Recorded, classes: Classes) -> tuple[Jobs, Step]:
    """The jobs with their classes of applicants."""
    codes, known = recorded.attribute(classes.by)
    if not classes.members:
        names, of_code = known, np.arange(len(known))
    else:
        names = tuple(dict.fromkeys((*classes.members, classes.others)))
        of_code = np.full(len(known), names.index(classes.others))
        for name, labels in classes.members.items():
            for label in labels:
                if label not in known:
                    right = nearest(label, known)
                    raise InputError(f"the log has no {classes.by} {label!r}", right=right)
                of_code[known.index(label)] = names.index(name)
    for name in classes.speedups:
        if name not in names:
            raise InputError(f"the log has no class {name!r}", right=nearest(name, names))
    used, job_class = np.unique(of_code[codes], return_inverse=True)
    called = tuple(names[code] for code in used)
    jobs = replace(
        recorded.jobs,
        job_class=job_class.astype(np.int32),
        classes=called,
        **speed_columns(job_class.astype(np.int32), called, classes.speedups),
    )
    return jobs, Step("classes", len(jobs), f"jobs put into {len(used)} classes by {classes.by}")
