"""Parts that fail and sensors that mislead, by script: held from start to end, and right again afterwards."""

import numpy as np
import pytest

from bench.assembly import load_inputs, other_side
from bench.base.errors import InputError
from bench.config.rig import load_rig
from bench.config.search import find
from bench.emulators.breakdowns import OF_PLANT, break_down, mislead
from bench.emulators.world import World
from bench.schedule.faults import parse_fault
from bench.service.fault_lines import read_faults

MS = 1_000_000
RIG = load_rig(find("rig", "e_axle_demo")).value


def world(*lines: str) -> World:
    inputs = load_inputs("smoke")
    return other_side(inputs.rig.value, inputs.dut.value, 1, tuple(parse_fault(line) for line in lines))


def test_what_somebody_else_writes_meanwhile_comes_back_afterwards() -> None:
    bench = world("plant.runaway_l:50 rpm@10ms+10ms", "plant.no_sink@10ms+10ms").bench
    inputs = bench.plant.inputs[0]
    inputs["dyno_l_speed_rpm"], inputs["supply_sink_current_max_a"] = 100.0, 560.0
    seen = []
    for t_ms in (9, 10, 15, 20):
        if t_ms == 15:
            inputs["dyno_l_speed_rpm"] = 200.0
        break_down(bench.breakdowns, t_ms * MS)
        seen.append((float(inputs["dyno_l_speed_rpm"]), float(inputs["supply_sink_current_max_a"])))
    assert seen == [(100.0, 560.0), (150.0, 0.0), (250.0, 0.0), (200.0, 560.0)]


def test_a_part_is_whole_again_afterwards() -> None:
    bench = world("plant.coupling@10ms+10ms").bench
    stiffness = bench.plant.parameters["shaft"]["stiffness_nm_per_rad"]
    whole, seen = float(stiffness[0]), []
    for t_ms in (9, 10, 19, 20):
        break_down(bench.breakdowns, t_ms * MS)
        seen.append(float(bench.plant.parameters["shaft"]["stiffness_nm_per_rad"][0]))
    assert seen == [whole, 0.0, 0.0, whole] and whole > 0.0


def test_a_winding_grows_warmer() -> None:
    bench = world("plant.winding_rising:1000 K/s@10ms+10ms").bench
    state, seen = bench.plant.state, []
    state["winding_degc"] = 80.0
    for t_ms in (9, 10, 15, 20):
        break_down(bench.breakdowns, t_ms * MS)
        seen.append(float(state["winding_degc"][0]))
    assert seen == [80.0, 80.0, 85.0, 85.0]  # it cools from there by itself


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("sensor.frozen:torque_l@2ms", [10.0, 20.0, 20.0]),
        ("sensor.dead:torque_l@2ms", [10.0, 0.0, 0.0]),
        ("sensor.added:torque_l,-5@2ms", [10.0, 15.0, 25.0]),
        ("sensor.scaled:torque_l,2@2ms", [10.0, 40.0, 60.0]),
        ("sensor.drifting:torque_l,60000@1ms", [10.0, 21.0, 32.0]),  # Nm in a minute: 1 Nm in a millisecond
    ],
)
def test_a_sensor_misleads_and_the_plant_does_not_know(line: str, shown: list[float]) -> None:
    bench = world(line).bench
    seen = []
    for t_ms, true in ((1, 10.0), (2, 20.0), (3, 30.0)):
        bench.plant.outputs["torque_l_nm"] = true  # as each step of the plant writes it anew
        mislead(bench.breakdowns, t_ms * MS)
        seen.append(float(bench.outputs[bench.plant.outputs.dtype.names.index("torque_l_nm")]))
    assert np.allclose(seen, shown)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("plant.coupling:3@1s", "takes no '3'"),
        ("plant.winding:190 V@1s", "V"),
        ("plant.winding_rising:2 K@1s", "no unit of this"),
        ("sensor.frozen@1s", "which signal"),
        ("sensor.frozen:torque_l,3@1s", "want a number"),
        ("sensor.scaled:torque_l@1s", "want a number"),
        ("sensor.drifting:torque_l@1s", "want a number"),
        ("sensor.added:torque_l,much@1s", "much"),
        ("sensor.added:torque_l,nan@1s", "nan"),
        ("plant.explode@1s", "knows no fault 'explode'"),
    ],
)
def test_lines_that_cannot_be_are_refused(line: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_faults([line], RIG)


def test_every_kind_can_be_written() -> None:
    assert len(read_faults([f"plant.{kind}@1s" for kind in OF_PLANT], RIG)) == len(OF_PLANT)
