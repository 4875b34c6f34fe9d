"""The twin tells beforehand what the plant does afterwards."""

import pytest
from plant_bed import Bed

from bench.base.ports import Twin
from bench.plant.twin import SteadyTwin


@pytest.mark.parametrize("name", ["gen5_bev", "ipace_edu"])
@pytest.mark.parametrize(("speed", "torque"), [(2000, 150), (8000, -100), (-3000, 80)])
def test_predicts_what_the_plant_shows_at_the_same_temperature(name: str, speed: float, torque: float) -> None:
    bed = Bed(name, thermal_on=0.0)
    twin = SteadyTwin(bed.parameters, 400.0, 70.0, bed.plant.table)
    out, told = bed.at(speed, torque), twin.predict(speed, torque)
    pairs = {
        "dc.power": "p_dc_w", "dc.current": "i_dc_a", "ac.current": "i_ac_a", "field.current": "i_f_a",
        "flange_l.torque": "torque_l_nm", "flange_r.speed": "speed_r_rpm", "dut.torque_est": "torque_airgap_nm",
    }  # fmt: skip
    for channel, item in pairs.items():
        assert told[channel] == pytest.approx(out[item], rel=1e-5, abs=1e-6), channel


def test_channels_follow_the_layout_and_the_port() -> None:
    bed = Bed("gen5_bev", "motor")
    twin = SteadyTwin(bed.parameters, 400.0, table=bed.plant.table)
    told = twin.predict(3000, 100)
    assert isinstance(twin, Twin)
    assert told["flange_m.speed"] == pytest.approx(3000) and "flange_l.torque" not in told


def test_torque_limits_are_those_of_the_voltage() -> None:
    bed = Bed("gen5_bev")
    low, high = SteadyTwin(bed.parameters, 400.0, table=bed.plant.table).torque_limits(9000)
    weak = SteadyTwin(bed.parameters, 300.0, table=bed.plant.table).torque_limits(9000)[1]
    assert low == -high and 220 < high < 226 and weak < 0.95 * high


def test_order_of_questions_does_not_matter() -> None:
    bed = Bed("gen5_bev")
    twin = SteadyTwin(bed.parameters, 400.0, table=bed.plant.table)
    first = twin.predict(4000, 150)
    twin.predict(-9000, -100)
    assert twin.predict(4000, 150) == pytest.approx(first, rel=1e-6, abs=1e-6)
