"""Shares and priorities of snapshots of a real Slurm; tables that were tampered with."""

from __future__ import annotations

import shutil

import pytest

from simulator.conformance.shares import compare
from simulator.conformance.snapshot import snapshots
from simulator.errors import InputError
from tests.slurm.folders import SHARED, SNAPSHOTS, each

PENDING = [folder for folder in SNAPSHOTS if folder.name == "04-pending-hl7d"]


@pytest.fixture
def copy(tmp_path):
    """A snapshot to be changed, and a way to change one of its files."""

    def change(folder, name="", before="", after=""):
        target = tmp_path / folder.name
        if not target.exists():
            shutil.copytree(folder, target)
            target.chmod(0o755)
        if name:
            path = target / name
            path.chmod(0o644)
            text = path.read_text()
            assert before in text
            path.write_text(text.replace(before, after, 1))
        return target

    return change


@each(SNAPSHOTS)
def test_snapshots_agree(folder):
    columns = {column.name: column for column in compare(folder).columns}
    waiting = len((folder / "sprio.psv").read_text().splitlines())
    classic = "NO_FAIR_TREE" in (folder / "slurm.conf").read_text()
    assert columns["LevelFS"].compared == (0 if classic else 25)
    assert columns["FairShare"].compared == (27 if classic else 16)
    assert columns["LevelFS"].largest <= 2e-4
    assert columns["FairShare"].largest <= (1e-6 if classic else 0)
    for name in ("age", "job size", "partition", "QOS", "association", "fair-share"):
        assert columns[name].compared == waiting
        assert columns[name].largest <= 1e-6, name
    for name in ("age", "fair-share", "job size", "partition", "QOS"):
        assert columns[f"{name} term"].compared == waiting
        assert columns[f"{name} term"].largest < 0.52, name
    for name in ("TRES cpu", "TRES mem", "TRES gres/gpu"):
        assert columns[name].compared == waiting
        assert columns[name].largest < 0.52, name
    assert columns["priority"].compared == waiting
    assert columns["priority"].largest == 0


@each(PENDING)
@pytest.mark.parametrize(
    ("name", "before", "after", "column", "by", "where"),
    [
        ("sprio.psv", "|94483|", "|94484|", "priority", 1, "29"),
        ("sprio.psv", "|0.3867188|", "|0.3877188|", "job size", 1e-3, "29"),
        ("sprio.psv", "|193|0.3867188", "|195|0.3867188", "job size term", 1.6406, "29"),
        ("sprio.psv", "|93750|0.9375", "|93752|0.9375", "fair-share term", 2, "29"),
        ("sprio.psv", "|0|cpu=27,mem=13", "|7|cpu=27,mem=13", "priority", 7, "29"),
        ("sprio.psv", "gres/gpu=75", "gres/gpu=77", "TRES gres/gpu", 2, "30"),
        ("sshare.psv", "|0.812500|1.000000", "|0.750000|1.000000", "FairShare", 0.0625, "fs_erin"),
        ("sshare.psv", "|1.160180|", "|2.320360|", "LevelFS", 0.5, "fs_carol"),
        ("slurm.conf", "PriorityWeightQOS=3000", "PriorityWeightQOS=9000", "priority", 6000, "33"),
        ("assoc.psv", "|fs_bob|2|", "|fs_bob|8|", "LevelFS", 2 / 3, "fs_alice"),
    ],
)
def test_what_differs_is_found(folder, copy, name, before, after, column, by, where):
    found = compare(copy(folder, name, before, after))
    wrong = {each.name: each for each in found.columns if not each.agrees}
    assert not found.agrees
    assert wrong[column].largest == pytest.approx(by, rel=1e-3)
    assert wrong[column].where == where


@each(PENDING)
@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("sacct.psv", "\n29|", "\n129|", "sacct does not know the job 29"),
        ("sacct.psv", "billing=86,cpu=70,", "billing=86,cpu=71,", "asks for cpu=71 on 2 nodes"),
        ("sshare.psv", "root|||0.000000", " root|||0.000000", "does not begin with the root"),
        ("sshare.psv", "|uni_x||10|", "|uni_x||", "fields"),
        ("sshare.psv", "nat_c|fs_erin", "nat_c|fs_eri", "'national/nat_c/fs_eri', which the assoc"),
        ("assoc.psv", "||fs_dave|", "||fs_david|", "users that are not in the tree: fs_dave"),
        ("qos.psv", "high|100", "low|100", "quality of service 'high', which the rule does not"),
        ("slurm.conf", "priority/multifactor", "priority/basic", "no factors to compare"),
    ],
)
def test_tables_that_do_not_go_together_are_refused(folder, copy, name, before, after, said):
    if before.startswith("|uni_x"):
        before, after = "  uni_x||10|", "  uni_x||"
    with pytest.raises(InputError, match=said) as caught:
        compare(copy(folder, name, before, after))
    assert caught.value.place


@each(PENDING)
@pytest.mark.parametrize("name", ["assoc.psv", "qos.psv", "sshare.psv", "sprio.psv", "sacct.psv"])
def test_a_missing_table_is_told_with_the_command_that_makes_it(folder, copy, name):
    target = copy(folder)
    (target / name).unlink()
    with pytest.raises(InputError, match=f"has no {name}") as caught:
        compare(target)
    assert caught.value.right


@each(SNAPSHOTS[:1])
def test_a_folder_of_snapshots_is_all_of_them(folder):
    assert snapshots(SHARED / "slurm") == SNAPSHOTS
    assert snapshots(folder) == [folder]


def test_no_folder(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        snapshots(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"has no slurm\.conf"):
        compare(snapshots(tmp_path)[0])
