"""Whom equal access is for: the groups of a reading, and what each is entitled to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.metrics.arrays import Floats, Ints
from simulator.metrics.base import Undefined

if TYPE_CHECKING:
    from simulator.metrics.measured import Measured

READINGS = {
    "person": "every user alike",
    "organisation": "every account alike",
    "need": "every account by its approved need",
}


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a run that has n counted jobs or more."""

    names: list[str]
    member: Ints
    """One a job: the row of its group."""
    entitlement: Floats
    """One a group: its share of the machine; all sum to 1."""
    job_class: Ints
    """One a group: the row, among the class names, of its first job's class."""


def groups_of(measured: Measured) -> Groups | Undefined:
    """The groups by the study's reading that have counted jobs.

    person: users, each entitled to the same; organisation: accounts, likewise; need: accounts, each
    class's approved need shared equally by its accounts (an account with jobs in two classes has a
    part of each).
    """
    reading = measured.settings.reading
    names, codes = measured.user if reading == "person" else measured.account
    counted = np.flatnonzero(measured.counted)
    present = np.flatnonzero(np.bincount(codes[counted], minlength=len(names)))
    if len(present) == 0:
        return Undefined("no job was submitted that could run")
    row = np.full(len(names), -1, np.int64)
    row[present] = np.arange(len(present))
    member = row[codes]
    classes, job_class = measured.job_class
    first_class = np.empty(len(present), np.int64)
    first_class[member[counted[::-1]]] = job_class[counted[::-1]]  # the last write stays
    entitlement: Floats | Undefined = np.ones(len(present))
    if reading == "need":
        pairs = np.zeros((len(present), len(classes)))
        pairs[member[counted], job_class[counted]] = 1.0
        entitlement = _approved(pairs, classes, measured.settings.entitlement)
    if isinstance(entitlement, Undefined):
        return entitlement
    return Groups(
        names=[names[code] for code in present],
        member=member,
        entitlement=entitlement / entitlement.sum(),
        job_class=first_class,
    )


def _approved(pairs: Floats, classes: list[str], needs: Mapping[str, float]) -> Floats | Undefined:
    """Needs of accounts; ``pairs`` (accounts × classes) is 1 where an account is of a class."""
    accounts = pairs.sum(axis=0)
    there = [name for name, count in zip(classes, accounts, strict=True) if count]
    missing = [name for name in there if name not in needs]
    if missing:
        return Undefined(f"no approved need is given for the class {', '.join(missing)}")
    need = np.array([needs.get(name, 0.0) for name in classes])
    return np.asarray(pairs @ (need / np.maximum(1.0, accounts)))
