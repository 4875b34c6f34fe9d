"""Error frames of python-can, encoded as Linux does it (linux/can/error.h): written for benchwire, read from anywhere.

Class bits stand in the identifier, what happened in the data, the controller's TEC and REC in bytes 6 and 7.
"""

from dataclasses import dataclass
from typing import Any

import can

from bench.base.records import WIRE_ACTIVE, WIRE_BUS_OFF, WIRE_PASSIVE, WIRE_WARNING

CONTROLLER, OFF, RESTARTED, COUNTERS = 0x004, 0x040, 0x100, 0x200
_OVERFLOW = bytes([0, 1, 0, 0, 0, 0, 0, 0])
_OVERFLOWS, _WARNING_RX, _WARNING_TX, _PASSIVE_RX, _PASSIVE_TX, _ACTIVE_AGAIN = 0x03, 0x04, 0x08, 0x10, 0x20, 0x40
_ON_TX = 0x80


@dataclass(frozen=True, slots=True)
class ErrorTold:
    """What an error frame says of the controller. ``state`` and counters are ``None`` where it says nothing of them."""

    state: int | None
    tec: int | None
    rec: int | None
    overflow: bool


def read_error_frame(message: can.Message) -> ErrorTold:
    """Read an error frame of any interface that encodes as SocketCAN does; what it does not know it leaves out."""
    identity, data = message.arbitration_id, bytes(message.data).ljust(8, b"\0")
    state: int | None = None
    status = data[1] if identity & CONTROLLER else 0
    if identity & OFF:
        state = WIRE_BUS_OFF
    elif status & (_PASSIVE_RX | _PASSIVE_TX):
        state = WIRE_PASSIVE
    elif status & (_WARNING_RX | _WARNING_TX):
        state = WIRE_WARNING
    elif status & _ACTIVE_AGAIN or identity & RESTARTED:
        state = WIRE_ACTIVE
    tec, rec = (data[6], data[7]) if identity & COUNTERS else (None, None)
    return ErrorTold(state, tec, rec, bool(status & _OVERFLOWS))


def overflow_frame(channel: Any, timestamp: float) -> can.Message:
    """Frames were lost before they were read."""
    return _frame(CONTROLLER, _OVERFLOW, channel, timestamp)


def state_frame(state: int, before: int, counters: tuple[int, int], channel: Any, timestamp: float) -> can.Message:
    """The controller has changed its state; ``counters``: TEC and REC."""
    tec, rec = counters
    identity, status = CONTROLLER | COUNTERS, 0
    if state == WIRE_BUS_OFF:
        identity |= OFF
    elif state == WIRE_PASSIVE:
        status = _PASSIVE_TX if tec >= rec else _PASSIVE_RX
    elif state == WIRE_WARNING:
        status = _WARNING_TX if tec >= rec else _WARNING_RX
    else:
        status = _ACTIVE_AGAIN
    if before == WIRE_BUS_OFF:
        identity |= RESTARTED
    return _frame(identity, bytes([0, status, 0, 0, 0, 0, min(tec, 255), min(rec, 255)]), channel, timestamp)


def heard_by_other(identity: int, data: bytes, counters: tuple[int, int]) -> tuple[int, bytes]:
    """Identifier and data of a sender's error frame as a receiver with these counters tells it."""
    tec, rec = counters
    told = bytes([0, 0, data[2] & ~_ON_TX, data[3], 0, 0, min(tec, 255), min(rec, 255)])
    return identity & ~OFF, told


def _frame(identity: int, data: bytes, channel: Any, timestamp: float) -> can.Message:
    return can.Message(
        timestamp=timestamp,
        arbitration_id=identity,
        is_extended_id=False,
        is_error_frame=True,
        channel=channel,
        dlc=8,
        data=data,
    )
