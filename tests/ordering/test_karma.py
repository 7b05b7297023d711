"""Karma in the engine: what its kernels do with credits, seen at each quantum of a run."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from simpy.events import Event

from ordering.bench import jobs, rule
from simulator.engine import run
from simulator.engine.snapshots import Snapshots
from simulator.kernels.state import HEAD, TAIL

QUANTUM, UNITS = 10, 20
PEOPLE = "ABCDEF"


@dataclass(frozen=True)
class Quantum:
    """What stands in the kernels' arrays when the quantum has begun; row 0 is the public."""

    credits: np.ndarray
    target: np.ndarray
    demand: np.ndarray
    """Held and waited for."""
    entitled: np.ndarray


def _quanta(monkeypatch: pytest.MonkeyPatch, table: Any, order: dict[str, Any]) -> list[Quantum]:
    """All quanta of a run, a second after each has begun: the jobs here do nothing then."""
    found: list[Quantum] = []

    class Recorder(Snapshots):
        def process(self) -> Generator[Event, Any, None]:
            yield self.clock.timeout(1)
            while True:
                state = self.clock.world.state
                accounts, leaf = state.accounts, state.accounts.tree.children == 0
                waiting = state.queue.position[state.counters[HEAD] : state.counters[TAIL]]
                demand = np.where(leaf, accounts.had.held[:, 0], 0)
                np.add.at(demand, accounts.of_job[waiting], state.columns.gpus[waiting])
                own, value = accounts.had.own.copy(), accounts.had.value.copy()
                found.append(Quantum(own, value, demand, accounts.tree.entitled))
                yield self.clock.timeout(QUANTUM)

    monkeypatch.setattr(run, "Snapshots", Recorder)
    run.replay(table, UNITS, rule({"kind": "karma", "quantum": "10s", **order}), snapshots=QUANTUM)
    return found


def _table(seed: int) -> Any:
    """A busy machine: people come one after another, and ask for much at some times."""
    draw = np.random.default_rng(seed)
    rows = [(0, "A", 1, 1200)]
    for _ in range(300):
        when = int(draw.integers(0, 100))
        who = PEOPLE[int(draw.integers(0, 1 + min(5, when // 8)))]
        rows.append((10 * when + 5, who, int(draw.integers(1, 6)), 10 * int(draw.integers(1, 4))))
    return jobs(*sorted(rows))


@pytest.mark.parametrize("seed", range(6))
def test_the_kernel_conserves_credits(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """At each quantum: credits handed out = credits paid to the public + credits on hand.

    Of everybody it is known what they get for nothing; what they borrow is read off the targets;
    what they may lend is what of their part they do not ask for. All else must be earned.
    """
    draw = np.random.default_rng(seed)
    public, first = float(draw.choice([0.0, 0.25, 0.5, 1.0])), int(draw.integers(0, 40))
    quanta = _quanta(monkeypatch, _table(seed), {"public": public, "credits": first})
    assert len(quanta) > 100
    before = np.r_[0.0, np.full(len(quanta[0].credits) - 1, np.nan)]
    handed_out = paid = borrowed_in_all = 0.0
    for each in quanta:
        here, came = ~np.isnan(each.credits), np.isnan(before) & ~np.isnan(each.credits)
        here[0] = came[0] = False
        assert (each.demand[came] > 0).all()
        there = before[1:][~np.isnan(before[1:])]
        # All who come at once get the mean of who was there before.
        before[came] = there.mean() if len(there) else first
        handed_out += before[came].sum()
        part = np.where(here, each.entitled, 0) / each.entitled[here].sum()
        guaranteed = np.floor((UNITS - int(public * UNITS)) * part + 1e-9)
        free = (UNITS - guaranteed.sum()) * part
        handed_out += free.sum()
        borrowed = np.where(here, each.target - np.minimum(each.demand, guaranteed), 0)
        lendable = np.where(here, np.maximum(guaranteed - each.demand, 0), 0)
        earned = np.where(here, each.credits - before - free + borrowed, 0)
        assert (borrowed >= 0).all()
        assert (earned >= -1e-9).all()
        assert (earned <= lendable + 1e-9).all()
        assert earned.sum() == pytest.approx(min(borrowed.sum(), lendable.sum()))
        paid += borrowed.sum() - earned.sum()
        borrowed_in_all += borrowed.sum()
        on_hand = each.credits[here]
        assert (on_hand >= 0).all()
        assert handed_out == pytest.approx(paid + on_hand.sum())
        assert np.nansum(each.credits) == pytest.approx(0, abs=1e-6)
        assert each.target[here].sum() <= UNITS
        before = each.credits.copy()
    assert borrowed_in_all > 100
    assert not np.isnan(before).any(), "everybody has come"


def test_quanta_without_jobs_are_settled_when_somebody_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three jobs of 12 GPUs run one after another from 5 to 95, and again from 405 on.

    10 GPUs are guaranteed, 3 to each, so 11 slices are public. Between the ticks at 90 and 410 lie
    32 quanta: 352 credits are given, and at 410 all of 20 slices are asked for, 11 beyond what is
    guaranteed, so 11 are paid.
    """
    rows = [(5 + 400 * turn, who, 12, 30) for turn in range(3) for who in "ABC"]
    quanta = _quanta(monkeypatch, jobs(*sorted(rows)), {"credits": 7})
    at = {1 + QUANTUM * number: each.credits for number, each in enumerate(quanta)}
    assert (at[91] == at[401]).all()
    assert at[411][0] - at[401][0] == pytest.approx(-352 + 11)
    assert at[411].sum() == pytest.approx(0)
