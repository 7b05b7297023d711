"""Which jobs a limit concerns: of some classes, users, QOS or partitions, in some part of the
accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.errors import InputError, nearest
from simulator.rules.accounts.known import known_accounts, known_users
from simulator.rules.accounts.models import ROOT
from simulator.rules.limits.models import NO_PARTITIONS
from simulator.rules.qos.of_jobs import qos_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from simulator.rules.accounts.models import Accounts
    from simulator.rules.qos.models import Qos
    from simulator.workload.columns import Jobs, Mask


def of_classes(jobs: Jobs, where: str, classes: Sequence[str]) -> Mask:
    """Jobs of these classes; all of them if none are given. Raises InputError for unknown ones."""
    if not classes:
        return np.ones(len(jobs), bool)
    _refuse_unknown(where, "class", classes, jobs.classes)
    codes = [code for code, each in enumerate(jobs.classes) if each in classes]
    return np.isin(jobs.job_class, codes)


def of_users(jobs: Jobs, where: str, users: Sequence[str], tree: Accounts) -> Mask:
    """Jobs of these users; all of them if none are given. Raises InputError for unknown ones."""
    if not users:
        return np.ones(len(jobs), bool)
    _refuse_unknown(where, "user", users, known_users(tree, jobs.users))
    return np.isin(jobs.user, [code for code, each in enumerate(jobs.users) if each in users])


def of_qos(jobs: Jobs, qos: Sequence[str], known: Mapping[str, Qos]) -> Mask:
    """Jobs of these qualities of service, all of them ``known``; all jobs if none are given.

    Raises InputError for jobs of one that is not known.
    """
    if not qos:
        return np.ones(len(jobs), bool)
    return np.isin(qos_of(jobs, known), [list(known).index(each) for each in qos])


def of_partitions(jobs: Jobs, where: str, partitions: Sequence[str]) -> Mask:
    """Jobs that name these partitions; all jobs if none are given.

    Raises InputError for partitions that the machine, or one without nodes, does not have.
    """
    if not partitions:
        return np.ones(len(jobs), bool)
    if jobs.shape is None:
        raise InputError(f"{where}: {NO_PARTITIONS[0]}", right=NO_PARTITIONS[1])
    known = jobs.shape.partitions
    for each in partitions:
        if each not in known:
            right = nearest(each, known) if known else NO_PARTITIONS[1]
            raise InputError(f"{where}: the machine has no partition {each!r}", right=right)
    return np.isin(jobs.shape.partition, [known.index(each) for each in partitions])


def in_accounts(jobs: Jobs, where: str, accounts: Sequence[str], tree: Accounts) -> Mask:
    """Jobs of these accounts and of all below them; all jobs if none are given.

    An account that the tree lacks is part of the entry that is named like the class of its job, or
    else of the root. Raises InputError for unknown ones.
    """
    if not accounts:
        return np.ones(len(jobs), bool)
    _refuse_unknown(where, "account", accounts, known_accounts(tree, jobs.accounts))
    wanted = set(accounts)
    below = [bool(wanted & {*_upwards(each, tree)}) for each in jobs.accounts]
    found = np.array(below, bool)[jobs.account]
    if not tree.tree:
        return found
    of_class = [each if each in tree.tree else ROOT for each in jobs.classes]
    above = np.array([bool(wanted & {*_upwards(each, tree)}) for each in of_class], bool)
    listed = np.array([each in tree.tree for each in jobs.accounts], bool)[jobs.account]
    return found | (~listed & above[jobs.job_class])


def _upwards(account: str, tree: Accounts) -> Iterator[str]:
    """The account, and each that it is part of."""
    yield account
    while account in tree.tree and account != ROOT:
        account = tree.tree[account].parent
        yield account


def _refuse_unknown(where: str, kind: str, named: Sequence[str], known: Sequence[str]) -> None:
    for each in named:
        if each not in known:
            right = nearest(each, known)
            raise InputError(f"{where}: jobs are of no {kind} {each!r}", right=right)
