"""Signals as rows of the compiled codec's table: where the bits are, what they mean, and when they are there."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.base.errors import InputError, Problem
from bench.canbus.message import Message, Signal
from bench.canbus.multiplexing import Ranges, joined

INTEGER, FLOAT32, FLOAT64 = 0, 1, 2
"""How raw bits become a number (``SIGNAL.kind``)."""

SIGNAL = np.dtype(
    [
        ("mask", "u8"),
        ("sign", "u8"),  # the sign bit, 0 for unsigned
        ("scale", "f8"),
        ("offset", "f8"),
        ("low", "f8"),  # valid physical values, widened by half a step
        ("high", "f8"),
        ("raw_low", "f8"),  # raw values that fit the bits
        ("raw_high", "f8"),
        ("page_first", "i8"),  # it is there while its selector has one of these values
        ("page_last", "i8"),
        ("channel", "i4"),  # of a selector's own row: the channel of its value, or -1
        ("known_first", "i4"),  # of a selector's own row: the pages that there are are PAGES[known_first:known_last]
        ("known_last", "i4"),
        ("selector", "i4"),  # the row of its multiplexer, which belongs to no message; -1: always there
        ("first_bit", "u2"),
        ("byte", "u1"),  # first byte of the eight that hold the signal; 0 in frames up to 8 bytes
        ("shift", "u1"),  # inside these eight bytes, taken as one integer in the signal's byte order
        ("length", "u1"),
        ("big_endian", "u1"),
        ("kind", "u1"),
        ("wide", "u1"),  # 1: spread over nine bytes (only in frames of more than 8)
    ],
    align=True,
)


PAGES = np.dtype([("first", "i8"), ("last", "i8")])
"""Values of a selector, both included, that are pages of the database."""


class Rows(NamedTuple):
    """One message's part of the tables."""

    own: list[tuple[object, ...]]
    """Its bound signals, selectors before what they select; a signal on several ranges of pages has a row for each."""
    selectors: list[tuple[object, ...]]
    """The selectors that must be read to know which of these are there, after them."""
    pages: list[tuple[int, int]]


def rows_of(message: Message, bound: Sequence[tuple[Signal, int]], first: int, first_page: int, file: str) -> Rows:
    """Rows of signals with their channels for the places from ``first`` and, in PAGES, ``first_page`` on.

    Raises ``InputError`` for a signal or a multiplexer that the core cannot handle.
    """
    by_name = {signal.name: signal for signal in message.signals}
    needed = _needed(message, bound, file)
    begin = first + sum(max(1, len(signal.pages)) for signal, _ in bound)
    places, channels = {name: begin + n for n, name in enumerate(needed)}, {s.name: channel for s, channel in bound}
    own = [
        _row(signal, message.length, channel, places.get(signal.selector, -1), pages, file)
        for signal, channel in sorted(bound, key=lambda pair: _depth(pair[0], by_name))
        for pages in signal.pages or ((0, 0),)
    ]
    rows = Rows(own, [], [])
    for name in needed:
        signal, page, known = by_name[name], first_page + len(rows.pages), pages_of(message, by_name[name])
        above, on = places.get(signal.selector, -1), (signal.pages or ((0, 0),))[0]
        span = (page, page + len(known))
        rows.selectors.append(_row(signal, message.length, channels.get(name, -1), above, on, file, span))
        rows.pages.extend(known)
    return rows


def _needed(message: Message, bound: Sequence[tuple[Signal, int]], file: str) -> list[str]:
    """The selectors above the bound signals, and those bound themselves, as far as they have pages."""
    by_name = {signal.name: signal for signal in message.signals}
    needed: dict[str, None] = {}
    for signal, _ in bound:
        if signal.is_selector and _readable(signal) and pages_of(message, signal):
            needed[signal.name] = None
        while signal.selector:
            signal = by_name[signal.selector]
            needed[signal.name] = None
    for name in needed:
        _check_selector(message, by_name[name], file)
    return list(needed)


def pages_of(message: Message, selector: Signal) -> Ranges:
    """The pages that a database knows: those of the signals, and those that have a name."""
    ranges = [span for signal in message.signals if signal.selector == selector.name for span in signal.pages]
    return joined((*ranges, *((page, page) for page in selector.choices)))


def _depth(signal: Signal, by_name: dict[str, Signal]) -> int:
    depth = 0
    while signal.selector:
        signal, depth = by_name[signal.selector], depth + 1
    return depth


def _check_selector(message: Message, signal: Signal, file: str) -> None:
    """A multiplexer that the core can read: a plain integer, itself on one range of pages at most."""
    if not _readable(signal):
        told = (
            f"{message.name}: multiplexer {signal.name} must have factor 1, offset 0, at most 32 bits and at most one "
            "range of pages of its own; decode such frames with Database.decode"
        )
        raise InputError([Problem(file, 0, 0, told)])


def _readable(selector: Signal) -> bool:
    plain = selector.scale == 1 and selector.offset == 0 and not selector.is_float and selector.length <= 32
    return plain and len(selector.pages) <= 1


def _kind(signal: Signal) -> int:
    return INTEGER if not signal.is_float else FLOAT32 if signal.length == 32 else FLOAT64


def _raw_range(signal: Signal) -> tuple[float, float]:
    """What fits the bits, as float64 that never rounds outwards."""
    if signal.is_float:
        return (-math.inf, math.inf) if signal.length == 64 else (-float(np.finfo("f4").max), float(np.finfo("f4").max))
    low, high = (-(1 << signal.length - 1), 1 << signal.length - 1) if signal.signed else (0, 1 << signal.length)
    return float(low), float(high - 1) if signal.length <= 53 else math.nextafter(float(high), 0.0)


def _row(
    signal: Signal,
    message_length: int,
    channel: int,
    selector: int,
    pages: tuple[int, int],
    file: str,
    known: tuple[int, int] = (0, 0),
) -> tuple[object, ...]:
    if signal.length > 64 or (signal.is_float and signal.length < 32):
        told = f"signal {signal.name} has {signal.length} bits; the core takes integers to 64 and floats of 32 and 64"
        raise InputError([Problem(file, 0, 0, told)])
    first = signal.first_bit
    byte = 0 if message_length <= 8 else min(first // 8, 56)
    inside = first - 8 * byte
    wide = inside + signal.length > 64
    shift = 0 if wide else 64 - inside - signal.length if signal.big_endian else inside
    half_step = 0.0 if signal.is_float else abs(signal.scale) / 2
    row = {
        "mask": (1 << signal.length) - 1,
        "sign": 1 << signal.length - 1 if signal.signed else 0,
        "scale": signal.scale,
        "offset": signal.offset,
        "low": signal.low - half_step,
        "high": signal.high + half_step,
        "raw_low": _raw_range(signal)[0],
        "raw_high": _raw_range(signal)[1],
        "page_first": pages[0],
        "page_last": pages[1],
        "channel": channel,
        "known_first": known[0],
        "known_last": known[1],
        "selector": selector,
        "first_bit": first,
        "byte": byte,
        "shift": shift,
        "length": signal.length,
        "big_endian": signal.big_endian,
        "kind": _kind(signal),
        "wide": wide,
    }
    return tuple(row[name] for name in SIGNAL.names or ())
