"""Who is entitled to what."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.fields import Model, Positive

Level = Literal["user", "account", "class"]
"""Whom a rule serves: users (each in each of its accounts), accounts, or classes of applicants."""


class Accounts(Model):
    """The tree of shares: classes of applicants, their accounts, and the users of those."""

    by: Literal["person", "organisation", "need"] = "person"
    """person: the same share for every user, so an account has the shares of all its users.
    organisation: the same for every account, shared equally by its users. need: each class has
    its approved need, shared equally by its accounts, and those by their users."""
    need: dict[str, Annotated[Positive, Field()]] = Field(default_factory=dict)
    """Approved need of each class of applicants, in any unit."""
