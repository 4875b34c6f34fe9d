"""The DUT file chooses the inverter: what the bench makes of it, and whole runs with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.assembly import Inputs, draw_core, inverter_of, load_inputs
from bench.base.errors import InputError
from bench.config.dut import InverterSettings
from bench.config.search import find
from bench.core.tables import STOP_CONTROLLED
from bench.layout.remarks import layout_remarks

Runner = Callable[..., Any]


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return load_inputs("smoke", dut="ipace_cm")


def core_of(inputs: Inputs, **changes: Any) -> Any:
    dut = inputs.dut.value
    told = dut.model_copy(update={"inverter": dut.inverter.model_copy(update=changes)})
    return draw_core(inputs.rig.value, told, inputs.databases), told


def test_the_check_names_the_unprotected_command_and_what_nobody_tells(inputs: Inputs) -> None:
    core, dut = core_of(inputs)
    remarks = list(layout_remarks(dut, core.inverter, core.can))
    assert any("M192_COMMAND has neither CRC nor counter" in text for text in remarks)
    assert any("dut.rotor_temp" in text and "'rotor'" in text for text in remarks)
    core, dut = core_of(inputs, torque_step=0.05)
    assert any("write 'torque_step: 0.1 Nm'" in text for text in layout_remarks(dut, core.inverter, core.can))
    assert not any("nobody reads back" in text for text in remarks)
    core, dut = core_of(inputs, command_timeout=None)
    assert any("write 'command_timeout' below 'inverter'" in t for t in layout_remarks(dut, core.inverter, core.can))


def test_a_protected_inverter_gives_no_cause_for_remarks() -> None:
    core, dut = core_of(load_inputs("smoke"))
    assert list(layout_remarks(dut, core.inverter, core.can)) == []


def test_no_limit_waits_for_what_is_never_told(inputs: Inputs) -> None:
    core, _ = core_of(inputs)
    names = {limit.name for limit in core.design.limits}
    assert "winding too hot" in names and "rotor too hot" not in names


def test_off_is_confirmed_by_the_inverters_own_words(inputs: Inputs) -> None:
    core, _ = core_of(inputs)
    rung = next(r for r in core.design.ladders[STOP_CONTROLLED] if r.name == "inverter off")
    assert {"dut.state", "dut.enabled"} <= {confirm.channel for confirm in rung.confirms}


def test_what_an_inverter_cannot_do_is_refused(inputs: Inputs) -> None:
    core, _ = core_of(inputs)
    short = next(s for s in core.design.setpoints if s.channel == "dut.short_circuit_cmd")
    assert (short.low, short.high) == (0.0, 0.0)


def test_a_reversed_mounting_turns_the_speed_and_the_direction_bit(inputs: Inputs) -> None:
    forward, _ = core_of(inputs)
    reverse, _ = core_of(inputs, direction="reverse")
    assert forward.can.raw["dut.speed"][0] == 1.0 and reverse.can.raw["dut.speed"][0] == -1.0
    assert forward.can.raw["dut.torque_cmd"] == reverse.can.raw["dut.torque_cmd"]
    cases = {d.channel: d.cases for d in reverse.design.derived}
    assert cases["dut.direction_cmd"] == ()


@pytest.mark.parametrize(("driver", "direction", "told"), [
    ("cascadia", "forward", "did you mean 'cascadia_cm'"), ("gen5", "reverse", "knows no direction"),
])  # fmt: skip
def test_what_nobody_speaks_is_refused(inputs: Inputs, driver: str, direction: Any, told: str) -> None:
    settings = InverterSettings(dbc="edu_gen5", driver=driver, direction=direction)
    with pytest.raises(InputError, match=told):
        inverter_of(inputs.dut.value.model_copy(update={"inverter": settings}))


@pytest.mark.parametrize(("fault", "reason"), [
    ("inverter.parameter:172=100@0s", "parameter 172 is 100, required is 20; set the inverter up with its maker's"),
    ("inverter.parameter:172=0@0s", "parameter 172 is 0, required is 20"),
    ("can.dut.drop:0x0C2@0s", "dut: no answer about parameter 172 in 100 ms; check its supply and its bus"),
    ("can.dut.wrong_length:0x0C2,7@0s", "no answer about parameter 172 in 100 ms; M194 has 8 bytes, this frame has 7"),
])  # fmt: skip
def test_an_inverter_that_is_set_up_otherwise_or_silent_is_refused_before_energy(
    run_of: Runner, fault: str, reason: str
) -> None:
    run = run_of("smoke", fault, dut="ipace_cm")
    assert run.verdict.exit_code == 3 and not run.points
    assert "arming, set-up of the inverter" in run.verdict.reasons[0] and reason in run.verdict.reasons[0]
    assert not run.told("arming") and not run.told("core_armed")


@pytest.mark.slow
def test_the_smoke_plan_passes_with_the_cascadia_inverter(run_of: Runner) -> None:
    seen: dict[str, set[float]] = {"dut.lockout": set(), "dut.discharge_state": set(), "dut.enabled": set()}

    def watch(made: Any) -> bool:
        index = made.desk._design.channels.index
        for name, values in seen.items():
            values.add(float(made.state.image["value"][index(name)]))
        return False

    run = run_of("smoke", dut="ipace_cm", watch=watch)
    assert run.verdict.verdict == "passed", run.verdict
    assert {"missed"}.isdisjoint(told["outcome"] for told in run.told("core_rung"))
    assert {0.0, 1.0} <= seen["dut.lockout"] and 3.0 in seen["dut.discharge_state"] and 1.0 in seen["dut.enabled"]
    assert run.told("inverter_fault") == []
    assert run.told("inverter_set_up") == [{"parameters": {"172": 20}, "required": {"172": 20}}]


@pytest.mark.slow
@pytest.mark.parametrize(("dut", "faults"), [("ipace_cm", ["desaturation"]), ("gen5_bev", ["internal fault"])])
def test_a_fault_of_the_inverter_stops_and_is_told_in_words(run_of: Runner, dut: str, faults: list[str]) -> None:
    run = run_of("smoke", "inverter.broken:8@20s+1s", dut=dut)
    assert run.told("core_stop")[0]["happened"] == "the inverter reports a fault"
    assert run.told("inverter_fault")[0]["faults"] == faults
    assert {"missed"}.isdisjoint(told["outcome"] for told in run.told("core_rung"))


def test_further_parameters_of_the_dut_file_are_read_back_and_lost_frames_asked_for_again(
    run_of: Runner, tmp_path: Path
) -> None:
    dut = tmp_path / "more.yaml"
    wanted = "  parameters:\n    130: {value: -512, source: my list}\n    94: {value: 7, source: my list}\n"
    dut.write_text(find("dut", "ipace_cm").read_text().replace("  torque_step:", wanted + "  torque_step:"))
    run = run_of("smoke", "inverter.parameter:130=512@0s", "can.dut.drop:0x0C1@0s+650ms", dut=str(dut))
    (told,) = run.told("inverter_set_up")
    assert told["parameters"] == {"94": 7, "130": 512, "172": 20}
    assert "parameter 130 is 512, required is -512;" in run.verdict.reasons[0]
