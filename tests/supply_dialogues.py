"""What is said to each supply and what it answers, typed from instruments.md 4.2 to 4.4 and the pages named there.

Driver and emulator must both pass them: one command table feeds both, so it could hide one mistake in both. The
emulated unit stands still at ``TRUTH`` and is exact.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Pair = tuple[bytes, bytes]

TRUTH = {"u_supply_v": 12.5, "i_supply_a": -33.3}
RATED = {"voltage_max_v": 800.0, "current_max_a": 225.0, "power_max_w": 54_000.0, "sink_power_max_w": 54_000.0}
SET_UP = {"ovp_v": 480.0, "ocp_a": 200.0, "opp_w": 54_500.0, "watchdog_s": 2.0, "slew_v_per_s": 4000.0}


class Family(NamedTuple):
    """Dialogues by what the driver is asked to do; each begins where the one before has ended."""

    driver: str
    identity: Pair
    set_up: Sequence[Pair]
    set_points: Mapping[tuple[int, float], Pair]
    read: Sequence[Pair]
    refused: Pair
    """Set-point 0 beyond 102 %."""


def checked(rows: Sequence[tuple[str, str, str]], ending: str) -> list[Pair]:
    """Each row written and read back in one message, the registers and the error queue asked along."""
    asked, answered = ending.split(" -> ")
    return [(f"{h} {value};:{h}?;{asked}\n".encode(), f"{shown};{answered}\n".encode()) for h, value, shown in rows]


def read_back(rows: Sequence[tuple[str, str, str]]) -> list[Pair]:
    """Each row asked by itself."""
    return [(f"{header}?\n".encode(), f"{shown}\n".encode()) for header, _, shown in rows]


# --- EA PSB: PGMBEN 5.2 to 5.4; interface monitoring as three public drivers write it ------------------------------

_EA = ':STAT:QUES:COND?;:SYST:ERR? -> 1024;0,"No error"'
_EA_ON = ':STAT:QUES:COND?;:SYST:ERR? -> 3072;0,"No error"'
_EA_ZEROS = [("VOLT", "0.00", "0.00V"), ("CURR", "0.00", "0.00A"), ("SINK:CURR", "0.00", "0.00A")]
_EA_ROWS = [
    ("POW", "54000.00", "54000.00W"),
    ("SINK:POW", "54000.00", "54000.00W"),
    ("VOLT:PROT", "480.00", "480.00V"),
    ("CURR:PROT", "200.00", "200.00A"),
    ("POW:PROT", "54500.00", "54500.00W"),
    ("POW:STAG:AFT:REM", "OFF", "OFF"),
    ("SYST:COMM:MON:TIM", "2", "2"),
    ("SYST:COMM:MON:ACT", "ON", "ON"),
]
EA_PSB = Family(
    "ea_psb",
    (b"*IDN?\n", b"EA Elektro-Automatik GmbH & Co. KG, PSB 10500-180, 2841370007, V3.02 25.05.2023\n"),
    (
        (b"SYST:LOCK ON\n", b""),
        (b"STAT:QUES:COND?;:SYST:ERR?\n", b'1024;0,"No error"\n'),
        (b"OUTP OFF\n", b""),
        *checked(_EA_ZEROS + _EA_ROWS, _EA),
        (b"SYST:LOCK:OWN?\n", b"REMOTE\n"),
        *read_back(_EA_ROWS),
    ),
    {
        (0, 400.0): checked([("VOLT", "400.00", "400.00V")], _EA)[0],
        (1, 150.0): checked([("CURR", "150.00", "150.00A")], _EA)[0],
        (2, 120.0): checked([("SINK:CURR", "120.00", "120.00A")], _EA)[0],
        (3, 1.0): checked([("OUTP", "ON", "ON")], _EA_ON)[0],
    },
    (
        (b"MEAS:ARR?;:OUTP?;:STAT:QUES:COND?\n", b"12.50V, -33.30A, -416W;ON;3072\n"),
        (b"MEAS:ARR?\n", b"12.50V, -33.30A, -416W\n"),
    ),
    checked([("VOLT", "900.00", "400.00V")], ':STAT:QUES:COND?;:SYST:ERR? -> 3072;-222,"Data out of range"')[0],
)

# --- ITECH IT6000C: openbench on an IT6054C-800-225; no page read ---------------------------------------------------

_IT = ':STAT:QUES:COND?;:SYST:ERR? -> 0;0,"No error"'
_IT_MODES = [("FUNC", "VOLT", "VOLTage"), ("FUNC:MODE", "FIX", "FIXed")]
_IT_ZEROS = [("VOLT", "0.00", "0"), ("CURR:LIM", "0.00", "0"), ("CURR:LIM:NEG", "0.00", "0")]
_IT_ROWS = [
    ("POW:LIM", "54000.00", "54000"),
    ("POW:LIM:NEG", "-54000.00", "-54000"),
    ("VOLT:SLEW:POS", "4.00", "4"),
    ("VOLT:SLEW:NEG", "4.00", "4"),
    ("VOLT:PROT", "480.00", "480"),
    ("VOLT:PROT:STAT", "ON", "1"),
    ("CURR:PROT", "200.00", "200"),
    ("CURR:PROT:STAT", "ON", "1"),
    ("POW:PROT", "54500.00", "54500"),
    ("POW:PROT:STAT", "ON", "1"),
    ("VOLT:UND:PROT:STAT", "OFF", "0"),
    ("CURR:UND:PROT:STAT", "OFF", "0"),
    ("OUTP:DEL:RISE", "0.00", "0"),
    ("OUTP:DEL:FALL", "0.00", "0"),
    ("OUTP:PROT:WDOG:DEL", "2", "2"),
    ("OUTP:PROT:WDOG:STAT", "ON", "1"),
]
ITECH = Family(
    "itech_it6000c",
    (b"*IDN?\n", b"ITECH Electronics,IT6054C-800-225,8041,000.006.101,640.R,132.R\n"),
    (
        (b"SYST:REM\n", b""),
        (b"OUTP OFF\n", b""),
        (b"OUTP:PROT:CLE\n", b""),
        (b"STAT:QUES:COND?;:SYST:ERR?\n", b'0;0,"No error"\n'),
        *checked(_IT_MODES + _IT_ZEROS + _IT_ROWS, _IT),
        *read_back(_IT_MODES + _IT_ROWS),
    ),
    {
        (0, 400.0): checked([("VOLT", "400.00", "400")], _IT)[0],
        (1, 150.0): checked([("CURR:LIM", "150.00", "150")], _IT)[0],
        (2, 120.0): checked([("CURR:LIM:NEG", "-120.00", "-120")], _IT)[0],
        (3, 1.0): checked([("OUTP", "ON", "1")], _IT)[0],
    },
    (
        (b"MEAS:VOLT?;:MEAS:CURR?;:MEAS:POW?;:OUTP?;:STAT:QUES:COND?\n", b"12.5;-33.3;-416.25;1;0\n"),
        (b"MEAS:VOLT?;:MEAS:CURR?;:MEAS:POW?\n", b"12.5;-33.3;-416.25\n"),
    ),
    checked([("VOLT", "900.00", "400")], ':STAT:QUES:COND?;:SYST:ERR? -> 0;-222,"Data out of range"')[0],
)

# --- Keysight RP7900: Operating and Service Guide p.171, 208, 226, 238, 241, 242 -------------------------------------

_KS = ':STAT:QUES1:COND?;:STAT:QUES2:COND?;:SYST:ERR? -> 0;0;+0,"No error"'
_KS_MODES = [("FUNC", "VOLT", "VOLT")]
_KS_ZEROS = [
    ("VOLT", "0.00", "+0.00000000E+00"),
    ("CURR:LIM", "0.00", "+0.00000000E+00"),
    ("CURR:LIM:NEG", "0.00", "+0.00000000E+00"),
]
_KS_ROWS = [
    ("VOLT:PROT", "480.00", "+4.80000000E+02"),
    ("CURR:PROT:STAT", "OFF", "0"),
    ("VOLT:SLEW:MAX", "ON", "1"),
    ("OUTP:PROT:WDOG:DEL", "2", "2"),
    ("OUTP:PROT:WDOG", "ON", "1"),
]
KEYSIGHT = Family(
    "keysight_rp7900",
    (b"*IDN?\n", b"Keysight Technologies,RP7972A,MY59001234,B.03.04.1234\n"),
    (
        (b"OUTP OFF\n", b""),
        (b"OUTP:PROT:CLE\n", b""),
        (b"STAT:QUES1:COND?;:STAT:QUES2:COND?;:SYST:ERR?\n", b'0;0;+0,"No error"\n'),
        *checked(_KS_MODES + _KS_ZEROS + _KS_ROWS, _KS),
        *read_back(_KS_MODES + _KS_ROWS),
    ),
    {
        (0, 400.0): checked([("VOLT", "400.00", "+4.00000000E+02")], _KS)[0],
        (1, 150.0): checked([("CURR:LIM", "150.00", "+1.50000000E+02")], _KS)[0],
        (2, 120.0): checked([("CURR:LIM:NEG", "-120.00", "-1.20000000E+02")], _KS)[0],
        (3, 1.0): checked([("OUTP", "ON", "1")], _KS)[0],
    },
    (
        (
            b"MEAS:VOLT?;:FETC:CURR?;:FETC:POW?;:OUTP?;:STAT:QUES1:COND?;:STAT:QUES2:COND?\n",
            b"+1.25000000E+01;-3.33000000E+01;-4.16250000E+02;1;0;0\n",
        ),
        (b"MEAS:VOLT?;:FETC:CURR?;:FETC:POW?\n", b"+1.25000000E+01;-3.33000000E+01;-4.16250000E+02\n"),
    ),
    checked(
        [("VOLT", "900.00", "+4.00000000E+02")],
        ':STAT:QUES1:COND?;:STAT:QUES2:COND?;:SYST:ERR? -> 0;0;-222,"Data out of range"',
    )[0],
)

FAMILIES = (EA_PSB, ITECH, KEYSIGHT)
