"""The head of an MF4 stream of our own, read back: where everything is, what the groups are called, how they convert.

It reads what ``bench.record.mf4`` writes (one data block, groups by record id); other files are refused.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.record import mf4_blocks as blocks
from bench.record.mf4_blocks import Column, Group
from bench.record.storage import StorageError

_KINDS = {number: letter for letter, number in blocks.DATA_TYPES.items()}
_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Head:
    """Where the data block is; by record id: the address of the channel group, its description, bytes of a record."""

    dt: int
    addresses: dict[int, int]
    groups: dict[int, Group]
    sizes: dict[int, int]


def read_head(name: str, data: bytes) -> Head:
    """Raises ``StorageError`` where the head of ``name`` is damaged."""
    try:
        dg = _link(data, blocks.ID_BYTES, 0, b"##HD")
        dt, cg = _link(data, dg, 2, b"##DG"), _link(data, dg, 1, b"##DG")
        _require(data, dt, b"##DT")
        head = Head(dt, {}, {}, {})
        while cg:
            number, _, _, values, bits = struct.unpack_from("<QQQII", data, cg + blocks.CG_RECORD_OFFSET)
            head.addresses[number], head.sizes[number] = cg, 1 + values + bits
            head.groups[number] = Group(_text(data, _link(data, cg, 2, b"##CG")), tuple(_columns(data, cg)))
            cg = _following(cg, _link(data, cg, 0, b"##CG"))
    except (struct.error, ValueError, KeyError):
        raise StorageError(f"{name}: its head is not whole; nothing in it can be read") from None
    return head


def runs(data: bytes, head: Head, end: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Record id and records (rows of bytes, the id first) up to ``end``, as they follow each other; stops at bytes that
    are no record."""
    place = head.dt + blocks.HEADER_BYTES
    while place < end and data[place] in head.sizes:
        number = data[place]
        size = head.sizes[number]
        rows = min((end - place) // size, _AT_ONCE)
        records = np.frombuffer(data, np.uint8, rows * size, place).reshape(rows, size)
        foreign = np.flatnonzero(records[:, 0] != number)
        records = records[: int(foreign[0])] if len(foreign) else records
        if not len(records):
            return
        yield number, records
        place += records.size


def _require(data: bytes, address: int, kind: bytes) -> None:
    if data[address : address + 4] != kind:
        raise ValueError(kind)


def _link(data: bytes, address: int, index: int, kind: bytes) -> int:
    _require(data, address, kind)
    return int(struct.unpack_from("<Q", data, address + blocks.HEADER_BYTES + 8 * index)[0])


def _text(data: bytes, address: int) -> str:
    if not address:
        return ""
    _require(data, address, b"##TX")
    length = struct.unpack_from("<Q", data, address + 8)[0]
    return data[address + blocks.HEADER_BYTES : address + length].rstrip(b"\0").decode()


def _columns(data: bytes, cg: int) -> Iterator[Column]:
    """All but the time, in the order of the record."""
    cn = _link(data, _link(data, cg, 1, b"##CG"), 0, b"##CN")
    while cn:
        kind, bits = struct.unpack_from("<xxBxxxxxI", data, cn + blocks.CN_BODY_OFFSET)
        offset, factor = _conversion(data, _link(data, cn, 4, b"##CN"))
        texts = (_text(data, _link(data, cn, link, b"##CN")) for link in (2, 6, 7))
        name, unit, description = texts
        yield Column(name, unit, f"{_KINDS[kind]}{bits // 8}", factor, offset, description)
        cn = _following(cn, _link(data, cn, 0, b"##CN"))


def _following(address: int, following: int) -> int:
    """Chains run forward in a file of ours; one that does not might never end."""
    if 0 < following <= address:
        raise ValueError(following)
    return following


def _conversion(data: bytes, cc: int) -> tuple[float, float]:
    """Offset and factor."""
    if not cc:
        return 0.0, 1.0
    _require(data, cc, b"##CC")
    offset, factor = struct.unpack_from("<dd", data, cc + blocks.CC_VALUES_OFFSET)
    return offset, factor
