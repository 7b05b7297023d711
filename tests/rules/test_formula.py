"""Formulas: what may stand there, what is refused and where, and what comes out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st
from pairs import tried

from simulator.errors import InputError
from simulator.fields import ValidationError
from simulator.rules.formula.bounds import check
from simulator.rules.formula.names import FUNCTIONS, VARIABLES
from simulator.rules.formula.parse import parse
from simulator.rules.formula.plain import worked_out
from simulator.rules.models import Rule
from simulator.rules.ordering import formula_kernel
from simulator.scenario.load import load


def _rule(expression: str, **more: Any) -> Rule:
    ordering = {"kind": "formula", "expression": expression, **more}
    return Rule.model_validate({"ordering": ordering})


def _worth(expression: str, **variables: float) -> float:
    known = {name: np.array([float(value)]) for name, value in variables.items()}
    return float(np.broadcast_to(worked_out(parse(expression), known), 1)[0])


@pytest.mark.parametrize(
    ("expression", "worth"),
    [
        ("(wait / max(walltime, 1)) ** 3 * gpus", 1.0),
        ("gpus if wait > 1800 else -gpus", 8.0),
        ("1 < gpus <= 8", 1.0),
        ("not gpus", 0.0),
        ("gpus == 8 and wait != 3600", 0.0),
        ("gpus == 9 or wait", 1.0),
        ("min(gpus, 3, 2) - max(1, 2, 5)", -3.0),
        ("- gpus - -3", -5.0),
        ("2 ** 3 ** 2", 512.0),
        ("floor(gpus / 3) + abs(-0.5)", 2.5),
        ("sqrt(gpus * 2) + log10(1000) + log(1) + exp(0) + pow(2, 3)", 16.0),
        ("wait\n  / walltime if walltime > 0\n else 0", 0.5),
    ],
)
def test_it_says_what_it_says(expression: str, worth: float) -> None:
    check(parse(expression))
    assert _worth(expression, wait=3600, walltime=7200, gpus=8) == worth


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("wiat / 2", "there is no variable 'wiat' at character 1"),
        ("2 * (gpus + wlltime)", "there is no variable 'wlltime' at character 13"),
        ("вait", "cyrillic"),
        ("root(gpus)", "there is no function 'root' at character 1"),
        ("gpus + min", "'min' is a function at character 8"),
        ("min(gpus)", "min has 1 arguments at character 1"),
        ("log(gpus, base=2)", "log has 1 arguments"),
        ("1 / 0", "'1 / 0' at character 1 of the formula divides by '0', which can be 0"),
        ("3 + gpus / wait", "'gpus / wait' at character 5 of the formula divides by 'wait'"),
        ("wait / (1 if gpus else 0)", "which can be 0"),
        ("wait / share if entitled > 0 else 0", "divides by 'share', which can be 0"),
        ("wait / gpus if gpus >= 0 else 0", "which can be 0"),
        ("gpus ** -1", "divides by what can be 0"),
        ("(gpus - 1) ** 0.5", "is a power of what can be negative"),
        ("sqrt(load - 1)", "takes sqrt of what can be negative (max(load - 1, 0))"),
        ("log(wait)", "takes log of what can be 0 or negative (max(wait, 1))"),
        ("exp(wait)", "could get larger than any number (exp(min(wait, 600)))"),
        ("wait ** 100", "could get larger than any number"),
        ("9 ** 9 ** 9", "could get larger than any number"),
        ("1" + "0" * 400, "a number is too large at character 1"),
        ("1e999", "a number is too large"),
        ("True", "True is no number"),
        ("'gpus'", "is no number"),
        ("1j", "is no number"),
        ("gpus.real", "'gpus.real' may not stand in a formula at character 1"),
        ("gpus[0]", "may not stand"),
        ("[gpus]", "may not stand"),
        ("(wait, gpus)", "may not stand"),
        ("wait % 3", "may not stand"),
        ("gpus | 1", "may not stand"),
        ("(lambda: 1)()", "there is no function 'lambda: 1'"),
        ("__import__('os').system('true')", "there is no function"),
        ("().__class__", "may not stand"),
        ("[gpus for gpus in (1,)]", "may not stand"),
        ("f'{gpus}'", "may not stand"),
        ("max(wait, *gpus)", "may not stand"),
        ("(gpus := 3)", "may not stand"),
        ("gpus = 3", "cannot be read"),
        ("gpus; wait", "cannot be read"),
        ("wait) + (gpus", "cannot be read"),
        ("wait is gpus", "this comparison is not known"),
        ("wait # and more", "'#' may not stand"),
        ("wait\x00", "cannot be read"),
        ("   ", "cannot be read"),
        ("x" * 3000, "has 3,000 characters"),
        ("-" * 1500 + "wait", "too large (at most 400 terms, 40 deep)"),
        ("(" * 900 + "wait" + ")" * 900, "cannot be read"),
        ("+".join(["gpus"] * 300), "too large"),
    ],
)
def test_anything_else_is_refused(expression: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _rule(expression)
    assert message in str(caught.value)


def test_a_condition_tells_what_a_divisor_can_be() -> None:
    for expression in (
        "wait / gpus if gpus > 0 else 0",
        "wait / gpus if 0 < gpus and wait > 3 else 0",
        "0 if gpus <= 0 else wait / gpus",
        "0 if gpus == 0 or wait > 3 else wait / gpus",
        "wait / gpus if gpus != 0 else 0",
        "wait / gpus if not gpus <= 0 else 0",
        "log(walltime) if walltime >= 1 else 0",
    ):
        _rule(expression)


def test_what_would_count_for_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="looks at no account"):
        _rule("wait", serve="account")
    with pytest.raises(ValidationError, match="nothing in the formula changes"):
        _rule("gpus", period="5min")
    assert _rule("usage", serve="account", period="5min").ordering.kind == "formula"


def test_what_is_wrong_is_shown_where_it_stands(tmp_path: Any) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("name: s\nrules:\n  mine:\n    ordering: {kind: formula, expression: wiat}\n")
    with pytest.raises(InputError) as caught:
        load(path)
    assert f"{path}:4:43: rules.mine.ordering.expression: there is no variable 'wiat'" in str(
        caught.value
    )
    assert "did you mean 'wait'?" in str(caught.value)


def test_the_kernel_knows_what_the_list_knows() -> None:
    assert set(formula_kernel.VARIABLES) == set(VARIABLES)
    assert set(FUNCTIONS) <= set(formula_kernel.OPCODES)


def _terms() -> st.SearchStrategy[str]:
    leaf = st.sampled_from([*VARIABLES]) | st.floats(0.1, 9.0).map(lambda x: f"{x:.2f}")

    def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        two = st.tuples(inner, st.sampled_from("+-*/"), inner).map("({0[0]} {0[1]} {0[2]})".format)
        one = st.sampled_from(["abs", "sqrt", "log", "exp", "floor"])
        call = st.tuples(one, inner).map("{0[0]}({0[1]})".format)
        most = st.tuples(inner, inner).map("max({0[0]}, {0[1]}, 1)".format)
        either = st.tuples(inner, inner, inner, inner).map(
            "({0[0]} if {0[1]} < {0[2]} else {0[3]})".format
        )
        return two | call | most | either

    return st.recursive(leaf, wider, max_leaves=12)


@tried(100, 300)(_terms(), st.integers(0, 2**32 - 1))
def test_what_the_check_lets_through_is_always_a_number_between_its_bounds(
    expression: str, seed: int
) -> None:
    term = parse(expression)
    try:
        low, high = check(term)
    except ValueError:
        assume(False)
    draw = np.random.default_rng(seed)
    variables = {}
    for name, each in VARIABLES.items():
        value = each.most * draw.choice([0.0, 1.0, 1e-9, 0.5, 1e-3], 20)
        variables[name] = np.floor(value) if each.whole else value
    worth = np.broadcast_to(worked_out(term, variables), 20)
    assert np.isfinite(worth).all()
    slack = 1e-9 * max(abs(low), abs(high), 1.0)
    assert (worth >= low - slack).all()
    assert (worth <= high + slack).all()
