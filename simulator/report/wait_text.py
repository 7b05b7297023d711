"""Why a job waited, on the terminal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich import box
from rich.table import Table
from rich.text import Text

from simulator.units import format_duration

if TYPE_CHECKING:
    from rich.console import Console

    Told = dict[str, Any]

_ROWS = 7
"""Looks whose numbers are shown; the picture shows all."""
_OVERTAKERS = 5
_TAKERS = 4
_PASSES = {"main": "A main pass", "backfill": "A backfill pass"}
_IN_PASSES = {"main": "in main passes", "backfill": "in backfill passes"}
_FATES = {"went on": "", "ended": ", then it ended", "stands still": ", and does still"}


def print_wait(told: Told, console: Console) -> None:
    """Print what ``simulator.study.explained.record`` made of a job."""
    job = told["job"]
    console.print(Text(_headline(told), style="bold"))
    for line in (*_life(told), *_begun(told), *_reformed(told), *_stopped(told)):
        console.print(Text(line))
    if told["suspended"]:
        console.print(_stretches(told))
    if not told["looks"]:
        console.print()
        return
    console.print(_reasons(told))
    console.print(_over_time(told))
    for line in (*_meanwhile(told), *_otherwise(told, job)):
        console.print(Text(line))
    console.print(Text(_asked(told), style="dim"))
    console.print()


def _asked(told: Told) -> str:
    taken, by_pass = len(told["looks"]), [look["pass"] for look in told["looks"] if look["pass"]]
    if by_pass:
        backfill = by_pass.count("backfill")
        return (
            f"Asked in {taken - backfill:,} main and {backfill:,} backfill passes; each answer is "
            "taken to hold until the next of its kind."
        )
    return (
        f"Asked at {taken:,} of the {told['instants']:,} instants of its wait; each answer is "
        "taken to hold until the next."
    )


def _begun(told: Told) -> list[str]:
    """Which of Slurm's passes started it."""
    by = [_PASSES[each["pass"]] for each in told["started_by"]]
    if not by:
        return []
    if len(by) == 1:
        return [f"{by[0]} started it."]
    return [f"It was started by, in turn: {', '.join(each.lower() for each in by)}."]


def when(told: Told, instant: int | None) -> str:
    """An instant in the study's local time."""
    return "–" if instant is None else f"{_local(told, instant):%a %d %b %Y %H:%M}"


def _briefly(told: Told, instant: int | None) -> str:
    """The same for a column: without the year, which is that of its submission or the next."""
    return "–" if instant is None else f"{_local(told, instant):%a %d %b %H:%M}"


def _local(told: Told, instant: int) -> datetime:
    return datetime.fromtimestamp(told["epoch"] + instant, ZoneInfo(told["time_zone"]))


def _amount(value: float) -> str:
    return f"{value:,.4g}"


def _headline(told: Told) -> str:
    job = told["job"]
    what = "unit" if told["machine"] == "pool" else "GPU"
    size = f"{_amount(job['gpus'])} {what}{'' if job['gpus'] == 1 else 's'}"
    nodes = f" on {job['nodes']:,} nodes" if job["nodes"] > 1 else ""
    return (
        f"Job {job['job_id']} of {job['user']} ({job['job_class']}): {size}{nodes} for up to "
        f"{format_duration(job['walltime'])}, under {told['rule']}"
    )


def _life(told: Told) -> list[str]:
    job = told["job"]
    if job["state"] == "refused" and told["refused_in"] is None:
        by = job["refused_by"]
        who = "the machine: it can never fit" if by == "machine" else f"the {by}"
        return [f"It never waited: {who} refused it when it was submitted."]
    submitted = f"Submitted {when(told, job['submit'])}"
    if told["refused_in"] is not None:
        waited = format_duration(_waited(told))
        return [f"{submitted}; waited {waited} until a reform refused it: the {job['refused_by']}."]
    if not told["waits"]:
        started = " It started at once." if job["start"] is not None else ""
        return [f"{submitted}. It never waited.{started}"]
    if job["start"] is None:
        end = " until it was taken back" if job["state"] == "cancelled" else ", and never started"
        return [f"{submitted}; waited {format_duration(job['queued'])}{end}."]
    line = f"{submitted}, started {when(told, job['start'])}: waited {format_duration(job['wait'])}"
    again = len(told["waits"]) - (told["waits"][0]["since"] == "submitted")
    if again:
        times = "once more" if again == 1 else f"{again} times more"
        line += f", and {times}, {format_duration(job['queued'])} in all"
    return [f"{line}."]


def _waited(told: Told) -> int:
    return sum(wait["end"] - wait["start"] for wait in told["waits"])


def _reformed(told: Told) -> list[str]:
    """Which rules the job waited under, one after the other."""
    if len(told["eras"]) == 1 or not told["waits"]:
        return []
    eras, begun = told["eras"], told["waits"][0]["start"]
    first = max(number for number, era in enumerate(eras) if era["since"] <= begun)
    lines = []
    if first:
        verb = "came" if told["reforms"] else "waited"
        since = when(told, eras[first]["since"])
        lines.append(f"It {verb} under the rule in force since {since}{_called(eras[first])}.")
    ends = {wait["end"]: wait["started"] for wait in told["waits"]}
    for each in told["reforms"]:
        what = _called(eras[each["era"]])
        at = when(told, each["time"])
        if each["time"] not in ends:
            lines.append(f"While it waited, a reform took effect: {at}{what}.")
        elif ends[each["time"]]:
            lines.append(f"It started in the second in which a reform took effect: {at}{what}.")
        else:
            lines.append(f"The reform with which its wait ended: {at}{what}.")
    return lines


def _called(era: Told) -> str:
    """What a rule that took over is called, and what it changed."""
    title = f", {era['title']}" if era["title"] else ""
    return f"{title} ({'; '.join(era['changes'])})" if era["changes"] else title


def _suspended(told: Told) -> list[str]:
    """How often it was suspended, and for how long in all."""
    spans = [each["until"] - each["since"] for each in told["suspended"]]
    if not spans:
        return []
    if len(spans) == 1:
        return [f"It was suspended once, for {format_duration(spans[0])}."]
    total = format_duration(sum(spans))
    return [f"It was suspended {len(spans):,} times, {total} in all."]


def _stretches(told: Told) -> Table:
    """The longest of these times: for whom, who had its CPUs, and why it did not go on."""
    names = "from", "for how long", "for whom", "why it did not go on"
    table = _table("When it stood still", *names)
    longest = sorted(told["suspended"], key=lambda each: each["since"] - each["until"])[:_ROWS]
    for each in sorted(longest, key=lambda each: each["since"]):
        whom = "–" if each["job_id"] is None else f"job {each['job_id']} ({each['job_class']})"
        lasted = format_duration(each["until"] - each["since"]) + _FATES[each["fate"]]
        table.add_row(
            when(told, each["since"]), lasted, Text(whom), Text("; ".join(_why_still(told, each)))
        )
    return table


def _why_still(told: Told, stretch: Told) -> list[str]:
    several = len(stretch["reasons"]) > 1
    said = [
        each["reason"] + (f" for {format_duration(each['seconds'])}" if several else "")
        for each in stretch["reasons"]
    ]
    if took := stretch["cpus_went_to"]:
        more = f" and {len(took) - _TAKERS:,} more" if len(took) > _TAKERS else ""
        jobs = "job" if len(took) == 1 else "jobs"
        said.append(f"CPUs of its nodes went to {jobs} {', '.join(map(str, took[:_TAKERS]))}{more}")
    planned = next((look["expected"] for look in stretch["looks"]), None)
    if planned is not None:
        said.append(f"at first it was to go on {when(told, planned)}, by walltimes")
    return said


def _stopped(told: Told) -> list[str]:
    """That a rule stopped or killed it, why, and when."""
    lines = _suspended(told)
    for each in told["stopped_by_qos"]:
        lines.append(
            f"It was stopped and submitted anew for job {each['job_id']}, whose quality of service "
            f"{each['qos']} may do that: {when(told, each['time'])}."
        )
    if told["stopped_idle"]:
        times = ", ".join(when(told, each) for each in told["stopped_idle"])
        lines.append(f"It was stopped for leaving its GPUs idle: {times}.")
    for each in told["reclaimed"]:
        line = "and put back in line " if each["again"] else "for good "
        lines.append(
            f"It was stopped {line}so that {each['member']} got its own GPUs back "
            f"(quotas.{each['quota']}), for job {each['job_id']}: {when(told, each['time'])}."
        )
    for each in told["outranked"]:
        line = "and put back in line " if each["again"] else "for good "
        lines.append(
            f"It was stopped {line}by rank, for job {each['job_id']} of class "
            f"{each['job_class']}: {when(told, each['time'])}."
        )
    for each in told["killed"]:
        budgets = " and ".join(f"budgets.{name}" for name in each["budgets"])
        lines.append(f"It was killed as {budgets} was used up: {when(told, each['time'])}.")
    return lines


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for number, name in enumerate(columns):
        whole = name == "when" or 0 < number < len(columns) - 1
        table.add_column(name, overflow="fold", no_wrap=whole)
    return table


def _reasons(told: Told) -> Table:
    table = _table("What blocked it", "reason", "how long", "part", "for example")
    eras = {each["era"] for each in told["reasons"]}
    said, passes = eras if len(eras) > 1 else set(), set[tuple[int, str]]()
    for each in told["reasons"]:
        if each["era"] in said:
            said.remove(each["era"])
            table.add_section()
            table.add_row(Text(_era_name(told, each["era"]), style="italic"))
        if each["pass"] and (each["era"], each["pass"]) not in passes:
            passes.add((each["era"], each["pass"]))
            table.add_section()
            table.add_row(Text(_IN_PASSES[each["pass"]], style="italic"))
        table.add_row(
            Text(each["reason"]),
            format_duration(each["seconds"]),
            f"{each['part']:.0%}",
            Text(f"{when(told, each['example']['time'])}: {each['example']['words']}"),
        )
    return table


def _era_name(told: Told, number: int) -> str:
    era = told["eras"][number]
    if not number:
        return f"until {when(told, told['eras'][1]['since'])}"
    title = f", {era['title']}" if era["title"] else ""
    return f"from {when(told, era['since'])} on{title}"


def _over_time(told: Told) -> Table:
    looks = told["looks"]
    some = {round(at * (len(looks) - 1) / (_ROWS - 1)) for at in range(_ROWS)}
    what = "units" if told["machine"] == "pool" else "GPUs"
    ranked = any(_priority(look) for look in looks)
    promised = any(look["promised"] is not None for look in looks)
    passes = any(look["pass"] for look in looks)
    names = ("when", *["pass"] * passes, "ahead of it", f"{what} free")
    more = ("planned start",) * promised, ("priority",) * ranked
    table = _table("Its place in line", *names, *more[0], *more[1])
    to_come = [each for each in told["reforms"] if each["time"] > looks[0]["time"]]
    for look in (looks[at] for at in sorted(some)):
        while to_come and to_come[0]["time"] <= look["time"]:
            table.add_row(_briefly(told, to_come.pop(0)["time"]), Text("reform", style="italic"))
        ahead = "held back" if look["ahead"] is None else f"{look['ahead']:,} of {look['queued']:,}"
        table.add_row(
            _briefly(told, look["time"]),
            *[look["pass"]] * passes,
            ahead,
            f"{_amount(look['usable_after'])} of {_amount(look['needed'])}",
            *([_briefly(told, look["promised"])] if promised else []),
            *([Text(_priority(look))] if ranked else []),
        )
    return table


def _priority(look: Told) -> str:
    key = "" if look["priority"] is None else _amount(look["priority"])
    made_of = ", ".join(f"{name} {_amount(value)}" for name, value in look["factors"].items())
    return f"{key} ({made_of})".strip() if made_of else key


def _meanwhile(told: Told) -> list[str]:
    started = told["started_meanwhile"]
    total = sum(started["counts"].values())
    if total == 0:
        return ["Nobody else started meanwhile."]
    parts = ", ".join(f"{count:,} {right}" for right, count in started["counts"].items())
    lines = [f"Started meanwhile: {total:,} job{'' if total == 1 else 's'}: {parts}."]
    if started["not_looked_at"]:
        lines.append(f"{started['not_looked_at']:,} further starts were not looked at.")
    passed = [row for row in started["jobs"] if not row["right"].startswith("higher in the order")]
    largest = sorted(passed, key=lambda row: (-row["gpus"], row["time"]))[:_OVERTAKERS]
    if largest:
        named = ", ".join(f"{row['job_id']} ({_amount(row['gpus'])})" for row in largest)
        lines.append(f"The largest of those that were not before it: {named}.")
    return lines


def _otherwise(told: Told, job: Told) -> list[str]:
    lines = []
    for each in told["otherwise"]:
        lifted = f"Had it been {each['if']} whenever it waited, it would"
        if each["start"] is None:
            lines.append(f"{lifted} not have started either.")
            continue
        if told["refused_in"] is not None:
            lines.append(
                f"{lifted} have started {when(told, each['start'])} and waited "
                f"{format_duration(each['queued'])} in all, instead of being refused."
            )
            continue
        less = job["queued"] - each["queued"]
        sooner = f"{format_duration(abs(less))} {'less' if less > 0 else 'more'}"
        lines.append(
            f"{lifted} have started {when(told, each['start'])} and waited "
            f"{format_duration(each['queued'])} in all, {sooner if less else 'no less'}."
        )
    if lines:
        lines.append("(Each in a replay of its own, in which all else follows from that.)")
    return lines
