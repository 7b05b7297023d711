"""Metrics of applications, worked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from results_factory import application, job, write_study

from simulator.metrics.applications import NAMES
from simulator.metrics.base import Undefined
from simulator.metrics.groups import by_group
from simulator.metrics.measured import Measured
from simulator.metrics.registry import metric
from simulator.metrics.settings import Settings
from simulator.study.measuring import chosen

JOBS = [
    job(1, 10, 50, 90, account="a", job_class="gov"),
    job(2, 20, 30, 60, account="b"),
    job(3, 100, None, None, account="c"),
]


def _view(folder: Path, applications: list[dict[str, Any]]) -> Measured:
    study = write_study(folder / "s", {"r": [JOBS]}, 4, applications=applications)
    return Measured(study.run("r"), study.manifest)


MADE = [
    application("a", 0, 40, 50, job_class="gov", panel="council"),
    # Its second: earlier times count.
    application("a", 60, 70, job_class="gov", number=1, panel="council", starts=95),
    # Refused by a panel that met at 25 and told it at 30.
    application("c", 10, 30, panel="council", reviewed=25, outcome="refused"),
    application("c", 35, None, number=1, panel="council"),
    application("b", 20, 20, 30),
]


def test_times_and_queues(tmp_path: Path) -> None:
    measured = _view(tmp_path, MADE)
    # The horizon is 100, when the last job comes. a: 50, c: 90 and still waiting, b: 10.
    found = {name: metric(name).compute(measured) for name in NAMES}
    assert found == pytest.approx(
        {
            "median_time_to_gpu": 50,
            "p90_time_to_gpu": 50 + 0.8 * 40,
            "mean_decision_time": (40 + 10 + 20 + 65 + 0) / 5,
            # Before the meeting: 0–40, 60–70, 10–25, 35–100. The run begins with its first job.
            "mean_panel_queue": (30 + 10 + 15 + 65) / 90,
            "most_panel_queue": 2,
        }
    )
    classes = dict(by_group(measured, "job_class").select("group", "median_time_to_gpu").rows())
    assert classes == {"gov": 50, "open": 50}
    accounts = dict(by_group(measured, "account").select("group", "median_time_to_gpu").rows())
    assert accounts == {"a": 50, "b": 10, "c": 90}
    assert by_group(measured, "user")["median_time_to_gpu"].null_count() == 1


def test_who_hands_over_is_not_two(tmp_path: Path) -> None:
    """One application is decided on in the instant in which the next one comes."""
    made = [application("a", 0, 40, panel="p"), application("b", 40, 60, panel="p")]
    assert metric("most_panel_queue").compute(_view(tmp_path, made)) == 1


def test_who_is_refused_at_once_waits_for_no_panel(tmp_path: Path) -> None:
    made = [application("a", 0, 0, panel="p", reviewed=None, outcome="refused", starts=None)]
    made += [application("b", 30, 60, panel="p")]
    measured = _view(tmp_path, made)
    assert metric("mean_panel_queue").compute(measured) == pytest.approx(30 / 90)
    assert metric("most_panel_queue").compute(measured) == 1


def test_who_is_moved_by_reforms_waits_for_a_panel_meanwhile(tmp_path: Path) -> None:
    made = [
        # From a panel to a check at 30; from a check to a panel at 40; there and back; never.
        application("a", 10, 50, lines=[10, 30]),
        application("b", 20, None, panel="p", lines=[40]),
        application("c", 25, 90, panel="p", lines=[25, 30, 50, 80]),
        application("d", 15, 90, lines=[]),
    ]
    measured = _view(tmp_path, made)
    # Until the last job comes, at 100.
    area = 20 + 60 + 5 + 30
    assert metric("mean_panel_queue").compute(measured) == pytest.approx(area / 90)
    assert metric("most_panel_queue").compute(measured) == 2
    withdrawn = [application("a", 10, 40, panel="p", reviewed=None, outcome="withdrawn")]
    assert metric("mean_decision_time").compute(_view(tmp_path / "w", withdrawn)) == 30


@pytest.mark.parametrize("name", NAMES)
def test_where_nobody_applies(tmp_path: Path, name: str) -> None:
    assert isinstance(metric(name).compute(_view(tmp_path, [])), Undefined)


def test_a_check_is_no_panel(tmp_path: Path) -> None:
    found = metric("mean_panel_queue").compute(_view(tmp_path, [application("a", 0, 40)]))
    assert str(found) == "undefined, because no panel had anything to decide under this rule"


def test_compared_only_where_somebody_applies(tmp_path: Path) -> None:
    study = write_study(tmp_path / "s", {"r": [JOBS]}, 4)
    assert not set(NAMES) & set(chosen(Settings.of(study.manifest)))
    scenario = study.manifest["scenario"] | {"rules": {"r": {"applications": {"tiers": {}}}}}
    assert set(NAMES) < set(chosen(Settings.of(study.manifest | {"scenario": scenario})))
    later = {"r": {"reforms": [{"rule": {"applications": {"tiers": {}}}}]}}
    scenario = study.manifest["scenario"] | {"rules": later}
    assert set(NAMES) < set(chosen(Settings.of(study.manifest | {"scenario": scenario})))
