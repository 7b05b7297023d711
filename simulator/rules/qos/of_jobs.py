"""Which quality of service each job has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.rules.qos.models import Qos
    from simulator.workload.columns import Ints, Jobs


def qos_of(jobs: Jobs, known: Mapping[str, Qos]) -> Ints:
    """(jobs,) a place in ``known`` for each job, −1 for none.

    Raises InputError for a quality of service that jobs name and the rule does not know; a rule
    that knows none at all ignores them.
    """
    places = {name: place for place, name in enumerate(known)}
    of_class = np.full(len(jobs.classes), -1, np.int64)
    for name, qos in known.items():
        for each in qos.classes:
            if each in jobs.classes:
                of_class[jobs.classes.index(each)] = places[name]
    found: Ints = of_class[jobs.job_class]
    if not known or not len(jobs.qos):
        return found
    named = np.full(len(jobs.qos_names) + 1, -1, np.int64)
    for code in np.unique(jobs.qos[jobs.qos >= 0]).tolist():
        name = jobs.qos_names[code]
        if name not in places:
            raise InputError(
                f"jobs have the quality of service {name!r}, which the rule does not know",
                right=nearest(name, places),
            )
        named[code] = places[name]
    return np.where(jobs.qos >= 0, named[jobs.qos], found)
