"""The accounts of random scenarios and what is part of what, whose jobs are in a branch, and the
classes of qualities of service."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.asks import Asks

TREE = {"account0": "left", "account1": "left", "left": "top", "account2": "top", "class1": "top"}
"""What each account is part of, the whole (root) if not said; account3 is where its class is."""
QOS = {"gold": ("class0", "high"), "lead": ("class1",)}
"""Classes of each quality of service."""


def is_in(job: Asks, accounts: tuple[str, ...]) -> bool:
    """Whether the job's account is one of these, or part of one."""
    name = f"account{job.user // 2}"
    if name not in TREE and name not in accounts:
        name = job.job_class
    while name in TREE and name not in accounts:
        name = TREE[name]
    return name in accounts or "root" in accounts


def concerns(
    job: Asks,
    classes: tuple[str, ...],
    accounts: tuple[str, ...],
    users: tuple[int, ...],
    qos: tuple[str, ...],
) -> bool:
    """Whether it is of these classes, accounts, users and qualities of service; of which none are
    given, any will do."""
    if classes and job.job_class not in classes:
        return False
    if qos and not any(job.job_class in QOS[each] for each in qos):
        return False
    return not (accounts and not is_in(job, accounts)) and not (users and job.user not in users)
