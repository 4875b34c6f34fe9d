"""The load of the benchmark in virtual time: a night of drive cycles on a bench with all that a bench may have at once.

The demonstration rig with its five instruments at 20 Hz (supply, power analyzer, two dynos behind AK hosts, temperature
scanner), its flanges on CAN, the vehicle's frames as often as those of the unit, and limits on every temperature.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bench.assembly import Inputs, load_inputs
from bench.canbus.database import Database
from bench.config.dut import Dut
from bench.config.limits import LimitRule
from bench.config.plan import Plan
from bench.config.restbus import RestbusFrame
from bench.config.rig import Rig, load_rig
from bench.config.search import find

PLAN, RIG, FLANGES = "wltc_energy", "e_axle_demo", "e_axle_fast"
CYCLE_S = 1800.0
"""How long the plan's drive cycle takes."""
_PERIOD_S = 0.01
_PROTECTED = ("VCU_TERMINAL", "VCU_GEAR", "BMS_STATUS")
_HOTTEST_DEGC, _MOST_W = 400.0, 1e6  # that no part of the unit ever reaches
_POWERS = ("dc.power", "ac.power", "field.power", "aux.power")

_CHASSIS = """\
BO_ 209 VCU_CHASSIS: 8 VCU
 SG_ Crc : 0|8@1+ (1,0) [0|255] "" EDU
 SG_ Counter : 8|4@1+ (1,0) [0|14] "" EDU
 SG_ VehicleSpeed : 16|16@1+ (0.01,0) [0|655] "km/h" EDU

"""
_CHASSIS_ATTRIBUTES = """\
BA_ "GenMsgCycleTime" BO_ 209 10;
BA_ "E2EProfile" BO_ 209 1;
BA_ "E2EDataID" BO_ 209 4305;
BA_ "E2EDataIDMode" BO_ 209 0;
"""
"""One more frame of the vehicle: with it, fourteen messages are protected and come every 10 ms."""


def night(hours: float) -> Inputs:
    """The files of such a bench, with as many drive cycles after the soak as ``hours`` hold."""
    inputs = load_inputs(PLAN, RIG)
    rig, dut, plan = inputs.rig, inputs.dut, inputs.plan
    return replace(
        inputs,
        rig=replace(rig, value=_rig(rig.value)),
        dut=replace(dut, value=_dut(dut.value)),
        plan=replace(plan, value=_plan(plan.value, math.ceil(hours * 3600.0 / CYCLE_S))),
        databases=_databases(inputs.databases, inputs.texts["inputs/dut.dbc"]),
    )


def _rig(rig: Rig) -> Rig:
    flanges = load_rig(find("rig", FLANGES)).value.flanges
    hot = [f"scanner.{name}_temp" for name in rig.scanner.thermocouples] if rig.scanner else []
    most = {**dict.fromkeys(hot, _HOTTEST_DEGC), **dict.fromkeys(_POWERS, _MOST_W)}
    rules = [LimitRule(channel=channel, high=high, level="warn") for channel, high in most.items()]
    return rig.model_copy(update={"flanges": flanges, "limits": (*rig.limits, *rules)})


def _dut(dut: Dut) -> Dut:
    sooner: dict[str, Any] = {
        name: frame.model_copy(update={"period": _PERIOD_S}) if name in _PROTECTED else frame
        for name, frame in dut.restbus.items()
    }
    return dut.model_copy(update={"restbus": {**sooner, "VCU_CHASSIS": RestbusFrame()}})


def _plan(plan: Plan, cycles: int) -> Plan:
    *before, cycle = plan.steps
    return plan.model_copy(update={"steps": (*before, *[cycle] * cycles)})


def _databases(databases: Mapping[str, Database], text: str) -> dict[str, Database]:
    text = text.replace("BO_ 224 ", f"{_CHASSIS}BO_ 224 ", 1) + _CHASSIS_ATTRIBUTES
    return {**databases, "dut": Database.from_text(text, "dut")}
