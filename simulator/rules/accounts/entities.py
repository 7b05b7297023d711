"""From jobs and shares to the tree of entities that kernels work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.distinct import distinct
from simulator.errors import InputError
from simulator.rules.accounts.tree import tree_rows

if TYPE_CHECKING:
    from simulator.rules.accounts.models import Accounts, Level
    from simulator.workload.columns import Ints, Jobs, Reals

WHOLE = "everybody"
"""Name of the root."""


@dataclass(frozen=True, slots=True)
class Entities:
    """A tree: the whole first, parents before children, siblings side by side; and whose each job
    is."""

    names: tuple[str, ...]
    """Paths, like ``national/nat_a/alice``."""
    parent: Ints
    """−1 for the whole."""
    share: Reals
    user: np.ndarray[tuple[int], np.dtype[np.int8]]
    of_job: Ints
    priority: Ints
    """Of the association, as Slurm has it; 0 without a tree."""

    def cut(self, level: Level) -> Entities:
        """Without what is below this level: an account has its users' jobs, a class all of its.

        Raises InputError where users of the whole itself have jobs, who are of no account.
        """
        if level == "user":
            return self
        if (self.parent[self.of_job] == 0).any():
            raise InputError(
                f"jobs are of users of {self.names[0]} itself, who are of no {level}",
                right="say serve: user, or put them into an account",
            )
        keep = self.user == 0
        if level == "class":
            keep &= self.parent <= 0
        new = np.cumsum(keep) - 1
        above = np.arange(len(self.names))
        while not keep[above].all():
            above = np.where(keep[above], above, self.parent[above])
        rows = np.flatnonzero(keep)
        parent = np.where(self.parent[rows] < 0, -1, new[self.parent[rows]])
        names = tuple(self.names[row] for row in rows)
        leaf = self.user[rows]
        of_job = new[above[self.of_job]]
        return Entities(names, parent, self.share[rows], leaf, of_job, self.priority[rows])


def entities_of(jobs: Jobs, accounts: Accounts) -> Entities:
    """The tree of accounts, if there is one; else the classes, accounts and users that have jobs,
    in the order of their names' codes.

    Raises InputError if a class has no approved need where need is what counts, and for jobs that a
    tree has no place for.
    """
    if accounts.tree:
        rows, of_job = tree_rows(jobs, accounts)
        return Entities(
            rows.names,
            rows.parent,
            np.array(rows.share),
            np.array(rows.user, np.int8),
            of_job,
            np.array(rows.priority, np.int64),
        )
    of_people = distinct(jobs.job_class, jobs.account, jobs.user)
    people = of_people.rows
    classes, groups = distinct(people[:, 0]).rows, distinct(people[:, 0], people[:, 1]).rows
    begin = np.cumsum([1, len(classes), len(groups)])
    class_of = np.searchsorted(classes[:, 0], groups[:, 0])
    group_key = {tuple(row): number for number, row in enumerate(groups.tolist())}
    group_of = np.array([group_key[tuple(row[:2])] for row in people.tolist()], np.int64)
    user_share, group_share, class_share = _shares(
        jobs, accounts, classes, groups, people, class_of, group_of
    )
    names = [
        WHOLE,
        *(jobs.classes[c] for (c,) in classes.tolist()),
        *(f"{jobs.classes[c]}/{jobs.accounts[a]}" for c, a in groups.tolist()),
        *(f"{jobs.classes[c]}/{jobs.accounts[a]}/{jobs.users[u]}" for c, a, u in people.tolist()),
    ]
    return Entities(
        tuple(names),
        np.r_[-1, np.zeros(len(classes), np.int64), begin[0] + class_of, begin[1] + group_of],
        np.r_[1.0, class_share, group_share, user_share],
        np.r_[np.zeros(begin[2], np.int8), np.ones(len(people), np.int8)],
        begin[2] + of_people.which,
        np.zeros(len(names), np.int64),
    )


def _shares(
    jobs: Jobs,
    accounts: Accounts,
    classes: Ints,
    groups: Ints,
    people: Ints,
    class_of: Ints,
    group_of: Ints,
) -> tuple[Reals, Reals, Reals]:
    """Shares of users, accounts and classes, by what each is entitled to."""
    if accounts.by == "person":
        # Who is in several accounts has one share, divided among them.
        each = 1.0 / np.bincount(people[:, 2])[people[:, 2]].astype(np.float64)
        of_groups = np.bincount(group_of, each, len(groups)).astype(np.float64)
        return each, of_groups, np.bincount(class_of, of_groups, len(classes)).astype(np.float64)
    alone = np.ones(len(people)), np.ones(len(groups))
    if accounts.by == "organisation":
        return *alone, np.bincount(class_of, minlength=len(classes)).astype(np.float64)
    need = []
    for (code,) in classes.tolist():
        name = jobs.classes[code]
        if name not in accounts.need:
            raise InputError(
                f"the class {name!r} has no approved need", right=f"add need: {{{name}: 1}}"
            )
        need.append(accounts.need[name])
    return *alone, np.array(need)
