"""Shares, usage and priorities as a real Slurm had them: every snapshot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from simulator.kernels.state import NOW
from simulator.rules.program import program_of
from slurm.folders import SNAPSHOTS
from slurm.snapshot import ORIGIN, PERIOD, Snapshot, rule_of

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = {folder.name: folder for folder in SNAPSHOTS}
needed = pytest.mark.skipif(not FOLDERS, reason="the shared recordings are absent")
UNIT = 1_000_000
"""Usage is in millionths."""
ALIVE = [name for name in FOLDERS if name < "05"]


def live(folder: Path) -> Snapshot:
    """The kernels run from the first job to the snapshot, under a half-life of 7 days."""
    found = Snapshot(folder, rule_of(folder, "7d", "7d"))
    found.pass_time()
    return found


def agree_on_shares(found: Snapshot) -> None:
    accounts = found.state.accounts
    for share in found.shares:
        row = found.row(share.account, share.user)
        if not math.isnan(share.fair_share) and share.user:
            assert abs(found.factor(row) - share.fair_share) < 1e-6, share
        level = accounts.room.heap_key[row]
        if not math.isnan(share.level_fs) and row:
            assert level == pytest.approx(share.level_fs, rel=5e-7, abs=1e-6), share


@needed
@pytest.mark.parametrize("name", ALIVE)
def test_usage_to_the_unit(name: str) -> None:
    found = live(FOLDERS[name])
    for share in found.shares:
        row = found.row(share.account, share.user)
        assert int(found.state.accounts.had.usage[row] / UNIT) == share.raw_usage, share


@needed
@pytest.mark.parametrize("name", ALIVE)
def test_fair_tree(name: str) -> None:
    found = live(FOLDERS[name])
    agree_on_shares(found)


@needed
@pytest.mark.parametrize("name", ALIVE)
def test_each_priority(name: str) -> None:
    found = live(FOLDERS[name])
    tick = int(found.state.accounts.clock[0])
    for job, recorded in found.priorities.items():
        assert found.priority(job, tick) == recorded.priority, recorded


def faded(name: str, tick: int, half_life: str, **ordering: object) -> Snapshot:
    """Usage of the drained cluster, weighed at a later tick: nothing has run since."""
    found = Snapshot(FOLDERS[name], rule_of(FOLDERS[name], "7d", "1h", **ordering))
    found.when = 1795491435 - ORIGIN
    found.pass_time()
    found.program = program_of(rule_of(FOLDERS[name], half_life, "1h", **ordering))
    found.tick(tick - ORIGIN)
    return found


@needed
@pytest.mark.parametrize(
    ("name", "tick"), [("05-decay10m-t0", 1795491446), ("05-decay10m-t1", 1795491506)]
)
def test_priorities_of_a_short_half_life(name: str, tick: int) -> None:
    found = faded(name, tick, "10min")
    agree_on_shares(found)
    for job, recorded in found.priorities.items():
        assert found.priority(job, tick - ORIGIN) == recorded.priority, recorded


@needed
def test_a_minute_of_a_short_half_life_to_the_unit() -> None:
    before, after = (FOLDERS[f"05-decay10m-t{n}"] for n in (0, 1))
    found = Snapshot(after, rule_of(after, "10min", "1h"), since=10**9)
    usage = found.state.accounts.had.usage
    for share in Snapshot(before, found.rule).shares:
        usage[found.row(share.account, share.user)] = share.raw_usage * UNIT
    found.state.accounts.clock[0] = 1795491446 - ORIGIN
    found.tick(1795491506 - ORIGIN)
    for share in found.shares:
        # What was read before had lost less than a unit.
        grown = share.raw_usage - usage[found.row(share.account, share.user)] / UNIT
        assert -1 < grown < 1, share


@needed
def test_classic_fair_share() -> None:
    tick = 1795491706
    found = faded("06-classic", tick, "7d", share_rule="classic_fair_share")
    accounts = found.state.accounts
    for share in found.shares:
        row = found.row(share.account, share.user)
        assert accounts.room.heap_key[row] == pytest.approx(share.effective_usage, abs=1e-6)
        if share.user and share.account != "root":
            assert abs(found.factor(row) - share.fair_share) < 1e-6, share
    for job, recorded in found.priorities.items():
        assert found.priority(job, tick - ORIGIN) == recorded.priority, recorded


@needed
def test_charges_by_the_largest_resource() -> None:
    folder = FOLDERS["09-maxtres-run"]
    first = 1795491706 - ORIGIN
    found = Snapshot(folder, rule_of(folder, "7d", "1h"), since=first)
    usage, clock = found.state.accounts.had.usage, found.state.accounts.clock
    for share in Snapshot(FOLDERS["06-classic"], found.rule).shares:
        usage[found.row(share.account, share.user)] = share.raw_usage * UNIT
    # A restart in between had moved the ticks by half a minute.
    clock[0], clock[1] = first, first + PERIOD // 2
    found.program = found.program._replace(phase=(first + PERIOD // 2) % PERIOD)
    found.state.counters[NOW] = first
    found.pass_time()
    for share in found.shares:
        row = found.row(share.account, share.user)
        assert abs(usage[row] / UNIT - share.raw_usage) < 2, share
    accounts = found.state.accounts
    for share in found.shares:
        row = found.row(share.account, share.user)
        if share.user:
            assert abs(found.factor(row) - share.fair_share) < 1e-6, share
        if not math.isnan(share.level_fs) and row:
            assert accounts.room.heap_key[row] == pytest.approx(share.level_fs, rel=2e-3)
