"""Files that nobody writes by mistake alone: each is refused at once, with one message."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.errors import InputError, Place
from simulator.scenario.load import load
from simulator.scenario.parse import MAX_NODES, parse

WHOLE = (Path(__file__).parent / "whole.yaml").read_text(encoding="utf-8")


def message(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    return str(caught.value).replace(f"{path.parent}{os.sep}", "")


def written(folder: Path, data: bytes) -> Path:
    path = folder / "s.yaml"
    path.write_bytes(data)
    return path


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    written(tmp_path, b"name: x")
    assert message(tmp_path / "t.yaml") == (
        "t.yaml: there is no file t.yaml (did you mean 's.yaml'? known: s.yaml)"
    )
    assert "nor is there a folder" in message(tmp_path / "no" / "t.yaml")


def test_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "studies"
    folder.mkdir()
    assert message(folder) == "studies: studies is a folder (name a scenario file in it)"


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    assert "cannot read" in message(tmp_path / "a\0b.yaml")
    assert "cannot read" in message(tmp_path / ("a" * 300))


def test_binary(tmp_path: Path) -> None:
    assert message(written(tmp_path, b"\x1f\x8b\x08\0\0")) == (
        "s.yaml: this is not text (a scenario is YAML in UTF-8)"
    )


def test_another_encoding(tmp_path: Path) -> None:
    cp1251 = "name: x\ntitle: Справедливость\n".encode("cp1251")
    assert message(written(tmp_path, cp1251)) == (
        "s.yaml:2: the byte 0xd1 is not UTF-8 (save the file as UTF-8)"
    )


def test_ten_megabytes_of_garbage(tmp_path: Path) -> None:
    assert message(written(tmp_path, random.Random(1).randbytes(10_000_000))).startswith(
        "s.yaml: s.yaml is too large for a scenario (at most 256 KiB"
    )


@pytest.mark.parametrize("opener", ["[", "{a: ", "- ", "? "])
def test_deep_nesting(opener: str, tmp_path: Path) -> None:
    assert "nested more than 50 deep" in message(written(tmp_path, (opener * 2_000).encode()))


def test_a_wide_file_is_bounded(tmp_path: Path) -> None:
    text = "a:\n" + "- 1\n" * (MAX_NODES + 1)
    assert "more than 20,000 values" in message(written(tmp_path, text.encode()))


@pytest.mark.parametrize("sign", ["!", "a ", ":", "&a ", "#"])
def test_a_line_without_end(sign: str, tmp_path: Path) -> None:
    assert message(written(tmp_path, b"name: x\n" + sign.encode() * 60_000)).startswith(
        f"s.yaml:2: a line of {60_000 * len(sign):,} letters"
    )


def test_a_billion_laughs(tmp_path: Path) -> None:
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    assert "aliases written out" in message(written(tmp_path, "\n".join(lines).encode()))


def test_a_chain_of_files_that_doubles_is_read_once_each(tmp_path: Path) -> None:
    (tmp_path / "f0.yaml").write_text(WHOLE)
    for i in range(1, 19):
        base = f"f{i - 1}.yaml"
        (tmp_path / f"f{i}.yaml").write_text(f"extends: [{base}, {base}, {base}]\n")
    assert len(load(tmp_path / "f18.yaml").files) == 19


def test_too_long_a_chain_of_files(tmp_path: Path) -> None:
    for i in range(40):
        (tmp_path / f"f{i}.yaml").write_text(f"extends: f{i + 1}.yaml\n")
    assert "more than 20 files extend one another" in message(tmp_path / "f0.yaml")


def test_a_circle_of_files_is_named(tmp_path: Path) -> None:
    for name, base in (("a", "b"), ("b", "c"), ("c", "a")):
        (tmp_path / f"{name}.yaml").write_text(f"extends: {base}.yaml\n")
    assert message(tmp_path / "a.yaml") == (
        "c.yaml:1:10: the files extend one another in a circle: a.yaml → b.yaml → c.yaml → a.yaml "
        "(take one 'extends' out)"
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks_change_nothing(
    end: str, mark: bytes, tmp_path: Path
) -> None:
    right = load(written(tmp_path, WHOLE.encode())).identity
    path = written(tmp_path, mark + WHOLE.replace("\n", end).encode())
    assert load(path).identity == right
    assert load(path).place("workload", "load") == Place(path, 15, 9)


def fault_of(read: Callable[[], object]) -> InputError | None:
    """What reading is refused with; any other error is a failure."""
    try:
        read()
    except InputError as error:
        return error
    return None


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    error = fault_of(lambda: parse(text, "any"))
    assert error is None or error.place is not None


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_damage_is_read_or_refused_with_its_place(data: st.DataObject, tmp_path: Path) -> None:
    start = data.draw(st.integers(0, len(WHOLE)))
    end = data.draw(st.integers(start, min(len(WHOLE), start + 20)))
    new = data.draw(st.text("az09 :-[]{}&*!|>'\"%@#,\n\t.~é", max_size=8))
    path = written(tmp_path, (WHOLE[:start] + new + WHOLE[end:]).encode())
    error = fault_of(lambda: load(path))
    assert error is None or error.place is not None
