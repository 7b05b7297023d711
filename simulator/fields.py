"""The field types that scenario models share: quantities with units, names, strict numbers."""

from __future__ import annotations

import re
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from simulator.errors import InputError
from simulator.meanings import meanings
from simulator.units import (
    BYTES,
    GPU_SECONDS,
    MILLISECONDS,
    SECONDS,
    parse_duration,
    parse_gpu_time,
    parse_memory,
    parse_milliseconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

__all__ = [
    "Duration",
    "Fraction01",
    "GpuTime",
    "Gpus",
    "GpusOrNone",
    "Grant",
    "LocalTime",
    "Memory",
    "Milliseconds",
    "Model",
    "Moment",
    "Name",
    "Positive",
    "PositiveInt",
    "Speed",
    "Speedups",
    "ValidationError",
    "Watts",
    "moved",
    "part_of",
    "refusal",
    "thousandths",
]

LARGEST = 1_000_000_000
"""Counts end here: far above any machine, far below what 64 bits hold of unit-seconds."""


class Model(BaseModel):
    """Base of every part of a scenario: immutable, no unknown keys, no silent conversion.

    Defaults are written in base units (seconds, bytes), which a file may not: they are not read as
    values of a file are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """As pydantic has it, with the meaning of each setting."""
        found = handler(core_schema)
        properties = handler.resolve_ref_schema(found).get("properties", {})
        for name, meaning in meanings(cls).items():
            if name in cls.model_fields:
                properties[cls.model_fields[name].alias or name]["description"] = meaning
        return found


def refusal(
    what: str, *, right: str | None = None, at: tuple[str | int, ...] = ()
) -> PydanticCustomError:
    """An error for a validator to raise: what is wrong, what would be right.

    ``at`` leads from the model that refuses to the setting to be mended, so that a message about
    several settings together is placed at one of them.
    """
    message = f"{what} ({right})" if right else what
    context = {"message": message, "what": what, "right": right, "at": at}
    return PydanticCustomError("refused", "{message}", context)


def moved(
    error: PydanticCustomError, before: tuple[str | int, ...], more: tuple[str | int, ...]
) -> PydanticCustomError:
    """The same refusal placed below ``before``, a beginning of its place, at ``more`` of it."""
    said = dict(error.context or {})
    at = said["at"]
    if at[: len(before)] != before:
        return error
    return refusal(said["what"], right=said["right"], at=(*before, *more, *at[len(before) :]))


def _reader(parse: Callable[[str], int], example: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        right = f"write it like {example}"
        if isinstance(value, int) and not isinstance(value, bool):
            if value == 0:
                return 0
            raise refusal(f"{value} has no unit", right=right)
        if isinstance(value, float):
            raise refusal(f"{value} has no unit", right=right)
        if not isinstance(value, str):
            raise refusal("a quantity with its unit is wanted", right=right)
        try:
            return parse(value)
        except InputError as error:
            negative = value.lstrip().startswith("-")
            what = f"{value!r} is negative" if negative else error.what
            raise refusal(what, right=error.right) from None

    return BeforeValidator(read)


def _quantity(
    parse: Callable[[str], int], units: dict[str, int], example: str, description: str
) -> Any:
    once = rf"\s*[0-9]+(?:[_ ][0-9]{{3}})*(?:\.[0-9]+)?\s*(?:{'|'.join(units)})\s*"
    schema = {
        "anyOf": [{"type": "string", "pattern": f"^(?:{once})+$"}, {"const": 0}],
        "description": description,
        "examples": [example],
    }
    return Annotated[int, _reader(parse, example), Field(ge=0), WithJsonSchema(schema)]


_READ_GPU_TIME = _reader(parse_gpu_time, "512 GPU-h or 2%")
PERCENT = r"(?:100|\d{1,2}(?:\.\d{1,3})?) ?%"


def _gpus(least: int) -> Any:
    def read(value: Any) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and least <= value <= LARGEST:
            return value
        if (
            isinstance(value, str)
            and re.fullmatch(PERCENT, value)
            and part_of(value, LARGEST) >= least
        ):
            return value
        if whole:
            raise refusal(f"{value} GPUs cannot be", right=f"at least {least}, or a part like 25%")
        raise refusal(f"{value!r} is no number of GPUs", right="write it like 64 or 25%")

    counted = {"type": "integer", "minimum": least, "maximum": LARGEST}
    schema = {
        "anyOf": [counted, {"type": "string", "pattern": f"^{PERCENT}$"}],
        "description": "GPUs, or a part of the machine's, like 25%.",
        "examples": [64],
    }
    return Annotated[int | str, BeforeValidator(read), WithJsonSchema(schema)]


def _percent(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"(?:100|\d{1,2}(?:\.\d)?) ?%", value):
        raise refusal(f"{value!r} is no percentage", right="write it like 10% or 2.5%")
    if not part_of(value, 1000):
        raise refusal("nothing is below 0 %", right="at least 0.1%")
    return value


def _part_of_time(value: Any) -> Any:
    if not isinstance(value, str) or "%" not in value:
        return _READ_GPU_TIME.func(value)  # type: ignore[call-arg]
    if not re.fullmatch(PERCENT, value):
        raise refusal(f"{value!r} is no part of the machine", right="write it like 2.5%")
    return value


def _local_time(value: Any) -> Any:
    right = "write it like 2027-01-04 09:00"
    if isinstance(value, str):
        try:
            time = datetime.fromisoformat(value.strip())
        except ValueError:
            raise refusal(f"{value!r} is no date and time", right=right) from None
    elif isinstance(value, datetime):
        time = value
    else:
        raise refusal("a date and time is wanted", right=right)
    if time.tzinfo is not None:
        raise refusal(
            f"{str(value)!r} has an offset", right="leave it out; the zone is 'time_zone'"
        )
    if time.microsecond:
        raise refusal(
            f"{str(value)!r} has a fraction of a second", right="instants are whole seconds"
        )
    return time


def _moment(value: Any) -> Any:
    dated = isinstance(value, datetime) or (
        isinstance(value, str) and re.match(r"\s*\d{4}-\d\d?-\d\d?", value)
    )
    if dated:
        return _local_time(value)
    return _reader(parse_duration, "90d, or 2027-04-01").func(value)  # type: ignore[call-arg]


if TYPE_CHECKING:
    Moment = int | datetime
    Duration = int
    GpuTime = int
    Gpus = int | str
    GpusOrNone = int | str
    Percent = str
    Grant = int | str
    Memory = int
    Milliseconds = int
else:
    Moment = Annotated[
        int | datetime,
        BeforeValidator(_moment),
        WithJsonSchema(
            {
                "type": "string",
                "description": "Time from the scenario's epoch, with its unit, or a date.",
                "examples": ["90d", "2027-04-01"],
            }
        ),
    ]
    Duration = _quantity(
        parse_duration, SECONDS, "12h", "A duration with its unit: s, min, h, d or w."
    )
    Milliseconds = _quantity(
        parse_milliseconds, MILLISECONDS, "28ms", "A duration with its unit: ms, s, min, h, d or w."
    )
    GpuTime = _quantity(
        parse_gpu_time, GPU_SECONDS, "512 GPU-h", "GPU-time with its unit: GPU-s … GPU-w."
    )
    Gpus = _gpus(1)
    GpusOrNone = _gpus(0)
    Percent = Annotated[
        str,
        BeforeValidator(_percent),
        WithJsonSchema(
            {"type": "string", "pattern": r"^(?:100|\d{1,2}(?:\.\d)?) ?%$", "examples": ["10%"]}
        ),
    ]
    Grant = Annotated[
        int | str,
        BeforeValidator(_part_of_time),
        WithJsonSchema(
            {
                "type": "string",
                "description": "GPU-time with its unit, or a part of the machine's, like 2%.",
                "examples": ["512 GPU-h"],
            }
        ),
    ]
    Memory = _quantity(parse_memory, BYTES, "2TiB", "Memory with its unit: B, KiB … PiB, kB … PB.")

LocalTime = Annotated[
    datetime,
    BeforeValidator(_local_time),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?$",
            "examples": ["2027-01-04 09:00"],
        }
    ),
]
"""A date, or a date and time, of the local clock."""
PositiveInt = Annotated[int, Field(gt=0, le=LARGEST)]
Fraction01 = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def part_of(said: int | str, whole: int) -> int:
    """A number that was given as such or as a percentage of ``whole``, rounded down."""
    return said if isinstance(said, int) else int(Fraction(said.rstrip("% ")) / 100 * whole)


def thousandths(speed: float) -> int:
    """A speed as the whole number that the engine reckons with."""
    return round(speed * 1000)


def _in_thousandths(speed: float) -> float:
    if abs(speed * 1000 - thousandths(speed)) > 1e-6:
        raise refusal(f"the speed {speed:g} is no whole thousandth", right="write it like 0.45")
    return speed


Speed = Annotated[float, Field(ge=0.001, le=1000), AfterValidator(_in_thousandths)]
"""How fast beside what run times are given for: 0.5 takes twice as long."""
Watts = Annotated[float, Field(ge=0, le=LARGEST)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)]
Speedups = Annotated[dict[Name, Speed], Field(min_length=1)]
"""GPU type → speed."""
