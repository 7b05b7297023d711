"""Comparisons of small studies: marks, pairs, reasons, and the terminal."""

from __future__ import annotations

import io
import json
import math
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from results_factory import job, write_study
from rich.console import Console
from scipy import stats

from simulator.errors import InputError, Place
from simulator.metrics.registry import METRICS
from simulator.report.table import comparison_json, print_comparison
from simulator.study.comparison import Comparison, compare
from simulator.study.measuring import measure_replication, measure_run
from simulator.study.metric_names import check_metrics

WAITS = {
    "fcfs": [100, 120, 90, 150, 130],
    "easy": [60, 70, 55, 80, 75],
    "twin": [100, 120, 90, 150, 130],
    "noisy": [90, 140, 60, 190, 120],
}
RUN = 100


def jobs(wait: int) -> list[dict[str, Any]]:
    """Two users of two classes; the second waits, the first does not."""
    return [
        job(1, 0, 0, 400, 1, "u1", job_class="gov"),
        job(2, 10, 10 + wait, 10 + wait + RUN, 1, "u2", job_class="open"),
        job(3, 300, 300, 400, 1, "u1", job_class="gov"),
    ]


def study_of(
    folder: Path, waits: dict[str, list[int]], capacity: int = 4, **settings: Any
) -> Comparison:
    rules = {rule: [jobs(wait) for wait in each] for rule, each in waits.items()}
    settings = {"priority_classes": ["gov"], **settings}
    return compare(write_study(folder / "s", rules, capacity, comparison=settings))


@pytest.fixture(scope="module")
def waits_compared(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return study_of(tmp_path_factory.mktemp("waits"), WAITS)


def printed(comparison: Comparison, width: int) -> str:
    out = io.StringIO()
    print_comparison(comparison, Console(file=out, width=width, color_system=None))
    return out.getvalue()


def test_marks_of_mean_wait(waits_compared: Comparison) -> None:
    comparison = waits_compared
    found = {rule: comparison.verdict(rule, "mean_wait") for rule in WAITS}
    assert {rule: verdict.mark for rule, verdict in found.items()} == {
        "fcfs": "baseline",
        "easy": "better",
        "twin": "no difference shown",
        "noisy": "no difference shown",
    }
    assert found["fcfs"].mean == pytest.approx(sum(WAITS["fcfs"]) / 5 / 3)
    assert (found["twin"].diff, found["twin"].p_holm) == (0, 1)
    thirds = [(a - b) / 3 for a, b in zip(WAITS["easy"], WAITS["fcfs"], strict=True)]
    paired = stats.ttest_1samp(thirds, 0)
    assert found["easy"].p == pytest.approx(paired.pvalue)
    assert found["easy"].p_holm == pytest.approx(3 * paired.pvalue)
    ends = paired.confidence_interval(1 - 0.05 / 3)
    assert (found["easy"].diff_low, found["easy"].diff_high) == pytest.approx((ends.low, ends.high))


def test_slowdowns_are_compared_by_their_ratio(waits_compared: Comparison) -> None:
    verdict = waits_compared.verdict("easy", "mean_bounded_slowdown")
    means = {
        rule: [(1 + (wait + RUN) / RUN + 1) / 3 for wait in waits] for rule, waits in WAITS.items()
    }
    logs = [math.log(a / b) for a, b in zip(means["easy"], means["fcfs"], strict=True)]
    assert verdict.scale == "log"
    assert verdict.diff == pytest.approx(math.exp(sum(logs) / 5))
    assert verdict.mean == pytest.approx(math.prod(means["easy"]) ** 0.2)
    assert verdict.diff_high < 1
    assert verdict.mark == "better"


def test_higher_and_lower_are_told_apart(tmp_path: Path) -> None:
    comparison = study_of(tmp_path, WAITS, baseline="easy")
    assert comparison.baseline == "easy"
    assert comparison.verdict("fcfs", "equal_access").mark == "worse"
    # gov waits nowhere, so its lead over the others is greater where these wait longer.
    assert comparison.verdict("fcfs", "priority_kept").mark == "better"
    assert comparison.verdict("fcfs", "jain_usage").mark == "not judged"


def test_one_replication_is_not_comparable(tmp_path: Path) -> None:
    comparison = study_of(tmp_path, {rule: waits[:1] for rule, waits in WAITS.items()})
    verdict = comparison.verdict("easy", "mean_wait")
    assert verdict.mark == "not comparable"
    assert verdict.reason == "one replication alone has no interval"
    assert verdict.diff == pytest.approx((60 - 100) / 3)
    assert (verdict.diff_low, verdict.p, verdict.low) == (None, None, None)


def test_undefined_says_why(tmp_path: Path) -> None:
    comparison = study_of(tmp_path, WAITS, priority_classes=[])
    verdict = comparison.verdict("easy", "priority_kept")
    assert verdict.mark == "undefined"
    assert verdict.reason == "5 of 5 runs: the scenario names no priority classes"
    assert verdict.mean is None
    assert verdict.values == (None,) * 5


def test_one_rule_alone(tmp_path: Path) -> None:
    comparison = study_of(tmp_path, {"fcfs": WAITS["fcfs"]})
    assert {v.mark for v in comparison.verdicts} == {"baseline"}
    assert "One rule alone" in printed(comparison, 100)


def test_all_rules_are_measured_over_the_same_time(tmp_path: Path) -> None:
    hour = 3600
    # The same jobs; under "long" each holds its unit for 30 hours, not 10, and the load settles
    # later.
    rules = {
        name: [[job(i, i * hour, i * hour, (i + held) * hour) for i in range(300)]]
        for name, held in (("short", 10), ("long", 30))
    }
    study = write_study(tmp_path / "s", rules, 40, comparison={"warm_up": "mser5"})
    measured = measure_replication(study.folder, study.manifest, 0)
    assert measured.runs["short"].warm_up.length == 10 * hour
    assert measured.runs["long"].warm_up.length == measured.begin == 30 * hour
    assert measured.runs["short"].values["offered_load"] == pytest.approx(10 / 40, rel=0.01)
    assert measured.runs["short"].by_class[0]["jobs"] == 300 - 30
    assert compare(study).warm_ups[0]["seconds"] == 30 * hour


def test_measured_elsewhere_gives_the_same(tmp_path: Path) -> None:
    rules = {rule: [jobs(wait) for wait in waits] for rule, waits in WAITS.items()}
    study = write_study(tmp_path / "s", rules, 4)
    calls: list[tuple[int, int]] = []
    here = compare(study, lambda done, total: calls.append((done, total)))
    assert calls == [(n, 5) for n in range(1, 6)]
    elsewhere = [measure_replication(study.folder, study.manifest, n) for n in range(5)]
    assert compare(study, measured=pickle.loads(pickle.dumps(elsewhere))) == here


def test_bootstrap_from_30_replications_is_the_same_every_time(tmp_path: Path) -> None:
    waits = {"fcfs": [100 + 7 * (n % 11) for n in range(30)], "easy": [60 + n for n in range(30)]}
    rules = {rule: [jobs(wait) for wait in each] for rule, each in waits.items()}
    study = write_study(tmp_path / "s", rules, 4)
    measured = [measure_replication(study.folder, study.manifest, n) for n in range(30)]
    found = compare(study, measured=measured)
    assert found == compare(study, measured=measured)
    assert found.verdict("easy", "mean_wait").mark == "better"


def test_measure_run_gives_every_metric(tmp_path: Path) -> None:
    study = write_study(tmp_path / "s", {"fcfs": [jobs(50)]}, 4)
    found = measure_run(study.run("fcfs"), study.manifest)
    assert set(found) == set(METRICS)
    assert found["mean_wait"] == pytest.approx(50 / 3)
    assert measure_run(study.run("fcfs"), study.manifest, 5)["mean_wait"] == 25


def test_metrics_asked_for(tmp_path: Path) -> None:
    comparison = study_of(tmp_path, WAITS, metrics=["p95_wait", "mean_wait"])
    assert comparison.metrics.count("mean_wait") == 1
    assert comparison.verdict("easy", "p95_wait").n == 5
    assert "95th percentile of wait" in printed(comparison, 100)


def test_unknown_metric(tmp_path: Path) -> None:
    asked = SimpleNamespace(metrics=("mean_wait", "utilization"))
    loaded = SimpleNamespace(
        scenario=SimpleNamespace(comparison=asked),
        place=lambda *path: Place("s.yaml", 7, 1 + path[-1]),
    )
    message = r"^s.yaml:7:2: no metric is named 'utilization' .*did you mean 'utilisation'"
    with pytest.raises(InputError, match=message):
        check_metrics(loaded)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="did you mean 'utilisation'"):
        study_of(tmp_path, WAITS, metrics=["utilization"])


def test_long_table(waits_compared: Comparison) -> None:
    comparison = waits_compared
    table = comparison.table()
    assert table.columns[:12] == [
        *("rule", "metric", "mean", "low", "high", "diff", "diff_low", "diff_high"),
        *("p", "p_holm", "mark", "n"),
    ]
    assert table.height == len(WAITS) * len(comparison.metrics)


def test_json_holds_everything(tmp_path: Path) -> None:
    comparison = study_of(tmp_path, WAITS, priority_classes=[])
    plain = json.loads(comparison_json(comparison))
    assert plain["baseline"] == "fcfs"
    easy = next(v for v in plain["verdicts"] if (v["rule"], v["metric"]) == ("easy", "mean_wait"))
    assert easy["mark"] == "better"
    assert easy["values"] == pytest.approx([w / 3 for w in WAITS["easy"]])
    assert {row["group"] for row in plain["by_class"]} == {"gov", "open"}


def test_by_class(waits_compared: Comparison) -> None:
    rows = waits_compared.by_class
    easy = {row["group"]: row for row in rows if row["rule"] == "easy"}
    assert easy["open"]["median_wait"] == pytest.approx(sum(WAITS["easy"]) / 5)
    assert easy["gov"]["median_wait"] == 0


def test_the_terminal_says_what_limits_refused(tmp_path: Path) -> None:
    def refused(by: str, number: int) -> dict[str, object]:
        return job(number, 300, None, None, 1, state="refused", refused_by=by)

    some = [*jobs(50), refused("per_user", 4), refused("per_user", 5), refused("short", 6)]
    runs = {"fcfs": [jobs(50), jobs(50)], "limited": [some, [*jobs(50), refused("machine", 4)]]}
    found = compare(write_study(tmp_path / "s", runs, 4))
    assert found.refused_by == {
        "fcfs": {},
        "limited": {"machine": 0.5, "per_user": 1, "short": 0.5},
    }
    text = " ".join(printed(found, 100).split())
    assert "Jobs that can never fit, refused: 0.5 a replication." in text
    assert "Jobs refused by limits of limited, a replication: per_user 1, short 0.5." in text
    assert "limits of fcfs" not in text


def test_what_is_not_served_is_counted_by_cause_and_class(tmp_path: Path) -> None:
    def lost(number: int, gpus: int, **more: object) -> dict[str, object]:
        said = {"job_class": "open", "run_time": 7200, "walltime": 3600, **more}
        return job(number, 300, None, None, gpus, **said)

    some = [
        *jobs(50),
        lost(4, 2, state="refused", refused_by="person"),
        lost(5, 3, state="refused", refused_by="person"),
        lost(6, 1, state="refused", refused_by="person", job_class="gov"),
        lost(7, 9, state="refused", refused_by="machine"),
        lost(8, 1, refused_by="hours"),
        lost(9, 1, run_time=1800),
        lost(10, 2, state="cancelled"),
        job(11, 300, 310, 320, 1, state="cancelled"),
        # Of its hour 20 minutes were left when its holder had nothing to spend any more.
        lost(12, 3, state="killed", attempts=[(300, 2700, "killed", 0, "budget")]),
    ]
    runs = {"fcfs": [jobs(50), jobs(50)], "limited": [some, jobs(50)]}
    found = compare(write_study(tmp_path / "s", runs, 4))
    assert [tuple(row.values()) for row in found.unserved] == [
        ("limited", "gov", "refused: person", 0.5, 0.5),
        ("limited", "open", "held back: hours", 0.5, 0.5),
        ("limited", "open", "killed, budget used up", 0.5, 0.5),
        ("limited", "open", "never fits", 0.5, 4.5),
        ("limited", "open", "refused: person", 1, 2.5),
        ("limited", "open", "taken back, waiting", 0.5, 1),
        ("limited", "open", "unfinished", 0.5, 0.25),
    ]
    assert found.unserved_table().height == 7
    lines = [" ".join(line.split()) for line in printed(found, 100).splitlines()]
    assert "Demand not served, GPU-hours a replication" in lines
    assert "never fits, open – 4" in lines


def test_gpu_hours_are_of_whole_gpus_where_some_are_cut_up(tmp_path: Path) -> None:
    """Seven units a GPU: what is held, lost and not served is counted in GPUs."""
    some = [
        job(1, 0, 0, 7200, 14, "u1", attempts=[(0, 3600, "failed", 14 * 3600, "failure")]),
        job(2, 0, None, None, 7, run_time=3600, walltime=3600, state="refused"),
    ]
    study = write_study(tmp_path / "s", {"r": [some]}, 28, units_per_gpu=7)
    found = measure_replication(study.folder, study.manifest, 0).runs["r"]
    assert found.by_class[0]["gpu_hours"] == pytest.approx(2)
    assert found.unserved[0]["gpu_hours"] == pytest.approx(1)
    values = measure_run(study.run("r"), study.manifest)
    assert values["lost_gpu_hours"] == pytest.approx(2)


def test_what_no_rule_serves_is_no_matter_of_rules(tmp_path: Path) -> None:
    never = [*jobs(50), job(4, 300, None, None, 9, state="refused")]
    found = compare(write_study(tmp_path / "s", {"fcfs": [never], "easy": [never]}, 4))
    assert found.unserved_table()["cause"].to_list() == ["never fits", "never fits"]
    assert "not served" not in printed(found, 100)


@pytest.mark.parametrize("width", [100, 80])
def test_the_terminal_is_legible_without_colour(waits_compared: Comparison, width: int) -> None:
    comparison = waits_compared
    text = printed(comparison, width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    easy = next(line for line in lines if line.lstrip().startswith("easy"))
    assert f"▲ {comparison.verdict('easy', 'equal_access').mean:.3f}" in easy
    assert "▼ " in easy
    assert "● " in easy
    assert "▲ better  ▼ worse  ● no difference shown, against fcfs." in text
    words = " ".join(text.split())
    for part in ("5 replications", "adjusted by Holm for 3 rules", "every user alike"):
        assert part in words
    for part in ("Offered load", "Left out as warm-up", "Median wait by class"):
        assert part in words
    assert "…]" not in text.replace("[…]", "")


def test_the_terminal_names_what_is_left_out(tmp_path: Path) -> None:
    left = [
        *jobs(50),
        job(4, 300, None, None, 9, state="refused"),
        job(5, 300, None, None, 4, "u2"),
    ]
    study = write_study(tmp_path / "s", {"fcfs": [left], "easy": [jobs(50)]}, 4)
    text = " ".join(printed(compare(study), 100).split())
    assert "Jobs that can never fit, refused: 1 a replication." in text
    assert "Jobs unfinished when the run ended, a replication: fcfs 1, easy 0." in text
    assert "Priority kept is undefined, because the scenario names no priority classes." in text
    assert "? not comparable with fcfs: one replication alone has no interval." in text
