"""The order of turns: made anew at a pass, as if each job started when its turn came."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import HEAD, TAIL, Program, State
from simulator.rules.ordering.dispatch_kernel import FIRST_TURNS
from simulator.rules.ordering.standing_kernel import prepare, standing, step


@kernel
def _line_up(state: State) -> int:
    """Put the waiting jobs of each entity into a list by position; returns how many entities wait.

    Those stand in ``Room.heap``, in no order yet.
    """
    queue, counters, accounts = state.queue, state.counters, state.accounts
    room, waiting = accounts.room, 0
    for place in range(counters[HEAD], counters[TAIL]):
        position = queue.position[place]
        entity = accounts.of_job[position]
        room.next[position] = -1
        if room.head[entity] < 0:
            room.head[entity] = room.tail[entity] = position
            room.heap[waiting] = entity
            waiting += 1
        elif room.tail[entity] < position:
            room.next[room.tail[entity]] = position
            room.tail[entity] = position
        elif position < room.head[entity]:
            room.next[position] = room.head[entity]
            room.head[entity] = position
        else:
            before = room.head[entity]
            while room.next[before] < position:
                before = room.next[before]
            room.next[position] = room.next[before]
            room.next[before] = position
    return waiting


@kernel
def _goes_before(state: State, one: int, other: int) -> bool:
    """Whether the entity at one place of the heap has its turn before that at another."""
    room = state.accounts.room
    if room.heap_key[one] != room.heap_key[other]:
        return room.heap_key[one] < room.heap_key[other]
    return room.head[room.heap[one]] < room.head[room.heap[other]]


@kernel
def _swap(state: State, one: int, other: int) -> None:
    room = state.accounts.room
    room.heap[one], room.heap[other] = room.heap[other], room.heap[one]
    room.heap_key[one], room.heap_key[other] = room.heap_key[other], room.heap_key[one]


@kernel_apart
def _sink(state: State, place: int, count: int) -> None:
    """Let the entity at ``place`` of the heap sink to where it belongs."""
    while True:
        least, child = place, 2 * place + 1
        if child < count and _goes_before(state, child, least):
            least = child
        if child + 1 < count and _goes_before(state, child + 1, least):
            least = child + 1
        if least == place:
            return
        _swap(state, place, least)
        place = least


@kernel
def _rate(state: State, order: int, place: int) -> None:
    """Set the key of the entity at ``place`` of the heap from its standing and its next job."""
    room = state.accounts.room
    entity = room.heap[place]
    room.heap_key[place] = standing(state, order, entity, room.head[entity])


@kernel
def _take_one(state: State, order: int, entity: int) -> int:
    """Let the entity's next job have its turn; returns its position."""
    accounts = state.accounts
    room = accounts.room
    position = room.head[entity]
    room.head[entity] = room.next[position]
    room.ahead[entity] += step(state, order, entity, position)
    for resource in range(room.more.shape[1]):
        room.more[entity, resource] += accounts.asks[position, resource]
    return position


@kernel
def _write(state: State, place: int, position: int) -> None:
    queue, columns, head = state.queue, state.columns, state.counters[HEAD]
    queue.position[head + place] = position
    queue.gpus[head + place] = columns.gpus[position]
    queue.walltime[head + place] = columns.walltime[position]
    # Falling, so that jobs which come before the next turns find a place behind.
    queue.key[head + place] = -float(place)


@kernel
def _rewrite(state: State, count: int) -> None:
    """Let the queue be the first ``count`` of ``Room.line``."""
    for turn in range(count):
        _write(state, turn, state.accounts.room.line[turn])


@kernel_apart
def _rewrite_by_standing(state: State, count: int) -> None:
    """As ``_rewrite``, but those who stand behind follow the others."""
    line, place = state.accounts.room.line, 0
    for behind in range(2):
        for turn in range(count):
            if state.limits.balances.behind[line[turn]] == behind:
                _write(state, place, line[turn])
                place += 1


@kernel_apart
def take_turns(state: State, program: Program) -> None:
    """Order the queue by turns: the entity of the lowest standing lets its first job go next.

    Standings count what an entity holds and what its turns so far would add. Equal standings: the
    entity whose next job was submitted first. Within an entity jobs go by submit.
    """
    order = program.ordering - FIRST_TURNS
    room = state.accounts.room
    count = _line_up(state)
    for place in range(count):
        entity = room.heap[place]
        room.more[entity] = 0.0
        room.ahead[entity] = 0.0
        room.first[entity] = room.head[entity]
    prepare(state, program, order)
    for place in range(count):
        _rate(state, order, place)
    for place in range(count // 2 - 1, -1, -1):
        _sink(state, place, count)
    turns = 0
    while count > 0:
        entity = room.heap[0]
        room.line[turns] = _take_one(state, order, entity)
        turns += 1
        if room.head[entity] < 0:
            count -= 1
            _swap(state, 0, count)
        else:
            _rate(state, order, 0)
        _sink(state, 0, count)
    if len(state.limits.balances.behind) > 0:
        _rewrite_by_standing(state, turns)
    else:
        _rewrite(state, turns)
