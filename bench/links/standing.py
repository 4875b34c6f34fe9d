"""A link that only reads: what it asks over and over, so that somebody else can do it until there is more to do."""

from collections.abc import Sequence
from typing import NamedTuple

from drivers.usual import Round


class Standing(NamedTuple):
    """``round``: the driver's questions; a reading every ``period_ns`` (0: the instrument sets the pace) on a grid
    shifted by ``phase_ns``, as long as the core's set-points are those ``obeyed``. Before ``write_from_ns`` others that
    are not zero may wait; the last answer came at ``read_ns``."""

    round: Round
    period_ns: int
    phase_ns: int
    obeyed: Sequence[float]
    write_from_ns: int
    read_ns: int
    write_ns: int = 0
    """Between two writes of a set-point that moves; 0: none is written here."""


class Resumed(NamedTuple):
    """Where it goes on: place in the round, when the last answer came; if others were written meanwhile, the set-points
    obeyed now and from when on to write again."""

    place: int
    read_ns: int
    obeyed: Sequence[float] | None
    write_from_ns: int
