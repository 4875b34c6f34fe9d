"""All that came into the core, in order: exact replay. Compressed, checksummed, chained chunks.

File: a header chunk (JSON), then data chunks. Every chunk: magic ``CHNK``, kind u8, 3 zero bytes, records u32, payload
bytes u32, CRC-32 of the fields so far, CRC-32 of the payload (zlib). Both checksums go on from the chunk before, so
no chunk can be lost, moved or changed unseen, and a zero-filled tail is no chunk. The head has its own checksum so that
a changed length cannot pass for a torn tail. Kinds: 1 header, 2 INBOX records, 3 digests.
"""

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.records import INBOX
from bench.base.time import NS_PER_S
from bench.record.journal import canonical
from bench.record.later import AtOnce, Later
from bench.record.storage import File

MAGIC = b"CHNK"
HEADER, RECORDS, DIGESTS = 1, 2, 3
DIGEST = np.dtype([("t_ns", "<i8"), ("count", "<u8"), ("digest", "<u8")])
"""One rolling digest: up to ``t_ns``, ``count`` records had come in and folded into ``digest``."""

_HEAD = struct.Struct("<4sB3xIIII")
_FIELDS_BYTES = 16
_CRC_SEED = 0x1D0D
_CHUNK_RECORDS = 4096
_LEVEL = 1  # the log is written in the recorder's spare time; level 6 gains 6 % and takes three times as long
DIGEST_PERIOD_NS = 60 * NS_PER_S


class InboxContent(NamedTuple):
    """What a log holds: header, INBOX records (full mode) or digests, and what is wrong with it."""

    header: dict[str, Any]
    records: NDArray[np.void]
    digests: NDArray[np.void]
    problems: list[str]
    torn: int = 0
    """Bytes of a last chunk that was never whole."""


class InboxLog:
    """Writes the log, in full mode by ``append``, in digest mode by ``digest``. ``later`` packs and writes chunks."""

    def __init__(self, file: File, header: Mapping[str, Any], later: Later | None = None) -> None:
        self._file = file
        self._later = later or AtOnce()
        self._crc = _CRC_SEED
        self._held: list[NDArray[np.void]] = []
        self._count = 0
        self._digests: list[tuple[int, int, int]] = []
        self._pack(HEADER, 1, [np.frombuffer(canonical({**header, "record_bytes": INBOX.itemsize}), np.uint8)])
        self._file.sync()

    def append(self, records: NDArray[np.void]) -> None:
        """Log INBOX records as drained, in order (kept until a chunk is full: hand over copies of ring memory)."""
        if not len(records):
            return
        self._held.append(records)
        self._count += len(records)
        if self._count >= _CHUNK_RECORDS:
            self._flush_records()

    def digest(self, t_ns: int, count: int, digest: int) -> None:
        """Note the core's rolling digest; call it every ``DIGEST_PERIOD_NS`` of run time and at the end."""
        self._digests.append((t_ns, count, digest & 0xFFFF_FFFF_FFFF_FFFF))
        if len(self._digests) >= 60:
            self._flush_digests()

    def flush(self, sync: bool = True) -> None:
        """Write what is held, even if a chunk is not full; with ``sync`` it is durable on return."""
        self._flush_records()
        self._flush_digests()
        self._later.wait()
        if sync:
            self._file.sync()

    def close(self) -> None:
        """Flush and close."""
        try:
            self.flush()
        finally:
            self._file.close()

    def _flush_records(self) -> None:
        if self._count:
            self._later.submit(partial(self._pack, RECORDS, self._count, self._held))
            self._held, self._count = [], 0

    def _flush_digests(self) -> None:
        if self._digests:
            digests = np.array(self._digests, DIGEST)
            self._later.submit(partial(self._pack, DIGESTS, len(digests), [digests]))
            self._digests.clear()

    def _pack(self, kind: int, count: int, payload: list[NDArray[Any]]) -> None:
        """Write one chunk; the only function that touches the file, so that chunks follow each other."""
        packed = zlib.compress(np.concatenate(payload).tobytes(), _LEVEL)
        head, self._crc = _head(self._crc, kind, count, packed)
        self._file.append(head + packed)


def read_inbox_log(data: bytes) -> InboxContent:
    """Everything up to the first damage. A torn last chunk was never acknowledged and is left out silently."""
    header: dict[str, Any] = {}
    records: list[bytes] = []
    digests: list[bytes] = []
    problems: list[str] = []
    whole = 0
    try:
        for kind, payload, whole in _chunks(data):  # noqa: B007, the last one counts
            if kind == HEADER:
                header = json.loads(payload)
            (records if kind == RECORDS else digests if kind == DIGESTS else []).append(payload)
    except _DamagedError as error:
        problems.append(str(error))
    if header and header.get("record_bytes") != INBOX.itemsize:
        problems.append(f"inbox log: records of {header.get('record_bytes')} bytes, this program has {INBOX.itemsize}")
        records = []
    came, digested = np.frombuffer(b"".join(records), INBOX), np.frombuffer(b"".join(digests), DIGEST)
    return InboxContent(header, came, digested, problems, len(data) - whole)


class _DamagedError(ValueError):
    pass


def _chunks(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Kind and payload of each chunk, and where it ends."""
    place, crc, number = 0, _CRC_SEED, 0
    while len(data) - place >= _HEAD.size:
        magic, kind, count, length, head_crc, _ = _HEAD.unpack_from(data, place)
        damaged = f"inbox log: chunk {number} at byte {place} was changed, or one before it is missing"
        if magic != MAGIC or head_crc != zlib.crc32(data[place : place + _FIELDS_BYTES], crc):
            raise _DamagedError(damaged)
        body = place + _HEAD.size
        packed = data[body : body + length]
        if len(packed) < length:
            return
        head, crc = _head(crc, kind, count, packed)
        if data[place:body] != head:
            raise _DamagedError(damaged)
        place, number = body + length, number + 1
        yield kind, zlib.decompress(packed), place


def _head(crc: int, kind: int, count: int, packed: bytes) -> tuple[bytes, int]:
    """The head of a chunk that follows a chunk with checksum ``crc``, and the checksum for the next one."""
    fields = _HEAD.pack(MAGIC, kind, count, len(packed), 0, 0)[:_FIELDS_BYTES]
    head_crc = zlib.crc32(fields, crc)
    body_crc = zlib.crc32(packed, head_crc)
    return fields + struct.pack("<II", head_crc, body_crc), body_crc
