"""When reservations are, by the calendar; and what they promise, from results alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from engine.test_holding import CAPACITY, LOSSES, RULES, _jobs
from simulator.engine.charges import Calendar
from simulator.engine.reservations import occurrences
from simulator.engine.run import replay
from simulator.errors import InputError
from simulator.rules.limits.groups import longest_from
from simulator.rules.limits.reservation_models import Reservation
from simulator.rules.models import Rule

HOUR, DAY = 3600, 86_400
ALMATY = Calendar(int(datetime(2027, 1, 3, 19, tzinfo=UTC).timestamp()), "Asia/Almaty")
"""From Monday 2027-01-04, 0:00 there."""


def _hours(**said: Any) -> list[tuple[int, int]]:
    reservation = Reservation.model_validate({"at_least": 1, **said})
    begin, end = occurrences(reservation, ALMATY, 9 * DAY)
    return list(zip(begin.tolist(), end.tolist(), strict=True))


def test_hours_of_the_week_are_the_local_clocks() -> None:
    hours = {"days": ["mon", "thu"], "start": 9, "end": 13}
    expected = [(day * DAY + 9 * HOUR, day * DAY + 13 * HOUR) for day in (0, 3, 7)]
    assert _hours(hours=hours) == expected
    assert _hours(hours=hours, start="10h", end="3d") == [(10 * HOUR, 13 * HOUR)]


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    night = {"days": ["sun"], "start": 22, "end": 6}
    assert _hours(hours=night) == [(0, 6 * HOUR), (6 * DAY + 22 * HOUR, 7 * DAY + 6 * HOUR)]
    late = {"days": ["tue"], "start": 22, "end": 6}
    # The ninth day is a Tuesday: its night ends behind what is asked for.
    assert _hours(hours=late)[-1] == (8 * DAY + 22 * HOUR, 9 * DAY + 6 * HOUR)


def test_a_clock_that_is_put_forward_shortens_the_night() -> None:
    berlin = Calendar(int(datetime(2027, 3, 27, 23, tzinfo=UTC).timestamp()), "Europe/Berlin")
    night = Reservation.model_validate({"at_least": 1, "hours": {"days": ["sun"], "end": 6}})
    begin, end = occurrences(night, berlin, DAY)
    assert (begin.tolist(), end.tolist()) == ([0], [5 * HOUR])


def test_what_comes_again_does_so_until_its_end() -> None:
    said = {"start": "1d", "duration": "2h", "every": "2d"}
    expected = [(day * DAY, day * DAY + 2 * HOUR) for day in (1, 3, 5, 7)]
    assert _hours(**said) == expected
    assert _hours(**said, end="5d") == expected[:2]
    assert _hours(start="1d", duration="2h") == expected[:1]


def test_the_longest_span_left() -> None:
    begin, end = np.array([0, 10, 30]), np.array([5, 20, 33])
    since = np.array([0, 10, 12, 18, 20, 31, 33, 40])
    assert longest_from(begin, end, since).tolist() == [10, 10, 8, 3, 3, 2, 0, 0]


def test_two_that_overlap_are_refused() -> None:
    both = {
        "course": {"classes": ["open"], "start": "1d", "duration": "4h"},
        "big": {"at_least": 8, "start": "27h", "duration": "1d"},
    }
    rule = Rule.model_validate({"reservations": both})
    with pytest.raises(InputError, match=r"reservations.big begins at 97200 s, and .*course"):
        replay(_jobs(0, 20), CAPACITY, rule)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_others_never_hold_what_is_kept_free(name: str, seed: int) -> None:
    """At each start and end within it, though units fail and jobs are stopped."""
    jobs = _jobs(seed)
    day = {"classes": ["state"], "gpus": 20, "start": "3h", "duration": "4h", "every": "9h"}
    rule = Rule.model_validate({**RULES[name], "reservations": {"day": day}})
    outcome = replay(jobs, CAPACITY, rule, losses=LOSSES)
    attempts = outcome.attempts
    position = attempts["position"].to_numpy()
    start, end = attempts["start"].to_numpy(), attempts["end"].to_numpy()
    others = np.array(jobs.classes)[jobs.job_class[position]] != "state"
    most = 0
    for begin in range(3 * HOUR, int(end.max()), 9 * HOUR):
        edges = np.unique(np.r_[start, begin])
        for time in edges[(edges >= begin) & (edges < begin + 4 * HOUR)]:
            there = others & (start <= time) & (end > time)
            most = max(most, int(jobs.gpus[position[there]].sum()))
    assert most == CAPACITY - 20
    assert set(outcome.jobs["state"].to_pylist()) == {"completed", "killed"}
    kinds = outcome.events["kind"].to_pylist()
    # The last job may end while one lasts.
    assert kinds.count("reserved") - kinds.count("reservation_end") in (0, 1)
    assert kinds.count("reserved") > 3
