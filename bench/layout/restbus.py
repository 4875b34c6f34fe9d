"""The restbus: which frames of absent ECUs the core sends, and which are missing.

The inverter's node in a database is whoever sends the channels of the DUT. What another node sends to it in cycles must
come from somewhere: from an ECU that is on the bench, or from the core.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bench.base.errors import CodecError, Problem
from bench.base.time import NS_PER_MS, ns
from bench.canbus.database import Database, Message, Signal
from bench.config.dut import Dut
from bench.config.located import Located
from bench.config.restbus import RestbusFrame, SignalValue
from bench.config.suggest import suggestion
from bench.config.yaml_tree import Path
from bench.layout.can import OWN_NODE


def with_restbus(database: Database, dut: Dut) -> Database:
    """``database`` with the frames of the DUT's restbus as they shall be sent, by the bench's own node."""
    frames = dut.restbus
    messages = [_sent(database, m, frames[m.name]) if m.name in frames else m for m in database.messages]
    return Database(database.name, messages, database.findings)


def restbus_problems(dut: Located[Dut], database: Database) -> list[Problem]:
    """What is wrong with the DUT's restbus, and what its inverter waits for in vain."""
    problems = [
        dut.problem(("restbus", name, *path), told)
        for name, frame in dut.value.restbus.items()
        for path, told in _wrong(database, name, frame)
    ]
    nodes = {node for message in database.messages for node in message.senders}
    for place, node in enumerate(dut.value.present):
        if node not in nodes:
            told = f"{database.name} has no node {node!r}; {suggestion(node, nodes)}"
            problems.append(dut.problem(("present", place), told))
    here: Path = ("restbus",) if dut.value.restbus else ("inverter",)
    return problems + [dut.problem(here, told) for told in _missing(database, dut.value)]


def _inverter_nodes(database: Database) -> set[str]:
    of_dut = (m for m in database.messages if any(s.channel.startswith("dut.") for s in m.signals))
    return {node for message in of_dut for node in message.senders} - {OWN_NODE}


def _missing(database: Database, dut: Dut) -> Iterator[str]:
    inverters = _inverter_nodes(database)
    sending = {OWN_NODE, *inverters, *dut.present}
    for message in database.messages:
        wanted = {node for signal in message.signals for node in signal.receivers} & inverters
        if message.period_ms > 0 and wanted and sending.isdisjoint(message.senders) and message.name not in dut.restbus:
            of = ", ".join(message.senders) or "nobody"
            who = ", ".join(sorted(wanted))
            yield (
                f"{who} wants {message.name} every {message.period_ms} ms from {of}, and nobody on the bench sends it; "
                f"add it to 'restbus' with its values, or {of} to 'present'"
            )


def _wrong(database: Database, name: str, frame: RestbusFrame) -> Iterator[tuple[Path, str]]:
    names = [message.name for message in database.messages]
    if name not in names:
        yield (), f"{database.name} has no message {name!r}; {suggestion(name, names)}"
        return
    message = database.message(name)
    if not _inverter_nodes(database).isdisjoint(message.senders) or OWN_NODE in message.senders:
        yield (), f"{name} is sent by {', '.join(message.senders)}, which is on the bench; take it out"
    if message.multiplexed:
        yield (), f"{name} is multiplexed, which the restbus cannot send; take it out"
        return
    if frame.period is None and message.period_ms <= 0:
        yield (), f"{name} has no cycle time in {database.name}; add 'period', such as 'period: 100 ms'"
    if frame.period is not None and ns(frame.period) % NS_PER_MS:
        yield ("period",), "must be a whole number of milliseconds"
    yield from ((("data_id",), told) for told in _wrong_id(database, message, frame))
    yield from _wrong_values(database, message, frame)


def _wrong_id(database: Database, message: Message, frame: RestbusFrame) -> Iterator[str]:
    if frame.data_id is None:
        return
    if message.protection is None:
        yield f"{message.name} is not protected in {database.name}; take it out, or protect the message there"
        return
    for told in replace(message.protection, data_id=frame.data_id).problems(message.length):
        yield f"{message.name} {told}; correct it"


def _wrong_values(database: Database, message: Message, frame: RestbusFrame) -> Iterator[tuple[Path, str]]:
    free = {signal.name: signal for signal in _free(message)}
    found = False
    for signal, value in frame.values.items():
        if signal not in free:
            found = True
            yield ("values", signal), f"{message.name} has no signal {signal!r} to be set; {suggestion(signal, free)}"
        elif isinstance(value, str) and value not in free[signal].choices.values():
            found = True
            told = suggestion(value, free[signal].choices.values()) if free[signal].choices else "write a number"
            yield ("values", signal), f"{value!r} is no value of {signal}; {told}"
    if found:
        return
    try:
        database.encode(message.name, _physical(message, frame.values))
    except CodecError as error:
        guilty = next((signal for signal in frame.values if signal in str(error)), "")
        yield ("values", guilty) if guilty else (), f"{error}; correct the value"


def _free(message: Message) -> Iterator[Signal]:
    """The signals that are not part of the protection's header."""
    header = message.protection.places if message.protection else 0
    return (signal for signal in message.signals if not signal.bits() & header)


def _physical(message: Message, values: Mapping[str, SignalValue]) -> dict[str, float]:
    """A value for every signal: the given one, else the database's start value."""
    result: dict[str, float] = {}
    for signal in message.signals:
        value = values.get(signal.name, signal.initial * signal.scale + signal.offset)
        if isinstance(value, str):
            raw = next(number for number, word in signal.choices.items() if word == value)
            value = raw * signal.scale + signal.offset
        result[signal.name] = float(value)
    return result


def _sent(database: Database, message: Message, frame: RestbusFrame) -> Message:
    data = database.encode(message.name, _physical(message, frame.values))
    free = {signal.name for signal in _free(message)}
    signals = (replace(s, initial=_raw(s, data), channel="") if s.name in free else s for s in message.signals)
    protection = message.protection
    if protection is not None and frame.data_id is not None:
        protection = replace(protection, data_id=frame.data_id)
    period_ms = message.period_ms if frame.period is None else ns(frame.period) // NS_PER_MS
    return replace(message, senders=(OWN_NODE,), period_ms=period_ms, protection=protection, signals=tuple(signals))


def _raw(signal: Signal, data: bytes) -> int:
    """The bits of ``signal`` in ``data``, as a number without a sign."""
    raw = 0
    for i in range(signal.length):
        n = signal.first_bit + i
        bit, place = (7 - n % 8, signal.length - 1 - i) if signal.big_endian else (n % 8, i)
        raw |= (data[n // 8] >> bit & 1) << place
    return raw
