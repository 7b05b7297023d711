"""Planned starts: where nothing unforeseen happens, the job starts then.

On pools alone: on nodes a job now and then starts before or after the time that is told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from twin import scenarios

from explain.probing import on_pool, told
from simulator.rules.models import Rule

if TYPE_CHECKING:
    from twin.scenarios import Small

    from explain.probing import Replay

FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
POOLS = scenarios.scenarios(scenarios.STATIC_ORDERS, odd=False, outages=False)


@given(POOLS)
@FEW
def test_on_pools(scenario: Small) -> None:
    jobs = [replace(job, run_time=job.walltime) for job in scenario.jobs]
    _keeps_its_word(*on_pool(replace(scenario, jobs=jobs)))


def _keeps_its_word(replay: Replay, units: int) -> None:
    """After the last arrival nothing but planned ends happens."""
    jobs = replay().jobs.to_pylist()
    last = max(row["submit"] for row in jobs)
    waited = [at for at, row in enumerate(jobs) if row["queued"] > 0]
    for position in waited[-4:]:
        for look in told(replay, units, Rule(), position).moments:
            if look.when >= last and look.promised is not None:
                assert look.promised == jobs[position]["start"], (look.when, position)
