"""Usage of every entity, against a sum over every second of every attempt."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from kernels.states import entry

from simulator.engine.accounts import served
from simulator.engine.charges import Calendar
from simulator.engine.world import Pool
from simulator.errors import InputError
from simulator.kernels.state import BUSY, LOGGED, NOW, Columns, at_start
from simulator.kernels.usage import make_up
from simulator.rules.models import Rule
from simulator.rules.program import program_of
from simulator.workload.columns import Jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR, DAY = 3600, 86_400
CAPACITY = 32
ALMATY = Calendar(
    int(datetime(2027, 1, 29, 9, tzinfo=ZoneInfo("Asia/Almaty")).timestamp()), "Asia/Almaty"
)
UNTIL = 5 * DAY + 7777
WEEKEND = {"days": ["sat", "sun"], "factor": 0.25}
NIGHT = {"start": 20, "end": 6, "factor": 0.5}
SETTINGS: dict[str, dict[str, Any]] = {
    "for ever": {"fade": "none"},
    "half-life": {"fade": {"kind": "half_life", "half_life": "9h"}},
    "sliding": {"fade": {"kind": "sliding", "window": "30h"}},
    "tumbling": {"fade": {"kind": "tumbling", "window": "31h"}},
    "daily": {"fade": "none", "reset": "daily"},
    "weekly and half-life": {"fade": {"kind": "half_life", "half_life": "40h"}, "reset": "weekly"},
    "monthly": {"fade": "none", "reset": "monthly"},
    "yearly": {"fade": "none", "reset": "yearly"},
    "off-peak": {"fade": "none", "off_peak": [WEEKEND, NIGHT]},
    "off-peak, half-life": {"fade": "half_life", "off_peak": [NIGHT]},
    "off-peak, sliding": {"fade": {"kind": "sliding", "window": "50h"}, "off_peak": [WEEKEND]},
    "by request": {"fade": "none", "basis": "requested"},
    "by request, half-life": {"fade": "half_life", "basis": "requested", "off_peak": [NIGHT]},
    "factors": {"fade": "none", "class_factors": {"b": 0.333}},
}


def _jobs(count: int = 160) -> Jobs:
    draw = np.random.default_rng(5)
    submit = np.sort(draw.integers(0, 5 * DAY, count))
    run_time = draw.integers(0, 12 * HOUR, count)
    user = draw.integers(0, 6, count).astype(np.int32)
    return Jobs(
        np.arange(count),
        submit,
        run_time,
        run_time + draw.integers(1, 9999, count),
        draw.integers(1, 17, count),
        user,
        user // 2,
        (user // 4).astype(np.int32),
        tuple("uvwxyz"),
        ("p", "q", "r"),
        ("a", "b"),
    )


def _price(settings: Mapping[str, Any], when: int) -> float:
    local = datetime.fromtimestamp(ALMATY.epoch + when, ZoneInfo(ALMATY.time_zone))
    for each in settings.get("off_peak", ()):
        if "days" in each and local.weekday() >= 5:
            return float(each["factor"])
        if "start" in each and (local.hour >= 20 or local.hour < 6):
            return float(each["factor"])
    return 1.0


def _forgotten(settings: Mapping[str, Any]) -> int:
    """The last instant at which all usage was forgotten."""
    if settings.get("fade") == SETTINGS["tumbling"]["fade"]:
        return UNTIL - UNTIL % (31 * HOUR)
    first = {
        "daily": datetime(2027, 2, 3),
        "weekly": datetime(2027, 1, 31),
        "monthly": datetime(2027, 2, 1),
    }
    reset = settings.get("reset")
    if reset not in first:
        return 0
    zone = ZoneInfo(ALMATY.time_zone)
    return int(first[reset].replace(tzinfo=zone).timestamp()) - ALMATY.epoch


def _weight(settings: Mapping[str, Any], seconds: np.ndarray) -> np.ndarray:
    """How much of each past second, booked as it passed, still counts."""
    fade = settings["fade"]
    kept = np.where(seconds >= _forgotten(settings), 1.0, 0.0)
    if fade == "none" or fade["kind"] == "tumbling" if isinstance(fade, dict) else fade == "none":
        return kept
    if fade == "half_life":
        fade = {"kind": "half_life", "half_life": "168h"}
    if fade["kind"] == "sliding":
        return kept * (seconds >= UNTIL - int(fade["window"][:-1]) * HOUR)
    half = int(fade["half_life"][:-1]) * HOUR
    ends = 2.0 ** ((seconds + 1 - UNTIL) / half) - 2.0 ** ((seconds - UNTIL) / half)
    return kept * ends * half / np.log(2)


def _run(accounting: dict[str, Any]) -> tuple[Jobs, Any, Pool]:
    jobs = _jobs()
    quantities = {"ordering": "least_usage", "accounting": accounting}
    rule = Rule.model_validate(quantities)
    accounts = served(jobs, CAPACITY, rule, ALMATY)
    columns = Columns(jobs.submit, jobs.run_time, jobs.walltime, jobs.gpus)
    pool = Pool(at_start(columns, CAPACITY, 0, accounts=accounts), program_of(rule))
    pool.advance(UNTIL, 10**9)
    pool.state.counters[NOW] = UNTIL
    entry(make_up)(pool.state, pool.program)
    return jobs, rule, pool


def _attempts(pool: Pool) -> list[tuple[int, int, int]]:
    """(position, start, end so far)."""
    state, counters = pool.state, pool.state.counters
    log, ended = state.log, int(counters[LOGGED])
    found = list(zip(log.position[:ended], log.start[:ended], log.end[:ended], strict=True))
    running = state.running.planned_position[: counters[BUSY]]
    return [*found, *((position, state.progress.start[position], UNTIL) for position in running)]


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_usage_is_the_sum_of_all_seconds(settings: dict[str, Any]) -> None:
    jobs, _, pool = _run(settings)
    price = np.repeat([_price(settings, hour * HOUR) for hour in range(UNTIL // HOUR + 40)], HOUR)
    wanted: dict[int, float] = {}
    for position, start, end in _attempts(pool):
        factor = settings.get("class_factors", {}).get(jobs.classes[jobs.job_class[position]], 1.0)
        if settings.get("basis") == "requested":
            # All of it at the start.
            cost = float(price[start : start + jobs.walltime[position]].sum())
            half = 7 * DAY
            if settings["fade"] == "half_life":
                cost *= 2.0 ** ((start - UNTIL) / half)
        else:
            seconds = np.arange(start, end)
            cost = float((price[start:end] * _weight(settings, seconds)).sum())
        user = int(jobs.user[position])
        wanted[user] = wanted.get(user, 0.0) + cost * factor * int(jobs.gpus[position])
    accounts = pool.state.accounts
    usage = accounts.had.usage * 1e-6
    for user, cost in wanted.items():
        entity = accounts.of_job[np.flatnonzero(jobs.user == user)[0]]
        assert usage[entity] == pytest.approx(cost, rel=1e-9, abs=1e-3)
    assert usage[0] == pytest.approx(sum(wanted.values()), rel=1e-9, abs=1e-3)
    assert sum(wanted.values()) > 0 or settings.get("reset") == "monthly"


def test_names_that_are_not_there_are_refused() -> None:
    for accounting, word in (
        ({"class_factors": {"c": 2.0}}, "c"),
        ({"charge": {"gpu_types": {"h200": 2.0}}}, "h200"),
        ({"charge": {"cpu": 1.0}}, "CPUs"),
    ):
        with pytest.raises(InputError, match=word):
            _run({"fade": "none", **accounting})
