"""The emulated devices behind Modbus TCP answer as the specification says, and refuse what it says is to be refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.base.time import NS_PER_MS
from bench.emulators.instruments.faults import Fault, FaultScript
from bench.emulators.instruments.periphery_server import PeripheryServer
from bench.emulators.periphery import COMMANDED, TOLD, Periphery, act, make_periphery
from bench.plant.records import INPUTS
from drivers.periphery.bench_io_modbus import BENCH_IO_MAP
from drivers.periphery.conditioner_modbus import CONDITIONER_MAP

HEX = bytes.fromhex
WHO = {"maker": "EDU", "model": "IO-7", "serial": "IO-0071", "firmware": "1.0"}


def framed(pdu: bytes, unit: int = 1, number: int = 5) -> bytes:
    return number.to_bytes(2, "big") + bytes(2) + (len(pdu) + 1).to_bytes(2, "big") + bytes((unit,)) + pdu


def talk(peer: PeripheryServer, question: bytes, t_ns: int = 0) -> bytes:
    """The answer, at whatever time it comes."""
    peer.receive(question, t_ns)
    answer = b""
    while (due_ns := peer.next_ns()) is not None:
        answer += peer.produce(due_ns)
    return answer


def pdu_of(peer: PeripheryServer, pdu: str) -> str:
    answer = talk(peer, framed(HEX(pdu)))
    assert answer[:7] == framed(answer[7:])[:7]
    return answer[7:].hex(" ").upper()


@pytest.fixture
def periphery() -> Periphery:
    made = make_periphery(1, 23.0)
    inputs = np.zeros(1, INPUTS)
    act(made, inputs[0], NS_PER_MS, NS_PER_MS)
    return made


def io(periphery: Periphery, *faults: Fault) -> PeripheryServer:
    return PeripheryServer(periphery, BENCH_IO_MAP, WHO, faults=FaultScript(faults))


def conditioner(periphery: Periphery, *faults: Fault) -> PeripheryServer:
    return PeripheryServer(periphery, CONDITIONER_MAP, WHO, faults=FaultScript(faults))


def test_outputs_inputs_and_identity_of_the_bench_io(periphery: Periphery) -> None:
    peer = io(periphery)
    assert pdu_of(peer, "02 0000 0009") == "02 02 4B 00"
    assert pdu_of(peer, "05 0000 FF00") == "05 00 00 FF 00"
    assert pdu_of(peer, "0F 0001 0002 01 03") == "0F 00 01 00 02"
    assert pdu_of(peer, "01 0000 0005") == "01 01 07"
    assert pdu_of(peer, "06 0000 012C") == "06 00 00 01 2C"
    assert pdu_of(peer, "03 0000 0001") == "03 02 01 2C"
    assert pdu_of(peer, "04 0008 0002") == "04 04 49 4F 2D 37"  # IO-7
    assert periphery.commands[COMMANDED.index("io.contactor_cmd")] == 1.0
    assert periphery.state["relay_ns"][0] == 300 * NS_PER_MS
    assert peer.unknown == 0


def test_set_points_and_values_of_the_conditioner(periphery: Periphery) -> None:
    peer = conditioner(periphery)
    periphery.told[TOLD.index("coolant.temp_in")] = 65.0
    assert pdu_of(peer, "10 0000 0002 04 1964 03E8") == "10 00 00 00 02"  # 65.00 degC, 10.00 l/min
    assert pdu_of(peer, "17 0000 0002 0001 0001 02 01F4") == "17 04 19 64 01 F4"
    assert pdu_of(peer, "04 0064 0002") == "04 04 00 00 42 82"
    assert periphery.commands[COMMANDED.index("coolant.flow_cmd")] == 5.0


@pytest.mark.parametrize(
    ("pdu", "refused"),
    [
        ("07", "87 01"),  # a function that is not there
        ("2B 0E 01 00", "AB 01"),
        ("01 0006 0001", "81 02"),  # beyond the map
        ("02 0008 0002", "82 02"),
        ("04 0020 0001", "84 02"),
        ("05 0006 FF00", "85 02"),
        ("06 0001 0000", "86 02"),
        ("01 0000 0000", "81 03"),  # counts that the specification does not allow
        ("01 0000 07D1", "81 03"),
        ("03 0000 007E", "83 03"),
        ("05 0000 0001", "85 03"),  # neither on nor off
        ("06 0000 0031", "86 03"),  # 49 ms is too short for the relay
        ("10 0000 0001 02 07D1", "90 03"),
        ("10 0000 0001 03 07D000", "90 03"),
        ("0F 0000 0005 02 0000", "8F 03"),
        ("17 0000 0001 0000 0001 02 FFFF", "97 03"),
        ("03 0000", "83 03"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused_and_changes_nothing(periphery: Periphery, pdu: str, refused: str) -> None:
    peer = io(periphery)
    before = (periphery.commands.tobytes(), periphery.state.tobytes())
    assert pdu_of(peer, pdu) == refused
    assert peer.unknown == 1
    assert (periphery.commands.tobytes(), periphery.state.tobytes()) == before


def test_one_word_out_of_range_and_none_is_taken(periphery: Periphery) -> None:
    assert pdu_of(conditioner(periphery), "10 0000 0002 04 1964 FFFF") == "90 03"
    assert periphery.commands[COMMANDED.index("coolant.temp_cmd")] == 0.0


def test_units(periphery: Periphery) -> None:
    peer = io(periphery)
    for unit in (1, 0, 255):
        assert talk(peer, framed(HEX("02 0000 0001"), unit)) == framed(HEX("02 01 01"), unit)
    assert talk(peer, framed(HEX("02 0000 0001"), 2)) == framed(HEX("82 0B"), 2)


def test_requests_come_in_any_portions_and_several_at_once(periphery: Periphery) -> None:
    peer = io(periphery)
    question = framed(HEX("02 0000 0009"), number=1) + framed(HEX("01 0000 0005"), number=2)
    wanted = framed(HEX("02 02 4B 00"), number=1) + framed(HEX("01 01 00"), number=2)
    assert talk(peer, question) == wanted
    answer = b"".join(talk(peer, question[n : n + 1]) for n in range(len(question)))
    assert answer == wanted


def test_what_is_no_modbus_is_thrown_away(periphery: Periphery) -> None:
    peer = io(periphery)
    assert talk(peer, b"GET / HTTP/1.0\r\n\r\n") == b""
    assert peer.unknown == 1
    assert talk(peer, framed(HEX("02 0000 0001"))) == framed(HEX("02 01 01"))


@given(st.lists(st.binary(max_size=40), max_size=5), st.booleans())
def test_no_bytes_bring_it_down(pieces: list[bytes], framed_right: bool) -> None:
    made = make_periphery(1, 23.0)
    for peer in (io(made), conditioner(made)):
        for piece in pieces:
            talk(peer, framed(piece) if framed_right and piece else piece + b"\0")
        peer.opened(0)
        assert len(talk(peer, framed(HEX("04 0000 0001")))) == 11


def test_a_script_of_faults(periphery: Periphery) -> None:
    question, right = framed(HEX("02 0000 0001")), framed(HEX("02 01 01"))
    assert talk(io(periphery, Fault("silence", 0, 10)), question) == b""
    spoilt = talk(io(periphery, Fault("garbage", 0, 10)), question)
    assert len(spoilt) == len(right) + 1 and spoilt[:2] != right[:2]
    peer = io(periphery, Fault("partial", 0, 10, NS_PER_MS))
    assert talk(peer, question) == right
    no_data = conditioner(periphery, Fault("nan", 0, 10))
    assert pdu_of(no_data, "04 0064 0002") == "04 04 00 00 7F C0"
    too_much = conditioner(periphery, Fault("inf", 0, 10))
    assert pdu_of(too_much, "04 0064 0002") == "04 04 00 00 7F 80"


def test_the_relay_waits_for_the_time_it_was_told(periphery: Periphery) -> None:
    peer, plant = io(periphery), np.zeros(1, INPUTS)
    pdu_of(peer, "06 0000 0064")  # 100 ms
    pdu_of(peer, "05 0002 FF00")
    relay = TOLD.index("io.watchdog_relay")
    for t_ms, wanted in ((10, 1.0), (100, 1.0), (112, 0.0)):
        act(periphery, plant[0], t_ms * NS_PER_MS, NS_PER_MS)
        assert periphery.told[relay] == wanted, t_ms
    pdu_of(peer, "05 0002 0000")
    act(periphery, plant[0], 113 * NS_PER_MS, NS_PER_MS)
    assert periphery.told[relay] == 1.0
