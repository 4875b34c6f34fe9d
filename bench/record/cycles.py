"""The table of drive cycles: a row for each phase of each repetition and one for its total, from the journal alone."""

from collections.abc import Iterable

from bench.record.journal import JournalRecord
from bench.record.points import Row, write_csv, write_parquet

STARTED, EVENT, TRACE = "cycle_started", "cycle_phase", "cycle_trace"
TOTAL = "total"
"""The phase that stands for all of them."""

_FIRST = (
    *("drive", "cycle", "repetition", "phase", "verdict", "reason", "start_ns", "end_ns", "duration_s", "distance_km"),
    *("consumption_kwh_100km", "u_consumption_kwh_100km"),
    *("dc_in_wh", "u_dc_in_wh", "dc_out_wh", "u_dc_out_wh", "dc_net_wh", "u_dc_net_wh"),
    *("shaft_driving_wh", "u_shaft_driving_wh", "shaft_braking_wh", "u_shaft_braking_wh"),
    *("shaft_net_wh", "u_shaft_net_wh", "loss_wh", "u_loss_wh", "demand_wh", "braking_demand_wh"),
    *("speed_rms_kmh", "speed_largest_kmh", "outside_share", "outside_occasions", "outside_longest_s"),
    *("torque_rms_nm", "torque_largest_nm", "limited_s", "derated_s", "lost_s"),
)


def cycles_table(records: Iterable[JournalRecord]) -> list[Row]:
    """Rows in the order of driving. ``drive`` numbers the steps; what was driven again counts with its last record."""
    rows: dict[tuple[int, int, str], Row] = {}
    drive = 0
    for record in records:
        drive += record.event == STARTED
        if record.event == EVENT:
            data = record.data
            rows[drive, data["repetition"], data["phase"]] = {"drive": drive, **data}
    return list(rows.values())


def tables_of_cycles(records: Iterable[JournalRecord]) -> dict[str, bytes]:
    """``cycles.csv`` and ``cycles.parquet``; nothing if no cycle was driven."""
    rows = cycles_table(records)
    return {"cycles.csv": write_csv(rows, _FIRST), "cycles.parquet": write_parquet(rows, first=_FIRST)} if rows else {}
