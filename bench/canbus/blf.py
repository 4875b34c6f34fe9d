"""Vector's binary log (BLF) to arrays: containers are inflated, and a compiled walk takes the frames out of them.

There is no public specification. Layouts are those on which the open readers agree (python-can 4.6.1 ``can/io/blf.py``,
itself after Toby Lorenz' Vector BLF); python-can's reader and writer are the oracle of the tests.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.base.errors import InputError, Problem
from bench.canbus.frame_log import FrameLog

_FILE = struct.Struct("<4sI")  # signature, size of the file's header
_START = struct.Struct("<8H")  # year, month, day of week, day, hour, minute, second, millisecond
_START_AT = 40
_SIZE = struct.Struct("<Q")  # of the whole file, as its writer told at the end
_SIZE_AT = 16
_OBJECT = struct.Struct("<4sHHII")  # signature, header size, header version, object size, type
_CONTAINER = struct.Struct("<H6xI4x")  # compression method, size when inflated
_CONTAINER_TYPE, _STORED, _DEFLATED = 10, 0, 2
_INFLATED_MAX = 64 << 20  # of one container; usual are 128 kB. A few bytes could else inflate to gigabytes.
_CHUNK = 8 << 20  # inflated bytes between two walks
_SMALLEST = 40  # bytes of an object that holds a frame

_AT, _FRAMES, _ERRORS, _REMOTES, _LOST, _VERSION = range(6)  # what the walk tells in ``found``
_COUNTS = 6

_CAN, _CAN2, _ERROR, _FD, _FD64 = 1, 86, 73, 100, 101  # types of objects
_LOBJ = 0x4A42_4F4C  # b"LOBJ", least byte first
_OBJECT_SIZE, _V1_BODY, _V2_BODY = 16, 32, 40
_FIELDS = 8  # of every frame's body, up to the id
_BEYOND = 128  # bytes after the last object that the walk may look at without harm


def read_blf(content: bytes | memoryview, name: str = "log.blf") -> FrameLog:
    """All frames of a log. Raises ``InputError`` for a file that is no BLF; damage further on is a finding."""
    return FrameLog.joined(list(blf_chunks(content, name)))


def blf_chunks(content: bytes | memoryview, name: str = "log.blf") -> Iterator[FrameLog]:
    """As ``read_blf``, a part at a time, for logs larger than the memory. The last part may be empty."""
    if len(content) < _START_AT + _START.size or bytes(content[:4]) != b"LOGG":
        raise InputError([Problem(name, 0, 0, "is no BLF file; it does not begin with LOGG")])
    walk = _Walk(name, _start_ns(_START.unpack_from(content, _START_AT)))
    _, at = _FILE.unpack_from(content, 0)
    held: list[bytes] = []
    size = 0
    while (piece := _next(content, at)) is not None:
        data, at, finding = piece
        walk.findings += [f"{name}: {finding}"] if finding else []
        held.append(data)
        size += len(data)
        if size >= _CHUNK:
            yield walk.take(b"".join(held))
            held, size = [], 0
    if at < len(content) or at < _SIZE.unpack_from(content, _SIZE_AT)[0]:
        walk.findings.append(f"{name}: byte {at}: the file is cut off or damaged here; what stands before was read")
    yield walk.take(b"".join(held), last=True)


def _next(content: bytes | memoryview, at: int) -> tuple[bytes, int, str] | None:
    """What the container at ``at`` holds (or an object that stands outside of one), and where the next begins."""
    if at + _OBJECT.size > len(content):
        return None
    signature, _, _, size, kind = _OBJECT.unpack_from(content, at)
    if signature != b"LOBJ" or size < _OBJECT.size or at + size > len(content):
        return None
    after = at + size + size % 4
    if kind != _CONTAINER_TYPE:
        return bytes(content[at:after]), after, ""
    inside = at + _OBJECT.size
    if size < _OBJECT.size + _CONTAINER.size:
        return b"", after, f"byte {at}: a container without a header was left out"
    method, _ = _CONTAINER.unpack_from(content, inside)
    packed = content[inside + _CONTAINER.size : at + size]
    if method == _STORED:
        return bytes(packed), after, ""
    if method != _DEFLATED:
        return b"", after, f"byte {at}: a container of unknown compression {method} was left out"
    inflator = zlib.decompressobj()
    try:
        data = inflator.decompress(packed, _INFLATED_MAX)
    except zlib.error as error:
        return b"", after, f"byte {at}: a container cannot be inflated and was left out: {error}"
    if not inflator.eof:
        return data, after, f"byte {at}: a container is cut off, or larger than {_INFLATED_MAX >> 20} MB when inflated"
    return data, after, ""


def _start_ns(fields: tuple[int, ...]) -> int:
    """Unix time of the log's time zero; 0 where the log does not say, or says nonsense."""
    year, month, _, day, *time = fields
    if not (1970 <= year <= 2200 and all(part < limit for part, limit in zip(time, (24, 60, 60, 1000), strict=True))):
        return 0
    try:
        stamp = np.datetime64("{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}.{:03d}".format(year, month, day, *time), "ns")
    except ValueError:
        return 0
    return int(stamp.astype(np.int64))


class Rows(NamedTuple):
    """What the walk fills, one element for each frame: ``first`` is where its data begin, ``there`` how many of its
    ``lengths`` bytes the object really has."""

    ids: NDArray[np.uint32]
    bus: NDArray[np.uint8]
    lengths: NDArray[np.uint8]
    there: NDArray[np.uint8]
    first: NDArray[np.int64]
    t_ns: NDArray[np.int64]

    @classmethod
    def empty(cls, count: int) -> "Rows":
        """Room for ``count`` frames."""
        kinds: tuple[Any, ...] = (np.uint32, np.uint8, np.uint8, np.uint8, np.int64, np.int64)
        return cls(*(np.empty(count, kind) for kind in kinds))


class _Walk:
    """Takes frames out of inflated bytes; an object that goes on in the next piece waits for it."""

    def __init__(self, name: str, start_ns: int) -> None:
        self.findings: list[str] = []
        self._name = name
        self._start_ns = start_ns
        self._rest = b""

    def take(self, more: bytes, *, last: bool = False) -> FrameLog:
        buffer = np.frombuffer(self._rest + more + bytes(_BEYOND), np.uint8)
        size = len(buffer) - _BEYOND
        rows, found = Rows.empty(size // _SMALLEST + 1), np.zeros(_COUNTS, np.int64)
        walk(buffer, size, self._start_ns, rows, found)
        count = int(found[_FRAMES])
        data = np.zeros((count, 64 if rows.lengths[:count].max(initial=0) > 8 else 8), np.uint8)
        copy_data(buffer, rows, data)
        self._rest = buffer[int(found[_AT]) : size].tobytes()
        self._tell(found, last)
        findings, self.findings = tuple(self.findings), []
        return FrameLog(
            ids=rows.ids[:count].copy(),
            bus=rows.bus[:count].copy(),
            lengths=rows.lengths[:count].copy(),
            data=data,
            t_ns=rows.t_ns[:count].copy(),
            error_frames=int(found[_ERRORS]),
            remote_frames=int(found[_REMOTES]),
            findings=findings,
        )

    def _tell(self, found: NDArray[np.int64], last: bool) -> None:
        if found[_LOST]:
            self.findings.append(f"{self._name}: {found[_LOST]} bytes between objects were left out")
        if found[_VERSION]:
            self.findings.append(f"{self._name}: {found[_VERSION]} objects of an unknown make were left out")
        if last and self._rest.strip(b"\0"):
            self.findings.append(f"{self._name}: the last object is cut off; it was left out")


@compiled
def _u16(buffer: Any, at: Any) -> Any:
    return np.int64(buffer[at]) | np.int64(buffer[at + 1]) << 8


@compiled
def _u32(buffer: Any, at: Any) -> Any:
    return _u16(buffer, at) | _u16(buffer, at + 2) << 16


@compiled
def _u64(buffer: Any, at: Any) -> Any:
    return _u32(buffer, at) | _u32(buffer, at + 4) << 32


@compiled
def walk(buffer: Any, size: int, start_ns: int, rows: Any, found: Any) -> None:
    """Fill ``rows`` from the objects in ``buffer[:size]``; ``found`` says how many of what, and where it stopped."""
    at = 0
    while at + _OBJECT_SIZE <= size:
        if _u32(buffer, at) != _LOBJ:
            found[_LOST] += 1 if buffer[at] != 0 else 0  # padding is zeros
            at += 1
            continue
        length = _u32(buffer, at + 8)
        if at + length > size:
            break
        _object(buffer, at, length, start_ns, rows, found)
        at += max(length, _OBJECT_SIZE)
    found[_AT] = at


@compiled
def _object(buffer: Any, at: int, length: int, start_ns: int, rows: Any, found: Any) -> None:
    """One object: a frame, an error frame, or something else, which is passed over."""
    kind, version = _u32(buffer, at + 12), _u16(buffer, at + 6)
    if kind == _ERROR:
        found[_ERRORS] += 1
    if kind not in (_CAN, _CAN2, _FD, _FD64):
        return
    body = at + (_V1_BODY if version == 1 else _V2_BODY)
    if version not in (1, 2) or body + _FIELDS > at + length:
        found[_VERSION] += 1
        return
    if _take(buffer, body, at + length, at, kind, rows, found[_FRAMES]):
        rows.t_ns[found[_FRAMES]] = start_ns + _u64(buffer, at + 24) * (10_000 if _u32(buffer, at + 16) == 1 else 1)
        found[_FRAMES] += 1
    else:
        found[_REMOTES] += 1


@compiled
def _take(buffer: Any, body: Any, end: Any, at: Any, kind: int, rows: Any, row: int) -> bool:
    """Id, bus, length and place of the data; ``False`` for a remote frame, which has none."""
    channel: Any
    length: Any
    if kind == _FD64:
        channel, remote = np.int64(buffer[body]), (buffer[body + 12] & 0x10) != 0
        length, first = np.int64(buffer[body + 2]), body + 40
        if buffer[body + 35]:  # something else stands behind the data
            end = at + np.int64(buffer[body + 35])
    else:
        channel, remote = _u16(buffer, body), (buffer[body + 2] & 0x80) != 0
        length, first = np.int64(buffer[body + (14 if kind == _FD else 3)]), body + (20 if kind == _FD else 8)
    length = min(length, 64 if kind in (_FD, _FD64) else 8)
    rows.ids[row] = _u32(buffer, body + 4) & 0x9FFF_FFFF
    rows.bus[row] = max(channel - 1, 0)
    rows.lengths[row] = length
    rows.there[row] = max(0, min(length, end - first))
    rows.first[row] = first
    return not remote


@compiled
def copy_data(buffer: Any, rows: Any, data: Any) -> None:
    """The bytes of each frame; those that were announced and are not there stay zeros, as CANoe shows them."""
    for row in range(data.shape[0]):
        first = rows.first[row]
        for i in range(rows.there[row]):
            data[row, i] = buffer[first + i]
