"""One VXI-11 link: the instrument for one client, with the answer that it has not read yet (VXI-11, B.4)."""

from bench.emulators.lan.shared_device import END, Line

SIZE_MAX = 1 << 16
"""The longest data of one write."""
UNREAD_MAX = 1 << 20
_ANSWER = 0x10  # MAV
_COUNT, _CHARACTER, _END = 1, 2, 4  # why a read ended


class Link:
    """``connection`` made it; with it the link ends."""

    def __init__(self, line: Line, connection: int) -> None:
        self.line = line
        self.connection = connection
        self._message = bytearray()
        self._unread = bytearray()
        self._number = 0

    def next_ns(self) -> int | None:
        """When the instrument has something to say."""
        return self.line.next_ns()

    def pull(self, t_ns: int) -> None:
        """Keep what the instrument says, if it answers the last message."""
        data = self.line.produce(t_ns)
        if self.line.number == self._number and len(self._unread) <= UNREAD_MAX:
            self._unread += data

    def write(self, data: bytes, ends: bool, t_ns: int) -> None:
        """A part of a message, or its end. An answer that nobody has read is dropped, and the instrument notes it."""
        if not self._message and (self._unread or self.line.answering):
            self._unread.clear()
            self.line.interrupt(t_ns)
        if len(self._message) <= SIZE_MAX:  # the rest of a longer one is not kept: no instrument takes so much
            self._message += data
        if ends:
            whole, self._message = bytes(self._message), bytearray()
            self._number += 1
            self.line.say(whole, self._number, t_ns)

    def read(self, size: int, character: int | None) -> tuple[int, bytes] | None:
        """Why it ended, and the data; ``None`` while neither the end nor ``size`` nor ``character`` is there."""
        place = -1 if character is None else self._unread.find(character, 0, size)
        whole = self._unread.endswith(END)
        if place < 0 and not whole and len(self._unread) < size:
            return None
        data = bytes(self._unread[: size if place < 0 else place + 1])
        del self._unread[: len(data)]
        ended = whole and not self._unread
        return _COUNT * (len(data) == size) | _CHARACTER * (place >= 0) | _END * ended, data

    def clear(self, t_ns: int) -> None:
        """Device clear."""
        self._message.clear()
        self._unread.clear()
        self.line.clear(t_ns)

    def status_byte(self) -> int:
        """What a serial poll sees."""
        return self.line.status_byte() | (_ANSWER if self._unread or self.line.answering else 0)
