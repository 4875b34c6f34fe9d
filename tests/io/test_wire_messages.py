"""Messages made by setting attributes are those that python-can's constructor makes."""

from collections.abc import Sequence

import can
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.base.records import FRAME_BRS, FRAME_ESI, FRAME_FD, FRAME_REMOTE
from bench.io.wire_memory import PACKED, RECORD, STRIDE
from bench.io.wire_messages import EXTENDED, Packed, any_message, blank_maker, hand_over

OWN = 3
SLOTS = [name for name in can.Message.__slots__ if name != "__weakref__"]
identities = st.integers(0, 0x7FF) | st.integers(0, 0x1FFF_FFFF).map(lambda number: number | EXTENDED)
records = st.tuples(
    st.integers(0, 1 << 40),
    st.integers(0, 1 << 50),
    identities,
    st.integers(0, 31),
    st.sampled_from([0, 0, 0, FRAME_FD, FRAME_FD | FRAME_BRS | FRAME_ESI, FRAME_REMOTE]),
    st.integers(0, 64),
    st.binary(min_size=64, max_size=64),
)


def constructed(packed: Packed, calendar_s: float) -> can.Message:
    _, t_ns, identity, _, _, length, data = packed
    return can.Message(
        timestamp=calendar_s + t_ns * 1e-9,
        arbitration_id=identity & 0x1FFF_FFFF,
        is_extended_id=identity >= EXTENDED,
        channel="c",
        data=data[:length],
    )


def handed(block: bytearray, calendar_s: float) -> tuple[list[can.Message], list[Packed]]:
    messages: list[can.Message] = []
    others: list[Packed] = []
    hand_over(block, OWN, "c", calendar_s, messages.append, others.append)
    return messages, others


@given(st.lists(records, max_size=5), st.floats(0, 2e9))
def test_plain_frames_become_messages_and_the_rest_is_left(rows: Sequence[Packed], calendar_s: float) -> None:
    messages, others = handed(bytearray(b"".join(PACKED.pack(*row) for row in rows)), calendar_s)
    plain = [row for row in rows if not row[4] and row[3] != OWN and row[5] <= 8]
    assert others == [row for row in rows if row not in plain]
    for message, row in zip(messages, plain, strict=True):
        wanted = constructed(row, calendar_s)
        assert type(message) is can.Message and type(message.data) is bytearray
        assert [getattr(message, name) for name in SLOTS] == [getattr(wanted, name) for name in SLOTS]
        same = any_message(row, False, "c", calendar_s, lambda: (0, 0))
        assert [getattr(message, name) for name in SLOTS] == [getattr(same, name) for name in SLOTS]


def test_every_message_has_data_of_its_own() -> None:
    record = PACKED.pack(0, 0, 0x123, 0, 0, 8, b"12345678")
    (first, second), _ = handed(bytearray(record + record), 0.0)
    first.data[0] = 0
    assert bytes(second.data) == b"12345678"


def test_a_message_with_other_attributes_is_made_by_its_constructor() -> None:
    class More(can.Message):
        __slots__ = ("priority",)

        def __init__(self) -> None:
            super().__init__()
            self.priority = 7

    made = blank_maker(More)()
    assert isinstance(made, More) and made.priority == 7
    with pytest.raises(AttributeError):  # nothing is set yet: the constructor was left out
        _ = blank_maker()().dlc


def test_the_struct_is_the_record() -> None:
    assert PACKED.size == STRIDE == RECORD.itemsize == 96
