"""A rig whose dyno is a brake: what belongs to it, what does not, and what it holds."""

from pathlib import Path

import pytest

from bench.base.errors import InputError
from bench.config.dyno import held_torque
from bench.config.located import load
from bench.config.rig import Rig

ROOT = Path(__file__).parents[2]
BRAKE = (ROOT / "bench/rigs/brake_demo.yaml").read_text(encoding="utf-8")
DRIVES = (ROOT / "bench/rigs/e_axle_demo.yaml").read_text(encoding="utf-8")


def test_the_demo_bench_only_absorbs() -> None:
    rig = load(BRAKE, Rig)
    assert rig.absorbing and rig.on_can == () and set(rig.linked_dynos) == {"dyno_m"}
    assert not load(DRIVES, Rig).absorbing


@pytest.mark.parametrize(
    ("text", "old", "new", "message"),
    [
        (
            BRAKE,
            "    full_torque_speed:",
            "    # full_torque_speed:",
            "'full_torque_speed' is missing; add it from the brake's data sheet",
        ),
        (BRAKE, "timeout: 1 s #", "timeout: 500 ms #", "the controller wants 1 s at least (DSP7000 p.74); raise it"),
        (
            BRAKE,
            "timeout: 1 s #",
            "watchdog: 1 s\n    timeout: 1 s #",
            "the controller has none that could be set; take it out",
        ),
        (BRAKE, "model: DSP7001", 'model: DSP7001\n    serial: "12"', "the controller does not tell one; take it out"),
        (
            BRAKE,
            "model: DSP7001",
            "model: DSP7001\n    channel: K1",
            "a dyno of kind 'brake' has no 'channel'; take it out",
        ),
        (BRAKE, "    kind: brake #", "    kind: ak #", "a dyno of kind 'ak' has no 'dialect'; take it out"),
        (
            BRAKE,
            "speed: 200 rpm, torque: 20 Nm",
            "speed: 5 rpm, torque: 20 Nm",
            "dyno_m holds 9.3 Nm there; raise the speed",
        ),
        (DRIVES, "driver: ak_dyno", "driver: magtrol_dsp", "this is a brake, which only absorbs; write 'kind: brake'"),
        (
            DRIVES,
            "    driver: ak_dyno",
            "    kind: brake\n    driver: magtrol_dsp",
            "the other dyno is a brake; both must be, or none",
        ),
    ],
)
def test_what_does_not_fit_a_brake_is_told(text: str, old: str, new: str, message: str) -> None:
    assert old in text
    if text is DRIVES and "kind" in new:  # all else that its first dyno has to be
        text = text.replace("    watchdog: 500 ms", "    full_torque_speed: 9 rpm", 1).replace(
            "timeout: 300 ms", "timeout: 1 s", 1
        )
        text = text.replace("    serial: D-0231\n", "", 1)
    with pytest.raises(InputError) as caught:
        load(text.replace(old, new, 1), Rig, "rig.yaml")
    assert any(message in problem.message and problem.line > 1 for problem in caught.value.problems), caught.value


@pytest.mark.parametrize(
    ("rpm", "torque_nm"),
    [(0.0, 0.0), (75.0, 140.0), (150.0, 280.0), (2000.0, 280.0), (6000.0, 95.49), (-6000.0, 95.49)],
)
def test_what_a_brake_holds_rises_with_the_speed_and_falls_with_its_power(rpm: float, torque_nm: float) -> None:
    assert held_torque(280.0, 60e3, 150.0, rpm) == pytest.approx(torque_nm, rel=1e-4)
    assert load(BRAKE, Rig).dynos["dyno_m"].torque_at(rpm) == pytest.approx(torque_nm, rel=1e-4)


def test_a_drive_holds_its_torque_at_standstill() -> None:
    assert held_torque(500.0, 60e3, 0.0, 0.0) == 500.0
