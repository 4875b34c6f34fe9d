"""Faults on the instrument side of a link, by script."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["silence", "late", "partial", "close", "nan", "inf", "garbage"]


@dataclass(frozen=True, slots=True)
class Fault:
    """From ``start_ns`` (included) to ``end_ns`` (excluded).

    ``silence``: questions are obeyed, not answered; ``late``: answers come ``delay_ns`` later; ``partial``: the first
    half in time, the rest ``delay_ns`` later (0: never); ``close``: the connection is closed and refused; ``nan`` and
    ``inf``: measured values are "no data" or over-range; ``garbage``: answers are no answers.
    """

    kind: FaultKind
    start_ns: int
    end_ns: int
    delay_ns: int = 0

    def __post_init__(self) -> None:
        if self.end_ns <= self.start_ns or self.delay_ns < 0:
            raise ValueError(f"{self}: must end after it starts, and its delay cannot be negative")


class FaultScript:
    """All faults of one instrument; falsy when there are none."""

    __slots__ = ("_faults",)

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = tuple(faults)

    def __bool__(self) -> bool:
        return bool(self._faults)

    def active(self, kind: FaultKind, t_ns: int) -> Fault | None:
        """The fault of ``kind`` in force at ``t_ns``, or ``None``."""
        for fault in self._faults:
            if fault.kind == kind and fault.start_ns <= t_ns < fault.end_ns:
                return fault
        return None
