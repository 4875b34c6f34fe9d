"""An instrument that answers with what it was asked for, and its driver: they show whose an answer is.

Its faults are those of every emulated instrument, its session and its link are those of every driver.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bench.base.ports import Identity
from bench.base.quality import GOOD
from bench.base.time import NS_PER_MS
from bench.emulators.instruments.faults import FaultScript
from bench.emulators.instruments.peer import Peer
from bench.schedule.requests import Exchange, Operation
from drivers import scpi
from drivers.grammar import GrammarError
from drivers.readout import OneReadout, Readout
from drivers.session import Session

_IDENTITY = b"BENCH,ECHO,1,1"
_ANSWER_NS = NS_PER_MS


class EchoEmulator(Peer):
    """``ECHO? N`` is answered by N, ``*IDN?`` by its name, a millisecond later."""

    def __init__(self, faults: FaultScript | None = None) -> None:
        super().__init__(b"\n", faults)

    def handle(self, message: bytes, t_ns: int) -> None:
        """Obey one line."""
        if message.startswith(b"ECHO? "):
            self.reply(t_ns + _ANSWER_NS, message[6:], t_ns)
        elif message == b"*IDN?\n":
            self.reply(t_ns + _ANSWER_NS, _IDENTITY + b"\n", t_ns)
        else:
            self.unknown += 1


class EchoDriver(OneReadout):
    """Asks for numbers. ``wrong`` counts answers to another question that were not found out before they came here."""

    tested_on_hardware = False
    setpoints: tuple[str, ...] = ()

    def __init__(self, part: str, timeout_ns: int) -> None:
        self.part = part
        self.session = Session(part)
        self.readout = Readout((f"{part}.number",))
        self.asked = self.wrong = 0
        self._timeout_ns = timeout_ns
        self._number = 0

    def identify(self) -> Operation[Identity]:
        """Who is there."""
        with self.session:
            return self.session.meet(scpi.identity((yield Exchange(b"*IDN?\n", "line", self._timeout_ns))))

    def set_up(self) -> Operation[Mapping[str, str]]:
        """There is nothing to set up but to be answered."""
        return self.verify()

    def verify(self) -> Operation[Mapping[str, str]]:
        """A number comes back."""
        yield from self.echo(self._next())
        return {}

    def question(self) -> Exchange:
        """Ask for the next number."""
        return self._asking(self._next())

    def take(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        """The number as ``INBOX`` records. Raises ``GrammarError`` for what is none."""
        readout = self.readout
        readout.values[0] = self._judge(reply, self._number)
        readout.qualities[:], readout.times[:] = GOOD, arrived_ns
        return readout.records

    def echo(self, number: int) -> Operation[int]:
        """Ask for ``number``; what came. Raises ``LinkError`` or ``GrammarError``."""
        with self.session:
            return self._judge((yield self._asking(number)), number)

    def set_ranges(self, wanted: Mapping[str, float]) -> Operation[Mapping[str, float]]:
        """The question that a caller may ask of a link: each value is asked for; what came."""
        came = {}
        for name, value in wanted.items():
            came[name] = float((yield from self.echo(int(value))))
        return came

    def _asking(self, number: int) -> Exchange:
        self.asked += 1
        return Exchange(b"ECHO? %d\n" % number, "line", self._timeout_ns)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _judge(self, reply: bytes, number: int) -> int:
        text = reply.strip()
        if not text.isdigit():
            raise GrammarError("a number", text)
        self.wrong += int(text) != number
        return int(text)
