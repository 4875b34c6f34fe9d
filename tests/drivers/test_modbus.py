"""Modbus frames: dialogues typed from the specification's examples, and what is never taken for an answer."""

import pytest
from dialogue import Pair, run
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU

from drivers import modbus
from drivers.framing import Framer
from drivers.grammar import GrammarError
from drivers.modbus import ModbusClient, ModbusException, Request

HEX = bytes.fromhex

SPECIFIED = [
    (modbus.read_coils(0x13, 0x13), "01 0013 0013", "01 03 CD6B05", "CD6B05"),
    (modbus.read_discrete_inputs(0xC4, 0x16), "02 00C4 0016", "02 03 ACDB35", "ACDB35"),
    (modbus.read_holding_registers(0x6B, 3), "03 006B 0003", "03 06 022B 0000 0064", "022B 0000 0064"),
    (modbus.read_input_registers(8, 1), "04 0008 0001", "04 02 000A", "000A"),
    (modbus.write_coil(0xAC, True), "05 00AC FF00", "05 00AC FF00", ""),
    (modbus.write_register(1, 3), "06 0001 0003", "06 0001 0003", ""),
    (
        modbus.write_coils(0x13, [bool(0x01CD >> n & 1) for n in range(10)]),
        "0F 0013 000A 02 CD01",
        "0F 0013 000A",
        "",
    ),
    (modbus.write_registers(1, (0x0A, 0x0102)), "10 0001 0002 04 000A 0102", "10 0001 0002", ""),
    (
        modbus.read_write_registers(3, 6, 0x0E, (0xFF, 0xFF, 0xFF)),
        "17 0003 0006 000E 0003 06 00FF 00FF 00FF",
        "17 0C 00FE 0ACD 0001 0003 000D 00FF",
        "00FE 0ACD 0001 0003 000D 00FF",
    ),
]
"""The examples of Application Protocol V1.1b3, 6.1 to 6.6, 6.11, 6.12, 6.17: request, its PDU, the answer's, data."""


def framed(pdu: bytes, transaction: int = 1, unit: int = 1) -> bytes:
    return transaction.to_bytes(2, "big") + bytes((0, 0)) + (len(pdu) + 1).to_bytes(2, "big") + bytes((unit,)) + pdu


@pytest.mark.parametrize(("request_", "asked", "answered", "data"), SPECIFIED)
def test_the_examples_of_the_specification(request_: Request, asked: str, answered: str, data: str) -> None:
    dialogue: list[Pair] = [(framed(HEX(asked)), framed(HEX(answered)))]
    assert run(ModbusClient(1, 10).ask(request_), dialogue) == HEX(data)


@pytest.mark.parametrize(("request_", "asked", "answered", "data"), SPECIFIED)
def test_any_changed_byte_is_noticed_but_in_data_that_was_asked_for(
    request_: Request, asked: str, answered: str, data: str
) -> None:
    right = framed(HEX(answered), transaction=7, unit=3)
    for place in range(len(right) - len(HEX(data))):
        for change in (0x01, 0x80, 0xFF):
            wrong = bytearray(right)
            wrong[place] ^= change
            with pytest.raises(GrammarError):
                modbus.answer_of(bytes(wrong), 7, 3, request_)
    for wrong_length in (right[:-1], right + b"\x00", right[:7], b""):
        with pytest.raises(GrammarError):
            modbus.answer_of(wrong_length, 7, 3, request_)


def test_questions_are_numbered_and_never_by_zero() -> None:
    client = ModbusClient(9, 10)
    for number in (*range(1, 0x10000), 1, 2):
        question = client.ask(modbus.read_coils(0, 1)).send(None)
        assert question.data[:2] == number.to_bytes(2, "big") and question.data[6] == 9


def test_the_answer_to_an_older_question_is_refused() -> None:
    client, request = ModbusClient(1, 10), modbus.read_input_registers(8, 1)
    run(client.ask(request), [(framed(HEX("04 0008 0001")), framed(HEX("04 02 000A")))])
    with pytest.raises(GrammarError, match="transaction 2"):
        run(client.ask(request), [(framed(HEX("04 0008 0001"), 2), framed(HEX("04 02 000B"), 1))])


@pytest.mark.parametrize(("code", "text"), modbus.EXCEPTIONS.items())
def test_a_refusal_in_good_order_is_told_by_its_name(code: int, text: str) -> None:
    with pytest.raises(ModbusException, match=text) as caught:
        modbus.answer_of(framed(bytes((0x83, code))), 1, 1, modbus.read_holding_registers(0, 1))
    assert caught.value.code == code


@pytest.mark.parametrize("pdu", ["83 00", "83 07", "84 02", "83", "83 02 00"])
def test_what_is_no_refusal_of_this_question_is_no_answer_either(pdu: str) -> None:
    with pytest.raises(GrammarError):
        modbus.answer_of(framed(HEX(pdu)), 1, 1, modbus.read_holding_registers(0, 1))


@pytest.mark.parametrize("make", [
    lambda: modbus.read_coils(0, 0), lambda: modbus.read_coils(0, 2001), lambda: modbus.read_discrete_inputs(65535, 2),
    lambda: modbus.read_holding_registers(0, 126), lambda: modbus.read_input_registers(-1, 1),
    lambda: modbus.write_coils(0, [True] * 1969), lambda: modbus.write_registers(0, [0] * 124),
    lambda: modbus.write_register(0, 65536), lambda: modbus.write_registers(0, [-1]),
    lambda: modbus.read_write_registers(0, 1, 0, [0] * 122), lambda: modbus.write_coil(65536, True),
    lambda: ModbusClient(256, 10),
])  # fmt: skip
def test_what_the_protocol_cannot_carry_is_refused_before_anything_is_sent(make) -> None:
    with pytest.raises(ValueError):
        make()


ADDRESSES = st.integers(0, 0xFF00)
WORDS = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=121)
BITS = st.lists(st.booleans(), min_size=1, max_size=1968)
REQUESTS = st.one_of(
    st.builds(modbus.read_coils, ADDRESSES.filter(lambda a: a < 0xF000), st.integers(1, 2000)),
    st.builds(modbus.read_discrete_inputs, ADDRESSES.filter(lambda a: a < 0xF000), st.integers(1, 2000)),
    st.builds(modbus.read_holding_registers, ADDRESSES, st.integers(1, 125)),
    st.builds(modbus.read_input_registers, ADDRESSES, st.integers(1, 125)),
    st.builds(modbus.write_coil, ADDRESSES, st.booleans()),
    st.builds(modbus.write_register, ADDRESSES, st.integers(0, 0xFFFF)),
    st.builds(modbus.write_coils, ADDRESSES.filter(lambda a: a < 0xF000), BITS),
    st.builds(modbus.write_registers, ADDRESSES, WORDS),
    st.builds(modbus.read_write_registers, ADDRESSES, st.integers(1, 125), ADDRESSES, WORDS),
)


@given(REQUESTS, st.integers(1, 0xFFFF), st.integers(0, 255))
def test_pymodbus_reads_our_requests_as_they_are_meant(request: Request, transaction: int, unit: int) -> None:
    data = modbus.adu(transaction, unit, request)
    used, seen_unit, seen_transaction, pdu = FramerSocket(DecodePDU(True)).decode(data)
    assert (used, seen_unit, seen_transaction) == (len(data), unit, transaction)
    decoded = DecodePDU(True).decode(pdu)
    assert decoded.function_code == request.function
    read_address = getattr(decoded, "read_address", decoded.address)
    assert read_address == request.address
    assert bytes((decoded.function_code,)) + decoded.encode() == pdu


@given(REQUESTS, st.binary(max_size=300))
def test_bytes_of_any_kind_are_an_answer_or_one_of_two_errors(request: Request, reply: bytes) -> None:
    try:
        modbus.answer_of(reply, 1, 1, request)
    except (GrammarError, ModbusException):
        return
    assert Framer("modbus").feed(reply) == reply


@given(st.lists(st.booleans(), min_size=1, max_size=100))
def test_bits_go_there_and_back(bits: list[bool]) -> None:
    assert modbus.unpack_bits(modbus.pack_bits(bits), len(bits)) == bits


@given(WORDS)
def test_words_go_there_and_back(words: list[int]) -> None:
    assert modbus.unpack_words(modbus.words_as_bytes(words)) == tuple(words)
