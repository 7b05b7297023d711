"""The field types that scenario models share: quantities with units, names, strict numbers."""

from __future__ import annotations

from typing import Annotated, Any, TYPE_CHECKING

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from simulator.errors import InputError
from simulator.units import parse_duration, parse_gpu_time, parse_memory

if TYPE_CHECKING:
    from collections.abc import Callable


class Model(BaseModel):
    """Base of every part of a scenario: immutable, no unknown keys, no silent conversion."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, validate_default=True
    )


def _reader(parse: Callable[[str], int], example: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise ValueError(f"a quantity with its unit is wanted, like {example}")
        if isinstance(value, int):
            if value == 0:
                return 0
            raise ValueError(f"{value} has no unit; write it like {example}")
        try:
            return parse(value)
        except InputError as error:
            raise ValueError(str(error)) from None

    return BeforeValidator(read)


def _quantity(parse: Callable[[str], int], example: str, description: str) -> Any:
    schema = {"type": ["string", "integer"], "description": description, "examples": [example]}
    return Annotated[int, _reader(parse, example), Field(ge=0), WithJsonSchema(schema)]


if TYPE_CHECKING:
    Duration = int
    GpuTime = int
    Memory = int
else:
    Duration = _quantity(parse_duration, "12h", "a duration with its unit: s, min, h, d or w")
    GpuTime = _quantity(parse_gpu_time, "512 GPU-h", "GPU-time with its unit: GPU-s … GPU-w")
    Memory = _quantity(parse_memory, "2TiB", "memory with its unit: B, KiB … PiB, kB … PB")

PositiveInt = Annotated[int, Field(gt=0)]
Fraction01 = Annotated[float, Field(ge=0, le=1), Field(strict=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), Field(strict=False)]
Name = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)
]
