"""Remote procedure calls over TCP as a server sees them (RFC 5531), and the data in them (RFC 4506)."""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

RECORD_MAX = 80_000
"""The longest record that is taken in."""
_LAST = 1 << 31
_VERSION = 2


class RpcError(ValueError):
    """What came is no call: nothing can be answered."""


class GarbageError(ValueError):
    """The arguments are not those of the procedure."""


class Outcome(IntEnum):
    """What became of a call (RFC 5531, 9)."""

    SUCCESS = 0
    NO_PROGRAM = 1
    NO_VERSION = 2
    NO_PROCEDURE = 3
    GARBAGE = 4


class Call(NamedTuple):
    """One call, and when it came."""

    xid: int
    version_of_rpc: int
    program: int
    version: int
    procedure: int
    arguments: "Arguments"
    t_ns: int


class Arguments:
    """Reads values in their order. Each method raises ``GarbageError`` where there is none."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self._at = at

    def number(self) -> int:
        """An unsigned integer."""
        end = self._at + 4
        if end > len(self._data):
            raise GarbageError("the record ends too early")
        self._at, start = end, self._at
        return int.from_bytes(self._data[start:end], "big")

    def numbers(self, count: int) -> tuple[int, ...]:
        """As many unsigned integers."""
        return tuple(self.number() for _ in range(count))

    def opaque(self) -> bytes:
        """Bytes of any length, filled up to a multiple of four."""
        length = self.number()
        start, self._at = self._at, self._at + length + -length % 4
        if start + length > len(self._data):
            raise GarbageError("the record ends too early")
        return self._data[start : start + length]

    def again(self) -> "Arguments":
        """The same, from here."""
        return Arguments(self._data, self._at)


def numbers(*values: int) -> bytes:
    """Unsigned integers."""
    return struct.pack(f"!{len(values)}I", *values)


def opaque(data: bytes) -> bytes:
    """Bytes of any length."""
    return numbers(len(data)) + data + bytes(-len(data) % 4)


def call_of(record: bytes, t_ns: int) -> Call:
    """Raises ``RpcError``."""
    found = Arguments(record)
    try:
        xid, kind, version_of_rpc, program, version, procedure = found.numbers(6)
        for _ in ("credential", "verifier"):
            found.number()
            found.opaque()
    except GarbageError as error:
        raise RpcError(str(error)) from error
    if kind != 0:
        raise RpcError("an answer, not a call")
    return Call(xid, version_of_rpc, program, version, procedure, found.again(), t_ns)


def answered(call: Call, outcome: Outcome, result: bytes = b"") -> bytes:
    """The record that answers ``call``; ``result`` belongs to a success. Only version 1 of a program is known."""
    more = numbers(1, 1) if outcome == Outcome.NO_VERSION else result
    return _record(numbers(call.xid, 1, 0, 0, 0, outcome) + more)


def refused(call: Call) -> bytes:
    """For another version of RPC itself."""
    return _record(numbers(call.xid, 1, 1, 0, _VERSION, _VERSION))


def understood(call: Call) -> bool:
    """Whether it is of our version of RPC."""
    return call.version_of_rpc == _VERSION


def _record(data: bytes) -> bytes:
    return numbers(_LAST | len(data)) + data


class Reader:
    """Cuts what a connection received into records."""

    def __init__(self) -> None:
        self._input = bytearray()
        self._record = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The records that ``data`` completes. Raises ``RpcError`` for one that is too long."""
        self._input += data
        while len(self._input) >= 4:
            mark = int.from_bytes(self._input[:4], "big")
            end = 4 + (mark & ~_LAST)
            if len(self._record) + end > RECORD_MAX:
                raise RpcError(f"a record of more than {RECORD_MAX} bytes")
            if len(self._input) < end:
                return
            self._record += self._input[4:end]
            del self._input[:end]
            if mark & _LAST:
                record, self._record = bytes(self._record), bytearray()
                yield record
