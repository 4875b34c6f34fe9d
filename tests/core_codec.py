"""Frames to and from dictionaries by the codec that the core runs, without a core."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from bench.base.errors import InputError, Problem
from bench.base.records import FRAME, IMAGE
from bench.canbus.codec import BAD_LENGTH, receive, transmit
from bench.canbus.database import Database
from bench.canbus.e2e import protection_record, read_counter, write_header
from bench.canbus.tables import CanTables, build_tables, make_rx_state, make_tx_state


@lru_cache(maxsize=256)
def _tables(database: Database, name: str) -> CanTables:
    """Every signal of one message bound to its own place, in the message's order."""
    order = {signal.name: i for i, signal in enumerate(database.message(name).signals)}
    return build_tables([(database, 0, name)], lambda _, signal: order[signal], protected=False)


def decode(database: Database, frame_id: int, data: bytes) -> dict[str, float]:
    """All signals of a frame by name, CRC and counter included and not judged.

    Raises ``KeyError`` for an unknown id, ``ValueError`` when the length is not exactly the database's.
    """
    message = database.by_id(frame_id)
    tables = _tables(database, message.name)
    image, padded = np.zeros(len(message.signals), IMAGE), np.zeros(64, np.uint8)
    padded[: min(len(data), 64)] = np.frombuffer(data[:64], np.uint8)
    if receive(tables, make_rx_state(tables), image, 0, padded, len(data), 0, 0) == BAD_LENGTH:
        raise ValueError(f"{message.name} has {message.length} bytes, the frame has {len(data)}")
    return {signal.name: float(record["value"]) for signal, record in zip(message.signals, image, strict=True)}


def encode(database: Database, name: str, values: Mapping[str, float]) -> bytes:
    """The frame of message ``name``; signals not in ``values`` have their initial value, the CRC is computed.

    The counter of a protected message is taken from ``values`` (default 0). Raises ``InputError`` for unknown signals,
    ``ValueError`` for a value that is not finite, out of range or too wide.
    """
    message = database.message(name)
    if unknown := sorted(set(values) - {signal.name for signal in message.signals}):
        raise InputError([Problem(database.name, 0, 0, f"{name} has no signal {', '.join(unknown)}")])
    tables, frame = _tables(database, name), np.zeros(1, FRAME)
    image = np.zeros(len(message.signals), IMAGE)
    for record, signal in zip(image, message.signals, strict=True):
        record["value"] = values.get(signal.name, signal.initial * signal.scale + signal.offset)
    if transmit(tables, make_tx_state(tables), image, 0, frame[0]):
        raise ValueError(f"{name}: a value of {dict(values)} is not finite, out of its range or too wide for its bits")
    data = frame[0]["data"][: message.length]
    if message.protection is not None:
        rule = protection_record(message.protection, message.length)
        data[:] = data & ~rule["fixed_mask"][: message.length] | rule["fixed"][: message.length]
        write_header(rule, data, read_counter(rule, data))
    return bytes(data.tobytes())
