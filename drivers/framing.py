"""Where one answer ends: exact framing of the bytes an instrument sends, by the kind an ``Exchange`` names.

A framer takes bytes as they come and knows neither clock nor socket. Bytes beyond one answer are an error, because the
next question would get them as its answer (F-38).
"""

from bench.base.errors import LinkError

BYTES_MAX = 16 << 20
"""More than any answer of an instrument of the bench; an endless stream ends here."""

_KINDS = ("line", "block", "ak", "modbus")
_LF, _STX, _ETX, _HASH = 0x0A, 0x02, 0x03, 0x23
_MODBUS_HEAD, _MODBUS_MIN, _MODBUS_MAX = (
    6,
    3,
    254,
)  # bytes before and counted by the length field (Messaging V1.0b, 3.1.3)


class FramingError(LinkError):
    """The bytes are no single answer of the kind asked for."""


def whole(kind: str, data: bytes) -> bool:
    """Whether ``data`` is one answer, complete and nothing else, in its usual form: the common case, judged quickly."""
    if not data or len(data) > BYTES_MAX:
        return False
    if kind == "line":
        return data.find(b"\n") == len(data) - 1
    if kind == "ak":
        return data[0] == _STX and data.find(b"\x03") == len(data) - 1
    if kind == "modbus":
        return len(data) >= _MODBUS_HEAD and _modbus_end(data) == len(data)
    start = 2 + data[1] - 48 if len(data) > 3 and data[0] == _HASH and 48 < data[1] < 58 else 0
    count = data[2:start]
    return count.isdigit() and start + int(count) == len(data) - 1 and data[-1] == _LF


def _modbus_end(data: bytes | bytearray) -> int:
    """How long a Modbus answer is by its length field; 0 if its head is none."""
    count = data[4] << 8 | data[5]
    return _MODBUS_HEAD + count if data[2] == data[3] == 0 and _MODBUS_MIN <= count <= _MODBUS_MAX else 0


class Framer:
    """Collects one answer of ``kind``: ``line``, ``block``, ``ak`` or ``modbus`` (see ``Exchange``)."""

    def __init__(self, kind: str, bytes_max: int = BYTES_MAX) -> None:
        if kind not in _KINDS:
            raise KeyError(kind)
        self._kind = kind
        self._bytes_max = bytes_max
        self._data = bytearray()
        self._looked = 0  # up to here there is no end

    def __len__(self) -> int:
        return len(self._data)

    def feed(self, data: bytes) -> bytes | None:
        """The whole answer with its terminator, or ``None`` while bytes are missing. Raises ``FramingError``."""
        if not self._data and whole(self._kind, data):
            return data
        self._data += data
        if self._kind == "ak" and not self._looked:
            self._data = self._data.lstrip(b"\r\n")  # some devices end a telegram with ETX CR LF
        end = self._find_end() if self._data else -1
        if end < 0:
            if len(self._data) > self._bytes_max:
                raise FramingError(f"more than {self._bytes_max} bytes without an end of the answer")
            return None
        rest = bytes(self._data[end:])
        if rest.strip(b"\r\n" if self._kind == "ak" else b""):
            raise FramingError(f"{len(rest)} bytes follow the answer: {rest[:40]!r}")
        return bytes(self._data[:end])

    def _find_end(self) -> int:
        match self._kind:
            case "line":
                return self._line_end()
            case "block":
                return self._block_end()
            case "modbus":
                return self._modbus_end()
        return self._ak_end()

    def _until(self, byte: int) -> int:
        found = self._data.find(byte, self._looked)
        self._looked = len(self._data)
        return found + 1 if found >= 0 else -1

    def _line_end(self) -> int:
        return self._until(_LF)

    def _ak_end(self) -> int:
        if self._data[0] != _STX:
            raise FramingError(f"an AK telegram starts with STX, not with {bytes(self._data[:20])!r}")
        return self._until(_ETX)

    def _modbus_end(self) -> int:
        """As many bytes as its length field counts; the bound is the field's own, so nothing endless is taken."""
        if len(self._data) < _MODBUS_HEAD:
            return -1
        end = _modbus_end(self._data)
        if not end:
            raise FramingError(f"no Modbus header begins with {bytes(self._data[:8])!r}")
        return end if len(self._data) >= end else -1

    def _block_end(self) -> int:
        """``#``, a digit k, k digits n, n bytes, LF. Anything else is a line: the parser says what is wrong with it."""
        if self._data[0] != _HASH or (len(self._data) > 1 and self._data[1:2] not in b"123456789"):
            return self._line_end()
        digits = self._data[1] - 48 if len(self._data) > 1 else 9
        count = self._data[2 : 2 + digits]
        if len(count) < digits:
            return -1
        if not count.isdigit():
            return self._line_end()
        end = 2 + digits + int(count)
        if end > self._bytes_max:
            raise FramingError(f"a block of {int(count)} bytes was announced, at most {self._bytes_max} are taken")
        if len(self._data) <= end:
            return -1
        if self._data[end] == _LF:
            return end + 1
        rest = bytes(self._data[end:])
        if rest == b"\r" or rest.startswith(b"\r\n"):
            return end + 2 if len(rest) > 1 else -1
        raise FramingError(f"a block of {int(count)} bytes is followed by {rest[:8]!r}, not by LF")
