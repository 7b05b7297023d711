"""The one decorator of every kernel: its flags, and where its machine code is kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import cgutils, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., object])

_config: Any = numba.config
# Their annotations leave out ``_nrt``, and what kernels are handed.
_njit: Any = numba.njit
unliteral: Any = types.unliteral
_intrinsic: Any = intrinsic

_PACKAGE = Path(__file__).resolve().parent.parent


def kernel_files() -> list[Path]:
    """Every source file that holds kernels, sorted."""
    return sorted({*_PACKAGE.glob("kernels/*.py"), *_PACKAGE.rglob("*_kernel.py")})


class _Codegen:
    """A code generator for pieces: what is not executable needs no environment."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, env_name: str, env: object) -> None:
        """Nothing to set."""


class _Piece(JITCodeLibrary):
    """The code of a kernel that only kernels call: kept as it is until an entry takes it in.

    numba would link into each function all that it calls, down to the last, optimise it and make
    machine code of it: again for every function on the way up to an entry, though nobody but the
    entry is ever run.
    """

    @property
    def codegen(self) -> Any:
        """As numba asks for it when it makes the function ready to be called."""
        return _Codegen(self._codegen)

    def finalize(self) -> None:
        """Neither link nor optimise nor compile."""
        self._raise_if_finalized()  # type: ignore[no-untyped-call]
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """There is no machine code."""
        return 0

    def _get_module_for_linking(self) -> Any:
        """This kernel and all that it calls, put together when it is first asked for."""
        if self._shared_module is None:
            for library in dict.fromkeys(self._linking_libraries):
                self._final_module.link_in(library._get_module_for_linking(), preserve=True)
            super()._get_module_for_linking()  # type: ignore[no-untyped-call]
        return self._shared_module


class _PieceCompiler(Compiler):
    """Compiles a kernel to a piece."""

    def __init__(self, typingctx: Any, targetctx: Any, library: Any, *more: Any) -> None:
        super().__init__(typingctx, targetctx, library, *more)  # type: ignore[no-untyped-call]
        piece: Any = _Piece
        self.state.library = piece(self.state.targetctx.codegen(), "piece")


@cache
def kernels_hash() -> str:
    """SHA-256 of all kernels' sources and of numba's version.

    The machine code on disk is filed under it: numba by itself notices an edit to a kernel, but not
    one to another kernel that it calls (numba issue 1833), and would give the old answer.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for path in kernel_files():
        digest.update(path.relative_to(_PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _cache_folder() -> str:
    base = os.environ.get("ADIL_CACHE") or os.environ.get("XDG_CACHE_HOME")
    folder = Path(base) if base else Path.home() / ".cache"
    folder = folder / "adil" / "kernels" / kernels_hash()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return str(folder)
    except OSError:
        pass
    # A home that cannot be written costs a compilation for each boot, never a wrong result.
    fallback = Path(tempfile.gettempdir()) / f"adil-{os.getuid()}" / kernels_hash()[:16]
    fallback.mkdir(parents=True, exist_ok=True)
    return str(fallback)


def _compiled(function: Function, *, inline: bool = False, entry: bool = False) -> Function:
    """``function`` without Python objects, with the GIL released, its code kept on disk.

    ``_nrt=False`` leaves out the counting of references, an atomic operation for each array at each
    call, which took most of the time; a kernel that allocates then fails to compile, as it should.
    Wrappers for callers from Python and C, which took a third of the compile time, are made for
    entries alone. No ``fastmath``: results are the same bits on every machine that follows IEEE
    754. The folder is set for the decoration alone, so that other users of numba in this process
    keep their own.
    """
    before = _config.CACHE_DIR
    _config.CACHE_DIR = _cache_folder()
    try:
        compiled: Function = _njit(
            cache=entry,
            pipeline_class=Compiler if entry else _PieceCompiler,
            nogil=True,
            error_model="numpy",
            forceinline=inline,
            _nrt=False,
            no_cpython_wrapper=not entry,
            no_cfunc_wrapper=True,
        )(function)
    finally:
        _config.CACHE_DIR = before
    if hasattr(compiled, "get_call_template"):  # a plain function where numba's compiler is off
        _forget_literals(compiled)
    return compiled


def _forget_literals(compiled: Any) -> None:
    """Let a call with a constant be the same as one with a number: not compiled once for each."""
    template = compiled.get_call_template

    def plain(arguments: Any, keywords: Any) -> Any:
        return template(
            tuple(map(unliteral, arguments)), {k: unliteral(v) for k, v in keywords.items()}
        )

    compiled.get_call_template = plain


def kernel(function: Function) -> Function:
    """Compile a small function that is called often: it becomes part of its callers."""
    return _compiled(function, inline=True)


def kernel_apart(function: Function) -> Function:
    """Compile a large function, or a seldom called one: copies of it would cost compile time."""
    return _compiled(function)


def kernel_entry(function: Function) -> Function:
    """Compile a function that Python calls; the others only kernels can."""
    return _compiled(function, entry=True)


def instruction(name: str, *flags: bool, plain: Callable[[int], int]) -> Any:
    """An instruction of LLVM's, for kernels, from one 64-bit integer to another.

    ``plain`` does the same in Python, for kernels that run uncompiled.
    """
    if _config.DISABLE_JIT:
        return plain

    def typed(_typing: Any, number: Any) -> Any:
        def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            constants = [context.get_constant(types.boolean, flag) for flag in flags]
            return getattr(builder, name)(arguments[0], *constants)

        return types.int64(types.int64), code

    return _intrinsic(typed)


def _shift(array: Any, to: int, origin: int, count: int) -> None:
    array[to : to + count] = array[origin : origin + count]


def _shift_code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """As the C library moves memory: many times faster than a loop of our own."""
    kind, (vector, to, origin, count) = signature.args[0], arguments
    data = context.make_array(kind)(context, builder, vector).data
    bytes_each = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    target, source = builder.gep(data, [to]), builder.gep(data, [origin])
    copy: Any = cgutils.raw_memmove
    copy(builder, target, source, count, bytes_each)
    return context.get_dummy_value()


def _shift_typed(_typing: Any, array: Any, _to: Any, _origin: Any, _count: Any) -> Any:
    return types.void(array, types.int64, types.int64, types.int64), _shift_code


shift: Any = _shift if _config.DISABLE_JIT else _intrinsic(_shift_typed)
"""Move so many entries of a vector: (array, to, origin, count); the two places may overlap."""
