"""The record types that cross a border of the core: what comes in, what goes out, what is known.

All are numpy structured types, so that compiled code, shared memory and files use the same bytes.
"""

import numpy as np

from bench.base.compiled import compiled

IMAGE = np.dtype(
    [("value", "f8"), ("t_ns", "i8"), ("arrived_ns", "i8"), ("quality", "u1")],
    align=True,
)
"""The process image, one record per channel (``Channels`` gives the order). Only the core writes it."""

# --- what comes in -------------------------------------------------------------------------------------------------
FRAME_IN = 1  # a CAN frame: bus, id, length, data; t_ns = time on the wire
READING = 2  # id = channel, value, quality; t_ns = middle of the measurement interval
COMMAND = 3  # length = command code (below)
HEARTBEAT = 4  # id = who (core.program numbers them)
WIRE_IN = 6  # our controller on a bus, see WIRE_STATE: bus, quality = state, id = ``wire_word``, value = error frames,
#              extra = frames lost (5 stands in logs only: ``core.tables.TICK``)
DIAGNOSTIC = 7  # a frame that a link asks the core to send: bus, id, length, data

INBOX = np.dtype(
    [
        ("arrived_ns", "i8"),  # stamped by the core: the cycle that took the record in
        ("t_ns", "i8"),
        ("value", "f8"),
        ("extra", "f8"),
        ("id", "u4"),
        ("kind", "u1"),
        ("bus", "u1"),
        ("length", "u1"),
        ("quality", "u1"),
        ("data", "u1", (64,)),
    ],
    align=True,
)

# command codes (field ``length`` of a COMMAND) and the use of the other fields
CMD_SETPOINT = 1  # id = set-point, value = target, extra = rate per second (<= 0: the set-point's own highest rate)
CMD_STOP = 2  # id = cause code, value = stop class (2 freeze, 1 controlled, 0 hardware chain)
CMD_ARM = 3  # value 1: set-points are accepted; 0: they are refused (a stop does this by itself)
CMD_RESET = 4  # forget a finished, unlatched stop, so that arming may begin again
CMD_WATCH_ADD = (
    5  # bus = watch, quality = condition kind, id = channel, value = reference, extra = tolerance, t_ns = window
)
CMD_WATCH_START = 6  # bus = watch, t_ns = deadline (absolute)
CMD_WATCH_CANCEL = 7  # bus = watch
CMD_METER_ADD = 8  # id = channel: its fresh values are kept from the next METER_START on
CMD_METER_START = 9
CMD_METER_STOP = 10
CMD_METER_CLEAR = 11
CMD_SAMPLING = 12  # value 1: fast sampling (measuring window), 0: slow
CMD_TIGHTEN = 13  # id = limit, value = new low, extra = new high; only ever tighter
CMD_RELEASE = 14  # id = set-point: resume following after a freeze

# --- what goes out -------------------------------------------------------------------------------------------------
FRAME = np.dtype(
    [
        ("t_ns", "i8"),
        ("id", "u4"),  # bit 31: extended
        ("bus", "u1"),
        ("length", "u1"),
        ("sender", "u1"),  # the node on the modelled wire (0 = the core)
        ("flags", "u1"),  # FRAME_FD ...; more than 8 bytes are CAN FD with or without the flag
        ("data", "u1", (64,)),
    ],
    align=True,
)
"""A CAN frame, on its way out of the core or on a wire."""

FRAME_FD, FRAME_BRS, FRAME_ESI, FRAME_REMOTE, FRAME_ERROR = 1, 2, 4, 8, 16

WIRE_ACTIVE, WIRE_WARNING, WIRE_PASSIVE, WIRE_BUS_OFF, WIRE_GONE = range(5)
"""State of a CAN controller (ISO 11898-1): counters below 96, from 96, from 128, over 255; gone: nothing is there."""

WIRE_STATE = np.dtype(
    [
        ("t_ns", "i8"),  # when it was told; -1: never
        ("error_frames", "i8"),  # seen on this bus since the start
        ("lost", "i8"),  # frames lost: not sent, or taken away before they were read
        ("tec", "u2"),
        ("rec", "u2"),
        ("load_permille", "u2"),  # of the last 100 ms
        ("state", "u1"),
    ],
    align=True,
)
"""What the bench's own controller on a bus says, one row a bus."""

BUSES_MAX = 8


@compiled
def wire_word(tec: int, rec: int, load_permille: int) -> int:
    """Both error counters and the load in the 32 bits of a WIRE_IN's ``id``, ten bits each."""
    return min(tec, 1023) | min(rec, 1023) << 10 | min(load_permille, 1023) << 20


EVENT = np.dtype([("t_ns", "i8"), ("value", "f8"), ("extra", "f8"), ("id", "u4"), ("kind", "u2")], align=True)
"""What the core tells: a wake, a limit, a stop cause, a rung. Recorder and sequence read it."""

EV_WAKE = 1  # id = watch, value = 1 satisfied, 0 deadline passed, -1 cancelled by a stop
EV_LIMIT = 2  # id = limit, value = level (1 warn, 2 derate, 3 stop), extra = the value judged (NaN: not valid)
EV_STOP = 3  # id = cause code, value = stop class, extra = index of the limit, message or set-point it came from
EV_RUNG = 4  # id = rung, value = 0 entered, 1 confirmed, -1 deadline missed
EV_SAFE = 5  # the ladder has ended: value = 1 all rungs confirmed, 0 some were missed
EV_REFUSED = 6  # id = set-point, value = target (of a diagnostic frame: its id), extra = reason code
# id = index of the message, value = reason (1 length, 2 CRC, 3 counter, 4 range, 6 ours, but another node sent
# it), extra = bad frames of all messages so far; at most once a second for each message
EV_FRAME_BAD = 7
EV_LATE = 8  # value = cycles that came late since the last such event
EV_LIMITED = 9  # id = set-point, value = asked, extra = allowed (rate or envelope)
EV_ARMED = 10  # value 1 armed, 0 disarmed
EV_RELEASED = 11  # id = cause of the freeze that has ended, value = how long it lasted, s
EV_WORD = 12  # id = fault word (its place in the design), value = the word that is now another
