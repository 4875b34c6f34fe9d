"""Room on the disk while a run goes on: a warning, then the end in order, long before a write is refused."""

from bench.record.storage import Room, Storage

MIB = 1 << 20
RESERVE_BYTES = 64 * MIB
"""Kept back for the stop, the journal's end, tables and seal: a stop that cools for 15 minutes writes half of it."""
WARN, STOP, FULL = "warn", "stop", "full"
_SHARES = {WARN: 0.20, STOP: 0.05}  # of the disk (faults.md, section 10), but of a large disk no more than
_AT_MOST = {WARN: 2048 * MIB, STOP: 512 * MIB}


def watermark(level: str, room: Room) -> int:
    """Free bytes below which ``level`` is reached."""
    return min(int(_SHARES[level] * room.total), _AT_MOST[level])


class SpaceWatch:
    """Tells each level once."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._told: set[str] = set()

    def look(self) -> tuple[str, Room]:
        """The level that was reached since the last look (empty: none), and what there is."""
        room = self._storage.room()
        if self._storage.scarce and FULL not in self._told:
            self._told |= {WARN, STOP, FULL}
            return FULL, room
        for level in (STOP, WARN):
            if level not in self._told and room.free < watermark(level, room):
                self._told |= {WARN, level}
                return level, room
        return "", room
