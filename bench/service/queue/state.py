"""What stands in a queue, from its journal alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bench.record.journal import JournalRecord

Status = Literal["waiting", "running", "done", "refused", "marked", "removed"]
"""``done``: it has come to an end with its verdict; ``refused``: nothing was energised; ``marked``: it ended in a way
that somebody has to look at."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run: as on the command line of ``bench run``; ``settings``: parameters of the plan, NAME=VALUE."""

    plan: str
    rig: str | None = None
    dut: str | None = None
    world: str = "virtual"
    seed: int = 1
    settings: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Order":
        """From a record."""
        return cls(**{**{name: data[name] for name in cls.__dataclass_fields__}, "settings": tuple(data["settings"])})


@dataclass(frozen=True, slots=True)
class Entry:
    """One order. ``attempts``: how often it was begun; ``run``: the folder of its last run, once known; ``told``: how
    it ended."""

    number: int
    order: Order
    status: Status = "waiting"
    attempts: int = 0
    run: str = ""
    exit: int | None = None
    told: str = ""

    @property
    def place(self) -> str:
        """The name of the folder in which its runs are."""
        return f"{self.number:04d}"

    @property
    def open(self) -> bool:
        """Whether something is left to do."""
        return self.status in ("waiting", "running")


@dataclass(frozen=True, slots=True)
class QueueState:
    """All entries in order, and why nothing is begun (\"\": it is)."""

    entries: tuple[Entry, ...] = ()
    held: str = ""
    position: int = 0
    """How many records it is made of."""

    @property
    def running(self) -> Entry | None:
        """The one that was begun and has not ended, as far as the journal knows."""
        return next((entry for entry in self.entries if entry.status == "running"), None)

    @property
    def next(self) -> Entry | None:
        """The first that waits."""
        return next((entry for entry in self.entries if entry.status == "waiting"), None)

    def entry(self, number: int) -> Entry | None:
        """The entry of this number."""
        return next((entry for entry in self.entries if entry.number == number), None)


@dataclass(slots=True)
class _Reading:
    entries: dict[int, Entry] = field(default_factory=dict)
    held: str = ""

    def take(self, event: str, data: Mapping[str, Any]) -> None:
        match event:
            case "ordered":
                self.entries[data["entry"]] = Entry(data["entry"], Order.of(data["order"]))
            case "held":
                self.held = data["reason"]
            case "released":
                self.held = ""
            case "begun":
                before = self._of(data)
                attempts, run = before.attempts + 1, data["run"]
                self.entries[before.number] = replace(before, status="running", attempts=attempts, run=run)
            case "ended":
                how = {"status": data["status"], "exit": data["exit"], "told": data["told"], "run": data["run"]}
                self.entries[data["entry"]] = replace(self._of(data), **how)
            case "removed":
                self.entries[data["entry"]] = replace(self._of(data), status="removed")

    def _of(self, data: Mapping[str, Any]) -> Entry:
        return self.entries[data["entry"]]


def state_of(records: Iterable[JournalRecord]) -> QueueState:
    """What the records say together."""
    reading, position = _Reading(), 0
    for record in records:
        reading.take(record.event, record.data)
        position += 1
    return QueueState(tuple(reading.entries.values()), reading.held, position)
