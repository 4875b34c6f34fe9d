"""Tests beside each other, and tests that want the machine for themselves.

Tests run in as many processes as pytest-xdist was told to start. Those marked ``alone`` wait in wall time, where work
beside them would disturb what they assert: while one of them runs, no other test does.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """Two lock files in a folder that all test processes share. A door stands before the room, so that who wants it
    for himself is not overtaken for ever by those who share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def beside_others(self) -> Iterator[None]:
        """While nobody wants to be alone."""
        with self._room(fcntl.LOCK_SH):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While no other test runs."""
        with self._room(fcntl.LOCK_EX):
            yield

    @contextmanager
    def _room(self, how: int) -> Iterator[None]:
        with (self._folder / "room.lock").open("w") as room:
            with (self._folder / "door.lock").open("w") as door:
                fcntl.flock(door, fcntl.LOCK_EX)
                fcntl.flock(room, how)
            yield
