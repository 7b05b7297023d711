"""Every broken scenario gives its one message, to the letter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.rules.models import Rule
from simulator.scenario.load import load
from simulator.scenario.rule_catalogue import rule_names

HERE = Path(__file__).parent
WHOLE = (HERE / "whole.yaml").read_text(encoding="utf-8")


def cases() -> list[tuple[str, str, str]]:
    """(name, text, message) of each entry of broken.txt."""
    found: list[tuple[str, str, str]] = []
    for line in (HERE / "broken.txt").read_text(encoding="utf-8").split("\n"):
        if line.startswith("    "):
            name, text, message = found.pop()
            found.append((name, text, f"{message}\n{_filled(line.strip())}".strip()))
        elif line and not line.startswith("#"):
            where, _, quoted = line.partition(" ")
            found.append((line, _text(where, json.loads(quoted)), ""))
    return found


def _filled(message: str) -> str:
    """With the settings of a rule and the named rules, which grow."""
    message = message.replace("{named rules}", ", ".join(rule_names()))
    return message.replace("{settings of a rule}", ", ".join(sorted(Rule.model_fields)))


def _text(where: str, new: str) -> str:
    if where == "file":
        return new
    lines = WHOLE.splitlines()
    lines[int(where) - 1] = new
    return "\n".join(lines) + "\n"


CASES = cases()


def test_there_are_many_and_the_whole_one_is_right(tmp_path: Path) -> None:
    assert len(CASES) >= 100
    assert all(message for _, _, message in CASES)
    (tmp_path / "scenario.yaml").write_text(WHOLE, encoding="utf-8")
    assert load(tmp_path / "scenario.yaml").scenario.name == "small"


@pytest.mark.parametrize(
    ("text", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_message(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("scenario.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load("scenario.yaml")
    assert str(caught.value) == message
