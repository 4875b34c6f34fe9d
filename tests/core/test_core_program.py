"""Programs: every mistake found at once; any change of what the core does changes the hash."""

from dataclasses import replace

import pytest
from small_bench import ENVELOPE, LADDER, LIMITS, SETPOINTS, Bench, small_design

from bench.base.errors import InputError
from bench.core.causes import Cause, cause_text, latched, restartable
from bench.core.design import Action, Confirm, Limit, Rung, Transmit
from bench.core.program import build_program, program_hash
from bench.core.tables import ABOVE


def test_the_same_design_has_the_same_hash():
    assert program_hash(build_program(small_design())) == program_hash(build_program(small_design()))


@pytest.mark.parametrize(
    "changes",
    [
        {"limits": (*LIMITS[:-1], replace(LIMITS[-1], high=161.0))},
        {"limits": LIMITS[:-1]},
        {"setpoints": (replace(SETPOINTS[0], rate_max=999.0), *SETPOINTS[1:])},
        {"envelopes": (replace(ENVELOPE, margin_nm=1.1),)},
        {"ladders": {1: LADDER}},
        {"stale_ns": {"dyno_m.speed": 1}},
        {"energised": (Confirm("supply.voltage", ABOVE, 61.0),)},
    ],
)
def test_any_change_changes_the_hash(changes):
    assert program_hash(build_program(small_design(**changes))) != program_hash(build_program(small_design()))


def test_running_changes_nothing_in_the_program():
    bench = Bench()
    before = program_hash(bench.program)
    bench.armed().run(200)
    assert program_hash(bench.program) == before


def test_all_mistakes_are_told_in_one_pass_with_place_and_remedy():
    design = small_design(
        setpoints=(replace(SETPOINTS[0], initial=500.0), *SETPOINTS[1:]),
        limits=(Limit("hot", "dut.windng_temp", 0, 100), Limit("upside down", "dut.speed", 5, 1)),
        envelopes=(replace(ENVELOPE, points=((0.0, 10.0, 20.0),)),),
        transmits=(Transmit("VCU_TORQUE_CMD", 0, 1_500_000, toggle="io.watchdg"),),
        ladders={1: (Rung("bad", (Action("dut.torque_cmd", 1e9),), deadline_ns=5, min_ns=10, escalate_class=1),)},
    )
    with pytest.raises(InputError) as caught:
        build_program(design)
    text = str(caught.value)
    for expected in (
        "limit hot: channel 'dut.windng_temp' does not exist; add it",
        "limit upside down: low 5",
        "setpoint dut.torque_cmd: initial value 500.0 is outside",
        "envelope dut.torque_cmd: needs two points",
        "envelope dut.torque_cmd: 0 Nm must be inside",
        "transmit VCU_TORQUE_CMD: the period must be a multiple",
        "transmit VCU_TORQUE_CMD: set-point 'io.watchdg' does not exist",
        "action on dut.torque_cmd: 1000000000.0 is outside",
        "rung bad: the deadline must lie beyond",
        "rung bad: may escalate to a stronger",
    ):
        assert expected in text


def test_every_cause_says_what_happened_and_what_to_do():
    for cause in Cause:
        text = cause_text(cause)
        assert text.happened and text.remedy
        assert not (latched(cause) and restartable(cause))
    assert "1234" in cause_text(1234).happened


def test_never_restartable_are_chain_door_hvil_and_insulation():
    for cause in (Cause.CHAIN_OPEN, Cause.DOOR_OPEN, Cause.HVIL_OPEN, Cause.INSULATION):
        assert latched(cause) and not restartable(cause)
