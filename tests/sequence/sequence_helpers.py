"""Contexts and plans for the tests."""

from dataclasses import replace

from fake_bench import FakeDut, FakeTwin

from bench.analysis.uncertainty import Budget, Element, Flange
from bench.config.located import Located
from bench.config.plan import Plan, parse_plan
from bench.sequence.context import BenchFacts, Context
from bench.sequence.registry import parameter_models, step_kinds

BUDGET = Budget(
    {
        "dc": Element(0.0002, 0.0005, 600.0, 1000.0),
        "ac": Element(0.0003, 0.0005, 600.0, 1000.0, (2 / 3, 1 / 3)),
        "field": Element(0.0002, 0.0005, 600.0, 20.0),
    },
    {name: Flange(0.0005, 0.0004, 0.5, 0.0001) for name in ("flange_l", "flange_r")},
)
FACTS = BenchFacts(
    layout="e_axle", shaft_ratio=8.774, dyno_speed_max_rpm=2500.0, dyno_torque_max_nm=2200.0,
    dyno_speed_rate_rpm_s=200.0, supply_voltage_v=400.0, supply_slew_v_s=4000.0, precharge_rate_v_s=100.0,
    precharge_current_a=10.0, precharge_timeout_s=15.0, source_current_a=620.0, sink_current_a=560.0,
    insulation_min_ohm=250e3, coolant_temp_degc=65.0, coolant_flow_l_min=10.0, oil_temp_degc=70.0, oil_flow_l_min=6.0,
)  # fmt: skip
MAP = """
plan: small
title: A small map
dut: fake
rig: fake
allowance: 0 %
steps:
  - soak:
      coolant: 65 °C
      coolant_flow: 10 l/min
      oil: 70 °C
      oil_flow: 6 l/min
      speed: 2000 rpm
      torque: 40 Nm
      stable: {channel: dut.winding_temp, range: 1 K, window: 20 s}
      timeout: 10 min
  - efficiency_map:
      speeds: [2000 rpm, 8000 rpm]
      fractions: [0.9, 0.4, -0.4, -0.9]
      ramp: {torque: 200 Nm/s, speed: 500 rpm/s}
      settle: {torque: 2 Nm, speed: 5 rpm, temperature: 1.5 K, window: 10 s, timeout: 120 s}
      short_time: {winding_start: 90 °C, recover_speed: 4000 rpm, recover_torque: 20 Nm, measure: 4 s,
                   recover_timeout: 300 s}
      measure: {revolutions: 10, updates: 10, at_least: 2 s}
      windows: {winding: 20..180 °C, oil: 60..95 °C, coolant_in: 60..70 °C}
      reference: {every: 4, speed: 4000 rpm, torque: 150 Nm, drift: 0.3 pp}
"""


def make_context(dut: FakeDut | None = None) -> Context:
    """A fresh context on the fake bench."""
    return Context(dut or FakeDut(), FACTS, FakeTwin(), BUDGET)


def against_brakes() -> Context:
    """The same bench with brakes for dynos."""
    context = make_context()
    return replace(context, bench=replace(FACTS, brake_full_rpm=20.0, dyno_power_max_w=200e3))


def plan_of(text: str = MAP) -> Located[Plan]:
    """A parsed plan."""
    return parse_plan(text, parameter_models(step_kinds()), "small.yaml")
