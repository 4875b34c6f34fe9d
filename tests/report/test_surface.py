"""The surface behind the maps: through every point, inside the envelope, faithful between the points."""

import math

import numpy as np
import pytest
import synthetic

from bench.report.model import ReportModel, build_model
from bench.report.surface import Surface, efficiency_surface, envelope_of, plain_surface


@pytest.fixture(scope="module")
def model() -> ReportModel:
    return build_model(synthetic.records())


def at(surface: Surface, speed_rpm: float, torque_nm: float) -> float:
    distance = ((surface.speed_rpm - speed_rpm) / 1e4) ** 2 + ((surface.torque_nm - torque_nm) / 400) ** 2
    return float(surface.value.ravel()[np.nanargmin(np.where(np.isfinite(surface.value), distance, np.nan))])


def truth(speed_rpm: float, torque_nm: float) -> float:
    pe, mt = synthetic.losses_w(speed_rpm, torque_nm)
    shaft = torque_nm * speed_rpm * math.pi / 30
    dc, out = shaft + pe + 0.6 * mt, shaft - 0.4 * mt
    return out / dc if torque_nm > 0 else dc / out


@pytest.mark.parametrize("regenerating", [False, True])
def test_the_surface_is_the_unit_between_the_points_too(model: ReportModel, regenerating: bool) -> None:
    surface = efficiency_surface(model, "eta_edu", regenerating)
    assert surface is not None
    known = np.isfinite(surface.value)
    assert known.mean() > 0.98
    wanted = np.vectorize(truth)(surface.speed_rpm[known], surface.torque_nm[known])
    error_pp = 100 * np.abs(surface.value[known] - wanted)
    # cells beside the two flagged points are twice as wide
    assert np.percentile(error_pp, 95) < 0.1 and error_pp.max() < 1.0


def test_the_surface_meets_the_points(model: ReportModel) -> None:
    surface = efficiency_surface(model, "eta_edu", False)
    assert surface is not None
    for row in model.rows:
        if row["verdict"] == "accepted" and row["torque_nm"] > 0 and row["fraction"] > 0.15:
            assert at(surface, row["speed_rpm"], row["torque_nm"]) == pytest.approx(row["eta_edu"], abs=0.01)


def test_the_map_ends_at_the_envelope_and_at_what_was_measured(model: ReportModel) -> None:
    surface = plain_surface(model, "loss_w", False)
    assert surface is not None
    envelope = envelope_of(model)
    edge = np.interp(surface.speed_rpm, envelope.speed_rpm, envelope.torque_max_nm)
    assert (surface.torque_nm <= edge * (1 + 1e-9)).all()
    assert surface.speed_rpm.min() >= 500 and surface.speed_rpm.max() <= 13000


def test_flagged_points_are_no_map_value() -> None:
    records = synthetic.records()
    spoilt = [
        record._replace(data={**record.data, "eta_edu": 0.5, "loss_w": 9e5})
        if record.event == "point" and record.data["verdict"] == "flagged"
        else record
        for record in records
    ]
    before, after = (efficiency_surface(build_model(items), "eta_edu", False) for items in (records, spoilt))
    assert before is not None and after is not None
    np.testing.assert_array_equal(before.value, after.value)


def test_too_few_points_make_no_surface() -> None:
    few = build_model(synthetic.records(speeds=[1000.0, 4000.0, 9000.0], fractions=[0.4]))
    assert efficiency_surface(few, "eta_edu", False) is None
    assert plain_surface(few, "loss_w", True) is None
    assert efficiency_surface(build_model([]), "eta_edu", False) is None


def test_points_on_one_line_make_no_surface() -> None:
    """One fraction of the envelope at many speeds: there is nothing between them, and no map."""
    one = build_model(
        synthetic.records(speeds=[float(speed) for speed in range(500, 12_500, 500)], fractions=[0.4, -0.2])
    )
    for regenerating in (False, True):
        assert efficiency_surface(one, "eta_edu", regenerating) is None
        assert plain_surface(one, "loss_w", regenerating) is None


def test_without_an_envelope_the_hull_of_the_points_serves() -> None:
    records = [record for record in synthetic.records() if record.event != "run_started"]
    model = build_model(records)
    assert model.envelope is None
    assert envelope_of(model).torque_max_nm[0] == 400.0
    assert efficiency_surface(model, "eta_edu", True) is not None
