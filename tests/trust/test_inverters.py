"""The DUT file chooses the inverter: what the bench makes of it, and whole runs with it."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.assembly import Inputs, draw_core, inverter_of, load_inputs
from bench.base.errors import InputError
from bench.config.dut import InverterSettings
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
    remarks = list(layout_remarks(dut, core.can))
    assert any("M192_COMMAND has neither CRC nor counter" in text for text in remarks)
    assert any("dut.rotor_temp" in text and "'rotor'" in text for text in remarks)
    core, dut = core_of(inputs, torque_step=0.05)
    assert any("write 'torque_step: 0.1 Nm'" in text for text in layout_remarks(dut, core.can))


def test_a_protected_inverter_gives_no_cause_for_remarks() -> None:
    core, dut = core_of(load_inputs("smoke"))
    assert list(layout_remarks(dut, core.can)) == []


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


@pytest.mark.slow
@pytest.mark.parametrize(("dut", "faults"), [("ipace_cm", ["desaturation"]), ("gen5_bev", ["internal fault"])])
def test_a_fault_of_the_inverter_stops_and_is_told_in_words(run_of: Runner, dut: str, faults: list[str]) -> None:
    run = run_of("smoke", "inverter.broken:8@20s+1s", dut=dut)
    assert run.told("core_stop")[0]["happened"] == "the inverter reports a fault"
    assert run.told("inverter_fault")[0]["faults"] == faults
    assert {"missed"}.isdisjoint(told["outcome"] for told in run.told("core_rung"))
