"""From what cantools parsed to records: the usable messages, and why the others are not."""

import math
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import Any

from bench.canbus.e2e_attributes import header_problem, read_protection
from bench.canbus.gate import INDEPENDENT, Block
from bench.canbus.message import EXTENDED, Message, Signal
from bench.canbus.multiplexing import Marks, Place

DEPTH_MAX = 16
"""Multiplexers below one another; the deepest in public databases are three."""


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


def _signal(database: Any, raw: Any, place: Place, selector: str) -> Signal:
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
        is_selector=place.is_selector,
        selector=selector,
        pages=place.pages,
        receivers=tuple(raw.receivers),
    )


def _signals(database: Any, raws: list[Any], marks: Marks) -> tuple[Signal, ...]:
    """In the file's order, as ``marks`` has them."""
    found = []
    for raw, place in zip(raws, marks.resolved(), strict=False):
        selector = raws[place.selector].name if 0 <= place.selector < len(raws) else ""
        found.append(_signal(database, raw, place, selector))
    return tuple(found)


def _message(database: Any, raw: Any, marks: Marks) -> Message:
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
        signals=_signals(database, raw.signals, marks),
    )


def sorted_out(database: Any, blocks: Iterable[Block]) -> tuple[list[Message], list[tuple[int, str]]]:
    """The usable messages, and what is wrong with the others, by line.

    The parser keeps the file's order, and leaves out only what it does not understand at the end.
    """
    good: list[Message] = []
    findings: list[tuple[int, str]] = []
    names: dict[str | int, str] = {}
    raws = iter(database.messages)
    for block in blocks:
        reason = block.reason
        if not reason and block.name != INDEPENDENT:
            raw = next(raws, None)
            reason = "cannot be read; is the file cut off?" if raw is None else _read(database, raw, block, names, good)
        if reason:
            findings.append((block.line, f"message {block.name} {reason}"))
    return good, findings


def _read(database: Any, raw: Any, block: Block, names: dict[str | int, str], good: list[Message]) -> str:
    """Add a message to ``good``, or say why not; ``names`` holds all names and ids so far."""
    if len(raw.signals) != block.opened:
        return f"has {block.opened} signals in the file, {len(raw.signals)} can be read; is the file cut off?"
    try:
        message = _message(database, raw, block.marks)
        reason = _unusable(message)
    except (ValueError, OverflowError) as error:  # an attribute that means nothing to us
        return str(error)
    if twin := names.get(message.name) or names.get(message.id):
        return f"has the name or id of {twin}; rename it or take it out"
    if not reason:
        names[message.name] = names[message.id] = message.name
        good.append(message)
    return reason


def _unusable(message: Message) -> str:
    """Why a message cannot be used, with the remedy, or an empty text."""
    if len({signal.name for signal in message.signals}) < len(message.signals):
        return "has two signals of one name; rename one"
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
        above, depth = signal, 0
        while above.selector:
            if above.selector not in selectors:
                return f"has signal {signal.name} selected by {above.selector}, which is no multiplexer in it"
            if not above.pages:
                return f"has signal {above.name} that no value of {above.selector} selects; correct SG_MUL_VAL_"
            above, depth = selectors[above.selector], depth + 1
            if above is signal or depth > DEPTH_MAX:
                what = "by itself" if above is signal else f"by more than {DEPTH_MAX} multiplexers"
                return f"has signal {signal.name} selected {what}; correct SG_MUL_VAL_"
    return ""


def _overlapping(message: Message) -> str:
    """Which signal stands on bits of another one that may be there at the same time."""
    below: dict[str, list[Signal]] = {}
    for signal in message.signals:
        below.setdefault(signal.selector, []).append(signal)
    levels = [below.get("", [])]
    while levels[-1]:
        levels.append([other for signal in levels[-1] for other in below.get(signal.name, [])])
    taken: dict[str, int] = {}  # by a signal and all that it selects: these come with any of its neighbours
    try:
        for signal in (signal for level in reversed(levels) for signal in level):
            inner, bits = _side_by_side(below.get(signal.name, []), taken), signal.bits()
            if inner & bits:
                raise _Overlap(signal.name)
            taken[signal.name] = inner | bits
        _side_by_side(below.get("", []), taken)
    except _Overlap as overlap:
        return f"has signal {overlap} on bits of another signal; correct its start"
    return ""


class _Overlap(Exception):
    """Carries the name of a signal."""


def _side_by_side(signals: Iterable[Signal], taken: Mapping[str, int]) -> int:
    """All bits of signals with one selector. Raises ``_Overlap`` where two share a page and a bit."""
    spans = sorted((first, last, s.name) for s in signals for first, last in s.pages or ((0, 0),))
    there: list[tuple[int, int]] = []  # last page and bits of those that share pages, a heap
    now = every = 0
    for first, last, name in spans:
        while there and there[0][0] < first:
            now &= ~heappop(there)[1]
        if now & taken[name]:
            raise _Overlap(name)
        heappush(there, (last, taken[name]))
        now |= taken[name]
        every |= now
    return every


def _unprotectable(message: Message) -> str:
    """Why the protection's header does not stand where it must."""
    if message.protection is None:
        return ""
    return header_problem(message.protection, ((s.name, s.bits(), s.big_endian) for s in message.signals))
