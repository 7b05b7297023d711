"""Jobs of the generator that fail or are taken back, and classes of their own speeds."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from simulator.streams import Streams
from workload.made import CLASSES, made, workload

ENDS = {"fail": 0.2, "cancel": 0.1, "patience": "4h", "spread": 1.0}


def test_as_many_as_said_fail_and_are_taken_back() -> None:
    jobs, _ = made(Streams(3, 0), endings=ENDS)
    n = len(jobs)
    for column, share in ((jobs.fails_after, 0.2), (jobs.cancelled_at, 0.1)):
        assert np.count_nonzero(column >= 0) / n == pytest.approx(share, abs=5 * (share / n) ** 0.5)
    fails, taken = jobs.fails_after >= 0, jobs.cancelled_at >= 0
    assert np.all(jobs.fails_after[fails] >= 1)
    assert np.all(jobs.fails_after[fails] <= jobs.run_time[fails])
    long = fails & (jobs.run_time > 1000)
    assert np.mean(jobs.fails_after[long] / jobs.run_time[long]) == pytest.approx(0.5, abs=0.02)
    after = (jobs.cancelled_at - jobs.submit)[taken]
    assert np.all(after >= 1)
    assert np.median(after) == pytest.approx(4 * 3600, rel=0.15)
    assert np.std(np.log(after)) == pytest.approx(1, abs=0.1)


def test_they_change_no_other_column_and_shift_no_other_class() -> None:
    plain, _ = made(Streams(3, 0))
    both, _ = made(Streams(3, 0), endings=ENDS)
    one = CLASSES | {"science": CLASSES["science"] | {"endings": ENDS}}
    mixed, _ = made(Streams(3, 0), classes=one)
    for name in ("submit", "run_time", "walltime", "gpus", "user"):
        assert np.array_equal(getattr(plain, name), getattr(both, name))
    assert not len(plain.fails_after)
    science = mixed.job_class == mixed.classes.index("science")
    for name in ("fails_after", "cancelled_at"):
        assert np.array_equal(getattr(mixed, name)[science], getattr(both, name)[science])
        assert np.all(getattr(mixed, name)[~science] == -1)


def test_a_class_may_be_faster() -> None:
    fast = CLASSES | {"science": CLASSES["science"] | {"speedups": {"A100": 0.3}}}
    jobs, _ = made(Streams(3, 0), classes=fast)
    science = jobs.job_class == jobs.classes.index("science")
    assert jobs.speedups == ({"A100": 300},)
    assert np.all(jobs.speedup[science] == 0)
    assert np.all(jobs.speedup[~science] == -1)


@pytest.mark.parametrize("name", ["patience", "spread"])
def test_patience_of_nobody_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} of jobs that nobody takes back"):
        workload(endings={"fail": 0.1, name: {"patience": "1h", "spread": 0.5}[name]})
