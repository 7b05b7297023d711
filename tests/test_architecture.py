"""The structure that docs/architecture.md describes, held by tests over the source itself."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path
from statistics import median

import pytest
from importlinter.cli import lint_imports

import simulator
from simulator.kernels.compiling import kernel_files

PACKAGE = Path(simulator.__file__).parent
ROOT = PACKAGE.parent
FILES = sorted(PACKAGE.rglob("*.py"))
NOT_COMPILED = ("__init__.py", "addresses.py", "compiling.py", "shared.py")
COMPILED = [path for path in kernel_files() if path.name not in NOT_COMPILED]
FOR_KERNELS = ("__future__", "math", "typing", "numpy", "numba", "simulator.kernels")
DECORATORS = (["kernel"], ["kernel_apart"], ["kernel_entry"])
MODELS = ("models.py", "fields.py", "registry.py")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> frozenset[str]:
    """Names of all modules that a file imports, wherever in it."""
    names = set[str]()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            names.add(node.module or "")
    return frozenset(names)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in packages)


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_packages_import_in_one_direction(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    before = list(sys.path)
    try:
        status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None)
    finally:
        sys.path[:] = before
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize("path", COMPILED, ids=relative)
def test_a_kernel_module_imports_numbers_and_kernels_alone(path):
    strangers = {
        name
        for name in imports(path)
        if not within(name, FOR_KERNELS) and not name.endswith("_kernel")
    }
    assert not strangers


@pytest.mark.parametrize("path", COMPILED, ids=relative)
def test_every_function_of_a_kernel_module_is_compiled_but_those_that_allocate(path):
    module = parsed(path)
    # What an instruction of the processor does, for runs that are not compiled.
    plain = {
        ast.unparse(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.keyword) and node.arg == "plain"
    }
    for each in (each for each in module.body if getattr(each, "name", None) not in plain):
        if isinstance(each, ast.FunctionDef):
            decorators = [ast.unparse(one) for one in each.decorator_list]
            called = {ast.unparse(n.func) for n in ast.walk(each) if isinstance(n, ast.Call)}
            allocates = any(name.startswith(("np.", "new_")) for name in called)
            assert decorators in DECORATORS or (not decorators and allocates), each.name


def test_only_one_module_sets_the_flags_of_the_compiler():
    assert [relative(path) for path in FILES if "numba" in imports(path)] == [
        "kernels/compiling.py"
    ]


def test_no_kernel_trades_exactness_for_speed():
    """fastmath reorders sums, so that results would differ between machines."""
    for path in kernel_files():
        for node in ast.walk(parsed(path)):
            assert not (isinstance(node, ast.keyword) and node.arg in ("fastmath", "parallel")), (
                path
            )


def test_models_alone_know_pydantic():
    importers = [path for path in FILES if any(within(n, ("pydantic",)) for n in imports(path))]
    strangers = [
        relative(path)
        for path in importers
        if path.name not in MODELS and path.parent.parent.name != "rules"
    ]
    assert importers
    assert not strangers


def test_random_numbers_come_from_named_streams_alone():
    """Statistics on finished runs draw their resamples from a seed of their own."""
    makers = {
        relative(path)
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and node.attr in ("default_rng", "PCG64", "RandomState", "seed")
        and ast.unparse(node).startswith(("np.random", "numpy.random"))
    }
    assert makers <= {"streams.py", "study/statistics.py"}
    assert not [relative(path) for path in FILES if "random" in imports(path)]


def test_files_are_short():
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert median(lengths.values()) < 130
    for folder in ("tests", "benchmarks", "docs"):
        for path in (ROOT / folder).rglob("*.py"):
            lengths[path] = len(path.read_text("utf-8").splitlines())
    assert not {str(path): length for path, length in lengths.items() if length > 400}


def test_the_page_on_architecture_names_every_package():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = {path.parent.relative_to(PACKAGE).parts[0] for path in PACKAGE.glob("*/__init__.py")}
    assert not {name for name in packages if f"`{name}`" not in page}
