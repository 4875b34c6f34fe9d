"""Elementary steps refuse what the bench would refuse, with place, reason and remedy, before anything is energised."""

import time
from pathlib import Path

import pytest

from bench.base.errors import InputError
from bench.config.search import find
from bench.service.preparation import prepare
from bench.service.presence import require_allowed

HEAD = """plan: broken
title: Broken
dut: gen5_bev
rig: {rig}
steps:
  - {step}
"""
BROKEN = """\
set: {to: {}}
    a mapping is too short or too long; write at least 1 entries
set: {to: {speeed: 3000 rpm}}
    'speeed' cannot be set; did you mean 'speed'?
set: {to: {speed: 3000 Nm}}
    'Nm' is no unit of this quantity; expected rpm
set: {to: {speed: 3000}}
    '3000' has no unit; expected rpm
set: {to: {speed: 20000 rpm}}
    20000 rpm exceeds the DUT's 14000 rpm; lower it
set: {to: {speed: 3000 rpm, torque: 900 Nm}}
    900 Nm lies outside the DUT's envelope
set: {to: {torque: 900 Nm}}
    the DUT's envelope at any speed; correct it
set: {to: {coolant.temp_cmd: 150 °C}}
    lies outside 15..90 degC, which rig and DUT allow; correct it
set: {to: {supply.voltage_cmd: 900 V}}
    V, which rig and DUT allow; correct it
set: {to: {dut.torque_cmd: 50 Nm}}
    'dut.torque_cmd' is not a plan's to set: write 'torque', at the motor shaft
set: {to: {dyno_l.speed_cmd: 50 rpm}}
    both dynos turn together: write 'speed', at the motor shaft
set: {to: {dyno_l.enable_cmd: 1}}
    arming lets the dynos hold, and the stop lets them go; leave it to them
set: {to: {dut.state_request: 2}}
    arming starts the inverter, and the stop ends it; leave it to them
set: {to: {io.contactor_cmd: 1}}
    contactors, chain, watchdog and lamps belong to arming and to the core
set: {to: {supply.output_cmd: 1}}
    arming switches the supply on, and the stop off; leave it to them
set: {to: {supply.current_cmd: 900 A}}
    it protects the unit and stands in the rig file (supply.current_limit)
set: {to: {dut.discharge_cmd: 1}}
    it belongs to the stop ladder; leave it to that
set: {to: {dut.winding_temp: 80 °C}}
    'dut.winding_temp' is measured, not set; known: speed, torque
set: [speed, torque]
    expected a mapping (key: value), found a list
ramp: {to: {speed: 3000 rpm}, rates: {speed: 5000 rpm/s}}
    5000 rpm/s exceeds the rig's 1000 rpm/s; lower it
ramp: {to: {speed: 3000 rpm}, rates: {torque: 50 Nm/s}}
    torque has no target in 'to'; add one, or take the rate out
ramp: {to: {speed: 3000 rpm}, rates: {speed: 0 rpm/s}}
    0 rpm/s leads nowhere; it must be above 0
ramp: {to: {speed: 3000 rpm}, rates: {speed: 500 rpm}}
    'rpm' is no unit of this quantity; expected rpm/s
ramp: {to: {oil.flow_cmd: 5 l/min}, rates: {oil.flow_cmd: 5 l/min}}
    oil.flow_cmd has no rate; it is set at once
{kind: variance, channel: dut.winding_temp, tolerance: 1 K}
    variance needs 'window'; add it
{kind: variance, channel: dut.winding_tmp, tolerance: 1 K, window: 1 s}
    did you mean 'dut.winding_temp'?
{kind: variance, channel: dut.winding_temp, tolerance: 1 °C, window: 10 s}
    '°C' is no unit of this quantity; expected K
{kind: deviation, channel: dut.speed, reference: 30 Nm, tolerance: 1 rpm, window: 1 s}
    'Nm' is no unit
{kind: time_delay, time: 5 s, channel: dut.speed}
    time_delay takes time; take 'channel' out
{kind: k_variance, channel: dut.speed}
    'k_variance' is not one of time_delay, variance, current_deviation
{kind: coefficient_of_variation, channel: dut.oil_temp, tolerance: 1 %, window: 5 s, min_reference: 5 °C}
    a share of a temperature in degC means nothing; ask for standard_deviation or variance
{kind: coefficient_of_variation, channel: dc.power, tolerance: 1 %, window: 5 s}
    coefficient_of_variation needs 'min_reference'; add it
{kind: variance, channel: dc.power, tolerance: 1 W, window: 60 ms}
    0.06 s are too short, dc.power is told every 0.05 s; raise it to 0.1 s or more
{kind: variance, channel: dyno_m.speed, tolerance: 1 rpm, window: 1 s}
    this bench has no channel 'dyno_m.speed'; did you mean
settle: {criteria: [{kind: variance, channel: dut.winding_temp, tolerance: 1 K, window: 10 s}], timeout: 10 s}
    must exceed the longest window of 10 s, or nothing could ever settle; raise it
settle: {criteria: [{kind: variance, channel: dut.speed, tolerance: 1 rpm, window: 5 s}], timeout: 9 s, on_timeout: no}
    'no' is not one of fail, flag, go_on
measure: {name: x, duration: 10 ms}
    0.01 s are too short, dc.power is told every 0.05 s; raise it to 0.05 s or more
measure: {name: x, duration: 50 ms, channels: [coolant.flow]}
    coolant.flow is told every 0.1 s; raise it to 0.1 s or more
measure: {name: x, duration: 1 s, channels: [flange_m.torque]}
    this bench has no channel 'flange_m.torque'; did you mean
measure: {duration: 1 s}
    'name'
wait_until: {condition: dut.sped > 3 rpm, timeout: 5 s}
    column 1: channel 'dut.sped' is not known; did you mean 'dut.speed'?
wait_until: {condition: dut.speed > 3 Nm, timeout: 5 s}
    column 11: rpm and Nm cannot be compared; use quantities of one unit
wait_until: {condition: dut.speed, timeout: 5 s}
    is a quantity in rpm, and true or false is expected; compare it
wait_until: {condition: 1 < 2, timeout: 5 s}
    looks at no channel and never changes; name one such as coolant.temp_out
wait_until: {condition: dut.speed > 3 rpm, hold: 5 s, timeout: 5 s}
    must exceed the hold of 5 s, or it could never come true
wait_until: {condition: dyno_m.speed > 3 rpm, timeout: 5 s}
    this bench has no channel 'dyno_m.speed'
wait_until: {condition: dc.power > 3 W, hold: 10 ms, timeout: 5 s}
    0.01 s are too short, dc.power is told every 0.05 s
wait_until: {condition: abs(dut.speed) > 3 rpm, hold: 20 ms, timeout: 5 s}
    such a condition is looked at every 0.05 s; raise it
prompt: {text: go?, timeout: 5 s}
    'default' is missing: nobody may be there; add it, or write 'on_timeout: fail' or 'hold'
prompt: {text: go?, answers: [yes, no], default: maybe, timeout: 5 s}
    'maybe' is none of the answers yes, no; correct it
prompt: {text: go?, answers: [yes, no], passes: [si], default: yes, timeout: 5 s}
    'si' is none of the answers yes, no
prompt: {text: go?, default: yes, timeout: 5 s, on_timeout: fail}
    is never used with 'on_timeout: fail'; take it out
notify: {title: hello, priority: urgent}
    'urgent'
notify: {text: hello}
    'title'
uds: {clear: true}
    the core lets nothing but reading pass while the bench is armed; write 'clear_dtcs: true' at the head
uds: {identity: {colour: red}}
    the unit does not tell 'colour'; it tells 
uds: {allowed: [U0100-87]}
    means nothing while any code passes; write 'trouble_codes: none', or take it out
uds: {data: {x: {did: 0x1F180}}}
    must be at most 65535
"""
"""A step, or the one criterion of a ``settle``; and what must be told of it."""
ROWS = BROKEN.splitlines()


def refused(folder: Path, step: str, rig: str = "e_axle_demo") -> list[str]:
    path = folder / "broken.yaml"
    path.write_text(HEAD.format(rig=rig, step=step))
    with pytest.raises(InputError) as error:
        prepare(str(path))
    return [f"{problem.line}:{problem.column}: {problem.message}" for problem in error.value.problems]


@pytest.mark.parametrize(("step", "message"), list(zip(ROWS[::2], ROWS[1::2], strict=True)), ids=lambda text: text[:60])
def test_a_broken_step_is_refused_with_its_reason(tmp_path: Path, step: str, message: str) -> None:
    told = refused(tmp_path, f"settle: {{criteria: [{step}], timeout: 60 s}}" if step.startswith("{") else step)
    assert len(told) == 1 and told[0].startswith("6:"), told
    assert message.strip() in told[0]


def test_a_watch_of_the_core_holds_eight_criteria(tmp_path: Path) -> None:
    steady = "{kind: variance, channel: dut.winding_temp, tolerance: 1 K, window: 10 s}"
    (told,) = refused(tmp_path, f"settle: {{criteria: [{', '.join([steady] * 9)}], timeout: 60 s}}")
    assert "a list is too short or too long; write at most 8 entries" in told


def test_against_brakes_nothing_is_turned(tmp_path: Path) -> None:
    (told,) = refused(tmp_path, "set: {to: {speed: 1000 rpm, torque: -20 Nm}}", "brake_demo")
    assert "-20 Nm regenerates: the brakes of this rig only absorb" in told


def test_every_mistake_of_a_mapping_is_told_at_its_place(tmp_path: Path) -> None:
    told = refused(tmp_path, "set: {to: {speed: 1 K, torque: 1 K, oil.temp_cmd: 60 °C}}")
    assert [line.split(" ")[0] for line in told] == ["6:23:", "6:36:"]


def test_a_question_that_waits_for_ever_is_refused_where_nobody_is_there(tmp_path: Path) -> None:
    rig = tmp_path / "rig.yaml"
    rig.write_text(find("rig", "e_axle_demo").read_text() + "\nunattended: {allowed: true}\n")
    for policy, waits in (("hold", True), ("fail", False)):
        path = tmp_path / f"{policy}.yaml"
        path.write_text(HEAD.format(rig=rig, step=f"prompt: {{text: go?, timeout: 5 s, on_timeout: {policy}}}"))
        prepared = prepare(str(path))
        if not waits:
            require_allowed(prepared, time.gmtime(0))
            continue
        with pytest.raises(InputError, match=r"hold.yaml:6:.*nobody is there to answer, and the bench would stay"):
            require_allowed(prepared, time.gmtime(0))
