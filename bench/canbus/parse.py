"""From what cantools parsed to records: the usable messages, and why the others are not."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from bench.canbus.e2e_attributes import header_problem, read_protection
from bench.canbus.gate import INDEPENDENT, Opening
from bench.canbus.message import EXTENDED, Message, Signal


def _attribute(database: Any, owner: Any, name: str, default: Any) -> Any:
    """An attribute of a message or signal: its own value, else the file's default, else ``default``; enums as text."""
    definition = database.dbc.attribute_definitions.get(name) if database.dbc else None
    if definition is None:
        return default
    own = owner.dbc.attributes.get(name) if owner.dbc else None
    value = definition.default_value if own is None else own.value
    if definition.type_name == "ENUM" and isinstance(value, int) and 0 <= value < len(definition.choices):
        return definition.choices[value]
    return default if value is None else value


def _signal(database: Any, raw: Any) -> Signal:
    low = -math.inf if raw.minimum is None else float(raw.minimum)
    high = math.inf if raw.maximum is None else float(raw.maximum)
    return Signal(
        name=raw.name,
        start=raw.start,
        length=raw.length,
        big_endian=raw.byte_order == "big_endian",
        signed=raw.is_signed,
        is_float=raw.is_float,
        scale=float(raw.scale),
        offset=float(raw.offset),
        low=low,
        high=high,
        unit=raw.unit or "",
        initial=int(raw.raw_initial or 0),
        comment=raw.comment or "",
        channel=str(_attribute(database, raw, "BenchChannel", "")),
        choices={int(value): str(text) for value, text in (raw.choices or {}).items()},
        multiplexed=bool(raw.is_multiplexer or raw.multiplexer_ids),
    )


def _message(database: Any, raw: Any) -> Message:
    period_ms = int(_attribute(database, raw, "GenMsgCycleTime", 0))
    return Message(
        name=raw.name,
        id=raw.frame_id | (EXTENDED if raw.is_extended_frame else 0),
        length=raw.length,
        period_ms=period_ms,
        senders=tuple(raw.senders),
        comment=raw.comment or "",
        protection=read_protection(partial(_attribute, database, raw), raw.length, period_ms),
        signals=tuple(_signal(database, signal) for signal in raw.signals),
    )


def sorted_out(
    database: Any, openings: Mapping[tuple[int, str], Opening], file: str
) -> tuple[list[Message], list[str]]:
    """The usable messages, and what is wrong with the others."""
    good: list[Message] = []
    lost = dict(openings)
    findings: list[str] = []
    for raw in database.messages:
        number = raw.frame_id | (EXTENDED if raw.is_extended_frame else 0)
        opening = lost.pop((number, raw.name), Opening(0, len(raw.signals)))
        try:
            message = _message(database, raw)
            reason = _incomplete(message, opening) or _twin(message, good) or _unusable(message)
        except (ValueError, OverflowError) as error:  # an attribute that means nothing to us
            reason = str(error)
        if reason:
            findings.append(f"{file}:{opening.line}: message {raw.name} {reason}")
        else:
            good.append(message)
    for (_, name), opening in lost.items():
        if name != INDEPENDENT:
            findings.append(f"{file}:{opening.line}: message {name} cannot be read; is the file cut off?")
    return good, findings


def _incomplete(message: Message, opening: Opening) -> str:
    if len(message.signals) == opening.signals:
        return ""
    return f"has {opening.signals} signals in the file, {len(message.signals)} can be read; is the file cut off?"


def _twin(message: Message, good: list[Message]) -> str:
    for other in good:
        if other.name == message.name or other.id == message.id:
            return f"has the name or id of {other.name}; rename it or take it out"
    return ""


def _unusable(message: Message) -> str:
    """Why a message cannot be used, with the remedy, or an empty text."""
    taken = 0
    for signal in message.signals:
        at = f"has signal {signal.name}"
        if not (math.isfinite(signal.scale) and signal.scale and math.isfinite(signal.offset)):
            return f"{at} with factor {signal.scale}, offset {signal.offset}; both must be finite, the factor not 0"
        if signal.low > signal.high:
            return f"{at} with minimum {signal.low} above maximum {signal.high}; swap them"
        if not 1 <= signal.length <= 64 or (signal.is_float and signal.length not in (32, 64)):
            return f"{at} of {signal.length} bits; integers have 1 to 64, floats 32 or 64"
        bits = signal.bits()
        if bits.bit_length() > 8 * message.length:
            return f"{at} outside of its {message.length} bytes; correct start, length or DLC"
        if not signal.multiplexed and taken & bits:
            return f"{at} on bits of another signal; correct its start"
        taken |= 0 if signal.multiplexed else bits
    if message.protection is None:
        return ""
    return header_problem(message.protection, ((s.name, s.bits(), s.big_endian) for s in message.signals))
