"""Writes the tables of the reference pages anew from the code: ``python docs/generate.py``.

A page holds its tables between ``<!-- generated: NAME -->`` and ``<!-- end -->``; what stands
around them is written by hand. A test fails while a page is out of date.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from simulator.cluster.hardware.models import NodeClass, NodeList
from simulator.cluster.models import CapacityLoss, MaintenanceWindow, Nodes, Pool
from simulator.cluster.nodes.models import NodeWindow, Partition
from simulator.cluster.outages.models import Checkpoint, Checkpoints, Failures, Repair
from simulator.metrics.registry import METRICS
from simulator.results.schema import NODES, TABLES
from simulator.rules.accounting.models import (
    Accounting,
    HalfLife,
    Never,
    Sliding,
    SlurmDecay,
    Tumbling,
)
from simulator.rules.accounting.prices import Charge, OffPeak
from simulator.rules.accounts.models import Account, Accounts
from simulator.rules.backfill.registry import Backfill
from simulator.rules.models import Rule
from simulator.rules.ordering.multifactor import TresWeights, Weights
from simulator.rules.ordering.registry import Ordering
from simulator.rules.ordering.slurm_shares import (
    ClassicShares,
    DepthObliviousShares,
    FairTreeShares,
)
from simulator.rules.placement.registry import Placement
from simulator.rules.preemption.models import Preemption
from simulator.rules.preemption.registry import How
from simulator.rules.qos.models import Qos
from simulator.scenario.models import Comparison, Scenario
from simulator.scenario.rule_catalogue import named_rule, rule_names
from simulator.units import format_duration
from simulator.workload.models import Classes, Filter, Log, Scale, Window
from simulator.workload.synthetic.models import (
    Applicants,
    Cycle,
    Endings,
    Requests,
    RunTime,
    Slices,
    Synthetic,
    Walltime,
)

DOCS = Path(__file__).resolve().parent
Models = dict[str, type[BaseModel]]

SETTINGS: Models = {
    "The file itself": Scenario,
    "`cluster`, `kind: pool`": Pool,
    "`cluster.maintenance[]` of a pool": MaintenanceWindow,
    "`cluster.losses[]` of a pool": CapacityLoss,
    "`cluster`, `kind: nodes`": Nodes,
    "`cluster.classes.NAME`": NodeClass,
    "`cluster.node_list`": NodeList,
    "`cluster.partitions.NAME`": Partition,
    "`cluster.maintenance[]` of nodes": NodeWindow,
    "`cluster.failures`": Failures,
    "`repair`, `leaf_repair`": Repair,
    "`cluster.checkpoints`": Checkpoints,
    "`everyone` and each of `classes`": Checkpoint,
    "`workload`, `kind: synthetic`": Synthetic,
    "`workload.classes.NAME` of a synthetic workload": Applicants,
    "`run_time`": RunTime,
    "`workload.walltime`": Walltime,
    "`workload.cycle`": Cycle,
    "`requests`": Requests,
    "`requests.slices`": Slices,
    "`endings`": Endings,
    "`workload`, `kind: log`": Log,
    "`workload.keep`, `workload.drop`": Filter,
    "`workload.window`": Window,
    "`workload.scale`": Scale,
    "`workload.classes` of a log": Classes,
    "`rules.NAME`": Rule,
    "`accounts`": Accounts,
    "`accounts.tree.NAME`": Account,
    "`qos.NAME`": Qos,
    "`accounting`": Accounting,
    "`accounting.fade`, `kind: none`": Never,
    "`accounting.fade`, `kind: half_life`": HalfLife,
    "`accounting.fade`, `kind: sliding`": Sliding,
    "`accounting.fade`, `kind: tumbling`": Tumbling,
    "`accounting.fade`, `kind: slurm`": SlurmDecay,
    "`accounting.charge`": Charge,
    "`accounting.off_peak[]`": OffPeak,
    "`ordering.weights` of `multifactor`": Weights,
    "`ordering.weights.tres`": TresWeights,
    "`ordering.share_rule`, `kind: fair_tree`": FairTreeShares,
    "`ordering.share_rule`, `kind: classic_fair_share`": ClassicShares,
    "`ordering.share_rule`, `kind: depth_oblivious`": DepthObliviousShares,
    "`preemption`": Preemption,
    "`comparison`": Comparison,
}
"""Where in a file each group of settings stands."""
KINDS = {
    "array": "list",
    "object": "names with values",
    "string": "text",
    "null": "nothing",
    "integer": "whole number",
    "boolean": "`true`, `false`",
    "['string', 'integer']": "text or number",
}
"""Types of JSON in words."""
DURATION = "like `12h`"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |"
                     for line in lines)  # fmt: skip


def described(model: type) -> str:
    """A docstring as one paragraph each."""
    paragraphs = (inspect.getdoc(model) or "").replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def kind_of(schema: dict[str, Any]) -> str:
    """What a setting takes, in words."""
    if "examples" in schema:
        return f"like `{schema['examples'][0]}`"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        kinds = dict.fromkeys(kind_of(each) for each in choices)
        return " or ".join(kind for kind in kinds if kind != "nothing")
    if words := schema.get("enum") or [schema[key] for key in ("const",) if key in schema]:
        return ", ".join(f"`{each}`" for each in words)
    return KINDS.get(str(schema.get("type", "settings")), str(schema.get("type", "settings")))


def default_of(model: type[BaseModel], name: str, kind: str) -> str:
    """What holds where a file says nothing."""
    field = model.model_fields[name]
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}):
        return "–"
    if isinstance(value, BaseModel):
        return f"`{value.kind}`" if hasattr(value, "kind") else "as below"
    if isinstance(value, tuple | dict):
        return f"{len(value)} values"
    if isinstance(value, int) and value and DURATION in kind:
        return f"`{format_duration(value, units=4)}`"
    return f"`{str(value).lower()}`"


def settings() -> str:
    """Every setting of a scenario file."""
    parts = []
    for place, model in SETTINGS.items():
        properties = model.model_json_schema()["properties"]
        rows = []
        for name, field in model.model_fields.items():
            kind = kind_of(properties[name])
            meaning = " ".join((field.description or "").replace("``", "`").split())
            rows.append((f"`{name}`", kind, default_of(model, name, kind), meaning))
        heads = ("setting", "takes", "default", "meaning")
        parts.append(f"### {place}\n\n{described(model)}\n\n{table(heads, rows)}")
    return "\n\n".join(parts)


def stages(union: Any) -> str:
    """The variants of a stage of a rule, and what their parameters mean."""
    rows = []
    meanings: dict[tuple[str, str, str, str], list[str]] = {}
    for model in get_args(get_args(union)[0]):
        word = f"`{model.model_fields['kind'].default}`"
        properties = model.model_json_schema()["properties"]
        names = [name for name in model.model_fields if name != "kind"]
        for name in names:
            kind = kind_of(properties[name])
            said = " ".join((model.model_fields[name].description or "").replace("``", "`").split())
            key = (f"`{name}`", kind, default_of(model, name, kind), said)
            meanings.setdefault(key, []).append(word)
        text = described(model).replace("\n\n", " ")
        rows.append((word, ", ".join(f"`{name}`" for name in names) or "–", text))
    variants = table(("word", "parameters", "what it does"), rows)
    if not meanings:
        return variants
    parameters = [(name, ", ".join(words), *rest) for (name, *rest), words in meanings.items()]
    heads = ("parameter", "of", "takes", "default", "meaning")
    return f"{variants}\n\n{table(heads, parameters)}"


def named_rules() -> str:
    """The catalogue of named rules."""
    rows = []
    for name in rule_names():
        rule = named_rule(name)
        rows.append((f"`{name}`", rule.title, f"`{rule.ordering.kind}`", f"`{rule.backfill.kind}`"))
    return table(("name", "title", "ordering", "backfill"), rows)


def metrics() -> str:
    """Every metric with its meaning."""
    parts = []
    for each in METRICS.values():
        better = {"none": "describes; no way is better"}.get(
            each.direction, f"{each.direction} is better"
        )
        rows = [
            ("formula", each.formula),
            ("unit", each.unit or "a pure number"),
            ("direction", better),
            ("level", each.level),
            ("unfinished jobs", each.unfinished or "–"),
            ("over replications", "geometric mean, compared by ratio" if each.scale == "log"
             else "mean, compared by difference"),
            ("may judge a rule", "yes" if each.judges else "no"),
            ("source", each.source or "–"),
        ]  # fmt: skip
        parts.append(f"### `{each.name}`\n\n{each.title[0].upper()}{each.title[1:]}.\n\n"
                     + table(("", ""), rows))  # fmt: skip
    return "\n\n".join(parts)


def columns() -> str:
    """Every column of every table."""
    parts = []
    for name, schema in {**TABLES, "nodes": NODES}.items():
        rows = [
            (f"`{field.name}`", str(field.type).split("<")[0], field.metadata[b"doc"].decode())
            for field in schema
        ]
        parts.append(f"### `{name}.parquet`\n\n{table(('column', 'type', 'meaning'), rows)}")
    return "\n\n".join(parts)


GENERATED = {
    "settings": settings,
    "orderings": lambda: stages(Ordering),
    "backfills": lambda: stages(Backfill),
    "placements": lambda: stages(Placement),
    "what becomes of victims": lambda: stages(How),
    "named rules": named_rules,
    "metrics": metrics,
    "columns": columns,
}
_PART = re.compile(r"(<!-- generated: (?P<name>[a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """A page with its generated parts made anew."""
    return _PART.sub(lambda part: f"{part[1]}\n{GENERATED[part['name']]()}\n\n{part[3]}", text)


def main() -> None:
    """Write every page that has generated parts."""
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if (new := renewed(text)) != text:
            path.write_text(new, encoding="utf-8")
            print(path.name)


if __name__ == "__main__":
    main()
