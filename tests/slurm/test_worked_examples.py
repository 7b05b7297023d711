"""Slurm's own worked examples of shares, on the kernels and on the plain form of each order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kernels.states import entry

from simulator.kernels.accounts import accounts_of, tree_of
from simulator.kernels.state import Columns, at_start
from simulator.rules.models import Rule
from simulator.rules.ordering.dispatch_kernel import FIRST_SHARES
from simulator.rules.ordering.fair_tree_kernel import rank_siblings
from simulator.rules.ordering.plain import View
from simulator.rules.ordering.shares_kernel import weigh
from simulator.rules.program import program_of

Row = tuple[int, float, bool, float]
"""Parent, share, whether a user, usage."""


def factors(order: dict[str, Any], rows: list[Row]) -> list[float]:
    """Factors of the users, by the kernel; the plain form gives the same."""
    rule = Rule.model_validate({"ordering": order})
    none = np.zeros(0, np.int64)
    parent = np.array([-1, *(row[0] for row in rows)], np.int64)
    share = np.array([1.0, *(row[1] for row in rows)])
    user = np.array([0, *(row[2] for row in rows)], np.int8)
    usage = np.array([0.0, *(row[3] for row in rows)])
    for row in range(len(usage) - 1, 0, -1):
        usage[parent[row]] += usage[row]
    tree = tree_of(parent, share, user)
    accounts = accounts_of(
        tree,
        none,
        charge=np.zeros((0, 1), np.int64),
        asks=np.zeros((0, 1), np.int64),
        capacity=np.ones(1, np.int64),
        numbers=np.array(rule.ordering.numbers()),  # type: ignore[union-attr]
    )
    accounts.had.usage[:] = usage
    state = at_start(Columns(none, none, none, none), 1, 0, accounts=accounts)
    program = program_of(rule)
    entry(weigh)(state, program, program.ordering - FIRST_SHARES)
    for row in np.flatnonzero(user):
        entry(rank_siblings)(state, int(row))
    found = accounts.had.value[user == 1]
    held = np.zeros((len(usage), 1), np.int64)
    view = View(0, none, none, none, none, none, held[:0], np.ones(1, np.int64), parent, share,
                tree.part, tree.entitled, user, held, usage)  # fmt: skip
    plain = rule.ordering.factors(view)[user == 1]  # type: ignore[union-attr]
    assert found == pytest.approx(plain, abs=1e-12)
    return [float(each) for each in found]


CLASSIC: list[Row] = [
    (0, 0, True, 30),  # 1: what the rest of the machine was used for
    (0, 40, False, 0),  # 2: A
    (0, 60, False, 0),  # 3: D
    (2, 30, False, 0),  # 4: B
    (2, 10, False, 0),  # 5: C
    (3, 25, False, 0),  # 6: E
    (3, 35, False, 0),  # 7: F
    (4, 1, True, 20),
    (5, 1, True, 25),
    (5, 1, True, 0),
    (6, 1, True, 25),
    (7, 1, True, 0),
]


def test_classic_fair_share_of_five_users() -> None:
    """Slurm's page on classic fair share."""
    found = factors({"kind": "classic_fair_share"}, CLASSIC)
    assert found[1:] == pytest.approx([0.408479, 0.022097, 0.125, 0.5, 0.749154], abs=1e-6)


TIED: list[Row] = [
    (0, 1, False, 0),
    (0, 1, False, 0),
    (1, 1, True, 1),
    (1, 1, True, 2),
    (2, 1, True, 1),
    (2, 1, True, 2),
]


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [("as_coded", [1.0, 0.75, 0.75, 0.25]), ("documented", [1.0, 0.5, 1.0, 0.5])],
)
def test_tied_accounts(mode: str, wanted: list[float]) -> None:
    assert factors({"kind": "fair_tree", "mode": mode}, TIED) == wanted


@pytest.mark.parametrize("mode", ["as_coded", "documented"])
def test_fair_tree_ranks_every_user_once(mode: str) -> None:
    """Without ties the factors are 1/N … 1, and no member of a better served account is before."""
    draw = np.random.default_rng(4)
    for _ in range(30):
        rows: list[Row] = [(int(draw.integers(0, n + 1)), draw.random(), False, 0.0)
                           for n in range(int(draw.integers(1, 9)))]  # fmt: skip
        rows.sort(key=lambda row: row[0])
        accounts = len(rows)
        rows += [(int(p), draw.random(), True, float(draw.random()))
                 for p in np.sort(draw.integers(0, accounts + 1, 12))]  # fmt: skip
        rows = _side_by_side(rows)
        found = factors({"kind": "fair_tree", "mode": mode}, rows)
        used = sorted(found)
        assert used == pytest.approx([(n + 1) / 12 for n in range(12)])


def _side_by_side(rows: list[Row]) -> list[Row]:
    """The same tree with siblings side by side."""
    order, queue = [], [0]
    for above in queue:
        below = [place + 1 for place, row in enumerate(rows) if row[0] == above]
        queue += below
        order += below
    new = {0: 0} | {old: place + 1 for place, old in enumerate(order)}
    return [(new[rows[old - 1][0]], *rows[old - 1][1:]) for old in order]
