"""Who is entitled to what."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.errors import nearest
from simulator.fields import Model, Positive, refusal
from simulator.rules.accounts.share import Share, UserShare, percent_of

Level = Literal["user", "account", "class"]
"""Whom a rule serves: users (each in each of its accounts), accounts, or classes of applicants."""
ROOT = "root"
"""The whole, as an account of a tree."""
ENTITLED = {
    "person": "each user alike",
    "organisation": "each account alike",
    "need": "each class by its approved need",
}
Called = Annotated[str, Field(min_length=1, max_length=200)]
Priority = Annotated[int, Field(ge=0, le=2**32 - 1)]


def _is_some(share: float | str) -> bool:
    """Whether it is above 0, or a word for another's share."""
    percent = percent_of(share)
    return bool(share if percent is None else percent)


class Account(Model):
    """An account of the tree: a class of applicants, an organisation, a project."""

    parent: Called = ROOT
    """The account that it is part of; root, the whole, if not given."""
    share: Share = 1.0
    """Its share beside its siblings, the accounts and users of the same parent. A percent is of all
    of them together; what percents leave is divided among absolute shares."""
    users: dict[Called, UserShare] = Field(default_factory=dict)
    """Its users with the share of each. ``parent`` as in Slurm: who has it takes no share from the
    others and is served by the share and the usage of the account itself."""
    priority: Priority | None = None
    """Priority of its jobs as an association of Slurm; that of its parent, or 0, if not given."""
    priorities: dict[Called, Priority] = Field(default_factory=dict)
    """Of single users, where it differs."""


class Accounts(Model):
    """The tree of shares: classes of applicants, their accounts, and the users of those."""

    by: Literal["person", "organisation", "need"] = "person"
    """person: the same share for every user, so an account has the shares of all its users.
    organisation: the same for every account, shared equally by its users. need: each class has
    its approved need, shared equally by its accounts, and those by their users."""
    need: dict[str, Annotated[Positive, Field()]] = Field(default_factory=dict)
    """Approved need of each class of applicants, in any unit."""
    tree: dict[Called, Account] = Field(default_factory=dict)
    """Instead of ``by``: every account by name, in the order that settles ties. An entry ``root``
    lists users of the whole itself. ``file: assoc.psv``, in its place, reads the tree from what
    ``sacctmgr show assoc -P`` prints; siblings then stand by ascending LFT."""
    others: Annotated[float, Field(ge=0, le=1e12)] | None = None
    """Share of each account and user that has jobs and stands not in the tree: an account is then
    part of the entry named like its class of applicants, or else of root. Without it they are
    refused."""

    @property
    def entitlement(self) -> str:
        """Who is entitled to what, in words."""
        if not self.tree:
            return ENTITLED[self.by]
        users = sum(len(each.users) for each in self.tree.values())
        accounts = len(self.tree) - (ROOT in self.tree)
        words = f"by a tree of {accounts:,} accounts and {users:,} users"
        return words if self.others is None else f"{words}, {self.others:g} for who is not in it"

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if not self.tree:
            if self.others is not None:
                raise refusal("there is no tree that others are not in", at=("others",))
            return self
        for name, chosen in (("by", self.by != "person"), ("need", bool(self.need))):
            if chosen:
                raise refusal(
                    "the tree says who is entitled to what", right="leave it out", at=(name,)
                )
        return self

    @model_validator(mode="after")
    def _all_hang_together(self) -> Self:
        for name, account in self.tree.items():
            self._refuse_wrong_parent(name, account)
            for user in account.priorities:
                if user not in account.users:
                    raise refusal(
                        f"the account {name!r} has no user {user!r}",
                        right=nearest(user, account.users),
                        at=("tree", name, "priorities", user),
                    )
        sound = {ROOT}
        for name in self.tree:
            path, each = [], name
            while each not in sound:
                path.append(each)
                each = self.tree[each].parent
                if each in path:
                    circle = " → ".join([*path[path.index(each) :], each])
                    raise refusal(
                        f"accounts are part of one another in a circle: {circle}",
                        right="let one of them be part of root",
                        at=("tree", each, "parent"),
                    )
            sound.update(path)
        return self

    @model_validator(mode="after")
    def _somebody_has_a_share(self) -> Self:
        root = self.tree.get(ROOT)
        shares = [*root.users.values()] if root else []
        shares += [each.share for name, each in self.tree.items() if name != ROOT == each.parent]
        if self.tree and not self.others and not any(map(_is_some, shares)):
            raise refusal(
                f"the shares of all within {ROOT!r} are zero, so nobody is entitled to anything",
                right="give one of them a share above 0",
                at=("tree",),
            )
        return self

    def _refuse_wrong_parent(self, name: str, account: Account) -> None:
        if name == ROOT:
            for setting in account.model_fields_set & {"parent", "share"}:
                raise refusal(
                    "root is the whole, which has no parent and no siblings",
                    right="leave it out",
                    at=("tree", name, setting),
                )
        elif account.parent != ROOT and account.parent not in self.tree:
            raise refusal(
                f"there is no account {account.parent!r}, which {name!r} is part of",
                right=nearest(account.parent, [ROOT, *self.tree]),
                at=("tree", name, "parent"),
            )

    @model_validator(mode="after")
    def _percents_are_of_a_whole(self) -> Self:
        total = dict.fromkeys([ROOT, *self.tree], 0.0)
        for name, account in self.tree.items():
            entries = [(name, user, share) for user, share in account.users.items()]
            if name != ROOT:
                entries.append((account.parent, "", account.share))
            for parent, user, share in entries:
                total[parent] += percent_of(share) or 0.0
                if total[parent] > 100 * (1 + 1e-9):
                    raise refusal(
                        f"with this one the shares within {parent!r} make {total[parent]:g}%",
                        right="at most 100% together",
                        at=("tree", name, *(("users", user) if user else ("share",))),
                    )
        return self
