"""What a driver knows about its connection: who answered, and whether the bytes still fit the questions.

After a time-out a late answer may follow, and then every later answer would be shifted by one (F-38). So whatever goes
wrong between a question and its answer *poisons* the session: nothing is asked any more until a fresh connection
was opened, the same instrument has told its name, and its set-up was read back. Writes are never repeated here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from bench.base.errors import DeviceError, LinkError
from bench.base.ports import Identity
from bench.schedule.requests import Operation, Reopen
from drivers.grammar import GrammarError


@dataclass(frozen=True, slots=True)
class Expected:
    """Who has to answer, from the rig file: ``maker`` and ``model`` occur in the identity, ``serial`` equals it.

    Empty: not checked.
    """

    maker: str = ""
    model: str = ""
    serial: str = ""

    @classmethod
    def of_rig(cls, section: Mapping[str, Any]) -> "Expected":
        """From an instrument's section of a rig file."""
        return cls(section["maker"], section["model"], section["serial"])

    def problem(self, identity: Identity) -> str:
        """What does not fit; empty if all does."""
        for name in ("maker", "model"):
            wanted, got = getattr(self, name), getattr(identity, name)
            if wanted.upper() not in got.upper():
                return f"{name} is {got!r}, not {wanted!r}"
        if self.serial not in ("", identity.serial):
            return f"serial number is {identity.serial!r}, not {self.serial!r}"
        return ""


class Session:
    """Use as ``with session:`` around each question and its answer."""

    __slots__ = ("_cause", "expected", "identity", "part", "recoveries")

    def __init__(self, part: str, expected: Expected | None = None) -> None:
        self.part = part
        self.expected = expected or Expected()
        self.identity: Identity | None = None
        self.recoveries = 0
        self._cause: str | None = None

    @property
    def poisoned(self) -> str | None:
        """Why nothing may be asked, or ``None``."""
        return self._cause

    def __enter__(self) -> None:
        if self._cause is not None:
            raise LinkError(f"{self.part}: session not usable after: {self._cause}; open a fresh connection first")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """An orderly refusal of the device leaves the order of the bytes intact; anything else does not."""
        if kind is not None and (not issubclass(kind, DeviceError) or issubclass(kind, GrammarError)):
            self.poison(f"{kind.__name__}: {error}")

    def poison(self, cause: str) -> None:
        """Refuse every further question; the first cause is kept."""
        if self._cause is None:
            self._cause = cause

    def meet(self, identity: Identity) -> Identity:
        """Note who answered. Raises ``DeviceError`` if it is another one than before."""
        if self.identity is not None and identity != self.identity:
            self.poison("another instrument answered")
            raise DeviceError(
                f"{self.part}: {identity} answers where {self.identity} was; check the address, then arm again"
            )
        problem = self.expected.problem(identity)
        if problem:
            raise DeviceError(f"{self.part}: {problem}; connect the right instrument or correct the rig file")
        self.identity = identity
        return identity

    def reopen(self, timeout_ns: int = 2_000_000_000) -> Operation[None]:
        """A fresh connection: bytes of the old one cannot reach it. Raises ``LinkError``."""
        self.poison("the connection is being opened")
        yield Reopen(timeout_ns)
        self._cause = None

    def recover(
        self, identify: Callable[[], Operation[Identity]], verify: Callable[[], Operation[None]]
    ) -> Operation[None]:
        """Fresh connection, same identity, same set-up. On ``LinkError`` or ``DeviceError`` it stays poisoned."""
        yield from self.reopen()
        try:
            yield from identify()
            yield from verify()
        except (LinkError, DeviceError) as error:
            self.poison(f"recovery failed: {error}")
            raise
        self.recoveries += 1
