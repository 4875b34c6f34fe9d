"""Seeded fault scripts: what goes wrong, where, and when. Data only; the emulated world carries them out.

A script line reads ``analyzer.silent@10s+2s`` or ``can.edu.wrong_crc:0x110@30s+100ms``:
place, kind, an optional argument, the start, and how long (for good if left out).
"""

import re
from dataclasses import dataclass

from bench.base.time import ns
from bench.base.units import Unit, UnitError, parse

FOR_EVER_NS = 1 << 62
DISK = "disk"
"""The place that is on our own side."""

_LINE = re.compile(
    r"(?P<place>[a-z_.]+)\.(?P<kind>[a-z_]+)(?::(?P<argument>[^@]*))?@(?P<start>[^+]+)(?:\+(?P<length>.+))?"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong at ``place`` from ``start_ns`` until ``end_ns``."""

    place: str
    kind: str
    argument: str = ""
    start_ns: int = 0
    end_ns: int = FOR_EVER_NS

    def active(self, t_ns: int) -> bool:
        """Whether it is wrong now."""
        return self.start_ns <= t_ns < self.end_ns


def parse_fault(line: str) -> Fault:
    """Read one line of a script. Raises ``ValueError`` with the form that is expected."""
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise ValueError(
            f"{line!r} is no fault; write place.kind[:argument]@start[+duration], e.g. analyzer.silent@10s+2s"
        )
    try:
        start_ns = ns(parse(match["start"], Unit.SECOND))
        end_ns = start_ns + ns(parse(match["length"], Unit.SECOND)) if match["length"] else FOR_EVER_NS
    except UnitError as error:
        raise ValueError(f"{line!r}: {error}") from error
    return Fault(match["place"], match["kind"], match["argument"] or "", start_ns, end_ns)


def of_place(script: tuple[Fault, ...], place: str) -> tuple[Fault, ...]:
    """The faults of one place, in order."""
    return tuple(fault for fault in script if fault.place == place)
