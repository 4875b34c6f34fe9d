"""What an emulated instrument does for each row of its command table.

Every row needs its behaviour and every behaviour its row: a driver cannot send what its emulator does not know, and the
emulator cannot take what no manual has. Whole messages are resolved once and kept.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from drivers.command import Command
from drivers.scpi_data import ScpiError
from drivers.scpi_message import units
from drivers.scpi_table import Table

Setter = Callable[[tuple[int, ...], str, int], None]
"""(indices, argument, t_ns) -> None; raises ``ScpiError`` to put an entry into the error queue."""
Getter = Callable[[tuple[int, ...], str, int], bytes]

_MESSAGES_KEPT = 1024


class Behaviour(NamedTuple):
    """One row's: what setting it does, and what asking it answers."""

    set: Setter | None = None
    get: Getter | None = None


class Action(NamedTuple):
    """One resolved program message unit. ``set`` or ``get`` is ``None``; both: the header is not known."""

    set: Setter | None
    get: Getter | None
    indices: tuple[int, ...]
    argument: str
    command: Command | None


class Behaviours:
    """Resolves messages into actions; one that the dialect forbids becomes a refusal.

    Raises ``ValueError`` that names the rows without behaviour and the behaviours without row.
    """

    def __init__(self, table: Table, behaviours: Mapping[str, Behaviour]) -> None:
        wrong = sorted(set(behaviours) ^ set(table.rows))
        wrong += [
            name
            for name, row in table.rows.items()
            if name not in wrong and (row.sets, row.asks) != tuple(way is not None for way in behaviours[name])
        ]
        if wrong:
            raise ValueError(f"command table and emulator differ in {', '.join(wrong)}; every row needs its behaviour")
        self.table = table
        self._behaviours = behaviours
        self._kept: dict[bytes, tuple[Action, ...]] = {}

    def resolve(self, message: bytes) -> tuple[Action, ...]:
        """The actions of one message, in order."""
        actions = self._kept.get(message)
        if actions is None:
            actions = self._resolve(message)
            if len(self._kept) >= _MESSAGES_KEPT:
                self._kept.clear()
            self._kept[message] = actions
        return actions

    def _resolve(self, message: bytes) -> tuple[Action, ...]:
        dialect = self.table.dialect
        if len(message) > dialect.message_max:
            return (_refusal(-225),)
        actions = []
        for unit in units(self.table, message):
            does = self._behaviours[unit.command.name] if unit.command else Behaviour()
            setter, getter = (None, does.get) if unit.query else (does.set, None)
            actions.append(Action(setter, getter, unit.indices, unit.argument, unit.command))
        if 0 < dialect.commands_max < len(actions):
            return (_refusal(-223),)
        return tuple(actions)


def _refusal(code: int) -> Action:
    def refuse(*_: object) -> None:
        raise ScpiError(code)

    return Action(refuse, None, (), "", None)
