"""The emulated supplies answer the same dialogues, move the plant, trip, and act on silence as the real ones."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from instrument_bench import OUTPUT_NAMES, Truth
from supply_dialogues import EA_PSB, FAMILIES, ITECH, KEYSIGHT, TRUTH, Family

from bench.base.time import NS_PER_MS, NS_PER_S
from bench.emulators.instruments.ea_psb import EaPsbEmulator
from bench.emulators.instruments.of_rig import SUPPLIES
from bench.emulators.instruments.supply import SupplyEmulator, SupplyNameplate
from drivers.registry import BUILT_IN, driver_class

EACH = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.driver)
PLATE = SupplyNameplate(800.0, 225.0, 54_000.0, voltage_accuracy=0.0, current_accuracy=0.0, noise=0.0)


TRIPPED = {"ea_psb": b";OFF;1025\n", "itech_it6000c": b";0;1\n", "keysight_rp7900": b";1;1;0\n"}
"""Output and registers after an over-voltage: the Keysight stays programmed on."""


def emulator(family: Family, truth: Truth | None = None) -> Any:
    truth = truth or Truth(**TRUTH)
    return SUPPLIES[family.driver](truth.measured, OUTPUT_NAMES, truth.inputs, PLATE)


def talk(peer: SupplyEmulator, question: bytes, t_ns: int = 0) -> bytes:
    peer.receive(question, t_ns)
    answer = b""
    while (due_ns := peer.next_ns()) is not None:
        answer += peer.produce(due_ns)
    return answer


def set_up(family: Family, truth: Truth | None = None) -> Any:
    peer = emulator(family, truth)
    for question, _ in family.set_up:
        talk(peer, question)
    return peer


def switch_on(peer: SupplyEmulator, family: Family, t_ns: int = 0) -> None:
    for question, _ in family.set_points.values():
        talk(peer, question, t_ns)


def test_every_supply_that_has_a_driver_is_emulated() -> None:
    supplies = {name for name, place in BUILT_IN.items() if ".supplies." in place}
    assert supplies == set(SUPPLIES)
    assert all(SUPPLIES[name].table is driver_class(name).table for name in supplies)


@EACH
def test_it_answers_as_its_dialogues_say(family: Family) -> None:
    truth = Truth(**TRUTH)
    peer = emulator(family, truth)
    assert talk(peer, family.identity[0]) == family.identity[1]
    for question, answer in (*family.set_up, *family.set_points.values(), *family.read, family.refused):
        assert talk(peer, question) == answer, question
    inputs = truth.inputs[0]
    assert (inputs["supply_on"], inputs["supply_voltage_v"]) == (1.0, 400.0)
    assert (inputs["supply_current_max_a"], inputs["supply_sink_current_max_a"]) == (150.0, 120.0)
    assert peer.unknown == 0


@EACH
def test_an_unknown_header_is_queued_and_counted(family: Family) -> None:
    peer = emulator(family)
    assert talk(peer, b"NONSENSE:VOLT 1;:SYST:ERR?\n").startswith(b"-1")
    assert peer.unknown == 1


@EACH
def test_over_voltage_switches_off_and_stays_off(family: Family) -> None:
    truth = Truth(u_supply_v=400.0)
    peer = set_up(family, truth)
    switch_on(peer, family)
    assert truth.inputs["supply_on"][0] == 1.0
    truth.set(u_supply_v=490.0)
    talk(peer, family.read[0][0])
    assert truth.inputs["supply_on"][0] == 0.0
    truth.set(u_supply_v=100.0)
    assert talk(peer, family.read[0][0]).endswith(TRIPPED[family.driver])
    assert truth.inputs["supply_on"][0] == 0.0


@EACH
def test_silence_switches_off_and_only_that_silence(family: Family) -> None:
    truth = Truth(u_supply_v=400.0)
    peer = set_up(family, truth)
    switch_on(peer, family, NS_PER_S)
    peer.opened(2 * NS_PER_S)  # a fresh connection says nothing
    assert peer.watchdog_ns() == 3 * NS_PER_S
    peer.expire(3 * NS_PER_S - 1)
    assert truth.inputs["supply_on"][0] == 1.0
    talk(peer, family.read[1][0], 2_900 * NS_PER_MS)
    peer.expire(3 * NS_PER_S)
    assert truth.inputs["supply_on"][0] == 1.0
    peer.expire(4_900 * NS_PER_MS)
    assert truth.inputs["supply_on"][0] == 0.0
    assert peer.watchdog_ns() is None


@EACH
def test_messages_that_come_too_fast_are_counted(family: Family) -> None:
    peer = emulator(family)
    pace_ns = peer.table.dialect.pace_ns
    talk(peer, b"*IDN?\n", NS_PER_S)
    talk(peer, b"*IDN?\n", NS_PER_S + pace_ns)
    assert peer.hurried == 0
    talk(peer, b"*IDN?\n", NS_PER_S + 2 * pace_ns - (pace_ns > 0))
    assert peer.hurried == (pace_ns > 0)


PIECES = (b"VOLT ", b"?;", b"MAX", b"#9", b"#0", b'"', b"1e999", b"OUTP ON;", b"\n", b"STAT:QUES:", b"COND?", b"SYST:")


@EACH
@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(PIECES)), max_size=12))
def test_any_bytes_leave_it_alive(family: Family, portions: list[bytes]) -> None:
    peer = emulator(family)
    for portion in portions:
        peer.receive(portion or b"?", 0)
    peer.receive(b"\n", 0)
    while peer.next_ns() is not None:
        peer.produce(peer.next_ns() or 0)
    assert talk(peer, family.identity[0]) == family.identity[1]


# --- EA: lock, registers, monitoring ----------------------------------------------------------------------------------


def ea(truth: Truth | None = None) -> EaPsbEmulator:
    peer = emulator(EA_PSB, truth)
    assert isinstance(peer, EaPsbEmulator)
    return peer


def test_events_are_latched_and_cleared_by_reading_while_conditions_are_not() -> None:
    """PGMBEN 5.4.2: CONDition is the state now, EVENt the history of what came."""
    peer = ea(Truth(u_supply_v=400.0))
    talk(peer, b"SYST:LOCK ON;:OUTP ON;:OUTP OFF\n")
    assert talk(peer, b"STAT:QUES:COND?\n") == b"1024\n"
    assert talk(peer, b"STAT:QUES?\n") == b"3072\n"
    assert talk(peer, b"STAT:QUES:EVEN?\n") == b"0\n"
    talk(peer, b"STAT:QUES:ENAB 2048;:OUTP ON\n")
    assert talk(peer, b"*STB?\n") == b"8\n"


def test_an_alarm_whose_cause_is_there_cannot_be_acknowledged() -> None:
    truth = Truth(u_supply_v=400.0)
    peer = ea(truth)
    talk(peer, b"SYST:LOCK ON;:VOLT:PROT 450;:OUTP ON\n")
    truth.set(u_supply_v=460.0)
    assert talk(peer, b"STAT:QUES:COND?;:SYST:ERR?;:STAT:QUES:COND?\n") == b'1025;0,"No error";1025\n'
    truth.set(u_supply_v=0.0)
    assert talk(peer, b"SYST:ERR?;:STAT:QUES:COND?\n") == b'0,"No error";1024\n'


def test_the_panel_wins_over_remote_control() -> None:
    truth = Truth()
    peer = ea(truth)
    talk(peer, b"SYST:LOCK ON;:POW:STAG:AFT:REM OFF;:OUTP ON\n")
    peer.lock_locally()
    assert truth.inputs["supply_on"][0] == 0.0
    assert talk(peer, b"SYST:LOCK:OWN?;:SYST:LOCK ON;:SYST:ERR?\n") == b'LOCAL;-201,"Invalid while in local"\n'
    assert talk(peer, b"VOLT 10;:SYST:ERR?\n") == b'-201,"Invalid while in local"\n'


def test_the_monitoring_leaves_remote_and_the_output_as_it_was_unless_told_otherwise() -> None:
    """Manual 33200840 p.55, 3.5.3.3: it exits remote control; "state after remote" decides over the output."""
    truth = Truth()
    peer = ea(truth)
    talk(peer, b"SYST:LOCK ON;:SYST:COMM:MON:TIM 2;ACT ON;:OUTP ON\n")
    peer.expire(2 * NS_PER_S)
    assert truth.inputs["supply_on"][0] == 1.0
    assert talk(peer, b"SYST:LOCK:OWN?\n", 3 * NS_PER_S) == b"NONE\n"
    assert int(talk(peer, b"STAT:OPER:COND?\n", 3 * NS_PER_S)) & 128


def test_regulation_and_direction() -> None:
    truth = Truth(u_supply_v=400.0, i_supply_a=-50.0)
    peer = ea(truth)
    talk(peer, b"SYST:LOCK ON;:CURR 100;:SINK:CURR 100;:OUTP ON\n")
    assert talk(peer, b"STAT:OPER:COND?\n") == b"4352\n"  # CV, sink
    truth.set(i_supply_a=100.0)
    assert talk(peer, b"STAT:OPER:COND?\n") == b"512\n"  # CC


def test_units_extremes_and_what_one_message_may_hold() -> None:
    peer = ea()
    talk(peer, b"SYST:LOCK ON;:POW 3.5kW;:VOLT MAX\n")
    assert talk(peer, b"POW?;:VOLT?;:VOLT? MIN;:SYST:NOM:VOLT?\n") == b"3500.00W;816.00V;0.00V;800.00V\n"
    assert talk(peer, b"VOLT?;VOLT?;VOLT?;VOLT?;VOLT?;VOLT?\n") == b""
    assert talk(peer, b"SYST:ERR?\n") == b'-223,"Too much data"\n'
    assert talk(peer, b"NONSENSE\nVOLT 1X\nSYST:ERR:ALL?\n") == (
        b'-100,"Command error",-131,"Invalid suffix",0,"No error",0,"No error",0,"No error"\n'
    )


# --- ITECH and Keysight: what bites -----------------------------------------------------------------------------------


def test_itech_wants_remote_control_and_guards_what_belongs_to_the_other_priority() -> None:
    peer = emulator(ITECH)
    assert talk(peer, b"VOLT 10;:SYST:ERR?\n").startswith(b"-201")
    assert talk(peer, b"SYST:REM;:VOLT:LIM 10;:SYST:ERR?\n").startswith(b"-221")
    assert talk(peer, b"FUNC CURR;:VOLT:LIM 10;:SYST:ERR?\n") == b'0,"No error"\n'


def test_itech_trips_on_under_voltage_unless_it_was_switched_off() -> None:
    truth = Truth(u_supply_v=5.0)
    peer = emulator(ITECH, truth)
    talk(peer, b"SYST:REM;:OUTP ON\n", NS_PER_S)
    talk(peer, b"OUTP?\n", 22 * NS_PER_S)
    assert talk(peer, b"OUTP?;:STAT:QUES:COND?\n", 22 * NS_PER_S) == b"0;32\n"
    assert talk(peer, b"OUTP ON;:SYST:ERR?\n", 23 * NS_PER_S).startswith(b"-221")
    assert talk(peer, b"OUTP:PROT:CLE;:OUTP?;:STAT:QUES:COND?\n", 23 * NS_PER_S) == b"0;0\n"


def test_keysight_stays_programmed_on_and_clearing_switches_on_again() -> None:
    """Guide p.226: the output is restored to the state before the fault."""
    truth = Truth(u_supply_v=400.0)
    peer = set_up(KEYSIGHT, truth)
    switch_on(peer, KEYSIGHT, NS_PER_S)
    peer.expire(4 * NS_PER_S)
    assert truth.inputs["supply_on"][0] == 0.0
    assert talk(peer, b"OUTP?;:STAT:QUES:COND?\n", 5 * NS_PER_S) == b"1;2048\n"
    talk(peer, b"OUTP:PROT:CLE\n", 5 * NS_PER_S)
    assert truth.inputs["supply_on"][0] == 1.0


def test_keysight_over_current_protection_trips_at_the_limit() -> None:
    truth = Truth(u_supply_v=400.0, i_supply_a=150.0)
    peer = set_up(KEYSIGHT, truth)
    switch_on(peer, KEYSIGHT)
    assert talk(peer, b"STAT:QUES1:COND?;:STAT:OPER:COND?;:STAT:QUES3:COND?;:SYST:ERR?\n").startswith(b"128;2;-114")
    talk(peer, b"CURR:PROT:STAT ON\n")
    assert talk(peer, b"STAT:QUES1:COND?\n") == b"2\n"
    assert truth.inputs["supply_on"][0] == 0.0
