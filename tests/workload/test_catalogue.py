from __future__ import annotations

import pytest

from simulator.errors import InputError
from simulator.workload.catalogue import CATALOGUE, locate


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.delenv("ADIL_SHARED", raising=False)
    monkeypatch.chdir(tmp_path)


def place(folder, name="kth_sp2"):
    path = folder / "traces" / CATALOGUE[name].file
    path.parent.mkdir(parents=True)
    path.write_text("")
    return path


def test_the_variable_wins(tmp_path, monkeypatch):
    wanted = place(tmp_path / "mine")
    place(tmp_path / "shared")
    (tmp_path / "project").mkdir()
    monkeypatch.setenv("ADIL_SHARED", str(tmp_path / "mine"))
    assert locate("kth_sp2", tmp_path / "project") == (wanted, CATALOGUE["kth_sp2"])


@pytest.mark.parametrize("base", ["project", "project/scenarios"])
def test_shared_lies_beside_the_project(base, tmp_path):
    wanted = place(tmp_path / "shared")
    (tmp_path / base).mkdir(parents=True)
    assert locate("kth_sp2", tmp_path / base)[0] == wanted


def test_a_path_is_relative_to_the_scenario(tmp_path):
    assert locate("logs/my.swf", tmp_path / "s") == (tmp_path / "s" / "logs" / "my.swf", None)
    (tmp_path / "bare").write_text("")
    assert locate("bare", tmp_path) == (tmp_path / "bare", None)


def test_an_unknown_name_gets_the_nearest(tmp_path):
    with pytest.raises(InputError, match=r"no log is named 'kth_sp3' \(did you mean 'kth_sp2'"):
        locate("kth_sp3", tmp_path)


def test_a_known_log_that_is_absent_says_what_to_set(tmp_path):
    with pytest.raises(InputError, match=r"'kth_sp2' is not here: no swf/KTH.*set ADIL_SHARED"):
        locate("kth_sp2", tmp_path)


def test_every_entry_is_there(shared, monkeypatch, tmp_path):
    monkeypatch.setenv("ADIL_SHARED", str(shared))
    for name in CATALOGUE:
        assert locate(name, tmp_path)[0].is_file()
