"""The sign check finds what is wired, assigned or scaled wrongly, before anything larger."""

from collections.abc import Callable

import pytest
from fake_bench import FakeBench
from sequence_helpers import MAP, against_brakes, make_context, plan_of

from bench.sequence.registry import step_kinds
from bench.sequence.sequencer import run_plan

Image = dict[str, float]


def swap(a: str, b: str) -> Callable[[Image], None]:
    def change(image: Image) -> None:
        image[a], image[b] = image[b], image[a]

    return change


def scale(factor: float, *channels: str) -> Callable[[Image], None]:
    def change(image: Image) -> None:
        for channel in channels:
            image[channel] *= factor

    return change


WRONG = {
    "left flange torque flipped": (scale(-1, "flange_l.torque", "flange_l.power"), "flange_l.torque"),
    "right flange torque flipped": (scale(-1, "flange_r.torque", "flange_r.power"), "flange_r.torque"),
    "flange speed flipped": (scale(-1, "flange_l.speed", "flange_l.power"), "flange_l.speed"),
    "flange torque of half the size": (scale(0.5, "flange_l.torque", "flange_l.power"), "flange_l.torque"),
    "DC current flipped": (scale(-1, "dc.current", "dc.power"), "dc.power"),
    "DC voltage and current swapped": (swap("dc.voltage", "dc.current"), "dc.voltage"),
    "DC and AC power swapped": (swap("dc.power", "ac.power"), "dc.power is"),
    "AC phase order reversed": (scale(-1, "ac.power"), "ac.power"),
    "field voltage and current swapped": (swap("field.voltage", "field.current"), "field.current"),
    "AC voltage and current swapped": (swap("ac.voltage", "ac.current"), "ac.voltage"),
    "torque and speed of a flange swapped": (swap("flange_l.torque", "flange_l.speed"), "flange_l"),
    "CAN torque with a wrong factor": (scale(2.0, "dut.torque_est"), "dut.torque_est"),
    "CAN torque flipped": (scale(-1.0, "dut.torque_est"), "dut.torque_est"),
    "CAN speed with a wrong factor": (scale(0.5, "dut.speed"), "dut.speed"),
    "CAN voltage with a wrong factor": (scale(0.5, "dut.dc_voltage"), "dut.dc_voltage"),
    "dyno torque flipped": (scale(-1, "dyno_r.torque"), "dyno_r.torque"),
    "a value is no number": (scale(float("nan"), "dut.torque_est"), "dut.torque_est"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_signs_items_and_factors_fail_the_run(name: str) -> None:
    change, where = WRONG[name]
    started = [False]

    def tamper(bench: FakeBench, image: Image) -> None:
        # from the moment the inverter runs: arming itself would refuse some of it earlier
        started[0] = started[0] or bench.setpoints["dut.state_request"] == 2.0
        if started[0] and ("armed" in [event for event, _ in bench.journal]):
            change(image)

    bench = FakeBench(tamper)
    verdict = bench.run(run_plan(plan_of().value, step_kinds(), make_context()))
    assert verdict.exit_code == 1
    assert not bench.events("sign_check")[0]["passed"]
    assert any(where in reason for reason in verdict.reasons), verdict.reasons
    assert bench.events("step_started") == []
    assert bench.events("stopped")[0]["confirmed"]


MOTORING = MAP.replace("[0.9, 0.4, -0.4, -0.9]", "[0.9, 0.4]")


@pytest.mark.parametrize("name", WRONG)
def test_two_torques_of_one_sign_find_it_too(name: str) -> None:
    """Against brakes, which cannot turn the unit."""
    change, where = WRONG[name]

    def tamper(bench: FakeBench, image: Image) -> None:
        if "armed" in [event for event, _ in bench.journal]:
            change(image)

    bench = FakeBench(tamper)
    verdict = bench.run(run_plan(plan_of(MOTORING).value, step_kinds(), against_brakes()))
    assert not verdict.accepted and bench.events("step_started") == []
    assert any(where in reason or "dut.speed" in reason for reason in verdict.reasons), verdict.reasons


def test_a_bench_with_brakes_that_is_wired_right_passes() -> None:
    bench = FakeBench()
    verdict = bench.run(run_plan(plan_of(MOTORING).value, step_kinds(), against_brakes()))
    assert bench.events("sign_check")[0]["reasons"] == []
    assert verdict.reasons == ()
    assert min(bench.setpoints["dut.torque_cmd"] for _ in [0]) >= 0.0


def test_a_bench_that_is_wired_right_passes() -> None:
    bench = FakeBench()
    bench.run(run_plan(plan_of().value, step_kinds(), make_context()))
    assert bench.events("sign_check")[0]["reasons"] == []
