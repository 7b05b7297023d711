"""The generator: what is asked for comes out, and nobody disturbs anybody else's draws."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy.stats import gamma, kstest

from simulator.errors import InputError
from simulator.fields import ValidationError
from simulator.streams import Streams, listed
from simulator.workload.synthetic import run_times, walltimes
from simulator.workload.synthetic.cycle import BusyClock
from simulator.workload.synthetic.models import Cycle, RunTime, Walltime

from .made import CLASSES, EPOCH, made, workload

LIGHT = {"run_time": {"a1": 40, "b1": 0.2, "a2": 60, "b2": 0.15}, "walltime": {"longest": "1d"}}
"""Run times without a heavy tail, so that means settle in a short test."""


def load_of(jobs, duration, capacity=512):
    return (jobs.gpus * jobs.run_time).sum() / (capacity * duration)


@pytest.mark.parametrize("load", [0.3, 0.9, 1.4])
def test_the_load_is_met(load):
    jobs, _ = made(Streams(1, 0), load=load, **LIGHT)
    assert load_of(jobs, 13 * 604_800) == pytest.approx(load, rel=0.03)


def test_the_load_is_met_with_the_heavy_tail_of_the_defaults():
    jobs, _ = made(Streams(1, 0), duration="200w", mean_work="20 GPU-h")
    assert load_of(jobs, 200 * 604_800) == pytest.approx(0.9, rel=0.05)


def test_a_mean_work_is_met_and_gives_the_number_of_jobs():
    jobs, _ = made(Streams(1, 0), mean_work="5 GPU-h", **LIGHT)
    assert (jobs.gpus * jobs.run_time).mean() == pytest.approx(5 * 3600, rel=0.03)
    assert len(jobs) == pytest.approx(0.9 * 512 * 13 * 168 / 5, rel=0.03)


def test_classes_share_the_work_as_demanded():
    jobs, _ = made(Streams(1, 0), duration="104w", **LIGHT)
    work = np.bincount(jobs.job_class, weights=jobs.gpus * jobs.run_time)
    assert work / work.sum() == pytest.approx([0.75, 0.25], abs=0.01)
    assert jobs.classes == ("national", "science")


def test_users_follow_zipf():
    jobs, _ = made(Streams(1, 0), duration="52w", **LIGHT)
    for offset, count, zipf in ((0, 7, 1.0), (7, 12, 0.8)):
        counts = np.bincount(jobs.user, minlength=19)[offset : offset + count]
        slope = np.polyfit(np.log(np.arange(1, count + 1)), np.log(counts), 1)[0]
        assert slope == pytest.approx(-zipf, abs=0.05)


def test_users_join_the_accounts_of_their_class_in_turn():
    jobs, _ = made(Streams(1, 0), **LIGHT)
    pairs = sorted(
        {(jobs.users[u], jobs.accounts[a]) for u, a in zip(jobs.user, jobs.account, strict=True)}
    )
    assert len(pairs) == 19
    assert ("national-u3", "national-a1") in pairs
    assert ("science-u5", "science-a2") in pairs


def test_arrivals_follow_the_cycle_in_local_time():
    hours = [1.0] * 24
    hours[9:17] = [5.0] * 8
    cycle = {"hours": hours, "weekdays": [1, 1, 1, 1, 1, 0.5, 0]}
    jobs, _ = made(Streams(1, 0), duration="26w", cycle=cycle, **LIGHT)
    zone = ZoneInfo("Asia/Almaty")
    local = [datetime.fromtimestamp(EPOCH + int(t), zone) for t in jobs.submit[::10]]
    weekdays = np.bincount([moment.weekday() for moment in local], minlength=7)
    assert weekdays[6] == 0
    assert weekdays[5] / weekdays[:5].mean() == pytest.approx(0.5, abs=0.06)
    by_hour = np.bincount([moment.hour for moment in local], minlength=24)
    assert by_hour[9:17].mean() / by_hour[:9].mean() == pytest.approx(5, rel=0.1)


def test_arrivals_are_poisson_on_the_busy_clock():
    jobs, _ = made(Streams(1, 0), classes={"a": {"demand": 1}}, duration="4w", **LIGHT)
    clock = BusyClock(Cycle(), 4 * 604_800, EPOCH, "Asia/Almaty")
    share = np.interp(jobs.submit + 0.5, clock.edges, clock.share)
    assert kstest(share, "uniform").pvalue > 0.01
    gaps = np.diff(share) * len(jobs)
    assert kstest(gaps, "expon").pvalue > 0.01


def test_the_clock_turns_over_a_change_of_summer_time():
    start = int(datetime(2027, 3, 27, tzinfo=ZoneInfo("Europe/Stockholm")).timestamp())
    hours = [0.0] * 24
    hours[12] = 1.0
    clock = BusyClock(Cycle(hours=hours), 3 * 86_400, start, "Europe/Stockholm")
    noons = clock.instants(np.array([0.0, 0.999])) // 3600
    assert noons.tolist() == [12, 59]  # the third noon comes 47 hours after the first
    rising = np.flatnonzero(np.diff(clock.share) > 0)
    assert rising.tolist() == [12, 35, 59]


def test_the_mean_run_time_is_exact():
    model, rng = RunTime(p_slope=0.002), np.random.default_rng(1)
    gpus = np.full(400_000, 64)
    drawn = run_times.draw(model, gpus, rng.random(len(gpus)), rng, stretch=0.7, longest=86_400)
    expected = run_times.mean(model, np.array([64]), 0.7, 86_400)[0]
    error = drawn.std() / np.sqrt(len(gpus))
    assert abs(drawn.mean() - expected) < 4 * error + 0.5
    assert drawn.min() >= 1
    assert drawn.max() == 86_400


def test_the_mean_of_the_uncut_gamma_is_the_textbook_one():
    model = RunTime(p=1, a1=3.0, b1=0.25)
    mean = run_times.mean(model, np.array([1]), 1.0, 10**12)[0]
    assert mean == pytest.approx((1 - 0.25) ** -3.0, rel=1e-6)  # moment generating function at 1


def test_log_run_times_are_hyper_gamma():
    model, rng = RunTime(p=0, a2=9.39, b2=0.776), np.random.default_rng(2)
    drawn = run_times.draw(
        model, np.ones(5000), np.ones(5000) * 0.5, rng, stretch=1, longest=10**15
    )
    long = np.log(drawn[drawn > 20])
    law = gamma(9.39, scale=0.776)
    below = law.cdf(np.log(20.5))
    assert kstest(long, lambda x: (law.cdf(x) - below) / (1 - below)).pvalue > 0.01


def test_walltimes_are_favourites_or_to_the_minute():
    rng, model = np.random.default_rng(3), Walltime(exact=0.2, longest="3d")
    run = np.minimum(rng.integers(1, 3 * 86_400, 20_000), rng.integers(1, 3 * 86_400, 20_000))
    honest = rng.random(len(run))
    asked = walltimes.draw(model, run, rng.random(len(run)), honest)
    assert np.all(asked >= run)
    assert asked.max() <= 3 * 86_400
    assert np.all(np.isin(asked[honest >= 0.2], [*model.favourites, 3 * 86_400]))
    assert np.all(asked[honest < 0.2] - run[honest < 0.2] < 60)


def test_the_used_share_has_the_mean_that_is_asked_for():
    model = Walltime(
        accuracy=0.3, exact=0, favourites=[f"{m}min" for m in range(1, 20_000)], longest="20d"
    )
    run = np.full(50_000, 6000)
    rng = np.random.default_rng(4)
    asked = walltimes.draw(model, run, rng.random(len(run)), np.ones(len(run)))
    assert (run / asked).mean() == pytest.approx(0.3, abs=0.01)


def test_the_same_seed_makes_the_same_jobs_and_another_replication_others():
    one, two = made(Streams(5, 0))[0], made(Streams(5, 0))[0]
    np.testing.assert_array_equal(one.submit, two.submit)
    np.testing.assert_array_equal(one.run_time, two.run_time)
    assert not np.array_equal(one.submit[:50], made(Streams(5, 1))[0].submit[:50])


def of(jobs, user):
    mine = jobs.user == jobs.users.index(user)
    return [column[mine] for column in (jobs.submit, jobs.gpus, jobs.run_time, jobs.walltime)]


def test_a_class_that_comes_on_top_shifts_nobody():
    before, _ = made(Streams(1, 0), load=0.8)
    more = CLASSES | {"open": {"demand": 1, "users": 5}}
    after, _ = made(Streams(1, 0), load=1.0, classes=more)  # a quarter of demand, on top
    assert len(after.users) == len(before.users) + 5
    for user in before.users:
        for old, new in zip(of(before, user), of(after, user), strict=True):
            np.testing.assert_array_equal(old, new)


def test_a_further_user_leaves_the_others_their_jobs_and_their_order():
    before, _ = made(Streams(1, 0))
    bigger = CLASSES | {"national": CLASSES["national"] | {"users": 8}}
    after, _ = made(Streams(1, 0), classes=bigger)
    for user in before.users:
        _, *old = of(before, user)
        _, *new = of(after, user)
        shorter = min(len(old[0]), len(new[0]))
        assert shorter > 10
        for mine, yours in zip(old, new, strict=True):
            np.testing.assert_array_equal(mine[:shorter], yours[:shorter])


def test_streams_are_named_for_each_user():
    streams = Streams(1, 0)
    made(streams)
    assert set(listed(1, streams.taken)) == {"arrivals", "jobs", "run_times"}
    assert "run_times/science-u12" in streams.taken


REFUSED = {
    "too large": (
        {"sizes": {1: 1, 1024: 1}},
        "class 'national' has jobs of 1,024 GPUs (the machine has 512)",
    ),
    "unreachable mean": (
        {"mean_work": "3000 GPU-h", "walltime": {"longest": "1d"}},
        "no run times give a mean of 3000 GPU-h a job (these sizes",
    ),
    "closed hours": (
        {"duration": "1h", "cycle": {"hours": [0] + [1] * 23}},
        "the whole duration lies in hours of weight 0 (give such hours a weight above 0)",
    ),
    "nothing made": (
        {"duration": "1s", "load": 0.0001},
        "not a single job was made (raise load or duration)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_impossible_settings_are_refused(case):
    settings, message = REFUSED[case]
    with pytest.raises(InputError) as caught:
        made(Streams(1, 0), **settings)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"classes": {"a": {"demand": 1, "users": 1, "accounts": 2}}}, "1 users cannot fill 2 acc"),
        ({"cycle": {"hours": [0] * 24}}, "every weight is 0"),
        ({"cycle": {"weekdays": [1, 2]}}, "at least 7 items"),
        ({"load": 0}, "greater than 0"),
        ({"duration": 5}, "5 has no unit"),
        ({"sizes": {0: 1}}, "greater than 0"),
        ({"sizes": {}}, "at least 1 item"),
        ({"walltime": {"accuracy": 1.0}}, "less than 1"),
        ({"users": 5}, "Extra inputs"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        workload(**settings)


def test_members_submit_by_name():
    classes = {
        "b": {"demand": 1, "members": {"x": ["ann", "bo"], "y": ["ann"]}, "sizes": {1: 1}},
        "a": {"demand": 1, "accounts": 1, "users": 1, "sizes": {1: 1}},
    }
    jobs, _ = made(Streams(1, 0), classes=classes, capacity=64, **LIGHT)
    pairs = {
        (jobs.accounts[account], jobs.users[user])
        for account, user in zip(jobs.account.tolist(), jobs.user.tolist(), strict=True)
    }
    assert pairs == {("x", "ann"), ("x", "bo"), ("y", "ann"), ("a-a1", "a-u1")}
    anns = jobs.user == jobs.users.index("ann")
    x = jobs.submit[anns & (jobs.account == jobs.accounts.index("x"))]
    y = jobs.submit[anns & (jobs.account == jobs.accounts.index("y"))]
    assert len(x) > len(y) > 0, "the busiest first, organisation by organisation"
    assert not set(x[:20]) & set(y[:20]), "in each organisation with a stream of its own"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"users": 2}, "members say already what users there are"),
        ({"members": {"x": ["ann", "ann"]}}, "'ann' stands twice in 'x'"),
        ({"members": {"x": []}}, "at least 1"),
    ],
)
def test_members_that_cannot_be_are_refused(settings, said):
    group = {"demand": 1, "members": {"x": ["ann"]}} | settings
    with pytest.raises(ValidationError, match=said):
        workload(classes={"b": group})
