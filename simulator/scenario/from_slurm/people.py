"""From associations to the tree of accounts of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.slurm.associations import ROOT

if TYPE_CHECKING:
    from simulator.scenario.from_slurm.notes import Notes
    from simulator.slurm.associations import Association, Tree


def account_tree(tree: Tree, notes: Notes) -> dict[str, Any]:
    """Every account with its share, its users and theirs; siblings as the tree has them."""
    entries: dict[str, Any] = {}
    users = _users(tree, ROOT, notes)
    if users:
        entries[ROOT] = users
    for each in tree.walk():
        if not each.user:
            entries[each.account] = _account(each, notes) | _users(tree, each.account, notes)
    return entries


def members(tree: Tree) -> dict[str, dict[str, list[str]]]:
    """Users of each account beneath each account of the top that has any."""
    found: dict[str, dict[str, list[str]]] = {}
    for top in tree.children():
        if top.user:
            continue
        accounts = [
            top.account,
            *(each.account for each in tree.walk(top.account) if not each.user),
        ]
        people = {name: list(_names(tree, name)) for name in accounts}
        people = {name: users for name, users in people.items() if users}
        if people:
            found[top.account] = people
    return found


def _account(each: Association, notes: Notes) -> dict[str, Any]:
    entry: dict[str, Any] = {} if each.parent == ROOT else {"parent": each.parent}
    if each.share is None:
        notes.lose(
            "Share=parent",
            f"the account {each.account} has a share of its own, 1, beside its siblings",
            each.place,
        )
    entry["share"] = 1 if each.share is None else each.share
    return entry | ({"priority": each.priority} if each.priority else {})


def _names(tree: Tree, account: str) -> dict[str, Association]:
    """Its users; of associations by partition the first."""
    found: dict[str, Association] = {}
    for each in sorted(tree.children(account), key=lambda one: bool(one.partition)):
        if each.user:
            found.setdefault(each.user, each)
    return {each.user: found[each.user] for each in tree.children(account) if each.user}


def _users(tree: Tree, account: str, notes: Notes) -> dict[str, Any]:
    found = _names(tree, account)
    for each in tree.children(account):
        if each.user and each.partition:
            what = f"{each.called} has one share in all partitions"
            notes.lose(f"Partition={each.partition}", what, each.place)
    entry: dict[str, Any] = {}
    if found:
        entry["users"] = {
            name: "parent" if each.share is None else each.share for name, each in found.items()
        }
    priorities = {name: each.priority for name, each in found.items() if each.priority}
    return entry | ({"priorities": priorities} if priorities else {})
