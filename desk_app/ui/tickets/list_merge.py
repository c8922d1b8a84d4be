"""What differs between two states of a list, found without touching a million ids one by one.

A list changes in a few places at a time: a ticket moves to the top, some come, some go. Long stretches stay as they are
and are compared as blocks of memory. Pure functions, meant to run off the GUI thread; no single step of theirs takes
longer than some milliseconds, so that the window gets its turn in between.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

LOOK_AHEAD = 512
"""How far something that came or went is looked for before a stretch counts as wholly different."""
MOST_EDITS = 2_000
"""More single differences than this are told as one block."""
_STEP = 16_384
_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class MergePlan:
    """How to get from `old` to `new`: what goes (places in `old`), what comes (places in `new`), what only moves.

    `where` tells the new places of the tickets asked for; -1: gone. `on_top` counts the new ones at the top.
    """

    old: array[int]
    new: array[int]
    gone: tuple[int, ...] = ()
    come: tuple[int, ...] = ()
    moved: bool = False
    on_top: int = 0
    where: dict[int, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.gone or self.come or self.moved)


def plan_merge(old: array[int], new: array[int], held: Collection[int] = ()) -> MergePlan:
    """Compare two states of a list. `held` are tickets whose new place is needed: selected ones, the one on top."""
    edits = _edits(old, new)
    if edits is None:
        return _thorough(old, new, held)
    out, into = edits
    left, arrived = {old[place] for place in out}, {new[place] for place in into}
    both = left & arrived
    gone = tuple(place for place in out if old[place] not in both)
    come = tuple(place for place in into if new[place] not in both)
    arrival = {new[place]: place for place in into}
    where: dict[int, int] = {}
    shifts = [place - count for count, place in enumerate(into)]
    for ticket_id in held:
        if ticket_id in arrival or ticket_id in left:
            where[ticket_id] = arrival.get(ticket_id, -1)
        else:
            where[ticket_id] = _shifted(_find(old, ticket_id), out, shifts)
    return MergePlan(old, new, gone, come, bool(both), _on_top(come), where)


def _shifted(place: int, out: Sequence[int], shifts: Sequence[int]) -> int:
    """Return where a place of the old list is in the new one."""
    if place < 0:
        return -1
    kept = place - bisect_left(out, place)
    return kept + bisect_right(shifts, kept)


def _edits(old: array[int], new: array[int]) -> tuple[list[int], list[int]] | None:
    """Return places that left the old list and places that arrived in the new one; None where there are too many.

    What moved is in both. Not always the shortest way, but always a right one.
    """
    out: list[int] = []
    into: list[int] = []
    i = j = 0
    while True:
        same = _run(old, i, new, j)
        i, j = i + same, j + same
        if i == len(old) or j == len(new):
            break
        if len(out) + len(into) > MOST_EDITS:
            return None
        came = _find(new, old[i], j + 1, j + 1 + LOOK_AHEAD) - j
        went = _find(old, new[j], i + 1, i + 1 + LOOK_AHEAD) - i
        if came > 0 and (went <= 0 or came <= went):
            into.extend(range(j, j + came))
            j += came
        elif went > 0:
            out.extend(range(i, i + went))
            i += went
        else:
            out.append(i)
            into.append(j)
            i, j = i + 1, j + 1
    if len(old) - i + len(new) - j + len(out) + len(into) > MOST_EDITS:
        return None
    out.extend(range(i, len(old)))
    into.extend(range(j, len(new)))
    return out, into


def _run(old: array[int], i: int, new: array[int], j: int) -> int:
    """Return how many ids are the same from two places on; compares blocks, a thousand times as fast as ids."""
    length = min(len(old) - i, len(new) - j)
    same, step = 0, 64
    while same < length:
        end = min(same + step, length)
        if old[i + same : i + end] == new[j + same : j + end]:
            same, step = end, min(step * 4, _STEP)
        elif step > 1:
            step = max(1, min(step, end - same) // 4)
        else:
            break
    return same


def _find(ids: array[int], ticket_id: int, first: int = 0, end: int | None = None) -> int:
    """Return where an id stands, -1 where it does not."""
    try:
        return ids.index(ticket_id, first, len(ids) if end is None else end)
    except ValueError:
        return -1


def _on_top(come: Sequence[int]) -> int:
    count = 0
    for place in come:
        if place != count:
            break
        count += 1
    return count


def _thorough(old: array[int], new: array[int], held: Collection[int]) -> MergePlan:
    """Compare two lists that have little in common."""
    before, after = _set_of(old), _set_of(new)
    gone = tuple(place for place, one in enumerate(old) if one not in after)
    come = tuple(place for place, one in enumerate(new) if one not in before)
    wanted = set(held)
    where = dict.fromkeys(held, -1)
    where |= {one: place for place, one in enumerate(new) if one in wanted}
    return MergePlan(old, new, gone, come, moved=True, on_top=_on_top(come), where=where)


def _set_of(ids: array[int]) -> set[int]:
    """Return the ids as a set, made in pieces: in one go a million would hold every other thread up."""
    made: set[int] = set()
    for start in range(0, len(ids), _CHUNK):
        made.update(ids[start : start + _CHUNK])
    return made


def blocks(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return places as stretches from first to last."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found
