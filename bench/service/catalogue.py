"""All runs of a folder as four tables (runs, points, cycles, results), kept as Parquet beside them, asked by DuckDB.

Everything in it is derived from the run folders and may be thrown away. It is brought up to date incrementally: a run
is read again when its manifest or its journal has changed. New runs are new parts; many parts become one.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.base.errors import InputError, Problem
from bench.io.disk import DiskStorage
from bench.record.manifest import NAME
from bench.record.points import Row, arrow_table
from bench.record.recorder import JOURNAL
from bench.record.run_rows import rows_of

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PLACE = ".catalogue"
TABLES = ("runs", "points", "cycles", "results")
_NONE = {
    **dict.fromkeys(TABLES, "SELECT '' AS run"),
    "results": "SELECT '' AS run, '' AS kpi, 0.0::DOUBLE AS t_s, 0.0::DOUBLE AS value",
}
"""What a table without a row looks like."""
_INDEX, _FORMAT = "index.json", 1
_RUNS_A_PART, _PARTS_MAX = 500, 16
_ROW_GROUP = 122_880
Stamp = list[int]


class Catalogue:
    """Of the runs in ``parent``. Raises ``InputError`` where there is no such folder, or nothing may be written."""

    def __init__(self, parent: Path) -> None:
        if not parent.is_dir():
            raise InputError([Problem(str(parent), 0, 0, "is no folder; give the one that holds the run folders")])
        self.parent, self._place = parent, parent / PLACE
        self._stamps, self._parts = self._read_index()

    def update(self, told: Callable[[str], object] = lambda _name: None) -> int:
        """Read what is new or has changed; how many runs that were. ``told`` hears the name of each. What was read
        counts, also if this does not come to its end."""
        found = _stamps(self.parent)
        if found == self._stamps:
            return 0
        try:
            self._place.mkdir(exist_ok=True)
            with _alone(self._place / "lock"):
                self._stamps, self._parts = self._read_index()  # another may have been quicker
                return self._bring_up_to(found, told)
        except OSError as error:
            told_words = f"the catalogue cannot be written: {error.strerror}; make the folder writable"
            raise InputError([Problem(str(self._place), 0, 0, told_words)]) from None

    def _bring_up_to(self, found: Mapping[str, Stamp], told: Callable[[str], object]) -> int:
        new = sorted(name for name, stamp in found.items() if self._stamps.get(name) != stamp)
        stale = {name for name in self._stamps if found.get(name) != self._stamps[name]}
        if stale:
            self._drop(stale)
        self._stamps = {name: stamp for name, stamp in self._stamps.items() if name not in stale}
        for first in range(0, len(new), _RUNS_A_PART):
            names = new[first : first + _RUNS_A_PART]
            self._add(names, told)
            self._stamps.update({name: found[name] for name in names})
            self._write_index()
        if any(len(parts) > _PARTS_MAX for parts in self._parts.values()):
            self.compact()
        self._write_index()
        return len(new)

    def add_part(self, tables: Mapping[str, Any]) -> None:
        """Tables (pyarrow's) as one part more."""
        for table, rows in tables.items():
            self._write_part(table, rows)

    def note_all(self) -> None:
        """Take all runs that are there for read, as they are."""
        self._stamps = _stamps(self.parent)
        self._write_index()

    def compact(self) -> None:
        """Each table in one part, in the order of the runs: that is what makes questions quick."""
        for table in TABLES:
            if len(self._parts[table]) > 1:
                whole = self._whole(table)
                self._parts[table] = []
                self._write_part(table, whole.sort_by("run"))

    def connect(self) -> Any:
        """A DuckDB connection with the tables as views, that can read these files and nothing else."""
        import duckdb

        connection = duckdb.connect(":memory:")
        place = str(self._place.resolve()).replace("'", "''")
        connection.execute(f"SET allowed_directories=['{place}']")
        connection.execute("SET enable_external_access=false")
        connection.execute("SET lock_configuration=true")
        for table in TABLES:
            if self._parts[table]:
                files = ", ".join(f"'{place}/{part}'" for part in self._parts[table])
                connection.execute(f"CREATE VIEW {table} AS FROM read_parquet([{files}], union_by_name=true)")
            else:
                connection.execute(f"CREATE VIEW {table} AS {_NONE[table]} WHERE false")
        return connection

    def columns(self, table: str) -> set[str]:
        """What the table has."""
        return {name for part in self._parts[table] for name in pq.ParquetFile(self._place / part).schema_arrow.names}

    # --- parts -----------------------------------------------------------------------------------------------------
    def _add(self, names: Sequence[str], told: Callable[[str], object]) -> None:
        rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        for name in names:
            told(name)
            for table, own in rows_of(DiskStorage(self.parent / name, create=False), name).tables().items():
                rows[table] += own
        self.add_part({table: arrow_table(own, first=("run",)) for table, own in rows.items() if own})

    def _drop(self, names: Iterable[str]) -> None:
        """Without the rows of these runs."""
        gone = pa.array(sorted(names), pa.string())
        for table in TABLES:
            if self._parts[table]:
                whole = self._whole(table)
                self._parts[table] = []
                self._write_part(table, whole.filter(pc.invert(pc.is_in(whole["run"], gone))))

    def _whole(self, table: str) -> Any:
        parts = [pq.ParquetFile(self._place / part).read() for part in self._parts[table]]
        return pa.concat_tables(_alike(parts), promote_options="permissive")

    def _write_part(self, table: str, rows: Any) -> None:
        if not rows.num_rows:
            return
        number = 1 + max((int(path.stem.split("-")[1]) for path in self._place.glob(f"{table}-*.parquet")), default=0)
        name = f"{table}-{number}.parquet"
        self._place.mkdir(exist_ok=True)
        pq.write_table(rows, self._place / name, compression="zstd", row_group_size=_ROW_GROUP)
        self._parts[table] = [*self._parts[table], name]

    # --- the index: what counts; parts that it does not name were never finished, or are no more ---------------------
    def _read_index(self) -> tuple[dict[str, Stamp], dict[str, list[str]]]:
        empty: dict[str, list[str]] = {table: [] for table in TABLES}
        try:
            content = json.loads((self._place / _INDEX).read_bytes())
            parts = {table: [str(part) for part in content["parts"][table]] for table in TABLES}
            there = all((self._place / part).exists() for own in parts.values() for part in own)
            return (dict(content["runs"]), parts) if there and content["format"] == _FORMAT else ({}, empty)
        except (OSError, ValueError, KeyError, TypeError):
            return {}, empty

    def _write_index(self) -> None:
        content = {"format": _FORMAT, "runs": self._stamps, "parts": self._parts}
        temporary = self._place / f"{_INDEX}.part"
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(self._place / _INDEX)
        named = {part for parts in self._parts.values() for part in parts}
        for path in self._place.glob("*.parquet"):
            if path.name not in named:
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Only one brings the catalogue up to date; the others wait (not on Windows)."""
    with path.open("wb") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _stamps(parent: Path) -> dict[str, Stamp]:
    """By run folder: times and sizes of manifest and journal."""
    found: dict[str, Stamp] = {}
    with os.scandir(parent) as entries:
        for entry in entries:
            if entry.name != PLACE and entry.is_dir():
                stamp = [*_stamp(f"{entry.path}/{NAME}"), *_stamp(f"{entry.path}/{JOURNAL}")]
                if stamp:
                    found[entry.name] = stamp
    return found


def _stamp(path: str) -> Stamp:
    try:
        status = os.stat(path)
    except OSError:
        return []
    return [status.st_mtime_ns, status.st_size]


def _alike(tables: Sequence[Any]) -> list[Any]:
    """A column that is text in one part is text in all: permissive promotion does not turn numbers into text."""
    texts = {f.name for table in tables for f in table.schema if pa.types.is_string(f.type)}
    return [_as_texts(table, texts) for table in tables]


def _as_texts(table: Any, texts: set[str]) -> Any:
    for place, field in enumerate(table.schema):
        if field.name in texts and not pa.types.is_string(field.type):
            table = table.set_column(place, field.name, table[field.name].cast(pa.string()))
    return table
