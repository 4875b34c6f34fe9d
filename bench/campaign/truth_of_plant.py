"""What is true of the plant at one instant: from its state, not from what a sensor or the core says."""

import math
from dataclasses import dataclass

from bench.plant.plant import Plant

_RPM = math.pi / 30.0
SAFE_V = 60.0
"""Below this a voltage is harmless (DC; ISO 6469-4)."""
_STANDING_RPM = 1.0


@dataclass(frozen=True, slots=True)
class Moment:
    """Torque at the air gap, speed of the motor, voltages on both sides of the contactors, and what is on."""

    t_ns: int
    torque_nm: float
    motor_rpm: float
    link_v: float
    supply_v: float
    asked_nm: float
    """The torque that the inverter obeys now."""
    dyno_rpm: tuple[float, float]
    """What the dynos obey now, of the half-shafts."""
    coolant_l_min: float
    contactor: bool
    pwm: bool
    supply_on: bool
    dynos_on: bool

    @property
    def dead(self) -> bool:
        """No voltage, no torque, no turning."""
        return self.without_voltage and not self.pwm and abs(self.motor_rpm) < _STANDING_RPM

    @property
    def without_voltage(self) -> bool:
        """On both sides of the contactors."""
        return self.link_v < SAFE_V and self.supply_v < SAFE_V


class Eye:
    """Looks at one plant."""

    def __init__(self, plant: Plant) -> None:
        self._inputs, self._state, self._outputs = plant.inputs[0], plant.state[0], plant.outputs[0]
        self._ratio = float(plant.parameters["gear"]["ratio"][0])

    def look(self, t_ns: int) -> Moment:
        """What is true now."""
        inputs, state = self._inputs, self._state
        rpm = self._ratio * float(state["axle_speed_rad_s"]) / _RPM
        dynos = float(inputs["dyno_l_speed_rpm"]), float(inputs["dyno_r_speed_rpm"])
        return Moment(
            t_ns=t_ns,
            torque_nm=float(self._outputs["torque_airgap_nm"]),
            motor_rpm=rpm,
            link_v=float(state["link_v"]),
            supply_v=float(state["supply_v"]),
            asked_nm=float(inputs["torque_request_nm"]),
            dyno_rpm=dynos,
            coolant_l_min=float(inputs["coolant_flow_l_min"]),
            contactor=bool(inputs["contactor_closed"] > 0.5),
            pwm=bool(inputs["pwm_on"] > 0.5),
            supply_on=bool(inputs["supply_on"] > 0.5),
            dynos_on=bool(inputs["dyno_l_on"] > 0.5 or inputs["dyno_r_on"] > 0.5),
        )
