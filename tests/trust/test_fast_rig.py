"""The rig whose dynos and flanges speak CAN: the same bench, and a stop that needs no links for its shafts."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.assembly import draw_core, load_inputs
from bench.service.fault_lines import kinds_of

Runner = Callable[..., Any]
FAST = "e_axle_fast"


def outcomes(run: Any) -> dict[str, str]:
    return {told["rung"]: told["outcome"] for told in run.told("core_rung") if told["outcome"] != "entered"}


def test_the_core_reaches_shafts_by_protected_frames_of_its_own() -> None:
    inputs = load_inputs("smoke", FAST)
    core = draw_core(inputs.rig.value, inputs.dut.value, inputs.databases)
    sent = [entry.name for entry in core.design.transmits]
    assert {"DYNO_L_CMD", "DYNO_R_CMD"} <= set(sent) and core.can.unprotected == ()
    assert "DYNO_M_CMD" not in core.can.messages
    assert core.can.raw["dyno_r.speed_cmd"][0] < 0.0 < core.can.raw["dyno_l.speed_cmd"][0]
    assert {"flange_l.torque", "flange_r.power", "dyno_l.state"} <= core.can.heard


def test_the_ak_rig_takes_no_notice_of_these_frames() -> None:
    inputs = load_inputs("smoke")
    core = draw_core(inputs.rig.value, inputs.dut.value, inputs.databases)
    assert not any(name.startswith(("DYNO", "FLANGE")) for name in core.can.messages)


def test_no_fault_is_promised_that_nobody_carries_out() -> None:
    kinds = kinds_of(load_inputs("smoke", FAST).rig.value)
    assert "dyno_l" not in kinds and "flange_l" in kinds and "analyzer" in kinds


@pytest.mark.slow
def test_the_smoke_plan_passes_and_gives_the_same_efficiencies(run_of: Runner, smoke: Any) -> None:
    run = run_of("smoke", rig=FAST)
    assert run.verdict.verdict == "passed", run.verdict
    assert "missed" not in outcomes(run).values()
    for fast, slow in zip(run.points, smoke.points, strict=True):
        for name in ("pe", "motor_transmission", "edu"):
            assert abs(fast[f"eta_{name}"] - slow[f"eta_{name}"]) <= slow[f"u_eta_{name}"], name


def test_the_shafts_come_to_rest_while_every_link_is_dead(run_of: Runner) -> None:
    run = run_of("smoke", "analyzer.silence@15s", "supply.silence@15s", rig=FAST)
    assert run.stop_cause == "an instrument is silent"
    found = outcomes(run)
    assert found["speed down"] == found["inverter off"] == "confirmed"
    assert found["dynos off, cooling runs on"] == "confirmed"


@pytest.mark.parametrize(("line", "cause"), [
    ("can.bench_io.drop:0x280@15s+300ms", "a dyno has tripped"),
    ("can.bench_io.drop:0x291@15s+300ms", "a status frame stopped"),
    ("can.bench_io.wrong_crc:0x2a0@15s+200ms", "three of ten frames had a wrong CRC, counter or length"),
])  # fmt: skip
def test_what_goes_wrong_on_the_fast_path_is_found(run_of: Runner, line: str, cause: str) -> None:
    run = run_of("smoke", line, rig=FAST)
    assert run.stop_cause == cause
    assert outcomes(run)["speed down"] == "confirmed"
