"""Numbers as drivers and instruments print them, by compiled code: the same text whoever prints it."""

import math

import numpy as np

from bench.base.compiled import compiled

_TENS = np.array([10.0**n for n in range(40)])
_FIXED_BYTES = 32
_SHOWN_MAX = 1e15  # of the digits together; what is beyond is over-range
_SMALLEST, _LARGEST = 1e-13, 1e38  # that can be shown with an exponent; less is zero
_PLUS, _MINUS, _POINT, _ZERO, _E, _I, _N, _F, _A = (ord(sign) for sign in "+-.0EINFA")


def fixed(value: float, decimals: int) -> str:
    """As ``write_fixed``."""
    out = np.zeros(_FIXED_BYTES, np.uint8)
    return out[: write_fixed(value, decimals, out, 0)].tobytes().decode("ascii")


@compiled
def write_fixed(value: float, decimals: int, out: np.ndarray, at: int) -> int:
    """As ``%.2f`` would; an instrument that has no value writes a word."""
    if math.isnan(value):
        return _write_word(_N, _A, _N, out, at)
    scaled = abs(value) * _TENS[decimals]
    if math.copysign(1.0, value) < 0.0:
        out[at] = _MINUS
        at += 1
    if scaled > _SHOWN_MAX:
        return _write_word(_I, _N, _F, out, at)
    return _write_digits(int(np.rint(scaled)), decimals, out, at)


@compiled
def write_scientific(value: float, decimals: int, out: np.ndarray, at: int) -> int:
    """As ``%+.8E`` would."""
    if math.isnan(value):
        return _write_word(_N, _A, _N, out, at)
    out[at] = _MINUS if math.copysign(1.0, value) < 0.0 else _PLUS
    size, exponent = abs(value), 0
    if size > _LARGEST:
        return _write_word(_I, _N, _F, out, at + 1)
    if size < _SMALLEST:
        size = 0.0
    while size >= _TENS[exponent + 1] and exponent >= 0:
        exponent += 1
    while size > 0.0 and size * _TENS[-exponent] < 1.0:
        exponent -= 1
    scale = decimals - exponent
    number = int(np.rint(size * _TENS[scale] if scale >= 0 else size / _TENS[-scale]))
    if number >= _TENS[decimals + 1]:  # rounded up to the next power
        number, exponent = number // 10, exponent + 1
    at = _write_digits(number, decimals, out, at + 1)
    out[at], out[at + 1] = _E, _MINUS if exponent < 0 else _PLUS
    out[at + 2], out[at + 3] = _ZERO + abs(exponent) // 10, _ZERO + abs(exponent) % 10
    return at + 4


@compiled
def _write_word(first: int, second: int, third: int, out: np.ndarray, at: int) -> int:
    out[at], out[at + 1], out[at + 2] = first, second, third
    return at + 3


@compiled
def _write_digits(number: int, decimals: int, out: np.ndarray, at: int) -> int:
    """A whole number with a point before its last ``decimals`` digits."""
    width = decimals + 1
    while number >= _TENS[width]:
        width += 1
    end = at + width + (decimals > 0)
    for place in range(end - 1, at - 1, -1):
        if decimals > 0 and place == end - 1 - decimals:
            out[place] = _POINT
        else:
            out[place] = _ZERO + number % 10
            number //= 10
    return int(end)
