"""Frames for diagnosis (UDS, or parameter messages): the links ask, the core sends. What is not in the table of
requests never passes.

One frame a cycle at most, behind all cyclic ones, and each request that came in stands in the inbox log, so that a
replay sends the same frames. While the bench is armed or stopping only what reads passes: a reset or a routine would
take the inverter away from under its field.
"""

from typing import Any

from bench.base.compiled import compiled
from bench.base.ring import Ring, commit, slot
from bench.core.gate import PASSED
from bench.core.tables import (
    HEARD,
    NO_SETPOINT,
    REFUSED,
    REFUSED_LENGTH,
    REFUSED_NOT_DIAGNOSTIC,
    REFUSED_WHILE_ARMED,
    STOPPING,
)
from bench.core.tell import REFUSED_TOLD, Int, tell

READ_DTCS, READ_DATA, TESTER_PRESENT = 0x19, 0x22, 0x3E
"""Services that only read (ISO 14229-1)."""


@compiled
def take_request(routes: Any, asked: Any, core: Any, events: Ring, record: Any, t_ns: int) -> None:
    """Keep the frame of ``record`` until the cyclic ones are out, or refuse it."""
    reason = _judge(routes, core, record.id, record.bus, record.length, record.data)
    if core.asked:  # a second one in this cycle: no ring hands that out
        reason = REFUSED_NOT_DIAGNOSTIC
    if reason != PASSED:
        core.bits |= REFUSED
        tell(events, t_ns, REFUSED_TOLD, NO_SETPOINT, float(record.id), float(reason))
        return
    asked.t_ns, asked.id, asked.bus, asked.length, asked.sender = t_ns, record.id, record.bus, record.length, 0
    to, data = asked.data, record.data
    for i in range(64):
        to[i] = data[i] if i < record.length else 0
    core.asked = 1


@compiled
def _judge(routes: Any, core: Any, frame_id: Int, bus: Int, length: Int, data: Any) -> int:
    """0, or the reason why this frame may not pass."""
    for i in range(routes.shape[0]):
        route = routes[i]
        if route.request == frame_id and route.bus == bus:
            if not route.length_min <= length <= route.length_max:
                return REFUSED_LENGTH
            reads = data[2] & 1 == 0 if route.parameters else _reads(data, int(route.prefix))
            if (core.armed or core.phase == STOPPING) and not reads:
                return REFUSED_WHILE_ARMED
            return PASSED
    return REFUSED_NOT_DIAGNOSTIC


@compiled
def _reads(data: Any, first: int) -> bool:
    """Whether the message that begins with this frame (ISO-TP: single or first) only reads; others go on with one."""
    kind, low = data[first] >> 4, data[first] & 0xF
    if kind > 1:
        return True
    if kind == 0:
        service = data[first + 1] if low else data[first + 2]
    else:
        service = data[first + 2] if low or data[first + 1] else data[first + 6]
    return service in (READ_DTCS, READ_DATA, TESTER_PRESENT)


@compiled
def hear_response(routes: Any, core: Any, heard: Ring, record: Any) -> bool:
    """Hand a frame on to the links if it is a response of the table; whether it was one."""
    for i in range(routes.shape[0]):
        if routes[i].response == record.id and routes[i].bus == record.bus:
            place = slot(heard)
            if place >= 0:
                frame = heard.records[place]
                frame.t_ns, frame.id, frame.bus, frame.length = record.t_ns, record.id, record.bus, record.length
                to, data = frame.data, record.data
                for j in range(64):
                    to[j] = data[j]
                commit(heard)
            core.bits |= HEARD
            return True
    return False
