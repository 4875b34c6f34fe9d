"""The DUT file: what a drive unit is, what it may be asked for, and the figures of its model.

Each number stands with its source (``{value: 400 Nm, source: "press, iX3 2020"}``) or the word ``assumed``.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field, model_validator

from bench.config.diagnostics import Diagnostics
from bench.config.file_model import FileModel
from bench.config.limits import LimitRule
from bench.config.quantity import Amperes, DegC, Number, Seconds, SpeedRpm, TorqueNm, Volts, Watts
from bench.config.restbus import RestbusFrame

T = TypeVar("T")


class Sourced(FileModel, Generic[T]):
    """A value and where it comes from (an address, a document, or ``assumed``)."""

    value: T
    source: Annotated[str, Field(min_length=1)]


class Curve(FileModel):
    """A torque curve over the motor's speed, linear between its points and constant outside."""

    points: Annotated[tuple[tuple[SpeedRpm, TorqueNm], ...], Field(min_length=2)]
    source: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _speeds_rise(self) -> "Curve":
        speeds = [speed for speed, _ in self.points]
        if any(b <= a for a, b in pairwise(speeds)):
            raise ValueError("the speeds of a curve must rise from point to point")
        return self

    def at(self, speed_rpm: float) -> float:
        """The torque in Nm at the absolute value of ``speed_rpm``."""
        return interpolate(self.points, abs(speed_rpm))


def interpolate(points: Sequence[tuple[float, float]], x: float) -> float:
    """Linear between ``points`` (x rising), the end values outside."""
    if x <= points[0][0]:
        return points[0][1]
    for (x_0, y_0), (x_1, y_1) in pairwise(points):
        if x <= x_1:
            return y_0 + (y_1 - y_0) * (x - x_0) / (x_1 - x_0)
    return points[-1][1]


class Envelope(FileModel):
    """What the unit may be asked for, at the motor shaft."""

    peak_torque: Curve
    continuous_torque: Curve
    regeneration_torque: Curve | None = None
    speed_max: Sourced[SpeedRpm]
    voltage_min: Sourced[Volts]
    voltage_nominal: Sourced[Volts]
    voltage_max: Sourced[Volts]
    dc_current_max: Sourced[Amperes]
    power_max: Sourced[Watts]

    @property
    def volts(self) -> tuple[float, float]:
        """The lowest and highest DC voltage."""
        return self.voltage_min.value, self.voltage_max.value


class TemperatureLimits(FileModel):
    """Limits of one temperature: a warning, the start of derating, the stop."""

    warn: DegC
    derate: DegC
    trip: DegC
    source: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> "TemperatureLimits":
        if not self.warn <= self.derate < self.trip:
            raise ValueError("temperatures must be in the order warn <= derate < trip")
        return self


ParameterAddress = Annotated[int, Field(ge=1, le=0xFFFF)]
ParameterValue = Annotated[int, Field(ge=-32768, le=32767)]


class InverterSettings(FileModel):
    """How the unit is spoken to: the DBC by name, and the driver, which knows the protocol's own words."""

    dbc: str
    driver: str
    direction: Literal["forward", "reverse"] = "forward"
    """The inverter's own direction in which the vehicle goes forward."""
    torque_step: Annotated[TorqueNm, Field(gt=0)] = 0.05
    """Resolution of the torque command in the DBC; set-points of a map are multiples of it."""
    command_timeout: Sourced[Annotated[Seconds, Field(gt=0, le=1)]] | None = None
    """After this time without a command the inverter takes its torque away, if it lets itself be told how long."""
    parameters: dict[ParameterAddress, Sourced[ParameterValue]] = Field(default_factory=dict)
    """To what else the inverter must have been set up, by address and in its own counts: read back before HV."""


class Value(Sourced[Number]):
    """A bare number of the model; its unit is last in the name of its field."""


class _Section(FileModel):
    def values(self) -> dict[str, Any]:
        """The section as plain numbers and words, by field name."""
        return {name: getattr(item, "value", item) for name, item in self}


class MachineSection(_Section):
    """Field names and meaning as in the plant's ``MachineParameters``, less what the file states elsewhere."""

    resistance_20_ohm: Value
    inductance_d_h: Value
    inductance_q_h: Value
    magnet_flux_vs: Value
    magnet_temperature_coefficient_per_k: Value
    mutual_inductance_h: Value
    field_inductance_h: Value
    field_resistance_20_ohm: Value
    field_current_min_a: Value
    field_current_max_a: Value
    current_max_a: Value
    torque_max_nm: Value
    power_max_w: Value
    speed_max_rpm: Value
    iron_hysteresis_w_s_per_vs2: Value
    iron_eddy_w_s2_per_vs2: Value
    bearing_torque_nm: Value
    windage_nm_s2: Value
    inertia_kg_m2: Value
    torque_time_s: Value


class PowerStageSection(_Section):
    """Field names and meaning as in the plant's ``PowerStageParameters``."""

    igbt_threshold_v: Value
    igbt_slope_ohm: Value
    diode_threshold_v: Value
    diode_slope_ohm: Value
    igbt_switching_j: Value
    igbt_voltage_exponent: Value
    diode_switching_j: Value
    diode_current_exponent: Value
    diode_voltage_exponent: Value
    reference_voltage_v: Value
    reference_current_a: Value
    switching_frequency_hz: Value
    standby_loss_w: Value
    modulation_max: Value
    exciter_threshold_v: Value
    exciter_slope_ohm: Value
    capacitance_f: Value
    discharge_resistance_ohm: Value
    bleeder_resistance_ohm: Value
    voltage_min_v: Value
    voltage_max_v: Value
    auxiliary_power_w: Value


class TransmissionSection(_Section):
    """Field names and meaning as in the plant's ``TransmissionParameters``; the ratio is the file's own."""

    mesh_loss: Value
    drag_a0_nm: Value
    drag_a1_nm_s: Value
    drag_a2_nm_s2: Value
    viscosity_per_k: Value
    lock_torque_nm: Value
    inertia_kg_m2: Value


class ThermalSection(_Section):
    """Field names and meaning as in the plant's ``ThermalParameters``; derating limits: ``temperatures``."""

    winding_capacity_j_per_k: Value
    iron_capacity_j_per_k: Value
    rotor_capacity_j_per_k: Value
    oil_capacity_j_per_k: Value
    coolant_capacity_j_per_k: Value
    winding_iron_k_per_w: Value
    winding_oil_k_per_w: Value
    iron_coolant_k_per_w: Value
    iron_oil_k_per_w: Value
    rotor_oil_k_per_w: Value
    oil_coolant_k_per_w: Value
    oil_ambient_k_per_w: Value
    junction_coolant_k_per_w: Value
    junction_time_s: Value


class PlantSection(FileModel):
    """The figures of the unit's model (its virtual twin); a bench without emulation does not need them."""

    machine: MachineSection
    power_stage: PowerStageSection
    transmission: TransmissionSection
    thermal: ThermalSection


Machine = Literal["eesm", "pmsm"]
Monitored = Literal["winding", "rotor", "junction", "oil", "coolant"]


class Dut(FileModel):
    """An electric drive unit, as its file describes it."""

    name: Annotated[str, Field(pattern=r"[A-Za-z0-9._-]{1,64}")]
    title: str
    machine: Machine
    ac_access: bool
    field_access: bool
    pole_pairs: Sourced[int]
    ratio: Sourced[Number]
    envelope: Envelope
    temperatures: dict[Monitored, TemperatureLimits]
    inverter: InverterSettings
    restbus: dict[str, RestbusFrame] = Field(default_factory=dict)
    """By message: what ECUs that are not on the bench would send to the inverter."""
    present: tuple[str, ...] = ()
    """Nodes of the database that are on the bench beside the inverter, and send their messages themselves."""
    diagnostics: Diagnostics | None = None
    limits: tuple[LimitRule, ...] = ()
    """Beyond those that follow from the envelope and the temperatures."""
    plant: PlantSection

    @model_validator(mode="after")
    def _all_derating_temperatures(self) -> "Dut":
        missing = [name for name in ("winding", "rotor", "junction") if name not in self.temperatures]
        if missing:
            raise ValueError(f"temperatures: limits for {', '.join(missing)} are missing")
        return self

    @property
    def speed_max_rpm(self) -> float:
        """Highest speed of the motor, rpm."""
        return self.envelope.speed_max.value

    @property
    def torque_step_nm(self) -> float:
        """Resolution of the torque command, Nm."""
        return self.inverter.torque_step

    def electrical_hz(self, speed_rpm: float) -> float:
        """Electrical frequency of the synchronous machine at a speed, Hz."""
        return abs(speed_rpm) / 60.0 * self.pole_pairs.value

    def torque_max_nm(self, speed_rpm: float) -> float:
        """Highest driving torque in Nm at the motor's speed; 0 beyond the highest speed."""
        return self.envelope.peak_torque.at(speed_rpm) if abs(speed_rpm) <= self.speed_max_rpm else 0.0

    def torque_min_nm(self, speed_rpm: float) -> float:
        """Lowest (most negative, regenerating) torque in Nm at the motor's speed; 0 beyond the highest speed."""
        curve = self.envelope.regeneration_torque or self.envelope.peak_torque
        return -abs(curve.at(speed_rpm)) if abs(speed_rpm) <= self.speed_max_rpm else 0.0

    def continuous_torque_nm(self, speed_rpm: float) -> float:
        """Torque in Nm that may be held for ever at the motor's speed."""
        return min(self.envelope.continuous_torque.at(speed_rpm), self.torque_max_nm(speed_rpm))

    def plant_values(self) -> dict[str, dict[str, Any]]:
        """Keyword arguments by part: ``machine``, ``power_stage``, ``transmission``, ``thermal``."""
        derating = {
            f"{name}_{level}_degc": getattr(self.temperatures[name], level)
            for name in ("winding", "rotor", "junction")
            for level in ("derate", "trip")
        }
        machine = {"kind": self.machine, "pole_pairs": self.pole_pairs.value, **self.plant.machine.values()}
        return {
            "machine": machine,
            "power_stage": self.plant.power_stage.values(),
            "transmission": {"ratio": self.ratio.value, **self.plant.transmission.values()},
            "thermal": {**self.plant.thermal.values(), **derating},
        }
