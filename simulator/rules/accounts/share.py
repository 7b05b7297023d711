"""A share among siblings, as a file writes it: a number, a percent, or ``parent``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from simulator.fields import refusal

PARENT = "parent"
"""The share of a user who has that of the account itself."""
LARGEST = 1e12
_PERCENT = r"^[0-9]+(\.[0-9]+)?\s*%$"


def percent_of(share: float | str) -> float | None:
    """The percent that a share says; None if it says none."""
    if isinstance(share, str) and share.endswith("%"):
        return float(share[:-1])
    return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read(value: Any) -> float | str:
    right = "a number from 0 on, or a percent like 35%"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refusal("a share is wanted", right=right)
    if not isinstance(value, str):
        amount = float(value)
    else:
        text = value.strip()
        number = _number(text[:-1]) if text.endswith("%") else None
        if number is None:
            raise refusal(f"{value!r} is no share", right=right)
        amount = number
    if math.isnan(amount):
        raise refusal("a share that is not a number", right=right)
    if amount < 0:
        raise refusal(f"the share {value} is negative", right=right)
    if isinstance(value, str):
        if amount > 100:
            raise refusal(f"the share {value} is more than the whole", right="at most 100%")
        return f"{amount:g}%" if float(f"{amount:g}") == amount else f"{amount!r}%"
    if amount > LARGEST:
        raise refusal(f"the share {value} is too large", right=f"at most {LARGEST:g}")
    return amount


def _read_account(value: Any) -> float | str:
    if value == PARENT:
        raise refusal(
            "an account cannot have the share of its parent, only a user can",
            right="give it a share, or put its users into its parent",
        )
    return _read(value)


def _read_user(value: Any) -> float | str:
    return PARENT if value == PARENT else _read(value)


def _schema(*words: str) -> WithJsonSchema:
    kinds: list[dict[str, Any]] = [
        {"type": "number", "minimum": 0, "maximum": LARGEST},
        {"type": "string", "pattern": _PERCENT},
        *({"const": word} for word in words),
    ]
    return WithJsonSchema({"anyOf": kinds, "description": "A share among siblings."})


if TYPE_CHECKING:
    Share = float | str
    UserShare = float | str
else:
    Share = Annotated[float | str, BeforeValidator(_read_account), _schema()]
    UserShare = Annotated[float | str, BeforeValidator(_read_user), _schema(PARENT)]
