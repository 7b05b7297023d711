"""Where projects apply, once more: who writes what when, and who decides on it."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from simulator.streams import Streams
from twin.applications import Check, Paper
from twin.budgets import THOUSANDTHS
from twin.clock import GONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.applications import Council, Files, Key
    from twin.asks import Asks
    from twin.clock import Clock, Process

APPLYING, SITTING = GONE + 10**8, GONE + 2 * 10**8
"""Behind all that happens to the machine: projects by number, then councils by number."""
ENOUGH = 100
"""Papers without any effect, one after the other: none will ever have any."""


def open_bureau(clock: Clock, submit: Sequence[int]) -> None:
    """Let all projects live, if there are any."""
    if clock.bounds and clock.bounds.files:
        Bureau(clock, clock.bounds.files, clock.bounds.jobs, list(submit)).open()


class Bureau:
    """Takes papers in, and decides on them."""

    def __init__(self, clock: Clock, files: Files, jobs: Sequence[Asks], submit: list[int]) -> None:
        self.clock, self.files, self.jobs, self.submit = clock, files, jobs, submit
        self.scheme = files.scheme
        self.free_at = {
            level.name: [0] * level.review.reviewers
            for level in self.scheme.levels
            if isinstance(level.review, Check) and level.review.reviewers is not None
        }
        self.piles: dict[str, list[Paper]] = {each.name: [] for each in self.scheme.councils}
        self.met: dict[str, int] = {each.name: -1 for each in self.scheme.councils}
        self.replies: dict[int, Any] = {}
        self.merits: dict[Key, Any] = {}

    @property
    def now(self) -> int:
        return int(self.clock.env.now)

    def open(self) -> None:
        """Let all projects live."""
        members: dict[Key, list[int]] = {}
        for position, job in enumerate(self.jobs):
            if self.scheme.touches(job):
                mine = members.setdefault((job.job_class, job.user // 2), [])
                if not self.scheme.refused(job):
                    mine.append(position)
        for number, (key, mine) in enumerate(members.items()):
            self.clock.env.process(self.project(number, key, mine))

    def project(self, number: int, key: Key, mine: list[int]) -> Process:
        merits = Streams(0, 0).take("applications", f"{key[0]}/account{key[1]}")
        self.merits[key] = merits
        time, until, before, idle = self.interest(mine, 0), 0, -1, 0
        while time is not None:
            yield self.clock.at(time, APPLYING + number)
            waits = [each for each in mine if each in self.clock.queue]
            comes = [self.submit[each] for each in mine if self.submit[each] >= self.now]
            if not waits and not (comes and min(comes) <= self.now + self.scheme.ahead):
                time = self.interest(mine, self.now)
                continue
            starts = len(self.clock.bounds.attempts) if self.clock.bounds else 0
            quiet = not self.clock.running and all(each < self.now for each in self.submit)
            idle = idle + 1 if quiet and starts == before else 0
            before = starts
            if idle > ENOUGH:
                return
            count = sum(each.key == key for each in self.files.papers)
            paper = self.write(key, number, count, mine, waits, until)
            paper.merit = float(merits.random())
            self.files.papers.append(paper)
            if paper.asked > paper.most and self.scheme.refuses:
                paper.decided = self.now
            elif isinstance(paper.level.review, str):
                yield from self.before_council(paper)
            else:
                yield from self.before_check(paper, paper.level.review)
            if paper.granted is None:
                again = paper.level.again
                time = None if again is None else self.now + again
                continue
            paper.starts = max(self.now, until)
            until = paper.starts + paper.level.term
            yield self.clock.at(paper.starts, GONE)
            self.clock.ask_for_pass()
            self.clock.at(until, GONE).callbacks.append(lambda _: self.clock.ask_for_pass())
            yield from self.more(paper, mine)
            time = max(self.now, until - self.scheme.ahead) if paper.level.renew else None

    def more(self, first: Paper, mine: list[int]) -> Process:
        """What is asked for beside a grant that runs."""
        said, bounds, ends = first.level.more, self.clock.bounds, first.expires
        if said is None or bounds is None or ends is None or first.starts is None:
            return
        merits, left = self.merits[first.key], said.at_most
        stop = ends - self.scheme.ahead if first.level.renew else ends
        for time in range(first.starts + said.every, stop, said.every):
            if time <= self.now or not left:
                continue
            yield self.clock.at(time, APPLYING + first.project)
            asked = self.lacks(first, mine, ends)
            if asked <= 0:
                continue
            left -= 1
            most = int(Fraction(str(said.adds)) * first.level.up_to)
            asked = max(asked, most) if first.level.all_of_it else asked
            count = sum(paper.key == first.key for paper in self.files.papers)
            paper = Paper(
                first.key, first.project, count, first.level, asked, most, self.now,
                float(merits.random()), to=first,
            )  # fmt: skip
            self.files.papers.append(paper)
            if isinstance(first.level.review, str):
                yield from self.before_council(paper)
            else:
                yield from self.before_check(paper, first.level.review)
            if self.now >= ends:
                paper.granted = None
            if paper.granted is not None:
                paper.starts = self.now
                self.clock.ask_for_pass()

    def lacks(self, first: Paper, mine: list[int], ends: int) -> int:
        """What the project needs beyond what it has left; none if it has used too little."""
        said, bounds = first.level.more, self.clock.bounds
        assert said is not None
        assert bounds is not None
        paid = [(each, self.jobs[each.position]) for each in bounds.attempts]
        spent, whole = self.files.spent(first, paid, self.now), self.files.whole(first, self.now)
        waits = [each for each in mine if each in self.clock.queue]
        comes = [each for each in mine if self.submit[each] >= self.now]
        soon = any(self.submit[each] <= self.now + self.scheme.ahead for each in comes)
        if spent < Fraction(str(said.used)) * whole or not (waits or soon):
            return 0
        counted = [*waits, *(each for each in comes if self.submit[each] < ends)]
        work = sum(self.jobs[each].units * self.jobs[each].walltime for each in counted)
        lacking = Fraction(str(self.scheme.margin)) * work * THOUSANDTHS - (whole - spent)
        return ceil(lacking / (self.scheme.units * THOUSANDTHS))

    def interest(self, mine: list[int], now: int) -> int | None:
        """When the project may want something next."""
        found = [
            max(self.submit[p] - self.scheme.ahead, now) for p in mine if self.submit[p] >= now
        ]
        ends = [start + self.jobs[p].walltime for p, start in self.clock.ran() if p in mine]
        if ends:
            found.append(max(*ends, now + 1))
        return min(found, default=None)

    def write(
        self, key: Key, number: int, count: int, mine: list[int], waits: list[int], until: int
    ) -> Paper:
        """What is asked for, and where."""
        comes = [each for each in mine if self.submit[each] >= self.now]
        first = self.now if waits else min(self.submit[each] for each in comes)
        levels = [each for each in self.scheme.levels if key[0] in each.classes]
        needs = {}
        for level in levels:
            last = max(until, first) + level.term
            counted = [*waits, *(each for each in comes if self.submit[each] < last)]
            work = sum(self.jobs[each].units * self.jobs[each].walltime for each in counted)
            margin = Fraction(str(self.scheme.margin))
            needs[level.name] = ceil(margin * Fraction(work, self.scheme.units))
        chosen = next((each for each in levels if needs[each.name] <= each.up_to), None)
        if chosen is None:
            chosen = max(reversed(levels), key=lambda level: level.up_to)
        asked = needs[chosen.name]
        if chosen.all_of_it:
            asked = max(asked, chosen.up_to)
        return Paper(key, number, count, chosen, asked, chosen.up_to, self.now, 0.0)

    def before_check(self, paper: Paper, check: Check) -> Process:
        begins = self.now
        if check.reviewers is not None:
            free = self.free_at[paper.level.name]
            free.sort()
            begins = max(begins, free[0])
            free[0] = begins + check.takes
        paper.reviewed = begins
        yield self.clock.at(begins + check.takes, GONE)
        paper.decided = self.now
        paper.granted = min(paper.asked, paper.most) if paper.merit < check.accepts else None

    def before_council(self, paper: Paper) -> Process:
        [number] = [
            place
            for place, each in enumerate(self.scheme.councils)
            if each.name == paper.level.review
        ]
        council = self.scheme.councils[number]
        reply = self.replies[id(paper)] = self.clock.env.event()
        self.piles[council.name].append(paper)
        self.convene(council, number)
        granted = yield reply
        yield self.clock.at(self.now + council.decides, GONE)
        paper.decided, paper.granted = self.now, granted

    def convene(self, council: Council, number: int) -> None:
        """Let it meet on its next day."""
        earliest = max(self.now, self.met[council.name] + 1, council.first)
        day = council.first + -((council.first - earliest) // council.meets) * council.meets
        event = self.clock.at(day, SITTING + number)
        event.callbacks.append(lambda _: self.meet(council, number))

    def meet(self, council: Council, number: int) -> None:
        pile = self.piles[council.name]
        if self.met[council.name] == self.now or not pile:
            return
        self.met[council.name], left = self.now, council.to_give
        pile.sort(key=lambda paper: (paper.applied, paper.project))
        if council.by_merit:
            pile.sort(key=lambda paper: paper.merit)
        for paper in pile[: council.capacity]:
            wanted = min(paper.asked, paper.most)
            if paper.merit >= council.accepts:
                granted = None
            elif left is None or wanted <= left:
                granted = wanted
            elif council.puts_off and left < (council.to_give or 0):
                continue
            else:
                granted = left or None
            if left is not None:
                left -= granted or 0
            paper.reviewed = self.now
            pile.remove(paper)
            self.replies.pop(id(paper)).succeed(granted)
        if pile:
            self.convene(council, number)
