"""Machines by name, against what is published of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.cluster.machine import machine_of
from simulator.cluster.models import Nodes
from simulator.scenario.machine_presets import preset_names, preset_settings

# nodes, GPUs, GPU types, nodes on the first leaf
SIZES = {
    "national": (64, 512, ("H200",), 8),
    "dgx_pod": (32, 256, ("H100",), 32),
    "mixed": (48, 256, ("H100", "A100"), 8),
    "thetagpu": (24, 192, ("A100",), 24),
}


def test_every_preset_is_tried_here():
    assert set(preset_names()) == {*SIZES, "openb"}


@pytest.mark.parametrize("name", SIZES)
def test_it_has_its_published_size(name):
    machine = machine_of(Nodes.model_validate(preset_settings(name)), Path())
    on_first_leaf = int((machine.leaf == 0).sum())
    assert (len(machine), int(machine.gpus.sum()), machine.gpu_types, on_first_leaf) == SIZES[name]
    assert (machine.busy_watts > machine.idle_watts).all()


def test_openb_is_read_from_its_list(shared, tmp_path, monkeypatch):
    monkeypatch.setenv("ADIL_SHARED", str(shared))
    machine = machine_of(Nodes.model_validate(preset_settings("openb")), tmp_path)
    assert (len(machine), int((machine.gpus > 0).sum()), int(machine.gpus.sum())) == (
        1523,
        1213,
        6212,
    )
    of_type = {
        name: (
            int((machine.gpu_type == code).sum()),
            int(machine.gpus[machine.gpu_type == code].sum()),
        )
        for code, name in enumerate(machine.gpu_types)
    }
    assert of_type == {
        "A10": (2, 2), "G2": (549, 4392), "G3": (39, 312), "P100": (134, 265), "T4": (404, 842),
        "V100M16": (55, 195), "V100M32": (30, 204),
    }  # fmt: skip
    assert len(machine.classes) == 27


@pytest.mark.parametrize("name", ["national", "mixed", "dgx_pod", "thetagpu"])
def test_what_is_not_published_is_marked(name):
    path = Path(__file__).parents[2] / "simulator/cluster/presets" / f"{name}.yaml"
    assert "ASSUMPTION" in path.read_text(encoding="utf-8")
