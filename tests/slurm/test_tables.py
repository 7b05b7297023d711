"""Tables of Slurm's commands: what is read, and what is refused with its line and the remedy."""

from __future__ import annotations

import math

import pytest

from simulator.errors import InputError
from simulator.slurm.associations import read_associations
from simulator.slurm.jobs import SACCT, read_sacct, read_squeue
from simulator.slurm.machine import read_shown_partitions
from simulator.slurm.priorities import read_priorities
from simulator.slurm.qos import read_qos
from simulator.slurm.shares import read_shares
from tests.slurm.folders import SCHEDULES, SNAPSHOTS, each

ASSOC = """Cluster|Account|ParentName|User|Share|LFT|RGT
c|root|||1|1|10
c|root||root|1|8|9
c|b|root||2|2|3
c|a|root||parent|4|7
c|a||u|3|5|6
"""


@pytest.fixture
def table(tmp_path):
    def write(text, name="table.psv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refused(read, path, line, said, right):
    with pytest.raises(InputError) as caught:
        read(path)
    error = caught.value
    assert error.place
    assert (error.place.file, error.place.line) == (path, line), error
    assert said in error.what, error
    assert right in (error.right or ""), error


@each(SNAPSHOTS)
def test_snapshots_are_read(folder):
    tree = list(read_associations(folder / "assoc.psv", "oracle").walk())
    shares = read_shares(folder / "sshare.psv")
    assert {(one.account, one.user) for one in tree} == {
        (one.account, one.user) for one in shares[1:]
    }
    top = [one.called for one in tree if one.parent == "root"]
    assert top == ["university", "startup", "national", "root in root"], "by ascending LFT"
    assert list(read_qos(folder / "qos.psv")) == ["normal", "high", "scav"]
    waiting = {one.job for one in read_squeue(folder / "squeue.psv") if one.state == "PD"}
    assert {one.job for one in read_priorities(folder / "sprio.psv")} == waiting
    assert waiting <= {one.job for one in read_sacct(folder / "sacct.psv", SACCT)}
    batch, debug = read_shown_partitions(folder / "partitions.txt")
    assert (batch.name, batch.max_time, batch.job_factor) == ("batch", None, 10)
    assert (debug.name, debug.max_time, debug.job_factor) == ("debug", 1800, 100)


@each([folder for folder in SCHEDULES if (folder / "sacct.psv.gz").exists()])
def test_a_table_of_sacct_with_names_and_local_times(folder):
    jobs = read_sacct(folder / "sacct.psv.gz")
    assert len(jobs) == 390
    assert (jobs[0].submit, jobs[0].start, jobs[0].limit) == (1795516505, 1795516506, 120)
    assert jobs[0].held["mem"] == 60_000


def test_siblings_stand_by_ascending_lft(table):
    tree = read_associations(table(ASSOC), "c")
    assert [(one.account, one.user, one.share) for one in tree.walk()] == [
        ("b", "", 2),
        ("a", "", None),
        ("a", "u", 3),
        ("root", "root", 1),
    ]


def test_without_lft_as_written(table):
    text = "\n".join("|".join(line.split("|")[:5]) for line in ASSOC.splitlines())
    tree = read_associations(table(text), "c")
    assert [one.called for one in tree.walk()] == ["root in root", "b", "a", "u in a"]


@pytest.mark.parametrize(
    ("change", "line", "said", "right"),
    [
        (("c|b|root||2|2|3\n", "c|b|root||2\n"), 4, "5 fields, not 7", "print it again"),
        (("3|5|6\n", "3|5"), 6, "cut in the middle", "print it again"),
        (("|Share|", "|Shares|"), 1, "'Shares' is not known", "'Share'"),
        (("ParentName|", "ID|"), 1, "'ParentName' is missing", "sacctmgr show assoc"),
        (("|RGT", "|LFT"), 1, "'LFT' stands there twice", "sacctmgr"),
        (("c|a|root|", "c|a|c1|"), 5, "a hangs on the account 'c1'", "whole"),
        (("c|b|root||2", "c|b|b||2"), 4, "'b' hangs on itself: b → b", "another account"),
        (("c|a||u|3", "c|a|||3"), 6, "'a' stands there twice", "take one out"),
        (("c|a||u|3", "c|d||u|3"), 6, "u in d hangs on the account 'd'", "whole"),
        (("||2|2", "||two|2"), 4, "Share: 'two' cannot be used", "whole number"),
        (("||2|2", "||-2|2"), 4, "Share: '-2' cannot be used", "whole number"),
        (("c|root|||1|1|10\n", ""), None, "no root", "whole"),
    ],
)
def test_broken_trees_are_refused(table, change, line, said, right):
    text = ASSOC.replace(*change)
    assert text != ASSOC
    refused(lambda path: read_associations(path, "c"), table(text), line, said, right)


def test_a_cycle_of_several_accounts_is_told_whole(table):
    text = ASSOC.replace("c|b|root|", "c|b|a|").replace("c|a|root|", "c|a|b|")
    refused(lambda p: read_associations(p, "c"), table(text), 4, "b → a → b", "another")


def test_a_tree_of_another_cluster_is_refused(table):
    refused(lambda p: read_associations(p, "d"), table(ASSOC), None, "'d'", "same cluster")


@pytest.mark.parametrize(
    "text", [b"\x7fELF\x02\0\0", bytes(range(128, 256)), b"", b"a,b,c\n1,2,3\n", b"\xff\xfe|"]
)
@pytest.mark.parametrize(
    "read",
    [
        lambda path: read_associations(path, "c"),
        read_qos,
        read_shares,
        read_sacct,
        read_shown_partitions,
    ],
)
def test_what_is_no_table_is_refused(table, text, read):
    path = table(text)
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.place
    assert caught.value.place.file == path


def test_a_quality_that_stands_there_twice_is_refused(table):
    text = "Name|Priority|UsageFactor\na|1|1.0\na|2|1.0\n"
    refused(read_qos, table(text), 3, "'a' stands there twice", "sacctmgr show qos")


def test_limits_of_a_quality_are_kept_by_name(table):
    text = "Name|Priority|UsageFactor|MaxWall|Preempt|GraceTime\na|1|0.5|1-0||00:02:00\nb|0|1||a|\n"
    found = read_qos(table(text))
    assert found["a"].limits == {"MaxWall": "1-0"}
    assert (found["a"].usage_factor, found["a"].grace) == (0.5, 120)
    assert found["b"].preempts == ("a",)


def test_shares_may_be_nothing_or_infinite(table):
    text = (
        "Account|User|RawShares|NormShares|RawUsage|NormUsage|EffectvUsage|FairShare|LevelFS\n"
        "root|||0.0|0||1.0||\n a|u|parent|1.0|7|1.0|1.0|0.5|inf\n"
    )
    root, user = read_shares(table(text))
    assert math.isnan(root.fair_share)
    assert (user.depth, user.user, user.raw_usage) == (1, "u", 7)
    assert math.isinf(user.level_fs)
