"""CAN log files of the field, by the ending of their name. BLF is read by ``bench.canbus.blf``, text by python-can."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import can
import numpy as np

from bench.base.errors import InputError, Problem
from bench.canbus.blf import blf_chunks
from bench.canbus.frame_log import FrameLog
from bench.canbus.message import EXTENDED

_CHUNK = 200_000  # frames of a text log in one part

TEXT_READERS: dict[str, type[can.io.generic.MessageReader]] = {
    ".asc": can.ASCReader,
    ".trc": can.TRCReader,
    ".log": can.CanutilsLogReader,
    ".candump": can.CanutilsLogReader,
}


def log_chunks(path: Path) -> Iterator[FrameLog]:
    """The frames of a log, a part at a time. Raises ``InputError`` for a file that cannot be read or understood."""
    ending = path.suffix.lower()
    if ending != ".blf" and ending not in TEXT_READERS:
        known = ", ".join((".blf", *TEXT_READERS))
        raise InputError([Problem(path.name, 0, 0, f"is of no known kind of log; known are {known}")])
    try:
        if ending == ".blf":
            yield from blf_chunks(path.read_bytes(), path.name)
        else:
            yield from _text_chunks(path, TEXT_READERS[ending])
    except OSError as error:
        raise InputError([Problem(path.name, 0, 0, f"cannot be read: {error.strerror}")]) from None


def _text_chunks(path: Path, reader: Any) -> Iterator[FrameLog]:
    """Text by python-can. A line that it does not understand ends the reading: what follows could be anything."""
    messages: list[can.Message] = []
    findings: tuple[str, ...] = ()
    taken = 0
    try:
        with reader(path) as source:
            for message in source:
                messages.append(message)
                if len(messages) == _CHUNK:
                    taken += _CHUNK
                    yield _log_of(messages)
                    messages = []
    except OSError:
        raise
    except Exception as error:  # python-can's readers have no type of their own for a bad line
        told = " ".join(str(error).split()) or type(error).__name__
        if not messages and not taken:
            raise InputError([Problem(path.name, 0, 0, f"is no {path.suffix} log: {told}")]) from error
        findings = (f"{path.name}: after {taken + len(messages)} frames: {told}; what stands before was read",)
    yield _log_of(messages, findings)


def _log_of(messages: list[can.Message], findings: tuple[str, ...] = ()) -> FrameLog:
    frames = [message for message in messages if not (message.is_error_frame or message.is_remote_frame)]
    errors = sum(message.is_error_frame for message in messages)
    width = 64 if any(len(frame.data) > 8 for frame in frames) else 8
    joined = b"".join(bytes(frame.data).ljust(width, b"\0") for frame in frames)
    ids = [frame.arbitration_id | (EXTENDED if frame.is_extended_id else 0) for frame in frames]
    return FrameLog(
        np.array(ids, np.uint32),
        np.array([_bus(frame.channel) for frame in frames], np.uint8),
        np.array([len(frame.data) for frame in frames], np.uint8),
        np.frombuffer(joined, np.uint8).reshape(len(frames), width),
        np.array([round(frame.timestamp * 1e9) for frame in frames], np.int64),
        errors,
        len(messages) - len(frames) - errors,
        findings,
    )


def _bus(channel: Any) -> int:
    """The number of a channel from 0: loggers write numbers, or names that end in one (``can1``)."""
    digits = "".join(c for c in str(channel) if c.isdigit())
    return int(digits) & 0xFF if digits else 0
