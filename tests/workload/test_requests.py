"""What made jobs ask for beside GPUs; without such settings nothing changes, to the bit."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from simulator.scenario.load import load
from simulator.streams import Streams
from simulator.workload.build import build
from simulator.workload.calendar import unix_time

from .made import CLASSES, made

NATIONAL = Path(__file__).parents[2] / "scenarios/national_cluster.yaml"
COLUMNS = ("job_id", "submit", "run_time", "walltime", "gpus", "user", "account", "job_class")
RECORDED = "f3e377438b2bb8b7af4bebdc6db124c8d7b76e86354b4176858653873066d4fe"
"""SHA-256 of these columns before jobs could ask for anything beside GPUs."""
ALL = {
    "slices": {"share": 0.5, "sizes": {1: 2, 3: 1}},
    "cpus_per_gpu": 14,
    "memory_per_gpu": "64GiB",
    "gpu_types": {"H200": 3, "any": 1},
    "partition": "gpu",
}


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in COLUMNS)


def test_the_jobs_of_the_national_cluster_are_those_of_old():
    scenario = load(NATIONAL).scenario
    jobs = build(
        scenario.workload,
        capacity=512,
        streams=Streams(2027, 0),
        base=Path(),
        epoch=unix_time(scenario.epoch, scenario.time_zone),
        time_zone=scenario.time_zone,
    ).jobs
    digest = hashlib.sha256()
    for name in COLUMNS:
        column = getattr(jobs, name)
        digest.update(name.encode() + column.dtype.str.encode() + column.tobytes())
    assert jobs.shape is None
    assert digest.hexdigest() == RECORDED


@pytest.fixture(scope="module")
def asked():
    return made(Streams(1, 0), requests=ALL)[0]


def test_asking_for_more_moves_no_job(asked):
    plain, _ = made(Streams(1, 0))
    assert plain.shape is None
    assert same(plain, asked)


def test_shares_are_met(asked):
    shape, single = asked.shape, asked.gpus == 1
    cut = shape.slices > 0
    assert not cut[~single].any()
    assert cut[single].mean() == pytest.approx(0.5, abs=0.02)
    assert (shape.slices[cut] == 1).mean() == pytest.approx(2 / 3, abs=0.02)
    assert set(shape.slices[cut]) == {1, 3}
    assert (shape.gpu_type == 0).mean() == pytest.approx(0.75, abs=0.02)
    assert (shape.gpu_types, shape.partitions) == (("H200",), ("gpu",))
    assert set(shape.gpu_type) == {-1, 0}
    assert set(shape.partition) == {0}


def test_shapes_are_laid_out_by_the_machine_but_for_slices(asked):
    shape = asked.shape
    cut = shape.slices > 0
    assert (shape.nodes[cut] == 1).all()
    assert (shape.gpus[cut] == 0).all()
    assert (shape.nodes[~cut] == 0).all()
    assert (shape.gpus[~cut] == asked.gpus[~cut]).all()
    assert (shape.cpus == 14 * asked.gpus).all()
    assert (shape.memory == 2**36 * asked.gpus).all()
    assert not shape.exclusive.any()


def test_classes_ask_for_themselves():
    national = CLASSES["national"] | {"requests": {"partition": "large", "cpus_per_gpu": 8}}
    jobs, _ = made(Streams(1, 0), classes=CLASSES | {"national": national})
    of_national = jobs.job_class == jobs.classes.index("national")
    assert (jobs.shape.partition == np.where(of_national, 0, -1)).all()
    assert (jobs.shape.cpus == np.where(of_national, 8 * jobs.gpus, 0)).all()


def test_one_class_s_wishes_shift_no_other_s():
    def slices(**of_national):
        requests = {"slices": {"share": 0.5, "sizes": {1: 1, 2: 1}}}
        classes = CLASSES | {"national": CLASSES["national"] | of_national}
        jobs, _ = made(Streams(1, 0), requests=requests, classes=classes)
        return jobs.shape.slices[jobs.job_class == jobs.classes.index("science")]

    assert np.array_equal(slices(), slices(requests={"gpu_types": {"H100": 1}}))
