"""What each power analyzer is: inputs, ranges, update intervals, and how wrong it may be after its maker's table.

Driver, emulator, the check of a rig file and the reference page read this. A figure whose page was not at hand says
``unverified``; an accuracy that nobody could read is ``None``, and a rig then enters its certificate's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from drivers.command import UNVERIFIED


class Band(NamedTuple):
    """Limits of error from ``from_hz`` up to the next band: % of reading + % of range, rectangular."""

    from_hz: float
    reading: float
    range: float


@dataclass(frozen=True, slots=True)
class AccuracyTable:
    """Voltage, current and power of a sine wave at power factor 1, lowest frequency (DC: 0) first."""

    voltage: tuple[Band, ...]
    current: tuple[Band, ...]
    power: tuple[Band, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Nameplate:
    """``model`` is a regular expression for the identity's model; ranges are r.m.s., of the input itself (no ratio)."""

    name: str
    maker: str
    model: str
    elements: int
    motors: int
    updates_ms: tuple[int, ...]
    voltage_ranges_v: tuple[float, ...]
    current_ranges_a: tuple[float, ...]
    pulses_max: int
    sources: Mapping[str, str]
    """Where the figures come from, by field."""
    accuracy: AccuracyTable | None = None
    wirings: tuple[str, ...] = ("1P2W", "1P3W", "3P3W", "3V3A", "3P4W")
    frequency_filter: bool = True
    """Whether there is a low pass in the path of synchronisation alone that the driver can set."""

    def is_of(self, maker: str, model: str) -> bool:
        """Whether an identity is that of such an instrument."""
        return self.maker in maker.upper() and re.fullmatch(self.model, model.upper()) is not None


_WT_VOLTS = (15.0, 30.0, 60.0, 100.0, 150.0, 300.0, 600.0, 1000.0)
_WT_AMPS_30 = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
_WT_AMPS_5 = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

_WT3000 = AccuracyTable(
    voltage=(
        Band(0.0, 0.05, 0.05), Band(0.1, 0.1, 0.2), Band(30.0, 0.03, 0.05), Band(45.0, 0.01, 0.03),
        Band(66.0, 0.03, 0.05), Band(1e3, 0.1, 0.05), Band(10e3, 0.3, 0.1),
    ),
    current=(
        Band(0.0, 0.05, 0.05), Band(0.1, 0.1, 0.2), Band(30.0, 0.03, 0.05), Band(45.0, 0.01, 0.03),
        Band(66.0, 0.03, 0.05), Band(1e3, 0.1, 0.05), Band(10e3, 0.3, 0.1),
    ),
    power=(
        Band(0.0, 0.05, 0.1), Band(0.1, 0.2, 0.3), Band(30.0, 0.05, 0.05), Band(45.0, 0.02, 0.04),
        Band(66.0, 0.05, 0.05), Band(1e3, 0.15, 0.1), Band(10e3, 0.3, 0.2),
    ),
    source="WT3000, IM 760301-01E p.12-5 and 12-7, 6 months, 30 A element; the WT3000E's own table " + UNVERIFIED,
)  # fmt: skip

_WT1800 = AccuracyTable(
    voltage=(Band(0.0, 0.05, 0.1), Band(0.1, 0.3, 0.2), Band(10.0, 0.1, 0.2), Band(45.0, 0.1, 0.05),
             Band(66.0, 0.2, 0.1), Band(1e3, 0.3, 0.2)),
    current=(Band(0.0, 0.05, 0.1), Band(0.1, 0.3, 0.2), Band(10.0, 0.1, 0.2), Band(45.0, 0.1, 0.05),
             Band(66.0, 0.2, 0.1), Band(1e3, 0.3, 0.2)),
    power=(Band(0.0, 0.05, 0.1), Band(0.1, 0.3, 0.2), Band(10.0, 0.1, 0.2), Band(45.0, 0.1, 0.05),
           Band(66.0, 0.2, 0.1), Band(1e3, 0.3, 0.2)),
    source="power: WT1800 bulletin p.17, 6 months; voltage and current taken as the same, the WT1800E's own table "
    + UNVERIFIED,
)  # fmt: skip

WT5000 = Nameplate(
    "Yokogawa WT5000", "YOKOGAWA", r"WT5000.*|7603[0-9].*", 7, 4,
    (10, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000),
    (1.5, 3.0, 6.0, 10.0, *_WT_VOLTS), tuple(sorted({*_WT_AMPS_5, *_WT_AMPS_30})), 9999,
    {
        "inputs": "WT5000 features manual: 7 elements, Motor1 to Motor4",
        "updates": UNVERIFIED, "ranges": UNVERIFIED + ": 5 A and 30 A elements",
    },
)  # fmt: skip
WT3000E = Nameplate(
    "Yokogawa WT3000E", "YOKOGAWA", r"WT300[1-4]E.*", 4, 1,
    (50, 100, 250, 500, 1000, 2000, 5000, 10_000, 20_000),
    _WT_VOLTS, tuple(sorted({*_WT_AMPS_5[:-1], *_WT_AMPS_30})), 9999,
    {
        "wirings": "IM WT3001E-17EN p.6-73", "pulses": "IM WT3001E-17EN p.6-82",
        "inputs": "IM WT3001E-17EN p.6-73, 6-81 (/MTR)", "updates": "IM WT3001E-17EN p.6-102",
        "ranges": "IM WT3001E-17EN p.6-67, 6-72: 2 A and 30 A elements, crest factor 3",
    },
    _WT3000,
)  # fmt: skip
WT1800E = Nameplate(
    "Yokogawa WT1800E", "YOKOGAWA", r"WT180[1-6]E.*", 6, 1,
    (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000),
    (1.5, 3.0, 6.0, 10.0, *_WT_VOLTS), tuple(sorted({*_WT_AMPS_5[1:], 1.0, 2.0, 5.0, 10.0, 20.0, 50.0})), 9999,
    {
        "inputs": UNVERIFIED + ": 6 elements, /MTR", "updates": UNVERIFIED,
        "ranges": UNVERIFIED + ": 5 A and 50 A elements",
    },
    _WT1800,
)  # fmt: skip
LMG670 = Nameplate(
    "ZES LMG670", "ZES", r"LMG67[01].*", 7, 2,
    (50, 100, 200, 500, 1000, 2000, 5000, 10_000),
    (3.0, 6.0, 12.5, 25.0, 60.0, 130.0, 250.0, 400.0, 600.0, 1000.0),
    (0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5.0, 10.0, 20.0, 32.0), 9999,
    {
        "inputs": "cuveland/lmgtools lmg670.py: 7 channels; two torque and speed inputs " + UNVERIFIED,
        "updates": UNVERIFIED, "ranges": UNVERIFIED,
    },
    wirings=("1P2W", "1P3W", "3P3W", "3P4W"), frequency_filter=False,
)  # fmt: skip
PW8001 = Nameplate(
    "Hioki PW8001", "HIOKI", r"PW8001.*", 8, 4,
    (10, 50, 200),
    (6.0, 15.0, 30.0, 60.0, 150.0, 300.0, 600.0, 1500.0),
    (1.0, 2.0, 4.0, 5.0, 10.0, 20.0, 40.0, 50.0, 100.0, 200.0, 400.0, 500.0, 1000.0, 2000.0), 60_000,
    {
        "inputs": "PW8001A961-02 p.184: 8 channels; four motors " + UNVERIFIED,
        "wirings": "PW8001 instruction manual p.214",
        "updates": "PW8001A961-02 p.184: 50 ms; others " + UNVERIFIED,
        "ranges": "PW8001A964-03 1.2: 300 V; others " + UNVERIFIED + "; amperes are those of the recognised sensor",
    },
)  # fmt: skip

NAMEPLATES: Mapping[str, Nameplate] = {
    "yokogawa_wt5000": WT5000,
    "yokogawa_wt3000e": WT3000E,
    "yokogawa_wt1800e": WT1800E,
    "zes_lmg670": LMG670,
    "hioki_pw8001": PW8001,
}
"""By driver name."""
