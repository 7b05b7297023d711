"""Accounts and users that a setting may name. Read without NumPy: files are checked by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.rules.accounts.models import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.rules.accounts.models import Accounts


def known_accounts(tree: Accounts, accounts: Sequence[str]) -> tuple[str, ...]:
    """Accounts that may be named: those of jobs, and those of the tree with its root."""
    return tuple(dict.fromkeys((*accounts, *tree.tree, *([ROOT] if tree.tree else []))))


def known_users(tree: Accounts, users: Sequence[str]) -> tuple[str, ...]:
    """Users that may be named: those of jobs, and those of the tree."""
    named = (user for account in tree.tree.values() for user in account.users)
    return tuple(dict.fromkeys((*users, *named)))
