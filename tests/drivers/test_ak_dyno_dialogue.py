"""The AK dyno driver passes the dialogues typed from the manuals; set-point functions as configured."""

import math
from collections.abc import Callable
from typing import Any

import ak_dialogues as said
import pytest
from dialogue import Pair, run

from bench.base.errors import DeviceError
from bench.base.ports import Dyno
from bench.base.quality import Quality
from drivers.dynos.ak_dyno import AkDyno, AkDynoSettings
from drivers.grammar import GrammarError

AKON = b"\x02 AKON K0\x03"
AFTER_RESTART: list[Pair] = [
    (b"\x02 ASTZ K0\x03", b"\x02 ASTZ 0 SMAN STBY\x03"),
    (b"\x02 ASTF K0\x03", b"\x02 ASTF 0 0\x03"),
    (b"\x02 AWDG K0\x03", b"\x02 AWDG 0 0\x03"),
]


def dyno(**settings: object) -> AkDyno:
    return AkDyno("dyno_l", AkDynoSettings(**settings))  # type: ignore[arg-type]


def test_it_is_a_dyno() -> None:
    assert isinstance(dyno(), Dyno)


@pytest.mark.parametrize(
    ("operation", "dialogue"),
    [
        (lambda drive: drive.identify(), said.IDENTITY),
        (lambda drive: drive.set_up(), said.SET_UP),
        (lambda drive: drive.write(0, 150.0), said.SPEED_150),
        (lambda drive: drive.write(1, 1.0), said.HOLD),
        (lambda drive: drive.write(1, 0.0), said.LET_GO),
        (lambda drive: drive.read(), said.VALUES),
        (lambda drive: drive.read(), said.TRIPPED),
    ],
)
def test_it_says_what_the_manuals_say(operation: Callable[[AkDyno], Any], dialogue: tuple[Pair, ...]) -> None:
    run(operation(dyno()), dialogue)


def test_reading() -> None:
    records = run(dyno().read(), said.VALUES, now_ns=50_000_000)
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


def test_set_up_tells_what_is_in_force() -> None:
    assert run(dyno().set_up(), said.SET_UP) == {"ASTZ": "SREM", "AWDG": "500"}


@pytest.mark.parametrize(
    ("place", "answer", "message"),
    [
        (5, b"\x02 ASTZ 0 SMAN STBY\x03", "not under remote control .SMAN.; switch it over"),
        (5, b"\x02 ASTZ 0 SRBS\x03", "not under remote control .SRBS."),  # another host, CU-2 p.32
        (6, b"\x02 ASTF 3 11 13\x03", "error status 3, errors 11 13; clear them at the drive"),
        (7, b"\x02 AWDG 0 100\x03", "watchdog is 100 ms, not 500"),
    ],
)
def test_arming_is_refused_with_the_reason(place: int, answer: bytes, message: str) -> None:
    dialogue: list[Pair] = list(said.SET_UP)
    dialogue[place] = (dialogue[place][0], answer)
    with pytest.raises(DeviceError, match=message):
        run(dyno().set_up(), dialogue)


def test_a_restarted_drive_says_so_with_each_reading_and_takes_nothing_that_energises() -> None:
    drive = dyno()
    run(drive.set_up(), said.SET_UP)
    run(drive.verify(), AFTER_RESTART)
    assert run(drive.read(), [(AKON, b"\x02 AKON 0 0.00 0.00 3\x03")])["value"].tolist() == [0.0, 0.0, 4.0]
    for index in (0, 1):
        with pytest.raises(DeviceError, match=r"was restarted .* arm again \(F-39\)"):
            run(drive.write(index, 1.0), [])
    run(drive.write(1, 0.0), said.LET_GO)  # towards the safe side all is tried
    run(drive.set_up(), said.SET_UP)
    assert run(drive.read(), said.VALUES)["value"].tolist()[2] == 1.0


def test_manual_control_shows_in_the_state() -> None:
    assert run(dyno().read(), [(AKON, b"\x02 AKON 0 300.00 0.00 3\x03")])["value"].tolist() == [300.0, 0.0, 3.0]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"\x02 SHLD 0 OF\x03", "SHLD was refused: OF: not under remote control"),
        (b"\x02 SHLD 0 K0 BS\x03", "SHLD was refused: BS: busy"),
        (b"\x02 SHLD 0 WHATEVER\x03", "SHLD was answered with WHATEVER"),
    ],
)
def test_a_refused_function_is_told_and_the_session_goes_on(answer: bytes, message: str) -> None:
    drive = dyno()
    with pytest.raises(DeviceError, match=message):
        run(drive.set_enable(True), [(b"\x02 SHLD K0\x03", answer)])
    assert drive.session.poisoned is None


def test_refused_values_are_no_values() -> None:
    with pytest.raises(DeviceError, match="values were refused: BS: busy"):
        run(dyno().read(), [(AKON, b"\x02 AKON 0 BS\x03")])


def test_speed_beyond_the_drive_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(DeviceError, match="beyond 2500 rpm"):
        run(dyno(speed_max_rpm=2500.0).set_speed(2501.0), [])


def test_a_makers_own_functions_and_no_channel() -> None:
    drive = dyno(codes={"set_speed": "EDRZ", "speed_in_force": "ADRZ"}, channel="")
    dialogue = [
        (b"\x02 EDRZ 50.00\x03", b"\x02 EDRZ 0\x03\r"),
        (b"\x02 ADRZ\x03", b"\x02 ADRZ 0 50.00\x03\r"),
    ]
    run(drive.write(0, 50.0), dialogue)


def test_identity() -> None:
    answer = b"\x02 AKEN 0 ,AFA 2000/130,D-0231,1.0\x03"
    assert run(dyno().identify(), [(b"\x02 AKEN K0\x03", answer)]).serial == "D-0231"
