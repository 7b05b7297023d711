"""What orders by turns promise: stride and lottery."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ordering.bench import jobs, rule, sequence, starts
from simulator.streams import Streams


def _backlog(people: str, each: int) -> list[tuple[int, str, int, int]]:
    """So many jobs of one unit and one second of each, all there at once."""
    return [(0, who, 1, 1) for _ in range(each) for who in people]


def test_stride_three_two_one() -> None:
    """TM-528's example of three clients with 3, 2 and 1 tickets, strides 2, 3 and 6.

    Passes begin at 0 here, at one stride there. All at 0: A, B, C in the order of their jobs, then
    A at 2, B at 3, A at 4; all are at 6 then, and it begins anew.
    """
    found = sequence(
        jobs(*_backlog("ABC", 12)), 1, rule({"kind": "stride"}, {"A": 3.0, "B": 2.0, "C": 1.0})
    )
    assert found[:6] == "ABCABA"
    # From here on passes that should be equal differ by rounding, and so does their order.
    assert all("".join(sorted(found[i : i + 6])) == "AAABBC" for i in range(0, 24, 6))


@pytest.mark.parametrize("seed", range(5))
def test_stride_has_a_bounded_lag(seed: int) -> None:
    """Of what two accounts got together neither has a whole job more than its tickets say."""
    tickets = dict(zip("ABCD", np.random.default_rng(seed).integers(1, 20, 4) * 1.0, strict=True))
    found = sequence(jobs(*_backlog("ABCD", 60)), 1, rule({"kind": "stride"}, tickets))
    for one, other in combinations("ABCD", 2):
        for end in range(1, 61):
            got = found[:end].count(one), found[:end].count(other)
            due = sum(got) * tickets[one] / (tickets[one] + tickets[other])
            assert abs(got[0] - due) <= 1 + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_stride_has_a_lag_of_one_job_whatever_jobs_ask_for(seed: int) -> None:
    """GPU-seconds over tickets of any two accounts differ by no more than one job of either."""
    draw = np.random.default_rng(seed)
    tickets = dict(zip("ABCD", draw.integers(1, 20, 4) * 1.0, strict=True))
    rows = [(0, who, 1, int(draw.integers(1, 30))) for _ in range(60) for who in "ABCD"]
    table = jobs(*rows)
    order = np.argsort(starts(table, 1, rule({"kind": "stride"}, tickets)))
    got, most, left = np.zeros(4), np.zeros(4), np.full(4, 60)
    ticket = np.array(list(tickets.values()))
    for row in order:
        who = table.user[row]
        most[who] = max(most[who], table.run_time[row] / ticket[who])
        got[who] += table.run_time[row] / ticket[who]
        left[who] -= 1
        if (left == 0).any():
            break
        assert got.max() - got.min() <= most.max() + 1e-9
    assert len(order) - left.sum() > 60


def test_stride_saves_nothing_up_for_who_is_away() -> None:
    away = [(0, "A", 1, 1)] * 300 + [(100, "B", 1, 1)] * 40
    found = sequence(jobs(*away), 1, rule({"kind": "stride"}))
    assert found[:100] == "A" * 100
    assert found[100:140].count("B") == 20


def test_stride_gives_back_what_was_booked_and_not_used() -> None:
    """A asks for 10 s and runs 1 s each time, B asks for what it runs: they share alike.

    The first two: A's pass is 20 until its job ends, then 2; B's is 2. So they alternate.
    """
    rows = [(0, who, 1, 1, 10 if who == "A" else 1) for _ in range(10) for who in "AB"]
    assert sequence(jobs(*rows), 1, rule({"kind": "stride"})) == "AB" * 10


def test_lottery_of_one_moment_is_drawing_without_replacement() -> None:
    """One job each: the order is that of −ln(u)/tickets."""
    people = "ABCDEFGH"
    tickets = {who: float(number + 1) for number, who in enumerate(people)}
    for seed in range(5):
        u = 1 - Streams(seed, 0).take("lottery").random(len(people))
        keys = {who: -np.log(u[row]) / tickets[who] for row, who in enumerate(people)}
        found = sequence(
            jobs(*_backlog(people, 1)), 1, rule({"kind": "lottery"}, tickets), seed=seed
        )
        assert list(found) == sorted(people, key=keys.__getitem__)


@pytest.mark.parametrize("backfill", ["none", "easy"])
def test_shares_of_a_lottery_converge(backfill: str) -> None:
    """3, 2 and 1 tickets of 6: of n wins n·p within four standard deviations."""
    tickets = {"A": 3.0, "B": 2.0, "C": 1.0}
    chosen = rule({"kind": "lottery"}, tickets, backfill=backfill)
    found = sequence(jobs(*_backlog("ABC", 1000)), 1, chosen)[:1600]
    for who, number in tickets.items():
        part = number / 6
        deviation = np.sqrt(1600 * part * (1 - part))
        assert abs(found.count(who) - 1600 * part) < 4 * deviation


def test_each_drawing_is_even_for_who_comes_anew() -> None:
    """A always waits and B comes once in 10 s: B's job wins at once half of the times.

    Were numbers drawn once and compared for ever, A's first job would be one that has lost, and B
    would nearly always win.
    """
    rows = [(0, "A", 1, 1)] * 8_000 + [(10 * turn, "B", 1, 1) for turn in range(750)]
    ordered = jobs(*sorted(rows))
    waited = (starts(ordered, 1, rule({"kind": "lottery"})) - ordered.submit)[ordered.user == 1]
    assert abs(np.mean(waited == 0) - 0.5) < 0.08
    assert abs(waited.mean() - 1) < 0.25
