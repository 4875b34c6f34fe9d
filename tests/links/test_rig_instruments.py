"""The instruments of the demonstration rigs: every driver against the emulator that the same file describes."""

from pathlib import Path
from typing import Any

import pytest
from instrument_bench import OUTPUT_NAMES, Truth, Wire

import bench
from bench.base.time import NS_PER_MS
from bench.config.rig import load_rig
from bench.emulators.instruments.of_rig import by_part
from bench.emulators.instruments.periphery_of_rig import periphery_servers
from bench.emulators.periphery import act, make_periphery
from bench.links.drivers_of_rig import drivers_of

RIGS = Path(bench.__file__).parent / "rigs"


@pytest.mark.parametrize("name", ["e_axle_demo", "motor_demo", "e_axle_modbus"])
def test_identity_set_up_and_truth(name: str) -> None:
    rig = load_rig(RIGS / f"{name}.yaml").value
    truth = Truth(
        u_dc_v=400.0, i_dc_a=100.0, p_dc_w=40_000.0, u_ac_v=150.0, i_ac_a=100.0, p_ac_w=39_000.0, f_el_hz=100.0,
        u_f_v=20.0, i_f_a=4.0, p_f_w=80.0, p_aux_w=24.0, torque_l_nm=300.0, torque_r_nm=290.0,
        speed_l_rpm=200.0, speed_r_rpm=201.0, u_supply_v=401.0, i_supply_a=100.0,
        dyno_l_torque_nm=-300.0, dyno_r_torque_nm=-290.0, winding_degc=95.0,
    )  # fmt: skip
    periphery = make_periphery(1, 23.0)
    act(periphery, truth.inputs[0], NS_PER_MS, NS_PER_MS)
    truth.inputs["ambient_degc"] = rig.ambient
    parts = ("analyzer", "supply", "scanner", *rig.dynos)
    devices: Any = by_part(rig, dict.fromkeys(parts, truth.measured), OUTPUT_NAMES, truth.inputs, 1, ())
    shown: dict[str, float] = {}
    devices |= periphery_servers(rig, periphery, 1, ())
    for part, driver in drivers_of(rig, lambda _: 0).items():
        wire = Wire(devices[part])
        wire.run(driver.identify())
        assert wire.run(driver.set_up())
        wire.run(driver.read())
        records = driver.readout.records
        assert not records["quality"].any(), (part, driver.readout.readings())
        shown.update({reading.channel: reading.value for reading in driver.readout.readings()})
    assert shown["dc.power"] == pytest.approx(40_000.0, abs=700.0)  # the widest range
    assert shown["ac.power"] == pytest.approx(39_000.0, abs=1200.0)
    assert shown["supply.voltage"] == pytest.approx(401.0, abs=1.0)
    side = "l" if name.startswith("e_") else "m"
    assert shown[f"flange_{side}.torque"] == pytest.approx(300.0, abs=5.0)
    assert shown[f"flange_{side}.power"] == pytest.approx(300.0 * 200.0 * 0.104719755, rel=0.02)
    assert shown[f"dyno_{side}.torque"] == pytest.approx(-300.0, abs=25.0)
    if rig.scanner is not None:
        assert shown["scanner.winding_temp"] == pytest.approx(95.0, abs=2.9)
        assert shown["scanner.ambient_temp"] == pytest.approx(23.0, abs=1.9)
        assert shown["scanner.open"] == 0.0
    if side == "l":
        assert shown["flange_r.torque"] == pytest.approx(290.0, abs=5.0)
        assert shown["flange_r.speed"] == pytest.approx(201.0, abs=0.2)
        assert shown["dyno_r.speed"] == pytest.approx(201.0, abs=0.5)
        assert shown["dyno_r.torque"] == pytest.approx(-290.0, abs=25.0)
    if name == "e_axle_modbus":
        assert shown["io.chain_closed"] == shown["io.door_closed"] == 1.0
        assert shown["coolant.flow"] == shown["io.contactor_plus"] == 0.0
