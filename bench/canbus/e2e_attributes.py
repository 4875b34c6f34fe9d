"""The protection of a message from its attributes in a database, and whether its signals leave room for the header.

``E2EProfile`` (enumeration: None or a name of ``Profile``), ``E2EDataID``, ``E2EDataIDMode``, ``E2EDataIDList`` (text:
16 bytes in hexadecimal), ``E2EMaxDeltaCounter``, ``E2EOffset`` (bytes before the header), and of the receiver's windows
``E2EWindowSizeInit``, ``E2EMinOkStateInit``, ``E2EMaxErrorStateInit`` and the same for ``Valid`` and ``Invalid``.
"""

from collections.abc import Callable, Iterable
from typing import Any

from bench.canbus.protection import DataIdMode, Part, Profile, Protection, Window, Windows

Read = Callable[[str, Any], Any]
"""``read(name, default)``: the value of an attribute, enumerations as text."""

_WINDOW = ("E2EWindowSize", "E2EMinOkState", "E2EMaxErrorState")


def read_protection(read: Read, length: int, period_ms: int) -> Protection | None:
    """The protection of a message of ``length`` bytes, or ``None``. Raises ``ValueError`` with all that is wrong."""
    name = str(read("E2EProfile", "None"))
    if name.upper() == "NONE":
        return None
    if name not in Profile.__members__:
        raise ValueError(f"has E2EProfile {name!r}; known are None, {', '.join(list(Profile.__members__)[1:])}")
    mode = str(read("E2EDataIDMode", "BOTH"))
    if mode not in DataIdMode.__members__:
        raise ValueError(f"has E2EDataIDMode {mode!r}; known are {', '.join(DataIdMode.__members__)}")
    windows = zip(("Init", "Valid", "Invalid"), Windows(), strict=True)
    protection = Protection(
        Profile[name],
        _integer(read, "E2EDataID", 0),
        DataIdMode[mode],
        _integer(read, "E2EMaxDeltaCounter", 3),
        _bytes(str(read("E2EDataIDList", ""))),
        _integer(read, "E2EOffset", 0),
        Windows(*(_window(read, state, default) for state, default in windows)),
        period_ms * 1_000_000,
    )
    if problems := list(protection.problems(length)):
        raise ValueError(" and ".join(problems))
    return protection


def _integer(read: Read, name: str, default: int) -> int:
    value = read(name, default)
    if isinstance(value, str) or value != int(value):
        raise ValueError(f"has {name} {value!r}; it must be a whole number")
    return int(value)


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(
            f"has E2EDataIDList {text!r}; write 16 bytes in hexadecimal, two digits each, with blanks between them"
        ) from None


def _window(read: Read, state: str, default: Window) -> Window:
    return Window(*(_integer(read, name + state, value) for name, value in zip(_WINDOW, default, strict=True)))


def header_problem(protection: Protection, signals: Iterable[tuple[str, int, bool]]) -> str:
    """Why ``signals`` (name, places as ``Signal.bits``, Motorola) do not fit the header, or an empty text."""
    name, offset = protection.profile.name, protection.offset
    parts = dict(protection.parts())
    found = set()
    for signal, places, big_endian in signals:
        if not places & protection.places:
            continue
        part = next((p for p in parts.values() if p.places(offset) == places), None)
        if part is None or (part.bits > 8 and part.big_endian != big_endian):
            return f"has signal {signal} on the header of {name}, {_told(parts, offset)}; correct its start or length"
        found.add(part)
    missing = [word for word in ("CRC", "counter") if parts[word] not in found]
    if missing:
        return f"is protected by {name} and needs a signal for {' and '.join(missing)}: {_told(parts, offset)}"
    return ""


def _told(parts: dict[str, Part], offset: int) -> str:
    return ", ".join(f"{word} {_place(part, offset)}" for word, part in parts.items())


def _place(part: Part, offset: int) -> str:
    first, count = offset + part.byte, part.bits // 8
    if part.bits == 4:
        return f"in the {'high' if part.high_nibble else 'low'} nibble of byte {first}"
    order = "" if count == 1 else " (Motorola)" if part.big_endian else " (Intel)"
    return f"in byte {first}{order}" if count == 1 else f"in bytes {first} to {first + count - 1}{order}"
