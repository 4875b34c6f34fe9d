"""The table of points: one row for every accepted or flagged point, built from the journal alone."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.record.journal import JournalRecord, canonical

Row = dict[str, Any]

_FIRST = (
    *("point", "speed_rpm", "torque_nm", "fraction", "zone", "verdict", "reason", "quadrant", "start_ns", "end_ns"),
    *("eta_edu", "u_eta_edu", "eta_pe", "u_eta_pe", "eta_motor_transmission", "u_eta_motor_transmission", "u_basis"),
    *("p_out_w", "loss_w", "loss_pe_w", "loss_mt_w", "ripple_pp"),
)
_TEXTS = {"of_run", "step", "zone", "verdict", "reason", "quadrant", "u_basis", "cycle", "phase"}


def points_table(records: Iterable[JournalRecord]) -> list[Row]:
    """Rows by point number. A point measured again (after a resume) counts with its last record."""
    rows = {record.data["point"]: flat(record.data) for record in records if record.event == "point"}
    return [rows[number] for number in sorted(rows)]


def flat(data: Mapping[str, Any], prefix: str = "") -> Row:
    """One level of names (``range: {dc_current: 50}`` becomes ``range_dc_current``); lists as JSON text."""
    row: Row = {}
    for key, value in data.items():
        name = prefix + key.replace(".", "_")
        if isinstance(value, Mapping):
            row.update(flat(value, name + "_"))
        else:
            row[name] = canonical(value).decode() if isinstance(value, list) else value
    return row


def column_names(rows: Sequence[Mapping[str, Any]], first: Sequence[str] = _FIRST) -> list[str]:
    """The table's columns: the known ones ``first``, in their order, then the others by name."""
    present = {name for row in rows for name in row}
    known = [name for name in first if name in present or not rows]
    return known + sorted(present.difference(known))


def write_csv(rows: Sequence[Mapping[str, Any]], first: Sequence[str] = _FIRST) -> bytes:
    """The table as CSV (UTF-8, comma, LF): floats read back equal, empty where there is no value."""
    names = column_names(rows, first)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return text.getvalue().encode()


def write_parquet(
    rows: Sequence[Mapping[str, Any]], units: Mapping[str, str] | None = None, first: Sequence[str] = _FIRST
) -> bytes:
    """The table as Parquet (zstd); ``units`` by column name go into the fields' metadata."""
    sink = io.BytesIO()
    pq.write_table(arrow_table(rows, units, first), sink, compression="zstd")
    return sink.getvalue()


def arrow_table(
    rows: Sequence[Mapping[str, Any]], units: Mapping[str, str] | None = None, first: Sequence[str] = _FIRST
) -> Any:
    """The table as pyarrow has it."""
    arrays, fields = [], []
    for name in column_names(rows, first):
        values = [row.get(name) for row in rows]
        kind = _arrow_type(name, values)
        arrays.append(pa.array([_coerced(value, kind) for value in values], kind))
        unit = (units or {}).get(name) or unit_of(name)
        fields.append(pa.field(name, kind, metadata={"unit": unit} if unit else None))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


_UNITS = {
    "speed": "rpm", "torque": "Nm", "power": "W", "voltage": "V", "current": "A", "frequency": "Hz", "temp": "degC",
    "flow": "l/min", "pressure": "bar", "insulation": "ohm",
}  # fmt: skip
_SUFFIXES = {
    "_rpm": "rpm", "_nm": "Nm", "_ns": "ns", "_w": "W", "_pp": "pp", "_s": "s", "_degc": "degC", "_a": "A",
    "_wh": "Wh", "_kmh": "km/h", "_kwh_100km": "kWh/100 km", "_km": "km", "_share": "1",
}  # fmt: skip


def unit_of(name: str) -> str:
    """The unit that a column's name tells (``speed_rpm``, ``dc_power_mean``); empty if it tells none."""
    if name.startswith(("eta_", "u_eta_")) or name == "fraction":
        return "1"
    stem = name.removesuffix("_mean").removesuffix("_std")
    if stem != name:
        return next((unit for word, unit in _UNITS.items() if word in stem.split("_")), "")
    return next((unit for suffix, unit in _SUFFIXES.items() if name.endswith(suffix)), "")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _arrow_type(name: str, values: Sequence[Any]) -> pa.DataType:
    kinds = {type(value) for value in values if value is not None}
    if name in _TEXTS or kinds - {bool, int, float}:
        return pa.string()
    if kinds == {bool}:
        return pa.bool_()
    return pa.int64() if kinds == {int} else pa.float64()


def _coerced(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_string(kind):
        return str(value)
    return float(value) if pa.types.is_floating(kind) else value
