"""The emulated Cascadia inverter through its own frames, made and read by cantools: dialogues as tables."""

import pytest
from inverter_peer import BUS, PLATE, CmPeer

from bench.emulators import cascadia_cm as cm
from drivers.inverters import parameters
from drivers.inverters.cascadia_cm import POST_FAULTS, RUN_FAULTS, protocol
from drivers.inverters.protocol import FaultWord

ENABLE = {"InverterEnable": 1, "Direction": 1}
DISCHARGE = {"InverterDischarge": 1}

# command (None: silence), plant, milliseconds -> VSM state, lockout, discharge state, run faults
STORIES = {
    "enable is ignored until a disable was seen": [
        (ENABLE, {"u_dc_v": 400.0}, 500, (cm.READY, 1, cm.ALLOWED, 0)),
        ({}, {}, 20, (cm.READY, 0, cm.ALLOWED, 0)),
        (ENABLE, {}, 20, (cm.RUNNING, 0, cm.ALLOWED, 0)),
        ({}, {}, 20, (cm.READY, 0, cm.ALLOWED, 0)),
    ],
    "precharge follows the DC bus, up and down": [
        ({}, {}, 100, (cm.START, 1, cm.ALLOWED, 0)),
        ({}, {}, 200, (cm.PRECHARGE_INIT, 0, cm.ALLOWED, 0)),
        ({}, {"u_dc_v": 100.0}, 20, (cm.PRECHARGE_ACTIVE, 0, cm.ALLOWED, 0)),
        ({}, {"u_dc_v": 5.0}, 20, (cm.PRECHARGE_INIT, 0, cm.ALLOWED, 0)),
        ({}, {"u_dc_v": 350.0}, 20, (cm.READY, 0, cm.ALLOWED, 0)),
        ({}, {"u_dc_v": 5.0}, 20, (cm.PRECHARGE_INIT, 0, cm.ALLOWED, 0)),
    ],
    "the command is lost": [
        ({}, {"u_dc_v": 400.0}, 300, (cm.READY, 0, cm.ALLOWED, 0)),
        (ENABLE, {}, 20, (cm.RUNNING, 0, cm.ALLOWED, 0)),
        (None, {}, 50, (cm.RUNNING, 0, cm.ALLOWED, 0)),
        (None, {}, 20, (cm.BLINK_FAULT, 1, cm.ALLOWED, 1 << cm.COMMAND_LOST)),
        (ENABLE, {}, 100, (cm.BLINK_FAULT, 1, cm.ALLOWED, 1 << cm.COMMAND_LOST)),
    ],
    "the direction changes while enabled": [
        ({}, {"u_dc_v": 400.0}, 300, (cm.READY, 0, cm.ALLOWED, 0)),
        (ENABLE, {}, 20, (cm.RUNNING, 0, cm.ALLOWED, 0)),
        ({"InverterEnable": 1}, {}, 20, (cm.BLINK_FAULT, 1, cm.ALLOWED, 1 << cm.DIRECTION)),
    ],
    "the DC bus falls away while running": [
        ({}, {"u_dc_v": 400.0}, 300, (cm.READY, 0, cm.ALLOWED, 0)),
        (ENABLE, {"u_dc_v": 400.0}, 20, (cm.RUNNING, 0, cm.ALLOWED, 0)),
        (ENABLE, {"u_dc_v": 100.0}, 5, (cm.BLINK_FAULT, 1, cm.ALLOWED, 1 << cm.UNDER_VOLTAGE)),
    ],
    "overspeed, over-voltage and a hot motor, all told": [
        ({}, {"speed_motor_rpm": -15e3, "u_dc_v": 480.0, "winding_degc": 180.0}, 300,
         (cm.BLINK_FAULT, 1, cm.ALLOWED, 1 << cm.OVERSPEED | 1 << cm.OVER_VOLTAGE | 1 << cm.MOTOR_HOT)),
    ],
    "discharge to the end": [
        ({}, {"u_dc_v": 400.0}, 300, (cm.READY, 0, cm.ALLOWED, 0)),
        (DISCHARGE, {"speed_motor_rpm": 500.0}, 20, (cm.READY, 0, cm.SPEED_CHECK, 0)),
        (DISCHARGE, {"speed_motor_rpm": 0.0}, 20, (cm.READY, 0, cm.ACTIVE, 0)),
        (DISCHARGE, {"u_dc_v": 8.0}, 20, (cm.PRECHARGE_INIT, 0, cm.COMPLETE, 0)),
        ({}, {}, 20, (cm.PRECHARGE_INIT, 0, cm.ALLOWED, 0)),
    ],
    "discharge is withdrawn, or the shaft turns": [
        ({}, {"u_dc_v": 400.0}, 300, (cm.READY, 0, cm.ALLOWED, 0)),
        (DISCHARGE, {}, 20, (cm.READY, 0, cm.ACTIVE, 0)),
        ({}, {}, 20, (cm.READY, 0, cm.ALLOWED, 0)),
        (DISCHARGE, {}, 20, (cm.READY, 0, cm.ACTIVE, 0)),
        (DISCHARGE, {"speed_motor_rpm": 300.0}, 5, (cm.READY, 0, cm.ERROR, 0)),
        ({}, {"speed_motor_rpm": 300.0}, 20, (cm.READY, 0, cm.ALLOWED, 0)),
        (DISCHARGE, {}, 20, (cm.READY, 0, cm.SPEED_CHECK, 0)),
        ({}, {}, 20, (cm.READY, 0, cm.ALLOWED, 0)),
    ],
    "an enable overrides a discharge": [
        ({}, {"u_dc_v": 400.0}, 300, (cm.READY, 0, cm.ALLOWED, 0)),
        (DISCHARGE, {}, 20, (cm.READY, 0, cm.ACTIVE, 0)),
        ({**DISCHARGE, **ENABLE}, {}, 20, (cm.RUNNING, 0, cm.OVERRIDE, 0)),
        ({}, {}, 20, (cm.READY, 0, cm.ALLOWED, 0)),
    ],
    "a bus that does not empty": [
        ({}, {"u_dc_v": 400.0}, 300, (cm.READY, 0, cm.ALLOWED, 0)),
        (DISCHARGE, {}, 9_900, (cm.READY, 0, cm.ACTIVE, 0)),
        (DISCHARGE, {}, 300, (cm.READY, 0, cm.TIMED_OUT, 0)),
    ],
    "a shaft that does not slow down": [
        ({}, {"u_dc_v": 400.0, "speed_motor_rpm": 900.0}, 300, (cm.READY, 0, cm.ALLOWED, 0)),
        (DISCHARGE, {}, 10_100, (cm.READY, 0, cm.ERROR, 0)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_stories(story: str) -> None:
    peer = CmPeer()
    for command, plant, milliseconds, expected in STORIES[story]:
        if command is None:
            peer.alive = False
        else:
            peer.send(**command)
        peer.plant(**plant)
        peer.run(milliseconds)
        states, faults = peer.told("M170_STATES"), peer.told("M171_FAULTS")
        seen = (states["VsmState"], states["EnableLockout"], states["DischargeState"], faults["RunFault"])
        assert seen == expected


def test_without_the_permission_of_the_eeprom_nothing_is_discharged() -> None:
    peer = CmPeer(PLATE._replace(may_discharge=False)).ready()
    peer.send(**DISCHARGE)
    assert peer.run(100).told("M170_STATES")["DischargeState"] == cm.DISABLED
    assert peer.inputs["discharge_on"][0] == 0.0


@pytest.mark.parametrize(("forward", "direction", "command_nm", "shaft_nm"), [
    (True, 1, 12.3, 12.3), (True, 1, -12.3, -12.3), (True, 0, 12.3, -12.3), (False, 0, 12.3, 12.3),
    (False, 1, 12.3, -12.3), (True, 1, 500.0, 348.0),
])  # fmt: skip
def test_torque_has_a_tenth_of_a_newton_metre_and_a_direction(
    forward: bool, direction: int, command_nm: float, shaft_nm: float
) -> None:
    peer = CmPeer(PLATE._replace(forward=forward)).ready()
    peer.send(InverterEnable=1, Direction=direction, TorqueCommand=command_nm)
    peer.plant(speed_motor_rpm=1000.0, torque_shaft_nm=shaft_nm)
    peer.run(30)
    assert peer.inputs["torque_request_nm"][0] == pytest.approx(shaft_nm)
    assert peer.told("M172_TORQUE")["CommandedTorque"] == pytest.approx(command_nm)
    assert peer.told("M165_MOTOR_POSITION")["Speed"] == (1000 if forward else -1000)
    if abs(command_nm) < 300.0:  # the feedback counts in the commanded direction, as the command does
        assert peer.told("M172_TORQUE")["TorqueFeedback"] == pytest.approx(command_nm, abs=1.0)


def test_a_torque_limit_confines_and_speed_mode_gives_no_torque() -> None:
    peer = CmPeer().ready()
    peer.send(**ENABLE, TorqueCommand=100.0, TorqueLimit=40.0)
    assert peer.run(30).inputs["torque_request_nm"][0] == pytest.approx(40.0)
    peer.send(**ENABLE, TorqueCommand=100.0, SpeedMode=1)
    assert peer.run(30).inputs["torque_request_nm"][0] == 0.0
    assert peer.told("M170_STATES")["RunMode"] == 1


def test_parameters_are_read_and_written() -> None:
    peer = CmPeer().ready()

    def ask(data: bytes, about: int) -> tuple[int, bool, int]:
        answer = parameters.parse_answer(peer.ask(data), about)
        return answer.address, answer.written, answer.value

    assert ask(parameters.read_request(172), 172) == (172, False, 20)
    assert ask(parameters.write_request(172, parameters.timeout_counts(300)), 172) == (172, True, 100)
    peer.alive = False
    assert peer.run(290).told("M171_FAULTS")["RunFault"] == 0
    assert peer.run(30).told("M171_FAULTS")["RunFault"] == 1 << cm.COMMAND_LOST
    assert ask(parameters.write_request(172, -1), 172)[1] is False
    assert ask(parameters.read_request(999), 999) == (0, False, 0)


def test_a_question_is_as_cantools_writes_it() -> None:
    message = BUS.get_message_by_name("M193_PARAMETER_REQUEST")
    assert message.encode({"Address": 172, "Write": 1, "Data": -3}) == parameters.write_request(172, -3)
    assert message.encode({"Address": 20, "Write": 0, "Data": 0}) == parameters.read_request(20)


@pytest.mark.parametrize(("call", "told"), [
    (lambda: parameters.read_request(0), "1 to 65535"),
    (lambda: parameters.write_request(172, 40_000), "16 bits"),
    (lambda: parameters.timeout_counts(10), "multiple of 3 ms"),
    (lambda: parameters.parse_answer(bytes(7), 172), "8 bytes"),
    (lambda: parameters.parse_answer(parameters.write_request(20, 0), 172), "somebody else"),
])  # fmt: skip
def test_wrong_parameters_are_refused(call: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call()  # type: ignore[operator]


def test_a_fault_is_cleared_when_its_cause_is_gone_and_wants_a_new_disable() -> None:
    peer = CmPeer().ready()
    peer.own["broken_bit"], peer.own["broken_ns"], peer.own["mended_ns"] = 8, peer.t_ns, peer.t_ns + 100_000_000
    peer.send(**ENABLE)
    assert peer.run(20).told("M170_STATES")["VsmState"] == cm.BLINK_FAULT
    peer.ask(parameters.write_request(20, 0))
    assert peer.run(20).told("M171_FAULTS")["RunFault"] == 1 << 8  # still broken
    peer.run(100)
    peer.ask(parameters.write_request(20, 0))
    states = peer.run(50).told("M170_STATES")
    assert (states["VsmState"], states["EnableLockout"]) == (cm.READY, 1)  # the enable is still there, and ignored
    peer.send()
    peer.run(20)
    peer.send(**ENABLE)
    assert peer.run(20).told("M170_STATES")["VsmState"] == cm.RUNNING


def test_a_failed_self_test_never_gets_ready() -> None:
    peer = CmPeer()
    peer.own["post"] = 1 << 24
    peer.ready()
    assert peer.told("M170_STATES")["VsmState"] == cm.BLINK_FAULT
    word = FaultWord("dut.post_fault", POST_FAULTS)
    assert word.faults(peer.told("M171_FAULTS")["PostFault"]) == ("EEPROM checksum",)


def test_a_frame_of_the_wrong_length_is_no_command() -> None:
    peer = CmPeer()
    assert not peer.hear(bytes(7), 0x0C0) and not peer.hear(bytes(8), 0x0C3)
    assert peer.run(50).told("M170_STATES")["EnableLockout"] == 1


def test_fault_words_are_readable() -> None:
    word = FaultWord("dut.run_fault", RUN_FAULTS)
    assert word.faults(0) == ()
    assert word.faults(1 << 11 | 1 << 30) == ("CAN command lost", "resolver not connected")
    assert word.faults(1 << 31) == ("bit 31",)
    assert FaultWord("dut.fault_code", {1: "torque command lost"}, bits=False).faults(7) == ("fault 7",)


def test_every_word_that_is_translated_is_one_of_the_databases() -> None:
    named = {signal for message in cm._PLACES for signal in [message]}
    assert all(signal in {s.name for s in BUS.get_message_by_name(message).signals} for message, signal in named)
    spoken = protocol()
    known = {row.split(" ")[0] for row in spoken.channels.strip().splitlines()}
    tested = {name for derived in spoken.derived for case in derived.cases for name, _, _ in case.when}
    assert tested - {"dut.state_request", "dut.derating"} <= known
