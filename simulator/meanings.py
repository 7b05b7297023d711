"""What each setting means: the text below it in its model's source, read when somebody asks.

pydantic would read it whenever a model is made: at each start, for all models, a third of the time.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise


def meanings(model: type) -> dict[str, str]:
    """Attribute → the text below it; what a base says holds where a class is silent."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if each.__module__.startswith(f"{__package__}."):
            found |= _in_module(inspect.getsourcefile(each) or "").get(each.__qualname__, {})
    return found


@cache
def _in_module(path: str) -> dict[str, dict[str, str]]:
    """Class → attribute → text."""
    with open(path, encoding="utf-8") as source:
        tree = ast.parse(source.read())
    return {each.name: _in_class(each) for each in tree.body if isinstance(each, ast.ClassDef)}


def _in_class(said: ast.ClassDef) -> dict[str, str]:
    found = {}
    for line, below in pairwise(said.body):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            match below:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    found[line.target.id] = inspect.cleandoc(text)
    return found
