"""Writes the tables of the reference pages anew from the code: ``python docs/generate.py``.

A page holds its tables between ``<!-- generated: NAME -->`` and ``<!-- end -->``; what stands
around them is written by hand. A test fails while a page is out of date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel

from simulator.cluster.hardware.models import NodeClass, NodeList
from simulator.cluster.models import CapacityLoss, MaintenanceWindow, Nodes, Pool
from simulator.cluster.nodes.models import NodeWindow, Partition
from simulator.cluster.outages.models import Checkpoint, Checkpoints, Failures, Repair
from simulator.metrics.registry import METRICS
from simulator.results.schema import (
    ADDS_TO,
    APPLICATIONS,
    ARRAY,
    GPU_USE,
    JOBS,
    LINES,
    NODES,
    TABLES,
)
from simulator.rules.accounting.hours import Hours
from simulator.rules.accounting.models import (
    Accounting,
    HalfLife,
    Never,
    Sliding,
    SlurmDecay,
    Steps,
    Tumbling,
)
from simulator.rules.accounting.prices import Charge, OffPeak
from simulator.rules.accounts.models import Account, Accounts
from simulator.rules.applications.models import (
    Applications,
    Automatic,
    ByPanel,
    Panel,
    Supplement,
    Tier,
)
from simulator.rules.backfill.slurm import Latencies, Own, Phases
from simulator.rules.formula.names import FUNCTIONS, VARIABLES
from simulator.rules.limits.budget_models import Budget, Fading, Overuse, PullBack
from simulator.rules.limits.models import Limit, Submitted
from simulator.rules.limits.quota_models import Cohort, Quota
from simulator.rules.limits.reservation_models import Reservation
from simulator.rules.models import Reform, Rule
from simulator.rules.ordering.kueue_afs import ResourceWeights
from simulator.rules.ordering.multifactor import TresWeights, Weights
from simulator.rules.ordering.size_bins import Bin
from simulator.rules.ordering.slurm_shares import (
    ClassicShares,
    DepthObliviousShares,
    FairTreeShares,
)
from simulator.rules.preemption.idle_models import Idle
from simulator.rules.preemption.models import Preemption
from simulator.rules.qos.models import Qos
from simulator.scenario.models import Comparison, Scenario
from simulator.scenario.rule_catalogue import named_rule, rule_names
from simulator.scenario.rule_pages import STAGES, Page, variants
from simulator.scenario.words import paragraphs, settings_of
from simulator.workload.models import Classes, Filter, Log, Scale, Window
from simulator.workload.synthetic.models import (
    Applicants,
    Arrays,
    ArraySizes,
    Cycle,
    Deadlines,
    Endings,
    GpuUse,
    Projects,
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
    "`projects`": Projects,
    "`run_time`": RunTime,
    "`workload.walltime`": Walltime,
    "`workload.cycle`": Cycle,
    "`requests`": Requests,
    "`requests.slices`": Slices,
    "`endings`": Endings,
    "`gpu_use`": GpuUse,
    "`deadlines`": Deadlines,
    "`arrays`": Arrays,
    "`arrays.size`": ArraySizes,
    "`workload`, `kind: log`": Log,
    "`workload.keep`, `workload.drop`": Filter,
    "`workload.window`": Window,
    "`workload.scale`": Scale,
    "`workload.classes` of a log": Classes,
    "`rules.NAME`": Rule,
    "`rules.NAME.reforms[]`": Reform,
    "`accounts`": Accounts,
    "`accounts.tree.NAME`": Account,
    "`qos.NAME`": Qos,
    "`limits.NAME`": Limit,
    "`limits.NAME.submitted`": Submitted,
    "`quotas.NAME`": Cohort,
    "`quotas.NAME.members.NAME`": Quota,
    "`budgets.NAME`": Budget,
    "`budgets.NAME.fade`": Fading,
    "`budgets.NAME.overuse[]`": Overuse,
    "`budgets.NAME.pull_back[]`": PullBack,
    "`reservations.NAME`": Reservation,
    "`reservations.NAME.hours`": Hours,
    "`applications`": Applications,
    "`applications.tiers.NAME`": Tier,
    "`applications.tiers.NAME.review`, `kind: automatic`": Automatic,
    "`applications.tiers.NAME.review`, `kind: panel`": ByPanel,
    "`applications.tiers.NAME.supplement`": Supplement,
    "`applications.panels.NAME`": Panel,
    "`accounting`": Accounting,
    "`accounting.fade`, `kind: none`": Never,
    "`accounting.fade`, `kind: half_life`": HalfLife,
    "`accounting.fade`, `kind: sliding`": Sliding,
    "`accounting.fade`, `kind: tumbling`": Tumbling,
    "`accounting.fade`, `kind: steps`": Steps,
    "`accounting.fade`, `kind: slurm`": SlurmDecay,
    "`accounting.charge`": Charge,
    "`accounting.off_peak[]`": OffPeak,
    "`ordering.weights` of `multifactor`": Weights,
    "`ordering.weights.tres`": TresWeights,
    "`ordering.share_rule`, `kind: fair_tree`": FairTreeShares,
    "`ordering.share_rule`, `kind: classic_fair_share`": ClassicShares,
    "`ordering.share_rule`, `kind: depth_oblivious`": DepthObliviousShares,
    "`backfill.phases` of `slurm`": Phases,
    "`backfill.latencies` of `slurm`": Latencies,
    "`backfill.latencies.NAME`, of each job": Own,
    "`preemption`": Preemption,
    "`preemption.idle`": Idle,
    "`ordering.bins[]` of `size_bins`": Bin,
    "`ordering.weights` of `kueue_afs`": ResourceWeights,
    "`comparison`": Comparison,
}
"""Where in a file each group of settings stands."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |"
                     for line in lines)  # fmt: skip


def described(model: type) -> str:
    """A docstring as one paragraph each."""
    return "\n\n".join(paragraphs(model))


def settings() -> str:
    """Every setting of a scenario file."""
    parts = []
    for place, model in SETTINGS.items():
        rows = [(f"`{name}`", *others) for name, *others in settings_of(model)]
        heads = ("setting", "takes", "default", "meaning")
        parts.append(f"### {place}\n\n{described(model)}\n\n{table(heads, rows)}")
    return "\n\n".join(parts)


def stage(name: str) -> str:
    """The variants of a stage of a rule, each in a sentence; the whole pages stand elsewhere."""
    rows = [
        (f"[`{page.word}`](variants.md#{anchor(page)})", page.gist)
        for page in variants(name).values()
    ]
    return table(("word", "what it does"), rows)


def anchor(page: Page) -> str:
    """What its heading is called in links."""
    return f"{page.stage.replace('.', '')}-{page.word}"


def pages() -> str:
    """Every variant of every stage: plain words, formula, parameters, example, source."""
    parts = []
    for name, (decides, _) in STAGES.items():
        parts.append(f"## {name}: {decides}")
        for page in variants(name).values():
            parts += [f"### {name}: `{page.word}`", *page.text]
            rows = [(f"`{parameter}`", *others) for parameter, *others in page.parameters]
            if rows:
                parts.append(table(("parameter", "takes", "default", "meaning"), rows))
            parts += [f"*Example.* {page.example}"] if page.example else []
            parts += [f"*Source.* {page.source}"] if page.source else []
    return "\n\n".join(parts)


def variables() -> str:
    """What a formula may look at."""
    rows = [(f"`{name}`", each.of, each.meaning) for name, each in VARIABLES.items()]
    functions = [(f"`{name}`", "function", meaning) for name, (*_, meaning) in FUNCTIONS.items()]
    return table(("name", "of", "meaning"), [*rows, *functions])


def named_rules() -> str:
    """The catalogue of named rules."""
    rows = []
    for name in rule_names():
        rule = named_rule(name)
        rows.append((f"`{name}`", rule.title, f"`{rule.ordering.kind}`", f"`{rule.backfill.kind}`"))
    meaning = []
    for name in rule_names():
        if means := named_rule(name).means:
            lines = "\n".join(f"- **{whom}**: {what}" for whom, what in means.items())
            meaning.append(f"### `{name}`\n\n{named_rule(name).title}.\n\n{lines}")
    heads = ("name", "title", "ordering", "backfill")
    return "\n\n".join([table(heads, rows), "What some of them mean for whom:", *meaning])


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
    jobs = JOBS.append(GPU_USE).append(ARRAY)
    whole = {"jobs": jobs, "applications": APPLICATIONS.append(ADDS_TO).append(LINES)}
    for name, schema in {**TABLES, **whole, "nodes": NODES}.items():
        rows = [
            (f"`{field.name}`", str(field.type).split("<")[0], field.metadata[b"doc"].decode())
            for field in schema
        ]
        parts.append(f"### `{name}.parquet`\n\n{table(('column', 'type', 'meaning'), rows)}")
    return "\n\n".join(parts)


GENERATED = {
    "settings": settings,
    "orderings": lambda: stage("ordering"),
    "backfills": lambda: stage("backfill"),
    "placements": lambda: stage("placement"),
    "what becomes of victims": lambda: stage("preemption.how"),
    "fades": lambda: stage("accounting.fade"),
    "pages": pages,
    "variables": variables,
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
