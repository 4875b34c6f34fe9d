"""The status model of IEEE 488.2 and SCPI-99, against small dialogues of the standards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scpi_status import CME, DDE, EAV, ESB, EXE, MAV, MSS, OPC, OPER, PON, QUES, QYE, Register, Status


def test_a_fresh_instrument_has_just_been_switched_on() -> None:
    status = Status()
    assert (status.take_event(), status.take_event()) == (PON, 0)


@pytest.mark.parametrize(
    ("code", "bit"), [(-113, CME), (-222, EXE), (-350, DDE), (-410, QYE), (113, CME), (222, EXE), (-999, DDE)]
)
def test_an_error_sets_its_class_and_waits_in_the_queue(code: int, bit: int) -> None:
    status = Status()
    status.clear()
    status.error(code)
    assert status.byte() == EAV
    assert status.take_event() == bit
    assert status.next_error()[0] == code
    assert status.next_error() == (0, "No error")
    assert status.byte() == 0


def test_a_full_queue_ends_with_overflow_and_keeps_the_oldest() -> None:
    status = Status(errors_max=3)
    for code in (-101, -102, -103, -104, -105):
        status.error(code)
    assert [status.next_error()[0] for _ in range(4)] == [-101, -102, -350, 0]


def test_the_status_byte_sums_up_what_is_enabled() -> None:
    status = Status()
    status.take_event()
    status.complete()
    assert status.byte() == 0
    status.event_enable = OPC
    assert status.byte() == ESB
    status.service_enable = ESB
    assert status.byte() == ESB | MSS
    assert status.byte(answer_waits=True) == ESB | MSS | MAV
    status.questionable.enable = status.operation.enable = 1
    status.questionable.condition = status.operation.condition = 1
    assert status.byte() == ESB | MSS | QUES | OPER
    status.clear()
    assert status.byte() == 0


def test_filters_choose_the_edges_that_are_events() -> None:
    register = Register()
    register.rising, register.falling = 0b01, 0b10
    register.condition = 0b11
    assert register.take() == 0b01
    register.condition = 0
    assert register.take() == 0b10


@given(st.lists(st.integers(0, 0xFFFF), max_size=20))
def test_events_are_the_edges_and_survive_until_read(conditions: list[int]) -> None:
    register, last, risen = Register(), 0, 0
    for condition in conditions:
        register.condition = condition
        risen |= condition & ~last & 0x7FFF
        last = condition
    assert register.condition == last & 0x7FFF
    assert (register.take(), register.take()) == (risen, 0)
