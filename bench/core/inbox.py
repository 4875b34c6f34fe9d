"""Inbox records for people: every command of the core as a small function that returns one INBOX record array."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.quality import GOOD
from bench.base.records import (
    CMD_ARM,
    CMD_METER_ADD,
    CMD_METER_CLEAR,
    CMD_METER_START,
    CMD_METER_STOP,
    CMD_RELEASE,
    CMD_RESET,
    CMD_SAMPLING,
    CMD_SETPOINT,
    CMD_STOP,
    CMD_TIGHTEN,
    CMD_WATCH_ADD,
    CMD_WATCH_CANCEL,
    CMD_WATCH_START,
    COMMAND,
    DIAGNOSTIC,
    FRAME_IN,
    HEARTBEAT,
    INBOX,
    READING,
    WIRE_IN,
    wire_word,
)
from bench.base.ring import Ring, push
from bench.core.tables import CONDITION_KINDS

Records = NDArray[Any]


def record(kind: int, **fields: Any) -> Records:
    """One INBOX record (shape (1,)); fields not named are 0."""
    made = np.zeros(1, INBOX)
    made["kind"] = kind
    for name, value in fields.items():
        made[name] = value
    return made


def _command(code: int, **fields: Any) -> Records:
    return record(COMMAND, length=code, **fields)


def reading(channel: int, value: float, t_ns: int, quality: int = GOOD) -> Records:
    """A measured value; ``t_ns`` is the middle of its interval."""
    return record(READING, id=channel, value=value, t_ns=t_ns, quality=quality)


def frame_in(bus: int, frame_id: int, data: bytes, t_ns: int) -> Records:
    """A received frame."""
    made = record(FRAME_IN, bus=bus, id=frame_id, length=len(data), t_ns=t_ns)
    made["data"][0, : len(data)] = np.frombuffer(data, np.uint8)
    return made


def wire_in(bus: int, own: np.void, t_ns: int) -> Records:
    """What our controller on ``bus`` says: ``own`` is a WIRE_STATE record."""
    word = wire_word(int(own["tec"]), int(own["rec"]), int(own["load_permille"]))
    counts = {"value": float(own["error_frames"]), "extra": float(own["lost"])}
    return record(WIRE_IN, bus=bus, quality=own["state"], id=word, t_ns=t_ns, **counts)


def diagnostic(bus: int, frame_id: int, data: bytes) -> Records:
    """A link's wish that the core sends this frame."""
    made = record(DIAGNOSTIC, bus=bus, id=frame_id, length=len(data))
    made["data"][0, : len(data)] = np.frombuffer(data, np.uint8)
    return made


def heartbeat(who: int) -> Records:
    """A sign of life (``bench.core.design``: SERVICE, LINKS, RECORDER)."""
    return record(HEARTBEAT, id=who)


def set_point(index: int, target: float, rate: float = 0.0) -> Records:
    """Move a set-point (its index in the design) at ``rate`` per second; 0: its highest."""
    return _command(CMD_SETPOINT, id=index, value=target, extra=rate)


def set_points(rows: Sequence[tuple[int, float, float]]) -> Records:
    """Move several set-points in the same cycle: (index, target, rate per second) each."""
    made = np.zeros(len(rows), INBOX)
    made["kind"], made["length"] = COMMAND, CMD_SETPOINT
    made["id"], made["value"], made["extra"] = zip(*rows, strict=True)
    return made


def stop_now(cause: int, stop_class: int = 1) -> Records:
    """Stop: 2 freeze, 1 controlled, 0 hardware chain."""
    return _command(CMD_STOP, id=cause, value=stop_class)


def arm(on: bool = True) -> Records:
    """Accept set-points, or no longer."""
    return _command(CMD_ARM, value=float(on))


def reset(acknowledged: bool = False) -> Records:
    """Forget a finished stop; ``acknowledged`` by the operator where the cause is latched."""
    return _command(CMD_RESET, value=float(acknowledged))


def release(index: int) -> Records:
    """Let a set-point go on to where it was going before a freeze."""
    return _command(CMD_RELEASE, id=index)


def tighten(limit: int, low: float = math.nan, high: float = math.nan) -> Records:
    """Narrow a limit; NaN leaves a side."""
    return _command(CMD_TIGHTEN, id=limit, value=low, extra=high)


def watch(number: int, conditions: Sequence[tuple[Any, int]], deadline_ns: int) -> Records:
    """Start watch ``number`` on (``requests.Condition``, channel index) pairs; ``deadline_ns`` is absolute."""
    adds = [
        _command(
            CMD_WATCH_ADD,
            bus=number,
            quality=CONDITION_KINDS[condition.kind],
            id=channel,
            value=condition.reference,
            extra=condition.tolerance,
            t_ns=condition.window_ns,
        )
        for condition, channel in conditions
    ]
    return np.concatenate([cancel(number), *adds, _command(CMD_WATCH_START, bus=number, t_ns=deadline_ns)])


def cancel(number: int) -> Records:
    """Free a watch."""
    return _command(CMD_WATCH_CANCEL, bus=number)


def meter(channels: Sequence[int]) -> Records:
    """Clear the meter, give it ``channels`` and start it."""
    adds = [_command(CMD_METER_ADD, id=channel) for channel in channels]
    return np.concatenate([_command(CMD_METER_CLEAR), *adds, _command(CMD_METER_START)])


def stop_meter() -> Records:
    """Close the window; the rows stay until the next ``meter``."""
    return _command(CMD_METER_STOP)


def sampling(fast: bool) -> Records:
    """Fast sampling around a measuring window, or slow."""
    return _command(CMD_SAMPLING, value=float(fast))


def post(ring: Ring, records: Records) -> int:
    """Put records into an inbox ring, in order; how many went in (the rest is counted as dropped)."""
    return sum(push(ring, one) for one in records)
