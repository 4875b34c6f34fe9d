"""Program data: the argument of a command, taken strictly (IEEE 488.2, 7.7; SCPI-99 volume 1, 7).

What an instrument refuses raises ``ScpiError`` with its number of SCPI-99 volume 2, 21.8; it never takes a value that
was not written, and clips none.
"""

import math
import re
from collections.abc import Sequence

from drivers.scpi_table import short

ERRORS = {
    0: "No error",
    -100: "Command error",
    -102: "Syntax error",
    -104: "Data type error",
    -108: "Parameter not allowed",
    -109: "Missing parameter",
    -113: "Undefined header",
    -114: "Header suffix out of range",
    -131: "Invalid suffix",
    -138: "Suffix not allowed",
    -141: "Invalid character data",
    -151: "Invalid string data",
    -161: "Invalid block data",
    -200: "Execution error",
    -201: "Invalid while in local",
    -213: "Init ignored",
    -220: "Parameter error",
    -221: "Settings conflict",
    -222: "Data out of range",
    -223: "Too much data",
    -224: "Illegal parameter value",
    -225: "Out of memory",
    -230: "Data corrupt or stale",
    -350: "Queue overflow",
    -410: "Query INTERRUPTED",
    -420: "Query UNTERMINATED",
}

_NUMBER = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][ ]?[+-]?[0-9]+)?)[ \t]*([A-Za-z/%]*)")
_MULTIPLIERS = {
    "EX": 1e18, "PE": 1e15, "T": 1e12, "G": 1e9, "MA": 1e6, "K": 1e3, "": 1.0,
    "M": 1e-3, "U": 1e-6, "N": 1e-9, "P": 1e-12, "F": 1e-15, "A": 1e-18,
}  # fmt: skip
_MEGA_BY_M = ("HZ", "OHM")  # MHZ and MOHM are mega (SCPI-99 volume 1, 7.1)
_LENGTH_MAX = 255


class ScpiError(Exception):
    """An entry for the error queue; ``text`` is the standard's if none is given."""

    def __init__(self, code: int, text: str = "") -> None:
        self.code, self.text = code, text or ERRORS.get(code, "Device-specific error")
        super().__init__(f"{code} {self.text}")


def number(
    argument: str,
    unit: str = "",
    low: float = -math.inf,
    high: float = math.inf,
    default: float | None = None,
) -> float:
    """A number in ``unit``, with or without its suffix (``3.5kW`` in W), or MIN, MAX, DEF. Raises ``ScpiError``."""
    if not argument:
        raise ScpiError(-109)
    extreme = limit(argument, low, high, default)
    if extreme is not None:
        return extreme
    match = _NUMBER.fullmatch(argument) if len(argument) <= _LENGTH_MAX else None
    if match is None:
        raise ScpiError(-104)
    value = float(match[1].replace(" ", "")) * _multiplier(match[2].upper(), unit.upper())
    if not (math.isfinite(value) and low <= value <= high):
        raise ScpiError(-222)
    return value


def _multiplier(suffix: str, unit: str) -> float:
    if not suffix:
        return 1.0
    if not unit:
        raise ScpiError(-138)
    prefix = suffix.removesuffix(unit)
    if prefix == suffix or prefix not in _MULTIPLIERS:
        raise ScpiError(-131)
    return 1e6 if prefix == "M" and unit in _MEGA_BY_M else _MULTIPLIERS[prefix]


def limit(argument: str, low: float, high: float, default: float | None = None) -> float | None:
    """What MINimum, MAXimum or DEFault means, as an argument or a question's; ``None``: it is none of them."""
    values = {"MIN": low, "MINIMUM": low, "MAX": high, "MAXIMUM": high, "DEF": default, "DEFAULT": default}
    word = argument.upper()
    if word not in values:
        return None
    value = values[word]
    if value is None or not math.isfinite(value):
        raise ScpiError(-224)
    return value


def whole(argument: str, low: int, high: int) -> int:
    """A whole number; one with a fraction is refused, not rounded. Raises ``ScpiError``."""
    value = number(argument, "", low, high)
    if value != int(value):
        raise ScpiError(-224)
    return int(value)


def switch(argument: str, code: int = -104) -> bool:
    """ON, OFF, 1 or 0. Raises ``ScpiError`` with ``code``."""
    if not argument:
        raise ScpiError(-109)
    if argument.upper() not in ("ON", "OFF", "1", "0"):
        raise ScpiError(code)
    return argument.upper() in ("ON", "1")


def word(argument: str, spellings: Sequence[str], code: int = -141) -> str:
    """The spelling (``NORMal``) whose short or long form ``argument`` is. Raises ``ScpiError`` with ``code``."""
    if not argument:
        raise ScpiError(-109)
    for spelling in spellings:
        if argument.upper() in (short(spelling), spelling.upper()):
            return spelling
    raise ScpiError(code)


def string(argument: str) -> str:
    """A text in single or double quotes; a doubled quote stands for one. Raises ``ScpiError``."""
    quote = argument[:1]
    if quote not in ("'", '"') or len(argument) < 2 or argument[-1] != quote:
        raise ScpiError(-151)
    inside = argument[1:-1]
    if inside.replace(quote * 2, "").count(quote):
        raise ScpiError(-151)
    return inside.replace(quote * 2, quote)


def block(argument: str) -> bytes:
    """The payload of a definite (``#14abcd``) or indefinite block (``#0abcd``). Raises ``ScpiError``."""
    data = argument.encode("latin-1", "replace")
    if data[:2] == b"#0":
        return data[2:]
    digits = data[1] - 48 if data[:1] == b"#" and data[1:2].isdigit() else 0
    count = data[2 : 2 + digits]
    if not (digits and len(count) == digits and count.isdigit() and len(data) == 2 + digits + int(count)):
        raise ScpiError(-161)
    return data[2 + digits :]


def fields(argument: str, count: int) -> list[str]:
    """``count`` arguments between commas. Raises ``ScpiError`` for fewer or more."""
    parts = [part.strip() for part in argument.split(",")]
    if len(parts) != count or not all(parts):
        raise ScpiError(-109 if len(parts) <= count else -108)
    return parts
