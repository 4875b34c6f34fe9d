"""Every state machine of an emulated node, walked from its table: all that is allowed happens, all else is refused."""

from collections.abc import Iterator

import pytest

from bench.emulators import can_dynos, cascadia_cm, ecu
from bench.emulators.state_table import Event, Machine, advance, make_table

MACHINES = [ecu.MACHINE, *cascadia_cm.MACHINES, can_dynos.MACHINE]


def conditions(machine: Machine) -> Iterator[int]:
    """Every combination of the conditions that its events look at."""
    used = 0
    for event in machine.events:
        used |= event.mask
    return (bits for bits in range(used + 1) if bits & ~used == 0)


def happens(event: Event, bits: int) -> bool:
    return bits & event.mask == event.value


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.title)
def test_all_that_is_allowed_happens_and_all_else_is_refused(machine: Machine) -> None:
    table, reached = make_table(machine), set()
    for state in machine.states:
        row = machine.rows.get(state, {})
        for bits in conditions(machine):
            took = advance(table, state, bits)
            meant = [event.name for event in machine.events if happens(event, bits) and event.name in row]
            if not meant:
                assert took == (state, 0), f"{machine.states[state]} under {bits:b} must refuse"
                continue
            assert took == row[meant[0]]
            reached.add((state, meant[0]))
    assert reached == {(state, event) for state, event, *_ in machine.allowed()}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.title)
def test_every_state_can_be_reached_and_left(machine: Machine) -> None:
    entered = {to for _, _, to, _ in machine.allowed()} | {next(iter(machine.states))}
    assert entered == set(machine.states)
    assert set(machine.rows) == set(machine.states)


def test_a_row_that_names_what_does_not_exist_is_refused() -> None:
    one = Machine("odd", {0: "a"}, {0: ""}, (Event("go", 1, 1),), {0: {"go": (7, 0)}})
    with pytest.raises(IndexError, match=r"odd: 0 x go -> 7"):
        make_table(one)
    with pytest.raises(KeyError, match="stop"):
        make_table(Machine("odd", {0: "a"}, {0: ""}, (Event("go", 1, 1),), {0: {"stop": (0, 0)}}))
