"""The pages say what the code does: commands and examples are run, reference tables are current."""

from __future__ import annotations

import doctest
import importlib.util
import re
import shlex
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from simulator.cli.app import main
from simulator.rules.backfill.registry import Backfill
from simulator.rules.ordering.registry import Ordering
from simulator.rules.placement.registry import Placement
from simulator.rules.preemption.registry import How
from simulator.scenario.load import load
from simulator.scenario.models import Scenario

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING"))]
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)(?P<target>[^)#\s]+)")
QUICK = ("check", "rules", "metrics")
LOG = """\
; MaxProcs: 4
1 0 -1 100 3 -1 -1 3 100 -1 1 1 1 1 1 1 -1 -1
2 10 -1 100 3 -1 -1 3 100 -1 1 2 1 1 1 1 -1 -1
3 20 -1 50 1 -1 -1 1 50 -1 1 3 1 1 1 1 -1 -1
"""


def blocks(path: Path, *kinds: str) -> list[str]:
    found = BLOCK.finditer(path.read_text(encoding="utf-8"))
    return [block["text"] for block in found if block["kind"] in kinds]


def commands() -> list[list[str]]:
    """Every ``adil`` command of the pages."""
    lines = [
        line for page in PAGES for text in blocks(page, "sh", "bash") for line in text.splitlines()
    ]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("adil ")]


def adil(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["adil", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("words", [w for w in commands() if w[0] in QUICK], ids=" ".join)
def test_a_quick_command_of_the_pages_works(words, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert adil(words, monkeypatch) == 0


@pytest.mark.parametrize("words", [w for w in commands() if w[0] == "run"], ids=" ".join)
def test_a_study_of_the_pages_would_run(words, monkeypatch):
    """The study itself is long; that it can be run is checked with the same settings."""
    monkeypatch.chdir(ROOT)
    scenarios = [word for word in words if word.endswith(".yaml")]
    changes = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
    known = {"--set", "--out", "--seed", "--replications", "--workers", "--resume", "--json"}
    assert {word for word in words if word.startswith("--")} <= known
    settings = [word for change in changes for word in ("--set", change)]
    assert adil(["check", *scenarios, *settings], monkeypatch) == 0


def test_the_python_page_shows_what_comes_out(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    (tmp_path / "log.swf").write_text(LOG)
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    examples = doctest.DocTestParser().get_doctest(
        (DOCS / "python.md").read_text(encoding="utf-8").replace("```", ""),
        {},
        "python.md",
        None,
        0,
    )
    runner = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    runner.run(examples, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)
    assert runner.tries > 10


@pytest.mark.parametrize(
    "text",
    [text for page in PAGES for text in blocks(page, "yaml") if re.search(r"^name:", text, re.M)],
    ids=lambda text: re.search(r"^name: (\S+)", text, re.M)[1],
)
def test_a_scenario_of_the_pages_is_valid(text, tmp_path):
    for folder in (tmp_path, tmp_path / "scenarios"):
        shutil.copytree(ROOT / "scenarios", folder, dirs_exist_ok=True)
    path = tmp_path / "page.yaml"
    path.write_text(text, encoding="utf-8")
    load(path)


def test_the_rules_of_the_scenario_page_are_valid(tmp_path):
    (text,) = (text for text in blocks(DOCS / "scenario.md", "yaml") if text.startswith("rules:"))
    path = tmp_path / "page.yaml"
    path.write_text(f"name: page\nworkload: {{kind: log, trace: ./log.swf}}\n{text}")
    assert load(path).scenario.rules["lenient"].overrun == "allow"


def generator() -> ModuleType:
    """The script that writes the reference tables."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_tables_are_current():
    generate = generator()
    names = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        names |= {part["name"] for part in generate._PART.finditer(text)}
        assert generate.renewed(text) == text, f"{page.name}: run python docs/generate.py"
    assert names == set(generate.GENERATED)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        assert (page.parent / link["target"]).exists(), link["target"]


def test_every_page_is_in_the_table_of_contents():
    index = (DOCS / "index.md").read_text(encoding="utf-8").splitlines()
    assert {page.stem for page in DOCS.glob("*.md")} - {"index"} <= set(index)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page):
    named = re.findall(r"`((?:simulator|tests|scenarios|docs)/[\w./]+)`", page.read_text("utf-8"))
    missing = [name for name in named if not (ROOT / name).exists()]
    if page.name == "adding-a-rule.md":
        missing = [name for name in missing if "area" not in name]
    assert not missing


def test_every_setting_is_on_a_page():
    """A group of settings that the generator does not know would be missing silently."""
    groups = set(Scenario.model_json_schema()["$defs"])
    stages = {
        model.__name__
        for stage in (Ordering, Backfill, Placement, How)
        for model in get_args(get_args(stage)[0])
    }
    known = {model.__name__ for model in generator().SETTINGS.values()}
    assert groups <= known | stages
