"""The parser's complaints about YAML → what they mean to the writer of the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place

if TYPE_CHECKING:
    from pathlib import Path

    from ruamel.yaml.error import MarkedYAMLError

MAX_LINE = 10_000
_UNPRINTABLE = re.compile(
    "[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_ADVICE = {
    "mapping values are not allowed": (
        "no ': ' can stand here",
        "quote text that holds one, or indent as the line before",
    ),
    "expected ',' or": ("a bracket is never closed", "close it"),
    "expected the node content": ("a value cannot begin with this sign", "quote it"),
    "incompatible YAML": (
        "the file asks for another version of YAML",
        "take the %YAML line out; it is read as 1.2",
    ),
    r"found character '\t'": ("a tab in the indentation", "indent with spaces"),
    "could not find expected ':'": ("a name without ': ' after it", "write it like seed: 1"),
    "that cannot start any token": ("a value cannot begin with this sign", "quote it"),
    "unexpected end of stream": ("a quoted text is never closed", "close the quote"),
    "<stream end>'": ("a bracket is never closed", "close it"),
    "expected <block end>": ("the indentation fits nothing above", "indent as the line before it"),
}
"""What the parser says, in part → what that means to the writer, and the remedy."""


def check_signs(text: str, file: str | Path) -> None:
    """Raises InputError at the first sign that no YAML may hold, or that nobody would see.

    So does a line that nobody would write, over which the parser could brood for long.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise InputError(
                f"a line of {len(line):,} letters",
                right=f"break it; at most {MAX_LINE:,}",
                place=Place(file, number),
            )
    if found := _UNPRINTABLE.search(text):
        start = text.rfind("\n", 0, found.start()) + 1
        raise InputError(
            f"the invisible character U+{ord(found[0]):04X}",
            right="take it out",
            place=Place(file, text.count("\n", 0, found.start()) + 1, found.start() - start + 1),
        )


def syntax_error(error: MarkedYAMLError, file: str | Path) -> InputError:
    """What is wrong with the text, and where."""
    problem = str(error.problem)
    what, right = next(
        (advice for part, advice in _ADVICE.items() if part in problem),
        (f"this is not YAML: {problem}", "write settings like seed: 1"),
    )
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    return InputError(what, right=right, place=place)
