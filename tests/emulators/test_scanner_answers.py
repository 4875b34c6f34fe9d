"""The emulated scanner answers the same dialogue, takes its time, and reads what is wired to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from instrument_bench import OUTPUT_NAMES, Truth
from scanner_dialogues import AMBIENT, IDENTITY, READ, READ_BACK, READ_OPEN, TRUTH, WRITTEN

from bench.base.time import NS_PER_MS, NS_PER_S
from bench.emulators.instruments.faults import Fault, FaultScript
from bench.emulators.instruments.keysight_daq970a import KeysightDaq970aEmulator, Wired

WIRED = (("winding", 101, "winding"), ("oil", 102, "oil"), ("ambient", 103, "ambient"))


def emulator(*faults: Fault, accuracy_k: float = 0.0, seed: int = 1, wired: int = 3) -> KeysightDaq970aEmulator:
    truth = Truth(**TRUTH)
    truth.inputs["ambient_degc"] = AMBIENT
    return KeysightDaq970aEmulator(
        truth.measured, OUTPUT_NAMES, truth.inputs, [Wired(*told, accuracy_k) for told in WIRED[:wired]],
        seed=seed, noise_k=0.04 * accuracy_k, faults=FaultScript(faults, seed, "scanner"),
    )  # fmt: skip


def talk(peer: KeysightDaq970aEmulator, question: bytes, t_ns: int = 0) -> tuple[bytes, int]:
    """The answer, and when it came."""
    peer.receive(question, t_ns)
    answer, came_ns = b"", t_ns
    while (due_ns := peer.next_ns()) is not None:
        answer, came_ns = answer + peer.produce(due_ns), due_ns
    return answer, came_ns


def set_up(peer: KeysightDaq970aEmulator) -> KeysightDaq970aEmulator:
    for question, answer in (*WRITTEN, *READ_BACK):
        assert talk(peer, question)[0] == answer, question
    return peer


def test_it_answers_as_its_dialogue_says() -> None:
    peer = set_up(emulator())
    assert talk(peer, IDENTITY[0])[0] == IDENTITY[1]
    assert talk(peer, READ[0], NS_PER_S) == (READ[1], NS_PER_S + 6 * 2_222_222 + 2 * NS_PER_MS)
    assert peer.unknown == 0


def test_a_broken_wire_reads_over_range_only_while_it_is_looked_for() -> None:
    peer = set_up(emulator(Fault("broken_wire", NS_PER_S, 2 * NS_PER_S, name="oil")))
    assert talk(peer, READ[0], 0)[0] == READ[1]
    assert talk(peer, READ[0], NS_PER_S)[0] == READ_OPEN[1]
    talk(peer, b"TEMP:TRAN:TC:CHEC OFF,(@102)\n", 1_100 * NS_PER_MS)
    assert talk(peer, READ[0], 1_200 * NS_PER_MS)[0] == READ[1].replace(b"+7.05000000E+01", b"+2.30000000E+01")
    assert talk(peer, READ[0], 2 * NS_PER_S)[0] == READ[1]


def test_an_input_without_a_thermocouple_is_open() -> None:
    assert talk(set_up(emulator(wired=1)), READ[0])[0].count(b"+9.90000000E+37") == 2


def test_started_by_itself_the_scan_is_fetched_when_it_has_ended() -> None:
    peer = set_up(emulator())
    assert talk(peer, b"FETC?;:SYST:ERR?\n")[0] == b'-230,"Data corrupt or stale"\n'
    assert talk(peer, b"INIT;:FETC?\n", NS_PER_S) == (READ[1], NS_PER_S + 6 * 2_222_222 + 2 * NS_PER_MS)
    assert talk(peer, b"INIT;:INIT;:SYST:ERR?\n", 2 * NS_PER_S)[0] == b'-213,"Init ignored"\n'


def test_units_forms_and_lists_of_inputs() -> None:
    peer = set_up(emulator())
    talk(peer, b"UNIT:TEMP F,(@101);:ROUT:SCAN (@103,101:102)\n")
    talk(peer, b"FORM:READ:UNIT ON;TIME ON;ALAR ON;:UNIT:TEMP K,(@102)\n")
    assert talk(peer, READ[0])[0] == (  # the order of User's Guide p.104
        b"+1.78250000E+02 F,000000000.000,101,0,+3.43650000E+02 K,000000000.002,102,0,"
        b"+2.30000000E+01 C,000000000.004,103,0\n"
    )
    assert talk(peer, b"ROUT:SCAN (@);:ROUT:SCAN?;:ROUT:SCAN:SIZE?\n")[0] == b"#13(@);+0\n"  # User Manual p.228
    assert talk(peer, b"READ?;:SYST:ERR?\n", NS_PER_S)[0] == b'-221,"Settings conflict"\n'


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"CONF:TEMP TC,X,(@101)", -141),
        (b"CONF:TEMP TC,K", -109),
        (b"ROUT:SCAN (@99)", -102),
        (b"ROUT:SCAN (@141)", -222),
        (b"ROUT:SCAN (@101,)", -102),
        (b"UNIT:TEMP R,(@101)", -141),
        (b"TEMP:NPLC 0.001,(@101)", -222),
        (b"TEMP:TRAN:TC:CHEC 2,(@101)", -104),
        (b"MEAS:TEMP?", -113),
    ],
)
def test_what_it_refuses(message: bytes, code: int) -> None:
    assert talk(emulator(), message + b";:SYST:ERR?\n")[0].startswith(str(code).encode())


def test_power_lost_it_forgets_all_but_the_scan_list() -> None:
    peer = set_up(emulator(Fault("restart", NS_PER_S, 2 * NS_PER_S)))
    peer.opened(3 * NS_PER_S)
    assert talk(peer, b"ROUT:SCAN?;:FORM:READ:CHAN?;:FUNC?\n", 3 * NS_PER_S)[0] == (
        b'#214(@101,102,103);0;"VOLT","VOLT","VOLT"\n'
    )
    assert int(talk(peer, b"*ESR?\n", 3 * NS_PER_S)[0]) & 128


def test_errors_stay_within_the_accuracy_and_come_from_the_seed() -> None:
    def read(seed: int) -> list[float]:
        peer = set_up(emulator(accuracy_k=2.5, seed=seed))
        scans = [talk(peer, READ[0], n * NS_PER_S)[0].split(b",")[::2] for n in range(50)]
        means: list[float] = np.mean(np.array(scans, float), axis=0).tolist()
        return means

    true = (*TRUTH.values(), AMBIENT)
    errors = [[got - want for got, want in zip(read(seed), true, strict=True)] for seed in range(5)]
    assert all(abs(error) < 2.6 for run in errors for error in run)
    assert len({tuple(run) for run in errors}) == 5
    assert read(3) == read(3)


PIECES = (b"CONF:TEMP ", b"(@101:", b"103)", b"READ?;", b"INIT;", b"FETC?", b"\n", b"ROUT:SCAN ", b"#9", b'"', b"MAX,")


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(PIECES)), max_size=12))
def test_any_bytes_leave_it_alive(portions: list[bytes]) -> None:
    peer = emulator()
    for portion in portions:
        peer.receive(portion or b"?", 0)
    peer.receive(b"\n", 0)
    while (due_ns := peer.next_ns()) is not None:
        peer.produce(due_ns)
    assert talk(peer, IDENTITY[0])[0] == IDENTITY[1]
