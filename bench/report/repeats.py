"""Points that a run has measured more than once, as two equal maps with a load between do: the last of them is held
against the first."""

from collections.abc import Sequence

from bench.record.points import Row

KEY = "measured_again"


def repeats_of(rows: Sequence[Row]) -> tuple[Row, ...]:
    """A row for each operating point of which two points or more count: efficiencies, and their change in pp."""
    found: dict[tuple[float, float], list[Row]] = {}
    for row in rows:
        if row.get("verdict") == "accepted" and row.get("eta_edu") is not None:
            found.setdefault((row["speed_rpm"], row["torque_nm"]), []).append(row)
    return tuple(_change(again[0], again[-1]) for again in found.values() if len(again) > 1)


def _change(first: Row, last: Row) -> Row:
    return {
        "points": f"{first['point']}, {last['point']}",
        "speed_rpm": first["speed_rpm"],
        "torque_nm": first["torque_nm"],
        "eta_first": first["eta_edu"],
        "eta_last": last["eta_edu"],
        "changed_pp": 100.0 * (last["eta_edu"] - first["eta_edu"]),
        "loss_first_w": first.get("loss_w"),
        "loss_last_w": last.get("loss_w"),
        "verdict": "accepted",
        "reason": "",
    }
