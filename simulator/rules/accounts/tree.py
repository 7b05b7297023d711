"""From an explicit tree of accounts, and the jobs, to the entities that kernels work on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from simulator.distinct import distinct
from simulator.errors import InputError
from simulator.rules.accounts.models import ROOT
from simulator.rules.accounts.share import PARENT, percent_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.rules.accounts.models import Accounts
    from simulator.workload.columns import Ints, Jobs

_LISTED = 5
"""Names that a message lists."""


class AccountsError(InputError):
    """Jobs and a tree of accounts that do not go together; ``setting`` leads to what is to mend."""

    def __init__(self, what: str, right: str, setting: tuple[str, ...]) -> None:
        super().__init__(what, right=right)
        self.setting = setting


@dataclass(slots=True)
class Member:
    """An account of the tree, or one that jobs alone name."""

    name: str
    share: float | str
    priority: int
    users: dict[str, float | str]
    priorities: dict[str, int]
    listed: bool
    accounts: list[str] = field(default_factory=list)
    """Those that are part of it."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Entities in the order of kernels: parents before children, siblings side by side."""

    names: tuple[str, ...]
    """Paths; of the whole its name."""
    own: list[str]
    """Names without the path."""
    parent: Ints
    share: list[float]
    user: list[bool]
    priority: list[int]
    row: dict[tuple[str, str], int]
    """(account, user) → row."""


def tree_rows(jobs: Jobs, accounts: Accounts) -> tuple[Rows, Ints]:
    """The entities of a tree, and which of them each job is booked on.

    Whoever has jobs and is not in the tree is added as ``accounts.others`` says. Raises
    AccountsError where that says nothing, and for siblings with jobs whose shares are all zero.
    """
    pairs = distinct(jobs.account, jobs.user)
    named = [(jobs.accounts[account], jobs.users[user]) for account, user in pairs.rows.tolist()]
    members = _members(accounts)
    _add_others(members, named, jobs, accounts)
    rows = _laid_out(members)
    of_pair = np.array([rows.row[pair] for pair in named], np.int64)
    _refuse_no_shares(rows, of_pair)
    return rows, of_pair[pairs.which]


def _members(accounts: Accounts) -> dict[str, Member]:
    """The accounts of the tree, the whole first; each knows those that are part of it."""
    members = {ROOT: Member(ROOT, 1.0, 0, {}, {}, True)}
    for name, each in accounts.tree.items():
        members[name] = Member(
            name, each.share, each.priority or 0, dict(each.users), dict(each.priorities), True
        )
    for name, each in accounts.tree.items():
        if name != ROOT:
            members[each.parent].accounts.append(name)
    queue = [ROOT]
    for name in queue:
        for below in members[name].accounts:
            if accounts.tree[below].priority is None:
                members[below].priority = members[name].priority
            queue.append(below)
    return members


def _add_others(
    members: dict[str, Member],
    named: Sequence[tuple[str, str]],
    jobs: Jobs,
    accounts: Accounts,
) -> None:
    missing = [
        (account, user)
        for account, user in named
        if account not in members or user not in members[account].users
    ]
    if not missing:
        return
    if accounts.others is None:
        names = ", ".join(f"{user} in {account}" for account, user in missing[:_LISTED])
        more = f" and {len(missing) - _LISTED:,} more" if len(missing) > _LISTED else ""
        raise AccountsError(
            f"jobs are of users that are not in the tree: {names}{more}",
            "add them, or give them a share with others: 1",
            ("tree",),
        )
    for account, user in missing:
        if account not in members:
            parent = _class_of(account, jobs, members)
            priority = members[parent].priority
            members[account] = Member(account, accounts.others, priority, {}, {}, False)
            members[parent].accounts.append(account)
        members[account].users[user] = accounts.others


def _class_of(account: str, jobs: Jobs, members: dict[str, Member]) -> str:
    """The entry that an account of the jobs alone is part of: its class's, or the whole."""
    rows = jobs.account == jobs.accounts.index(account)
    classes = [jobs.classes[code] for code in np.unique(jobs.job_class[rows]).tolist()]
    entries = {name if name in members and members[name].listed else ROOT for name in classes}
    if len(entries) > 1:
        raise AccountsError(
            f"the account {account!r} has jobs of several classes: {', '.join(classes)}",
            f"say where it belongs: {account}: {{parent: {min(entries)}}}",
            ("tree",),
        )
    return entries.pop()


def _shares(member: Member, members: dict[str, Member]) -> list[float]:
    """Shares of a member's users and accounts, percents and the rest brought to one scale."""
    written = [*member.users.values(), *(members[name].share for name in member.accounts)]
    percents = [percent_of(share) for share in written]
    whole = sum(percent for percent in percents if percent is not None)
    numbers = [share for share in written if isinstance(share, float)]
    if not any(percent is not None for percent in percents):
        scale = 1.0
    else:
        scale = max(100.0 - whole, 0.0) / sum(numbers) if sum(numbers) > 0 else 0.0
        if sum(numbers) > 0 and whole >= 100:
            raise AccountsError(
                f"percents within {member.name!r} leave nothing for its other shares",
                "let them make less than 100%",
                ("tree", member.name),
            )
    return [
        -1.0 if share == PARENT else percent if percent is not None else float(share) * scale
        for share, percent in zip(written, percents, strict=True)
    ]


def _laid_out(members: dict[str, Member]) -> Rows:
    """Row by row: each account's users, then its accounts, all in the order of the tree."""
    names, ends, parent = [ROOT], [ROOT], [-1]
    share, user, priority = [1.0], [False], [0]
    row: dict[tuple[str, str], int] = {}
    queue = [(ROOT, 0)]
    for name, above in queue:
        member = members[name]
        prefix = "" if name == ROOT else f"{names[above]}/"
        parent += [above] * (len(member.users) + len(member.accounts))
        share += _shares(member, members)
        for each in member.users:
            row[name, each] = len(names)
            names.append(prefix + each)
            ends.append(each)
            user.append(True)
            priority.append(member.priorities.get(each, member.priority))
        for each in member.accounts:
            queue.append((each, len(names)))
            names.append(prefix + each)
            ends.append(each)
            user.append(False)
            priority.append(members[each].priority)
    return Rows(tuple(names), ends, np.array(parent, np.int64), share, user, priority, row)


def _refuse_no_shares(rows: Rows, of_pair: Ints) -> None:
    """Siblings of whom some have jobs, and who share nothing, cannot be served by shares."""
    busy = np.zeros(len(rows.names), np.bool_)
    busy[of_pair] = True
    for row in range(len(busy) - 1, 0, -1):
        busy[rows.parent[row]] |= busy[row]
    share = np.array(rows.share)
    among = np.bincount(rows.parent[1:], np.maximum(share[1:], 0), minlength=len(share))
    nothing = np.r_[False, busy[1:] & (share[1:] == 0) & (among[rows.parent[1:]] == 0)]
    for row in np.flatnonzero(nothing).tolist():
        above = int(rows.parent[row])
        siblings = np.flatnonzero((rows.parent == above) & (share == 0)).tolist()
        shown = ", ".join(rows.own[each] for each in siblings[:_LISTED])
        inside = rows.own[above], "users"
        raise AccountsError(
            f"the shares of {shown} are all zero, and they have jobs",
            "give one of them a share above 0",
            ("tree", *(inside if rows.user[row] else (rows.own[row], "share"))),
        )
