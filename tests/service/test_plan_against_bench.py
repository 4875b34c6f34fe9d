"""What the check of a plan finds on a real rig: supply, analyzer, flanges and conditioner can carry every set-point."""

import time
from pathlib import Path

import pytest

from bench.assembly import draw, load_inputs
from bench.base.errors import InputError
from bench.config.plan import parse_plan
from bench.config.search import find
from bench.sequence.check import check_plan
from bench.sequence.registry import parameter_models
from bench.service.preparation import prepare

QUICK, RIG = "efficiency_map_quick", "e_axle_demo"
WIDE = "current_ranges: [20 A, 50 A, 100 A, 200 A, 500 A, 1000 A]"
DWELL = """
plan: p
title: t
dut: gen5_bev
rig: e_axle_demo
steps:
  - dwell: {speed: 5000 rpm, torque: 380 Nm, time: 9 s}
"""


def refused(folder: Path, plan: str, rig: str) -> str:
    (folder / "plan.yaml").write_text(plan)
    (folder / "rig.yaml").write_text(rig)
    with pytest.raises(InputError) as found:
        prepare(str(folder / "plan.yaml"), str(folder / "rig.yaml"))
    return str(found.value)


@pytest.mark.parametrize(
    ("plan", "old", "new", "told"),
    [
        (QUICK, "  current_limit: 620 A", "  current_limit: 90 A", "; the supply gives 90 A at most: ask for less"),
        (QUICK, "sink_current_limit: 560 A", "sink_current_limit: 150 A", "; the supply sinks 150 A at most"),
        (QUICK, WIDE, "current_ranges: [20 A, 50 A, 100 A, 200 A]", "the analyzer's widest range is 200 A"),
        (
            DWELL,
            "nominal_torque: 2 kNm",
            "nominal_torque: 1.5 kNm",
            "at a flange; it measures 1500 Nm at most",
        ),
        (DWELL, "  current_limit: 620 A", "  current_limit: 300 A", "plan.yaml:7:38: it needs 5"),
        ("peak_power", "temperatures: 15..90 °C", "temperatures: 15..62 °C", "lies outside 'temperatures' 15..62"),
    ],
)
def test_what_the_bench_cannot_carry_is_told(tmp_path: Path, plan: str, old: str, new: str, told: str) -> None:
    text = plan if "\n" in plan else find("plan", plan).read_text()
    rig = find("rig", RIG).read_text()
    assert old in rig
    assert told in refused(tmp_path, text, rig.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "coolant: 65 °C",
            "coolant: 95 °C",
            "95 degC lies outside what the conditioner can do (15..90 degC); correct it",
        ),
        ("oil_flow: 6 l/min", "oil_flow: 13 l/min", "13 l/min lies outside what the conditioner can do (0..12 l/min)"),
    ],
)
def test_a_soak_asks_the_conditioner_for_what_it_can_do(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = find("plan", QUICK).read_text()
    assert old in text
    found = refused(tmp_path, text.replace(old, new), find("rig", RIG).read_text())
    assert told in found and "plan.yaml:" in found


def test_twenty_maps_are_checked_in_a_second() -> None:
    """Each with operating points that nobody has asked the model for; on a machine with time it is a fifth of that."""
    blueprint = draw(load_inputs("efficiency_map"))
    kinds, text = blueprint.inputs.kinds, find("plan", "efficiency_map").read_text()
    texts = [
        text.replace("from: 600 rpm, to: 13000 rpm", f"from: {600 + n} rpm, to: {12900 + n} rpm") for n in range(20)
    ]
    plans = [parse_plan(text, parameter_models(kinds)) for text in texts]
    begin_s = time.process_time()
    assert [problem for plan in plans for problem in check_plan(plan, kinds, blueprint.context)] == []
    assert time.process_time() - begin_s < 2.0
