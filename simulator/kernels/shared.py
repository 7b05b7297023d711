"""Tuples of arrays that kernels hand from function to function as one address.

numba hands a tuple over part by part. A state of a hundred arrays would be seven hundred numbers at
each call: they cost more than most calls do, and nearly all of the time it took to compile them.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel.models import PrimitiveModel
from numba.core.datamodel.registry import register_default
from numba.core.registry import cpu_target
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    typeof_impl,
    unbox,
)

Class = TypeVar("Class", bound=type[tuple[Any, ...]])

_INT32 = ir.IntType(32)


class Shared(types.Type):
    """A named tuple in memory that nobody changes: kernels change what is in its arrays."""

    def __init__(self, of: str, fields: tuple[tuple[str, Any], ...]) -> None:
        self.fields = fields
        digest = hashlib.sha256(repr(fields).encode()).hexdigest()[:12]
        super().__init__(name=f"{of}.{digest}")

    def at(self, name: str) -> int:
        """Where a field stands; −1 if there is none."""
        names = [field for field, _ in self.fields]
        return names.index(name) if name in names else -1


def shared(of: Class) -> Class:
    """Decorate a ``NamedTuple`` so that kernels take it by address. They cannot make one."""

    def type_of(value: Any, context: Any) -> Shared:
        kinds = (typeof_impl(part, context) for part in value)
        return Shared(of.__name__, tuple(zip(value._fields, kinds, strict=True)))

    typeof_impl.register(of)(type_of)
    return of


def _layout(models: Any, kind: Any) -> Any:
    """How it lies in memory: a tuple within a tuple lies in it, not behind an address."""
    if isinstance(kind, Shared):
        return ir.LiteralStructType([_layout(models, part) for _, part in kind.fields])
    return models.lookup(kind).get_value_type()


def _size(layout: Any) -> int:
    """Bytes that it takes at least."""
    if isinstance(layout, ir.LiteralStructType):
        return sum(map(_size, layout.elements))
    if isinstance(layout, ir.ArrayType):
        return int(layout.count) * _size(layout.element)
    if isinstance(layout, ir.IntType):
        return int(layout.width) // 8
    return 4 if isinstance(layout, ir.FloatType) else 8


@register_default(Shared)
class _Address(PrimitiveModel):
    def __init__(self, models: Any, kind: Shared) -> None:
        self.layout = _layout(models, kind)
        super().__init__(models, kind, self.layout.as_pointer())

    def from_argument(self, builder: Any, value: Any) -> Any:
        """Let LLVM know that it may read ahead, and that nothing else writes there."""
        if isinstance(value, ir.Argument):
            value.add_attribute("noalias")
            value.attributes.dereferenceable = _size(self.layout)
        return value


@infer_getattr
class _Fields(AttributeTemplate):
    key = Shared

    def generic_resolve(self, kind: Shared, name: str) -> Any:  # type: ignore[override]
        at = kind.at(name)
        return kind.fields[at][1] if at >= 0 else None


def _inside(builder: Any, address: Any, at: int) -> Any:
    return builder.gep(address, [_INT32(0), _INT32(at)], inbounds=True)


def _read(builder: Any, address: Any, layout: Any, never_changes: Any) -> Any:
    """Load it part by part: LLVM leaves out the parts that nobody uses."""
    parts: list[Any] = []
    if isinstance(layout, ir.LiteralStructType):
        parts = list(layout.elements)
    elif isinstance(layout, ir.ArrayType):
        parts = [layout.element] * layout.count
    else:
        loaded = builder.load(address, typ=layout)
        loaded.set_metadata("invariant.load", never_changes)
        return loaded
    value = ir.Constant(layout, ir.Undefined)
    for at, part in enumerate(parts):
        read = _read(builder, _inside(builder, address, at), part, never_changes)
        value = builder.insert_value(value, read, at)
    return value


@lower_getattr_generic(Shared)
def _field(context: Any, builder: Any, kind: Shared, value: Any, name: str) -> Any:
    at = kind.at(name)
    address, part = _inside(builder, value, at), kind.fields[at][1]
    if isinstance(part, Shared):
        return address
    return _read(
        builder, address, _layout(context.data_model_manager, part), builder.module.add_metadata([])
    )


def _write(kind: Shared, address: Any, tuple_: Any, c: Any, failed: Any) -> None:
    for at, (_, part) in enumerate(kind.fields):
        item = c.pyapi.tuple_getitem(tuple_, at)
        inside = _inside(c.builder, address, at)
        if isinstance(part, Shared):
            _write(part, inside, item, c, failed)
        else:
            native = c.unbox(part, item)
            c.builder.store(native.value, inside)
            with c.builder.if_then(native.is_error, likely=False):
                c.builder.store(cgutils.true_bit, failed)


def laid_out_size(kind: Shared) -> int:
    """Bytes that such a tuple takes in memory."""
    return _size(cpu_target.target_context.data_model_manager[kind].layout)


@unbox(Shared)
def _from_python(kind: Shared, value: Any, c: Any) -> NativeValue:
    """The address of a tuple that is written down for this call, or that a tuple of one number
    tells: see ``addresses.Handed``."""
    model = c.context.data_model_manager[kind]
    room = cgutils.alloca_once(c.builder, model.layout)
    given = cgutils.alloca_once_value(c.builder, room)
    failed = cgutils.alloca_once_value(c.builder, cgutils.false_bit)
    size = c.pyapi.tuple_size(value)
    with c.builder.if_else(c.builder.icmp_signed("==", size, size.type(1))) as (is_told, is_not):
        with is_told:
            number = c.unbox(types.intp, c.pyapi.tuple_getitem(value, 0)).value
            c.builder.store(c.builder.inttoptr(number, room.type), given)
        with is_not:
            _write(kind, room, value, c, failed)
    address = c.builder.load(given)
    # What is behind the address never changes from here on, but until here it did: an empty piece
    # of assembly hides from LLVM that it is the same address.
    kept = ir.FunctionType(address.type, [address.type])
    address = c.builder.asm(kept, "", "=r,0,~{memory}", [address], side_effect=True)
    return NativeValue(address, is_error=c.builder.load(failed))
