"""Framing of answers, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.framing import Framer, FramingError

ANSWERS = [
    ("line", b"400.0\n"),
    ("line", b"YOKOGAWA,WT5000,0,F1\r\n"),
    ("line", b"\n"),
    ("block", b"#14\x0a\x0a\x00\xff\n"),
    ("block", b"#3012" + bytes(range(12)) + b"\r\n"),
    ("block", b"#10\n"),
    ("block", b"NAN\n"),  # no block at all: a line for the parser to refuse
    ("block", b"#0abc\n"),
    ("block", b"#2x4ab\n"),
    ("ak", b"\x02 AWRT 0 12.5\x03"),
    ("modbus", b"\x00\x01\x00\x00\x00\x05\x01\x04\x02\x0a\x0d"),
    ("modbus", b"\xff\xff\x00\x00\x00\xfe\x11" + bytes(253)),
    ("modbus", b"\x0d\x0a\x00\x00\x00\x03\x01\x83\x02"),
]


@pytest.mark.parametrize(("kind", "answer"), ANSWERS)
def test_an_answer_is_whole_at_its_last_byte_and_not_before(kind: str, answer: bytes) -> None:
    framer = Framer(kind)
    for place in range(len(answer) - 1):
        assert framer.feed(answer[place : place + 1]) is None
    assert framer.feed(answer[-1:]) == answer
    assert Framer(kind).feed(answer) == answer


@given(st.binary(max_size=300), st.lists(st.integers(1, 7), min_size=1, max_size=400))
def test_any_payload_in_any_pieces(payload: bytes, sizes: list[int]) -> None:
    answer = b"#%d%d" % (len(str(len(payload))), len(payload)) + payload + b"\n"
    framer, place, found = Framer("block"), 0, None
    for size in [*sizes, len(answer)]:
        found = framer.feed(answer[place : place + size])
        place += size
        if place >= len(answer):
            break
        assert found is None
    assert found == answer


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("line", b"400.0\n12.5\n"),
        ("block", b"#11x\nmore"),
        ("block", b"#11xy\n"),
        ("block", b"#9999999999"),
        ("ak", b"x\x02 AWRT 0\x03"),
        ("ak", b"\x02 AWRT 0\x03\x02 AWRT 0\x03"),
        ("line", b"x" * 2000),
        ("modbus", b"\x00\x01\x00\x00\x00\x03\x01\x83\x02\x00"),
        ("modbus", b"\x00\x01\x00\x00\x00\xff"),
        ("modbus", b"\x00\x01\x00\x00\x00\x02"),
        ("modbus", b"\x00\x01\x00\x01\x00\x03\x01\x83\x02"),
        ("modbus", b"HTTP/1.0 400"),
    ],
)
def test_what_is_no_single_answer_is_refused(kind: str, data: bytes) -> None:
    with pytest.raises(FramingError):
        Framer(kind, bytes_max=1000).feed(data)


def test_line_ends_around_a_telegram_are_no_data() -> None:
    assert Framer("ak").feed(b"\r\n\x02 ASTZ 0 1\x03\r\n") == b"\x02 ASTZ 0 1\x03"
