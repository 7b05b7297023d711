"""Where projects apply, once more: who writes what when, and who decides on it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from simulator.streams import Streams
from twin.applications import Check, Files, Paper
from twin.budgets import THOUSANDTHS
from twin.clock import GONE, LAST
from twin.club import Club

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.applications import Council, Key, Level, More, Scheme
    from twin.asks import Asks
    from twin.clock import Process
    from twin.reforming import Reforming

APPLYING, SITTING = GONE + 10**8, GONE + 2 * 10**8
"""Behind all that happens to the machine: projects by number, then councils by number."""
ENOUGH = 100
"""Papers without any effect, one after the other: none will ever have any."""


def open_bureau(clock: Reforming, submit: Sequence[int]) -> None:
    """Let all projects live, if there are any, and councils decide."""
    clock.bureau = Bureau(clock, list(submit))
    clock.bureau.take_over()


class Bureau:
    """Takes papers in, and decides on them."""

    def __init__(self, clock: Reforming, submit: list[int]) -> None:
        self.clock, self.submit = clock, submit
        self.papers: list[Paper] = []
        self.clubs: list[Club] = []
        self.once: dict[Key, Club] = {}
        self.era = 0
        self.scheme: Scheme | None = None
        """Of the rule in force, or of the last that had one."""
        self.since: dict[Key, int] = {}
        """When each project came to have to apply."""
        self.met: dict[tuple[int, int], int] = {}
        self.replies: dict[int, Any] = {}

    @property
    def now(self) -> int:
        return int(self.clock.env.now)

    @property
    def said(self) -> Scheme:
        assert self.scheme is not None
        return self.scheme

    @property
    def jobs(self) -> list[Asks]:
        assert self.clock.bounds is not None
        return self.clock.bounds.jobs

    def take_over(self) -> None:
        """The rule in force is another one, or the first."""
        self.era += 1
        bounds, before = self.clock.bounds, self.clubs
        if bounds and bounds.scheme:
            # All papers of a run are in one list, that of its first rule that has any.
            self.papers = bounds.papers if self.scheme is None else self.papers
            self.scheme = bounds.scheme
            files = Files(bounds.scheme, self.papers, self.since)
            self.clock.bounds = replace(bounds, papers=self.papers, files=files)
        self.clubs = self.members() if bounds and bounds.scheme else []
        for club in before:
            if club not in self.clubs:
                self.let_out(club)
        for club in self.clubs:
            if club not in before:
                self.since[club.key] = self.now
                club.watched = self.over(club)
                if any(each in self.clock.queue for each in club.mine):
                    club.watched = self.now
        self.replies.clear()
        for club in self.clubs:
            if club.open is not None:
                self.readdress(club, club.open)
        for club in self.clubs:
            self.clock.env.process(self.life(club))

    def members(self) -> list[Club]:
        """All clubs that must apply, by their first jobs."""
        found: dict[Key, list[int]] = {}
        for position, job in enumerate(self.jobs):
            if self.said.touches(job):
                mine = found.setdefault((job.job_class, job.user // 2), [])
                if not self.said.refused(job):
                    mine.append(position)
        for number, (key, mine) in enumerate(found.items()):
            if key not in self.once:
                merits = Streams(0, 0).take("applications", f"{key[0]}/account{key[1]}")
                self.once[key] = Club(key, merits)
            self.once[key].number, self.once[key].mine = number, tuple(mine)
        return [self.once[key] for key in found]

    def let_out(self, club: Club) -> None:
        """It need not apply any more."""
        for paper in self.papers:
            if paper.key != club.key:
                continue
            if paper.decided is None:
                paper.decided = paper.ended = self.now
            elif paper.expires is not None and paper.to is None and paper.expires > self.now:
                paper.ended = self.now
        self.once[club.key] = Club(club.key, club.merits)

    def readdress(self, club: Club, paper: Paper) -> None:
        """What is under way is from now on one by the rule in force, but if a council has said."""
        paper.project = club.number
        if paper.decided is not None or paper.heard:
            return
        levels = [each for each in self.said.levels if club.key[0] in each.classes]
        level = next((each for each in levels if each.name == paper.level.name), None)
        if paper.to is not None:
            if level is None or level.more is None:
                paper.decided = paper.ended = self.now
                club.open, club.seen = None, self.now
                return
            paper.most = int(Fraction(str(level.more.adds)) * level.up_to)
        else:
            if level is None:
                level = next((each for each in levels if paper.asked <= each.up_to), None)
                if level is None:
                    level = max(reversed(levels), key=lambda each: each.up_to)
                    if self.said.refuses:
                        paper.level, paper.decided = level, self.now
                        club.open, club.last = None, paper
                        return
            paper.most = level.up_to
        paper.level = level
        if isinstance(level.review, str):
            paper.checked = None

    def life(self, club: Club) -> Process:
        era = self.era
        while True:
            if club.open is not None:
                yield from self.await_answer(club, club.open, era)
                if era != self.era:
                    return
                continue
            time, more = self.next_time(club)
            if time is None:
                return
            yield self.clock.at(time, APPLYING + club.number)
            if era != self.era:
                return
            if more is not None:
                self.write_for_more(club, more)
                continue
            waits = [each for each in club.mine if each in self.clock.queue]
            comes = [self.submit[each] for each in club.mine if self.submit[each] >= self.now]
            if not waits and not (comes and min(comes) <= self.now + self.said.ahead):
                club.last, club.watched = None, self.over(club)
                continue
            starts = len(self.clock.bounds.attempts) if self.clock.bounds else 0
            still = not self.clock.running and all(each < self.now for each in self.submit)
            club.quiet = club.quiet + 1 if still and starts == club.starts else 0
            club.starts = starts
            if club.quiet > ENOUGH:
                return
            paper = self.write(club, waits)
            if paper.asked > paper.most and self.said.refuses:
                paper.decided, club.last = self.now, paper
            else:
                club.open = paper

    def over(self, club: Club) -> int | None:
        """When those of its jobs that run should be over."""
        bounds = self.clock.bounds
        assert bounds is not None
        mine = [e for e in bounds.attempts if e.end is None and e.position in club.mine]
        ran = [(self.jobs[each.position].walltime, each.ran(0, self.now)) for each in mine]
        return max((self.now + (a - b if a > b else max(b, 1)) for a, b in ran), default=None)

    def level_of(self, club: Club, paper: Paper) -> Level | None:
        """What the rule in force says of such papers."""
        levels = [each for each in self.said.levels if club.key[0] in each.classes]
        return next((each for each in levels if each.name == paper.level.name), None)

    def next_time(self, club: Club) -> tuple[int | None, More | None]:
        """When it looks next, if ever, and whether for more than its grant."""
        last, now = club.last, self.now
        before_end = max(now, club.until - self.said.ahead)
        if last is None:
            comes = [self.submit[each] for each in club.mine if self.submit[each] >= now]
            found = [max(min(comes) - self.said.ahead, now)] if comes else []
            found += [] if club.watched is None else [max(club.watched, now)]
            return min(found, default=None), None
        level = self.level_of(club, last)
        if level is None:
            return before_end, None
        if last.starts is None:
            assert last.decided is not None
            return None if level.again is None else max(now, last.decided + level.again), None
        assert last.expires is not None
        if level.more and club.extra < level.more.at_most and now < last.expires:
            stop = last.expires - self.said.ahead if level.renew else last.expires
            for time in range(last.starts + level.more.every, stop, level.more.every):
                if time > club.seen and time >= now:
                    return time, level.more
        return before_end if level.renew else None, None

    def write_for_more(self, club: Club, said: More) -> None:
        """Ask for what is lacking beside the grant that runs."""
        club.seen, first = self.now, club.last
        assert first is not None
        assert first.expires is not None
        asked, level = self.lacks(club, first, said), self.level_of(club, first)
        if asked <= 0 or level is None:
            return
        club.extra += 1
        most = int(Fraction(str(said.adds)) * level.up_to)
        asked = max(asked, most) if level.all_of_it else asked
        club.open = self.file(club, level, asked, most, first)

    def file(
        self, club: Club, level: Level, asked: int, most: int, to: Paper | None = None
    ) -> Paper:
        count, merit = sum(each.key == club.key for each in self.papers), club.merits.random()
        what = level, asked, most, self.now, float(merit)
        self.papers.append(Paper(club.key, club.number, count, *what, to=to))
        return self.papers[-1]

    def lacks(self, club: Club, first: Paper, said: More) -> int:
        """What the project needs beyond what it has left; none if it has used too little."""
        bounds, ends = self.clock.bounds, first.expires
        assert bounds is not None
        assert bounds.files is not None
        assert ends is not None
        paid = [(each, self.jobs[each.position]) for each in bounds.attempts]
        spent = bounds.files.spent(first, paid, self.now)
        whole = bounds.files.whole(first, self.now)
        waits = [each for each in club.mine if each in self.clock.queue]
        comes = [each for each in club.mine if self.submit[each] >= self.now]
        soon = any(self.submit[each] <= self.now + self.said.ahead for each in comes)
        if spent < Fraction(str(said.used)) * whole or not (waits or soon):
            return 0
        counted = [*waits, *(each for each in comes if self.submit[each] < ends)]
        work = sum(self.jobs[each].units * self.jobs[each].walltime for each in counted)
        lacking = Fraction(str(self.said.margin)) * work * THOUSANDTHS - (whole - spent)
        return ceil(lacking / (self.said.units * THOUSANDTHS))

    def write(self, club: Club, waits: list[int]) -> Paper:
        """What is asked for, and where."""
        comes = [each for each in club.mine if self.submit[each] >= self.now]
        first = self.now if waits else min(self.submit[each] for each in comes)
        levels = [each for each in self.said.levels if club.key[0] in each.classes]
        needs = {}
        for level in levels:
            last = max(club.until, first) + level.term
            counted = [*waits, *(each for each in comes if self.submit[each] < last)]
            work = sum(self.jobs[each].units * self.jobs[each].walltime for each in counted)
            margin = Fraction(str(self.said.margin))
            needs[level.name] = ceil(margin * Fraction(work, self.said.units))
        chosen = next((each for each in levels if needs[each.name] <= each.up_to), None)
        if chosen is None:
            chosen = max(reversed(levels), key=lambda level: level.up_to)
        asked = needs[chosen.name]
        if chosen.all_of_it:
            asked = max(asked, chosen.up_to)
        return self.file(club, chosen, asked, chosen.up_to)

    def await_answer(self, club: Club, paper: Paper, era: int) -> Process:
        """A paper under way, to the begin of its grant or its refusal."""
        if paper.decided is None:
            if paper.heard:
                granted = paper.word
                yield self.clock.at(paper.told_at or 0, GONE)
            elif isinstance(paper.level.review, str):
                granted = yield from self.before_council(paper)
            else:
                granted = yield from self.before_check(paper, paper.level.review, era)
            if era != self.era:
                return
            self.answer(club, paper, granted)
            if club.open is None:
                return
        assert paper.starts is not None
        yield self.clock.at(max(paper.starts, self.now), GONE)
        if era != self.era:
            return
        club.open, club.last, club.extra, club.seen = None, paper, 0, self.now
        self.clock.ask_for_pass()
        self.clock.at(club.until, GONE, LAST).callbacks.append(lambda _: self.clock.expire())

    def answer(self, club: Club, paper: Paper, granted: int | None) -> None:
        """It has been decided on; the club goes on to wait for a grant to begin."""
        paper.decided, paper.granted = self.now, granted
        if paper.to is not None:
            ends = paper.to.expires
            club.open, club.seen = None, self.now
            if ends is None or self.now >= ends:
                paper.granted = None
            if paper.granted is not None:
                paper.starts = self.now
                self.clock.ask_for_pass()
        elif granted is None:
            club.open, club.last = None, paper
        else:
            paper.starts = max(self.now, club.until)
            club.until = paper.starts + paper.level.term

    def before_check(self, paper: Paper, check: Check, era: int) -> Process:
        asked_at = -1
        while paper.checked is None:
            # Whose turn is it? The earliest first, as soon as somebody is free, this second too.
            line = [
                each
                for each in self.papers
                if each.decided is None and each.level.name == paper.level.name
                and not each.heard
            ]  # fmt: skip
            busy = sum(each.checked is not None and each.checked > self.now for each in line)
            ahead = [
                each
                for each in line
                if each.checked is None
                and (each.applied, each.project) < (paper.applied, paper.project)
            ]
            if check.reviewers is None or busy + len(ahead) < check.reviewers:
                paper.reviewed, paper.checked = self.now, self.now + check.takes
                break
            if not busy or asked_at < self.now:
                # Those before it may begin in this second.
                asked_at = self.now
                yield self.clock.at(self.now, GONE, 10**5 + len(ahead))
            else:
                yield self.clock.at(self.now + 1, GONE, paper.project)
            if era != self.era:
                return None
        yield self.clock.at(paper.checked, GONE)
        return min(paper.asked, paper.most) if paper.merit < check.accepts else None

    def before_council(self, paper: Paper) -> Process:
        [number] = [
            place
            for place, each in enumerate(self.said.councils)
            if each.name == paper.level.review
        ]
        reply = self.replies[id(paper)] = self.clock.env.event()
        self.convene(self.said.councils[number], number)
        granted = yield reply
        yield self.clock.at(paper.told_at or 0, GONE)
        return granted

    def pile(self, council: Council) -> list[Paper]:
        """What waits for it."""
        return [
            each
            for each in self.papers
            if each.decided is None and not each.heard and each.level.review == council.name
        ]

    def convene(self, council: Council, number: int) -> None:
        """Let it meet on its next day."""
        met, era = self.met.get((self.era, number), -1), self.era
        earliest = max(self.now, met + 1, council.first)
        day = council.first + -((council.first - earliest) // council.meets) * council.meets
        event = self.clock.at(day, SITTING + number)
        event.callbacks.append(lambda _: self.meet(council, number) if era == self.era else None)

    def meet(self, council: Council, number: int) -> None:
        pile = self.pile(council)
        if self.met.get((self.era, number)) == self.now or not pile:
            return
        self.met[self.era, number], left = self.now, council.to_give
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
            paper.reviewed, paper.heard, paper.word = self.now, True, granted
            paper.told_at = self.now + council.decides
            self.replies.pop(id(paper)).succeed(granted)
        if self.pile(council):
            self.convene(council, number)
