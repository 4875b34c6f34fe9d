"""A CAN log to tables: one file for each message, one column for each signal."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from bench.base.errors import InputError, Problem
from bench.canbus.database import Database
from bench.canbus.log import Column, DecodedLog, MessageLog
from bench.io.can_logs import log_chunks
from bench.io.folders import checked_name

Format = Literal["parquet", "csv"]

_SHOWN = 8


@dataclass(slots=True)
class Decoded:
    """What was made of a log: rows by message, files, and everything that gave no value."""

    rows: Counter[str] = field(default_factory=Counter)
    files: list[Path] = field(default_factory=list)
    unknown: Counter[int] = field(default_factory=Counter)
    wrong_length: Counter[str] = field(default_factory=Counter)
    unknown_page: Counter[str] = field(default_factory=Counter)
    error_frames: int = 0
    remote_frames: int = 0
    findings: list[str] = field(default_factory=list)

    def note(self, log: DecodedLog) -> None:
        """Count what one part of the log gave."""
        self.unknown.update(log.unknown)
        for name, message in log.items():
            self.rows[name] += len(message.rows)
            self.wrong_length[name] += len(message.wrong_length)
            self.unknown_page[name] += len(message.unknown_page)

    def words(self) -> list[str]:
        """Everything that gave no value, one line each."""
        lengths = [f"{name}: {n} frames of a wrong length" for name, n in self.wrong_length.items() if n]
        pages = [f"{name}: {n} frames of an unknown multiplexer page" for name, n in self.unknown_page.items() if n]
        return [*self.findings, *lengths, *pages, *self._strangers()]

    def _strangers(self) -> list[str]:
        """One line about all ids that no message has: a log of a whole car knows hundreds."""
        if not self.unknown:
            return []
        shown = ", ".join(f"{number:#x}" for number in sorted(self.unknown)[:_SHOWN])
        more = ", ..." if len(self.unknown) > _SHOWN else ""
        return [f"{self.unknown.total()} frames of {len(self.unknown)} ids that no message has: {shown}{more}"]


class _Table(Protocol):
    """A file to which rows are added."""

    def write_table(self, table: Any) -> None: ...

    def close(self) -> None: ...


def decode_log(log: Path, database: Database, kind: Format, folder: Path, bus: int | None = None) -> Decoded:
    """Write ``folder/<message>.parquet`` (or ``.csv``) for every message that ``log`` holds.

    Column ``t_ns`` is Unix time (or counts from the log's beginning where it does not know the day), the others are
    signals in the database's units, empty where a multiplexed signal was not sent. ``bus``: only frames of that channel
    of the log, from 0. Raises ``InputError``, also where ``folder`` is there already.
    """
    done = Decoded()
    chunks = log_chunks(log)
    first = next(chunks, None)  # a log that cannot be read leaves no folder behind
    _make(folder)
    with _Tables(folder, kind) as tables:
        for part in _all(first, chunks):
            done.error_frames += part.error_frames
            done.remote_frames += part.remote_frames
            done.findings += part.findings
            frames = part if bus is None else part.of_bus(bus)
            decoded = database.decode_log(frames.ids, frames.data, frames.t_ns, frames.lengths)
            done.note(decoded)
            for name, message in decoded.items():
                if len(message.rows):
                    tables.add(name, message, frames.t_ns[message.rows])
        done.files = tables.files()
    return done


def _all(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    if first is not None:
        yield first
    yield from rest


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        told = f"cannot be made: {error.strerror}; choose another with --into"
        raise InputError([Problem(str(folder), 0, 0, told)]) from None


class _Tables:
    """One open file for each message."""

    def __init__(self, folder: Path, kind: Format) -> None:
        self._folder = folder
        self._kind = kind
        self._open: dict[str, tuple[_Table, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for table, _schema in self._open.values():
            table.close()

    def files(self) -> list[Path]:
        """What was written, in the order of first frames."""
        return [self._path(name) for name in self._open]

    def add(self, name: str, message: MessageLog, t_ns: Any) -> None:
        """Rows of one message, with their times."""
        if name not in self._open:
            fields = [pa.field("t_ns", pa.int64()), *(pa.field(key, _type(message[key])) for key in message)]
            schema = pa.schema(fields)
            self._open[name] = (self._writer(name, schema), schema)
        table, schema = self._open[name]
        taken = np.asarray(message.rows)
        columns = {"t_ns": t_ns, **{key: _values(column, taken) for key, column in message.items()}}
        table.write_table(pa.table([pa.array(columns[field.name], field.type) for field in schema], schema))

    def _writer(self, name: str, schema: Any) -> _Table:
        path = str(self._path(name))
        writer: _Table = (
            pq.ParquetWriter(path, schema, compression="zstd")
            if self._kind == "parquet"
            else pa_csv.CSVWriter(path, schema)
        )
        return writer

    def _path(self, name: str) -> Path:
        return self._folder / f"{checked_name(name)}.{self._kind}"


def _type(column: Column) -> Any:
    """The same for every part of a log: a signal of whole numbers stays one. Longer ones than 64 bits are text."""
    return {"i": pa.int64(), "u": pa.uint64(), "O": pa.string()}.get(column.values.dtype.kind, pa.float64())


def _values(column: Column, taken: Any) -> Any:
    """One value for each of the message's rows ``taken``; masked where a multiplexed signal was not sent."""
    if len(column.rows) == len(taken):
        return column.values if column.values.dtype != object else column.values.astype(str)
    return _spread(column, taken)


def _spread(column: Column, taken: Any) -> Any:
    values = np.zeros(len(taken), column.values.dtype)
    places = np.searchsorted(taken, column.rows)
    values[places] = column.values
    absent = np.ones(len(taken), bool)
    absent[places] = False
    return np.ma.masked_array(values, absent)
