"""Waits under Slurm's own passes, worked out by hand: what blocks a job in which pass."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from twin.engine import columns
from twin.model import TwinJob
from twin.slurm import test_in_full
from twin.slurm.clocks import Clocks, Reform, Window, Work
from twin.slurm.limits import Bound
from twin.slurm.machine import Asks
from twin.slurm.passes import Rules

from explain.probing import in_force
from explain.slurm_probing import of_scene
from simulator.engine import run
from simulator.engine.factors import weighted_parts
from simulator.engine.nodes import laid_out
from simulator.engine.probe.lifts import LIMIT, ORDER, PLAN
from simulator.engine.probe.refusal import Refusal
from simulator.engine.probe.slurm_otherwise import LOOKED, Otherwise, named
from simulator.engine.probe.slurm_story import SlurmStory
from simulator.rules.accounts.entities import entities_of
from simulator.rules.models import Rule
from simulator.rules.ordering.multifactor import Multifactor
from simulator.study.slurm_reasons import SlurmTelling

if TYPE_CHECKING:
    from simulator.cluster.machine import Machine
    from simulator.engine.probe.story import Moment
    from simulator.workload.columns import Jobs

    Job = tuple[int, int, int, dict[str, Any]]

ONE, TWO = [(64, 0, 4, 1)], [(64, 0, 4, 1)] * 2
"""Nodes of four GPUs."""


def scene(jobs: list[Job], nodes: Any = ONE, windows: Any = (), **said: Any) -> Any:
    """Jobs of (submit, run, GPUs, more); ``more`` may say nodes, asks, user, qos, answer. ``said``:
    of rules and clocks; and ``reforms``, by their seconds what is said then."""
    reforms = [
        Reform(at, *_settings(nodes, **{**said, **then}))
        for at, then in said.pop("reforms", {}).items()
    ]
    work = []
    for number, (submit, length, gpus, more) in enumerate(jobs):
        limit, user = more.get("asks", length), more.get("user", "u")
        asks = Asks(
            number, more.get("nodes", 1), 0, 0, gpus, limit, more.get("qos", ""), "p", user,
            submit=submit,
        )  # fmt: skip
        answer = more.get("answer", 0)
        work.append(Work(asks, submit, length, answer, answer, answer))
    return work, nodes, *_settings(nodes, **said), windows, reforms


def _settings(nodes: Any, **said: Any) -> tuple[Rules, Clocks]:
    own = {name: said.pop(name) for name in list(said) if name in Clocks.__dataclass_fields__}
    every = set(range(len(nodes)))
    qos = {"high": ("low",), "low": ()} if said.pop("preempts", False) else {"": ()}
    exempt = {name: 20 if name == "low" else 0 for name in qos}
    rules = Rules({"p": 1}, {"p": every}, {"p": None}, qos, dict.fromkeys(qos, 0), exempt, **said)
    return rules, Clocks(**own)


def story(position: int, *given: Any, **said: Any) -> SlurmStory:
    """The wait of a job that is looked at whenever anything happens to anybody."""
    replay, _ = of_scene(*scene(*given, **said))
    outcome = replay()
    attempts, jobs = outcome.attempts.to_pylist(), outcome.jobs.to_pylist()
    starts: dict[int, list[int]] = {}
    for row in attempts:
        starts.setdefault(row["start"], []).append(row["position"])
    looks = {row["submit"] for row in jobs}
    looks |= {row[end] for row in attempts for end in ("start", "end")}
    mine = [row for row in attempts if row["position"] == position]
    own = {row[end] for row in mine for end in ("start", "end")}
    told = SlurmStory(position, in_force(replay.args[2]), looks, starts, own)
    again = replay(watch=told)
    assert again.tables == outcome.tables
    assert again.passes == outcome.passes
    # Where nodes run out of room for attempts a round is counted twice.
    assert again.instants == outcome.instants or any(row["restarts"] for row in jobs)
    return told


def blocked(told: SlurmStory) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(moment.when, moment.by_pass, moment.blocked_by) for moment in told.moments]


def said(told: SlurmStory, moment: Moment) -> str:
    telling = SlurmTelling(told._eras[0].rule, 1, range(1, 100), str, "GPUs", {})
    return f"{telling.short(moment)}: {telling.sentence(moment)}"


def elsewhere(clause: str, position: int, *given: Any, **said: Any) -> list[int | None]:
    """First starts of all in the run with the clause lifted for this job."""
    replay, _ = of_scene(*scene(*given, **said))
    found: list[int | None] = replay(watch=Otherwise(clause, position)).jobs["start"].to_pylist()
    return found


CLOSING: list[Job] = [(0, 100, 4, {}), (0, 20, 4, {"nodes": 2}), (0, 5, 1, {"asks": 200})]
"""On two nodes: the first takes one until 100, the second wants both, the third fits beside it."""


def test_who_closes_the_partition_and_who_is_planned_is_told() -> None:
    """The second closes the partition in the full pass at 0. Backfill at 10 plans it for 100, cut
    to 60; the third asks for 200 s on the idle node, and would delay it."""
    told = story(2, CLOSING, TWO, bf_phase=10)
    assert blocked(told)[:2] == [(0, "full main", ("closed",)), (10, "backfill", ("plan",))]
    main, backfill = told.moments[:2]
    assert (main.head, main.head_promised, main.ahead, main.queued) == (1, None, 2, 3)
    assert (backfill.head, backfill.head_promised, backfill.ahead) == (1, 100, 1)
    assert backfill.promised is not None
    closed = "job 2, which does not fit, has closed its partition or holds its nodes back"
    assert said(told, main) == f"a job before it has closed its partition: {closed}"
    planned = "it would fit, but would delay job 2, planned for 100"
    assert said(told, backfill) == f"its nodes are planned for others: {planned}"


def test_who_waits_for_those_that_run_is_told_when_it_is_planned() -> None:
    """In the pass at 0 the first is before it and takes a node; later it has one."""
    told = story(1, CLOSING, TWO, bf_phase=10)
    assert blocked(told)[:2] == [(0, "full main", ("order",)), (10, "backfill", ("held",))]
    assert told.moments[1].promised == 100
    assert told.began == {100: "main"}
    assert told.started == {(0, 0): "higher in the order, by a main pass"}


def test_let_in_it_starts_at_its_turn_whatever_is_closed_or_planned() -> None:
    """Let in from the first the third starts at 0, beside the first, and the second at 100."""
    assert elsewhere(PLAN, 2, CLOSING, TWO, bf_phase=10) == [0, 100, 0]
    assert elsewhere(ORDER, 1, CLOSING, TWO, bf_phase=10)[1] == 0
    assert named({"closed"}) == named({"plan"}) == [PLAN]


def test_a_further_round_of_a_second_is_no_other_instant() -> None:
    """The first is over as soon as it starts; ``story`` counts the instants."""
    told = story(1, [(0, 0, 4, {"asks": 10}), (0, 10, 4, {})], bf_phase=10)
    assert blocked(told) == [(0, "full main", ("order",))]


DEEP: list[Job] = [(4, 100, 1, {})] * 3


def test_beyond_the_depth_of_a_pass_nobody_is_looked_at() -> None:
    """The pass at 4 looks at two jobs; nothing else happens until backfill at 50."""
    told = story(2, DEEP, bf_phase=50, depth=1)
    assert blocked(told) == [(4, "main", ("depth",))]
    assert told.began == {50: "backfill"}
    words = "a pass that is not full looks at the first 2 jobs alone (default_queue_depth)"
    assert said(told, told.moments[0]) == f"beyond default_queue_depth: {words}"
    assert elsewhere(LOOKED, 2, DEEP, bf_phase=50, depth=1) == [4, 4, 4]
    assert named({"depth"}) == named({"tests", "user"}) == [LOOKED]


SMALL_BEHIND: list[Job] = [(0, 100, 3, {}), (1, 50, 4, {}), (1, 5, 1, {"asks": 40})]


@pytest.mark.parametrize(
    ("rules", "clause", "words"),
    [
        ({"max_test": 1}, "tests", "bf_max_job_test: backfill has tested 1 jobs before it"),
        ({"max_user": 1}, "user", "bf_max_job_user: backfill has looked at 1 of its user's jobs"),
    ],
)
def test_backfill_looks_at_few(rules: dict[str, int], clause: str, words: str) -> None:
    """At 10 the second job is planned for 100; the third would fit until then."""
    told = story(2, SMALL_BEHIND, bf_phase=10, **rules)
    assert (10, "backfill", (clause,)) in blocked(told)
    moment = next(each for each in told.moments if each.blocked_by == (clause,))
    assert said(told, moment).startswith(f"beyond {words}")
    assert elsewhere(LOOKED, 2, SMALL_BEHIND, bf_phase=10, **rules)[2] == 10


def test_a_limit_is_named() -> None:
    jobs: list[Job] = [(0, 20, 2, {}), (0, 20, 2, {}), (0, 200, 2, {"user": "v"})]
    bounds = [Bound("two", per="user", gpus=2)]
    told = story(1, jobs, bf_phase=50, bounds=bounds)
    assert blocked(told) == [(0, "full main", ("limit",))]
    assert told.moments[0].limits == ("two",)
    assert told.started[0, 2] == "lower in the order, by a main pass"
    # The third, of another user, waits for the second then.
    assert elsewhere(LIMIT, 1, jobs, bf_phase=50, bounds=bounds)[:2] == [0, 0]


def test_nodes_that_have_not_answered_are_waited_for() -> None:
    """The first ends at 10, and its node answers at 15. Backfill at 11 plans the second for 12, the
    full pass at 12 does not use the node. At 15 the loop hears of the end, and asks for a pass."""
    jobs: list[Job] = [(0, 10, 4, {"answer": 5}), (5, 10, 4, {})]
    told = story(1, jobs, bf_phase=11, sched_interval=4)
    assert (11, "backfill", ("answer",)) in blocked(told)
    assert (12, "full main", ("answer",)) in blocked(told)
    assert next(each for each in told.moments if each.by_pass == "backfill").promised == 12
    assert told.began == {15: "main"}


PREEMPTING: list[Job] = [(0, 100, 4, {"qos": "low"}), (5, 10, 4, {"qos": "high"})]


def test_rights_to_preempt_are_waited_for_and_used() -> None:
    """The low job is exempt for 20 s. The full pass at 20 stops it, and the next one starts the
    other."""
    clocks = {"bf_phase": 500, "sched_interval": 4, "preempts": True}
    told = story(1, PREEMPTING, **clocks)
    assert blocked(told)[0] == (7, "main", ("rights",))
    assert story(0, PREEMPTING, **clocks).stopped == {20: 1}
    replay, _ = of_scene(*scene(PREEMPTING, **clocks))
    told = SlurmStory(1, in_force(replay.args[2]), range(100), {}, ())
    replay(watch=told)
    assert (20, "full main", ("victims",)) in blocked(told)


def test_who_may_not_start_again_yet_is_told_so_and_others_start() -> None:
    """The low job may not start before 141, and a third one keeps a pass going at 30."""
    jobs: list[Job] = [*PREEMPTING, (30, 100, 4, {"qos": "low"}), (31, 10, 4, {"qos": "low"})]
    told = story(0, jobs, bf_phase=500, sched_interval=4, preempts=True)
    away = [each for each in told.moments if each.blocked_by == ("away",)]
    assert away
    assert all(each.ahead is None for each in away)
    assert told.started[20, 1] == "stopped others to start"


def test_a_maintenance_reservation_is_what_blocks() -> None:
    """The node goes at 30, and the job asks for 50 s."""
    windows = [Window(30, 20, frozenset({0}), None, False)]
    told = story(0, [(0, 50, 4, {})], ONE, windows, bf_phase=10)
    assert (0, "full main", ("outage",)) in blocked(told)


def parts_of(jobs: Jobs, machine: Machine, rule: Rule, position: int) -> dict[str, float]:
    """What of a job's priority never changes."""
    held, _ = laid_out(jobs.ordered(), machine)
    assert isinstance(rule.ordering, Multifactor)
    entities = entities_of(held, rule.accounts).cut(rule.ordering.serve)
    parts = weighted_parts(held, machine, rule, rule.ordering, entities)
    return {name: float(np.broadcast_to(each, len(held))[position]) for name, each in parts.items()}


def test_from_a_reform_on_looks_are_of_its_rule() -> None:
    """A limit comes at 20, and holds the third back, whose user runs the first."""
    bounds = [Bound("few", per="user", gpus=4)]
    jobs: list[Job] = [*CLOSING, (30, 5, 1, {"user": "v"})]
    told = story(2, jobs, TWO, bf_phase=50, reforms={20: {"bounds": bounds}})
    seen = [(moment.when, moment.era, moment.blocked_by, moment.limits) for moment in told.moments]
    assert seen[0] == (0, 0, ("closed",), ())
    assert {each[1:] for each in seen if each[0] >= 20} == {(1, ("limit",), ("few",))}
    found = elsewhere(LIMIT, 2, jobs, TWO, bf_phase=50, reforms={20: {"bounds": bounds}})
    assert found[2] == 20


def test_what_is_lifted_stays_so_behind_a_reform() -> None:
    """All come at 4. The pass of 5 comes 2 s after the full one of the reform, and backfill 30 s
    after it."""
    said = {"bf_phase": 50, "depth": 1, "reforms": {3: {"batch_delay": 2}}}
    told = story(2, DEEP, **said)
    assert (blocked(told), told.began) == ([(5, "main", ("depth",))], {33: "backfill"})
    assert elsewhere(LOOKED, 2, DEEP, **said) == [5, 5, 5]


def test_who_is_exempt_is_not_refused_by_a_reform() -> None:
    jobs: list[Job] = [(0, 100, 4, {}), (5, 10, 4, {}), (50, 1, 1, {})]
    said = {"bf_phase": 500, "reforms": {40: {"bounds": [Bound("narrow", job_gpus=3)]}}}
    assert of_scene(*scene(jobs, **said))[0]().jobs["start"].to_pylist() == [0, None, 100]
    assert elsewhere(LIMIT, 1, jobs, **said)[:2] == [0, 100]


def test_who_is_refused_before_it_may_start_again_is_told_so() -> None:
    """The low job is stopped at 20, and refused at 40."""
    jobs: list[Job] = [*PREEMPTING, (50, 1, 1, {"qos": "low"})]
    reforms = {40: {"bounds": [Bound("narrow", job_gpus=3)]}}
    replay, _ = of_scene(
        *scene(jobs, bf_phase=500, sched_interval=4, preempts=True, reforms=reforms)
    )
    watch = Refusal(0)
    assert replay(watch=watch).jobs["state"].to_pylist()[0] == "refused"
    assert watch.era == 1


def test_the_factors_add_up_to_the_priority() -> None:
    """As of the last calculation, or of the submission if that was later."""
    seen = 0
    for seed in range(3):
        *drawn, clocks = test_in_full.scene(seed, recorded=False)[:4]
        replay, _ = of_scene(*drawn, replace(clocks, period=13))
        jobs, machine, rule = replay.args
        queued = replay().jobs["queued"].to_pylist()
        longest = queued.index(max(queued))
        own = parts_of(jobs, machine, rule, longest)
        told = SlurmStory(longest, in_force(rule, own), range(0, 2000, 50), {}, ())
        replay(watch=told)
        for moment in told.moments:
            total = sum(moment.factors.values())
            assert moment.key == math.floor(max(total, 1.0) + 1e-9)
            seen += 1
    assert seen > 5


def test_a_run_without_such_passes_is_no_world_for_it() -> None:
    told = SlurmStory(0, in_force(Rule()), [0], {}, ())
    with pytest.raises(TypeError, match="makes no passes of Slurm's"):
        partial(run.replay, columns([TwinJob(0, 1, 1, 1)]), 4, Rule())(watch=told)
