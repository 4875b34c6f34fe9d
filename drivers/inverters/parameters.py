"""Parameters of a Cascadia Motion inverter (M193, M194): bytes of a question, meaning of an answer, the dialogue.

Sans I/O like every driver. Address 172 is the command time-out in counts of 3 ms; 20 clears the faults when 0 is
written ([K]: from general knowledge; verify both on the inverter's own list before use).
"""

import struct
from dataclasses import dataclass

from bench.base.errors import DeviceError, LinkTimeout
from bench.base.time import NS_PER_MS
from bench.schedule.requests import Frames, Now, Operation

FAULT_CLEAR, COMMAND_TIMEOUT = 20, 172
COUNT_MS = 3
ANSWER_NS = 100 * NS_PER_MS
"""Until an answer must have come; no maker's figure is at hand (unverified)."""

_REQUEST, _ANSWER = struct.Struct("<HBxhxx"), struct.Struct("<HBxhxx")


@dataclass(frozen=True, slots=True)
class ParameterAnswer:
    """``address`` 0: the inverter has no such parameter; ``written`` is meant for writing only."""

    address: int
    written: bool
    value: int


def read_request(address: int) -> bytes:
    """M193 that asks for a parameter. Raises ``ValueError`` for an address outside 1 to 65535."""
    return _REQUEST.pack(_address(address), 0, 0)


def write_request(address: int, value: int) -> bytes:
    """M193 that writes a parameter. Raises ``ValueError`` for what does not fit."""
    if not -32768 <= value <= 32767:
        raise ValueError(f"parameter {address}: {value} does not fit 16 bits with sign")
    return _REQUEST.pack(_address(address), 1, value)


def parse_answer(data: bytes, asked: int) -> ParameterAnswer:
    """M194 as the answer about ``asked``. Raises ``ValueError`` when it is none."""
    if len(data) != _ANSWER.size:
        raise ValueError(f"M194 has 8 bytes, this frame has {len(data)}")
    address, written, value = _ANSWER.unpack(data)
    if address not in (0, asked):
        raise ValueError(f"the answer is about parameter {address}, asked was {asked}; somebody else asks as well")
    return ParameterAnswer(address, bool(written & 1), value)


def read(part: str, address: int) -> Operation[int]:
    """Ask ``part`` for a parameter's value. Raises ``LinkTimeout``, and ``DeviceError`` when it has no such one."""
    yield Frames()  # what has come by now answers an older question
    until_ns: int = (yield Now()) + ANSWER_NS
    question: tuple[bytes, ...] = (read_request(address),)
    strange = ""
    while (yield Now()) < until_ns:
        for data in (yield Frames(question, until_ns)):
            try:
                answer = parse_answer(data, address)
            except ValueError as error:
                strange = f"; {error}"
                continue
            if answer.address == 0:
                raise DeviceError(f"{part}: the inverter has no parameter {address}")
            return answer.value
        question = ()
    raise LinkTimeout(f"{part}: no answer about parameter {address} in {ANSWER_NS // NS_PER_MS} ms{strange}")


def timeout_counts(milliseconds: float) -> int:
    """The value of parameter 172 for a time-out. Raises ``ValueError`` when it is no multiple of 3 ms from 3 ms on."""
    counts = round(milliseconds / COUNT_MS)
    if counts < 1 or abs(counts * COUNT_MS - milliseconds) > 1e-6:
        raise ValueError(f"a command time-out of {milliseconds:g} ms is no multiple of {COUNT_MS} ms")
    return counts


def _address(address: int) -> int:
    if not 1 <= address <= 0xFFFF:
        raise ValueError(f"parameter addresses go from 1 to 65535, not {address}")
    return address
