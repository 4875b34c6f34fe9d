"""Results of steps that have a table of their own: which records are its rows, and what stands in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.record.journal import JournalRecord
from bench.record.points import Row
from bench.report.repeats import KEY as REPEATS
from bench.report.repeats import repeats_of
from bench.report.table import TableColumn

MEASURED, MEASURED_VALUES = "measurement", "measurement_values"
NO_LOAD, NET_POWER = "no_load", "net_power"
"""Zones of points: where the unit was only turned, and at full torque."""


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
        MEASURED,
        "Measurements",
        ("name",),
        (
            TableColumn("speed", "rpm", "speed_rpm", 1.0, 0),
            TableColumn("torque", "Nm", "torque_nm"),
            TableColumn("window", "s", "duration_s", 1.0, 2),
            TableColumn("updates", "", "updates", 1.0, 0),
            TableColumn("drive unit", "%", "eta_edu", 100.0, 3, "u_eta_edu"),
            TableColumn("power electronics", "%", "eta_pe", 100.0, 3, "u_eta_pe"),
            TableColumn("motor, transmission", "%", "eta_motor_transmission", 100.0, 3, "u_eta_motor_transmission"),
            TableColumn("loss", "W", "loss_w", 1.0, 1, "u_loss_w"),
            TableColumn("output", "W", "p_out_w", 1.0, 1),
        ),
        "At the operating point where the plan had brought the bench: its set-points at the motor shaft. Efficiencies "
        "are blank where a power is not known well enough. Uncertainties are expanded, k = 2.",
        "measurement {name}",
    ),
    Result(
        MEASURED_VALUES,
        "Measurements, channel by channel",
        ("name", "channel", "unit"),
        (
            TableColumn("mean", "", "mean", 1.0, 4),
            TableColumn("standard deviation", "", "std", 1.0, 4),
            TableColumn("values", "", "values", 1.0, 0),
            TableColumn("not good", "", "bad", 1.0, 0),
        ),
        "Over the window of each measurement.",
    ),
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
        "peak_power",
        "Peak power",
        ("counting",),
        (
            TableColumn("speed", "rpm", "speed_rpm", 1.0, 0),
            TableColumn("torque", "Nm", "torque_nm"),
            TableColumn("peak", "kW", "peak_w", 1e-3, 2, "u_peak_w"),
            TableColumn("furthest", "± %", "peak_spread_percent", 1.0, 2),
            TableColumn("sustained", "kW", "sustained_w", 1e-3, 2, "u_sustained_w"),
            TableColumn("furthest", "± %", "sustained_spread_percent", 1.0, 2),
        ),
        "At the half-shafts (layout motor: the motor shaft), means over the repetitions that count. Peak: highest "
        "mean over 2 s; sustained: mean from 8 s to 10 s (UN GTR 21). Uncertainties are expanded, k = 2, the scatter "
        "of the repetitions included.",
        "peak power at {speed_rpm:g} rpm",
    ),
    Result(
        "peak_repetition",
        "Peak power, each repetition",
        ("repetition",),
        (
            TableColumn("peak", "kW", "peak_w", 1e-3, 2),
            TableColumn("sustained", "kW", "sustained_w", 1e-3, 2),
            TableColumn("DC, peak", "kW", "dc_peak_w", 1e-3, 2),
            TableColumn("DC, sustained", "kW", "dc_sustained_w", 1e-3, 2),
            TableColumn("DC voltage", "V", "dc_voltage_v"),
            TableColumn("winding, start", "°C", "winding_start_degc"),
            TableColumn("end", "°C", "winding_end_degc"),
        ),
        "The time of a repetition begins when its torque begins to rise. Where the inverter derated, the powers are "
        "those that it gave.",
    ),
    Result(
        "thirty_minute_power",
        "Thirty-minute power",
        (),
        (
            TableColumn("speed", "rpm", "speed_rpm", 1.0, 0),
            TableColumn("torque", "Nm", "torque_nm"),
            TableColumn("held", "min", "held_s", 1.0 / 60.0, 1),
            TableColumn("mean power", "kW", "power_w", 1e-3, 2, "u_power_w"),
            TableColumn("moved", "%", "moved_percent", 1.0, 2),
            TableColumn("DC", "kW", "dc_power_w", 1e-3, 2),
            TableColumn("winding", "°C max", "winding_max_degc"),
            TableColumn("rotor", "°C max", "rotor_max_degc"),
            TableColumn("oil", "°C max", "oil_max_degc"),
            TableColumn("of the highest power", "%", "share_of_highest", 100.0, 1),
        ),
        "Mean over the time held, at the half-shafts (layout motor: the motor shaft); blank where it was not held to "
        "its end. Moved: the furthest mean over 10 s from the first. Uncertainties are expanded, k = 2. After UN R85, "
        "unverified.",
        "power over {asked_s:g} s at {speed_rpm:g} rpm",
    ),
    Result(
        "loss_points",
        "Losses at seven points",
        (),
        (
            TableColumn("rated speed", "rpm", "rated_speed_rpm", 1.0, 0),
            TableColumn("rated torque", "Nm", "rated_torque_nm"),
            *(TableColumn(f"c{i}", "W", f"c{i}_w", 1.0, 1) for i in range(1, 8)),
        ),
        "Loss of the whole unit at any speed n and torque T inside the seven points, as shares of rated: c1 + c2 n "
        "+ c3 n² + c4 T + c5 T² + c6 n T² + c7 n² T². The points are the pattern of IEC 60034-2-3, the formula is "
        "assumed.",
        "losses at seven points",
    ),
    Result(
        "loss_check",
        "Losses between the seven points",
        ("point",),
        (
            TableColumn("speed", "rpm", "speed_rpm", 1.0, 0),
            TableColumn("torque", "Nm", "torque_nm"),
            TableColumn("measured", "W", "loss_w", 1.0, 0, "u_loss_w"),
            TableColumn("interpolated", "W", "interpolated_w", 1.0, 0),
            TableColumn("apart", "%", "apart_percent", 1.0, 2),
        ),
        "Measured, and held against what the seven points say there. Uncertainties are expanded, k = 2.",
        "interpolated loss at point {point:03d}",
    ),
    Result(
        "net_power_curve",
        "Net power",
        (),
        (
            TableColumn("highest power", "kW", "power_w", 1e-3, 2, "u_power_w"),
            TableColumn("at", "rpm", "speed_rpm", 1.0, 0),
            TableColumn("torque", "Nm", "torque_nm"),
            TableColumn("curve taken in", "s", "curve_s", 1.0, 0),
        ),
        "The highest of the curve, at the half-shafts (layout motor: the motor shaft). After UN R85, unverified.",
        "net power curve",
    ),
    Result(
        "endurance",
        "Endurance",
        ("kind", "clause", "curve"),
        (
            TableColumn("cycles", "in band", "cycles", 1.0, 0),
            TableColumn("out of band", "", "out_of_band", 1.0, 0),
            TableColumn("at load", "h", "load_s", 1.0 / 3600.0, 2),
            TableColumn("torque damage", "10⁻⁶", "torque_damage", 1e6, 3),
            TableColumn("insulation", "10⁻⁶", "insulation_damage", 1e6, 3),
            TableColumn("LESIT", "10⁻⁶", "lesit_inside", 1e6, 3),
            TableColumn("outside", "10⁻⁶", "lesit_outside", 1e6, 3),
            TableColumn("CIPS08", "10⁻⁶", "cips08_inside", 1e6, 3),
            TableColumn("outside", "10⁻⁶", "cips08_outside", 1e6, 3),
            TableColumn("winding", "°C max", "winding_max_degc"),
            TableColumn("junction", "°C max", "junction_max_degc"),
        ),
        "Damages are shares of a life (1 is its end), what is still open as half cycles: torque by Miner's sum under "
        "the Woehler curve of the plan (measured or assumed), the winding's insulation by half a life for each 10 K "
        "(or what the plan says), the power module by LESIT and CIPS08, with coefficients that are examples; "
        "outside: by cycles for which the model was not tested. Levels, times and rates are the plan's.",
        "endurance, {kind}",
    ),
    Result(
        "drift",
        "Drift",
        ("name",),
        (
            TableColumn("speed", "rpm", "speed_rpm", 1.0, 0),
            TableColumn("torque", "Nm", "torque_nm"),
            TableColumn("checks", "", "checks", 1.0, 0),
            TableColumn("baseline", "%", "reference_eta", 100.0, 3),
            TableColumn("repeats to", "pp", "measured_pp", 1.0, 4),
            TableColumn("expected", "pp", "repeatability_pp", 1.0, 3),
            TableColumn("found at check", "", "found_at", 1.0, 0),
            TableColumn("shift", "pp", "shift_pp", 1.0, 3),
        ),
        "A two-sided cumulative sum of the distances from the baseline's mean; fewer than one false alarm in 1000 "
        "checks. Found at 0: no drift was found.",
        "drift of {name}",
    ),
    Result(
        "reference_check",
        "Checks of the reference point",
        ("name", "check"),
        (
            TableColumn("η unit", "%", "eta_edu", 100.0, 3, "u_eta_edu"),
            TableColumn("from the baseline", "pp", "apart_pp", 1.0, 4),
            TableColumn("sum up", "", "up", 1.0, 2),
            TableColumn("sum down", "", "down", 1.0, 2),
            TableColumn("winding", "°C", "winding_degc"),
            TableColumn("rotor", "°C", "rotor_degc"),
            TableColumn("oil", "°C", "oil_degc"),
        ),
        "Each after settling anew, near the temperatures of the baseline. Uncertainties are expanded, k = 2: most of "
        "them is common to all checks and cancels in their differences.",
    ),
    Result(
        "check_point",
        "Points measured between the cycles",
        ("round", "number"),
        (
            TableColumn("after cycles", "", "cycles", 1.0, 0),
            TableColumn("speed", "rpm", "speed_rpm", 1.0, 0),
            TableColumn("torque", "Nm", "torque_nm"),
            TableColumn("η unit", "%", "eta_edu", 100.0, 3, "u_eta_edu"),
            TableColumn("since round 0", "pp", "changed_pp", 1.0, 3),
            TableColumn("loss", "kW", "loss_w", 1e-3, 3, "u_loss_w"),
            TableColumn("winding", "°C", "dut_winding_temp_mean"),
        ),
        "Uncertainties are expanded, k = 2.",
    ),
    Result(
        REPEATS,
        "Points measured again",
        ("points",),
        (
            TableColumn("speed", "rpm", "speed_rpm", 1.0, 0),
            TableColumn("torque", "Nm", "torque_nm"),
            TableColumn("η unit, first", "%", "eta_first", 100.0, 3),
            TableColumn("last", "%", "eta_last", 100.0, 3),
            TableColumn("changed", "pp", "changed_pp", 1.0, 3),
            TableColumn("loss, first", "kW", "loss_first_w", 1e-3, 3),
            TableColumn("last", "kW", "loss_last_w", 1e-3, 3),
        ),
        "The last accepted point at each place of the map against the first. Most of the uncertainty of an efficiency "
        "is common to both and cancels; other temperatures do not.",
    ),
    Result(
        NET_POWER,
        "Net power over the speed",
        (),
        (
            TableColumn("speed", "rpm", "speed_rpm", 1.0, 0),
            TableColumn("torque", "Nm", "torque_nm"),
            TableColumn("power", "kW", "p_out_w", 1e-3, 2, "u_p_out_w"),
            TableColumn("declared", "kW", "declared_w", 1e-3, 2),
            TableColumn("off", "%", "off_percent", 1.0, 2),
            TableColumn("DC voltage", "V", "dc_voltage_mean"),
            TableColumn("winding", "°C", "dut_winding_temp_mean"),
        ),
        "Full torque, mean over each point's window. Uncertainties are expanded, k = 2.",
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


@dataclass(frozen=True, slots=True)
class Headline:
    """A power that a reader wants first: of which table, how it is called, its column and that of its U(k=2)."""

    key: str
    label: str
    value: str
    uncertainty: str


HEADLINES = (
    Headline("peak_power", "peak power", "peak_w", "u_peak_w"),
    Headline("peak_power", "sustained power", "sustained_w", "u_sustained_w"),
    Headline("thirty_minute_power", "thirty-minute power", "power_w", "u_power_w"),
    Headline("net_power_curve", "highest net power", "power_w", "u_power_w"),
)


def results_of(
    records: Sequence[JournalRecord], points: Sequence[Row], further: Mapping[str, tuple[Row, ...]]
) -> Mapping[str, tuple[Row, ...]]:
    """The rows of each table that has any, by its key; a row has a verdict and a reason. ``further``: rows that are not
    simply the records of one event."""
    found = {
        result.key: tuple(dict(record.data) for record in records if record.event == result.key) for result in RESULTS
    }
    found[MEASURED_VALUES] = tuple(_values(found[MEASURED]))
    found |= {**further, REPEATS: repeats_of(points)}
    for zone in (NO_LOAD, NET_POWER):
        found[zone] = tuple(row for row in points if row.get("zone") == zone)
    return {key: rows for key, rows in found.items() if rows}


def _values(measured: Sequence[Row]) -> Iterator[Row]:
    """A row for each channel of a measurement; one without a good value has a reason."""
    for row in measured:
        for one in row["values"]:
            reason = "" if one["values"] else "no good value"
            yield {"name": row["name"], **one, "verdict": "failed" if reason else "passed", "reason": reason}
