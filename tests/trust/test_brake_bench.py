"""A bench whose dyno is a brake (Magtrol DSP): a motoring plan to its end, and what such a bench cannot do, refused.

In virtual time, through real bytes; the brake of the emulated plant never gives energy, whatever is asked of it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.base.errors import InputError
from bench.service.preparation import prepare

Runner = Callable[..., Any]
RIG = "brake_demo"


@pytest.fixture(scope="module")
def motoring(run_of: Runner) -> tuple[Any, list[tuple[float, float]]]:
    """The run, and (speed, torque) of the brake's shaft at each event."""
    seen: list[tuple[float, float]] = []

    def look(made: Any) -> bool:
        out = made.world.bench.plant.outputs[0]
        seen.append((float(out["speed_l_rpm"]), float(out["dyno_l_torque_nm"])))
        return False

    return run_of("motoring", watch=look), seen


def test_a_motoring_plan_runs_to_its_end(motoring: tuple[Any, Any]) -> None:
    run, _ = motoring
    assert run.verdict.reasons == ()
    assert (run.verdict.verdict, run.verdict.accepted) == ("passed", 4)
    for point in run.points:
        assert point["flange_m_speed_mean"] == pytest.approx(point["speed_rpm"], rel=1e-3)
        assert point["flange_m_torque_mean"] == pytest.approx(point["torque_nm"], abs=4.0)  # less the motor's own drag
        assert 0.8 < point["eta_edu"] < 1.0


def test_the_brake_only_ever_absorbs(motoring: tuple[Any, Any]) -> None:
    _, seen = motoring
    speed, torque = np.array(seen).T
    assert (speed * torque).max() <= 1e-9
    assert (speed * torque).min() * np.pi / 30.0 < -30e3  # it had something to do
    assert speed.min() > -1.0


def test_the_sign_check_and_the_stop_are_those_of_a_brake(motoring: tuple[Any, Any]) -> None:
    run, _ = motoring
    (check,) = run.told("sign_check")
    assert check["passed"]
    assert (check["plus"]["dut.torque_echo"], check["minus"]["dut.torque_echo"]) == pytest.approx((20.0, 5.0), abs=0.1)
    outcomes = {rung["rung"]: rung["outcome"] for rung in run.told("core_rung")}
    assert set(outcomes.values()) == {"confirmed"}


def test_what_was_said_on_the_wire(run_of: Runner) -> None:
    """Upper case, CR LF, one command a line, and nothing that the controller did not know."""
    lines: list[bytes] = []
    watched: list[Any] = []

    def look(made: Any) -> bool:
        if not watched:
            device = made.world.devices["dyno_m"]
            watched.append(device)
            receive = device.receive

            def heard(data: bytes, t_ns: int) -> None:
                lines.append(data)
                receive(data, t_ns)

            device.receive = heard
        return False

    assert run_of("motoring", watch=look).verdict.verdict == "passed"
    assert watched[0].unknown == 0
    assert {b"*IDN?\r\n", b"MODE0\r\n", b"STAT\r\n", b"OD1\r\n", b"N1,3000.0\r\n", b"Q1\r\n"} <= set(lines)
    assert all(line.endswith(b"\r\n") and line.count(b"\n") == 1 and line == line.upper() for line in lines)


def test_the_core_refuses_torque_that_nothing_could_hold(motoring: tuple[Any, Any]) -> None:
    """The gate, should a step ask for what its check would have refused."""
    prepared = prepare("motoring")
    torque = next(s for s in prepared.blueprint.design.setpoints if s.channel == "dut.torque_cmd")
    speed = next(s for s in prepared.blueprint.design.setpoints if s.channel == "dyno_m.speed_cmd")
    (envelope,) = prepared.blueprint.design.envelopes
    assert torque.low == speed.low == 0.0
    assert all(low == 0.0 for _, low, _ in envelope.points)
    at_6000 = next(high for rpm, _, high in envelope.points if rpm == 6000.0)
    assert at_6000 == pytest.approx(60e3 / (6000.0 * np.pi / 30.0), rel=1e-6)


def test_a_plan_that_asks_the_brake_to_drive_is_refused_with_place_reason_and_remedy(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    source = Path(__file__).parents[2] / "test_plans" / "motoring.yaml"
    text = source.read_text().replace("fractions: [0.3, 0.1]", "fractions: [0.3, -0.1]")
    plan.write_text(text.replace("torque: 40 Nm", "torque: 0 Nm"))
    with pytest.raises(InputError) as caught:
        prepare(str(plan))
    told = [(p.line, p.column, p.message) for p in caught.value.problems]
    reason = (
        "the brakes of this rig only absorb and cannot turn the unit; ask for torque above 0, or take a rig with drives"
    )
    assert told == [(16, 15, f"0 Nm is drag: {reason}"), (22, 24, f"-0.1 of the torque regenerates: {reason}")]


@pytest.mark.parametrize("plan", ["smoke", "efficiency_map_quick", pytest.param("wltc_energy", marks=pytest.mark.slow)])
def test_plans_for_drives_are_refused_on_this_rig(plan: str) -> None:
    with pytest.raises(InputError, match="only absorb"):
        prepare(plan, RIG)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("dyno_m.alarm@{}s", "a dyno has tripped (dyno_m tripped)"),
        ("dyno_m.silence@{}s", "an instrument is silent (dyno_m silent)"),
        ("dyno_m.restart@{}s+300ms", "EDU and dyno speeds differ"),
    ],
)
def test_without_its_brake_the_unit_is_stopped(
    run_of: Runner, motoring: tuple[Any, Any], fault: str, words: str
) -> None:
    """In the first window: then there is time enough to find silence."""
    settled = next(record.t_ns for record in motoring[0].journal if record.event == "settled")
    run = run_of("motoring", fault.format(f"{settled / 1e9 + 0.2:.3f}"))
    assert (run.verdict.verdict, run.verdict.outcome) == ("failed", "stopped")
    assert run.verdict.reasons[0].startswith(words)
    rungs = {rung["rung"]: rung["outcome"] for rung in run.told("core_rung")}
    assert rungs["torque to zero"] == rungs["speed down"] == rungs["inverter off"] == "confirmed"


@pytest.mark.parametrize("fault", ["dyno_m.late:500ms@{}s+100ms", "dyno_m.split:20ms@{}s+2s", "dyno_m.close@{}s+1ms"])
def test_what_is_isolated_is_ridden_through(run_of: Runner, motoring: tuple[Any, Any], fault: str) -> None:
    settled = next(record.t_ns for record in motoring[0].journal if record.event == "settled")
    run = run_of("motoring", fault.format(f"{settled / 1e9 + 0.2:.3f}"))
    assert run.verdict.verdict == "passed", run.verdict.reasons
