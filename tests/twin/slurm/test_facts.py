"""Facts of Slurm's passes, worked out by hand: the plain and the compiled passes hold them."""

from __future__ import annotations

import pytest

from tests.twin.slurm.kernels import compiled
from tests.twin.slurm.machine import Asks, Runs
from tests.twin.slurm.passes import Rules, Slurm

NOW = 1_000_020
"""A multiple of 30 and of 60 seconds is 1,000,020 itself: 16,667 minutes."""


def job(number, nodes=1, gpus=1, limit=600, **more):
    settings = {
        **{"cpus": max(gpus, 1), "memory": 1, "qos": "mid", "partition": "batch", "user": "u"},
        **more,
    }
    return Asks(number, nodes, gpus=gpus, limit=limit, **settings)


class Case:
    """A cluster of nodes with 8 GPUs, what runs on it, and a pass over a queue."""

    def __init__(self, nodes=4, weights=None, **rules):
        every = set(range(nodes))
        settings = {
            "tier": {"batch": 1, "debug": 1},
            "part": {"batch": every, "debug": every},
            "max_time": {"batch": None, "debug": None},
            "preempts": {"high": ["low"], "mid": [], "low": []},
            "qos_priority": {"high": 100, "mid": 10, "low": 0},
            "exempt": {"high": 0, "mid": 0, "low": 60},
            "resolution": 1,
        }
        self.rules = Rules(**(settings | rules))
        self.nodes = [(64, 100, 8, weight) for weight in weights or [1] * nodes]
        self.running, self.completing, self.reservations = [], set(), []

    def run(self, one, *nodes, ago=100):
        self.running.append(Runs(one, NOW - ago, frozenset(nodes)))
        return self

    def passed(self, kind, *queue, depth=0):
        def fresh():
            running = sorted(self.running, key=lambda run: run.job.id)
            return Slurm(
                self.rules, self.nodes, True, running, self.completing, self.reservations, NOW
            )

        by_id = sorted(queue, key=lambda one: one.id)
        did = fresh().main(by_id, depth) if kind == "main" else fresh().backfill(by_id)
        assert compiled(kind, fresh(), by_id, depth) == did
        return did

    def main(self, *queue, depth=0):
        return self.passed("main", *queue, depth=depth)

    def backfill(self, *queue):
        return self.passed("backfill", *queue)


def told(did):
    """Job, outcome, start after now, nodes counted from 0."""
    return [(d.id, d.outcome, d.start - NOW if d.start else None, sorted(d.nodes)) for d in did]


def starts(did):
    return [(d.id, sorted(d.nodes)) for d in did if d.outcome == "started"]


# -- the order of the queue


def test_priority_then_submission_then_id():
    one, two, three = job(1, submit=5), job(2, submit=4), job(3, priority=1, submit=9)
    assert [d.id for d in Case().main(one, two, three)] == [3, 2, 1]
    assert [d.id for d in Case().main(job(2, submit=5), job(1, submit=5))] == [1, 2]


def test_a_higher_tier_goes_before_any_priority():
    case = Case(tier={"batch": 1, "debug": 2})
    assert [d.id for d in case.main(job(1, priority=9), job(2, partition="debug"))] == [2, 1]


@pytest.mark.parametrize(
    ("qos", "order"),
    [
        # high before low, low before mid, mid before high: what comes out is the merge sort's.
        (("low", "mid", "high"), [1, 2, 3]),
        (("high", "low", "mid"), [1, 2, 3]),
        (("mid", "high", "low"), [1, 2, 3]),
        (("mid", "low", "high"), [1, 3, 2]),
        (("high", "mid", "low"), [1, 3, 2]),
        (("low", "high", "mid"), [1, 3, 2]),
    ],
)
def test_a_preemptor_goes_before_its_victim_which_is_not_transitive(qos, order):
    priority = {"low": 5, "mid": 3, "high": 1}
    queue = [job(n, qos=q, priority=priority[q]) for n, q in enumerate(qos, start=1)]
    assert [d.id for d in Case().main(*queue)] == order


# -- the main pass


def test_the_first_job_that_does_not_fit_closes_its_partition_and_takes_its_nodes():
    case = Case(nodes=2).run(job(9, gpus=8), 0)
    wide = job(1, nodes=2, gpus=8, priority=9)
    did = case.main(wide, job(2), job(3, partition="debug"), job(4, partition="debug"))
    assert [(d.id, d.outcome) for d in did] == [
        (1, "blocked"),
        (2, "skipped"),
        (3, "blocked"),
        (4, "skipped"),
    ]


def test_another_partition_goes_on_with_the_nodes_that_are_its_own():
    case = Case(nodes=2, part={"batch": {0}, "debug": {0, 1}}).run(job(9, gpus=8), 0)
    did = case.main(job(1, priority=9), job(2), job(3, partition="debug"))
    assert told(did) == [
        (1, "blocked", None, []),
        (2, "skipped", None, []),
        (3, "started", 0, [1]),
    ]


def test_the_depth_counts_skipped_jobs_too():
    case = Case(nodes=1).run(job(9, gpus=8), 0)
    assert len(case.main(*(job(n) for n in range(1, 6)), depth=3)) == 3


def test_completing_nodes_are_not_used_by_the_main_pass_and_delay_backfill_by_a_second():
    case = Case(nodes=1)
    case.completing = {0}
    assert told(case.main(job(1))) == [(1, "blocked", None, [])]
    assert told(case.backfill(job(1))) == [(1, "planned", 1, [0])]


# -- the choice of nodes


def test_the_shortest_sufficient_run_of_neighbours_wins_and_in_it_the_lowest_node():
    case = Case(nodes=7).run(job(9, gpus=8), 3).run(job(8, gpus=6), 6)
    # Runs with 4 GPUs free: 0 1 2 and 4 5. Free GPUs do not count, so 6 is not preferred for one.
    assert starts(case.main(job(1, gpus=4))) == [(1, [4])]
    assert starts(case.main(job(1, gpus=1))) == [(1, [0])]
    assert starts(case.main(job(1, nodes=3, gpus=4))) == [(1, [0, 1, 2])]


def test_a_gang_takes_the_longest_runs_one_after_another():
    case = Case(nodes=8).run(job(8, gpus=8), 2).run(job(9, gpus=8), 6)
    # Runs: 0 1, 3 4 5, 7. Four nodes: 3 4 5, then one: the shortest sufficient, 7.
    assert starts(case.main(job(1, nodes=4, gpus=8))) == [(1, [3, 4, 5, 7])]
    assert starts(case.main(job(1, nodes=5, gpus=8))) == [(1, [0, 1, 3, 4, 5])]


def test_light_nodes_go_first_and_runs_end_where_the_weight_changes():
    case = Case(weights=[5, 5, 1, 1])
    assert starts(case.main(job(1))) == [(1, [2])]
    assert starts(case.main(job(1, nodes=3))) == [(1, [0, 2, 3])]
    assert told(case.backfill(job(1, nodes=3)))[0][3] == [0, 2, 3]


def test_a_job_without_gpus_takes_the_node_with_the_fewest_free_cpus_that_are_enough():
    case = Case(nodes=3).run(job(9, gpus=0, cpus=50), 1).run(job(8, gpus=0, cpus=60), 2)
    assert starts(case.main(job(1, gpus=0, cpus=10))) == [(1, [1])]
    assert starts(case.main(job(1, gpus=0, cpus=4))) == [(1, [2])]
    assert starts(case.main(job(1, gpus=0, cpus=20))) == [(1, [0])]


# -- backfill


def test_a_plan_of_one_gpu_holds_its_whole_node():
    case = Case(nodes=1).run(job(9, gpus=8, limit=200), 0)
    did = case.backfill(job(1, priority=9, limit=300), job(2, limit=300))
    # Job 9 ends in 100 s. Job 2 would fit beside job 1, but the node is held until 400.
    assert told(did) == [(1, "planned", 100, [0]), (2, "planned", 400, [0])]


def test_a_plan_that_begins_as_a_job_would_end_is_in_its_way():
    def did(limit):
        case = Case(nodes=2).run(job(9, gpus=4, limit=200), 0).run(job(8, gpus=4, limit=200), 1)
        return told(case.backfill(job(1, nodes=2, gpus=8, priority=9), job(2, limit=limit)))[1]

    assert did(99) == (2, "started", 0, [0])
    assert did(100)[1] == "planned"


def test_planned_ends_are_taken_away_in_windows_from_a_multiple_of_30_seconds_on():
    case = Case(nodes=1)
    for number, end in ((7, 10), (8, 58), (9, 61)):
        case.run(job(number, gpus=2, limit=100 + end), 0)
    case.run(job(6, gpus=2, limit=900), 0)
    # The first ends at 10: the mark is 30, the first window ends at 60. Two GPUs would be free at
    # 10, but 58 is in the window; 61 is not.
    assert told(case.backfill(job(1, gpus=2))) == [(1, "planned", 58, [0])]


def test_a_job_past_its_limit_is_expected_a_kill_wait_after_it_and_not_before_the_next_second():
    def start(limit):
        case = Case(nodes=1, kill_wait=30).run(job(9, gpus=8, limit=limit), 0)
        return told(case.backfill(job(1)))[0][2]

    assert start(80) == 10
    assert start(40) == 1
    assert start(101) == 1


def test_starts_and_ends_are_cut_down_to_the_resolution():
    case = Case(nodes=1, resolution=60).run(job(9, gpus=8, limit=190), 0)
    (did,) = case.backfill(job(1, limit=100))
    assert (did.start - NOW, did.end - NOW) == (90, 180), "the start is told uncut, the end cut"
    # The map holds 60 to 180, so the next one is planned at 180.
    assert told(case.backfill(job(1, limit=100, priority=9), job(2)))[1] == (2, "planned", 180, [0])


def test_a_start_beyond_the_window_holds_nothing():
    case = Case(nodes=1, window=60).run(job(9, gpus=8, limit=400), 0)
    assert [d.outcome for d in case.backfill(job(1), job(2))] == ["beyond_window"] * 2


def test_limits_of_a_pass():
    case = Case(nodes=1, max_user=1, max_test=2).run(job(9, gpus=8, limit=400), 0)
    queue = [job(1), job(2), job(3, user="v"), job(4, user="w")]
    assert [(d.id, d.outcome) for d in case.backfill(*queue)] == [
        (1, "planned"),
        (2, "user_limit"),
        (3, "planned"),
    ]


def test_jobs_that_backfill_starts_are_in_the_way_of_the_next():
    did = Case(nodes=1).backfill(job(1, gpus=5, priority=9), job(2, gpus=4, limit=60))
    assert told(did) == [(1, "started", 0, [0]), (2, "planned", 600, [0])]


# -- advance reservations


def test_a_walltime_may_end_as_a_reservation_begins():
    case = Case(nodes=1)
    case.reservations = [(NOW + 600, NOW + 900, {0})]
    assert starts(case.main(job(1, limit=600))) == [(1, [0])]
    assert [d.outcome for d in case.main(job(1, limit=601))] == ["blocked"]


def test_only_a_job_that_could_run_beside_the_reservation_closes_its_partition():
    case = Case(nodes=3).run(job(9, gpus=8), 1)
    case.reservations = [(NOW, NOW + 900, {0})]
    kept_out = case.main(job(1, nodes=3, gpus=8, priority=9), job(2))
    assert told(kept_out) == [(1, "blocked", None, []), (2, "started", 0, [2])]
    blocked = case.main(job(1, nodes=2, gpus=8, priority=9), job(2))
    assert told(blocked) == [(1, "blocked", None, []), (2, "skipped", None, [])]


def test_backfill_tries_again_a_second_after_a_reservations_end_rounded_up():
    case = Case(nodes=1, resolution=60)
    case.reservations = [(NOW + 100, NOW + 250, {0})]
    assert told(case.backfill(job(1))) == [(1, "planned", 301, [0])]


# -- preemption


def low(number, gpus=8, **more):
    return job(number, gpus=gpus, qos="low", **more)


def test_a_preemptor_stops_its_victims_and_starts_in_a_later_pass():
    high = job(1, gpus=8, qos="high", limit=300)
    (did,) = Case(nodes=1).run(low(9), 0).main(high)
    assert (did.outcome, did.victims) == ("blocked", [9])
    (did,) = Case(nodes=1).run(low(9), 0).backfill(high)
    assert (did.outcome, did.victims, did.start - NOW, did.end - NOW) == ("failed", [9], 0, 300)


def test_what_a_victim_held_is_free_at_once_but_its_node_is_completing():
    case = Case(nodes=2).run(low(9, gpus=8), 0).run(job(8, gpus=8), 1)
    did = case.backfill(job(1, gpus=4, qos="high", limit=60), job(2, gpus=4, limit=900))
    assert [(d.id, d.outcome) for d in did] == [(1, "failed"), (2, "planned")]
    assert did[1].start - NOW >= 60, "the node is held for the preemptor"


def test_a_job_runs_untouched_for_its_exempt_time():
    high = job(1, gpus=8, qos="high")
    assert Case(nodes=1).run(low(9), 0, ago=59).main(high)[0].victims == []
    assert Case(nodes=1).run(low(9), 0, ago=60).main(high)[0].victims == [9]


def test_victims_go_by_qos_then_nodes_then_id_until_the_job_fits():
    preempts = {"high": ["low", "mid"], "mid": [], "low": []}
    case = Case(nodes=3, preempts=preempts, reorder=0)
    case.run(job(5, gpus=8), 0).run(low(6, nodes=1), 1).run(low(7), 2)
    assert case.main(job(1, gpus=8, qos="high"))[0].victims == [6]


def test_who_has_just_preempted_makes_no_new_victims():
    waits = 30 + 10
    high = job(1, gpus=8, qos="high", preempted=NOW - waits + 1)
    assert Case(nodes=1).run(low(9), 0).main(high)[0].victims == []
    high = job(1, gpus=8, qos="high", preempted=NOW - waits)
    assert Case(nodes=1).run(low(9), 0).main(high)[0].victims == [9]
