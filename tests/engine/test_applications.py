"""What grants promise holds in busy runs, from their results alone; who is first, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from twin.engine import columns
from twin.model import TwinJob

from engine.machines import jobs as node_jobs
from engine.machines import machine, settings
from engine.test_holding import CAPACITY, LOSSES, RULES, _jobs
from simulator.engine.charges import Calendar
from simulator.engine.run import Outcome, replay
from simulator.errors import InputError
from simulator.results.schema import OUTCOMES
from simulator.rules.models import Rule
from simulator.streams import Streams
from simulator.workload.columns import Jobs

HOUR = 3600
COUNCIL = {"meets": "6h", "first": "1h", "decides": "30min", "capacity": 2, "accepts": 0.7}
COUNCIL |= {"to_give": "150 GPU-h"}
APPLICATIONS: dict[str, Any] = {
    "ahead": "2h",
    "margin": 1.2,
    "tiers": {
        "small": {"classes": ["open"], "up_to": "20 GPU-h", "term": "5h", "renew": True}
        | {"review": {"kind": "automatic", "takes": "1h", "accepts": 0.8, "reviewers": 1}}
        | {"again": "1h"},
        "large": {"classes": ["open", "start-up"], "up_to": "90 GPU-h", "term": "12h"}
        | {"renew": True, "again": "2h", "review": {"kind": "panel", "panel": "council"}},
    },
    "panels": {"council": COUNCIL},
}


def _table(found: Outcome) -> pl.DataFrame:
    table = pl.from_arrow(found.applications)
    assert isinstance(table, pl.DataFrame)
    return table.with_columns(pl.col("project", "job_class").cast(pl.String))


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_nobody_computes_without_a_grant_and_none_is_overspent(name: str, seed: int) -> None:
    """Each attempt is paid by the grant that holds when it starts; lost work is not."""
    jobs = _jobs(seed)
    rule = Rule.model_validate({**RULES[name], "applications": APPLICATIONS})
    found = replay(jobs, CAPACITY, rule, losses=LOSSES, streams=Streams(seed, 0))
    grants = _table(found).filter(pl.col("starts").is_not_null()).sort("starts")
    rows = grants.to_dicts()
    used, attempts = [0] * len(rows), found.attempts.to_pylist()
    first: list[int | None] = [None] * len(rows)
    for attempt in sorted(attempts, key=lambda each: each["start"]):
        position, start = attempt["position"], attempt["start"]
        key = jobs.accounts[jobs.account[position]], jobs.classes[jobs.job_class[position]]
        if key[1] == "state":
            continue
        holding = [
            place
            for place, row in enumerate(rows)
            if (row["project"], row["job_class"]) == key and row["starts"] <= start < row["expires"]
        ]
        assert len(holding) == 1
        used[holding[0]] += attempt["gpu_seconds"] - attempt["lost_gpu_seconds"]
        first[holding[0]] = start if first[holding[0]] is None else first[holding[0]]
    assert [row["first_gpu"] for row in rows] == first
    for row, seconds in zip(rows, used, strict=True):
        assert seconds <= row["spent"] + 1e-9 <= row["granted"] + 2e-9
    # They bind, and all that can become of an application does.
    assert max(seconds / row["granted"] for row, seconds in zip(rows, used, strict=True)) > 0.95
    assert set(_table(found)["outcome"].cast(pl.String)) >= set(OUTCOMES[:3])
    assert sum(attempt["lost_gpu_seconds"] for attempt in attempts) > 0
    meetings = _table(found).filter(pl.col("panel").cast(pl.String) == "council")
    given = meetings.group_by("reviewed").agg(pl.col("granted").sum(), pl.len()).drop_nulls()
    assert (given["granted"] <= 150 * HOUR).all()
    assert given["len"].max() == 2
    assert ((given["reviewed"] - HOUR) % (6 * HOUR) == 0).all()


def test_twice_the_same() -> None:
    rule = Rule.model_validate({"applications": APPLICATIONS})
    first, second = (replay(_jobs(1), CAPACITY, rule) for _ in range(2))
    assert first.applications == second.applications
    assert first.jobs == second.jobs


def _each_one_job(count: int) -> Jobs:
    """Projects of one class, with a job of 100 s each, submitted one second after the other."""
    table = columns([TwinJob(second, 100, 100, 1) for second in range(count)])
    names = tuple(f"p{number}" for number in range(count))
    return replace(table, account=np.arange(count, dtype=np.int32), accounts=names)


def _applied(review: dict[str, Any], panel: dict[str, Any] | None, jobs: Jobs) -> pl.DataFrame:
    tier = {"classes": ["class0"], "up_to": "1 GPU-h", "term": "10d", "review": review}
    said = {"tiers": {"all": tier}, "panels": {} if panel is None else {"council": panel}}
    return _table(replay(jobs, 64, Rule.model_validate({"applications": said})))


def _merits(count: int) -> list[float]:
    streams = Streams(0, 0)
    return [
        float(streams.take("applications", f"class0/p{number}").random()) for number in range(count)
    ]


def test_a_panel_by_merit_decides_on_the_best_first() -> None:
    panel = {"meets": "1h", "first": "1min", "capacity": 1, "order": "merit"}
    found = _applied({"kind": "panel", "panel": "council"}, panel, _each_one_job(9))
    order = np.argsort(_merits(9))
    assert found.sort("decided")["project"].to_list() == [f"p{number}" for number in order]


@pytest.mark.parametrize("accepts", [0.3, 0.8])
def test_the_same_applications_are_accepted_whoever_decides(accepts: float) -> None:
    jobs = _each_one_job(30)
    panel = {"meets": "1h", "accepts": accepts}
    by_panel = _applied({"kind": "panel", "panel": "council"}, panel, jobs)
    check = _applied({"kind": "automatic", "takes": "9min", "accepts": accepts}, None, jobs)
    wanted = ["granted" if merit < accepts else "refused" for merit in _merits(30)]
    assert by_panel["outcome"].to_list() == check["outcome"].to_list() == wanted
    assert {"granted", "refused"} == set(wanted)


def test_panels_meet_by_the_calendar() -> None:
    """Instant 0 is 4 January 2027 in Almaty, which is 5 h ahead of UTC: 28 days before February."""
    calendar = Calendar(int(datetime(2027, 1, 4, tzinfo=UTC).timestamp()) - 5 * HOUR, "Asia/Almaty")
    tier = {"classes": ["class0"], "up_to": "1 GPU-h", "term": "10d"}
    tier |= {"review": {"kind": "panel", "panel": "council"}}
    panel = {"meets": "monthly", "first": "2h", "decides": "1d"}
    rule = Rule.model_validate(
        {"applications": {"tiers": {"all": tier}, "panels": {"council": panel}}}
    )
    jobs = replace(_each_one_job(3), submit=np.array([7200, 7201, 40 * 86_400]))
    found = _table(replay(jobs, 8, rule, calendar=calendar))
    days = [time / 86_400 for time in found["reviewed"].to_list()]
    assert days == [2 / 24, 28, 56]
    assert (found["decided"] - found["reviewed"]).to_list() == [86_400] * 3


def test_a_cut_leaves_what_waits() -> None:
    tier = {"classes": ["class0"], "up_to": "1 GPU-h", "term": "10d"}
    tier |= {"review": {"kind": "automatic", "takes": "30s"}}
    rule = Rule.model_validate({"applications": {"tiers": {"all": tier}}})
    found = replay(_each_one_job(20), 64, rule, end="cut")
    assert set(_table(found)["outcome"].to_list()) == {"waiting"}
    assert _table(found)["decided"].null_count() == 20
    assert set(found.jobs["refused_by"].to_pylist()) == {"applications"}


def test_nobody_applies_by_default() -> None:
    assert replay(_each_one_job(2), 8, Rule()).applications.num_rows == 0


def test_a_part_of_the_machine() -> None:
    tier = {"classes": ["class0"], "up_to": "10%", "term": "100s", "asks": "up_to"}
    tier |= {"review": "automatic"}
    rule = Rule.model_validate({"applications": {"tiers": {"all": tier}}})
    assert _table(replay(_each_one_job(1), 64, rule))["granted"].to_list() == [640]


def test_a_class_that_nobody_is_of() -> None:
    tier = {"classes": ["clas0"], "up_to": "1 GPU-h", "term": "1d", "review": "automatic"}
    rule = Rule.model_validate({"applications": {"tiers": {"all": tier}}})
    with pytest.raises(InputError, match="applications: jobs are of no class 'clas0'"):
        replay(_each_one_job(1), 8, rule)


def test_a_run_ends_where_nobody_is_granted_anything_though_nodes_fail_for_ever() -> None:
    model = settings(2, failures={"mtbf": "5d", "repair": {"median": "3h", "sigma": 1}})
    table = node_jobs(*((second, 100, 100, 1) for second in range(5)))
    tier = {"classes": list(table.classes), "up_to": "1 GPU-h", "term": "10d"}
    tier |= {"review": {"kind": "automatic", "takes": "1d", "accepts": 0.0}}
    rule = Rule.model_validate({"applications": {"tiers": {"all": tier}}})
    found = replay(table, machine(2), rule, failures=model.failures)
    assert found.finish < 60 * 86_400
    assert set(found.jobs["state"].to_pylist()) == {"unfinished"}


def _renewed(jobs: list[TwinJob], **said: Any) -> pl.DataFrame:
    tier = {"classes": ["class0"], "up_to": "1 GPU-h", "term": "20s", "renew": True}
    tier |= {"review": {"kind": "automatic", "takes": "5s"}}
    rule = Rule.model_validate({"applications": {"tiers": {"all": tier}, **said}})
    return _table(replay(columns(jobs), 8, rule))


def test_a_grant_that_pays_for_nothing_has_no_first_gpu() -> None:
    found = _renewed([TwinJob(0, 10, 10, 1, cancelled_at=3), TwinJob(70, 10, 10, 1)])
    assert found["first_gpu"].to_list() == [None, 75]
    assert found["spent"].to_list() == [0.0, 10.0]


def test_a_project_gives_up_after_a_hundred_applications_in_vain() -> None:
    assert _renewed([TwinJob(0, 10, 10, 1)], margin=0.5).height == 1 + 100


SUPPLEMENT = {"used": 0.5, "adds": 0.5, "every": "10s"}


def test_what_is_added_is_spent_behind_the_grant_and_has_a_first_gpu_of_its_own() -> None:
    """The jobs of tests/cases/pool/applications-add-to-a-grant.yaml: they cost 40, 30 and 5."""
    jobs = columns([TwinJob(0, 20, 20, 2), TwinJob(1, 15, 15, 2), TwinJob(30, 5, 5, 1)])
    tier = {"classes": ["class0"], "up_to": "60 GPU-s", "term": "100s", "supplement": SUPPLEMENT}
    tier |= {"review": {"kind": "automatic", "takes": "4s"}}
    rule = Rule.model_validate({"applications": {"tiers": {"all": tier}}})
    found = _table(replay(jobs, 4, rule))
    wanted = ("adds_to", "asked", "applied", "decided", "outcome", "granted", "starts", "expires")
    assert found.select(*wanted, "spent", "first_gpu").rows() == [
        (None, 75, 0, 4, "cut", 60, 4, 104, 60.0, 4),
        (0, 15, 14, 18, "granted", 15, 18, 104, 15.0, 18),
    ]


@pytest.mark.parametrize("seed", range(2))
def test_no_grant_is_overspent_with_all_that_is_added(seed: int) -> None:
    more = {"used": 0.6, "adds": 0.7, "at_most": 2, "every": "1h"}
    tier = APPLICATIONS["tiers"]["small"] | {"term": "12h", "supplement": more}
    said = {"tiers": {"small": tier | {"classes": ["open", "start-up"]}}}
    rule = Rule.model_validate({**RULES["easy"], "applications": said})
    found = _table(replay(_jobs(seed), CAPACITY, rule, losses=LOSSES, streams=Streams(seed, 0)))
    paid = found.filter(pl.col("starts").is_not_null())
    assert (paid["spent"] <= paid["granted"]).all()
    added = paid.filter(pl.col("adds_to").is_not_null())
    assert added.height > 5
    assert (added["granted"] <= 0.7 * 20 * HOUR).all()
    of = ["project", "job_class"]
    grants = paid.select(*of, "expires", "spent", "granted", adds_to="number")
    both = added.join(grants, on=[*of, "adds_to"], suffix="_of")
    assert (both["expires"] == both["expires_of"]).all()
    # Nothing is spent of what was added before all of the grant is.
    used = both.filter(pl.col("spent") > 0)
    assert used.height > 2
    assert (used["spent_of"] == used["granted_of"]).all()


def test_two_additions_pay_for_one_job() -> None:
    """20 are spent at 0. Half of what the second job costs is added at 10, the rest at 20."""
    jobs = columns([TwinJob(0, 10, 10, 2), TwinJob(1, 10, 10, 2)])
    tier = {"classes": ["class0"], "up_to": "20 GPU-s", "term": "100s", "review": "automatic"}
    tier |= {"supplement": SUPPLEMENT | {"at_most": 2}}
    found = _table(replay(jobs, 4, Rule.model_validate({"applications": {"tiers": {"all": tier}}})))
    assert found.select("asked", "granted", "spent", "first_gpu").rows() == [
        (40, 20, 20.0, 0), (20, 10, 10.0, 20), (10, 10, 10.0, 20),
    ]  # fmt: skip
