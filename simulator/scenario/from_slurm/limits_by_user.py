"""Limits on each user's association: whom one limit of a rule can stand for.

Slurm counts them for each user in each account; a rule counts a user's jobs in all accounts that a
limit concerns, with all beneath them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.slurm.associations import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.scenario.from_slurm.limit_amounts import Amount
    from simulator.slurm.associations import Association, Tree

    Amounts = Callable[[Association], Amount | None]


@dataclass(slots=True)
class Users:
    """Users of whom each may have as much."""

    origin: str
    """The account after which the limit is named."""
    amount: Amount
    accounts: list[str] = field(default_factory=list)
    """Empty: all."""
    users: list[str] = field(default_factory=list)
    """Empty: all of these accounts."""
    also_beneath: list[str] = field(default_factory=list)
    """Those who are in accounts beneath as well, where Slurm counts them by themselves."""
    people: frozenset[str] = frozenset()
    """All who are known to be meant."""
    around: frozenset[str] = frozenset()
    """All who are known to be in these accounts or beneath."""

    def goes_with(self, other: Users, *, counts: bool) -> bool:
        """Whether one limit says both: nobody who is meant by one is in accounts of the other."""
        if self.amount != other.amount or bool(self.users) != bool(other.users):
            return False
        if not self.accounts or not other.accounts or self.also_beneath or other.also_beneath:
            return False
        apart = not (self.people & other.around or other.people & self.around)
        return apart or not (counts or self.users)


@dataclass(frozen=True, slots=True)
class _Row:
    """A user in an account, or an account without users, and what it allows."""

    account: str
    user: str
    amount: Amount | None


def branches(tree: Tree, amount: Amounts, *, inherited: bool, counts: bool) -> list[Users]:
    """Who has the same limit, whole branches together where that says the same.

    ``inherited``: who has none of its own has that of the account above. ``counts``: a user's jobs
    count together, so that branches in which somebody is twice are taken apart.
    """
    above = amount(tree.root) if inherited else None
    return _merged(list(_branch(tree, ROOT, above, amount, inherited, counts)), counts)


def _rows(
    tree: Tree, account: str, above: Amount | None, amount: Amounts, inherited: bool
) -> list[_Row]:
    """All of a branch; ``above``: what its account allows."""
    direct = [each for each in tree.children(account) if each.user and not each.partition]
    rows = [_Row(account, each.user, amount(each) or above) for each in direct]
    if inherited and not direct and not tree.children(account):
        rows.append(_Row(account, "", above))
    for each in tree.children(account):
        if not each.user:
            own = (amount(each) if inherited else None) or above
            rows += _rows(tree, each.account, own, amount, inherited)
    return rows


def _branch(
    tree: Tree,
    account: str,
    above: Amount | None,
    amount: Amounts,
    inherited: bool,
    counts: bool,
) -> Iterator[Users]:
    rows = _rows(tree, account, above, amount, inherited)
    people = [row.user for row in rows if row.user]
    alike = inherited and {row.amount for row in rows} <= {above}
    if alike and (not counts or len(set(people)) == len(people)):
        if above is not None:
            accounts = [] if account == ROOT else [account]
            known = frozenset(people)
            yield Users(account, above, accounts, people=known, around=known)
        return
    beneath = {row.user for row in rows if row.account != account}
    of_amount: dict[Amount, list[str]] = {}
    for row in rows:
        if row.account == account and row.amount is not None:
            of_amount.setdefault(row.amount, []).append(row.user)
    for said, users in of_amount.items():
        twice = [user for user in users if counts and user in beneath]
        meant = frozenset(users)
        yield Users(account, said, [account], users, twice, meant, frozenset(people))
    for each in tree.children(account):
        if not each.user:
            own = (amount(each) if inherited else None) or above
            yield from _branch(tree, each.account, own, amount, inherited, counts)


def _merged(found: list[Users], counts: bool) -> list[Users]:
    """Accounts of one amount together, as long as nobody is in two of them."""
    merged: list[Users] = []
    for each in found:
        for other in merged:
            if each.goes_with(other, counts=counts):
                other.accounts += each.accounts
                other.users += each.users
                other.people |= each.people
                other.around |= each.around
                other.origin = ROOT
                break
        else:
            merged.append(each)
    return merged
