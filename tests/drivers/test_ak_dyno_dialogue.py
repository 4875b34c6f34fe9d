"""Dialogues of the AK dyno driver, typed from instruments.md section 4.9; set-point functions as configured."""

import math

import pytest
from dialogue import run

from bench.base.errors import DeviceError
from bench.base.ports import Dyno
from bench.base.quality import Quality
from drivers.dynos.ak_dyno import AkDyno, AkDynoSettings, Mnemonics
from drivers.grammar import GrammarError

AKON = b"\x02 AKON K0\x03"


def dyno(**settings: object) -> AkDyno:
    return AkDyno("dyno_l", AkDynoSettings(**settings))  # type: ignore[arg-type]


def test_it_is_a_dyno() -> None:
    assert isinstance(dyno(), Dyno)


def test_reading() -> None:
    records = run(dyno().read(), [(AKON, b"\x02 AKON 0 300.25 -512.50 1\x03")], now_ns=50_000_000)
    assert records["value"].tolist() == [300.25, -512.5, 1.0]
    assert records["t_ns"].tolist() == [48_000_000] * 3


def test_a_drive_that_counts_backwards_is_turned_at_the_edge() -> None:
    right = dyno(sign=-1)
    assert run(right.read(), [(AKON, b"\x02 AKON 0 -300.00 512.00 1\x03")])["value"].tolist() == [300.0, -512.0, 1.0]
    dialogue = [
        (b"\x02 SSPD K0 -120.00\x03", b"\x02 SSPD 0\x03"),
        (b"\x02 ASPD K0\x03", b"\x02 ASPD 0 -120.00\x03"),
    ]
    run(right.set_speed(120.0), dialogue)


def test_an_error_status_shows_as_state_and_a_defect_channel_as_not_a_number() -> None:
    drive = dyno()
    run(drive.read(), [(AKON, b"\x02 AKON 2 300.0 # 1\x03")])
    speed, torque, state = drive.readings()
    assert (speed.value, state.value) == (300.0, 2.0)
    assert math.isnan(torque.value) and torque.quality is Quality.NOT_A_NUMBER


@pytest.mark.parametrize(
    "answer", [b"\x02 ASPD 0 300.0\x03", b"\x02 ???? 0\x03", b"\x02 AKON 0 1 2\x03", b"\x02 AKON 0 1 2_0 1\x03"]
)
def test_another_answer_is_never_taken(answer: bytes) -> None:
    drive = dyno()
    with pytest.raises(GrammarError):
        run(drive.read(), [(AKON, answer)])
    assert drive.session.poisoned


def test_set_up_reads_back() -> None:
    dialogue = [
        (b"\x02 SREM K0\x03", b"\x02 SREM 0\x03"),
        (b"\x02 STBY K0\x03", b"\x02 STBY 0\x03"),
        (b"\x02 EWDG K0 500\x03", b"\x02 EWDG 0\x03"),
        (b"\x02 SSPD K0 0.00\x03", b"\x02 SSPD 0\x03"),
        (b"\x02 ASPD K0\x03", b"\x02 ASPD 0 0.00\x03"),
        (b"\x02 ASTZ K0\x03", b"\x02 ASTZ 0 SREM\x03"),
        (b"\x02 ASTF K0\x03", b"\x02 ASTF 0 0\x03"),
        (b"\x02 AWDG K0\x03", b"\x02 AWDG 0 500\x03"),
    ]
    assert run(dyno().set_up(), dialogue) == {"ASTZ": "SREM", "AWDG": "500"}


def test_manual_control_is_refused() -> None:
    with pytest.raises(DeviceError, match="not under remote control"):
        run(dyno().verify(), [(b"\x02 ASTZ K0\x03", b"\x02 ASTZ 0 SMAN\x03")])


def test_a_refused_function_is_told() -> None:
    with pytest.raises(DeviceError, match="SHLD  was refused: NOTREADY"):
        run(dyno().set_enable(True), [(b"\x02 SHLD K0\x03", b"\x02 SHLD 0 NOTREADY\x03")])


def test_speed_beyond_the_drive_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(DeviceError, match="beyond 2500 rpm"):
        run(dyno(speed_max_rpm=2500.0).set_speed(2501.0), [])


def test_a_makers_own_functions() -> None:
    drive = dyno(mnemonics=Mnemonics(set_speed="EDRZ", speed_in_force="ADRZ"), channel="K1")
    dialogue = [
        (b"\x02 EDRZ K1 50.00\x03", b"\x02 EDRZ 0\x03"),
        (b"\x02 ADRZ K1\x03", b"\x02 ADRZ 0 50.00\x03"),
    ]
    run(drive.write(0, 50.0), dialogue)


def test_identity() -> None:
    answer = b"\x02 AKEN 0 ,AFA 2000/130,D-0231,1.0\x03"
    assert run(dyno().identify(), [(b"\x02 AKEN K0\x03", answer)]).serial == "D-0231"
