"""Two databases on one bus."""

from collections.abc import Mapping

from bench.base.errors import InputError, Problem
from bench.canbus.database import Database

INSULATION, BENCH_IO = "insulation", "bench_io"
"""Roles of databases that share the second bus."""


def joined(database: Database, other: Database) -> Database:
    """``database`` with the messages of ``other``; those of its own that tell a channel of ``other`` are left out: one
    channel has one source. Raises ``InputError`` where both use one identifier or name."""
    told = {signal.channel for message in other.messages for signal in message.signals if signal.channel}
    kept = [m for m in database.messages if told.isdisjoint(signal.channel for signal in m.signals)]
    for key, words in (("id", "identifier"), ("name", "name")):
        taken = {getattr(message, key): message.name for message in kept}
        for message in other.messages:
            if getattr(message, key) in taken:
                text = (
                    f"{message.name} has the {words} of {taken[getattr(message, key)]} in {database.name}; change one"
                )
                raise InputError([Problem(other.name, 0, 0, text)])
    return Database(database.name, [*kept, *other.messages], (*database.findings, *other.findings))


def by_bus(files: Mapping[str, Database]) -> dict[str, Database]:
    """The databases by role of their bus; ``files`` by role of the file. Raises ``InputError``."""
    found = {role: database for role, database in files.items() if role != INSULATION}
    if INSULATION in files:
        found[BENCH_IO] = joined(files[BENCH_IO], files[INSULATION])
    return found
