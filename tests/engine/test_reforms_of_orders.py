"""Orders that know more than usage, in mid-run, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from twin.engine import columns
from twin.model import TwinJob

from simulator.engine.run import replay
from simulator.rules.models import Rule
from simulator.streams import Streams


def _starts(
    jobs: list[TwinJob], capacity: int, *rules: tuple[int, dict[str, Any]]
) -> list[int | None]:
    """Under first come, first served, then these rules, each from its second on."""
    reforms = [{"at": f"{time}s", "usage": "reset", "rule": rule} for time, rule in rules]
    rule = Rule.model_validate({"backfill": "none", "reforms": reforms})
    return _of_all(jobs, capacity, rule)


def _of_all(jobs: list[TwinJob], capacity: int, rule: Rule) -> list[int | None]:
    """Their starts; one more comes when all is over, since reforms come while jobs do."""
    found = replay(columns([*jobs, TwinJob(900, 1, 1, 1)]), capacity, rule)
    return found.jobs["start"].to_pylist()[:-1]


STRIDE = {"ordering": "stride", "backfill": "none"}
TURNS = [
    TwinJob(0, 30, 30, 1, user=0),
    *(TwinJob(submit, 10, 10, 1, user=0) for submit in (1, 2)),
    *(TwinJob(submit, 10, 10, 1, user=1) for submit in (3, 4, 5)),
]
"""Ann's three jobs and Bob's three on one unit."""


def test_stride_books_what_is_left_of_running_jobs() -> None:
    # At 10 Ann's first job has 20 s left, which put her at 20 (times what is entitled to one), and
    # Bob at 0. So B1 at 30, B2 at 40; at 50 they are equal, and A2 came first; B3, A3.
    assert _starts(TURNS, 1, (10, STRIDE)) == [0, 50, 70, 30, 40, 60]


@pytest.mark.parametrize(
    ("usage", "wanted"),
    [
        # As without a reform: all come at 0, and A1 puts Ann at 30. B1, B2, B3; equal then: A2, A3.
        ("keep", [0, 60, 70, 30, 40, 50]),
        # At 35 B1 has 5 s left: Bob is at 5, Ann at 0. A2; B2 (5 below 10); A3 (10 below 15).
        ("reset", [0, 40, 60, 30, 50, 70]),
    ],
)
def test_passes_are_kept_or_forgotten(usage: str, wanted: list[int]) -> None:
    reform = {"at": "35s", "usage": usage, "rule": {**STRIDE, "limits": {"few": {"jobs": 9}}}}
    rule = Rule.model_validate({**STRIDE, "reforms": [reform]})
    assert _of_all([replace(job, submit=0) for job in TURNS], 1, rule) == wanted


def test_what_jobs_add_to_the_global_pass_is_kept() -> None:
    jobs = [
        TwinJob(0, 20, 100, 1, user=0),
        *(TwinJob(0, 10, 10, 1, user=0) for _ in range(4)),
        *(TwinJob(25, 10, 10, 1, user=1) for _ in range(2)),
    ]
    rule = Rule.model_validate({**STRIDE, "reforms": [{"at": "10s", "rule": STRIDE}]})
    # Of two equal users Ann alone waits: A1 puts her and the global pass at 200, and gives back 160
    # at 20. A2 puts both at 60, where Bob begins at 25. A3 (submitted first), B1, A4, B2, A5. Were
    # it not given back, Bob would begin at 220, behind all of Ann's.
    assert _of_all(jobs, 1, rule) == [0, 20, 30, 50, 70, 40, 60]


def test_htcondor_notes_what_is_held() -> None:
    jobs = [
        TwinJob(0, 100, 100, 3, user=2),
        TwinJob(0, 20, 20, 1, user=0),
        TwinJob(1, 10, 10, 1, user=0),
        TwinJob(2, 10, 10, 1, user=1),
    ]
    after = {"ordering": {"kind": "htcondor", "half_life": "10s"}, "backfill": "none"}
    # Everybody begins at 0.5. At 20 Ann has held 1 GPU for a half-life: 0.75. Both may have one
    # within their slices, and Bob's priority is better; had nothing been noted, Ann came first.
    assert _starts(jobs, 4, (10, after)) == [0, 0, 30, 20]


def test_a_job_has_one_number_in_all_lotteries() -> None:
    jobs = [TwinJob(0, 30, 30, 1), *(TwinJob(1, 10, 10, 1, user=user) for user in range(1, 7))]
    lottery = {"ordering": "lottery", "backfill": "none"}
    # All have the same tickets: the smallest −ln(u) wins, and those after it as well.
    order = np.argsort(-np.log1p(-Streams(0, 0).take("lottery").random(8))[1:7])
    wanted = np.empty(6, np.int64)
    wanted[order] = 30 + 10 * np.arange(6)
    assert _starts(jobs, 1, (5, lottery))[1:] == wanted.tolist()
    assert wanted.tolist() != sorted(wanted)
    again = _starts(jobs, 1, (5, lottery), (8, {"backfill": "none"}), (9, lottery))
    assert again[1:] == wanted.tolist()


@pytest.mark.parametrize(
    "ordering",
    [{"kind": "karma", "quantum": "100s", "public": 0.0}, {"kind": "alpha_fair", "window": "100s"}],
)
def test_targets_are_set_at_once(ordering: dict[str, Any]) -> None:
    jobs = [TwinJob(0, 60, 60, 4)]
    jobs += [TwinJob(1, 100, 100, 1) for _ in range(4)]
    jobs += [TwinJob(2, 100, 100, 1, user=1) for _ in range(4)]
    after = {
        "ordering": ordering,
        "accounts": {"tree": {"account0": {"users": {"user0": 3, "user1": 1}}}},
        "backfill": "none",
    }
    # Both want 4 or more at 50. From then on Ann should have 3 units and Bob 1, in proportion to
    # their shares; of a quantum that is all that is guaranteed. At 60: A by submission, B (0 of 1
    # below 1 of 3), A, A. Without targets they would take turns.
    wanted = [0, 60, 60, 60, 160, 60, 160, 160, 160]
    assert _starts(jobs, 4, (50, after)) == wanted


def test_who_waits_is_seen_when_an_order_with_a_period_begins() -> None:
    jobs = [TwinJob(0, 30, 30, 1), TwinJob(1, 10, 10, 1, user=1)]
    jobs += [TwinJob(2, 10, 10, 1) for _ in range(2)]
    formula = {"kind": "formula", "expression": "waiting", "period": "1000s"}
    # Two jobs of Ann's wait at 20, and one of Bob's, which came first.
    assert _starts(jobs, 1, (20, {"ordering": formula, "backfill": "none"})) == [0, 50, 30, 40]


def test_queues_know_what_was_attained_before_them() -> None:
    jobs = [
        TwinJob(0, 100, 100, 4),
        TwinJob(5, 20, 20, 4),
        TwinJob(35, 10, 10, 4),
        TwinJob(900, 1, 1, 1),
    ]
    las = {"ordering": {"kind": "las", "thresholds": ["100 GPU-s"]}, "backfill": "none"}
    rules = [(30, {**las, "preemption": {}}), (60, {"backfill": "none"}), (190, las)]
    reforms = [{"at": f"{at}s", "rule": rule} for at, rule in rules]

    def attempts(count: int) -> list[tuple[int, int, int]]:
        rule = Rule.model_validate({"backfill": "none", "reforms": reforms[:count]})
        told = replay(columns(jobs), 4, rule).attempts.to_pylist()
        found = [(each["position"], each["start"], each["end"]) for each in told]
        return sorted(each for each in found if each[0] < 3)

    # At 30 A has had 120 GPU-s, and sinks at once: B stops it. C comes, and goes before A, at 50.
    assert attempts(1) == [(0, 0, 30), (0, 60, 160), (1, 30, 50), (2, 50, 60)]
    # First come, first served from 60 on changes nothing: C has ended by then. From 40 on it would
    # let A go first.
    assert attempts(2) == attempts(1)
    reforms[1]["at"] = "40s"
    assert attempts(2) == [(0, 0, 30), (0, 50, 150), (1, 30, 50), (2, 150, 160)]
    # Back again at 45: A has had its 120 GPU-s still.
    reforms[2]["at"] = "45s"
    assert attempts(3) == [(0, 0, 30), (0, 60, 160), (1, 30, 50), (2, 50, 60)]


@pytest.mark.parametrize("how", ["requeue", "cancel"])
def test_who_has_been_told_to_stop_does_so(how: str) -> None:
    jobs = [
        TwinJob(0, 100, 100, 4, user=4),
        TwinJob(10, 10, 10, 4, user=0),
        TwinJob(15, 5, 5, 4, user=4),
        TwinJob(900, 1, 1, 1),
    ]
    ranks = {"ranks": [["class0"], ["class1"]], "how": how, "grace": "30s"}
    after = {"ordering": "sjf", "backfill": "none"}
    before = {"backfill": "none", "preemption": ranks}

    def attempts(*reforms: dict[str, Any]) -> list[tuple[int, int, int, str]]:
        rule = Rule.model_validate({**before, "reforms": reforms})
        told = replay(columns(jobs), 4, rule).attempts.to_pylist()
        names = "position", "start", "end", "reason"
        found = [tuple(each[name] for name in names) for each in told]
        return sorted(each for each in found if each[0] < 3)

    lost = how == "cancel"
    # A is told at 10, and B holds its units from 40 on: before C, whatever the order.
    again = [] if lost else [(0, 50, 150, "completed")]
    first = (0, 0, 40, "failed" if lost else "preempted")
    rest = [(1, 40, 50, "completed"), (2, 150 - 100 * lost, 155 - 100 * lost, "completed")]
    assert attempts() == [first, *again, *rest]
    # Under another rule from 20 on A stops at 40 all the same, and fares as it was told. B waits
    # with the others, the shortest first: C, B, A.
    again = [] if lost else [(0, 55, 155, "completed")]
    rest = [(1, 45, 55, "completed"), (2, 40, 45, "completed")]
    assert attempts({"at": "20s", "rule": after}) == [first, *again, *rest]
    # So too where others who are stopped have no grace, and another fate.
    other = {**ranks, "grace": "0s", "exempt": "1000s", "how": "requeue" if lost else "cancel"}
    later = {"at": "20s", "rule": {**after, "preemption": other}}
    assert attempts(later) == [first, *again, *rest]


def test_being_stopped_as_told_before_counts() -> None:
    jobs = [TwinJob(0, 100, 100, 4, user=4), TwinJob(10, 10, 10, 4), TwinJob(900, 1, 1, 1)]
    ranks = {"ranks": [["class0"], ["class1"]]}
    reform = {"at": "20s", "rule": {"preemption": {**ranks, "at_most": 1}}}
    rule = {"preemption": {**ranks, "grace": "30s"}, "reforms": [reform]}
    told = replay(columns(jobs), 4, Rule.model_validate(rule)).attempts.to_pylist()
    found = [(each["position"], each["start"], each["end"]) for each in told]
    # A is told at 10, and stops at 40. It came first, so it starts again, and nobody may stop it a
    # second time: B waits until it ends.
    assert sorted(found) == [(0, 0, 40), (0, 40, 140), (1, 140, 150), (2, 900, 901)]
