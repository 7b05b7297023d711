"""Errors reach the process that waits for a worker as they were raised."""

from __future__ import annotations

import pickle

import pytest

from simulator.cluster.nodes.layout import ChoiceError
from simulator.errors import InputError, Place, WorkerDiedError
from simulator.rules.accounts.tree import AccountsError

PLACED = InputError("what", right="right", place=Place("file", 1, 2), others=[InputError("else")])


@pytest.mark.parametrize("error", [PLACED, InputError("alone"), WorkerDiedError("died")], ids=str)
def test_an_error_is_the_same_in_another_process(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.args) == (type(error), str(error), error.args)


@pytest.mark.parametrize("kind", [AccountsError, ChoiceError])
def test_so_are_those_that_know_more(kind: type[AccountsError | ChoiceError]) -> None:
    error = kind("what", "right", ("accounts", "one"))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.setting) == (kind, str(error), error.setting)
