"""python-can's messages of the records in a benchwire's ring.

Receivers spend their time here, so the attributes of a plain frame are set one by one: python-can's constructor would
take as long as all the rest. Should a version of python-can have other attributes, it is called first.
"""

import struct
from collections.abc import Callable
from functools import partial
from typing import Any

import can

from bench.base.records import FRAME_BRS, FRAME_ERROR, FRAME_ESI, FRAME_FD, FRAME_REMOTE
from bench.io.error_frames import COUNTERS, heard_by_other
from bench.io.wire_memory import PACKED, STRIDE

Packed = tuple[int, int, int, int, int, int, bytes]
"""A frame as it lies in the ring: number, end (monotonic ns), id, sender, flags, length, data."""

EXTENDED = 0x8000_0000
"""In a record's id."""

_HEAD, _DATA_AT = struct.Struct("=8xqIBBB73x"), 32  # ``PACKED`` without number and data
_CLASSIC_MAX = 8
_SET = {"timestamp", "arbitration_id", "is_extended_id", "is_remote_frame", "is_error_frame", "channel", "dlc", "data"}
_SET |= {"is_fd", "is_rx", "bitrate_switch", "error_state_indicator"}


def blank_maker(message: type[can.Message] = can.Message) -> Callable[[], can.Message]:
    """What makes a message on which ``hand_over`` sets all attributes."""
    known = set(message.__slots__) - {"__weakref__"} == _SET and message.__mro__[1:] == (object,)
    return partial(object.__new__, message) if known else message


_blank = blank_maker()


def hand_over(
    block: bytearray,
    own: int,
    channel: Any,
    calendar_s: float,
    take: Callable[[can.Message], None],
    take_other: Callable[[Packed], None],
) -> None:
    """Give ``take`` a message of each plain frame in ``block``, and ``take_other`` what is not one, in order.

    Plain are classic data frames with at most 8 bytes that another member than ``own`` has sent. ``calendar_s``:
    calendar time at which the monotonic clock was 0.
    """
    place, blank = 0, _blank
    for t_ns, identity, sender, flags, length in _HEAD.iter_unpack(block):
        if flags or sender == own or length > _CLASSIC_MAX:
            take_other(PACKED.unpack_from(block, place))
        else:
            message = blank()
            message.timestamp = calendar_s + t_ns * 1e-9
            message.arbitration_id = identity & 0x1FFF_FFFF
            message.is_extended_id = identity >= EXTENDED
            message.is_remote_frame = message.is_error_frame = message.is_fd = False
            message.bitrate_switch = message.error_state_indicator = False
            message.is_rx = True
            message.channel = channel
            message.dlc = length
            message.data = block[place + _DATA_AT : place + _DATA_AT + length]
            take(message)
        place += STRIDE


def any_message(
    packed: Packed, own: bool, channel: Any, calendar_s: float, counters: Callable[[], tuple[int, int]]
) -> can.Message:
    """The message of any frame; ``counters``: TEC and REC of the receiver, for errors that another one tells of."""
    _, t_ns, identity, _, flags, length, data = packed
    remote, data = bool(flags & FRAME_REMOTE), data[:length]
    if flags & FRAME_ERROR and identity & COUNTERS and not own:
        identity, data = heard_by_other(identity, data, counters())
    return can.Message(
        timestamp=calendar_s + t_ns * 1e-9,
        arbitration_id=identity & 0x1FFF_FFFF,
        is_extended_id=identity >= EXTENDED,
        is_remote_frame=remote,
        is_error_frame=bool(flags & FRAME_ERROR),
        is_fd=bool(flags & FRAME_FD),
        bitrate_switch=bool(flags & FRAME_BRS),
        error_state_indicator=bool(flags & FRAME_ESI),
        channel=channel,
        dlc=length,
        data=None if remote else data,
        is_rx=not own,
    )


def flags_of(message: can.Message) -> int:
    """FRAME_REMOTE, FRAME_FD and so on of a message that is to be sent."""
    return (
        FRAME_REMOTE * message.is_remote_frame
        | FRAME_ERROR * message.is_error_frame
        | FRAME_FD * message.is_fd
        | FRAME_BRS * message.bitrate_switch
        | FRAME_ESI * message.error_state_indicator
    )
