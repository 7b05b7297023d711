"""Jobs that budgets put back in line, let fewer of run, or kill: worked out by hand, and at random.

What is named, lifted for the job in the pass, lets it start in it; a kill does not happen where the
job counts in none of the budgets that are named, and does where any of them is left.
"""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from twin.engine import columns
from twin.model import TwinJob
from twin.nodes.model import Rule as NodeRule
from twin.nodes.scenarios import Small
from twin.nodes.test_idle import NODES
from twin.nodes.test_idle import _crowd as idle_crowd

from explain.probing import examine, in_force, nodes_of, told
from simulator.engine import run
from simulator.engine.clock import Watch
from simulator.engine.probe.budgets import COSTS, FEWER, USED_UP
from simulator.engine.probe.lifts import STANDING
from simulator.engine.probe.otherwise import otherwise
from simulator.engine.probe.scratch import Scratch
from simulator.engine.probe.story import Story
from simulator.engine.probe.watch import inspected
from simulator.kernels.limits import NONE
from simulator.kernels.state import RUNNING
from simulator.rules.models import Rule
from simulator.study.reasons import Telling

if TYPE_CHECKING:
    from simulator.engine.world import World

UNITS = 4
FIVE = [
    TwinJob(0, 50, 50, 2, user=0),
    TwinJob(1, 50, 50, 2, user=1),
    TwinJob(2, 30, 30, 2, user=0),
    TwinJob(3, 50, 50, 2, user=5),
    TwinJob(4, 50, 50, 2, user=6),
]
"""On four units: the first two take all until 50 and 51, when the next two in line start."""
LAST = {"per": "user", "grant": "120 GPU-s", "when_spent": "last"}
OVERUSE = {"per": "user", "grant": "100 GPU-s", "when_spent": "go_on"}


def budget(said: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Stages of a rule with a budget named hours."""
    return {"budgets": {"hours": said | more}}


def story(jobs: list[TwinJob], stages: dict[str, Any], position: int) -> Story:
    rule = Rule.model_validate(stages)
    return told(partial(run.replay, columns(jobs), UNITS, rule), UNITS, rule, position)


def words(stages: dict[str, Any], found: Story, when: int) -> tuple[str, str]:
    """What is said of a look, in a few words and in a sentence."""
    rule = Rule.model_validate(stages)
    telling = Telling(rule, 1, list(range(9)), str, "units", {})
    (moment,) = [each for each in found.moments if each.when == when]
    return telling.short(moment), telling.sentence(moment)


def test_who_stands_behind_for_its_budget_is_told_so() -> None:
    """User 0 has spent 100 of 120 GPU-s: its second job costs 60, and goes behind both others."""
    stages = budget(LAST)
    found = story(FIVE, stages, 2)
    assert [(each.when, each.blocked_by) for each in found.moments] == [
        (2, ("held",)), (3, ("held",)), (4, ("standing", "held")), (50, ("standing",)),
        (51, ("standing",)),
    ]  # fmt: skip
    assert {each.behind for each in found.moments} == {(), ("hours",)}
    assert words(stages, found, 50) == (
        "stands behind (budgets.hours)",
        "it stands behind the others: less is left of budgets.hours than it costs",
    )


def test_who_counts_as_later_for_its_budget_is_told_so() -> None:
    """User 0 has spent all of its 100 GPU-s: its second job counts as come 10 s later, at 12."""
    stages = budget(OVERUSE, overuse=[{"used": 1.0, "later": "10s"}])
    found = story(FIVE, stages, 2)
    assert [each.blocked_by for each in found.moments[-2:]] == [("standing",)] * 2
    assert found.moments[-1].late == (("hours", 10),)
    assert words(stages, found, 51) == (
        "counts as later (budgets.hours)",
        "it counts as submitted 10s later: so much has been spent of budgets.hours",
    )


def test_no_budget_is_named_where_others_would_go_first_all_the_same() -> None:
    """As if it had come at 12, or at 2: the jobs of 0 and 1 that wait go first."""
    jobs = [
        TwinJob(0, 50, 50, 4, user=0),
        TwinJob(0, 50, 50, 4, user=5),
        TwinJob(2, 30, 30, 4, user=0),
    ]
    found = story(jobs, budget(OVERUSE, overuse=[{"used": 1.0, "later": "10s"}]), 2)
    assert found.moments[-1].when == 50
    assert found.moments[-1].blocked_by == ("order",)
    assert found.moments[-1].late == ()


def test_who_is_put_back_by_no_budget_starts_where_it_would_have() -> None:
    """At 50 the first two units are free, and nobody stands before it."""
    for said in (budget(LAST), budget(OVERUSE, overuse=[{"used": 1.0, "later": "10s"}])):
        rule = Rule.model_validate(said)
        replay = partial(run.replay, columns(FIVE), UNITS, rule)
        assert replay().jobs["start"].to_pylist() == [0, 1, 100, 50, 51]
        watch = otherwise(STANDING, 2, UNITS)
        assert replay(watch=watch).jobs["start"].to_pylist() == [0, 1, 50, 51, 80]


def test_of_whom_fewer_jobs_may_run_is_told_so() -> None:
    """User 0 has spent all of its 100 GPU-s: one job of it may run at once, and one does."""
    jobs = [FIVE[0], *FIVE[2:4]]
    stages = budget(OVERUSE, overuse=[{"used": 1.0, "jobs": 1}])
    found = story(jobs, stages, 1)
    assert [(each.blocked_by, each.why) for each in found.moments] == [(("limit",), (FEWER,))] * 2
    assert words(stages, found, 2) == (
        "fewer of its holder's jobs may run (budgets.hours)",
        "as many jobs run as may of a holder who has spent so much of budgets.hours",
    )


def test_a_limit_is_named_beside_the_budget_that_would_put_the_job_back() -> None:
    """User 0 may run one job at a time, and the budget has 20 of 220 GPU-s left for it: at 51, when
    its first job goes on, its second would go behind the fourth job, which takes all that is free.
    """
    jobs = [TwinJob(0, 100, 100, 2, user=0), *FIVE[1:4]]
    stages = {**budget(LAST, grant="220 GPU-s"), "limits": {"one": {"per": "user", "jobs": 1}}}
    found = story(jobs, stages, 2)
    (moment,) = [each for each in found.moments if each.when == 51]
    assert (moment.blocked_by, moment.limits, moment.behind) == (
        ("limit", "standing"), ("one",), ("hours",),
    )  # fmt: skip


def test_who_cannot_pay_is_told_why() -> None:
    """User 0 has 20 of 120 GPU-s left, and its second job costs 60."""
    stages = budget({"per": "user", "grant": "120 GPU-s"})
    found = story(FIVE[:3], stages, 2)
    assert found.moments[-1].why == (COSTS,)
    assert words(stages, found, 50) == (
        "budget hours", "it costs more than is left of budgets.hours",
    )  # fmt: skip


KILLS = budget({"per": "user", "grant": "60 GPU-s", "safe": False})


def test_who_is_killed_is_told_of_which_budget_and_who_waits_that_it_is_used_up() -> None:
    """User 0 has used all of its 60 GPU-s after 30 s of two units."""
    stages = KILLS["budgets"] | budget({"per": "class", "grant": "500 GPU-s", "safe": False})
    stages = {"budgets": {"others": stages["budgets"]["hours"], "hours": stages["hours"]}}
    rule = Rule.model_validate(stages)
    found = watched(columns(FIVE), rule, 0, frozenset([30]))
    assert found.killed == {30: ("hours",)}
    waits = story(FIVE, stages, 2)
    assert waits.moments[-1].why == (USED_UP,)
    assert words(stages, waits, 30) == (
        "budgets.hours is used up",
        "nothing is left of budgets.hours, which is charged while jobs run",
    )


def test_a_kill_is_told_though_the_budget_is_renewed_at_its_instant() -> None:
    """60 GPU-s are used by 30, when all are granted anew."""
    stages = budget({"per": "user", "grant": "60 GPU-s", "safe": False, "period": "30s"})
    found = watched(columns(FIVE[:1]), Rule.model_validate(stages), 0, frozenset([30]))
    assert found.killed == {30: ("hours",)}


def test_a_kill_is_told_where_a_budget_expires() -> None:
    stages = budget({"per": "user", "grant": "60 GPU-s", "safe": False, "end": "10s"})
    found = watched(columns(FIVE[:1]), Rule.model_validate(stages), 0, frozenset([10]))
    assert found.killed == {10: ("hours",)}


def watched(jobs: Any, rule: Rule, position: int, kills: frozenset[int]) -> Story:
    """What is noted of a job's kills."""
    found = Story(position, UNITS, in_force(rule), frozenset(), {}, frozenset(), kills)
    run.replay(jobs, UNITS, rule, watch=found.watch())
    return found


def crowd(random: Random, count: int = 30) -> list[TwinJob]:
    """Many more jobs than there is room for, of four users, in bursts."""
    submits = sorted(random.choice([0, 5, 9, 9, random.randrange(90)]) for _ in range(count))
    return [
        TwinJob(
            submit,
            random.choice([1, 3, 8, 20]),
            random.choice([5, 10, 20, 30]),
            random.choice([1, 1, 2, 2, 3]),
            user=random.randrange(4),
        )
        for submit in submits
    ]


def put_back(random: Random, *, ages: bool) -> dict[str, Any]:
    """Budgets some of which let jobs stand behind, count as later, or fewer of them run."""
    last = {
        "per": random.choice(["user", "account"]),
        "grant": f"{random.randint(40, 160)} GPU-s",
        "when_spent": "last",
        "period": f"{random.randint(40, 90)}s",
    }
    if not ages:
        return {"budgets": {"last": last}}
    levels = [
        {"used": 0.3, "later": f"{random.randint(2, 60)}s"},
        {"used": 0.8, "later": "200s", "jobs": random.choice([None, 1, 2])},
    ]
    beyond = {
        "per": random.choice(["user", "class"]),
        "grant": f"{random.randint(100, 300)} GPU-s",
        "when_spent": "go_on",
        "overuse": levels,
    }
    some = random.choice([{"last": last}, {"beyond": beyond}, {"last": last, "beyond": beyond}])
    limits = random.choice([{}, {}, {"limits": {"few": {"per": "user", "jobs": 2}}}])
    return {"budgets": some, **limits}


AGING = {"kind": "multifactor", "weights": {"age": 1000}, "max_age": "100s", "period": "20s"}
ORDERS: dict[str, tuple[dict[str, Any], bool]] = {
    "fcfs": ({"ordering": "fcfs"}, True),
    "wfp3": ({"ordering": "wfp3"}, True),
    "ticks": ({"ordering": AGING}, True),
    "turns": ({"ordering": {"kind": "drf", "serve": "user"}}, False),
    "karma": ({"ordering": {"kind": "karma", "serve": "user"}}, False),
}


SLOW = pytest.mark.slow


@pytest.mark.parametrize("order", [*list(ORDERS)[:-1], pytest.param("karma", marks=SLOW)])
def test_what_budgets_do_to_a_place_in_line_is_exact(order: str) -> None:
    random, (ordering, ages) = Random(f"standing {order}"), ORDERS[order]
    found: list[str] = []
    for number in range(4):
        backfill = ("none", "easy", "conservative", "reservations")[number % 4]
        rule = Rule.model_validate(
            {**put_back(random, ages=ages), **ordering, "backfill": backfill}
        )
        looked = examine(partial(run.replay, columns(crowd(random)), UNITS, rule), UNITS, most=2)
        found += [clause for each in looked for clause in each]
    assert found.count("standing") > 10, found.count("standing")


class _Trials(Watch):
    """Before a kill, asks in copies whether the job is killed if it counts in fewer budgets."""

    def __init__(self, position: int, when: int, columns: tuple[int, ...]) -> None:
        self.position, self.when, self.columns = position, when, columns
        self.tried = 0

    def advance(self, world: World, horizon: int, rounds: int) -> bool:
        machine = inspected(world)
        if not self.tried and self.when <= horizon:
            machine.advance(self.when - 1, rounds)
            self.tried = 1 + len(self.columns)
            assert not self._killed(machine, self.columns)
            for left in self.columns:
                assert self._killed(machine, tuple(set(self.columns) - {left}))
        return machine.advance(horizon, rounds)

    def _killed(self, world: Any, lifted: tuple[int, ...]) -> bool:
        scratch = Scratch()
        scratch.follow(world, self.when, self.position)
        copy = scratch.raw()
        copy.state.limits.group[self.position, list(lifted)] = NONE
        copy.advance(self.when, 10)
        return bool(copy.state.progress.phase[self.position] != RUNNING)


def test_kills_are_laid_to_the_budgets_that_were_used_up() -> None:
    random, found = Random("killed"), []
    for _ in range(6):
        jobs = columns(crowd(random))
        grants = {
            per: {"per": per, "grant": f"{random.randint(60, 130) * times} GPU-s", "safe": False}
            for per, times in (("user", 1), ("account", 2), ("all", 4))
        }
        rule = Rule.model_validate({"budgets": grants})
        killed = [
            row for row in run.replay(jobs, UNITS, rule).attempts.to_pylist()
            if row["cause"] == "budget" and row["end"] > row["start"] + 1
        ]  # fmt: skip
        for row in killed[:6]:
            story = watched(jobs, rule, row["position"], frozenset([row["end"]]))
            names = story.killed[row["end"]]
            trial = _Trials(row["position"], row["end"], tuple(map(rule.holding.index, names)))
            run.replay(jobs, UNITS, rule, watch=trial)
            assert trial.tried == 1 + len(names) > 1
            found.append(names)
    assert len(set(found)) > 2, found


@pytest.mark.slow
def test_what_budgets_do_to_a_place_in_line_is_exact_on_nodes() -> None:
    random, found = Random("standing on nodes"), list[str]()
    for number in range(8):
        jobs = idle_crowd(random, 20, ranked=False)
        rule = NodeRule(order="fcfs", backfill=("none", "easy", "conservative")[number % 3])
        stages = {**put_back(random, ages=True), "ordering": random.choice(["fcfs", "wfp3"])}
        looked = examine(*nodes_of(Small(jobs, NODES, rule), stages), most=2)
        found += [clause for each in looked for clause in each]
    assert found.count("standing") > 10, found.count("standing")
