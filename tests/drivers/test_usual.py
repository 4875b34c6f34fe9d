"""The usual form of an answer: what it takes, the full grammar takes too, and with the same value."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.base.quality import Quality
from bench.base.records import INBOX
from bench.schedule.requests import Exchange
from drivers import scpi
from drivers.usual import Digit, Number, Usual, form, taken

_LIKE_NUMBERS = st.text("0123456789.+-eE ,_NAINF", max_size=24).map(str.encode)
_DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=6).map(lambda number: str(number).encode())
_FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: repr(number).encode())


def _usual(*pieces: bytes | Number | Digit, records: int = 3) -> Usual:
    return Usual(Exchange(b"?"), form(*pieces), np.zeros(records, INBOX), 100)


@given(st.one_of(_LIKE_NUMBERS, _DECIMALS, _FLOATS))
@example(b"4_0_0")
@example(b"9.91E+37")
@example(b"-0.00")
@example(b"5.")
@example(b".5e-3")
@example(b".")
@example(b"1e")
@example(b"9007199254740993")
def test_a_number_is_that_of_the_full_grammar_or_left_to_it(text: bytes) -> None:
    usual = _usual(Number(0), b"\n", records=1)
    if not taken(text + b"\n", usual, 1000):
        return
    value, quality = scpi.number(text)
    assert (quality, usual.records["quality"][0]) == (Quality.GOOD, Quality.GOOD)
    assert value.hex() == float(usual.records["value"][0]).hex()
    assert usual.records["t_ns"][0] == 900


@pytest.mark.parametrize("text", [b"0", b"12.50", b"-1234.56", b"+7", b"1.5E3", b"2.5e-3", b"123456789.123456"])
def test_the_numbers_that_instruments_print_are_usual(text: bytes) -> None:
    usual = _usual(Number(0, -2.0), records=1)
    assert taken(text, usual, 0)
    assert usual.records["value"][0] == -2.0 * float(text)


@pytest.mark.parametrize(
    "text", [b"", b"NAN", b"INF", b"9.91E+37", b"1e400", b"12345678901234567890", b"1.2.3", b"--1"]
)
def test_what_is_no_plain_number_is_left_to_the_full_grammar(text: bytes) -> None:
    assert not taken(text, _usual(Number(0), records=1), 0)


_AK = b"\x02 AKON 0 ", Number(0, -1.0), b" ", Number(1, -1.0), b" ", Digit(2, most=3), b"\x03"


def test_a_whole_telegram() -> None:
    usual = _usual(*_AK)
    assert taken(b"\x02 AKON 0 1500.25 -3.5 1\x03", usual, 5000)
    assert usual.records["value"].tolist() == [-1500.25, 3.5, 1.0]
    assert usual.records["t_ns"].tolist() == [4900] * 3


@given(st.integers(0, 23), st.integers(0, 255))
def test_one_wrong_byte_is_never_usual_with_another_meaning(place: int, byte: int) -> None:
    whole = b"\x02 AKON 0 1500.25 -3.5 1\x03"
    reply = whole[:place] + bytes([byte]) + whole[place + 1 :]
    usual = _usual(*_AK)
    if not taken(reply, usual, 5000):
        return
    assert reply.startswith(b"\x02 AKON 0 ")
    speed, torque, state = reply[9:-1].split(b" ")
    assert usual.records["value"].tolist() == [-scpi.number(speed)[0], -scpi.number(torque)[0], float(state)]


@given(st.integers(0, 23))
def test_a_cut_or_prolonged_answer_is_not_usual(length: int) -> None:
    whole = b"\x02 AKON 0 1500.25 -3.5 1\x03"
    assert not taken(whole[:length], _usual(*_AK), 0)
    assert not taken(whole + whole[: length + 1], _usual(*_AK), 0)


def test_a_long_text_is_compared_to_its_end() -> None:
    text = bytes(range(32, 112))
    assert taken(text, _usual(text, records=1), 0)
    assert not taken(text[:-1] + b"!", _usual(text, records=1), 0)
