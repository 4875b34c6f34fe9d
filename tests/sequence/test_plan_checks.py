"""What the static check refuses, the budget from a rig file, the registry, and the estimate."""

import math
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fake_bench import FakeDut
from sequence_helpers import MAP, against_brakes, make_context, plan_of

from bench.base.errors import InputError
from bench.config.analyzer import Accuracy, Band
from bench.config.rig import load_rig
from bench.sequence.channels import analyzer_channels
from bench.sequence.check import check_plan
from bench.sequence.context import Roles
from bench.sequence.estimate import estimate
from bench.sequence.facts import facts_of, roles_of
from bench.sequence.point.budget import bands_of, budget_of
from bench.sequence.registry import parameter_models, step_kinds

ROOT = Path(__file__).resolve().parents[2]


def problems(text: str) -> list[str]:
    return [str(problem) for problem in check_plan(plan_of(text), step_kinds(), make_context())]


def test_the_small_plan_has_no_problems() -> None:
    assert problems(MAP) == []


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("torque: 40 Nm", "torque: 500 Nm", "500 Nm lies outside the DUT's envelope -400.0..400.0 Nm at 2000 rpm"),
        ("torque: 40 Nm", "torque: 250 Nm", "250 Nm cannot be held for good at 2000 rpm (continuous torque 200 Nm)"),
        ("[2000 rpm, 8000 rpm]", "[2000 rpm, 15000 rpm]", "15000 rpm exceeds the DUT's highest speed 14000 rpm"),
        ("speed: 500 rpm/s}", "speed: 5000 rpm/s}", "5000 rpm/s exceeds the rig's 1000 rpm/s; lower it"),
        ("torque: 150 Nm, drift", "torque: 450 Nm, drift", "450 Nm lies outside the DUT's envelope"),
        ("recover_torque: 20 Nm", "recover_torque: 420 Nm", "420 Nm lies outside the DUT's envelope"),
        ("[2000 rpm, 8000 rpm]", "[500 rpm, 8000 rpm]", "10 output revolutions take 10.5 s at 500 rpm"),
        ("timeout: 10 min", "timeout: 10 s", "must exceed the window of 20 s"),
        ("speed: 4000 rpm, torque: 150", "speed: 200 rpm, torque: 150", "holds 0.67 periods of the phases at 200 rpm"),
    ],
)
def test_what_would_be_refused_is_told_before_the_start(old: str, new: str, wanted: str) -> None:
    found = problems(MAP.replace(old, new))
    assert any(wanted in problem for problem in found), found
    assert all(problem.startswith("small.yaml:") for problem in found)


BRAKE = "the brakes of this rig only absorb and cannot turn the unit; ask for torque above 0, or take a rig with drives"
MOTORING = MAP.replace("[0.9, 0.4, -0.4, -0.9]", "[0.9, 0.4]")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (MOTORING, {}),
        (
            MAP,
            {"-0.4, ": f"-0.4 of the torque regenerates: {BRAKE}", "-0.9]": f"-0.9 of the torque regenerates: {BRAKE}"},
        ),
        (MOTORING.replace("0.4]", "0.0]"), {"0.0]": f"0 of the torque is drag: {BRAKE}"}),
        (MOTORING.replace("torque: 40 Nm", "torque: -40 Nm"), {"-40 Nm": f"-40 Nm regenerates: {BRAKE}"}),
        (MOTORING.replace("torque: 150 Nm", "torque: 0 Nm"), {"0 Nm, drift": f"0 Nm is drag: {BRAKE}"}),
        (
            MOTORING.replace("torque: 40 Nm", "torque: 0.5 Nm"),
            {"0.5 Nm\n": "0.5 Nm do not keep the unit at 2000 rpm: its own drag takes more"},
        ),
    ],
)
def test_what_brakes_cannot_do_is_refused_at_its_place(text: str, wanted: dict[str, str]) -> None:
    found = check_plan(plan_of(text), step_kinds(), against_brakes())
    assert len(found) == len(wanted), found
    lines = text.splitlines(keepends=True)
    for problem, (place, words) in zip(sorted(found), wanted.items(), strict=True):
        assert lines[problem.line - 1][problem.column - 1 :].startswith(place)
        assert words in problem.message


def test_the_power_of_the_dynos_bounds_a_point() -> None:
    context = against_brakes()
    weak = replace(context, bench=replace(context.bench, dyno_power_max_w=60e3))
    found = [str(problem) for problem in check_plan(plan_of(MOTORING), step_kinds(), weak)]
    assert found == [
        "small.yaml:18:15: 225 Nm is 987 Nm at a flange; the dyno holds 628 Nm at 912 rpm at most; lower it"
    ]


def test_problems_of_several_steps_come_in_one_pass_each_at_its_place() -> None:
    text = MAP.replace("torque: 40 Nm", "torque: 500 Nm").replace("speed: 500 rpm/s}", "speed: 5000 rpm/s}")
    lines = text.splitlines()
    found = problems(text)
    assert len(found) == 2
    for problem, needle in zip(found, ("torque: 500 Nm", "speed: 5000 rpm/s"), strict=True):
        assert needle in lines[int(problem.split(":")[1]) - 1]


def test_short_time_points_need_their_parameters() -> None:
    text = re.sub(r" *short_time: .*\n.*\n", "", MAP)
    assert any("exceed the continuous torque; add 'short_time'" in problem for problem in problems(text))


def test_a_settling_window_longer_than_its_time_out_is_refused() -> None:
    with pytest.raises(InputError, match=r"must exceed the window of 10 s"):
        plan_of(MAP.replace("timeout: 120 s", "timeout: 5 s"))


def test_a_grid_and_explicit_points_exclude_each_other() -> None:
    with pytest.raises(InputError, match="exclude each other"):
        plan_of(MAP.replace("      ramp:", "      points: [{speed: 1000 rpm, torque: 10 Nm}]\n      ramp:"))


def test_the_estimate_counts_points_and_time() -> None:
    found = estimate(plan_of().value, step_kinds(), make_context())
    assert found.points == 8
    assert found.total_s > sum(found.steps_s) > 8 * 10.0


# --- the rig file ---


def test_the_demo_rigs_budget_is_what_its_figures_say() -> None:
    rig = load_rig(ROOT / "bench/rigs/e_axle_demo.yaml").value
    found = budget_of(rig)
    flange = rig.flanges["flange_l"]
    tens = flange.temperature_band / 10.0
    wanted = math.hypot(flange.repeatability, flange.tkc * tens) / 100.0
    assert found.flanges["flange_l"].gain_own == pytest.approx(wanted)
    assert found.flanges["flange_l"].gain_shared == pytest.approx(flange.sensitivity / 100.0)
    of_nominal = math.hypot(flange.linearity, flange.tk0 * tens) / 100.0 * flange.nominal_torque
    assert found.flanges["flange_l"].zero_nm == pytest.approx(math.hypot(flange.zero, of_nominal))
    assert found.elements["dc"].of_reading == pytest.approx(rig.analyzer.elements["dc"].power.reading / 100.0)
    assert found.basis == "assumed"


def test_the_tables_of_element_and_sensor_are_taken_together_band_by_band() -> None:
    power = Accuracy(reading=0.3, range=0.3, above=(Band(starts=45.0, reading=0.03, range=0.04),))
    sensor = Accuracy(reading=0.04, range=0.0, above=(Band(starts=1000.0, reading=0.4, range=0.0),))
    found = [(band.from_hz, round(1e4 * band.of_reading, 6)) for band in bands_of(power, sensor)]
    assert found == [
        (0.0, round(100.0 * math.hypot(0.3, 0.04), 6)),
        (45.0, 5.0),
        (1000.0, round(100.0 * math.hypot(0.03, 0.4), 6)),
    ]


def test_what_is_not_wired_to_the_analyzer_is_not_waited_for() -> None:
    """Four inputs: DC and three phases. A unit with a rotor winding then shows its total efficiency only."""
    context = replace(make_context(), roles=Roles(elements=("dc", "ac")))
    assert {name.partition(".")[0] for name in analyzer_channels(context)} == {"dc", "ac", "flange_l", "flange_r"}
    assert context.efficiencies == ("edu",)
    dut = FakeDut()
    dut.machine = "pmsm"
    assert replace(context, dut=dut).efficiencies == ("pe", "motor_transmission", "edu")
    only_dc = replace(context, dut=dut, roles=Roles(elements=("dc",)))
    assert only_dc.efficiencies == ("edu",) and "ac.power" not in analyzer_channels(only_dc)


def test_the_bench_facts_follow_the_layout() -> None:
    e_axle = load_rig(ROOT / "bench/rigs/e_axle_demo.yaml").value
    motor = load_rig(ROOT / "bench/rigs/motor_demo.yaml").value
    assert facts_of(e_axle, 8.774).shaft_ratio == 8.774
    assert facts_of(motor, 8.774).shaft_ratio == 1.0
    assert roles_of(motor).dynos == ("dyno_m",)


# --- kinds of steps ---

PACKAGE = """
from pydantic import BaseModel
from bench.sequence.verdict import StepVerdict

class Parameters(BaseModel):
    text: str

class Shout:
    name = "shout"
    parameters = Parameters
    def check(self, parameters, context): return []
    def estimate_s(self, parameters, context): return 1.0
    def points(self, parameters, context): return 0
    def run(self, parameters, context):
        yield from ()
        return StepVerdict()
"""


def test_a_new_kind_of_step_is_one_file_of_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shouting.py").write_text(PACKAGE)
    info = tmp_path / "shouting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[bench.steps]\nshout = shouting:Shout\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    kinds = step_kinds()
    assert "shout" in kinds
    assert set(parameter_models(kinds)) >= {"soak", "efficiency_map", "dwell", "shout"}
    sys.modules.pop("shouting")
