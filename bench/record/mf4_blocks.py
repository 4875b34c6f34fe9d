"""The blocks of an ASAM MDF 4.10 file that the stream needs, as bytes at known places.

Layouts: ASAM MDF 4.1 (blocks ID, HD, FH, DG, CG, CN, CC, TX, MD, DT); little-endian, every block on an 8-byte
address, links are absolute file offsets, 0 = none.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

VERSION = 410
UNFINALISED_COUNTS = 0x01  # cycle counters of the channel groups
UNFINALISED_DT = 0x04  # length of the last data block
CG_COUNT_OFFSET = 80
DT_LENGTH_OFFSET = 8
FLAGS_OFFSET = 60
ID_BYTES, HEADER_BYTES = 64, 24
FINALISED, UNFINALISED = b"MDF     ", b"UnFinMF "
CN_BODY_OFFSET, CC_VALUES_OFFSET = 88, 80
CG_RECORD_OFFSET = 72
"""Of a channel group: record id u64, rows u64, flags and separator, bytes of a record's values and of its bits."""

# channel types, sync types, flags and data types (MDF 4.1, CN block)
CN_VALUE, CN_MASTER = 0, 2
SYNC_NONE, SYNC_TIME = 0, 1
CN_INVALIDATION_VALID = 0x02
DATA_TYPES = {"u": 0, "i": 2, "f": 4}

_HISTORY = (
    "<FHcomment><TX>streamed while measuring</TX><tool_id>edu-bench</tool_id>"
    "<tool_vendor>open</tool_vendor><tool_version>1</tool_version></FHcomment>"
)


class Column(NamedTuple):
    """One channel of a group as it is stored: ``physical = raw * factor + offset``.

    ``dtype`` is a little-endian numpy type such as ``u2``, ``i4``, ``f4`` or ``f8``; a float column is stored as it is.
    """

    name: str
    unit: str = ""
    dtype: str = "f8"
    factor: float = 1.0
    offset: float = 0.0
    description: str = ""

    @property
    def bytes(self) -> int:
        """Bytes of one raw value."""
        return int(self.dtype[1:])

    @property
    def linear(self) -> bool:
        """Whether raw and physical value differ."""
        return (self.factor, self.offset) != (1.0, 0.0)


class Group(NamedTuple):
    """Channels sampled together, with one time each row."""

    name: str
    columns: tuple[Column, ...]
    description: str = ""


class Image:
    """The file's head while it is put together; ``add`` gives the address of the new block."""

    def __init__(self, start: bytes) -> None:
        self.data = bytearray(start)

    def add(self, kind: str, links: Sequence[int], body: bytes) -> int:
        """Append a block, aligned. Its address."""
        self.data += bytes(-len(self.data) % 8)
        address = len(self.data)
        length = HEADER_BYTES + 8 * len(links) + len(body)
        self.data += struct.pack(f"<4s4xQQ{len(links)}Q", f"##{kind}".encode(), length, len(links), *links) + body
        return address

    def link(self, address: int, index: int, target: int) -> None:
        """Set link ``index`` of the block at ``address``."""
        struct.pack_into("<Q", self.data, address + HEADER_BYTES + 8 * index, target)

    def text(self, text: str, kind: str = "TX") -> int:
        """A text block; 0 for no text."""
        return self.add(kind, (), _padded(text)) if text else 0


def _padded(text: str) -> bytes:
    data = text.encode() + b"\0"
    return data + bytes(-len(data) % 8)


def id_block(finalised: bool) -> bytes:
    """The first 64 bytes."""
    flags = 0 if finalised else UNFINALISED_COUNTS | UNFINALISED_DT
    name = FINALISED if finalised else UNFINALISED
    return struct.pack("<8s8s8s4xH30xHH", name, b"4.10    ", b"edubench", VERSION, flags, 0)


def comment_xml(root: str, text: str, properties: Mapping[str, str]) -> str:
    """A comment as MDF wants it: a text and named properties."""
    items = "".join(f"<e name={quoteattr(name)}>{escape(value)}</e>" for name, value in properties.items())
    common = f"<common_properties>{items}</common_properties>" if items else ""
    return f"<{root}><TX>{escape(text)}</TX>{common}</{root}>"


def header(image: Image, start_ns: int, text: str, properties: Mapping[str, str]) -> int:
    """HD with its comment and the one file history entry that readers require. The HD's address (64)."""
    stamp = struct.pack("<QhhB", start_ns, 0, 0, 2)
    hd = image.add("HD", (0,) * 6, stamp + struct.pack("<BBxdd", 0, 0, 0.0, 0.0))
    fh = image.add("FH", (0, image.text(_HISTORY, "MD")), stamp + bytes(3))
    image.link(hd, 1, fh)
    image.link(hd, 5, image.text(comment_xml("HDcomment", text, properties), "MD"))
    return hd


def channel_group(image: Image, group: Group, record_id: int) -> int:
    """CG with its time channel and all columns. Its address; the next CG is its link 0."""
    valid_bytes = invalidation_bytes(group)
    width = 8 + sum(column.bytes for column in group.columns)
    name, comment = image.text(group.name), image.text(group.description)
    body = struct.pack("<QQHH4xII", record_id, 0, 0, ord("."), width, valid_bytes)
    cg = image.add("CG", (0, 0, name, 0, 0, comment), body)
    previous, link = cg, 1
    place = 0
    for number, column in enumerate((Column("t", "s", "f8"), *group.columns)):
        cn = _channel(image, column, place, None if number == 0 else number - 1)
        image.link(previous, link, cn)
        previous, link, place = cn, 0, place + column.bytes
    return cg


def invalidation_bytes(group: Group) -> int:
    """Bytes behind each record that hold one bit a column: 1 = the value is not good."""
    return -(-len(group.columns) // 8)


def _channel(image: Image, column: Column, place: int, valid_bit: int | None) -> int:
    """CN; ``valid_bit`` is the number of its invalidation bit, ``None`` for the time channel."""
    name, unit, comment = image.text(column.name), image.text(column.unit), image.text(column.description)
    conversion = _linear(image, column) if column.linear else 0
    master = valid_bit is None
    body = struct.pack(
        "<BBBBIIIIBxH6d",
        CN_MASTER if master else CN_VALUE,
        SYNC_TIME if master else SYNC_NONE,
        DATA_TYPES[column.dtype[0]],
        0,
        place,
        8 * column.bytes,
        0 if master else CN_INVALIDATION_VALID,
        valid_bit or 0,
        0,
        0,
        *(0.0,) * 6,
    )
    return image.add("CN", (0, 0, name, 0, conversion, 0, unit, comment), body)


def _linear(image: Image, column: Column) -> int:
    body = struct.pack("<BBHHHdddd", 1, 0, 0, 0, 2, 0.0, 0.0, column.offset, column.factor)
    return image.add("CC", (0, 0, 0, 0), body)
