"""Arguments and answers of the emulated Yokogawa WT family, and its error codes (positive numbers, unlike SCPI's)."""

import math
import re
import struct
from collections.abc import Sequence

from bench.emulators.instruments.sampling import NO_DATA, OVER_RANGE
from drivers.scpi_data import ScpiError, number, switch, word
from drivers.scpi_table import short

TYPE, MISSING, SUFFIX, CHARACTER, CONFLICT, RANGE = 104, 109, 114, 141, 221, 222

_SOURCE = re.compile(r"[UI][1-7]|EXT(?:ERNAL)?|NONE")
_CUTOFF = re.compile(r"OFF|[0-9.]+(?:E[+-]?[0-9]+)?K?(?:HZ)?")


def figure(argument: str, unit: str, low: float, high: float) -> float:
    """A number within its limits. Raises ``ScpiError`` with the family's code."""
    try:
        return number(argument, unit, low, high)
    except ScpiError as error:
        raise ScpiError(RANGE, "Data out of range") if error.code == -222 else error from None


def on_off(argument: str) -> bytes:
    """1 or 0."""
    return b"1" if switch(argument, CHARACTER) else b"0"


def one_of(spellings: Sequence[str], argument: str) -> bytes:
    """The word as the manual prints it, its short form in capitals."""
    return word(argument, spellings, CHARACTER).encode()


def spelled(text: bytes, verbose: bool) -> bytes:
    """The long or the short form of such a word."""
    return text.upper() if verbose else short(text.decode()).encode()


def choice(words: Sequence[str], argument: str) -> bytes:
    """One of ``words`` as they are."""
    if argument not in words:
        raise ScpiError(CHARACTER, "Invalid character data")
    return argument.encode()


def source(argument: str) -> bytes:
    """A synchronisation source."""
    if _SOURCE.fullmatch(argument) is None:
        raise ScpiError(CHARACTER, "Invalid character data")
    return b"EXTernal" if argument.startswith("EXT") else argument.encode()


def cutoff(argument: str) -> bytes:
    """OFF, or a frequency."""
    if _CUTOFF.fullmatch(argument) is None:
        raise ScpiError(CHARACTER, "Invalid character data")
    return b"OFF" if argument == "OFF" else engineering(figure(argument, "HZ", 0.0, 1e6), 4)


def pair(argument: str) -> bytes:
    """Upper and lower bound."""
    fields = argument.split(",")
    if len(fields) != 2:
        raise ScpiError(MISSING, "Missing parameter")
    upper, lower = (figure(text, "", -1e5, 1e5) for text in fields)
    if upper <= lower:
        raise ScpiError(RANGE, "Data out of range")
    return nr2(upper) + b"," + nr2(lower)


def block_of(value: float) -> bytes:
    """A block of one IEEE single, with the marks for no data and over-range."""
    special = NO_DATA if math.isnan(value) else OVER_RANGE if math.isinf(value) else None
    return b"#14" + (struct.pack(">f", value) if special is None else int(special).to_bytes(4, "big"))


def nr2(value: float) -> bytes:
    """Ratios, factors, torques: ``50.0000`` (IM WT3001E-17EN p.6-70, 6-83)."""
    return f"{value:.4f}".encode()


def engineering(value: float, digits: int) -> bytes:
    """So many digits and an exponent of a thousand: ``30.0E+00``, ``500.0E-03`` (p.6-68, 6-102)."""
    exponent = next((e for e in (9, 6, 3, 0, -3, -6) if abs(value) >= 10.0**e), 0)
    mantissa = value / 10.0**exponent
    before = 1 if abs(mantissa) < 10.0 else 2 if abs(mantissa) < 100.0 else 3
    return f"{mantissa:.{max(digits - before, 0)}f}E{exponent:+03d}".encode()
