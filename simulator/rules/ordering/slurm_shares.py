"""What Slurm's orders by fair share have in common, and how each makes a factor of shares and
usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from simulator.fields import Duration, Model, Positive
from simulator.rules.ordering.serving import Ticking

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


class SlurmOrder(Ticking):
    """An order that is made anew at Slurm's ticks, and serves users, each in each account."""

    serve: Literal["user"] = "user"
    """Users, each in each of its accounts: what Slurm calls an association."""
    period: Annotated[Duration, Field(ge=0)] = 300
    """PriorityCalcPeriod, the time between two ticks; 0: the order is made anew at every pass."""


class FairTreeShares(Model):
    """Fair Tree."""

    kind: Literal["fair_tree"] = "fair_tree"
    mode: Literal["as_coded", "documented"] = "as_coded"
    """What becomes of accounts with exactly the same level fair share. documented: their members
    are ranked together. as_coded: one after the other, which is what Slurm does."""

    def numbers(self) -> tuple[float, ...]:
        """Parameters, in the order in which the kernel reads them."""
        return (float(self.mode == "documented"),)

    def factors(self, view: View) -> Reals:
        """The fair-share factor of each entity, in plain NumPy; without meaning for accounts."""
        from simulator.rules.ordering.plain_slurm import fair_tree

        return fair_tree(view, merge=self.mode == "documented")


class ClassicShares(Model):
    """Classic fair share."""

    kind: Literal["classic_fair_share"] = "classic_fair_share"
    dampening: Positive = 1.0
    """FairShareDampeningFactor d: how slowly the factor falls with usage."""

    def numbers(self) -> tuple[float, ...]:
        """Parameters, in the order in which the kernel reads them."""
        return (self.dampening,)

    def factors(self, view: View) -> Reals:
        """The fair-share factor of each entity, in plain NumPy."""
        from simulator.rules.ordering.plain_slurm import classic

        return classic(view, self.dampening)


class DepthObliviousShares(Model):
    """Depth-oblivious fair share."""

    kind: Literal["depth_oblivious"] = "depth_oblivious"
    dampening: Positive = 1.0
    """FairShareDampeningFactor d: how slowly the factor falls with usage."""

    def numbers(self) -> tuple[float, ...]:
        """Parameters, in the order in which the kernel reads them."""
        return (self.dampening,)

    def factors(self, view: View) -> Reals:
        """The fair-share factor of each entity, in plain NumPy."""
        from simulator.rules.ordering.plain_slurm import depth_oblivious

        return depth_oblivious(view, self.dampening)


class FairTree(FairTreeShares, SlurmOrder):
    """Fair Tree: users are ranked account by account, the least served account first.

    On each level of the tree an account or user has the level fair share S/U: S its part of its
    siblings' shares, U its part of its parent's usage; 0 if S is 0, else infinite if U is 0 or if
    it has the share ``parent``. Siblings stand by it, the highest first, users before accounts
    where it is the same, else as written. The tree is walked from the top, branch by branch; the
    n-th of N users has the factor (N − n + 1)/N, tied siblings that of the first of them. The
    highest factor goes first.

    Example: two equal accounts, each with two equal users who have used 1 and 2. The accounts tie,
    so the first written one's users have 1.00 and 0.75, the other's 0.75 and 0.25 `as_coded`; in
    the mode `documented` both light users have 1.00 and both heavy ones 0.50.
    Source: SchedMD/slurm, src/plugins/priority/multifactor/fair_tree.c; doc/html/fair_tree.shtml.
    """

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        return self.factors(view)[view.of_job[waiting]]


class ClassicFairShare(ClassicShares, SlurmOrder):
    """Slurm's classic fair share: usage in proportion to shares, that of the parents mixed in.

    F = 2^(−(UE/S)/d), the highest first. UA: part of all usage. UE = UA + (UE of the parent −
    UA)·(share among siblings), UE = UA at the top. S: product of the shares up to the top. A user
    with the share ``parent`` has the F of the account; F = 0 if S is 0.

    Example: two users right below the top with shares 1 and 3 have used 30 and 10. UE/S is
    0.75/0.25 = 3 and 0.25/0.75 = 1/3, F 2^−3 = 0.125 and 2^(−1/3) = 0.7937.
    Source: SchedMD/slurm, doc/html/classic_fair_share.shtml; PriorityFlags=NO_FAIR_TREE.
    """

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        return self.factors(view)[view.of_job[waiting]]


class DepthOblivious(DepthObliviousShares, SlurmOrder):
    """Slurm's depth-oblivious fair share: as good in a deep tree as in a shallow one.

    F = 2^(−(UE/S)/d), the highest first, UE = R·S. R = Rp·q^k with Rp = UE/S of the parent and
    q = (UA/S)/(Σ UA of the siblings/S of the parent); k = 1 if ln Rp·ln q ≥ 0, else
    1/(1 + (5·ln Rp)²). UE = UA at the top, and where S, UA, or the parent's S or UE is 0. UA and S
    as in classic fair share; siblings with the share ``parent`` do not enter the sum.

    Example: an account with all usage and half of the shares has R = 2 at the top. Of its two
    equal users one has used all: q = (1/0.25)/(1/0.5) = 2, ln 2 · ln 2 is above 0, so R = 4 and F =
    2^−4 = 0.0625.
    Source: SchedMD/slurm, priority_multifactor.c; PriorityFlags=DEPTH_OBLIVIOUS.
    """

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        return self.factors(view)[view.of_job[waiting]]


ShareRule = Annotated[
    FairTreeShares | ClassicShares | DepthObliviousShares, Field(discriminator="kind")
]
SHARE_RULES = ("fair_tree", "classic_fair_share", "depth_oblivious")
