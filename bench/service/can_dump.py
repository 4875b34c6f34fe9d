"""A live look at a rig's CAN buses: frames decoded as they come. It joins the buses as a listener and never sends."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import can

from bench.assembly import buses_of
from bench.base.errors import CodecError, InputError, LinkError, Problem
from bench.base.time import NS_PER_S, seconds
from bench.canbus.database import Database
from bench.canbus.joined import by_bus
from bench.canbus.message import EXTENDED
from bench.config.bench_files import find_bench
from bench.config.suggest import suggestion
from bench.io.bus_place import BusPlace
from bench.io.clock import MonotonicClock
from bench.io.foreign_database import load_database
from bench.service.emulation import open_places
from bench.service.hardware_run import bus_places

_WAIT_S = 0.02
_TURN_MAX = 100  # frames of one bus before the others have their turn


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame: when (since the beginning), on which bus, what. ``note`` says why there are no values."""

    t_ns: int
    bus: str
    frame_id: int
    data: bytes
    message: str
    values: Mapping[str, Any]
    note: str = ""

    def line(self) -> str:
        """For a screen."""
        number = f"{self.frame_id & ~EXTENDED:{'08X' if self.frame_id & EXTENDED else '03X'}}"
        values = " ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{seconds(self.t_ns):10.4f} {self.bus:9} {number:>8} {self.message:20} {values or self._bare()}"

    def _bare(self) -> str:
        return f"[{self.data.hex(' ')}] {self.note}".rstrip()

    def as_data(self) -> dict[str, Any]:
        """For machines."""
        return {
            "t_s": seconds(self.t_ns),
            "bus": self.bus,
            "id": self.frame_id & ~EXTENDED,
            "extended": bool(self.frame_id & EXTENDED),
            "data": self.data.hex(),
            "message": self.message,
            "values": {name: value if math.isfinite(value) else str(value) for name, value in self.values.items()},
            "note": self.note,
        }


@dataclass(slots=True)
class Totals:
    """What came by."""

    frames: int = 0
    unknown: int = 0
    errors: int = 0


def watch(
    rig: str,
    dut: str | None,
    emulated: bool,
    only: Sequence[str],
    tell: Callable[[Seen], None],
    asked: Callable[[], bool],
    count: int = 0,
    seconds_max: float = 0.0,
) -> Totals:
    """Tell every frame until ``asked()``, ``count`` frames were told, or ``seconds_max`` have passed (0: never).

    ``only``: names of messages. Raises ``InputError`` for wrong files, unknown names, and buses that cannot be joined.
    """
    files = find_bench(rig, dut)
    bench, databases = files.rig.value, by_bus({role: load_database(path) for role, path in files.databases.items()})
    _known(only, databases.values())
    places = open_places(bench).values() if emulated else bus_places(bench)
    totals, clock = Totals(), MonotonicClock()
    with contextlib.ExitStack() as stack:
        roles = (bus.role for bus in buses_of(bench))
        joined: dict[str, can.BusABC] = {
            role: stack.enter_context(_join(role, place)) for role, place in zip(roles, places, strict=True)
        }
        told = 0
        while not asked() and not (seconds_max and clock.now_ns() >= seconds_max * NS_PER_S):
            for role, message in _turn(joined):
                seen = _seen(role, message, databases[role], clock, totals)
                if seen is None or (only and seen.message not in only):
                    continue
                tell(seen)
                told += 1
                if count and told >= count:
                    return totals
    return totals


def _known(only: Sequence[str], databases: Any) -> None:
    names = [message.name for database in databases for message in database.messages]
    wrong = [name for name in only if name not in names]
    if wrong:
        raise InputError([Problem("--only", 0, 0, f"no message {name!r}; {suggestion(name, names)}") for name in wrong])


def _join(role: str, place: BusPlace) -> can.BusABC:
    try:
        return place.open()
    except LinkError as error:
        raise InputError([Problem(f"bus {role}", 0, 0, f"{error}; 'bench doctor' shows what there is")]) from None


def _turn(joined: Mapping[str, can.BusABC]) -> Iterator[tuple[str, can.Message]]:
    """What has come on each bus; waits a moment for the first where nothing has."""
    quiet = True
    for role, bus in joined.items():
        for _ in range(_TURN_MAX):
            message = bus.recv(0)
            if message is None:
                break
            quiet = False
            yield role, message
    if quiet:
        role, bus = next(iter(joined.items()))
        message = bus.recv(_WAIT_S)
        if message is not None:
            yield role, message


def _seen(
    role: str, message: can.Message, database: Database, clock: MonotonicClock, totals: Totals
) -> Seen | None:  # fmt: skip
    if message.is_error_frame:
        totals.errors += 1
        return None
    totals.frames += 1
    number = message.arbitration_id | (EXTENDED if message.is_extended_id else 0)
    t_ns, data = clock.from_calendar_s(message.timestamp), bytes(message.data)
    try:
        name = database.by_id(number).name
    except KeyError:
        totals.unknown += 1
        return Seen(t_ns, role, number, data, "?", {}, "no message of the database")
    if message.is_remote_frame:
        return Seen(t_ns, role, number, data, name, {}, "remote frame")
    try:
        return Seen(t_ns, role, number, data, name, database.decode(number, data))
    except CodecError as error:
        return Seen(t_ns, role, number, data, name, {}, str(error))
