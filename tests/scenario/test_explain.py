"""Constraints that no model has yet still give a message with a place."""

from __future__ import annotations

import pytest

from simulator.errors import InputError, Place, nearest
from simulator.fields import ValidationError
from simulator.scenario import explain
from simulator.scenario.models import Scenario
from simulator.scenario.parse import parse

TEXT = "name: 5\nworkload: {kind: log, trace: a}\nrules: {easy: {}}\n"


def test_an_error_of_an_unknown_type_is_told_in_pydantics_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = parse(TEXT, "s.yaml")
    monkeypatch.delitem(explain._TELL, "string_type")
    with pytest.raises(ValidationError) as caught:
        Scenario.model_validate(root.plain())
    assert str(explain.explained(caught.value, root)) == (
        "s.yaml:1:7: name: 5 cannot be used (Input should be a valid string)"
    )


def test_five_things_are_listed_and_the_rest_counted() -> None:
    others = [InputError(f"fault {i}", place=Place("s.yaml", i, 1)) for i in range(2, 9)]
    error = InputError("fault 1", right="mend it", place=Place("s.yaml", 1, 1), others=others)
    lines = str(error).splitlines()
    assert lines[0] == "s.yaml:1:1: fault 1 (mend it)"
    assert lines[4:] == ["s.yaml:5:1: fault 5", "and 3 more"]
    assert str(InputError("a", others=others[:4])).count("\n") == 4


def test_the_nearest_name() -> None:
    assert nearest("esy", ["easy", "fcfs"]) == "did you mean 'easy'? known: easy, fcfs"
    assert nearest("zzz", ["easy", "fcfs"]) == "known: easy, fcfs"
    assert nearest("еasy", map(str, ["easy", *range(9)])) == (
        "did you mean 'easy'? 'е' is cyrillic small letter ie"
    )
    assert nearest("zzz", []) == ""
