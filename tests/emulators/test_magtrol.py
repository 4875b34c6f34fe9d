"""The emulated Magtrol controller answers as the manuals say, and beeps at everything else."""

from typing import Any

import magtrol_dialogues as said
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from instrument_bench import OUTPUT_NAMES, Truth

from bench.emulators.instruments.faults import Fault, FaultScript
from bench.emulators.instruments.magtrol_dsp import BrakeNameplate, MagtrolDspEmulator

EXACT = {"torque_accuracy": 0.0, "torque_noise": 0.0}


def controller(truth: Truth, *faults: Fault, **plate: Any) -> MagtrolDspEmulator:
    nameplate = BrakeNameplate(**{**EXACT, **plate})
    return MagtrolDspEmulator(truth.measured, OUTPUT_NAMES, truth.inputs, "l", nameplate, faults=FaultScript(faults))


def talk(peer: MagtrolDspEmulator, question: bytes, t_ns: int = 0) -> bytes:
    peer.receive(question, t_ns)
    answer = b""
    while (due_ns := peer.next_ns()) is not None:
        answer += peer.produce(due_ns)
    return answer


def play(peer: MagtrolDspEmulator, dialogue: tuple[said.Pair, ...]) -> None:
    for question, answer in dialogue:
        assert talk(peer, question) == answer, question


@pytest.mark.parametrize(
    ("dialect", "before", "after"),
    [
        ("7000", (*said.SET_UP_7000, *said.HOLD_7000), (*said.DATA_7000, *said.FREE_7000)),
        ("6001", (*said.SET_UP_6001, *said.HOLD_6001), said.DATA_6001),
    ],
)
def test_dialogues_and_plant(dialect: str, before: Any, after: Any) -> None:
    truth = Truth()
    peer = controller(truth, dialect=dialect)
    play(peer, before)
    assert (truth.inputs["dyno_l_on"][0], truth.inputs["dyno_l_speed_rpm"][0]) == (1.0, 1500.0)
    truth.set(speed_l_rpm=1500.0, dyno_l_torque_nm=-120.5)
    play(peer, after)
    assert peer.unknown == 0
    assert truth.inputs["dyno_l_on"][0] == (0.0 if dialect == "7000" else 1.0)


@pytest.mark.parametrize("message", said.BEEPS)
def test_it_beeps_and_says_nothing(message: bytes) -> None:
    truth = Truth()
    peer = controller(truth)
    assert talk(peer, message) == b""
    assert peer.unknown == 1
    assert truth.inputs["dyno_l_on"][0] == 0.0


def test_the_other_way_round_and_other_units() -> None:
    truth = Truth(speed_l_rpm=-1728.0, dyno_l_torque_nm=22.6)
    assert talk(controller(truth), b"OD1\r\n") == b"S  1728T 22.6L\r\n"
    assert talk(controller(truth, sign=-1), b"OD1\r\n") == b"S  1728T 22.6R\r\n"
    small = controller(Truth(dyno_l_torque_nm=-0.488), torque_max_nm=5.0, unit="mNm")
    assert talk(small, b"OD1\r\n") == b"S     0T 488.R\r\n"


def test_an_alarm_takes_the_place_of_the_direction_and_lets_the_brake_go() -> None:
    truth = Truth(speed_l_rpm=1500.0, dyno_l_torque_nm=-120.5)
    peer = controller(truth, Fault("alarm", 10, 1 << 62))
    play(peer, (*said.HOLD_7000, *said.DATA_7000))
    assert talk(peer, b"OD1\r\n", 20) == said.ALARM_7000[0][1]
    assert truth.inputs["dyno_l_on"][0] == 0.0
    assert talk(peer, b"STAT\r\n", 30) == b"16\r\n"


def test_an_alarm_point_of_the_6001() -> None:
    truth = Truth(speed_l_rpm=3001.0)
    peer = controller(truth, dialect="6001")
    play(peer, ((b"ALS3000\r\n", b""), (b"OD\r\n", b"S 3001T  0.0R\r\n"), (b"ALL1\r\n", b"")))
    assert talk(peer, b"OD\r\n") == b"S 3001T  0.0A\r\n"


@given(st.lists(st.one_of(st.binary(max_size=20), st.sampled_from([b"OD1\r\n", b"N1,5\r\n", b"STAT\r\n"])), max_size=9))
def test_any_bytes_in_any_portions(portions: list[bytes]) -> None:
    peer, other = controller(Truth()), controller(Truth())
    whole = talk(peer, b"".join(portions)) if any(portions) else b""
    pieces = b"".join(talk(other, portion) for portion in portions if portion)
    assert whole == pieces
    talk(peer, b"\r\n")
    assert talk(peer, b"STAT\r\n") == b"0\r\n"


@pytest.mark.slow
def test_many_random_bytes() -> None:
    rng = np.random.default_rng(20262)
    peer = controller(Truth())
    lines = [question for question, _ in (*said.SET_UP_7000, *said.HOLD_7000)]
    for _ in range(20_000):
        line = bytearray(lines[int(rng.integers(len(lines)))])
        line[int(rng.integers(len(line)))] = int(rng.integers(256))
        assert talk(peer, bytes(line)).count(b"\n") <= 1
