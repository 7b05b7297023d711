"""Tables out of a recording's own logs once more."""

from __future__ import annotations

import gzip
import re
import shutil
from dataclasses import fields
from datetime import UTC
from functools import cache

import pytest
from pairs import some

from simulator.conformance.schedule.passes import compare_passes
from simulator.conformance.schedule.whole import why_not_whole
from simulator.slurm.logs.make import make_recording
from simulator.slurm.recording.recording import read_recording
from tests.slurm.folders import SCHEDULES, each
from tests.slurm.made import TABLES, bare, read

BY_THE_EXPERIMENTER = {"sleep_s", "submit_planned_ms"}
"""Columns that no log of Slurm's can fill."""


def near(one, other):
    return abs(float(one) - float(other)) < 0.0011


@pytest.fixture(scope="module")
def again(tmp_path_factory):
    """The tables of A, made from its logs."""
    (source,) = [folder for folder in SCHEDULES if folder.name == "A"]
    target = tmp_path_factory.mktemp("again") / "A"
    return source, target, make_recording(source, target, UTC)


@each([folder for folder in SCHEDULES if folder.name == "A"])
@pytest.mark.parametrize("table", TABLES)
def test_a_recordings_logs_give_its_tables_again(request, folder, table):
    _, target, _ = request.getfixturevalue("again")
    theirs, ours = read(folder / table), read(target / table)
    assert len(ours) == len(theirs)
    assert set(theirs[0]) - set(ours[0]) <= BY_THE_EXPERIMENTER
    apart = [
        (name, row[name], mine[name])
        for row, mine in zip(theirs, ours, strict=True)
        for name in mine
        if row[name] != mine[name]
    ]
    if table == "passes.csv":
        # The scheduler's own log says of seven passes that they went on for a millisecond.
        assert {name for name, _, _ in apart} == {"end"}
        assert len(apart) == 7
        assert all(near(row, mine) for _, row, mine in apart)
    else:
        assert apart == []


@each([folder for folder in SCHEDULES if folder.name == "A"])
def test_the_recording_read_is_the_same(request, folder):
    _, target, made = request.getfixturevalue("again")
    theirs, ours = read_recording(folder), read_recording(target)
    for field in fields(theirs):
        mine, recorded = getattr(ours, field.name), getattr(theirs, field.name)
        if field.name in ("jobs", "looked", "planned"):
            assert mine.keys() == recorded.keys()
            mine, recorded = list(mine.values()), list(recorded.values())
        if field.name in ("looked", "planned"):
            mine = [row for rows in mine for row in rows]
            recorded = [row for rows in recorded for row in rows]
        if field.name == "shown_ms":
            assert all(abs(a - b) < 100 for a, b in zip(mine, recorded, strict=True))
        elif field.name not in ("folder", "cluster"):
            assert [bare(row) for row in mine] == [bare(row) for row in recorded]
    assert made.version == "22.05.8"
    assert made.lines == 103_844
    assert [shapes.lines for shapes in made.unknown.values()] == [0, 0]
    assert made.remarks == []


IDS = re.compile(r"(?<=JobId=)\d+|(?<=[Jj]ob )\d+|^\d+(?=\|)", re.MULTILINE)
WORDS = re.compile(r"\b(u\d\d|phys|bio|batch|runa)\b|\bn(?=\d\b|\[\d)")
OTHER = {"phys": "physics-dept", "bio": "bio_lab.2", "batch": "long.q", "runa": "alatau"}


def elsewhere(text):
    """A's files as another centre with other numbers and names would have them."""
    text = IDS.sub(lambda found: str(int(found[0]) + 7_000_000), text)
    return WORDS.sub(lambda found: OTHER.get(found[0], "rack2-" + found[0].strip("n")), text)


@each([folder for folder in SCHEDULES if folder.name == "A"])
def test_other_numbers_and_names_give_the_same_tables(request, folder, tmp_path):
    """Nothing hangs on what A's jobs, nodes, users, accounts and partitions are called."""
    _, ours, _ = request.getfixturevalue("again")
    (tmp_path / "A").mkdir()
    for path in (*folder.glob("*.psv*"), *folder.glob("s*.log.gz"), *folder.glob("*.conf"),
                 *folder.glob("*s.txt"), folder / "config.txt"):  # fmt: skip
        data = path.read_bytes()
        text = gzip.decompress(data) if path.suffix == ".gz" else data
        (tmp_path / "A" / path.name.removesuffix(".gz")).write_text(elsewhere(text.decode()))
    made, named = make_recording(tmp_path / "A", tmp_path / "made", UTC), cache(elsewhere)
    assert [shapes.lines for shapes in made.unknown.values()] == [0, 0]
    for table in TABLES:
        for row, mine in zip(read(ours / table), read(tmp_path / "made" / table), strict=True):
            for name, cell in row.items():
                numbers = name in ("job_id", "jobs_started")
                cells = cell.split(" ") if name != "name" else [cell]
                told = [
                    str(int(each) + 7_000_000) if numbers and each else named(each)
                    for each in cells
                ]
                assert " ".join(told) == mine[name], (table, name)


@each([folder for folder in SCHEDULES if folder.name == "A"])
@pytest.mark.parametrize(
    "begins",
    some(
        {
            "together": ("T10:50:20.1", "T10:50:20.2"),
            "scheduler later": ("T10:44", "T10:50:20"),
            "scheduler earlier": ("T10:50:20", "T10:47"),
        },
        every=3,
    ),
)
def test_logs_that_begin_and_end_on_a_busy_cluster(folder, tmp_path, begins):
    """What runs and waits already is known by sacct and the passes: each pass is still equal."""
    controller, scheduler = begins
    shutil.copytree(folder, tmp_path / "A", copy_function=shutil.copyfile)
    for name, begin, end in (
        ("slurmctld.log", controller, "T10:56:20.1"),
        ("sched.log", scheduler, "T10:56:40"),
    ):
        path = tmp_path / "A" / f"{name}.gz"
        lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
        path.unlink()
        kept = [line for line in lines if begin <= line.partition("[2026-11-24")[2] < end]
        (tmp_path / "A" / name).write_text("".join(kept))
    made = make_recording(tmp_path / "A", tmp_path / "part", UTC)
    assert ["jobs had started before" in said for said in made.remarks] == [True]
    recording = read_recording(tmp_path / "part")
    passes = compare_passes(recording)
    assert passes.first is None
    assert (passes.main.total, passes.backfill.total) == (128, 36)
    assert why_not_whole(recording).startswith("no recorded pass started job")
