"""Faults on the instrument side of a link, by script and seed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from bench.base.noise import noise_state, uniform
from bench.base.time import NS_PER_MS, ns
from bench.base.units import Unit, UnitError, parse

MessageFault = Literal["silence", "late", "partial", "split", "endless", "garbage", "bare_lf"]
"""What happens to an answer. ``silence``: the question is obeyed, not answered; ``late``: the answer comes ``delay_ns``
later; ``partial``: its first half in time, the rest ``delay_ns`` later (0: never); ``split``: four portions,
``delay_ns`` apart; ``endless``: it does not end; ``garbage``: it is no answer; ``bare_lf``: an empty line answers what
needs no answer."""
StateFault = Literal["close", "nan", "inf"]
"""``close``: the connection is closed and refused; ``nan`` and ``inf``: measured values are "no data", over-range."""
DeviceFault = Literal["restart", "local", "alarm", "taken"]
"""``restart``: no power for this time, then up again without its set-up; ``local``: somebody switches it to manual
control; ``alarm``: it trips by itself; ``taken``: another host takes the control."""
InputFault = Literal["broken_wire"]
"""``broken_wire``: at one input, as ``broken_wire:winding``."""
FaultKind = Literal[MessageFault, StateFault, DeviceFault, InputFault]

FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
MESSAGE_FAULTS: tuple[FaultKind, ...] = get_args(MessageFault)
STATE_FAULTS: tuple[FaultKind, ...] = get_args(StateFault)
DEVICE_FAULTS: tuple[FaultKind, ...] = get_args(DeviceFault)
DELAYED: tuple[FaultKind, ...] = ("late", "partial", "split")
_SPLIT_NS = 5 * NS_PER_MS
_EACH = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_SHARE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?%", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fault:
    """From ``start_ns`` (included) to ``end_ns`` (excluded).

    Faults of messages meet each ``every``-th of them, or a ``share`` drawn from the run's seed.
    """

    kind: FaultKind
    start_ns: int
    end_ns: int
    delay_ns: int = 0
    every: int = 1
    share: float = 1.0
    name: str = ""
    """Of the input that it befalls."""

    def __post_init__(self) -> None:
        if self.end_ns <= self.start_ns or self.delay_ns < 0 or self.every < 1 or not 0.0 < self.share <= 1.0:
            raise ValueError(f"{self}: must end after it starts; no negative delay, 'every' from 1, 'share' to 1")


class Argument(NamedTuple):
    """What stands behind the colon of a script line: ``late:400ms,25%``, ``silence:11``, ``broken_wire:winding``."""

    delay_ns: int = 0
    every: int = 1
    share: float = 1.0
    name: str = ""


def read_argument(kind: str, argument: str) -> Argument:
    """The argument of a fault of ``kind``. Raises ``ValueError`` with the form that is expected."""
    if kind == "broken_wire":
        if not _NAME.fullmatch(argument):
            raise ValueError(f"which one? {_expected(kind)}")
        return Argument(name=argument)
    found = Argument(_SPLIT_NS if kind == "split" else 0)
    for place, part in enumerate(argument.split(",") if argument else ()):
        found = _with(found, kind, place, part.strip())
    if kind == "late" and not found.delay_ns:
        raise ValueError(f"how late? {_expected(kind)}")
    return found


def _with(found: Argument, kind: str, place: int, part: str) -> Argument:
    if kind in MESSAGE_FAULTS and _SHARE.fullmatch(part) and 0.0 < float(part[:-1]) <= 100.0:
        return found._replace(share=float(part[:-1]) / 100.0)
    if kind in MESSAGE_FAULTS and _EACH.fullmatch(part):
        return found._replace(every=int(part))
    if kind in DELAYED and place == 0:
        return found._replace(delay_ns=_delay_ns(kind, part))
    raise ValueError(f"{kind} takes no {part!r}; {_expected(kind)}")


def _delay_ns(kind: str, text: str) -> int:
    try:
        delay_ns = ns(parse(text, Unit.SECOND))
    except UnitError as error:
        raise ValueError(f"{error}; {_expected(kind)}") from None
    if delay_ns <= 0:
        raise ValueError(f"a delay of {text} is none; {_expected(kind)}")
    return delay_ns


def _expected(kind: str) -> str:
    if kind == "broken_wire":
        return "write the name of a thermocouple of the rig file, such as broken_wire:winding"
    if kind not in MESSAGE_FAULTS:
        return "leave the argument out"
    which = "11 (each eleventh) or 25% (a quarter of the answers)"
    return f"write a time such as 400ms, and perhaps after a comma {which}" if kind in DELAYED else f"write {which}"


class FaultScript:
    """All faults of one instrument; falsy when there are none. ``seed`` and ``name`` fix what shares draw."""

    __slots__ = ("_faults", "_met", "_noise")

    def __init__(self, faults: Iterable[Fault] = (), seed: int = 0, name: str = "") -> None:
        self._faults = tuple(faults)
        self._met = [0] * len(self._faults)
        self._noise = noise_state(seed, f"{name}.faults")

    def __bool__(self) -> bool:
        return bool(self._faults)

    def active(self, kind: FaultKind, t_ns: int) -> Fault | None:
        """The fault of ``kind`` in force at ``t_ns``, or ``None``."""
        return next((fault for _, fault in self._in_force(kind, t_ns)), None)

    def strikes(self, kind: MessageFault, t_ns: int) -> Fault | None:
        """The same for one message: it counts, and perhaps it is spared. Call it once a message."""
        for place, fault in self._in_force(kind, t_ns):
            self._met[place] += 1
            hit = self._met[place] % fault.every == 0
            return fault if hit and (fault.share == 1.0 or uniform(self._noise) < fault.share) else None
        return None

    def broken(self, name: str, t_ns: int) -> bool:
        """Whether the wire at the input ``name`` is broken."""
        return any(fault.name == name for _, fault in self._in_force("broken_wire", t_ns))

    def of_device(self) -> list[Fault]:
        """What befalls the device itself, in the order of time."""
        return sorted((f for f in self._faults if f.kind in DEVICE_FAULTS), key=lambda fault: fault.start_ns)

    def _in_force(self, kind: FaultKind, t_ns: int) -> Iterator[tuple[int, Fault]]:
        for place, fault in enumerate(self._faults):
            if fault.kind == kind and fault.start_ns <= t_ns < fault.end_ns:
                yield place, fault
