"""The fair-share factors of a recorded Slurm, in the order in which it computes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

from simulator.rules.ordering.plain import View
from simulator.rules.ordering.slurm_shares import ClassicShares, ShareRule

if TYPE_CHECKING:
    from simulator.conformance.schedule.columns import Known
    from simulator.conformance.schedule.usage import Usage


class Factors(Protocol):
    """Fair-share factors as time goes on."""

    all_at_once: bool
    """Usage of all running jobs is booked first, then all are ranked."""

    def begin(self) -> None:
        """A calculation begins, before usage is decayed."""

    def rank(self) -> None:
        """All usage is booked."""

    def show(self) -> None:
        """Somebody asks for all of them: sshare."""

    def of(self, entity: int) -> float:
        """The factor of a user."""


def factors_of(known: Known, usage: Usage) -> Factors:
    """Those of the cluster's rule of shares."""
    if isinstance(known.order.share_rule, ClassicShares):
        return Classic(known, usage, known.order.share_rule.dampening)
    return Ranked(known, usage, known.order.share_rule)


class Ranked:
    """Fair Tree: all usage is booked, then users are ranked; between calculations nothing moves.

    Depth-oblivious shares are made so too, which for them is an assumption.
    """

    all_at_once = True

    def __init__(self, known: Known, usage: Usage, rule: ShareRule) -> None:
        self._known, self._usage, self._rule = known, usage, rule
        self.rank()

    def begin(self) -> None:
        """Nothing is fixed before usage is booked."""

    def rank(self) -> None:
        """Rank all users by the usage booked so far."""
        self._factors = self._rule.factors(_view(self._known, self._usage))

    def show(self) -> None:
        """Nothing moves by being looked at."""

    def of(self, entity: int) -> float:
        """The factor of a user at the last calculation."""
        return float(self._factors[entity])


class Classic:
    """NO_FAIR_TREE: accounts by the usage before the calculation, users when first asked for.

    As a calculation begins, the effective usage of accounts is made of the old usage, that of
    users forgotten. A user's is made when a job or ``sshare`` first asks for it, of what is booked
    by then: within a calculation jobs go by id, running ones book, waiting ones ask.
    """

    all_at_once = False

    def __init__(self, known: Known, usage: Usage, dampening: float) -> None:
        self._tree, self._usage, self._dampening = known.tree, usage, dampening
        self._effective: dict[int, float] = {}
        self.begin()

    def begin(self) -> None:
        """Accounts of the usage so far; users are forgotten."""
        self._effective = {0: 1.0}
        for entity in range(1, len(self._tree.parent)):
            if self._tree.user[entity] == 0:
                self._effective[entity] = self._make(entity)

    def rank(self) -> None:
        """Users are ranked one by one."""

    def show(self) -> None:
        """A look at them fixes what no job has asked for yet."""
        for entity in range(1, len(self._tree.parent)):
            self.of(entity)

    def of(self, entity: int) -> float:
        """2^(−(UE/S)/d) of a user; one of share ``parent`` has its account's."""
        if self._tree.share[entity] < 0:
            entity = int(self._tree.parent[entity])
        if entity not in self._effective:
            self._effective[entity] = self._make(entity)
        share = float(self._tree.entitled[entity])
        if share <= 0:
            return 0.0
        return math.exp2(-(self._effective[entity] / share) / self._dampening)

    def _make(self, entity: int) -> float:
        """UE = UA + (UE of the parent − UA)·(share among siblings); UE = UA at the top."""
        used, above = self._usage.used, int(self._tree.parent[entity])
        part = min(float(used[entity] / used[0]), 1.0) if used[0] > 0 else 0.0
        if above == 0:
            return part
        return part + (self._effective[above] - part) * float(self._tree.part[entity])


def _view(known: Known, usage: Usage) -> View:
    entities, tree = known.entities, known.tree
    jobs = np.zeros(len(entities.of_job), np.int64)
    return View(
        now=0,
        submit=jobs,
        eligible=jobs,
        walltime=jobs,
        gpus=jobs,
        of_job=entities.of_job,
        asks=jobs[:, None],
        capacity=np.ones(1, np.int64),
        parent=entities.parent,
        share=entities.share,
        part=tree.part,
        entitled=tree.entitled,
        user=entities.user,
        held=np.zeros((len(entities.parent), 1), np.int64),
        usage=usage.used,
    )
