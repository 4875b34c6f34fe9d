"""Lines of a fault script that concern a CAN bus: what their argument means, and their rows on a wire.

``can.dut.wrong_crc:0x110@30s+100ms``: every frame with this identifier; ``0x110,11``: every eleventh;
``0x110,25%``: a quarter, drawn from the run's seed. ``delay`` wants a time (``0x110,5ms``), ``wrong_length`` a length
(``0x110,4``). Without an identifier ``bit_error`` and ``drop`` meet every frame of the bus. Identifiers above 0x7FF are
extended, and so is any that is written with eight digits.
"""

from dataclasses import dataclass

from bench.base.time import ns
from bench.base.units import Unit, UnitError, parse
from bench.canbus.buses import Wire, add_fault
from bench.canbus.database import EXTENDED
from bench.canbus.faults import (
    ANY_ID,
    BABBLE,
    BIT_ERROR,
    BUS_OFF,
    DELAY,
    DROP,
    DUPLICATE,
    FREEZE,
    WRONG_CRC,
    WRONG_LENGTH,
)
from bench.schedule.faults import Fault

CAN_FAULTS = {
    "drop": DROP,
    "wrong_crc": WRONG_CRC,
    "freeze": FREEZE,
    "wrong_length": WRONG_LENGTH,
    "delay": DELAY,
    "duplicate": DUPLICATE,
    "babble": BABBLE,
    "bus_off": BUS_OFF,
    "bit_error": BIT_ERROR,
}
BUS_PLACES = {"can.dut": 0, "can.bench_io": 1}

OF_THE_BUS = ("bit_error", "bus_off", "babble", "delay", "duplicate")
"""Kinds that concern the bus and its controllers, not only what is delivered: in wall time they act on benchwire."""

_OF_ALL = ("bit_error", "drop")
_PLAIN = ("freeze", "babble")  # an identifier is all they want; babble may have a length
_EXAMPLE = "such as can.dut.wrong_crc:0x110@30s+100ms"


@dataclass(frozen=True, slots=True)
class BusFault:
    """What a line asks of a wire (``bench.canbus.faults``)."""

    kind: int
    frame_id: int
    argument: int = 0
    share: float = 0.0
    delay_ns: int = 0


def read_bus_fault(fault: Fault) -> BusFault:
    """Read the argument of a line whose kind is one of ``CAN_FAULTS``. Raises ``ValueError`` with what is expected."""
    identity, _, more = fault.argument.partition(",")
    kind = CAN_FAULTS[fault.kind]
    frame_id = ANY_ID if not identity and fault.kind in _OF_ALL else _identity(identity)
    if fault.kind == "delay":
        return BusFault(kind, frame_id, delay_ns=_delay_ns(more))
    if fault.kind in ("wrong_length", "babble"):
        return BusFault(kind, frame_id, argument=_number(more or "8", 64 if fault.kind == "wrong_length" else 8))
    if fault.kind in _PLAIN and more:
        raise ValueError(f"{fault.kind} wants an identifier and nothing else, {_EXAMPLE}")
    if more.endswith("%"):
        return BusFault(kind, frame_id, share=_share(more[:-1]))
    return BusFault(kind, frame_id, argument=_number(more or "0", 255))


def split_script(faults: tuple[Fault, ...]) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """(lines that act on the real wire in wall time, all others)."""
    of_buses = tuple(fault for fault in faults if fault.place in BUS_PLACES and fault.kind in OF_THE_BUS)
    return of_buses, tuple(fault for fault in faults if fault not in of_buses)


def script_wire(wire: Wire, bus: int, faults: tuple[Fault, ...], seed: int, origin_ns: int = 0) -> None:
    """Put the lines of one bus on ``wire``, as its bus number ``bus``; ``origin_ns``: where the run's time begins.

    Raises ``ValueError`` when there are more than a wire has room for.
    """
    for fault in faults:
        told = read_bus_fault(fault)
        add_fault(
            wire,
            bus,
            told.frame_id,
            told.kind,
            fault.start_ns + origin_ns,
            fault.end_ns + origin_ns,
            told.argument,
            share=told.share,
            delay_ns=told.delay_ns,
            seed=seed,
        )


def _identity(text: str) -> int:
    try:
        number = int(text, 0)
    except ValueError:
        raise ValueError(f"needs the identifier of a message, {_EXAMPLE}") from None
    if not 0 <= number < 1 << 29:
        raise ValueError(f"identifier {text} does not fit 29 bits; write one, {_EXAMPLE}")
    extended = number > 0x7FF or len(text.lower().removeprefix("0x")) == 8
    return number | EXTENDED if extended else number


def _number(text: str, highest: int) -> int:
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= highest:
        raise ValueError(f"{text!r} after the identifier is no number from 0 to {highest}; {_EXAMPLE}")
    return number


def _share(text: str) -> float:
    try:
        share = float(text) / 100.0
    except ValueError:
        share = -1.0
    if not 0.001 <= share <= 1.0:
        raise ValueError(f"{text}% is no share from 0.1% to 100%, such as can.dut.drop:0x110,25%@30s")
    return share


def _delay_ns(text: str) -> int:
    try:
        delay_ns = ns(parse(text, Unit.SECOND))
    except UnitError as error:
        raise ValueError(f"delay wants a time, such as can.dut.delay:0x110,5ms@30s: {error}") from error
    if not 0 < delay_ns <= 10_000_000_000:
        raise ValueError(f"a delay of {text} is not between 0 and 10 s")
    return delay_ns
