"""State machines as tables: states x events -> (state, action). What a table does not name is refused.

A table is written as a nested mapping, read by the compiled loop as dense arrays, drawn into the reference by
docs/generate.py, and walked by the tests, so that the four cannot disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled

REFUSED = -1
"""In ``StateTable.next``: this event means nothing in this state."""


@dataclass(frozen=True, slots=True)
class Event:
    """Happens when the conditions (bits) under ``mask`` are exactly ``value``."""

    name: str
    mask: int
    value: int


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine in readable form. States and actions by code; events in the order of their precedence."""

    title: str
    states: Mapping[int, str]
    actions: Mapping[int, str]
    events: Sequence[Event]
    rows: Mapping[int, Mapping[str, tuple[int, int]]]
    """State -> event's name -> (next state, action)."""

    def allowed(self) -> list[tuple[int, str, int, int]]:
        """Every (state, event, next state, action)."""
        return [(state, event, *to) for state, row in self.rows.items() for event, to in row.items()]


@by_reference
class StateTable(NamedTuple):
    """The compiled form: events (n, 2) of mask and value; next state and action by (state, event)."""

    events: np.ndarray
    next: np.ndarray
    action: np.ndarray


def make_table(machine: Machine) -> StateTable:
    """The dense table. Raises ``KeyError`` for an event, ``IndexError`` for a state that does not exist."""
    place = {event.name: i for i, event in enumerate(machine.events)}
    size = max(machine.states) + 1
    following = np.full((size, len(place)), REFUSED, np.int64)
    action = np.zeros((size, len(place)), np.int64)
    for state, event, to, does in machine.allowed():
        if state not in machine.states or to not in machine.states or does not in machine.actions:
            raise IndexError(f"{machine.title}: {state} x {event} -> {to}, {does} names what does not exist")
        following[state, place[event]], action[state, place[event]] = to, does
    return StateTable(np.array([(e.mask, e.value) for e in machine.events], np.int64), following, action)


@compiled
def advance(table: StateTable, state: int, bits: int) -> tuple[int, int]:
    """(state, action) after the first event that happens under the conditions ``bits`` and means something here."""
    for event in range(table.events.shape[0]):
        if bits & table.events[event, 0] == table.events[event, 1] and table.next[state, event] != REFUSED:
            return table.next[state, event], table.action[state, event]
    return state, 0
