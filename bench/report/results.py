"""Results of steps that have a table of their own: which records are its rows, and what stands in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.record.journal import JournalRecord
from bench.record.points import Row
from bench.report.table import TableColumn

NO_LOAD = "no_load"
"""The zone of points at which the unit was only turned."""


@dataclass(frozen=True, slots=True)
class Result:
    """One table. ``key``: the event whose records are its rows; ``names``: their keys that stand first in a row, as
    text; ``case``: a row as a case of JUnit (``""``: its rows are cases already); ``note``: below the table."""

    key: str
    title: str
    names: tuple[str, ...]
    columns: tuple[TableColumn, ...]
    note: str
    case: str = ""


RESULTS = (
    Result(
        "zero_check",
        "Zero of the torque flanges",
        ("flange",),
        (
            TableColumn("zero", "Nm", "zero_nm", 1.0, 3),
            TableColumn("scatter", "Nm", "std_nm", 1.0, 3),
            TableColumn("limit", "±Nm", "limit_nm", 1.0, 3),
            TableColumn("inverter's torque", "Nm", "torque_est_nm", 1.0, 2),
        ),
        "At standstill, held by the dynos, the inverter's torque at zero: mean of the window, at the flange. Friction "
        "that the unit holds back at standstill is a part of it.",
        "zero of {flange}",
    ),
    Result(
        NO_LOAD,
        "Drag without load",
        (),
        (
            TableColumn("speed", "rpm", "speed_rpm", 1.0, 0),
            TableColumn("drag torque", "Nm", "drag_torque_nm", 1.0, 3, "u_drag_torque_nm"),
            TableColumn("drag", "W", "drag_w", 1.0, 0),
            TableColumn("DC", "W", "dc_power_mean", 1.0, 0),
            TableColumn("loss", "W", "loss_w", 1.0, 0, "u_loss_w"),
            TableColumn("oil", "°C", "dut_oil_temp_mean"),
            TableColumn("winding", "°C", "dut_winding_temp_mean"),
        ),
        "Turned by the dynos, the inverter on, its torque at zero. Drag torque at the motor shaft, positive where the "
        "unit brakes; loss: DC power and drag together. Uncertainties are expanded, k = 2.",
    ),
)


def results_of(records: Sequence[JournalRecord], points: Sequence[Row]) -> Mapping[str, tuple[Row, ...]]:
    """The rows of each table that has any, by its key; a row has a verdict and a reason."""
    found = {
        result.key: tuple(dict(record.data) for record in records if record.event == result.key) for result in RESULTS
    }
    found[NO_LOAD] = tuple(row for row in points if row.get("zone") == NO_LOAD)
    return {key: rows for key, rows in found.items() if rows}
