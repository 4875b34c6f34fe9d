"""The table of drive cycles: from the journal alone, in its order, and held against it."""

import io

import pyarrow.parquet as pq
from cycle_journal import STARTED, journal, phase, two_repetitions

from bench.record.closing import tables_of
from bench.record.cycles import cycles_table


def test_rows_are_those_of_the_journal_in_its_order() -> None:
    rows = cycles_table(two_repetitions())
    assert [(row["repetition"], row["phase"], row["verdict"]) for row in rows] == [
        (1, "low", "passed"), (1, "high", "passed"), (1, "total", "passed"),
        (2, "low", "passed"), (2, "high", "failed"), (2, "total", "failed"),
    ]  # fmt: skip
    assert {row["drive"] for row in rows} == {1}


def test_what_was_driven_again_counts_once_and_steps_are_told_apart() -> None:
    told = journal(STARTED, phase(1, "low", dc_net_wh=1.0), phase(1, "low", dc_net_wh=2.0), STARTED, phase(1, "low"))
    assert [(row["drive"], row["dc_net_wh"]) for row in cycles_table(told)] == [(1, 2.0), (2, 15.0)]


def test_the_files_have_units_and_a_known_order() -> None:
    tables = tables_of(two_repetitions())
    head = tables["cycles.csv"].decode().splitlines()[0].split(",")
    assert head[:4] == ["drive", "cycle", "repetition", "phase"]
    assert head.index("consumption_kwh_100km") < head.index("dc_in_wh") < head.index("loss_wh")
    table = pq.ParquetFile(io.BytesIO(tables["cycles.parquet"]), pre_buffer=False).read(use_threads=False)
    units = {field.name: (field.metadata or {}).get(b"unit", b"").decode() for field in table.schema}
    assert (units["dc_in_wh"], units["distance_km"], units["speed_rms_kmh"]) == ("Wh", "km", "km/h")
    assert (units["u_consumption_kwh_100km"], units["duration_s"]) == ("kWh/100 km", "s")
    assert table["phase"].to_pylist()[:3] == ["low", "high", "total"]


def test_a_run_without_cycles_has_no_such_table() -> None:
    assert not [name for name in tables_of(journal(("run_started", {}))) if name.startswith("cycles")]
