"""DUT files: both profiles, their curves, and what a broken one is told."""

from dataclasses import fields
from typing import Any

import pytest

from bench.base.errors import InputError
from bench.config import dut as dut_module
from bench.config.dut import Curve, Dut
from bench.config.located import load
from bench.config.search import find
from bench.plant import parameters

NAMES = ["gen5_bev", "ipace_edu"]


def text_of(name: str) -> str:
    return find("dut", name).read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_profiles_load_and_every_number_has_a_source(name: str) -> None:
    dut = load(find("dut", name), Dut)
    assert dut.name == name

    def walk(node: Any) -> None:
        for key, value in node:
            if hasattr(value, "source"):
                assert value.source, key
            elif hasattr(value, "model_fields_set"):
                walk(value)

    walk(dut)


@pytest.mark.parametrize("name", NAMES)
def test_the_curves_agree_with_power_and_with_each_other(name: str) -> None:
    dut = load(find("dut", name), Dut)
    for speed in range(0, int(dut.speed_max_rpm) + 1, 100):
        peak = dut.torque_max_nm(speed)
        assert peak * speed * 0.104719755 <= dut.envelope.power_max.value * 1.005
        assert 0 < dut.continuous_torque_nm(speed) <= peak
        assert dut.torque_min_nm(speed) == -peak
    assert dut.torque_max_nm(dut.speed_max_rpm + 1) == dut.torque_min_nm(-dut.speed_max_rpm - 1) == 0.0


def test_published_figures() -> None:
    gen5, ipace = (load(find("dut", name), Dut) for name in NAMES)
    assert (gen5.machine, gen5.torque_max_nm(1000), gen5.envelope.power_max.value) == ("eesm", 400.0, 210_000.0)
    assert (ipace.machine, ipace.torque_max_nm(1000), ipace.envelope.power_max.value) == ("pmsm", 348.0, 147_000.0)
    assert gen5.ac_access and gen5.field_access and not ipace.ac_access and not ipace.field_access


@pytest.mark.parametrize("name", NAMES)
def test_plant_values_are_exactly_what_the_plant_asks_for(name: str) -> None:
    values = load(find("dut", name), Dut).plant_values()
    classes = {
        "machine": parameters.MachineParameters,
        "power_stage": parameters.PowerStageParameters,
        "transmission": parameters.TransmissionParameters,
        "thermal": parameters.ThermalParameters,
    }
    assert set(values) == set(classes)
    for part, kind in classes.items():
        assert set(values[part]) == {item.name for item in fields(kind)}
    assert parameters.plant_parameters(values).machine.kind == values["machine"]["kind"]


def test_field_values_referred_to_the_stator_a_second_time_are_refused() -> None:
    """The trap of the public EESM set: the leakage factor becomes negative."""
    values = load(find("dut", "gen5_bev"), Dut).plant_values()
    wrong = {**values, "machine": {**values["machine"], "mutual_inductance_h": 0.0159}}
    with pytest.raises(ValueError, match="rotor-side"):
        parameters.plant_parameters(wrong)


BROKEN = [
    ("  speed_max: {value: 14000 rpm,", "  speed_max: {value: 14000 Nm,", "rpm"),
    ("  speed_max: {value: 14000 rpm,", "  speed_max: {value: 14000,", "no unit"),
    ("machine: eesm", "machine: esm", "eesm"),
    ("ac_access: true", "ac_acess: true", "ac_access"),
    ("      - [5500 rpm, 364.6 Nm]", "      - [5000 rpm, 364.6 Nm]", "rise"),
    ("derate: 155 °C, trip: 175 °C", "derate: 185 °C, trip: 175 °C", "order"),
    ("    bearing_torque_nm: {value: 0.35, source: assumed}", "    bearing_torque_nm: {value: 0.35}", "source"),
    ("    torque_time_s: {value: 0.005, source: assumed}\n", "", "torque_time_s"),
    ("    inertia_kg_m2: {value: 0.045,", "    inertia_kg_m2: {value: .nan,", "no quantity"),
]


@pytest.mark.parametrize(("good", "bad", "said"), BROKEN)
def test_broken_files_are_told_where_and_what(good: str, bad: str, said: str) -> None:
    text = text_of("gen5_bev")
    assert good in text
    with pytest.raises(InputError) as caught:
        load(text.replace(good, bad, 1), Dut, "my_dut.yaml")
    problems = caught.value.problems
    assert any(said in problem.message for problem in problems), str(caught.value)
    assert all(problem.file == "my_dut.yaml" and problem.line > 0 for problem in problems)


def test_a_curve_is_linear_inside_and_constant_outside() -> None:
    curve = Curve(points=((1000, 10), (2000, 20)), source="assumed")
    assert [curve.at(speed) for speed in (0, 1000, 1500, -1500, 2000, 9000)] == [10, 10, 15, 15, 20, 20]
    assert dut_module.interpolate([(0, 1), (1, 3)], 0.25) == 1.5
