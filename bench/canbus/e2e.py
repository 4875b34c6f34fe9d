"""AUTOSAR E2E: the header of a protected frame, written by the sender and checked by the receiver.

``protect`` and ``check`` are the plain faces. Compiled code works with one record of ``PROTECTION`` (``rule``) and the
frame's bytes in place; a sequence of frames is judged by ``e2e_receiver``.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.canbus.crc import Int, crc8_h2f, crc8_j1850, crc16_ccitt, crc32_p4, crc64_ecma
from bench.canbus.protection import PROTECTION, Profile, Protection, fill_protection

Data = NDArray[np.uint8]

_P01, _P11, _P04, _J1850 = int(Profile.P01), int(Profile.P11), int(Profile.P04), int(Profile.J1850)
_ONES_8, _ONES_16 = np.uint8(0xFF), np.uint16(0xFFFF)
_ONES_32, _ONES_64 = np.uint32(0xFFFF_FFFF), np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_U8, _BYTE = np.uint64(8), np.uint64(0xFF)


@compiled
def _short_crc(rule: Any, data: Data, length: Int) -> Any:
    """A CRC of one byte. It takes in the counter, which must stand in ``data`` already."""
    at = np.int64(rule.crc_at)
    if rule.profile == _P01 or rule.profile == _P11:
        start = rule.crc_odd if data[rule.counter_at] & 1 else rule.crc_even
        return crc8_j1850(crc8_j1850(np.uint8(start), data, 0, at), data, at + 1, length)
    if rule.profile == _J1850:
        return np.uint8(crc8_j1850(crc8_j1850(_ONES_8, data, 0, at), data, at + 1, length) ^ _ONES_8)
    crc = crc8_h2f(crc8_h2f(_ONES_8, data, 0, at), data, at + 1, length)
    chosen = np.int64(data[rule.counter_at] & 0xF)
    return np.uint8(crc8_h2f(crc, rule.tail, chosen, chosen + 1) ^ _ONES_8)


@compiled
def _long_crc(rule: Any, data: Data, length: Int) -> Any:
    """A CRC of two, four or eight bytes, over everything but itself."""
    at, after = np.int64(rule.crc_at), np.int64(rule.crc_at) + np.int64(rule.crc_bytes)
    if rule.crc_bytes == 2:
        crc = crc16_ccitt(crc16_ccitt(_ONES_16, data, 0, at), data, after, length)
        return np.uint64(crc16_ccitt(crc, rule.tail, 0, 2))
    if rule.profile == _P04:
        return np.uint64(crc32_p4(crc32_p4(_ONES_32, data, 0, at), data, after, length) ^ _ONES_32)
    return crc64_ecma(crc64_ecma(_ONES_64, data, 0, at), data, after, length) ^ _ONES_64


@compiled
def _number(data: Data, first: Int, count: Int, little: bool) -> Any:
    """``count`` bytes from ``first`` on as an unsigned number."""
    number = np.uint64(0)
    for i in range(count):
        number = (number << _U8) | np.uint64(data[first + (count - 1 - i if little else i)])
    return number


@compiled
def _put_number(data: Data, first: Int, count: Int, little: bool, number: Any) -> None:
    for i in range(count):
        shift = np.uint64(8 * (i if little else count - 1 - i))
        data[first + i] = np.uint8((np.uint64(number) >> shift) & _BYTE)


@compiled
def read_counter(rule: Any, data: Data) -> Int:
    """The counter of a frame of the right length."""
    if rule.counter_bytes == 0:
        return np.int64(data[rule.counter_at] & 0xF)
    return np.int64(_number(data, np.int64(rule.counter_at), np.int64(rule.counter_bytes), False))


@compiled
def genuine(rule: Any, data: Data, length: Int) -> bool:
    """Whether length, data id and CRC of a frame are right."""
    if length != rule.length:
        return False
    for i in range(rule.fixed_first, rule.fixed_last):
        if data[i] & rule.fixed_mask[i] != rule.fixed[i]:
            return False
    if rule.crc_bytes == 1:
        return bool(_short_crc(rule, data, length) == data[rule.crc_at])
    stored = _number(data, np.int64(rule.crc_at), np.int64(rule.crc_bytes), rule.crc_little != 0)
    return bool(_long_crc(rule, data, length) == stored)


@compiled
def write_header(rule: Any, data: Data, counter: Int) -> None:
    """Set counter and CRC in place; what never changes (``rule.fixed``) is already there."""
    at, length = np.int64(rule.counter_at), np.int64(rule.length)
    if rule.counter_bytes == 0:
        data[at] = (data[at] & 0xF0) | counter
    else:
        _put_number(data, at, np.int64(rule.counter_bytes), False, counter)
    if rule.crc_bytes == 1:
        data[rule.crc_at] = _short_crc(rule, data, length)
    else:
        crc = _long_crc(rule, data, length)
        _put_number(data, np.int64(rule.crc_at), np.int64(rule.crc_bytes), rule.crc_little != 0, crc)


@lru_cache(maxsize=1024)
def protection_record(protection: Protection, length: int) -> Any:
    """The record of PROTECTION for frames of ``length`` bytes. Raises ``ValueError`` with what cannot be."""
    if problems := list(protection.problems(length)):
        raise ValueError(f"a frame protected by {protection.profile.name} " + "; ".join(problems))
    table = np.zeros(1, PROTECTION)
    fill_protection(table[0], protection, length)
    table.setflags(write=False)
    return table[0]


def protect(payload: bytes, protection: Protection, counter: int) -> bytes:
    """``payload`` (with room for the header) with length, data id, counter and CRC as the profile has them.

    Raises ``ValueError`` for a payload too short for the header, a wrong protection or a counter that cannot be sent.
    """
    rule, cycle = protection_record(protection, len(payload)), protection.header.cycle
    if not 0 <= counter < cycle:
        raise ValueError(f"the counter of {protection.profile.name} is 0 to {cycle - 1}, not {counter}")
    data = np.frombuffer(payload, np.uint8).copy()
    mask, last = rule["fixed_mask"][: len(data)], len(data)
    data[:] = data & ~mask | rule["fixed"][:last]
    write_header(rule, data, counter)
    return data.tobytes()


def check(frame: bytes, protection: Protection) -> bool:
    """Whether length, data id, CRC and counter (P01, P11: not 15) of ``frame`` are right, whatever came before it.

    Raises ``ValueError`` for a protection that no frame of this length can have.
    """
    data, rule = np.frombuffer(frame, np.uint8).copy(), protection_record(protection, len(frame))
    return bool(genuine(rule, data, len(frame)) and read_counter(rule, data) < protection.header.cycle)
