"""pydantic's errors → messages: the setting, its place, its value, and what would be right."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from simulator.cluster.models import Nodes
from simulator.errors import InputError, Place, nearest
from simulator.rules.accounts.models import Accounts
from simulator.rules.models import Rule
from simulator.scenario.fault import Fault, Path, shown
from simulator.scenario.models import Scenario
from simulator.scenario.settings import example, fields, kind_word, models, names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.fields import Model, ValidationError
    from simulator.scenario.node import Node

Told = tuple[str, str | None]
"""What is wrong, and what would be right."""

_WANTED = {
    "int": ("a whole number is wanted", "10"),
    "float": ("a number is wanted", "0.9"),
    "finite": ("a finite number is wanted", "0.9"),
    "bool": ("true or false is wanted", "true"),
    "tuple": ("a list is wanted", "[a, b]"),
    "list": ("a list is wanted", "[a, b]"),
}
_BOUNDS = {
    "greater_than": ("too small", "above", "gt"),
    "greater_than_equal": ("too small", "at least", "ge"),
    "less_than": ("too large", "below", "lt"),
    "less_than_equal": ("too large", "at most", "le"),
}
_COMPOSING: dict[type[Model], tuple[str, ...]] = {
    Scenario: ("extends", "patches"),
    Rule: ("extends",),
    Nodes: ("preset",),
    Accounts: ("file",),
}
"""Settings of files that are gone when the models see them."""
_NAME = "letters, digits, '_', '-' and '.', beginning with a letter or digit, at most 80"


def explained(error: ValidationError, root: Node) -> InputError:
    """All that is wrong with a scenario as one error, in the order of the file."""
    by_setting: dict[Path, list[InputError]] = {}
    faults = [Fault.of(each, root) for each in error.errors(include_url=False)]
    for fault in (each for each in faults if not _is_long_enough(each, faults)):
        by_setting.setdefault(fault.path, []).append(_explained(fault))
    first, *others = sorted(map(_joined, by_setting.values()), key=_order)
    return InputError(first.what, right=first.right, place=first.place, others=others)


def _is_long_enough(fault: Fault, faults: Sequence[Fault]) -> bool:
    """Whether it is said of as many entries as are wanted that they are too few: pydantic counts
    none that is wrong itself, of which it tells besides."""
    value, depth = fault.node.value, len(fault.path)
    if fault.type != "too_short" or not isinstance(value, (dict, list)):
        return False
    within = any(each.path[:depth] == fault.path != each.path for each in faults)
    return within and len(value) >= fault.context["min_length"]


def _explained(fault: Fault) -> InputError:
    what, right = _told(fault)
    # A place such as ``--set workload.load`` names the setting already.
    if fault.setting and not str(fault.place).endswith(f" {fault.setting}"):
        what = f"{fault.setting}: {what}"
    return InputError(what, right=right, place=fault.place)


def _joined(errors: list[InputError]) -> InputError:
    """One error of those that the alternatives of one setting raise, with the advice of each."""
    advice = dict.fromkeys(error.right for error in errors if error.right)
    return InputError(errors[-1].what, right="; or ".join(advice) or None, place=errors[-1].place)


def _order(error: InputError) -> tuple[str, int, int]:
    place = error.place or Place("")
    return str(place.file), place.line or 0, place.column or 0


def _told(fault: Fault) -> Told:
    if tell := _TELL.get(fault.type):
        return tell(fault)
    if fault.type.startswith(("model_", "dict_")):
        return _no_mapping(fault)
    if fault.type.endswith(("too_short", "too_long")):
        return _length(fault)
    wanted, like = _WANTED.get(fault.type.split("_")[0], (None, None))
    if wanted is None:  # a constraint that no model had when this was written
        return f"{fault.value} cannot be used", fault.message
    return f"{wanted}, not {fault.value}", f"write it like {like}"


def _refused(fault: Fault) -> Told:
    return fault.context["what"], fault.context["right"]


def _value_error(fault: Fault) -> Told:
    return str(fault.context["error"]), None


def _missing(fault: Fault) -> Told:
    return "it is missing", f"add {fault.path[-1]}: {_example(fault)}"


def _extra(fault: Fault) -> Told:
    composing = (_COMPOSING[model] for model in models(fault.within) if model in _COMPOSING)
    known = [*names(fault.within), *chain.from_iterable(composing)]
    return "there is no such setting", nearest(str(fault.path[-1]), known)


def _no_kind(fault: Fault) -> Told:
    words = [word for model in models(fault.kinds) if (word := kind_word(model))]
    return "its kind is missing", "add kind: " + " or ".join(words)


def _choice(fault: Fault) -> Told:
    word = fault.word.value
    expected = fault.context.get("expected_tags") or fault.context["expected"]
    known = re.findall(r"'([^']*)'", expected)
    return f"{shown(word)} is not known here", nearest(str(word), known)


def _bound(fault: Fault) -> Told:
    size, word, bound = _BOUNDS[fault.type]
    limit = fault.context[bound]
    limit = f"{int(limit):,}" if limit == int(limit) else str(limit)
    return f"{fault.value} is {size}", f"it must be {word} {limit}"


def _no_mapping(fault: Fault) -> Told:
    known = names(fault.kinds) if len(models(fault.kinds)) == 1 else ()
    right = f"it may hold {', '.join(known)}" if known else f"write it like {_example(fault)}"
    return f"a mapping of settings is wanted, not {fault.value}", right


def _length(fault: Fault) -> Told:
    short = fault.type.endswith("too_short")
    limit = fault.context["min_length" if short else "max_length"]
    least = f"at {'least' if short else 'most'} {limit}"
    if fault.type.startswith("string"):
        letters = "letter" if limit == 1 else "letters"
        return f"{fault.value} is too {'short' if short else 'long'}", f"{least} {letters}"
    value, count = fault.node.value, fault.context["actual_length"]
    if isinstance(value, (dict, list)):
        count = len(value)
    entries = "1 entry is" if count == 1 else f"{count} entries are"
    return f"{entries} too {'few' if short else 'many'}", f"{least} must be given"


def _no_text(fault: Fault) -> Told:
    single = not isinstance(fault.node.value, (dict, list))
    right = f"quote it: '{fault.node.value}'" if single else None
    return f"text is wanted, not {fault.value}", right


def _no_name(fault: Fault) -> Told:
    return f"{fault.value} is no name", _NAME


def _example(fault: Fault) -> str:
    name = str(fault.path[-1])
    holders = (fields(model) for model in models(fault.within))
    field = next((settings[name] for settings in holders if name in settings), None)
    return example(field, fault.kinds)


_TELL: dict[str, Callable[[Fault], Told]] = {
    "refused": _refused,
    "value_error": _value_error,
    "missing": _missing,
    "extra_forbidden": _extra,
    "union_tag_not_found": _no_kind,
    "union_tag_invalid": _choice,
    "literal_error": _choice,
    "string_pattern_mismatch": _no_name,
    "string_type": _no_text,
    **dict.fromkeys(_BOUNDS, _bound),
}
