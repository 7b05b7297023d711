"""What jobs ask for on nodes: laid out, charged, refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulator.cluster.machine import machine_of
from simulator.cluster.models import Nodes
from simulator.workload.columns import Jobs, Shapes
from simulator.workload.shapes import fits_ever, held, on_nodes, shapes_for

MIXED = {
    "small": {"count": 3, "gpus": 4, "cpus": 32, "memory": "64GiB"},
    "big": {"count": 2, "gpus": 8, "slices": 7, "cpus": 128, "memory": "1TiB"},
    "cpu": {"count": 1, "cpus": 256, "memory": "2TiB"},
}
PARTITIONS = {"p": {"classes": ["small"]}, "q": {"classes": ["big", "cpu"]}}


def machine(classes=MIXED, partitions=PARTITIONS):
    settings = {"kind": "nodes", "classes": classes, "partitions": partitions}
    return machine_of(Nodes.model_validate(settings), Path())


def jobs(gpus, shape=None):
    size = np.array(gpus, np.int64)
    nobody = np.zeros(len(size), np.int32)
    rows = np.arange(len(size), dtype=np.int64)
    return Jobs(rows, rows, size, size, size, nobody, nobody, nobody, ("u",), ("a",), ("c",),
                shape=shape)  # fmt: skip


def shape(nodes=1, gpus=1, **asked):
    """The shape of one job."""
    made = Shapes.of(np.array([nodes], np.int64), np.array([gpus], np.int64))
    names = {"gpu_types": ("small", "big", "a100"), "partitions": ("p", "q", "r")}
    for name, kind in (("gpu_type", "gpu_types"), ("partition", "partitions")):
        if name in asked:
            asked[name] = names[kind].index(asked[name])
    columns = {name: np.array([value], getattr(made, name).dtype) for name, value in asked.items()}
    return replace(made, **columns, **names)


def test_a_job_that_a_node_can_hold_stays_on_one():
    laid = shapes_for(jobs([1, 4, 5, 8]), machine())
    assert laid.nodes.tolist() == [1, 1, 1, 1]
    assert laid.gpus.tolist() == [1, 4, 5, 8]


def test_a_larger_one_takes_whole_nodes_of_the_first_class_that_can():
    # 9 → 3 × 4 of small; 13 → 4 × 4 are more than there are, so 2 × 8 of big
    laid = shapes_for(jobs([9, 12, 13, 16]), machine())
    assert laid.nodes.tolist() == [3, 3, 2, 2]
    assert laid.gpus.tolist() == [4, 4, 8, 8]
    swapped = {name: MIXED[name] for name in ("big", "small")}
    first_big = shapes_for(jobs([9]), machine(swapped, {}))
    assert (first_big.nodes.tolist(), first_big.gpus.tolist()) == ([2], [8])


def test_one_that_no_class_can_hold_is_laid_out_and_refused():
    laid = shapes_for(jobs([17]), machine())
    assert (laid.nodes.tolist(), laid.gpus.tolist()) == ([5], [4])
    assert fits_ever(laid, machine()).fits.tolist() == [True]  # small and big nodes together
    laid = shapes_for(jobs([21]), machine())
    refusals = fits_ever(laid, machine())
    assert refusals.reasons == ("asks for 6 nodes of 4 GPUs; only 5 can serve it",)
    assert refusals.reason.tolist() == [0]


def test_a_job_is_charged_for_what_it_holds_and_that_is_told():
    plain = machine({"n": {"count": 4, "gpus": 8}}, {})
    settled, steps = on_nodes(jobs([3, 8, 9, 16, 20]), plain)
    assert settled.gpus.tolist() == [3, 8, 16, 16, 24]
    assert [(step.name, step.count) for step in steps] == [
        ("spread_over_nodes", 3), ("charged_as_held", 2),
    ]  # fmt: skip
    assert settled.shape is not None
    _, steps = on_nodes(jobs([1]), plain)
    assert steps == ()


def test_units_are_the_finest_slices():
    mixed = machine()
    assert mixed.slices == 7
    assert on_nodes(jobs([3]), mixed)[0].gpus.tolist() == [21]
    two = {"a": {"count": 1, "gpus": 1, "slices": 2}, "b": {"count": 1, "gpus": 1, "slices": 3}}
    units = machine(two, {})
    assert units.slices == 6
    one = shapes_for(jobs([1], shape(gpus=0, slices=1)), units)
    assert held(one, units).tolist() == [2]  # a third of a GPU of class b, less than half of a's
    three = shapes_for(jobs([1], shape(gpus=0, slices=3)), units)
    assert held(three, units).tolist() == [6]  # all of a GPU of class b


def test_an_exclusive_job_holds_its_nodes():
    mixed = machine()
    alone = shapes_for(jobs([1], shape(nodes=2, gpus=1, exclusive=True)), mixed)
    assert held(alone, mixed).tolist() == [2 * 4 * 7]
    of_big = shapes_for(jobs([1], shape(gpus=1, exclusive=True, partition="q")), mixed)
    assert held(of_big, mixed).tolist() == [8 * 7]


def test_what_is_asked_for_as_a_whole_is_spread_evenly():
    asked = shape(nodes=0, gpus=9, cpus=40, memory=3 * 2**30 + 1)
    laid = shapes_for(jobs([9], asked), machine())
    assert (laid.nodes.tolist(), laid.gpus.tolist()) == ([3], [4])
    assert (laid.cpus.tolist(), laid.memory.tolist()) == ([14], [2**30 + 1])


def test_names_are_brought_to_the_machine_s_codes():
    both = Shapes.of(np.ones(3, np.int64), np.ones(3, np.int64))
    codes = np.array([0, 1, -1], np.int32)
    both = replace(both, gpu_type=codes, gpu_types=("big", "small"), partition=codes,
                   partitions=("q", "p"))  # fmt: skip
    laid = shapes_for(jobs([1, 1, 1], both), machine())
    assert laid.gpu_types == ("small", "big")
    assert laid.gpu_type.tolist() == [1, 0, -1]
    assert laid.partition.tolist() == [1, 0, -1]


REFUSED = {
    "gpus": (shape(gpus=9), "asks for 9 GPUs on one node; no node has more than 8"),
    "gpus in p": (
        shape(gpus=5, partition="p"),
        "asks for 5 GPUs on one node; no node in partition p has more than 4",
    ),
    "type": (shape(gpu_type="a100"), "asks for GPUs of type a100; no node has any"),
    "type in p": (
        shape(gpu_type="big", partition="p"),
        "asks for GPUs of type big; no node in partition p has any",
    ),
    "gpus of a type": (
        shape(gpus=5, gpu_type="small"),
        "asks for 5 GPUs on one node; no node of type small has more than 4",
    ),
    "partition": (
        shape(partition="r"),
        "asks for the partition r, which the machine does not have",
    ),
    "slices": (
        shape(gpus=0, slices=8),
        "asks for 8 slices of one GPU; no node has more than 7",
    ),
    "slices in p": (
        shape(gpus=0, slices=2, partition="p"),
        "asks for 2 slices of one GPU; no node in partition p has more than 1",
    ),
    "cpus": (shape(gpus=0, cpus=257), "asks for 257 CPUs on one node; no node has more than 256"),
    "cpus beside GPUs": (
        shape(gpus=1, cpus=200),
        "asks for 200 CPUs on one node; no node has more than 128",
    ),
    "memory": (
        shape(gpus=4, memory=2**40 + 2**30),
        "asks for 1,025 GiB on one node; no node has more than 1,024 GiB",
    ),
    "nodes": (
        shape(nodes=3, gpus=8),
        "asks for 3 nodes of 8 GPUs; only 2 can serve it",
    ),
    "nodes of a partition": (
        shape(nodes=4, gpus=0, partition="p"),
        "asks for 4 nodes; only 3 in partition p can serve it",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_shape_that_can_never_fit_is_refused_with_its_reason(case):
    asked, reason = REFUSED[case]
    refusals = fits_ever(shapes_for(jobs([1], asked), machine()), machine())
    assert refusals.fits.tolist() == [False]
    assert refusals.reasons == (reason,)


def test_what_fits_barely_is_not_refused():
    for asked in (
        shape(gpus=8), shape(gpus=0, slices=7), shape(gpus=0, cpus=256), shape(nodes=6, gpus=0),
        shape(nodes=2, gpus=8, cpus=128, memory=2**40, partition="q", gpu_type="big"),
        shape(nodes=5, gpus=4, exclusive=True),
    ):  # fmt: skip
        assert fits_ever(shapes_for(jobs([1], asked), machine()), machine()).fits.all()


def test_jobs_of_one_reason_share_its_text():
    laid = shapes_for(
        jobs([1] * 5, Shapes.of(np.ones(5, np.int64), np.array([9, 1, 9, 10, 8]))), machine()
    )
    refusals = fits_ever(laid, machine())
    assert refusals.reason.tolist() == [0, -1, 0, 1, -1]
    assert refusals.reasons == (
        "asks for 9 GPUs on one node; no node has more than 8",
        "asks for 10 GPUs on one node; no node has more than 8",
    )


def test_shapes_go_with_their_jobs():
    gpus = np.array([4, 5, 6], np.int64)
    some = jobs([4, 5, 6], Shapes.of(np.ones(3, np.int64), gpus))
    assert some.take(np.array([2, 0])).shape.gpus.tolist() == [6, 4]
    late = replace(some, submit=np.array([9, 3, 6])).ordered()
    assert late.shape.gpus.tolist() == [5, 6, 4]
    assert jobs([1]).take(np.array([0])).shape is None


def test_no_jobs_are_no_trouble():
    laid = shapes_for(jobs([]), machine())
    assert len(laid) == 0
    assert fits_ever(laid, machine()).reasons == ()
