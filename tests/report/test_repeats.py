"""Two maps with a load between: the report holds the last point at each place against the first."""

from typing import Any

import pytest

from bench.report.repeats import KEY, repeats_of
from bench.report.results import RESULTS


def row(point: int, speed: float, torque: float, eta: float | None, verdict: str = "accepted") -> dict[str, Any]:
    loss = None if eta is None else 1e3 * (1.0 - eta)
    return {"point": point, "speed_rpm": speed, "torque_nm": torque, "eta_edu": eta, "verdict": verdict, "loss_w": loss}


def test_the_last_point_at_a_place_is_held_against_the_first() -> None:
    rows = [
        row(1, 2000.0, 50.0, 0.9), row(2, 2000.0, -50.0, 0.8), row(3, 2000.0, 50.0, 0.85), row(4, 2000.0, 50.0, 0.899),
        row(5, 2000.0, -50.0, None), row(6, 3000.0, 50.0, 0.9), row(7, 3000.0, 50.0, 0.7, "flagged"),
    ]  # fmt: skip
    (found,) = repeats_of(rows)
    assert (found["points"], found["eta_first"], found["eta_last"]) == ("1, 4", 0.9, 0.899)
    assert found["changed_pp"] == pytest.approx(-0.1) and found["loss_last_w"] == pytest.approx(101.0)
    assert repeats_of(rows[:2]) == () == repeats_of([])


def test_every_column_of_its_table_has_a_value() -> None:
    (found,) = repeats_of([row(1, 2000.0, 50.0, 0.9), row(2, 2000.0, 50.0, 0.85)])
    (table,) = [result for result in RESULTS if result.key == KEY]
    assert all(found[column.key] is not None for column in table.columns) and all(name in found for name in table.names)
