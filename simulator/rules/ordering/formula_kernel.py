"""A formula worked out on a stack. Its code is pairs of an opcode and an argument."""

from __future__ import annotations

import math

from simulator.kernels.accounts import CHARGE_SECOND, Accounts
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import NOW, State

OPCODES = (
    "number", "name", "add", "subtract", "multiply", "divide", "pow", "negative", "min", "max",
    "abs", "floor", "sqrt", "log", "log10", "exp", "less", "at_most", "equal", "and", "or", "not",
    "choose",
)  # fmt: skip
"""What a step does; all but the first two take what it works on from the stack. ``choose`` takes a
condition, and a number for each answer."""
(
    NUMBER, NAME, ADD, SUBTRACT, MULTIPLY, DIVIDE, POW, NEGATIVE, MIN, MAX,
    ABS, FLOOR, SQRT, LOG, LOG10, EXP, LESS, AT_MOST, EQUAL, AND, OR, NOT,
    CHOOSE,
) = range(len(OPCODES))  # fmt: skip

VARIABLES = (
    "wait", "age", "submit", "walltime", "gpus", "nodes", "now", "usage", "held", "running",
    "waiting", "share", "entitled", "capacity", "free", "load", "busy", "queued",
)  # fmt: skip
(
    WAIT, AGE, SUBMIT, WALLTIME, GPUS, NODES, NOW_, USAGE, HELD, RUNNING,
    WAITING, SHARE, ENTITLED, UP, FREE_, LOAD, BUSY_, QUEUED,
) = range(len(VARIABLES))  # fmt: skip

CHARGE_HOUR = 3600.0 * CHARGE_SECOND


@kernel
def _of_job(state: State, variable: int, position: int) -> float:
    columns = state.columns
    if variable == WAIT:
        return float(state.counters[NOW] - columns.submit[position])
    if variable == AGE:
        return float(state.counters[NOW] - state.progress.eligible[position])
    if variable == SUBMIT:
        return float(columns.submit[position] - columns.submit[0])
    if variable == WALLTIME:
        return float(columns.walltime[position])
    if variable == GPUS:
        return columns.gpus[position] / state.accounts.numbers[-1]
    if variable == NODES:
        return state.accounts.fixed[position]
    return float(state.counters[NOW] - columns.submit[0])


@kernel
def _of_entity(accounts: Accounts, variable: int, entity: int) -> float:
    if variable == USAGE:
        return max(accounts.seen.usage[entity], 0.0) / CHARGE_HOUR
    if variable == HELD:
        return accounts.seen.held[entity] / accounts.numbers[-1]
    if variable == RUNNING:
        return accounts.seen.running[entity]
    if variable == WAITING:
        return accounts.seen.waiting[entity]
    if variable == SHARE:
        return accounts.tree.part[entity]
    return accounts.tree.entitled[entity]


@kernel
def _of_machine(accounts: Accounts, variable: int) -> float:
    machine = accounts.seen.machine
    if variable == UP:
        return machine[0] / accounts.numbers[-1]
    if variable == FREE_:
        return machine[1] / accounts.numbers[-1]
    if variable == LOAD:
        return (machine[0] - machine[1]) / machine[0] if machine[0] > 0.0 else 0.0
    return machine[2] if variable == BUSY_ else machine[3]


@kernel
def _read(state: State, variable: int, position: int) -> float:
    if variable <= NOW_:
        return _of_job(state, variable, position)
    if variable <= ENTITLED:
        return _of_entity(state.accounts, variable, state.accounts.of_job[position])
    return _of_machine(state.accounts, variable)


@kernel
def _of_one(opcode: int, one: float) -> float:
    if opcode == NEGATIVE:
        return -one
    if opcode == ABS:
        return abs(one)
    if opcode == FLOOR:
        return math.floor(one)
    if opcode == SQRT:
        return math.sqrt(one)
    if opcode == LOG:
        return math.log(one)
    if opcode == LOG10:
        return math.log10(one)
    if opcode == EXP:
        return math.exp(one)
    return 1.0 if one == 0.0 else 0.0


@kernel
def _of_two(opcode: int, one: float, other: float) -> float:
    if opcode == ADD:
        return one + other
    if opcode == SUBTRACT:
        return one - other
    if opcode == MULTIPLY:
        return one * other
    if opcode == DIVIDE:
        return one / other
    if opcode == POW:
        return math.pow(one, other)
    if opcode == MIN:
        return min(one, other)
    if opcode == MAX:
        return max(one, other)
    if opcode == LESS:
        return 1.0 if one < other else 0.0
    if opcode == AT_MOST:
        return 1.0 if one <= other else 0.0
    if opcode == EQUAL:
        return 1.0 if one == other else 0.0
    if opcode == AND:
        return 1.0 if one != 0.0 and other != 0.0 else 0.0
    return 1.0 if one != 0.0 or other != 0.0 else 0.0


@kernel
def _takes_one(opcode: int) -> bool:
    return opcode in (NOT, NEGATIVE) or ABS <= opcode <= EXP


@kernel_apart
def formula(state: State, position: int) -> float:
    """What the formula gives for a job; −∞ if that is no number, which its check rules out."""
    accounts = state.accounts
    code, numbers, stack = accounts.code, accounts.numbers, accounts.room.stack
    top = -1
    for step in range(0, len(code), 2):
        opcode = code[step]
        if opcode == NUMBER:
            top += 1
            stack[top] = numbers[code[step + 1]]
        elif opcode == NAME:
            top += 1
            stack[top] = _read(state, code[step + 1], position)
        elif _takes_one(opcode):
            stack[top] = _of_one(opcode, stack[top])
        elif opcode == CHOOSE:
            top -= 2
            stack[top] = stack[top + 1] if stack[top] != 0.0 else stack[top + 2]
        else:
            top -= 1
            stack[top] = _of_two(opcode, stack[top], stack[top + 1])
    return -math.inf if math.isnan(stack[0]) else stack[0]
