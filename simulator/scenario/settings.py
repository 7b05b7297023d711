"""The tree of settings that the models describe, walked by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from simulator.fields import Model

Kinds = tuple[Any, ...]
"""What may stand at one setting: models, plain types, ``dict[…]`` and ``tuple[…]`` types."""


def alternatives(annotation: Any) -> Kinds:
    """The members of a type, unions and annotations opened, None left out."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return alternatives(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(kind for each in get_args(annotation) for kind in alternatives(each))
    return () if annotation is NoneType else (annotation,)


def models(kinds: Kinds) -> tuple[type[Model], ...]:
    """Those of ``kinds`` that are models."""
    return tuple(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Model))


@cache
def fields(model: type[Model]) -> Mapping[str, Any]:
    """The settings of a model as files name them → pydantic's description of each."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def below(kinds: Kinds, part: str | int) -> Kinds:
    """What may stand at the entry or item ``part`` of a setting."""
    found: list[Any] = []
    for kind in kinds:
        origin: Any = get_origin(kind)
        args = get_args(kind)
        if kind in models(kinds):
            if part in fields(kind):
                found += alternatives(fields(kind)[str(part)].annotation)
        elif origin is dict:
            found += alternatives(args[1])
        elif origin in (tuple, list) and isinstance(part, int):
            found += alternatives(args[0])
    return tuple(found)


def names(kinds: Kinds) -> tuple[str, ...]:
    """The settings that may stand within a setting; nothing where names are free."""
    return tuple(sorted({name for model in models(kinds) for name in fields(model)}))


def kind_word(model: type[Model]) -> str | None:
    """The ``kind`` that a file says to mean this model."""
    field = fields(model).get("kind")
    return (
        get_args(field.annotation)[0] if field and get_origin(field.annotation) is Literal else None
    )


def follow(root: type[Model], loc: Sequence[str | int]) -> tuple[tuple[str | int, ...], Kinds]:
    """The path in a file that pydantic's ``loc`` means, and what may stand there.

    A ``loc`` holds, beside names and numbers, the kind chosen in a union and other labels of
    pydantic's own; these are left out.
    """
    path: list[str | int] = []
    kinds: Kinds = (root,)
    for part in loc:
        several = models(kinds)
        chosen = tuple(model for model in several if kind_word(model) == part)
        if len(several) > 1 and chosen:
            kinds = chosen
        elif deeper := below(kinds, part):
            path.append(part)
            kinds = deeper
        elif several and len(several) == len(kinds):
            path.append(part)
            kinds = ()
    return tuple(path), kinds


def example(field: Any, kinds: Kinds) -> str:
    """How a value of this setting is written."""
    for schema in (getattr(each, "json_schema", None) for each in field.metadata):
        if schema and "examples" in schema:
            return str(schema["examples"][0])
    words = [word for model in models(kinds) if (word := kind_word(model))]
    if words:
        return "{kind: " + " or ".join(words) + ", …}"
    origins: list[Any] = [get_origin(kind) for kind in kinds]
    if dict in origins:
        return "{a_name: …}"
    if tuple in origins:
        return "[…]"
    by_type = {int: "10", float: "0.9", str: "a_name", bool: "true"}
    literals = [
        str(word)
        for kind, origin in zip(kinds, origins, strict=True)
        if origin is Literal
        for word in get_args(kind)
    ]
    if literals:
        return " or ".join(literals)
    return next((by_type[kind] for kind in kinds if kind in by_type), "{…}")
