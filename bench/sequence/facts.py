"""A step's context from the rig and DUT files."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace

from bench.base.ports import Twin
from bench.config.diagnostics import Diagnostics
from bench.config.rig import Rig
from bench.sequence.arm.diagnosis import Examination
from bench.sequence.context import BenchFacts, Context, DutFacts, Roles, ShuntSignal
from bench.sequence.point.budget import budget_of


def roles_of(rig: Rig) -> Roles:
    """Which parts do what on this rig."""
    elements = tuple(str(name) for name in rig.analyzer.elements)
    parts, periphery = (tuple(rig.dynos), tuple(rig.flanges)), tuple(rig.modbus)
    found = Roles(*parts, elements=elements, on_can=rig.on_can, periphery=periphery)
    if rig.scanner is None:
        return found
    thermocouples = tuple(f"scanner.{name}_temp" for name in rig.scanner.thermocouples)
    return replace(found, scanner="scanner", thermocouples=thermocouples)


def facts_of(rig: Rig, ratio: float, heard: Container[str] = ()) -> BenchFacts:
    """The rig's figures; ``ratio`` is the DUT's transmission (it counts in layout ``e_axle`` only), ``heard`` holds the
    channels that frames bring."""
    supply, coolant, oil, check = rig.supply, rig.conditioner.coolant, rig.conditioner.oil, rig.sign_check
    return BenchFacts(
        layout=rig.layout,
        shaft_ratio=ratio if rig.layout == "e_axle" else 1.0,
        dyno_speed_max_rpm=min(dyno.speed_max for dyno in rig.dynos.values()),
        dyno_torque_max_nm=min(dyno.torque_max for dyno in rig.dynos.values()),
        dyno_power_max_w=min(dyno.power_max for dyno in rig.dynos.values()),
        dyno_speed_rate_rpm_s=min(dyno.speed_rate_max for dyno in rig.dynos.values()),
        supply_voltage_v=supply.voltage,
        supply_slew_v_s=supply.slew,
        precharge_rate_v_s=supply.precharge.rate,
        precharge_current_a=supply.precharge.current,
        precharge_timeout_s=supply.precharge.timeout,
        source_current_a=supply.current_limit,
        sink_current_a=supply.sink_current_limit,
        insulation_min_ohm=rig.insulation.warn,
        insulation_doubts=rig.insulation.doubts(heard),
        coolant_temp_degc=coolant.temperature,
        coolant_flow_l_min=coolant.flow,
        oil_temp_degc=oil.temperature,
        oil_flow_l_min=oil.flow,
        sign_speed_rpm=check.speed,
        sign_torque_nm=check.torque,
        sign_tolerance_nm=check.tolerance,
        sign_hold_s=check.hold,
        torque_rate_max_nm_s=rig.ramps.torque,
        speed_rate_max_rpm_s=rig.ramps.speed,
        brake_full_rpm=max(dyno.full_torque_speed or 0.0 for dyno in rig.dynos.values()),
        update_s=rig.analyzer.update,
        latency_s=rig.analyzer.latency,
        warm_up_s=rig.analyzer.warm_up,
        shunts=tuple(_shunts(rig)),
        flange_torque_nm=min(flange.nominal_torque for flange in rig.flanges.values()),
        guards=rig.unattended.guards,
    )


def _shunts(rig: Rig) -> Iterator[ShuntSignal]:
    for name, flange in rig.flanges.items():
        if flange.shunt is not None:
            torque_nm, place = flange.shunt.torque, f"rig {rig.rig}, flanges.{name}.shunt"
            yield ShuntSignal(name, flange.sign * torque_nm, flange.shunt.tolerance / 100.0 * torque_nm, place)


def context_of(
    rig: Rig, dut: DutFacts, ratio: float, twin: Twin, diagnostics: Diagnostics | None = None,
    parameters: Mapping[int, int] | None = None, heard: Container[str] = (),
) -> Context:  # fmt: skip
    """Everything that steps are handed on this rig with this DUT; ``parameters``: to what its inverter must be set,
    ``heard`` holds the channels that frames bring."""
    examination = Examination(parameters=parameters or {})
    if diagnostics is not None:
        examination = replace(examination, names=tuple(diagnostics.identity), expected=diagnostics.expected)
    return Context(dut, facts_of(rig, ratio, heard), twin, budget_of(rig), roles_of(rig), examination)
