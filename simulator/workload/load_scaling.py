"""More or less load from the same log, without compressing the times between arrivals.

Compressing them would break the daily cycle and the pace of each user; adding users or resizing the
machine keeps both (see the discussion in Feitelson, "Workload Modeling", chapter on load).
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import InputError
from simulator.workload.calendar import WEEK
from simulator.workload.columns import Jobs, Shapes
from simulator.workload.steps import Step

if TYPE_CHECKING:
    from simulator.streams import Streams
    from simulator.workload.columns import Codes, Ints, Reals

TOLERANCE = 0.05
"""Whole users must come this near to the load that is asked for."""


def resize(capacity: int, load: float) -> tuple[int, Step]:
    """The machine on which the same jobs are ``load`` times the offered load."""
    size = max(1, round(capacity / load))
    what = f"units instead of {capacity:,}: load × {capacity / size:.3f}"
    return size, Step("machine_resized", size, what)


def add_users(jobs: Jobs, load: float, streams: Streams) -> tuple[Jobs, Step]:
    """The jobs with copies of users, or fewer users, until their work is ``load`` times as much.

    Each whole multiple copies every user once; the rest copies (below 1: keeps) users in a random
    order as long as they do not exceed what is wanted. All jobs of a copied user are moved by the
    same number of whole weeks, wrapped within the log's whole weeks, and numbered above the log's.
    Raises InputError for a log of less than two weeks, or if whole users cannot come near the load.
    """
    whole, rest = divmod(load, 1.0)
    work = np.bincount(jobs.user, jobs.gpus * jobs.run_time, len(jobs.users)).astype(np.float64)
    some = _users_worth(rest, work, streams)
    achieved = whole + float(work[some].sum() / work.sum())
    if abs(achieved - load) > TOLERANCE * load:
        raise InputError(
            f"whole users come no nearer to load × {load:g} than × {achieved:.3f}",
            right="give another load, or scale by machine",
        )
    if not whole:
        scaled, count = jobs.take(np.isin(jobs.user, some)), len(some)
    else:
        everyone = np.arange(len(work), dtype=np.int32)
        copied = [everyone] * (int(whole) - 1) + [some]
        copies = [_copy(jobs, users, n, streams) for n, users in enumerate(copied, start=1)]
        scaled = _join([jobs, *copies])
        count = len(scaled.users)
    what = f"users instead of {len(work):,}: load × {achieved:.3f}, in steps of whole users"
    return scaled, Step("users_scaled", count, what)


def _users_worth(share: float, work: Reals, streams: Streams) -> Codes:
    """Users in a random order whose work together comes up to this share of all work."""
    order = streams.take("load_scaling").permutation(len(work))
    left = share * work.sum()
    chosen = []
    for user in order:
        if 0 < work[user] <= left:
            chosen.append(user)
            left -= work[user]
    return np.sort(np.array(chosen, np.int32))


def _copy(jobs: Jobs, users: Codes, number: int, streams: Streams) -> Jobs:
    """Copy ``number`` of these users' jobs: other names, other weeks, other job numbers."""
    first, last = int(jobs.submit[0]), int(jobs.submit[-1])
    weeks = (last - first) // WEEK
    if weeks < 2:
        raise InputError(
            "a log of less than two weeks cannot take copies of users",
            right="scale by machine, or take a longer log",
        )
    shift = WEEK * streams.take("load_shift", number).integers(1, weeks, len(jobs.users))
    mine = jobs.take(np.isin(jobs.user, users))
    code = np.zeros(len(jobs.users), np.int32)
    code[users] = np.arange(len(users), dtype=np.int32)
    highest = max(int(jobs.job_id.max()), int(jobs.array.max(initial=-1)))
    above = number * (highest + 1)
    submit = first + (mine.submit - first + shift[mine.user]) % (weeks * WEEK)
    moved = submit - mine.submit
    return replace(
        mine,
        job_id=mine.job_id + above,
        submit=submit,
        cancelled_at=_moved(mine.cancelled_at, moved),
        needed_by=_moved(mine.needed_by, moved),
        user=code[mine.user],
        users=tuple(f"{jobs.users[user]}+{number}" for user in users),
        preceding=np.where(mine.preceding > 0, mine.preceding + above, mine.preceding),
        array=_moved(mine.array, above),
    )


def _moved(values: Ints, by: Ints | int) -> Ints:
    """Instants or numbers moved with their jobs, −1 for none; an empty column stays empty."""
    return np.where(values < 0, -1, values + by) if len(values) else values


def _join(pieces: list[Jobs]) -> Jobs:
    """The jobs of all pieces in submit order; accounts and classes are the same in all."""
    base = np.cumsum([0, *(len(piece.users) for piece in pieces)])
    pieces = [
        replace(piece, user=piece.user + np.int32(start))
        for piece, start in zip(pieces, base, strict=False)
    ]
    columns: dict[str, Any] = {
        column.name: np.concatenate([getattr(piece, column.name) for piece in pieces])
        for column in fields(Jobs)
        if isinstance(getattr(pieces[0], column.name), np.ndarray)
    }
    users = tuple(name for piece in pieces for name in piece.users)
    shapes = [piece.shape for piece in pieces if piece.shape is not None]
    shape = Shapes.joined(shapes) if shapes else None
    return replace(pieces[0], users=users, shape=shape, **columns).ordered()
