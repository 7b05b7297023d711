"""A tuple of arrays handed to kernels many times: it is laid out in memory once.

Python hands over a state of two hundred arrays by reading each of them, at every call: a tenth of a
millisecond, more than most calls take. Of one that is laid out the address is handed over.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba._dispatcher import compute_fingerprint
from numba.core import cgutils, types
from numba.extending import intrinsic, typeof_impl

from simulator.kernels.compiling import kernel_entry
from simulator.kernels.shared import Shared, laid_out_size
from simulator.kernels.state import Ints


def _lay_out_code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    of, room = signature.args
    data = context.make_array(room)(context, builder, arguments[1]).data
    size = context.get_constant(types.intp, laid_out_size(of))
    cgutils.raw_memcpy(builder, data, arguments[0], size, 1)  # type: ignore[no-untyped-call]
    return context.get_dummy_value()


def _lay_out_typed(_typing: Any, _of: Any, _room: Any) -> Any:
    return types.void(_of, _room), _lay_out_code


_fingerprint: Any = compute_fingerprint
_intrinsic: Any = intrinsic
_lay_out_there: Any = _intrinsic(_lay_out_typed)


@kernel_entry
def _lay_out(of: Any, room: Ints) -> None:
    """Write a shared tuple as kernels see it."""
    _lay_out_there(of, room)


_COMPILED = hasattr(_lay_out, "get_call_template")
"""Not where numba's compiler is off."""


class _Address(NamedTuple):
    address: int


_KNOWN: dict[bytes, tuple[Any, int]] = {}
"""By what numba knows tuples of one type by: see ``_handle_of``."""


def _handle_of(of: Any) -> tuple[Any, int]:
    """The class of what is handed over in the place of such a tuple, a tuple of one number; and how
    many bytes it takes."""
    known = _fingerprint(of)
    if known not in _KNOWN:
        kind = typeof_impl(of, None)
        _KNOWN[known] = _handle_class(kind), laid_out_size(kind)
    return _KNOWN[known]


def _handle_class(kind: Shared) -> Any:
    # numba tells tuples apart by the names of their classes.
    handle: Any = type(f"At {kind.name}", (_Address,), {"__slots__": ()})
    register: Any = typeof_impl.register
    register(handle)(lambda _value, _context: kind)
    return handle


class Handed:
    """Remembers where a shared tuple lies from the second time on that it is handed over.

    It holds that tuple, so that its arrays stay where they are.
    """

    def __init__(self) -> None:
        self._last: Any = None
        self._kept: Any = None
        self._room: Any = None
        self._handle: Any = None

    def __call__(self, of: Any) -> Any:
        """What to hand to kernels in the place of ``of``, to the same effect."""
        if of is self._kept:
            return self._handle
        if of is not self._last or not _COMPILED:
            self._last = of
            return of
        handle, size = _handle_of(of)
        room = np.empty(size // 8 + 1, np.int64)
        _lay_out(of, room)
        self._kept, self._room, self._last = of, room, None
        self._handle = handle(room.ctypes.data)
        return self._handle
