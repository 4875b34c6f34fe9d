"""The Magtrol driver passes the dialogues typed from the manuals, in both dialects."""

import math
from collections.abc import Callable
from typing import Any

import magtrol_dialogues as said
import pytest
from dialogue import Pair, run
from hypothesis import given
from hypothesis import strategies as st

from bench.base.errors import DeviceError
from bench.base.ports import Dyno
from bench.base.quality import Quality
from bench.emulators.instruments.magtrol_dsp import MagtrolDspEmulator
from drivers.command import UNVERIFIED
from drivers.dynos.magtrol_commands import ROWS, Row
from drivers.dynos.magtrol_dsp import MagtrolDsp, MagtrolDspSettings
from drivers.grammar import GrammarError


def brake(**settings: Any) -> MagtrolDsp:
    return MagtrolDsp("dyno_m", MagtrolDspSettings(**settings))


def holding(**settings: Any) -> MagtrolDsp:
    found = brake(**settings)
    run(found.set_speed(1500.0), [])
    run(found.set_enable(True), said.HOLD_6001 if settings.get("dialect") == "6001" else said.HOLD_7000)
    return found


def test_it_is_a_dyno() -> None:
    assert isinstance(brake(), Dyno)


@pytest.mark.parametrize(
    ("settings", "operation", "dialogue"),
    [
        ({}, lambda it: it.set_up(), said.SET_UP_7000),
        ({}, lambda it: it.read(), said.DATA_7000),
        ({}, lambda it: it.write(1, 0.0), said.FREE_7000),
        ({"dialect": "6001"}, lambda it: it.set_up(), said.SET_UP_6001),
        ({"dialect": "6001"}, lambda it: it.read(), said.DATA_6001),
    ],
)
def test_it_says_what_the_manuals_say(
    settings: dict[str, Any], operation: Callable[[MagtrolDsp], Any], dialogue: tuple[Pair, ...]
) -> None:
    run(operation(brake(**settings)), dialogue)


@pytest.mark.parametrize("dialect", ["7000", "6001"])
def test_a_speed_goes_out_while_the_brake_is_on(dialect: str) -> None:
    found = holding(dialect=dialect)
    line = b"N900.5\r\n" if dialect == "6001" else b"N1,900.5\r\n"
    run(found.write(0, 900.5), [(line, b"")])


def test_the_brakes_torque_is_against_the_rotation() -> None:
    records = run(holding().read(), said.DATA_7000, now_ns=50_000_000)
    assert records["value"].tolist() == [1500.0, -120.5, 1.0]
    assert records["t_ns"].tolist() == [40_000_000] * 3


@pytest.mark.parametrize(
    ("reply", "sign", "expected"),
    [
        (b"S 1728T22.60L\r\n", 1, [-1728.0, 22.6]),
        (b"S 1728T22.60L\r\n", -1, [1728.0, -22.6]),
        (b"S    0T0.488R\r\n", 1, [0.0, -0.488]),
        (b"S123456T1234.R\r\n", 1, [123456.0, -1234.0]),
        (b"S    10T .050R\n", 1, [10.0, -0.05]),
        (b"S    10T-0.05R\r\n", 1, [10.0, 0.05]),
    ],
)
def test_direction_and_forms_of_the_data(reply: bytes, sign: int, expected: list[float]) -> None:
    records = run(brake(sign=sign).read(), [(b"OD1\r\n", reply)])
    assert records["value"].tolist()[:2] == pytest.approx(expected)


def test_the_display_has_a_unit_that_is_not_sent() -> None:
    assert run(brake(unit="mNm").read(), [(b"OD1\r\n", b"S   100T488.0R\r\n")])["value"].tolist()[1] == -0.488


def test_an_alarm_has_no_direction_so_neither_speed_nor_torque_is_a_value() -> None:
    found = holding()
    run(found.read(), said.ALARM_7000)
    speed, torque, state = found.readings()
    assert state.value == 2.0
    assert math.isnan(speed.value) and math.isnan(torque.value)
    assert speed.quality is torque.quality is Quality.WRONG


@pytest.mark.parametrize(
    "reply",
    [
        b"S  1500T120.5\r\n",
        b"S  1500T1205R\r\n",
        b"S  15O0T120.5R\r\n",
        b"OD1\r\n",
        b"S 1_5T1.0R\r\n",
        b"\r\n",
        b"S1T1.R",
    ],
)
def test_anything_else_is_no_reading(reply: bytes) -> None:
    found = brake()
    with pytest.raises(GrammarError):
        run(found.read(), [(b"OD1\r\n", reply)])
    assert found.session.poisoned


@given(st.binary(max_size=30))
def test_no_bytes_make_it_fail_otherwise(reply: bytes) -> None:
    found = brake()
    try:
        found.take(reply, 0)
    except GrammarError:
        return


def test_identity_is_a_text() -> None:
    found = run(brake().identify(), [(b"*IDN?\r\n", b"Magtrol DSP7001 Rev 1.0\r\n")])
    assert (found.maker, found.model, found.serial) == ("Magtrol", "Magtrol DSP7001 Rev 1.0", "")
    with pytest.raises(DeviceError, match="is no Magtrol controller; correct the resource"):
        run(brake().identify(), [(b"*IDN?\r\n", b"YOKOGAWA,WT5000,1,F1\r\n")])


@pytest.mark.parametrize("place", [4, 5])
def test_an_alarm_refuses_arming(place: int) -> None:
    dialogue: list[Pair] = list(said.SET_UP_7000)
    dialogue[place] = (dialogue[place][0], b"16\r\n" if place == 4 else b"S     0T  0.0A\r\n")
    with pytest.raises(DeviceError, match=r"alarm .flags .*; clear it there, then arm again"):
        run(brake().set_up(), dialogue)


def test_after_a_fresh_connection_the_set_point_is_written_again() -> None:
    """The controller tells no set-point, and a brake takes energy out only."""
    found = holding()
    run(found.verify(), [*said.HOLD_7000, (b"STAT\r\n", b"0\r\n"), *said.DATA_7000])
    assert not found.energises(0, 1500.0) and not found.energises(1, 1.0)
    assert math.isnan(run(found.in_force(0), []))


@pytest.mark.parametrize("speed_rpm", [-1.0, 8001.0, float("nan")])
def test_what_a_brake_cannot_do_is_refused_before_anything_is_sent(speed_rpm: float) -> None:
    with pytest.raises(DeviceError, match="a brake holds 0 to 8000 rpm"):
        run(holding().set_speed(speed_rpm), [])


# --- the table --------------------------------------------------------------------------------------------------------


def test_emulator_and_table_have_the_same_rows() -> None:
    assert set(MagtrolDspEmulator.behaviour) == {row.name for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_is_whole(row: Row) -> None:
    assert row.purpose and (row.of_7000 or row.of_6001)
    assert " p." in row.source or row.source.startswith(UNVERIFIED)
    assert bool(row.range) == ("{}" in row.of_7000 + row.of_6001)
