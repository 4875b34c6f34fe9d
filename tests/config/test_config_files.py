"""The rigs and plans that come with the bench."""

import pytest

from bench.base.units import Unit
from bench.config.channels import ALL_NAMES, SIDES, bench_channels
from bench.config.dut import Dut
from bench.config.grid import grid_points, zone_of
from bench.config.located import load
from bench.config.plan import load_plan
from bench.config.rig import Rig, load_rig
from bench.config.search import find, names
from bench.plant.parameters import ShaftParameters, SourceParameters
from bench.sequence.registry import parameter_models, step_kinds

KINDS = parameter_models(step_kinds())


def the_rig(name: str) -> Rig:
    return load_rig(find("rig", name)).value


@pytest.mark.parametrize("name", names("rig"))
def test_a_rig_names_everything_it_needs(name: str) -> None:
    rig = the_rig(name)
    assert rig.rig == name
    assert find("dut", rig.dut).is_file()
    assert find("dbc", rig.bus("bench_io").dbc or "").is_file()
    assert set(rig.analyzer.elements) == {"dc", "ac", "field", "aux"}
    assert rig.bus("dut").bus == 0
    assert rig.bus("bench_io").bus == 1


@pytest.mark.parametrize("name", names("rig"))
def test_every_instrument_has_its_own_address(name: str) -> None:
    rig = the_rig(name)
    resources = [instrument.resource for instrument in rig.instruments.values()]
    assert len(set(resources)) == len(resources) >= 2


@pytest.mark.parametrize("name", names("rig"))
def test_a_rig_is_strong_enough_for_its_dut(name: str) -> None:
    rig, dut = the_rig(name), load(find("dut", the_rig(name).dut), Dut)
    ratio = dut.ratio.value if rig.layout == "e_axle" else 1.0
    torque = dut.torque_max_nm(0.0) * ratio / len(rig.dynos)
    for dyno, flange in zip(rig.dynos.values(), rig.flanges.values(), strict=True):
        assert torque < flange.nominal_torque
        if dyno.absorbing:  # it may be the weaker one: what it cannot hold, check and core refuse
            assert dyno.torque_max < flange.nominal_torque
            continue
        assert flange.nominal_torque < dyno.torque_max
        assert dut.speed_max_rpm / ratio < dyno.speed_max
    assert rig.supply.voltage == pytest.approx(dut.envelope.voltage_nominal.value, rel=0.1)


@pytest.mark.parametrize("name", names("rig"))
def test_watchdogs_act_in_order_inverter_dyno_supply(name: str) -> None:
    rig = the_rig(name)
    assert rig.supply.watchdog is not None
    for dyno in rig.dynos.values():
        if dyno.absorbing:  # its controller has none, and needs none: it never gives energy
            assert dyno.watchdog is None
            continue
        assert dyno.watchdog is not None
        assert 0.05 < dyno.watchdog < rig.supply.watchdog


def test_the_twin_takes_the_rigs_figures_as_they_are() -> None:
    rig = the_rig("e_axle_demo")
    shaft = ShaftParameters(**rig.dynos["dyno_l"].shaft.model_dump(), dyno_torque_max_nm=rig.dynos["dyno_l"].torque_max)
    source = SourceParameters(**rig.supply.source.model_dump(), slew_v_per_s=rig.supply.slew)
    assert shaft.dyno_inertia_kg_m2 == 2.0
    assert source.slew_v_per_s == 4000.0


@pytest.mark.parametrize(("name", "count"), [("efficiency_map", 180), ("efficiency_map_quick", 12), ("smoke", 3)])
def test_the_plans_have_their_points_inside_the_envelope(name: str, count: int) -> None:
    plan = load_plan(find("plan", name), KINDS).value
    dut = load(find("dut", plan.dut), Dut)
    soak, grid = (step.parameters for step in plan.steps)
    points = grid_points(dut, grid.speeds, grid.fractions)
    assert plan.plan == name
    assert len(points) == count
    assert sum(point.torque_nm < 0 for point in points) * 2 in (count, count - 1)
    assert zone_of(dut, soak.speed, soak.torque) == "continuous"
    if grid.reference is not None:
        assert zone_of(dut, grid.reference.speed, grid.reference.torque) == "continuous"


@pytest.mark.parametrize("layout", SIDES)
def test_channels_are_named_by_part_and_have_units(layout: str) -> None:
    channels = bench_channels(layout)
    assert len(set(channels.names)) == len(channels)
    assert {f"dyno_{side}.speed" for side in SIDES[layout]} <= set(channels.names)
    assert channels["imd.insulation"].unit is Unit.OHM
    assert set(channels.names) <= set(ALL_NAMES)
