"""What extends, patches and the ways to name rules mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.scenario.load import Loaded, load

BASE = """\
name: base
cluster: {capacity: 64, maintenance: [{start: 1d, duration: 2h}, {start: 5d, duration: 2h}]}
workload:
  kind: synthetic
  duration: 7d
  load: 0.9
  classes: {open: {demand: 1, users: 5}}
rules: [fcfs, easy]
"""
LOG = "workload: {kind: log, trace: kth.swf}\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def child(folder: Path, text: str, *patches: str, name: str = "child.yaml") -> Loaded:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text if text.startswith("extends") else f"extends: base.yaml\n{text}")
    return load(path, patches)


def fault(folder: Path, text: str) -> str:
    with pytest.raises(InputError) as caught:
        child(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


def test_mappings_merge_deeply_and_scalars_replace(files: Path) -> None:
    loaded = child(files, "name: child\nworkload: {load: 1.1}\n")
    assert loaded.scenario.name == "child"
    assert loaded.scenario.workload.load == 1.1  # type: ignore[union-attr]
    assert loaded.scenario.workload.duration == 7 * 86_400  # type: ignore[union-attr]


def test_lists_replace(files: Path) -> None:
    loaded = child(files, "cluster: {maintenance: [{start: 3d, duration: 1h}]}\n")
    assert [each.start for each in loaded.scenario.cluster.maintenance] == [3 * 86_400]


def test_another_kind_replaces_the_whole(files: Path) -> None:
    loaded = child(files, LOG)
    assert loaded.scenario.workload.kind == "log"


def test_places_are_of_the_file_that_won(files: Path) -> None:
    loaded = child(files, "workload: {load: 1.1}\n")
    assert str(loaded.place("workload", "load")) == f"{files / 'child.yaml'}:2:18"
    assert str(loaded.place("workload", "duration")) == f"{files / 'base.yaml'}:5:13"


def test_what_is_wrong_in_an_extended_file_is_placed_there(files: Path) -> None:
    (files / "base.yaml").write_text(BASE.replace("0.9", "high"))
    assert fault(files, "name: child\n") == (
        "base.yaml:6:9: workload.load: a number is wanted, not 'high' (write it like 0.9)"
    )


def test_files_are_relative_to_the_one_that_names_them_and_all_are_listed(files: Path) -> None:
    loaded = child(files, "extends: ../base.yaml\nname: deep\n", name="sub/child.yaml")
    assert loaded.scenario.name == "deep"
    assert list(loaded.files) == ["child.yaml", "../base.yaml"]
    assert all(len(sha) == 64 for sha in loaded.files.values())


def test_later_files_win_over_earlier_ones(files: Path) -> None:
    (files / "a.yaml").write_text("seed: 1\nsnapshots: 6h\n")
    (files / "b.yaml").write_text("seed: 2\n")
    loaded = child(files, "extends: [base.yaml, a.yaml, b.yaml]\n")
    assert (loaded.scenario.seed, loaded.scenario.snapshots) == (2, 6 * 3600)


def test_a_trace_is_relative_to_the_file_that_names_it(files: Path) -> None:
    (files / "base.yaml").write_text("name: log\nrules: [easy]\n" + LOG)
    loaded = child(files, "extends: ../base.yaml\n", name="sub/child.yaml")
    assert loaded.base.resolve() == files.resolve()
    assert load(loaded.path, ["workload.trace=other.swf"]).base.resolve() == files / "sub"


def test_a_list_of_rules_replaces_and_a_mapping_adds(files: Path) -> None:
    assert list(child(files, "rules: [sjf]\n").scenario.rules) == ["sjf"]
    loaded = child(files, "rules: {mine: {ordering: ljf}, easy: {overrun: allow}}\n")
    rules = loaded.scenario.rules
    assert list(rules) == ["fcfs", "easy", "mine"]
    assert rules["easy"].overrun == "allow"
    assert rules["easy"].backfill.kind == "easy"
    assert rules["mine"].ordering.kind == "ljf"


def test_rules_keep_the_order_of_the_file_and_the_first_is_the_baseline(files: Path) -> None:
    loaded = child(files, "rules: [wfp3_easy, fcfs, conservative]\n")
    assert list(loaded.scenario.rules) == ["wfp3_easy", "fcfs", "conservative"]
    assert loaded.scenario.baseline == "wfp3_easy"


def test_a_rule_extends_a_named_one(files: Path) -> None:
    text = "rules: {eight: {extends: k4, backfill: {k: 8}}, none: {extends: k4, backfill: none}}\n"
    rules = child(files, text).scenario.rules
    assert rules["eight"].backfill.model_dump() == {"kind": "reservations", "k": 8}
    assert rules["none"].backfill.kind == "none"
    assert rules["eight"].title == "", "the title of another rule would be wrong"
    assert rules["fcfs"].title == "First come, first served"


def test_settings_lie_over_a_stage_given_as_a_word(files: Path) -> None:
    text = "rules: {mine: {extends: conservative, backfill: {replan: earlier}}}\n"
    rule = child(files, text).scenario.rules["mine"]
    assert rule.backfill.model_dump() == {"kind": "conservative", "replan": "earlier"}


def test_patches_apply_after_merging_in_order(files: Path) -> None:
    text = "workload: {load: 1.1}\npatches: {workload.load: 1.2, rules.fcfs.overrun: allow}\n"
    scenario = child(files, text).scenario
    assert scenario.workload.load == 1.2  # type: ignore[union-attr]
    assert scenario.rules["fcfs"].overrun == "allow"
    scenario = child(files, text, "workload.load=1.3", "workload.load=1.4").scenario
    assert scenario.workload.load == 1.4  # type: ignore[union-attr]


def test_null_removes(files: Path) -> None:
    scenario = child(files, "seed: 5\npatches: {seed: null, rules.fcfs: null}\n").scenario
    assert scenario.seed == 1
    assert list(scenario.rules) == ["easy"]
    assert child(files, "", "snapshots=null").scenario.snapshots == 86_400


def test_patches_reach_items_of_lists_names_with_dots_and_parts_left_to_defaults(
    files: Path,
) -> None:
    text = "rules: {easy.v2: easy}\n"
    patches = (
        "cluster.maintenance.1.start=6d",
        "rules.easy.v2.backfill.kind=none",
        "comparison.window=1d",
        "workload.run_time.p=0.5",
        "rules.new=sjf",
        "cluster.maintenance.0=null",
    )
    scenario = child(files, text, *patches).scenario
    assert [each.start for each in scenario.cluster.maintenance] == [6 * 86_400]
    assert scenario.rules["easy.v2"].backfill.kind == "none"
    assert scenario.comparison.window == 86_400
    assert scenario.workload.run_time.p == 0.5  # type: ignore[union-attr]
    assert scenario.rules["new"].title == "Shortest first"


def test_patches_from_python(files: Path) -> None:
    patches = {"workload.load": 1.5, "rules": ["easy"], "workload.sizes": {1: 1.0, 8: 2}}
    scenario = load(files / "base.yaml", patches).scenario
    assert scenario.workload.sizes == {1: 1.0, 8: 2.0}  # type: ignore[union-attr]
    assert list(scenario.rules) == ["easy"]


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (
            "workload.load=high",
            "--set workload.load: a number is wanted, not 'high' (write it like 0.9)",
        ),
        ("workload.laod=1", "--set workload.laod: there is no such setting (did you mean 'load'?)"),
        (
            "worklod.load=1",
            "--set worklod.load: there is no 'worklod' to change (did you mean 'workload'?)",
        ),
        (
            "rules.esy.overrun=allow",
            "--set rules.esy.overrun: there is no 'esy' to change "
            "(did you mean 'easy'? known: easy, fcfs)",
        ),
        (
            "cluster.maintenance.2.start=1d",
            "--set cluster.maintenance.2.start: there is no '2' to change "
            "(the list has items 0 to 1)",
        ),
        (
            "seed",
            "--set 'seed' gives no value "
            "(write it like --set workload.load=1.1, or =null to remove a setting)",
        ),
        (
            "seed=",
            "--set 'seed=' gives no value "
            "(write it like --set workload.load=1.1, or =null to remove a setting)",
        ),
        ("seed=[1", "--set seed:1:3: a bracket is never closed (close it)"),
        ("seed=1\x07", "--set seed:1:2: the invisible character U+0007 (take it out)"),
        ("rules.easy=esy", "--set rules.easy: no rule is named 'esy' (did you mean 'easy'?)"),
        ("name=null", "base.yaml:1:1: name: it is missing (add name: a_name)"),
    ],
)
def test_wrong_patches(patch: str, message: str, files: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(files / "base.yaml", [patch])
    assert str(caught.value).replace(f"{files}/", "") == message
