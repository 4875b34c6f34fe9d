"""From what cantools parsed to records: the usable messages, and why the others are not."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from bench.canbus.e2e_attributes import header_problem, read_protection
from bench.canbus.gate import INDEPENDENT, Opening
from bench.canbus.message import EXTENDED, Message, Signal


class _Overlap(Exception):
    """Carries the name of a signal."""


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


def _attributes(database: Any, owner: Any) -> dict[str, int | float | str]:
    """All attributes that a message has, by itself or by default."""
    names = (name for name, d in database.dbc.attribute_definitions.items() if d.kind == "BO_")
    found = ((name, _attribute(database, owner, name, None)) for name in names)
    return {name: value for name, value in found if value is not None}


def _linear(raw: Any) -> tuple[float, float]:
    """Factor and offset, as integers where the values are integers."""
    scale, offset = raw.conversion.scale, raw.conversion.offset
    whole = not raw.is_float and float(scale).is_integer() and float(offset).is_integer()
    return (int(scale), int(offset)) if whole else (scale, offset)


def ranges(ids: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """``ids`` as ranges, both ends included."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(ids)):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


def _signal(database: Any, raw: Any) -> Signal:
    scale, offset = _linear(raw)
    low = -math.inf if raw.minimum is None else float(raw.minimum)
    high = math.inf if raw.maximum is None else float(raw.maximum)
    return Signal(
        name=raw.name,
        start=raw.start,
        length=raw.length,
        big_endian=raw.byte_order == "big_endian",
        signed=raw.is_signed,
        is_float=raw.is_float,
        scale=scale,
        offset=offset,
        low=low,
        high=high,
        unit=raw.unit or "",
        initial=int(raw.raw_initial or 0),
        comment=raw.comment or "",
        channel=str(_attribute(database, raw, "BenchChannel", "")),
        choices={int(value): str(text) for value, text in (raw.choices or {}).items()},
        is_selector=bool(raw.is_multiplexer),
        selector=raw.multiplexer_signal or "",
        pages=ranges(raw.multiplexer_ids or ()) if raw.multiplexer_signal else (),
    )


def _message(database: Any, raw: Any) -> Message:
    attributes = _attributes(database, raw)
    period_ms = int(attributes.get("GenMsgCycleTime", 0))
    return Message(
        name=raw.name,
        id=raw.frame_id | (EXTENDED if raw.is_extended_frame else 0),
        length=raw.length,
        period_ms=period_ms,
        senders=tuple(raw.senders),
        comment=raw.comment or "",
        fd=bool(raw.is_fd) or raw.length > 8,
        j1939=raw.protocol == "j1939" and bool(raw.is_extended_frame),
        attributes=attributes,
        protection=read_protection(attributes.get, raw.length, period_ms),
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
    for signal in message.signals:
        at = f"has signal {signal.name}"
        if not (math.isfinite(signal.scale) and signal.scale and math.isfinite(signal.offset)):
            return f"{at} with factor {signal.scale}, offset {signal.offset}; both must be finite, the factor not 0"
        if signal.low > signal.high:
            return f"{at} with minimum {signal.low} above maximum {signal.high}; swap them"
        if signal.length < 1 or (signal.is_float and signal.length not in (16, 32, 64)):
            return f"{at} of {signal.length} bits; integers have 1 or more, floats 16, 32 or 64"
        if signal.is_float and signal.is_selector:
            return f"{at}, a multiplexer that is a floating-point number; make it an integer"
        if signal.bits_end > 8 * message.length:
            return f"{at} outside of its {message.length} bytes; correct start, length or DLC"
    return _unselectable(message) or _overlapping(message) or _unprotectable(message)


def _unselectable(message: Message) -> str:
    """Which signal can never be selected."""
    selectors = {signal.name: signal for signal in message.signals if signal.is_selector}
    for signal in message.signals:
        seen = {signal.name}
        above = signal
        while above.selector:
            if above.selector not in selectors:
                return f"has signal {signal.name} selected by {above.selector}, which is no multiplexer in it"
            if above.selector in seen:
                return f"has signal {signal.name} selected by itself; correct SG_MUL_VAL_"
            if not above.pages:
                return f"has signal {above.name} that no value of {above.selector} selects; correct SG_MUL_VAL_"
            above = selectors[above.selector]
            seen.add(above.name)
    return ""


def _overlapping(message: Message) -> str:
    """Which signal stands on bits of another one that may be there at the same time."""
    below: dict[str, list[Signal]] = {}
    for signal in message.signals:
        below.setdefault(signal.selector, []).append(signal)

    def occupied(signals: Iterable[Signal], taken: int) -> int:
        for signal in signals:
            bits = signal.bits()
            if taken & bits:
                raise _Overlap(signal.name)
            taken |= bits
            mine = below.get(signal.name, []) if signal.is_selector else []
            before = taken  # the pages of one selector may share their bits
            for page in sorted({first for other in mine for first, _ in other.pages}):
                taken |= occupied((s for s in mine if s.selected_by(page)), before)
        return taken

    try:
        occupied(below.get("", []), 0)
    except _Overlap as overlap:
        return f"has signal {overlap} on bits of another signal; correct its start"
    return ""


def _unprotectable(message: Message) -> str:
    """Why the protection's header does not stand where it must."""
    if message.protection is None:
        return ""
    return header_problem(message.protection, ((s.name, s.bits(), s.big_endian) for s in message.signals))
