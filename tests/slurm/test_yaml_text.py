"""What is written as YAML is read as the same."""

from __future__ import annotations

import pytest

from simulator.scenario.from_slurm.yaml_text import Said, yaml_lines
from simulator.scenario.parse import parse


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1, "b": 0.25, "c": "7d", "d": "12min"},
        {"yes": "no", "null": "on", "0123": "1.5", "a b": "c: d", "#": "# x", "n": "~"},
        {"Қазақ": "ұлттық", "quote": 'say "so"', "back": "a\\b", "dash": "- x", "100": "35%"},
        {"deep": {"er": {"est": {"x": [1, "n[1-4]", "a,b"], "y": {"z": "w"}}}}, "empty": {}},
        {"long": {f"user{number}": number for number in range(40)}},
    ],
)
def test_texts_come_back(value):
    text = "\n".join(yaml_lines({"outer": {"inner": value}}))
    assert parse(text, "x").plain() == {"outer": {"inner": value}}


def test_comments_stand_above_what_they_are_about():
    said = Said({"b": Said(1, "one\ntwo")}, "outer")
    assert list(yaml_lines({"a": said})) == ["# outer", "a:", "  # one", "  # two", "  b: 1"]
