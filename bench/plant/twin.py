"""The twin: what an operating point will look like once it is steady, for ranges and order. Never a measured value.

It steps the plant's own equations with frozen temperatures until they stand still, so no second model can disagree.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bench.base.compiled import compiled
from bench.plant.optimum import CurrentTable, torque_limit
from bench.plant.parameters import PlantParameters
from bench.plant.plant import Plant, make_plant, step
from bench.plant.shafts import RPM

_STEP_NS = 1_000_000
_STEPS = 3000
_KNOWN_MAX = 4096
"""Operating points are asked for again and again: by checks, by foresight, on each way to a point."""
_SIDES = {"e_axle": ("l", "r"), "motor": ("m",)}


@compiled
def _settle(plant: Any, steps: int) -> None:
    for _ in range(steps):
        step(plant, _STEP_NS)


class SteadyTwin:
    """Predicts steady operating points of one unit at one supply voltage and one temperature."""

    def __init__(
        self,
        parameters: PlantParameters,
        voltage_v: float,
        temperature_degc: float = 80.0,
        table: CurrentTable | None = None,
    ) -> None:
        self._plant = make_plant(parameters, temperature_degc, table)
        self._known: dict[tuple[float, float], Mapping[str, float]] = {}
        self._layout, self._ratio = parameters.layout, float(self._plant.parameters["gear"]["ratio"][0])
        inputs, state = self._plant.inputs, self._plant.state
        state["thermal_on"] = 0.0
        for flag in ("pwm_on", "supply_on", "contactor_closed", "dyno_l_on", "dyno_r_on"):
            inputs[flag] = 1.0
        inputs["supply_voltage_v"] = voltage_v
        inputs["supply_current_max_a"] = inputs["supply_sink_current_max_a"] = math.inf

    @property
    def table(self) -> CurrentTable:
        """The table of currents, to be shared with other plants of the same unit."""
        return self._plant.table

    def predict(self, speed_rpm: float, torque_nm: float) -> Mapping[str, float]:
        """Expected values by channel name at motor speed and air-gap torque; torque beyond reach saturates."""
        known = self._known.get((speed_rpm, torque_nm))
        if known is None:
            self._start(speed_rpm)
            self._plant.inputs["torque_request_nm"] = torque_nm
            _settle(self._plant, _STEPS)
            known = MappingProxyType(self._channels())
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known[speed_rpm, torque_nm] = known
        return known

    def torque_limits(self, speed_rpm: float) -> tuple[float, float]:
        """(lowest, highest) air-gap torque in Nm that the unit reaches at this speed and voltage, without derating."""
        machine, voltage = self._plant.parameters["machine"][0], float(self._plant.inputs["supply_voltage_v"][0])
        _, limit = torque_limit(self._plant.table, machine, speed_rpm * RPM, voltage)
        return -float(limit), float(limit)

    def _start(self, speed_rpm: float) -> None:
        state, inputs = self._plant.state, self._plant.inputs
        for name in ("axle_speed_rad_s", "dyno_l_rad_s", "dyno_r_rad_s"):
            state[name] = speed_rpm * RPM / self._ratio
        for name in ("twist_l_rad", "twist_r_rad", "dyno_l_integral_nm", "dyno_r_integral_nm", "slip_rad_s"):
            state[name] = 0.0
        state["torque_nm"] = state["speed_slope_rad_s"] = 0.0
        state["source_v"] = state["supply_v"] = state["link_v"] = inputs["supply_voltage_v"]
        inputs["dyno_l_speed_rpm"] = inputs["dyno_r_speed_rpm"] = speed_rpm / self._ratio

    def _channels(self) -> dict[str, float]:
        return channels_of(self._plant, self._layout)


def channels_of(plant: Plant, layout: str) -> dict[str, float]:
    """What a plant has come to, by channel name, as an ideal bench would tell it."""
    out = {name: float(plant.outputs[name][0]) for name in plant.outputs.dtype.names or ()}
    values = {
        "dc.voltage": out["u_dc_v"],
        "dc.current": out["i_dc_a"],
        "dc.power": out["p_dc_w"],
        "ac.voltage": out["u_ac_v"],
        "ac.current": out["i_ac_a"],
        "ac.power": out["p_ac_w"],
        "ac.frequency": out["f_el_hz"],
        "field.voltage": out["u_f_v"],
        "field.current": out["i_f_a"],
        "field.power": out["p_f_w"],
        "aux.power": out["p_aux_w"],
        "supply.voltage": out["u_supply_v"],
        "supply.current": out["i_supply_a"],
        "supply.power": out["p_supply_w"],
        "dut.torque_est": out["torque_airgap_nm"],
        "dut.speed": out["speed_motor_rpm"],
    }
    for side, part in zip(("l", "r"), _SIDES[layout], strict=False):
        values[f"flange_{part}.torque"] = out[f"torque_{side}_nm"]
        values[f"flange_{part}.speed"] = out[f"speed_{side}_rpm"]
        values[f"flange_{part}.power"] = out[f"p_out_{side}_w"]
        values[f"dyno_{part}.speed"] = out[f"speed_{side}_rpm"]
        values[f"dyno_{part}.torque"] = out[f"dyno_{side}_torque_nm"]
    return values
