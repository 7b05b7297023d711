"""A formula as the numbers that its kernel reads."""

from __future__ import annotations

from simulator.rules.formula.tree import Term
from simulator.rules.ordering.formula_kernel import OPCODES, VARIABLES

NUMBER, NAME = OPCODES.index("number"), OPCODES.index("name")


def compiled(term: Term) -> tuple[list[int], list[float], int]:
    """(code, numbers, height): pairs of opcode and argument, constants, and the stack's height.

    Parts come before the operation that takes them from the stack.
    """
    code: list[int] = []
    numbers: list[float] = []
    height = _write(term, code, numbers)
    return code, numbers, height


def _write(term: Term, code: list[int], numbers: list[float]) -> int:
    if term.operation == "number":
        code += NUMBER, len(numbers)
        numbers.append(term.value)
        return 1
    if term.operation == "name":
        code += NAME, VARIABLES.index(term.name)
        return 1
    height = max(below + _write(part, code, numbers) for below, part in enumerate(term.parts))
    code += OPCODES.index(term.operation), 0
    return height
