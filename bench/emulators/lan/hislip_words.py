"""The words of HiSLIP 1.0: a header of 16 bytes, then a payload (IVI-6.1, 2.3 and table 4)."""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

HEADER = struct.Struct("!2sBBIQ")
PROLOGUE = b"HS"
VERSION = 0x0100
SIZE_MAX = 1 << 16
"""The longest message that this server takes in, header included."""


class Kind(IntEnum):
    """Types of messages; those of HiSLIP 2.0 are answered with an error."""

    INITIALIZE = 0
    INITIALIZE_RESPONSE = 1
    FATAL_ERROR = 2
    ERROR = 3
    ASYNC_LOCK = 4
    ASYNC_LOCK_RESPONSE = 5
    DATA = 6
    DATA_END = 7
    DEVICE_CLEAR_COMPLETE = 8
    DEVICE_CLEAR_ACKNOWLEDGE = 9
    ASYNC_REMOTE_LOCAL_CONTROL = 10
    ASYNC_REMOTE_LOCAL_RESPONSE = 11
    TRIGGER = 12
    INTERRUPTED = 13
    ASYNC_INTERRUPTED = 14
    ASYNC_MAX_MSG_SIZE = 15
    ASYNC_MAX_MSG_SIZE_RESPONSE = 16
    ASYNC_INITIALIZE = 17
    ASYNC_INITIALIZE_RESPONSE = 18
    ASYNC_DEVICE_CLEAR = 19
    ASYNC_SERVICE_REQUEST = 20
    ASYNC_STATUS_QUERY = 21
    ASYNC_STATUS_RESPONSE = 22
    ASYNC_DEVICE_CLEAR_ACKNOWLEDGE = 23
    ASYNC_LOCK_INFO = 24
    ASYNC_LOCK_INFO_RESPONSE = 25


class Fatal(IntEnum):
    """Why a session cannot go on."""

    HEADER = 1
    CHANNELS = 2
    INITIALIZATION = 3
    CLIENTS = 4


class Refusal(IntEnum):
    """Why a message is ignored."""

    TYPE = 1
    CONTROL = 2
    TOO_LARGE = 4


class Message(NamedTuple):
    """One message; ``payload`` is ``None`` if it was longer than ``SIZE_MAX`` allows and was skipped."""

    kind: int
    control: int
    parameter: int
    payload: bytes | None


class HeaderError(ValueError):
    """What came is no header."""


def packed(kind: Kind, control: int = 0, parameter: int = 0, payload: bytes = b"") -> bytes:
    """A message as bytes."""
    return HEADER.pack(PROLOGUE, kind, control, parameter, len(payload)) + payload


class Reader:
    """Cuts what one channel received into messages, and never keeps more than one of ``SIZE_MAX``."""

    def __init__(self) -> None:
        self._input = bytearray()
        self._skip = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that ``data`` completes. Raises ``HeaderError``; the channel is of no use after it."""
        self._input += data
        while True:
            skipped = min(self._skip, len(self._input))
            del self._input[:skipped]
            self._skip -= skipped
            if len(self._input) < HEADER.size:
                return
            prologue, kind, control, parameter, length = HEADER.unpack_from(self._input)
            if prologue != PROLOGUE:
                raise HeaderError(f"a header begins with {PROLOGUE!r}, not with {bytes(prologue)!r}")
            end = HEADER.size + length
            if end > SIZE_MAX:
                self._skip = end
                yield Message(kind, control, parameter, None)
            elif len(self._input) < end:
                return
            else:
                payload = bytes(self._input[HEADER.size : end])
                del self._input[:end]
                yield Message(kind, control, parameter, payload)
