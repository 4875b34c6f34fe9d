"""Frames of one message to and from dictionaries, fast: what can be known before is in closures, not in the loop."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from bench.base.errors import CodecError
from bench.canbus.field import Field, Order, fields_of, frame_of, order_of, word_of
from bench.canbus.message import Message, Signal

Values = dict[str, float]
"""Physical values by signal; integers where factor and offset are integers."""

_LISTED_MAX, _TABLES_MAX = (1 << 12) - 1, 256
"""A table has up to 4096 values (128 KiB), all of them together at most 32 MiB, whatever a database asks for."""
_tables: dict[str, Sequence[float]] = {}


def as_bytes(data: Any) -> bytes:
    """``data`` (bytes, bytearray, a memoryview or array of bytes, a list of integers). Raises ``CodecError``."""
    try:
        return bytes(data) if isinstance(data, bytearray | list | tuple) else bytes(memoryview(data).cast("B"))
    except (TypeError, ValueError) as error:
        raise CodecError(f"no data of a frame: {error}") from None


def _decoder(message: Message, order: Order, fields: tuple[Field, ...]) -> Callable[[bytes], Values]:
    """From the data of a frame to the values of ``fields``, whatever selects them."""
    if order == "both" or any(field.signal.is_float for field in fields):
        return _any_decoder(message, order, fields)
    length, from_bytes = message.length, int.from_bytes
    blank = dict.fromkeys((field.name for field in fields), 0.0).copy
    bare = tuple((f.name, f.shift, f.mask) for f in fields if f.identical and not f.sign)
    others = [(f, _table(f)) for f in fields if f.sign or not f.identical]
    listed = tuple((f.name, f.shift, f.mask, table) for f, table in others if table)
    wide = [f for f, table in others if not table]
    scaled = tuple((f.name, f.shift, f.mask, *_linear(f.signal)) for f in wide if not f.sign)
    signed = tuple((f.name, f.shift, f.mask, f.sign, *_linear(f.signal)) for f in wide if f.sign)

    def decode(data: bytes) -> Values:
        if type(data) is not bytes or len(data) != length:
            data = _checked(message, data)
        word, values = from_bytes(data, order), blank()
        for name, shift, mask in bare:
            values[name] = word >> shift & mask
        for name, shift, mask, table in listed:
            values[name] = table[word >> shift & mask]
        for name, shift, mask, scale, offset in scaled:
            values[name] = (word >> shift & mask) * scale + offset
        for name, shift, mask, sign, scale, offset in signed:
            values[name] = ((word >> shift & mask ^ sign) - sign) * scale + offset
        return values

    return decode


def _linear(signal: Signal) -> tuple[float, float]:
    """Factor and offset; to add a float to a float is quicker, and the sum the same."""
    return signal.scale, float(signal.offset) if isinstance(signal.scale, float) else signal.offset


def _table(field: Field) -> Sequence[float]:
    """Every physical value that ``field`` can have, by its bits; empty where they are too many, or there are too many
    tables: they are kept, for all signals that are coded alike."""
    scale, offset = _linear(field.signal)
    key = f"{field.mask} {field.sign} {scale!r} {offset!r}"  # 1 is not 1.0 here, nor 0.0 -0.0
    if key not in _tables and field.mask <= _LISTED_MAX and len(_tables) < _TABLES_MAX:
        _tables[key] = tuple(((bits ^ field.sign) - field.sign) * scale + offset for bits in range(field.mask + 1))
    return _tables.get(key, ())


def _any_decoder(message: Message, order: Order, fields: tuple[Field, ...]) -> Callable[[bytes], Values]:
    """The same for floating-point signals and both byte orders in one frame."""

    def decode(data: bytes) -> Values:
        word = word_of(_checked(message, data), order)
        return {field.name: field.physical(field.raw(word)) for field in fields}

    return decode


def _checked(message: Message, data: Any) -> bytes:
    """The message's bytes, without padding. Raises ``CodecError`` for another length."""
    frame = as_bytes(data)
    if len(frame) not in (message.length, message.wire_length):
        raise CodecError(f"{message.name} has {message.length} bytes, the frame has {len(frame)}")
    return frame[: message.length]


def _packer(fields: tuple[Field, ...]) -> Callable[[Mapping[str, Any]], int]:
    """From values to the bits of ``fields``. Raises ``KeyError`` for a missing value."""
    whole = tuple((f.name, *f.quick(), f.mask, f.shift, f.bits) for f in fields if f.identical)
    linear = tuple(
        (f.name, *f.quick(), f.signal.offset, f.signal.scale, f.mask, f.shift, f.bits)
        for f in fields
        if not f.identical
    )

    def pack(values: Mapping[str, Any]) -> int:
        word = 0
        for name, low, high, mask, shift, bits in whole:
            value = values[name]
            if type(value) is int and low <= value <= high:
                word |= (value & mask) << shift
            else:
                word |= bits(value) << shift
        for name, low, high, offset, scale, mask, shift, bits in linear:
            value = values[name]
            kind = type(value)
            if (kind is float or kind is int) and low <= value <= high:
                word |= (round((value - offset) / scale) & mask) << shift
            else:
                word |= bits(value) << shift
        return word

    return pack


def _encoder(
    pack: Callable[[Mapping[str, Any]], int],
    count: int,
    length: int,
    order: Literal["little", "big"],
    otherwise: Callable[[Mapping[str, Any]], bytes],
) -> Callable[[Mapping[str, Any]], bytes]:
    """The short way from exactly ``count`` values to a frame; ``otherwise`` says what is wrong."""

    def encode(values: Mapping[str, Any]) -> bytes:
        try:
            word = pack(values)
            if len(values) == count:
                return word.to_bytes(length, order)
        except (KeyError, TypeError):
            pass
        return otherwise(values)

    return encode


class _Node:
    """The signals that are there together, and the selectors among them with their pages."""

    def __init__(self, message: Message, order: Order, signals: tuple[Signal, ...]) -> None:
        self.fields = fields_of(message, order, signals)
        self.decode, self.pack = _decoder(message, order, self.fields), _packer(self.fields)
        self.selectors = tuple(
            (field, _Pages(message, order, field.signal))
            for field in self.fields
            if field.signal.is_selector and _pages_known(message, field.signal)
        )


def _pages_known(message: Message, selector: Signal) -> bool:
    """Whether there is anything to select: signals, or at least named pages."""
    return bool(selector.choices) or any(s.selector == selector.name for s in message.signals)


class _Pages:
    """The nodes that a selector selects between, each made when it is first met."""

    def __init__(self, message: Message, order: Order, selector: Signal) -> None:
        self._message, self._order, self._selector = message, order, selector
        self._below = tuple(s for s in message.signals if s.selector == selector.name)
        self._nodes: dict[int, _Node] = {}

    def at(self, page: int) -> _Node:
        """The signals of a page. Raises ``CodecError`` for a page that does not exist."""
        node = self._nodes.get(page)
        if node is None:
            signals = tuple(signal for signal in self._below if signal.selected_by(page))
            if not signals and page not in self._selector.choices:
                raise CodecError(f"{self._message.name}.{self._selector.name}: the database has no page {page}")
            node = self._nodes[page] = _Node(self._message, self._order, signals)
        return node


class FrameCodec:
    """Decodes and encodes frames of ``message``; ``decode`` and ``encode`` raise ``CodecError``."""

    def __init__(self, message: Message) -> None:
        self.message, self._order = message, order_of(message)
        self._root = _Node(message, self._order, tuple(s for s in message.signals if not s.selector))
        self._named = {s.name: Field(message, s, self._order) for s in message.signals if s.choices}
        self.decode: Callable[[bytes], Values] = self._decode_pages if self._root.selectors else self._root.decode
        self.encode: Callable[[Mapping[str, Any]], bytes] = self._encode_any
        if self._order != "both" and not self._root.selectors:
            root = self._root
            self.encode = _encoder(root.pack, len(root.fields), message.length, self._order, self._encode_any)

    def _decode_pages(self, data: bytes) -> Values:
        values: Values = {}
        todo = [self._root]
        while todo:
            node = todo.pop()
            values.update(node.decode(data))
            todo.extend(pages.at(int(values[selector.name])) for selector, pages in node.selectors)
        return values

    def decode_part(self, data: bytes) -> Values:
        """The signals that lie wholly in a frame that is too short; one that is too long is refused."""
        data, length = as_bytes(data), self.message.length
        if len(data) >= length:
            return self.decode(data)
        padded, values = data.ljust(length, b"\xff"), Values()
        todo = [self._root]
        while todo:
            node = todo.pop()
            there = {field.name for field in node.fields if field.signal.bits_end <= 8 * len(data)}
            values.update((name, value) for name, value in node.decode(padded).items() if name in there)
            todo.extend(pages.at(int(values[s.name])) for s, pages in node.selectors if s.name in there)
        return values

    def texts(self, data: bytes, values: Mapping[str, float]) -> dict[str, float | str]:
        """``values``, decoded from ``data``, with the text of a choice instead of its number."""
        word = word_of(as_bytes(data).ljust(self.message.length, b"\xff"), self._order)
        texts: dict[str, float | str] = dict(values)
        for name in values.keys() & self._named.keys():
            field = self._named[name]
            raw = field.raw(word)
            if math.isfinite(raw):
                texts[name] = field.signal.choices.get(int(raw), values[name])
        return texts

    def _encode_any(self, values: Mapping[str, Any]) -> bytes:
        """The frame of ``values``: each signal that is there, none that is not; bits of no signal are 0."""
        try:
            used, word = len(self._root.fields), self._root.pack(values)
            if self._root.selectors:
                used, word = self._pack_pages(values)
            if used == len(values):
                return frame_of(word, self._order, self.message.length)
        except KeyError as error:
            raise CodecError(f"{self.message.name} needs a value for {error}") from None
        except TypeError:
            raise CodecError(f"{self.message.name}: values must be a mapping by signal name, not {values!r}") from None
        known = {signal.name for signal in self.message.signals}
        if strange := [str(name) for name in values if name not in known]:
            raise CodecError(f"{self.message.name} has no signal {', '.join(strange)}")
        raise CodecError(f"{self.message.name} cannot carry all of {', '.join(values)} in one frame")

    def _pack_pages(self, values: Mapping[str, Any]) -> tuple[int, int]:
        used, word, todo = 0, 0, [self._root]
        while todo:
            node = todo.pop()
            used += len(node.fields)
            word |= node.pack(values)
            todo.extend(pages.at(_page(selector, word, values)) for selector, pages in node.selectors)
        return used, word


def _page(selector: Field, word: int, values: Mapping[str, Any]) -> int:
    """The page that the packed selector asks for; a value that had to be rounded asks for none."""
    physical, given = selector.physical(selector.raw(word)), values[selector.name]
    if not isinstance(given, str) and physical != given:
        raise CodecError(f"{selector.name}: {given!r} selects no page")
    return int(physical)
