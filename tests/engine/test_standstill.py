"""Time that does not go on is a fault that comes to light, not a run without end."""

from __future__ import annotations

from collections.abc import Generator
from types import SimpleNamespace

import numpy as np
import pytest
from simpy.events import Event

from engine.machines import jobs, machine
from simulator.engine.clock import SLICE, Clock, StandstillError, Watch
from simulator.engine.run import replay
from simulator.engine.world import World
from simulator.kernels.state import NOW
from simulator.rules.models import Rule


class _Watch(Watch):
    """Lets a run begin, and from second 5 on handles nothing, or only that often."""

    def __init__(self, idle: int) -> None:
        self.idle = idle

    def advance(self, world: World, horizon: int, rounds: int) -> bool:
        if world.state.counters[NOW] < 5:
            return world.advance(min(horizon, 10), 1)
        self.idle -= 1
        return self.idle < 0 and world.advance(horizon, rounds)


def test_rounds_without_end_are_a_fault() -> None:
    three = jobs((0, 5, 5, 1), (5, 5, 5, 1), (7, 5, 5, 1))
    with pytest.raises(StandstillError, match=r"^second 5 does not end: 200000 rounds of it$"):
        replay(three, machine(1), Rule(), watch=_Watch(3))
    found = replay(three, machine(1), Rule(), watch=_Watch(1))
    assert found.jobs["start"].to_pylist() == [0, 5, 7]


def test_as_many_jobs_of_no_length_as_one_likes_are_none() -> None:
    """Each fills the machine and needs a round of its own."""
    many = 3 * SLICE + 50
    found = replay(jobs(*[(3, 0, 0, 8)] * many), 8, Rule.model_validate({"backfill": "none"}))
    assert set(found.jobs["start"].to_pylist()) == {3}


class _Still:
    """A world of no jobs, in which kernels have nothing to do."""

    def __init__(self) -> None:
        self.state = SimpleNamespace(
            counters=np.zeros(64, np.int64), columns=SimpleNamespace(submit=np.zeros(1, np.int64))
        )

    def advance(self, _horizon: int, _rounds: int) -> bool:
        return True


def _wait_in_vain(clock: Clock, times: int) -> Generator[Event]:
    yield clock.timeout(4)
    for _ in range(times):
        yield clock.timeout(0)


def test_events_without_end_are_a_fault() -> None:
    clock = Clock(_Still())
    clock.process(_wait_in_vain(clock, SLICE - 10))
    clock.run()
    clock = Clock(_Still())
    clock.process(_wait_in_vain(clock, SLICE + 10))
    with pytest.raises(
        StandstillError, match=r"^second 4 does not end: the next event is <Timeout"
    ):
        clock.run()
