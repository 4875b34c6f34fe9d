"""The table of points comes from the journal alone, and reads back equal."""

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq

from bench.record.journal import JournalRecord
from bench.record.points import points_table, unit_of, write_csv, write_parquet


def record(seq: int, point: int, **data: object) -> JournalRecord:
    return JournalRecord(seq, seq, "point", {"point": point, **data})


def table_of(data: bytes) -> pa.Table:
    """Without ``read_table``, whose threads may abort a process at its end."""
    return pq.ParquetFile(io.BytesIO(data), pre_buffer=False).read(use_threads=False)


RECORDS = [
    JournalRecord(0, 0, "run_started", {}),
    record(1, 2, speed_rpm=3000.0, verdict="accepted", eta_edu=0.1 + 0.2, reason="", dc_power_mean=1e-7),
    record(2, 1, speed_rpm=1000.0, verdict="flagged", eta_edu=None, reason='derated, "hot"', range={"dc.current": 50}),
    record(3, 2, speed_rpm=3000.0, verdict="accepted", eta_edu=0.93, reason="", dc_power_mean=1e-7),
]


def test_points_are_unique_and_sorted_and_the_last_record_counts() -> None:
    rows = points_table(RECORDS)
    assert [(row["point"], row["eta_edu"]) for row in rows] == [(1, None), (2, 0.93)]
    assert rows[0]["range_dc_current"] == 50


def test_csv_reads_back_equal_with_blanks() -> None:
    data = write_csv(points_table(RECORDS[:3]))
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert list(rows[0])[:4] == ["point", "speed_rpm", "verdict", "reason"]
    assert rows[0]["reason"] == 'derated, "hot"' and rows[0]["eta_edu"] == "" and rows[0]["dc_power_mean"] == ""
    assert float(rows[1]["eta_edu"]) == 0.1 + 0.2 and rows[1]["dc_power_mean"] == "1e-07"
    assert b"\r" not in data


def test_parquet_has_types_units_and_the_same_rows() -> None:
    rows = points_table(RECORDS)
    data = write_parquet(rows)
    schema = pq.read_schema(io.BytesIO(data))
    assert str(schema.field("point").type) == "int64" and str(schema.field("eta_edu").type) == "double"
    assert schema.field("dc_power_mean").metadata == {b"unit": b"W"}
    for told, read in zip(rows, table_of(data).to_pylist(), strict=True):
        assert {key: value for key, value in read.items() if value is not None} == {
            key: value for key, value in told.items() if value is not None
        }


def test_an_empty_table_has_its_head() -> None:
    assert write_csv([]).startswith(b"point,speed_rpm,torque_nm")
    assert table_of(write_parquet([])).num_rows == 0


def test_units_of_columns() -> None:
    wanted = {
        "speed_rpm": "rpm",
        "u_eta_edu": "1",
        "dut_winding_temp_std": "degC",
        "loss_pe_w": "W",
        "start_ns": "ns",
        "zone": "",
    }
    assert {name: unit_of(name) for name in wanted} == wanted
