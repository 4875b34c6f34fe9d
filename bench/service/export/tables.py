"""Samples of a run as tables, one file for each group (each has its own rate): Parquet (zstd) or CSV."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from bench.record.mf4_reading import Part, read_parts
from bench.record.sample_files import sample_names
from bench.record.storage import Storage

TIME = "t_s"
"""Run time, seconds."""


def export_parquet(run: Storage, folder: Path) -> list[Path]:
    """``<group>.parquet``: column ``t_s`` and the group's channels, their units in the fields' metadata, empty where a
    value is not good."""
    return _export(run, folder, ".parquet", _parquet, _with_units)


def export_csv(run: Storage, folder: Path) -> list[Path]:
    """``<group>.csv``: columns ``t_s`` and ``channel [unit]``, empty where a value is not good."""
    return _export(run, folder, ".csv", pa_csv.CSVWriter, _units_in_names)


def _parquet(path: Path, schema: Any) -> Any:
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    # bytes of floats side by side, no dictionary: three quarters of the size, three times the speed (recording.md, 1)
    others = [field.name for field in schema if field.name not in floats]
    return pq.ParquetWriter(
        path, schema, compression="zstd", use_dictionary=others, use_byte_stream_split=floats or False
    )


def _export(
    run: Storage, folder: Path, ending: str, make: Callable[[Path, Any], Any], fields: Callable[[Part], list[Any]]
) -> list[Path]:
    writers: dict[str, Any] = {}
    try:
        for name in sample_names(run.names()):
            for part in read_parts(run, name):
                group = part.group.name
                table = _table(part, fields(part))
                if group not in writers:
                    writers[group] = make(folder / f"{group}{ending}", table.schema)
                writers[group].write_table(table)
    finally:
        for writer in writers.values():
            writer.close()
    return [folder / f"{group}{ending}" for group in writers]


def _table(part: Part, fields: list[Any]) -> Any:
    columns = [pa.array(part.t_s)]
    for number in range(len(part.group.columns)):
        columns.append(pa.array(part.physical(number), mask=~part.good[:, number]))
    return pa.Table.from_arrays(
        columns, schema=pa.schema([field.with_type(c.type) for field, c in zip(fields, columns, strict=True)])
    )


def _with_units(part: Part) -> list[Any]:
    described = [(TIME, "s"), *((column.name, column.unit) for column in part.group.columns)]
    return [pa.field(name, pa.float64(), metadata={"unit": unit} if unit else None) for name, unit in described]


def _units_in_names(part: Part) -> list[Any]:
    names = [f"{column.name} [{column.unit}]" if column.unit else column.name for column in part.group.columns]
    return [pa.field(name, pa.float64()) for name in (TIME, *names)]
