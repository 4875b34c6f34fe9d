"""Doorbells: one datagram socket for each member of a wire, in the wire's private folder, that wakes it.

Data never goes through them. A full one means only that its member has been woken already; what strangers send there
is thrown away; one that does not answer belonged to a member that has died.
"""

import contextlib
import socket
from pathlib import Path

_DRAINED_AT_ONCE = 4096  # a stranger who rings without end must not hold up the member


class Doorbells:
    """All doorbells of a wire as one member sees them; ``asleep``: a shared byte for each member that wants a ring."""

    def __init__(self, folder: Path, asleep: memoryview) -> None:
        self._paths = [str(folder / f"bell-{member}") for member in range(len(asleep))]
        self._asleep = asleep
        self._nobody = bytes(len(asleep))
        self.own: socket.socket
        self._member = -1

    def hang(self, member: int) -> None:
        """Make this member's own. Raises ``OSError``."""
        path = self._paths[member]
        Path(path).unlink(missing_ok=True)  # of a dead one
        self.own, self._member = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), member
        self.own.setblocking(False)
        try:
            self.own.bind(path)
        except OSError as error:
            self.own.close()
            raise OSError(f"cannot make the doorbell {path} (a path may have 107 bytes): {error}") from error
        self._asleep[member] = 1  # who waits by select has not looked yet

    def wake(self) -> None:
        """Ring at everybody who sleeps."""
        asleep = bytes(self._asleep)
        if asleep == self._nobody:
            return
        for member, sleeps in enumerate(asleep):
            if sleeps:
                self._asleep[member] = 0
                self._ring_at(member)

    def ring_own(self) -> None:
        """Make the own one readable."""
        self._ring_at(self._member)

    def sleepy(self) -> None:
        """From now on a frame rings here. Look at the wire once more before sleeping."""
        self._asleep[self._member] = 1
        for _ in range(_DRAINED_AT_ONCE):
            try:
                self.own.recv(1)
            except BlockingIOError:
                return

    def answers(self, member: int) -> bool:
        """Whether the member lives."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as visitor:
            try:
                visitor.connect(self._paths[member])
            except OSError:
                return False
        return True

    def remove(self, member: int) -> None:
        """Take the doorbell of a dead or leaving member away."""
        self._asleep[member] = 0
        Path(self._paths[member]).unlink(missing_ok=True)

    def _ring_at(self, member: int) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError, FileNotFoundError):
            self.own.sendto(b"\0", self._paths[member])
