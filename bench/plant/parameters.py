"""What a plant is made of. One dataclass a part; names and units are those of the ``plant`` section of a DUT file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class MachineParameters:
    """An electric machine in rotor (dq) coordinates, amplitude-invariant, motor convention.

    ``eesm``: the field is given by ``mutual_inductance_h`` (psi_d = L_d i_d + L_m i_f, rotor side) and the magnet's
    flux is 0. ``pmsm``: the field values are 0. Iron loss = (hysteresis w_e + eddy w_e^2) |psi|^2.
    """

    kind: Literal["eesm", "pmsm"]
    pole_pairs: int
    resistance_20_ohm: float
    inductance_d_h: float
    inductance_q_h: float
    magnet_flux_vs: float
    magnet_temperature_coefficient_per_k: float
    mutual_inductance_h: float
    field_inductance_h: float
    field_resistance_20_ohm: float
    field_current_min_a: float
    field_current_max_a: float
    current_max_a: float
    torque_max_nm: float
    power_max_w: float
    speed_max_rpm: float
    iron_hysteresis_w_s_per_vs2: float
    iron_eddy_w_s2_per_vs2: float
    bearing_torque_nm: float
    windage_nm_s2: float
    inertia_kg_m2: float
    torque_time_s: float

    def __post_init__(self) -> None:
        if self.kind == "eesm":
            sigma = 1.0 - 1.5 * self.mutual_inductance_h**2 / (self.inductance_d_h * self.field_inductance_h)
            if not 0.0 < sigma < 1.0:
                raise ValueError(
                    f"leakage factor sigma is {sigma:.3f}, must lie in 0..1: are the field values rotor-side?"
                )


@dataclass(frozen=True, slots=True)
class PowerStageParameters:
    """Inverter (six IGBTs and diodes, sine averaging), its DC link, and the exciter of the field."""

    igbt_threshold_v: float
    igbt_slope_ohm: float
    diode_threshold_v: float
    diode_slope_ohm: float
    igbt_switching_j: float
    igbt_voltage_exponent: float
    diode_switching_j: float
    diode_current_exponent: float
    diode_voltage_exponent: float
    reference_voltage_v: float
    reference_current_a: float
    switching_frequency_hz: float
    standby_loss_w: float
    modulation_max: float
    exciter_threshold_v: float
    exciter_slope_ohm: float
    capacitance_f: float
    discharge_resistance_ohm: float
    bleeder_resistance_ohm: float
    voltage_min_v: float
    voltage_max_v: float
    auxiliary_power_w: float


@dataclass(frozen=True, slots=True)
class TransmissionParameters:
    """Single-speed gear and open differential; losses by load (mesh) and by speed (churning, bearings, seals).

    Drag torque at the input: (a0 + a1 |w| + a2 w^2) exp(-viscosity_per_k (T_oil - 70 degC)), w in rad/s.
    """

    ratio: float
    mesh_loss: float
    drag_a0_nm: float
    drag_a1_nm_s: float
    drag_a2_nm_s2: float
    viscosity_per_k: float
    lock_torque_nm: float
    inertia_kg_m2: float


@dataclass(frozen=True, slots=True)
class ThermalParameters:
    """Lumped heat: winding - iron - coolant, rotor - oil, junction - coolant, oil - conditioner, coolant, ambient.

    Derating falls linearly from 1 at ``*_derate_degc`` to 0 at ``*_trip_degc``.
    """

    winding_capacity_j_per_k: float
    iron_capacity_j_per_k: float
    rotor_capacity_j_per_k: float
    oil_capacity_j_per_k: float
    coolant_capacity_j_per_k: float
    winding_iron_k_per_w: float
    winding_oil_k_per_w: float
    iron_coolant_k_per_w: float
    iron_oil_k_per_w: float
    rotor_oil_k_per_w: float
    oil_coolant_k_per_w: float
    oil_ambient_k_per_w: float
    junction_coolant_k_per_w: float
    junction_time_s: float
    winding_derate_degc: float
    winding_trip_degc: float
    rotor_derate_degc: float
    rotor_trip_degc: float
    junction_derate_degc: float
    junction_trip_degc: float


@dataclass(frozen=True, slots=True)
class SourceParameters:
    """The DC source up to the DUT's terminals. Belongs to the rig; all figures assumed."""

    source_resistance_ohm: float = 0.003
    cable_resistance_ohm: float = 0.008
    slew_v_per_s: float = 4000.0
    output_bleeder_s: float = 0.002
    discharge_time_s: float = 0.5


@dataclass(frozen=True, slots=True)
class ShaftParameters:
    """A shaft from the DUT to one dyno, and the dyno's speed control. Belongs to the rig; figures assumed.

    ``brake_full_rpm`` above 0: the dyno is a brake. It only absorbs, and below that speed its torque falls with the
    speed, to nothing at standstill (as that of an eddy-current brake does).
    """

    stiffness_nm_per_rad: float = 2.0e4
    damping_nm_s: float = 40.0
    dyno_inertia_kg_m2: float = 2.0
    dyno_bearing_nm_s: float = 0.004
    dyno_torque_max_nm: float = 3000.0
    control_p_nm_s: float = 150.0
    control_i_nm: float = 1500.0
    brake_full_rpm: float = 0.0


@dataclass(frozen=True, slots=True)
class PlantParameters:
    """A whole bench: DUT and what it is coupled to. ``transmission`` is not used in layout ``motor``."""

    machine: MachineParameters
    power_stage: PowerStageParameters
    transmission: TransmissionParameters
    thermal: ThermalParameters
    source: SourceParameters = field(default_factory=SourceParameters)
    shaft: ShaftParameters = field(default_factory=ShaftParameters)
    layout: Literal["e_axle", "motor"] = "e_axle"


def plant_parameters(
    values: Mapping[str, Mapping[str, Any]],
    layout: Literal["e_axle", "motor"] = "e_axle",
    source: SourceParameters | None = None,
    shaft: ShaftParameters | None = None,
) -> PlantParameters:
    """Parameters from plain values by part, as ``Dut.plant_values()`` gives them. ``ValueError`` if unphysical."""
    return PlantParameters(
        machine=MachineParameters(**values["machine"]),
        power_stage=PowerStageParameters(**values["power_stage"]),
        transmission=TransmissionParameters(**values["transmission"]),
        thermal=ThermalParameters(**values["thermal"]),
        source=source or SourceParameters(),
        shaft=shaft or ShaftParameters(),
        layout=layout,
    )
