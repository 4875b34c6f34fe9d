"""The page about Modbus TCP: exceptions and register maps as the drivers have them."""

from typing import Any

from markdown_table import table


def modbus_page() -> str:
    """All of it."""
    from drivers import modbus
    from drivers.registry import BUILT_IN, driver_class

    text = _MODBUS + table(("code", "exception"), ((str(code), told) for code, told in modbus.EXCEPTIONS.items()))
    for name in BUILT_IN:
        found = driver_class(name)
        if hasattr(found, "registers"):
            text += f"\n## `{name}`\n\n" + table(_HEAD, map(_register, found.registers))
    return text


def _register(row: Any) -> tuple[str, ...]:
    order = f", {'high' if row.high_word_first else 'low'} word first" if row.size > 1 and row.kind != "text" else ""
    scale = f"{row.scale:g}" if row.kind not in ("bit", "text") else ""
    access = "read, write" if row.writable else "read"
    place = f"{row.space} ({access})", str(row.address), f"`{row.name}`", str(row.use)
    return *place, row.purpose, row.unit, f"{row.kind}{order}", scale, str(row.range), row.source


_HEAD = ("register", "address", "channel or name", "use", "meaning", "unit", "form", "scale", "range", "source")

_MODBUS = """# Modbus TCP of the bench's periphery

Functions 1 to 6, 15, 16 and 23. A set-point of one bit is written by 5, one of words by 23, which reads back in the
same exchange; all are set to zero by 15 or 16 at arming. Addresses count from 0, as on the wire. An answer with another
transaction, protocol, unit, function, length or number of bytes than the question's is none: the connection is opened
afresh, the device identified again, its settings and set-points read back. A value outside its range, NaN or infinity
is a bad value, never clipped.

Each maker's controller has a map of its own: the tables below are those of the emulated devices, and a driver of a
package of yours may have another (`drivers.periphery.modbus_part.ModbusPart`, a `RegisterMap`, and an entry point
`bench.drivers`). **Never tested on hardware.**

Sources: MODBUS Application Protocol Specification V1.1b3; MODBUS Messaging on TCP/IP Implementation Guide V1.0b.

"""
