"""A formula of the scenario's own."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from simulator.fields import refusal
from simulator.rules.formula.bounds import check
from simulator.rules.formula.names import VARIABLES
from simulator.rules.formula.parse import parse
from simulator.rules.ordering.serving import Ticking

if TYPE_CHECKING:
    from simulator.rules.formula.tree import Term
    from simulator.rules.ordering.plain import Ints, Reals, View

STANDING = ("submit", "walltime", "gpus", "nodes", "share", "entitled")
"""Variables that never change while a job waits."""


class Formula(Ticking):
    """Arithmetic over a job, its account and the machine; the largest goes first.

    Numbers; the variables of the table below; + - * / **, comparisons, and, or, not, `a if c else
    b`; min, max, abs, floor, sqrt, log, log10, exp, pow. A condition counts as 1 or 0. It is
    checked before the run that no divisor can be 0, that there is no root of a negative and no
    logarithm of 0, and that nothing can get too large, whatever the variables are: `gpus /
    max(wait, 1)` may stand there, `gpus / wait` may not. It is never run as Python.

    With `period` 0 all of it is worked out at every pass. Else accounts and the machine are seen at
    ticks, and a job that comes between two is weighed by what the last one saw.

    Example: `expression: (wait / max(walltime, 1)) ** 3 * gpus` is WFP3. A job of 8 GPUs and 2 h
    that has waited 1 h has 0.5³ · 8 = 1; one of 1 GPU and 30 min that has waited 1 h has 2³ · 1 = 8
    and goes first.
    Source: as OpenPBS's job_sort_formula (Altair PBS Professional Administrator's Guide).
    """

    kind: Literal["formula"] = "formula"
    expression: Annotated[str, Field(min_length=1)]
    """The formula."""

    @field_validator("expression")
    @classmethod
    def _checked(cls, text: str) -> str:
        check(parse(text))
        return text

    @model_validator(mode="after")
    def _everything_counts(self) -> Self:
        if "serve" in self.model_fields_set and not self.keeps_accounts:
            names = ", ".join(name for name, each in VARIABLES.items() if each.of == "account")
            raise refusal(
                "the formula looks at no account", right=f"use any of {names}", at=("serve",)
            )
        if self.period and not self._moves:
            raise refusal("nothing in the formula changes while a job waits", at=("period",),
                          right="leave the period out")  # fmt: skip
        return self

    @cached_property
    def term(self) -> Term:
        """The formula as a tree."""
        return parse(self.expression)

    @property
    def _moves(self) -> bool:
        return not self.term.names <= set(STANDING)

    @property
    def keeps_accounts(self) -> bool:
        """Whether it looks at accounts."""
        return any(VARIABLES[name].of == "account" for name in self.term.names)

    @property
    def needs_accounting(self) -> bool:
        """Whether it looks at usage."""
        return "usage" in self.term.names

    @property
    def moving(self) -> bool:
        """Whether it is worked out at every pass."""
        return self._moves and self.period == 0

    def numbers(self) -> tuple[float, ...]:
        """The formula's constants."""
        from simulator.rules.formula.compile import compiled

        return tuple(compiled(self.term)[1])

    def code(self) -> tuple[int, ...]:
        """The formula for its kernel."""
        from simulator.rules.formula.compile import compiled

        return tuple(compiled(self.term)[0])

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        from simulator.rules.formula.plain import worked_out

        value = worked_out(self.term, view.variables(waiting))
        value = np.broadcast_to(value, waiting.shape)
        return np.where(np.isnan(value), -np.inf, value)
