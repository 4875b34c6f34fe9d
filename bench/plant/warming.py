"""The plant in large strides, for foresight: what it takes at an operating point, and how warm it becomes meanwhile.

Currents, shafts and heat are the plant's own equations. At each stride they are stepped until the operating point
stands, with frozen temperatures; then its losses warm the unit for the whole stride. So hours take milliseconds, and
nothing that is faster than seconds can be seen.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled
from bench.plant.optimum import CurrentTable
from bench.plant.parameters import PlantParameters
from bench.plant.plant import make_plant, step
from bench.plant.shafts import RPM
from bench.plant.thermal import refresh, warm
from bench.plant.twin import channels_of

_STEP_NS = 1_000_000
_SETTLING_STEPS = 250
_THERMAL_STEP_S = 0.25
_MEDIA_S = 30.0  # heaters of the conditioner, as the virtual bench has them
_FLOWING_L_MIN = 0.5

TRACED = (
    "dut.winding_temp", "dut.rotor_temp", "dut.junction_temp", "dut.oil_temp", "dut.coolant_temp", "coolant.temp_in",
    "coolant.temp_out", "oil.temp", "coolant.flow", "oil.flow",
)  # fmt: skip
"""Channels of a trace's columns."""

MEDIA = np.dtype(
    [(f"{name}_{what}", "f8") for name in ("coolant", "oil") for what in ("degc", "flow", "degc_cmd", "flow_cmd")]
    + [(f"{name}_pump_s", "f8") for name in ("coolant", "oil")]
)
"""Coolant and oil at the unit's inlets, what they are told, and the time constants of their pumps."""

Trace = NDArray[np.float64]
Saved = tuple[NDArray[np.void], NDArray[np.void]]


@compiled
def _flow(media: Any, inputs: Any, dt: float) -> None:
    media.coolant_flow += (media.coolant_flow_cmd - media.coolant_flow) * min(dt / media.coolant_pump_s, 1.0)
    media.oil_flow += (media.oil_flow_cmd - media.oil_flow) * min(dt / media.oil_pump_s, 1.0)
    if media.coolant_flow > _FLOWING_L_MIN:
        media.coolant_degc += (media.coolant_degc_cmd - media.coolant_degc) * dt / _MEDIA_S
    if media.oil_flow > _FLOWING_L_MIN:
        media.oil_degc += (media.oil_degc_cmd - media.oil_degc) * dt / _MEDIA_S
    inputs.coolant_in_degc, inputs.coolant_flow_l_min = media.coolant_degc, media.coolant_flow
    inputs.oil_in_degc, inputs.oil_flow_l_min = media.oil_degc, media.oil_flow


@compiled
def _stride(plant: Any, media_of_bench: Any, dt: float, trace: Any) -> None:
    p, inputs, x, y = plant.parameters[0], plant.inputs[0], plant.state[0], plant.outputs[0]
    media = media_of_bench[0]
    refresh(p, x)
    x.thermal_on = 0.0
    for _ in range(_SETTLING_STEPS):
        step(plant, _STEP_NS)
    for k in range(trace.shape[0]):
        _flow(media, inputs, dt)
        x.heat_time_s = dt
        x.heat_winding_j, x.heat_iron_j, x.heat_rotor_j = y.loss_copper_w * dt, y.loss_iron_w * dt, y.loss_field_w * dt
        x.heat_gear_j = (y.loss_gear_w + y.loss_friction_w) * dt
        x.heat_inverter_j = (y.loss_inverter_w + y.loss_exciter_w) * dt
        warm(p, x, inputs)
        row = trace[k]
        row[0], row[1], row[2], row[3] = x.winding_degc, x.rotor_degc, x.junction_degc, x.oil_degc
        row[4], row[5], row[6], row[7] = x.coolant_out_degc, media.coolant_degc, x.coolant_out_degc, media.oil_degc
        row[8], row[9] = media.coolant_flow, media.oil_flow


class Warming:
    """One unit on one bench, at ambient temperature and at rest."""

    def __init__(
        self, parameters: PlantParameters, table: CurrentTable, ambient_degc: float, pumps_s: tuple[float, float]
    ) -> None:
        self._plant = make_plant(parameters, ambient_degc, table)
        self._media = np.zeros(1, MEDIA)
        self._media["coolant_degc"] = self._media["oil_degc"] = ambient_degc
        self._media["coolant_pump_s"], self._media["oil_pump_s"] = pumps_s
        self._layout, self._ratio = parameters.layout, float(self._plant.parameters["gear"]["ratio"][0])
        inputs = self._plant.inputs
        inputs["supply_current_max_a"] = inputs["supply_sink_current_max_a"] = math.inf
        inputs["dyno_l_on"] = inputs["dyno_r_on"] = 1.0
        self._operating: tuple[float, float, float, bool] | None = None

    def command_media(self, values: Mapping[str, float]) -> None:
        """Set-points by channel (``coolant.temp_cmd``, degC; ``oil.flow_cmd``, l/min)."""
        for channel, value in values.items():
            circuit, _, what = channel.removesuffix("_cmd").partition(".")
            self._media[f"{circuit}_{'degc' if what == 'temp' else 'flow'}_cmd"] = value

    def operate(self, speed_rpm: float, torque_nm: float, voltage_v: float, *, running: bool) -> None:
        """Go to an operating point at once; ``voltage_v`` 0: nothing is fed, ``running``: the inverter clocks."""
        state, inputs = self._plant.state, self._plant.inputs
        wanted = (speed_rpm, torque_nm, voltage_v, running)
        if wanted == self._operating:
            return
        self._operating = wanted
        for name in ("axle_speed_rad_s", "dyno_l_rad_s", "dyno_r_rad_s"):
            state[name] = speed_rpm * RPM / self._ratio
        for name in ("twist_l_rad", "twist_r_rad", "dyno_l_integral_nm", "dyno_r_integral_nm", "slip_rad_s"):
            state[name] = 0.0
        state["speed_slope_rad_s"] = 0.0
        state["torque_nm"] = torque_nm if running else 0.0
        state["source_v"] = state["supply_v"] = state["link_v"] = inputs["supply_voltage_v"] = voltage_v
        inputs["supply_on"] = inputs["contactor_closed"] = float(voltage_v > 0.0)
        inputs["pwm_on"] = float(running)
        inputs["dyno_l_speed_rpm"] = inputs["dyno_r_speed_rpm"] = speed_rpm / self._ratio
        inputs["torque_request_nm"] = torque_nm if running else 0.0

    def advance(self, seconds: float) -> Trace:
        """Hold the operating point; the columns ``TRACED`` at equal steps, the last at the end."""
        steps = max(1, math.ceil(seconds / _THERMAL_STEP_S - 1e-9))
        trace = np.empty((steps, len(TRACED)))
        _stride(self._plant, self._media, seconds / steps, trace)
        return trace

    def values(self) -> dict[str, float]:
        """Powers, torques and speeds at the operating point, by channel."""
        return channels_of(self._plant, self._layout)

    def derating(self) -> float:
        """1: the unit gives its full torque; less: so much of it."""
        return float(self._plant.outputs["derating"][0])

    def save(self) -> Saved:
        """To go back to."""
        return self._plant.state.copy(), self._media.copy()

    def restore(self, saved: Saved) -> None:
        """As it was."""
        self._plant.state[:], self._media[:] = saved
