"""Orders that divide the machine: hand-worked examples, and what the divisions promise."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ordering.bench import jobs, rule, sequence, starts
from simulator.engine.run import replay
from simulator.errors import InputError
from simulator.kernels.accounts import tree_of
from simulator.rules.ordering.division import Division, by_bisection
from simulator.rules.ordering.division_cones import divide
from simulator.rules.ordering.kai import Kai
from simulator.rules.ordering.karma import Karma
from simulator.rules.ordering.kueue_drs import KueueDrs
from simulator.rules.ordering.plain import View
from simulator.rules.ordering.serving import Served


def _view(capacity: int, held: list[int], **more: Any) -> View:
    """Entities below one root, with equal shares, and no jobs."""
    count = len(held) + 1
    parent = np.r_[-1, np.zeros(len(held), np.int64)]
    tree = tree_of(parent, np.ones(count), np.zeros(count, np.int8))
    none = np.empty(0, np.int64)
    view = View(
        0, none, none, none, none, none, np.array([[1]]), np.array([capacity]),
        parent, np.ones(count), tree.part, tree.entitled, np.zeros(count, np.int8),
        np.r_[sum(held), held][:, np.newaxis], np.zeros(count),
    )  # fmt: skip
    return replace(view, **more)


def _served(view: View) -> Served:
    names = ("everybody", *"ABCDEFG"[: len(view.parent) - 1])
    return Served(names, view.entitled, view.parent >= 0, int(view.capacity[0]), 1)


@pytest.mark.parametrize("seed", range(6))
def test_max_min_lets_nobody_gain_without_a_poorer_one_losing(seed: int) -> None:
    """Jobs of one unit, all there at once: who still waits holds no less than anybody, but for one
    job; and nothing is left over."""
    draw = np.random.default_rng(seed)
    asked = {
        who: int(number) for who, number in zip("ABCDEF", draw.integers(1, 14, 6), strict=True)
    }
    rows = [(0, who, 1, 9) for who, number in asked.items() for _ in range(number)]
    table = jobs(*rows)
    running = table.user[starts(table, 24, rule({"kind": "max_min"})) == 0]
    held = {who: int((running == code).sum()) for code, who in enumerate("ABCDEF")}
    assert sum(held.values()) == min(24, sum(asked.values()))
    for who, number in asked.items():
        if held[who] < number:
            assert max(held.values()) <= held[who] + 1


@pytest.mark.parametrize("seed", range(6))
def test_max_min_is_its_program_to_a_job(seed: int, cvxpy: ModuleType) -> None:
    """Beside a linear program, level by level: what each is given of 1,200 units, with weights.

    So many that a job more or less is no excuse for another division.
    """
    draw = np.random.default_rng(seed)
    demand, weight = 40 * draw.integers(1, 16, 5), draw.integers(1, 6, 5) * 1.0
    rows = [(0, "ABCDE"[who], 1, 9) for who in range(5) for _ in range(demand[who])]
    chosen = rule({"kind": "max_min"}, dict(zip("ABCDE", weight, strict=True)))
    table = jobs(*rows)
    held = np.bincount(table.user[starts(table, 1200, chosen) == 0], minlength=5)
    fixed: dict[int, float] = {}
    while len(fixed) < 5:
        amounts, level = cvxpy.Variable(5), cvxpy.Variable()
        free = [who for who in range(5) if who not in fixed]
        limits = [amounts <= demand, cvxpy.sum(amounts) <= 1200]
        limits += [amounts[who] == value for who, value in fixed.items()]
        limits += [amounts[who] >= weight[who] * level for who in free]
        cvxpy.Problem(cvxpy.Maximize(level), limits).solve()
        reached = weight * float(level.value)
        full = [who for who in free if reached[who] >= demand[who] - 1e-3]
        fixed |= {who: min(reached[who], float(demand[who])) for who in full or free}
    wanted = np.array([fixed[who] for who in range(5)])
    assert wanted.sum() == pytest.approx(min(1200, demand.sum()), abs=1e-2)
    # Each is served at the lowest level: nobody is more than a job above, nor all others' below.
    assert (held <= wanted + 1 + 1e-3).all()
    assert (held >= wanted - 2).all()


def test_max_min_follows_weights() -> None:
    """Weights 1, 2, 4 and demands without end: 14 units are 2, 4 and 8."""
    table = jobs(*[(0, who, 1, 9) for who in "ABC" for _ in range(14)])
    chosen = rule({"kind": "max_min"}, {"A": 1.0, "B": 2.0, "C": 4.0})
    assert np.bincount(table.user[starts(table, 14, chosen) == 0]).tolist() == [2, 4, 8]


def test_htcondor_negotiates_by_slices() -> None:
    """A holds 4 GPUs for one half-life of 100 s: π = ½·0.5 + ½·4 = 2.25, and B's is 0.5.

    1/π: 0.444 and 2 of 2.444, so of 4 GPUs the slices are 0.73 and 3.27. B is served first, with 3;
    A's slice holds no whole job. Of the rest, A has 0·2.25 and B 3·0.5: the fourth goes to A.
    Formulas: HTCondor manual, "User Priorities and Negotiation".
    """
    rows = [(0, "A", 4, 100)] + [(1, who, 1, 50) for _ in range(4) for who in "AB"]
    chosen = rule({"kind": "htcondor", "half_life": "100s"})
    # The four start together, so they stand in the order of their positions.
    assert sequence(jobs(*rows), 4, chosen)[:5] == "AABBB"


def test_kueue_counts_what_is_borrowed() -> None:
    """Quotas 4, 3, 3, all lendable: A with 7 held and a job of 1 borrows 4: 1000·4/10 = 400; with
    weight 2 it is 200. B within its quota has 0. Formula: fair_sharing.go."""
    view = _view(10, [7, 2, 0])
    more = np.zeros(1)
    for weight, wanted in ((1.0, 400.0), (2.0, 200.0), (0.0, np.inf)):
        order = KueueDrs(quota={"A": 4, "B": 3, "C": 3}, weight={"A": weight, "B": 1.0})
        there = replace(view, terms=order.terms(_served(view)))
        assert order.standing(there, 1, more, 0) == wanted
        assert order.standing(there, 2, more, 0) == 0


def test_kai_lowers_a_share_by_what_was_used() -> None:
    """KAI's documentation: 24 GPU-hours in a window of 10 h on 10 GPUs are a usage of 0.24.

    Two queues of weight 1 without deserved quota that ask for all 10 GPUs: P = ½ + (½ − 0.24) and
    ½ + ½, so the shares are 10·0.76/1.76 and 10·1/1.76. Source: docs/timeaware/README.md and
    designs/time-aware-fairness of NVIDIA/KAI-Scheduler.
    """
    order = Kai(deserved={"A": 0, "B": 0})
    hours = 3600 * 1e6
    view = _view(
        10, [0, 0], requested=np.array([0, 10.0, 10.0]), counted=36_000.0,
        usage=np.array([24 * hours, 24 * hours, 0.0]),
    )  # fmt: skip
    view = replace(view, terms=order.terms(_served(view)))
    assert order.shares(view)[1:] == pytest.approx([7.6 / 1.76, 10 / 1.76])


def test_kai_gives_deserved_quotas_first_and_then_tier_by_tier() -> None:
    """16 GPUs: A deserves 4 and asks for 10, B deserves 4 and asks for 2, C of tier 1 asks for 6.

    4 + 2 are deserved; of the 10 left C, of the higher tier, has its 6, and A the other 4.
    """
    order = Kai(deserved={"A": 4, "B": 4, "C": 0}, tier={"C": 1})
    view = _view(16, [0, 0, 0], requested=np.array([0, 10.0, 2.0, 6.0]))
    view = replace(view, terms=order.terms(_served(view)))
    assert order.shares(view)[1:].tolist() == [8, 2, 6]


EXAMPLE = {"A": (6, 12, 0, 6, 6), "B": (6, 0, 12, 6, 6), "C": (0, 0, 0, 18, 12)}


def test_karma_example() -> None:
    """The running example of Karma's authors: 18 slices, half of them public, three users.

    Credits after each quantum, by hand, 3 of them free: 6 6 12; A then borrows 9, B and C lend 3
    each: 0 12 18; B borrows 9: 6 6 24; C is richest and borrows all 9 that there are: 9 9 18;
    again: 12 12 12. Everybody has got 24 slices. Demands and sums: resource-disaggregation/karma,
    scripts/test/test_allocator.py; credits as karma_allocator.cpp reckons them.
    """
    after = [(6, 6, 12), (0, 12, 18), (6, 6, 24), (9, 9, 18), (12, 12, 12)]
    order, third = Karma(public=0.5, credits=6), np.r_[1.0, np.full(3, 1 / 3)]
    own, given = np.r_[-18.0, 6.0, 6.0, 6.0], np.zeros(4)
    for asked, wanted in zip(zip(*EXAMPLE.values(), strict=True), after, strict=True):
        target, own = order.slices(own, np.array([0, *asked]), third, 18)
        given += target
        assert own[1:] == pytest.approx(wanted)
    assert given[1:].tolist() == [24, 24, 24]


@pytest.mark.parametrize("seed", range(8))
def test_karma_conserves_credits_whoever_comes(seed: int) -> None:
    """All accounts, the public's with them, are 0 together; nobody owes; nobody has less than what
    is guaranteed and asked for; nothing is idle that somebody asks and can pay for."""
    draw = np.random.default_rng(seed)
    order = Karma(public=float(draw.random()), credits=int(draw.integers(0, 30)))
    own, part = np.r_[0.0, np.full(6, np.nan)], draw.random(7) + 0.1
    for quantum in range(60):
        here = min(6, 1 + quantum // 8)
        demand = np.r_[0, draw.integers(0, 30, here), np.zeros(6 - here, np.int64)]
        before = own
        target, own = order.slices(own, demand, part, 40)
        assert np.nansum(own) == pytest.approx(0, abs=1e-6)
        assert (own[1:][~np.isnan(own[1:])] >= 0).all()
        assert (target <= demand).all()
        assert target.sum() <= 40
        new = np.isnan(before) & ~np.isnan(own)
        assert (demand[new] > 0).all()


def test_alpha_fair_of_one_type_is_max_min() -> None:
    """12 GPUs, 2, 8 and 10 asked for: 2, 5, 5; with weights 1, 1, 3: 2, 2.5, 7.5."""

    def parts(weight: list[float]) -> list[float]:
        asked = np.array([[2.0], [8.0], [10.0]])
        return by_bisection(
            Division(np.array([12.0]), asked, np.ones((1, 1), bool), np.ones(1), np.array(weight))
        ).tolist()

    assert parts([1, 1, 1]) == pytest.approx([2, 5, 5])
    assert parts([1, 1, 3]) == pytest.approx([2, 2.5, 7.5])


def _by_cvxpy(cvxpy: ModuleType, division: Division, alpha: float) -> np.ndarray:
    people, sets = division.demand.shape
    amounts = [cvxpy.Variable((sets, len(division.capacity)), nonneg=True) for _ in range(people)]
    worth = cvxpy.hstack([cvxpy.sum(each @ division.speed) for each in amounts])
    limits = [sum(cvxpy.sum(each, axis=0) for each in amounts) <= division.capacity]
    for each, asked in zip(amounts, division.demand, strict=True):
        limits += [cvxpy.sum(each, axis=1) <= asked]
        limits += [cvxpy.multiply(each, ~division.suits) == 0]
    weight = division.weight**alpha if np.isfinite(alpha) else division.weight
    if alpha == 1:
        goal = weight @ cvxpy.log(worth)
    elif np.isinf(alpha):
        goal = cvxpy.min(worth / weight)
    else:
        goal = weight @ cvxpy.power(worth, 1 - alpha) / (1 - alpha)
    cvxpy.Problem(cvxpy.Maximize(goal), limits).solve()
    return np.asarray(worth.value)


@pytest.mark.parametrize("alpha", [0, 0.5, 1, 2, 5, np.inf])
def test_alpha_fair_of_several_types_agrees_with_another_program(
    alpha: float, capfd: pytest.CaptureFixture[str], cvxpy: ModuleType
) -> None:
    for seed in range(3):
        draw = np.random.default_rng(seed)
        demand = draw.integers(1, 40, (6, 3)) * (draw.random((6, 3)) < 0.6)
        demand[:, 2] += 1
        division = Division(
            np.array([30.0, 20.0]), demand * 1.0, np.array([[1, 0], [0, 1], [1, 1]], bool),
            np.array([1.0, 2.5]), draw.random(6) + 0.2,
        )  # fmt: skip
        found = divide(division, alpha)
        capfd.readouterr()
        wanted = _by_cvxpy(cvxpy, division, alpha)
        if alpha == 0:
            assert found.sum() == pytest.approx(wanted.sum())
        elif np.isinf(alpha):
            lowest = (found / division.weight).min()
            assert lowest == pytest.approx((wanted / division.weight).min(), rel=1e-5)
        else:
            assert found == pytest.approx(wanted, rel=5e-3, abs=5e-3)


def test_solvers_write_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output belongs to results."""
    division = Division(
        np.array([3.0, 2.0]), np.full((2, 1), 4.0), np.ones((1, 2), bool), np.ones(2), np.ones(2)
    )
    for alpha in (0, 1, np.inf):
        assert divide(division, alpha) == pytest.approx([2.5, 2.5], abs=1e-4)
    assert capfd.readouterr() == ("", "")


def test_alpha_fair_targets_hold_until_the_next_window() -> None:
    """4 units, windows of 10 s. A's four jobs run when B's come; at 10 s the targets are 2 and 2,
    so as A's jobs end at 12, two of each start, though A's were submitted first."""
    rows = [(0, "A", 1, 12)] * 8 + [(1, "B", 1, 12)] * 4
    table = jobs(*rows)
    start = starts(table, 4, rule({"kind": "alpha_fair", "window": "10s"}))
    assert table.user[start == 12].tolist().count(1) == 2


def test_what_is_given_counts_for_names_that_are_there() -> None:
    table = jobs((0, "A", 1, 1), (0, "B", 1, 1))
    for ordering in (
        {"kind": "kueue_drs", "quota": {"Z": 1}},
        {"kind": "kai", "tier": {"Z": 1}},
        {"kind": "htcondor", "factor": {"Z": 1.0}},
    ):
        with pytest.raises(InputError, match="nobody who is served is named 'Z'"):
            replay(table, 4, rule(ordering))
