"""When a job waited, and at which instants to look."""

from __future__ import annotations

import numpy as np
import pytest
from results_factory import job, write_study

from simulator.errors import InputError
from simulator.study.waits import Wait, longest, numbered, spread, thinned, waits_of, within

AGAIN = [(5, 20, "requeued", 0), (50, 70, "completed", 0)]


@pytest.fixture
def run(tmp_path):
    """A job that is queued again, two that wait once, one that does not, one that never starts, and
    one that is refused."""
    jobs = [
        job(11, 0, 5, 70, attempts=AGAIN, queued=35),
        job(12, 10, 30, 40, job_class="a"),
        job(13, 10, 31, 40, job_class="a"),
        job(14, 15, 15, 16, job_class="b"),
        job(15, 40, None, None, job_class="c", queued=30),
        job(16, 41, None, None, job_class="d", state="refused"),
    ]
    return write_study(tmp_path / "study", {"easy": [jobs]}, 4).run("easy")


def test_waits_begin_at_the_submission_and_when_a_job_is_queued_again(run):
    waits = {
        row["job_id"]: waits_of(run, numbered(run, row["job_id"]))
        for row in run.jobs.rows(named=True)
    }
    assert waits[11] == [Wait(0, 5, "submitted"), Wait(20, 50, "requeued")]
    assert waits[12] == [Wait(10, 30, "submitted")]
    assert waits[14] == waits[16] == []
    # The last that is known of is an end at 70.
    assert waits[15] == [Wait(40, 70, "submitted", started=False)]


def test_of_each_class_who_waited_longest_in_all(run):
    assert [run.jobs["job_id"][position] for position in longest(run)] == [13, 15, 11]


def test_an_unknown_number_is_told_the_nearest(run):
    with pytest.raises(InputError, match="the nearest are 14, 15, 16"):
        numbered(run, 99)
    with pytest.raises(InputError, match="the nearest are 11, 12, 13"):
        numbered(run, -4)


def test_instants_of_waits_exclude_their_ends():
    waits = [Wait(0, 5, "submitted"), Wait(20, 50, "requeued")]
    times = np.array([50, 49, 20, 20, 19, 5, 4, 0])
    assert within(times, waits).tolist() == [0, 4, 20, 49]


@pytest.mark.parametrize("choose", [thinned, spread])
def test_no_more_are_chosen_than_asked_and_both_ends_are(choose):
    times = np.array([*range(0, 90, 2), 500, 1000])
    for most in (2, 5, 46, 47, 100):
        found = choose(times, most)
        assert len(found) <= most
        assert set(found) <= set(times)
        assert (found[0], found[-1]) == (0, 1000)
    assert choose(times, 100).tolist() == times.tolist()


def test_spread_goes_by_time_and_thinned_by_number():
    times = np.array([*range(10), 100])
    assert spread(times, 3).tolist() == [0, 100]
    assert thinned(times, 3).tolist() == [0, 5, 100]
