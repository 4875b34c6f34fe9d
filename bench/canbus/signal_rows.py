"""Signals as rows of the compiled codec's table: where the bits are, what they mean, and when they are there."""

import math
from collections.abc import Sequence

import numpy as np

from bench.base.errors import InputError, Problem
from bench.canbus.message import Message, Signal

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
        ("channel", "i4"),
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


def rows_of(message: Message, bound: Sequence[tuple[Signal, int]], first: int, file: str) -> list[tuple[object, ...]]:
    """Rows of the signals with their channels, from row ``first`` on, selectors before what they select.

    After them, outside of what the message counts as its own, come the rows of all selectors these need. Raises
    ``InputError`` for a signal or a multiplexer that the core cannot handle.
    """
    by_name = {signal.name: signal for signal in message.signals}
    needed: list[Signal] = []
    for signal, _ in bound:
        while signal.selector:
            signal = by_name[signal.selector]
            if signal not in needed:
                needed.append(signal)
                _check_selector(message, signal, file)
    begin = first + sum(max(1, len(signal.pages)) for signal, _ in bound)
    places = {signal.name: begin + n for n, signal in enumerate(needed)}
    selectors_first = sorted(bound, key=lambda pair: _depth(pair[0], by_name))
    return [
        _row(signal, message.length, channel, places.get(signal.selector, -1), pages, file)
        for signal, channel in (*selectors_first, *((signal, -1) for signal in needed))
        for pages in signal.pages or ((0, 0),)
    ]


def _depth(signal: Signal, by_name: dict[str, Signal]) -> int:
    depth = 0
    while signal.selector:
        signal, depth = by_name[signal.selector], depth + 1
    return depth


def _check_selector(message: Message, signal: Signal, file: str) -> None:
    """A multiplexer that the core can read: a plain integer, itself on one range of pages at most."""
    plain = signal.scale == 1 and signal.offset == 0 and not signal.is_float and signal.length <= 32
    if not plain or len(signal.pages) > 1:
        told = (
            f"{message.name}: multiplexer {signal.name} must have factor 1, offset 0, at most 32 bits and at most one "
            "range of pages of its own; decode such frames with Database.decode"
        )
        raise InputError([Problem(file, 0, 0, told)])


def _kind(signal: Signal) -> int:
    return INTEGER if not signal.is_float else FLOAT32 if signal.length == 32 else FLOAT64


def _raw_range(signal: Signal) -> tuple[float, float]:
    """What fits the bits, as float64 that never rounds outwards."""
    if signal.is_float:
        return (-math.inf, math.inf) if signal.length == 64 else (-float(np.finfo("f4").max), float(np.finfo("f4").max))
    low, high = (-(1 << signal.length - 1), 1 << signal.length - 1) if signal.signed else (0, 1 << signal.length)
    return float(low), float(high - 1) if signal.length <= 53 else math.nextafter(float(high), 0.0)


def _row(
    signal: Signal, message_length: int, channel: int, selector: int, pages: tuple[int, int], file: str
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
