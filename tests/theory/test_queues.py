"""Mean waits of the engine against queueing theory.

Each case is replicated with its own streams; the exact mean wait must lie inside the 99.9 % Student
interval of the replications' means. Times are whole seconds: with mean service of 10,000 s rounding
is far below the interval's width. The first tenth of each replication is left out, since the
machine starts empty.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from simulator.engine.run import replay
from simulator.rules.models import Rule
from simulator.streams import Streams
from simulator.workload.columns import Jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Draw = Callable[[np.random.Generator, int], Floats]

MEAN_SERVICE = 10_000.0
REPLICATIONS, JOBS = 24, 20_000
FCFS = Rule.model_validate({"backfill": "none"})


def _exponential(random: np.random.Generator, count: int) -> Floats:
    return random.exponential(MEAN_SERVICE, count)


def _constant(_: np.random.Generator, count: int) -> Floats:
    return np.full(count, MEAN_SERVICE)


def _uniform(random: np.random.Generator, count: int) -> Floats:
    return random.uniform(0, 2 * MEAN_SERVICE, count)


def _two_kinds(random: np.random.Generator, count: int) -> Floats:
    """Nine in ten short, one in ten long: a hyperexponential with a squared variation of 3.19."""
    means = np.where(random.random(count) < 0.9, 0.6, 4.6) * MEAN_SERVICE
    return random.exponential(means)


SECOND_MOMENTS = {  # in units of the squared mean
    _exponential: 2.0,
    _constant: 1.0,
    _uniform: 4 / 3,
    _two_kinds: 2 * (0.9 * 0.6**2 + 0.1 * 4.6**2),
}


def _jobs(arrivals: Floats, services: Floats) -> Jobs:
    count = len(arrivals)
    run_time = np.rint(services).astype(np.int64)
    nobody = np.zeros(count, np.int32)
    return Jobs(
        job_id=np.arange(1, count + 1),
        submit=np.rint(arrivals).astype(np.int64),
        run_time=run_time,
        walltime=run_time,
        gpus=np.ones(count, np.int64),
        user=nobody,
        account=nobody,
        job_class=nobody,
        users=("user",),
        accounts=("account",),
        classes=("class",),
    )


def _mean_waits(servers: int, load: float, draw: Draw) -> Floats:
    waits = []
    for replication in range(REPLICATIONS):
        streams = Streams(seed=1, replication=replication)
        gaps = streams.take("arrivals").exponential(MEAN_SERVICE / (servers * load), JOBS)
        jobs = _jobs(gaps.cumsum(), draw(streams.take("services"), JOBS))
        wait = replay(jobs, servers, FCFS).jobs["wait"].to_numpy()
        waits.append(wait[JOBS // 10 :].mean())
    return np.array(waits)


def _erlang_c_wait(servers: int, load: float) -> float:
    """Mean wait in an M/M/c queue (A. K. Erlang, 1917), from the blocking of M/M/c/c."""
    offered = servers * load
    blocking = 1.0
    for server in range(1, servers + 1):
        blocking = offered * blocking / (server + offered * blocking)
    waiting = blocking / (1 - load * (1 - blocking))
    return waiting * MEAN_SERVICE / (servers * (1 - load))


def _pollaczek_khinchine_wait(load: float, second_moment: float) -> float:
    """Mean wait in an M/G/1 queue: λ·E[S²] / (2·(1 − ρ))."""
    return load * second_moment * MEAN_SERVICE / (2 * (1 - load))


def _assert_inside(waits: Floats, exact: float) -> None:
    half = stats.t.ppf(0.9995, len(waits) - 1) * waits.std(ddof=1) / math.sqrt(len(waits))
    assert abs(waits.mean() - exact) < half
    # An interval that everything lies in would show nothing.
    assert half < 0.25 * exact


@pytest.mark.parametrize(("servers", "load"), [(1, 0.6), (2, 0.7), (8, 0.8), (32, 0.85)])
def test_mean_wait_with_exponential_services(servers: int, load: float) -> None:
    _assert_inside(_mean_waits(servers, load, _exponential), _erlang_c_wait(servers, load))


@pytest.mark.parametrize("draw", SECOND_MOMENTS, ids=lambda draw: draw.__name__.strip("_"))
def test_mean_wait_with_one_server(draw: Draw) -> None:
    exact = _pollaczek_khinchine_wait(0.7, SECOND_MOMENTS[draw])
    _assert_inside(_mean_waits(1, 0.7, draw), exact)


def test_formulas_agree_where_they_meet() -> None:
    assert _erlang_c_wait(1, 0.7) == pytest.approx(_pollaczek_khinchine_wait(0.7, 2.0))
