"""The commands that speak of a real Slurm."""

from __future__ import annotations

from functools import cache

import pytest

from simulator.conformance.schedule import check
from tests.slurm.centre import ZONE, write_centre
from tests.slurm.folders import SCHEDULES, SNAPSHOTS, each

PENDING = [folder for folder in SNAPSHOTS if folder.name == "04-pending-hl7d"]
STARTS = [folder for folder in SCHEDULES if folder.name == "B-start"]
WHOLE = [folder for folder in SCHEDULES if folder.name == "A"]
CONF = "ClusterName=c\nNodeName=n[1-2] CPUs=8 RealMemory=1000 Gres=gpu:4\n"


@pytest.fixture
def conf(tmp_path):
    path = tmp_path / "slurm.conf"
    path.write_text(CONF)
    return path


@each(SNAPSHOTS)
def test_the_rule_of_each_snapshot_can_be_checked(adil, folder, tmp_path):
    path = tmp_path / "cluster.yaml"
    tables = ("--assoc", folder / "assoc.psv", "--qos", folder / "qos.psv")
    made = adil("rules", "from-slurm", folder / "slurm.conf", *tables, "--out", path)
    assert (made.code, made.out) == (0, "")
    assert "Settings that this scenario cannot express:" in made.err
    assert "14 users" in adil("check", path).out


def test_a_scenario_on_standard_output(adil, conf, tmp_path):
    made = adil("rules", "from-slurm", conf)
    assert made.code == 0
    path = tmp_path / "made.yaml"
    path.write_text(made.out)
    assert adil("check", path).code == 0


def test_a_log_is_named_as_the_scenario_sees_it(adil, conf, log, monkeypatch):
    """From another folder than that of the scenario, which is beside its log."""
    monkeypatch.chdir(log.parent.parent)
    folder = log.parent.name
    where = ("--workload", f"{folder}/{log.name}", "--out", f"{folder}/made.yaml")
    assert adil("rules", "from-slurm", conf, *where).code == 0
    assert f"trace: {log.name}\n" in (log.parent / "made.yaml").read_text()
    assert adil("check", f"{folder}/made.yaml").code == 0


def test_bad_input_ends_with_the_line_and_the_remedy(refused, conf, tmp_path):
    conf.write_text(CONF + "PriorityType=priority/lottery\n")
    target = tmp_path / "cluster.yaml"
    message = refused("rules", "from-slurm", conf, "--out", target)
    assert message.startswith(f"{conf}:3:1: PriorityType: the plugin 'priority/lottery'")
    assert "known: priority/multifactor" in message
    assert not target.exists()
    assert "there is no file" in refused("rules", "from-slurm", tmp_path / "lost.conf")
    conf.write_text(CONF)
    nowhere = tmp_path / "a" / "b"
    assert "cannot be written" in refused("rules", "from-slurm", conf, "--out", nowhere)


@each(SNAPSHOTS)
def test_a_snapshot_is_named_beside_what_it_tells(adil, folder):
    """The first column may have nothing to compare: LevelFS without Fair Tree."""
    named = [line for line in adil("conformance", "shares", folder).out.splitlines()
             if line.startswith(folder.name)]  # fmt: skip
    assert len(named) == 1


@each(PENDING)
def test_shares_are_compared(adil, folder):
    ended = adil("conformance", "shares", folder)
    assert ended.code == 0
    assert "0 columns that differ" in ended.out
    told = adil("conformance", "shares", folder, "--json").json
    assert told["agrees"] is True
    assert told["snapshots"][folder.name]["priority"] == {
        "compared": 12,
        "largest": 0.0,
        "allowed": 0.0,
        "agrees": True,
        "where": "",
    }


@each(STARTS)
def test_passes_are_compared(adil, folder):
    told = adil("conformance", "slurm", folder, "--json")
    assert told.code == 0
    counts = ["main_passes", "backfill_passes", "starts", "plans", "priorities"]
    assert list(told.json) == [*counts, "whole_run"]
    assert told.json["whole_run"] is None
    assert told.json["plans"] == {"equal": 857, "total": 857}
    shown = adil("conformance", "slurm", folder).out
    assert "857 of 857 equal" in shown
    assert "Each pass starts and plans the same jobs" in shown
    assert "The whole run is not made: the recording stops in the middle" in shown


@each(WHOLE)
def test_a_whole_recording_is_run_and_drawn(adil, folder, tmp_path, monkeypatch):
    once = cache(check.check_schedule)
    monkeypatch.setattr(check, "check_schedule", once)
    words = "conformance", "slurm", folder, "--seeds", "3"
    told = adil(*words, "--json")
    assert told.json["whole_run"]["within_1s"] == {"equal": 390, "total": 390}
    assert told.json["whole_run"]["same_nodes"] == {"equal": 390, "total": 390}
    assert told.json["band"]["seeds"] == 3
    shown = adil(*words, "--picture", tmp_path / "whole").out
    assert once.cache_info().hits == 1
    assert "390 of 390 within 1 s" in shown
    assert (tmp_path / "whole.svg").is_file()
    assert (tmp_path / "whole.png").is_file()


@each(STARTS)
def test_a_part_of_a_recording_is_neither_run_nor_drawn(refused, folder, tmp_path):
    says = "the recording stops in the middle"
    assert says in refused("conformance", "slurm", folder, "--seeds", "3")
    assert says in refused("conformance", "slurm", folder, "--picture", tmp_path / "whole")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_no_recording(refused, tmp_path):
    assert "there is no folder" in refused("conformance", "slurm", tmp_path / "none")
    assert "slurm.conf" in refused("conformance", "slurm", tmp_path)


def test_a_centres_logs_become_a_recording(adil, tmp_path):
    centre, target = write_centre(tmp_path / "centre"), tmp_path / "made"
    told = adil("trace", "from-slurm-log", centre, target, "--time-zone", ZONE)
    assert told.code == 0, told.err
    assert "22.05.8" in told.out
    assert "Lines that are not known: 2, of 1 shapes" in told.out
    assert "2  slurmctld.log:30  the flux of # is #" in told.out
    assert f"adil conformance slurm {target}" in told.out
    compared = adil("conformance", "slurm", target)
    assert compared.code == 0, compared.err
    assert "job 1004 was cancelled while it ran" in compared.out


def test_all_shapes_of_lines_are_shown_if_asked_for(adil, tmp_path):
    centre = write_centre(tmp_path / "centre")
    log = centre / "slurmctld.log"
    odd = [f"[2026-03-02T10:02:00.000] {'x' * count} happened\n" for count in range(1, 15)]
    log.write_text(log.read_text() + "".join(odd))
    words = ("trace", "from-slurm-log", centre)
    few = adil(*words, tmp_path / "few", "--time-zone", ZONE).out
    every = adil(*words, tmp_path / "every", "--time-zone", ZONE, "--all-lines").out
    assert "of 15 shapes" in few
    assert (few.count("happened"), every.count("happened")) == (9, 14)


def test_logs_that_cannot_be_read_end_with_the_line(refused, tmp_path):
    centre, target = write_centre(tmp_path / "centre"), tmp_path / "made"
    log = centre / "slurmctld.log"
    log.write_text(log.read_text()[:-5])
    words = ("trace", "from-slurm-log", centre, target, "--time-zone")
    lines = len(log.read_text().splitlines())
    assert refused(*words, ZONE).startswith(f"{log}:{lines}: the log is cut in this line")
    assert "'Mars' is not known" in refused(*words, "Mars")
    assert not target.exists()
