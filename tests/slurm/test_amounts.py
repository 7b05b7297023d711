"""Times, memory and weights as slurm.conf(5) and sacctmgr(1) define them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from simulator.errors import InputError
from simulator.slurm.amounts import memory, minutes, resources, seconds, weights, whole
from simulator.slurm.hostlist import expand, expand_list


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 300),
        ("1:30", 90),
        ("30:00", 1800),
        ("1:00:00", 3600),
        ("7-0", 604_800),
        ("1-12", 129_600),
        ("1-12:30", 131_400),
        ("1-00:00:01", 86_401),
        ("INFINITE", None),
        ("UNLIMITED", None),
    ],
)
def test_a_bare_number_is_minutes(text, expected):
    assert minutes(text) == expected


def test_where_a_bare_number_is_seconds():
    assert seconds("90") == 90
    assert seconds("00:01:00") == 60


@pytest.mark.parametrize("text", ["", "x", "1:2:3:4", "1-", "-5", "1e3", "٣", "1:"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(InputError, match="no time"):
        minutes(text)


def test_memory_is_in_mib():
    assert memory("64G") == 65_536
    assert memory("60000M") == 60_000
    assert memory("2000") == 2000
    assert memory("0.5T") == 524_288
    assert memory("512K") == Fraction(1, 2)


def test_a_weight_of_memory_is_for_its_unit():
    found = weights("CPU=1.0,Mem=0.25G,GRES/gpu=16.0")
    assert found == {"cpu": 1, "mem": Fraction(1, 4096), "gres/gpu": 16}
    # 64 GiB weigh 16 at 0.25 a GiB.
    assert found["mem"] * memory("64G") == 16


def test_a_weight_of_nothing_but_memory_has_a_unit():
    with pytest.raises(InputError, match="has a unit"):
        weights("CPU=1G")


def test_resources_are_read():
    assert resources("billing=42,cpu=8,gres/gpu=2,mem=8G,node=1") == {
        "billing": 42,
        "cpu": 8,
        "gres/gpu": 2,
        "mem": 8192,
        "node": 1,
    }


@pytest.mark.parametrize("text", ["cpu", "cpu=", "=4", "cpu=x", "mem=4Q", "cpu=1,,mem=2"])
def test_broken_resources_are_refused(text):
    with pytest.raises(InputError):
        resources(text)


@pytest.mark.parametrize("text", ["-1", "1.5", "9" * 30, "", "٣"])
def test_what_is_no_whole_number_is_refused(text):
    with pytest.raises(InputError, match="cannot be used"):
        whole(text)


def test_host_lists():
    assert expand("n[1-3]", 10) == ["n1", "n2", "n3"]
    assert expand("n[08-10]x", 10) == ["n08x", "n09x", "n10x"]
    assert expand("r[0-1]n[1,3]", 10) == ["r0n1", "r0n3", "r1n1", "r1n3"]
    assert expand_list("a1,b[2-3,5],c", 10) == ["a1", "b2", "b3", "b5", "c"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no nodes"),
        ("n[1-3", "names no nodes"),
        ("n[3-1]", "backwards"),
        ("n[x]", "no range"),
        ("n[1-999999999]", "too many"),
        ("a[1-9]b[1-9]", "too many"),
        ("a,,b", "names no nodes"),
    ],
)
def test_broken_host_lists_are_refused(text, said):
    with pytest.raises(InputError, match=said):
        expand_list(text, 50)
