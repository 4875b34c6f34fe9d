"""The plant's records: what acts on it (``INPUTS``), what it is (``STATE``), what is true of it (``OUTPUTS``).

Every field is a float, so that sensors may average a whole record as one flat vector; the unit is last in the name.
Flags are 0.0 or 1.0. In layout ``motor`` the left side is the one dyno and the right side stays at zero.
"""

import numpy as np


def _floats(names: str) -> np.dtype:
    return np.dtype([(name, "f8") for name in names.split()], align=True)


INPUTS = _floats(
    """torque_request_nm pwm_on short_circuit discharge_on
    supply_on supply_voltage_v supply_current_max_a supply_sink_current_max_a contactor_closed
    dyno_l_on dyno_l_speed_rpm dyno_r_on dyno_r_speed_rpm
    coolant_in_degc coolant_flow_l_min oil_in_degc oil_flow_l_min ambient_degc"""
)
"""What acts on the plant. ``torque_request_nm`` is the air-gap torque; dyno speeds are those of the half-shafts."""

OUTPUTS = _floats(
    """u_dc_v i_dc_a p_dc_w u_supply_v i_supply_a p_supply_w
    u_ac_v i_ac_a p_ac_w f_el_hz u_f_v i_f_a p_f_w p_aux_w
    torque_airgap_nm torque_shaft_nm speed_motor_rpm
    torque_l_nm torque_r_nm speed_l_rpm speed_r_rpm p_out_l_w p_out_r_w dyno_l_torque_nm dyno_r_torque_nm
    winding_degc rotor_degc junction_degc iron_degc oil_degc coolant_out_degc
    torque_max_nm torque_min_nm derating i_d_a i_q_a
    loss_copper_w loss_field_w loss_iron_w loss_friction_w loss_inverter_w loss_exciter_w
    loss_gear_w loss_shaft_w loss_cable_w loss_link_w loss_aux_w stored_j"""
)
"""The truth over one step: means for powers, torques and speeds (step middle), the end of the step for the rest.

``p_supply_w + p_aux_w = p_out_l_w + p_out_r_w + sum(loss_*) + d(stored_j)/dt`` holds at every step.
"""

STATE = _floats(
    """torque_nm field_current_a motor_speed_rad_s speed_slope_rad_s
    axle_speed_rad_s slip_rad_s twist_l_rad twist_r_rad dyno_l_rad_s dyno_r_rad_s dyno_l_integral_nm dyno_r_integral_nm
    link_v source_v supply_v junction_degc winding_degc iron_degc rotor_degc oil_degc coolant_out_degc
    resistance_ohm field_resistance_ohm magnet_vs gear_viscosity derating
    heat_time_s heat_winding_j heat_iron_j heat_rotor_j heat_gear_j heat_inverter_j thermal_on"""
)
"""All that changes between two steps. Twist: of a half-shaft; slip: half the speed difference of the side gears."""

LOSSES = tuple(name for name in OUTPUTS.names or () if name.startswith("loss_"))
"""The names of all loss outputs."""


def as_vector(record: np.ndarray) -> np.ndarray:
    """A record array of this module as a view of shape (n, fields) of plain floats."""
    return record.view(np.float64).reshape(len(record), -1)
