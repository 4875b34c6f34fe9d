"""Channels made of other channels, as data: how one device's own words become those that every bench understands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """``value`` when every (channel, low, high) of ``when`` holds: low <= channel <= high."""

    value: float
    when: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """``channel`` has the value of the first case that holds, else ``otherwise``.

    It is as good as the worst, and as old as the oldest, of the measured channels that any of its cases looks at; one
    that is ``certain`` is always good: its cases hold only by values that are good themselves.
    """

    channel: str
    cases: tuple[Case, ...]
    otherwise: float = 0.0
    certain: bool = False
