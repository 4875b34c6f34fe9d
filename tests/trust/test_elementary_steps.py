"""The elementary steps on the virtual bench: set, ramp, settle, measure, wait, ask, notify, diagnose."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.base.time import VIRTUAL_EPOCH_S
from bench.record.journal import read_journal
from bench.report.decisions import decisions
from bench.report.html import render_html
from bench.report.junit import render_junit
from bench.report.model import build_model
from bench.sequence.pause.pauses import read_script
from bench.sequence.progress import progress_of
from bench.service.preparation import prepare
from bench.service.run_folder import Labels
from bench.service.virtual_run import run_virtual

Runner = Callable[..., Any]
HEAD = "plan: elementary\ntitle: Elementary\ndut: gen5_bev\nrig: e_axle_demo\nallowance: 0 %\n{more}steps:\n"
WHOLE = [
    "set: {to: {coolant.temp_cmd: 60 °C, coolant.flow_cmd: 9 l/min}}",
    "ramp: {to: {speed: 3000 rpm, torque: 50 Nm, supply.voltage_cmd: 410 V}, "
    "rates: {speed: 400 rpm/s, torque: 100 Nm/s, supply.voltage_cmd: 5 V/s}}",
    """settle:
      criteria:
        - {kind: time_delay, time: 3 s}
        - {kind: variance, channel: dut.torque_est, tolerance: 3 Nm, window: 2 s}
        - {kind: current_deviation, channel: dut.speed, reference: 3000 rpm, tolerance: 10 rpm}
        - {kind: deviation, channel: dut.speed, reference: 3000 rpm, tolerance: 10 rpm, window: 1 s}
        - {kind: standard_deviation, channel: flange_l.torque, tolerance: 5 Nm, window: 2 s}
        - {kind: coefficient_of_variation, channel: dc.power, tolerance: 3 %, window: 2 s, min_reference: 100 W}
      timeout: 30 s""",
    "measure: {name: cruise, duration: 2 s, updates: 45}",
    "measure: {name: media, duration: 1 s, channels: [coolant.temp_in, coolant.flow]}",
    "wait_until: {condition: abs(dut.speed) > 2900 rpm and dut.state == 3, hold: 1 s, timeout: 60 s}",
    'prompt: {text: "is the cover on?", answers: [yes, no], passes: [yes], default: yes, timeout: 20 s}',
    "notify: {title: half way, text: cruise is measured, priority: high}",
    "uds: {trouble_codes: none, tester_present: true, identity: {serial: EMULATED-1}, data: {again: {did: 0xF18C}}}",
]


def plan(folder: Path, steps: list[str], more: str = "") -> str:
    path = folder / "elementary.yaml"
    lines = "".join(f"  - {step}\n" for step in steps)
    path.write_text(HEAD.format(more=more) + lines)
    return str(path)


@pytest.fixture(scope="module")
def whole(run_of: Runner, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run_of(plan(tmp_path_factory.mktemp("plan"), WHOLE))


def times(run: Any, event: str) -> list[float]:
    return [record.t_ns / 1e9 for record in run.journal if record.event == event]


def test_the_whole_plan_passes_and_each_step_leaves_its_record(whole: Any) -> None:
    assert whole.verdict.verdict == "passed"
    assert len(whole.told("set_points")) == 2 and len(whole.told("measurement")) == 2
    assert whole.told("notification") == [{"title": "half way", "text": "cruise is measured", "priority": "high"}]


def test_a_ramp_waits_for_the_slowest_of_its_set_points(whole: Any) -> None:
    begun, ended = times(whole, "step_started")[1], times(whole, "step_finished")[1]
    travel_s = (3000 - 200) / 400 + 50 / 100  # from the speed at which the bench was armed
    assert travel_s < ended - begun < travel_s + 3.0, "the voltage takes 2 s, and moves meanwhile"
    (cruise, _) = whole.told("measurement")
    volts = next(one for one in cruise["values"] if one["channel"] == "dc.voltage")
    assert volts["mean"] == pytest.approx(410.0, abs=1.5) and volts["unit"] == "V"


def test_all_six_criteria_hold_at_once_and_their_windows_are_in_the_journal(whole: Any) -> None:
    (settled,) = whole.told("settled")
    found = {one["kind"]: one for one in settled["criteria"]}
    assert settled["satisfied"] and settled["reason"] == "" and len(found) == 6
    assert (settled["end_ns"] - settled["start_ns"]) / 1e9 >= 3.0
    spread = found["variance"]
    assert spread["max"] - spread["min"] < 3.0 and spread["values"] == 200 and spread["unit"] == "Nm"  # every 10 ms
    assert found["deviation"]["values"] == 100 and abs(found["deviation"]["min"] - 3000.0) <= 10.0
    assert found["standard_deviation"]["std"] < 5.0 and 39 <= found["standard_deviation"]["values"] <= 41
    assert found["coefficient_of_variation"]["std"] < 0.03 * abs(found["coefficient_of_variation"]["mean"])
    assert abs(found["current_deviation"]["last"] - 3000.0) <= 10.0


def test_a_measurement_has_means_scatter_numbers_and_the_efficiency_with_its_uncertainty(whole: Any) -> None:
    cruise, media = whole.told("measurement")
    assert cruise["updates"] >= 45 and cruise["verdict"] == "passed"
    means = {one["channel"]: one["mean"] for one in cruise["values"]}
    out_w = sum(means[f"flange_{side}.torque"] * means[f"flange_{side}.speed"] * math.pi / 30.0 for side in "lr")
    assert cruise["eta_edu"] == pytest.approx(out_w / means["dc.power"], rel=1e-4)
    assert 0.0 < cruise["u_eta_edu"] < 0.02
    assert [one["channel"] for one in media["values"]] == ["coolant.temp_in", "coolant.flow"]
    assert all(one["values"] >= 9 and one["bad"] == 0 for one in media["values"])


def test_a_prompt_that_nobody_answers_takes_the_default_when_its_time_is_over(whole: Any) -> None:
    (answered,) = whole.told("prompt_answered")
    assert answered == {"answer": "yes", "by": "time-out", "reason": ""}
    asked_s, told_s = times(whole, "prompt")[0], times(whole, "prompt_answered")[0]
    assert told_s - asked_s == pytest.approx(20.0)


def test_the_unit_is_asked_under_load(whole: Any) -> None:
    (found,) = [told for told in whole.told("diagnostics") if told["when"] == "step"]
    assert found["identity"]["serial"] == found["data"]["again"] == "EMULATED-1" and found["dtcs"] == []


def test_report_log_and_ci_have_the_measurements(whole: Any) -> None:
    model = build_model(whole.journal)
    page = render_html(model)
    assert 'id="measurement"' in page and 'id="measurement_values"' in page
    assert re.search(
        r'<td class="text">cruise</td><td class="text">dc.voltage</td><td class="text">V</td><td>4(10|09)\.', page
    )
    names = {case.attrib["name"] for case in ElementTree.fromstring(render_junit(model))[0]}
    assert {"measurement cruise", "measurement media"} <= names
    told = [line.text for line in decisions(whole.journal)]
    assert "is the cover on?" in told and "yes (by time-out)" in told and "half way: cruise is measured" in told
    assert "speed 3000 at 400/s, supply.voltage_cmd 410 at 5/s, torque 50 at 100/s" in told


# --- policies --------------------------------------------------------------------------------------------------------
IMPOSSIBLE = """settle:
      criteria: [{{kind: deviation, channel: dut.speed, reference: 900 rpm, tolerance: 1 rpm, window: 1 s}}]
      timeout: 3 s
      on_timeout: {policy}"""


@pytest.mark.parametrize(
    ("policy", "verdict", "measured"),
    [("fail", "failed", None), ("flag", "passed", "flagged"), ("go_on", "passed", "passed")],
)
def test_what_does_not_settle_fails_flags_or_goes_on(
    run_of: Runner, tmp_path: Path, policy: str, verdict: str, measured: str | None
) -> None:
    run = run_of(plan(tmp_path, [IMPOSSIBLE.format(policy=policy), "measure: {name: here, duration: 200 ms}"]))
    assert run.verdict.verdict == verdict
    (settled,) = run.told("settled")
    assert not settled["satisfied"] and settled["criteria"][0]["values"] == 100
    assert "not settled within 3 s: deviation of dut.speed about 900 rpm within 1 rpm over 1 s" in settled["reason"]
    found = [told["verdict"] for told in run.told("measurement")]
    assert found == ([] if measured is None else [measured])


def test_a_settled_step_ends_the_doubt(run_of: Runner, tmp_path: Path) -> None:
    steady = "settle: {criteria: [{kind: time_delay, time: 100 ms}], timeout: 1 s}"
    steps = [IMPOSSIBLE.format(policy="flag"), "measure: {name: first, duration: 200 ms}", steady,
             "measure: {name: second, duration: 200 ms}"]  # fmt: skip
    run = run_of(plan(tmp_path, steps))
    assert [told["verdict"] for told in run.told("measurement")] == ["flagged", "passed"]


@pytest.mark.parametrize("policy", ["go_on", "fail"])
def test_a_wire_that_is_broken_settles_nothing_and_measures_nothing(
    run_of: Runner, tmp_path: Path, policy: str
) -> None:
    step = """settle:
      criteria: [{{kind: variance, channel: scanner.rotor_temp, tolerance: 500 K, window: 200 ms}}]
      timeout: 2 s
      on_timeout: {policy}"""
    measure = "measure: {name: rotor, duration: 1 s, channels: [scanner.rotor_temp, dc.power]}"
    run = run_of(plan(tmp_path, [step.format(policy=policy), measure]), "scanner.broken_wire:rotor@0s")
    assert run.verdict.verdict == "failed"
    (settled,) = run.told("settled")
    assert not settled["satisfied"] and settled["criteria"][0]["values"] == 0
    assert re.search(r"scanner.rotor_temp is [A-Z_]+$", settled["reason"])
    if policy == "go_on":
        (measured,) = run.told("measurement")
        assert measured["verdict"] == "failed" and "scanner.rotor_temp had" in measured["reason"]
        assert measured["values"][0]["mean"] is None and measured["values"][1]["mean"] is not None


@pytest.mark.parametrize("condition", ["dut.speed > 2 krpm", "abs(dut.speed) > 2 krpm"])  # by the core; by looking
@pytest.mark.parametrize("policy", ["fail", "go_on"])
def test_a_condition_that_does_not_come_true_in_time(
    run_of: Runner, tmp_path: Path, condition: str, policy: str
) -> None:
    step = f"wait_until: {{condition: {condition}, timeout: 2 s, on_timeout: {policy}}}"
    run = run_of(plan(tmp_path, [step]))
    assert run.verdict.verdict == ("failed" if policy == "fail" else "passed")
    (waited,) = run.told("waited")
    assert (waited["end_ns"] - waited["start_ns"]) / 1e9 == pytest.approx(2.0, abs=0.06) and not waited["satisfied"]
    assert re.fullmatch(r".*: not true within 2 s; there is dut.speed = 200", waited["reason"])


def test_the_core_and_the_looks_agree_on_when_a_condition_came_true(run_of: Runner, tmp_path: Path) -> None:
    ramp = "ramp: {to: {coolant.temp_cmd: 40 °C}}"
    conditions = ["coolant.temp_in > 25 °C", "coolant.temp_in + 0 K > 25 °C"]
    steps = [ramp, *(f"wait_until: {{condition: {one}, hold: 2 s, timeout: 10 min}}" for one in conditions)]
    waited = run_of(plan(tmp_path, steps)).told("waited")
    assert all(one["satisfied"] for one in waited)
    assert (waited[1]["end_ns"] - waited[1]["start_ns"]) / 1e9 == pytest.approx(2.0, abs=0.06), "it was true already"


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("prompt: {text: go?, timeout: 5 s, on_timeout: fail}", "nobody answered within 5 s: go?"),
        ("prompt: {text: go?, answers: [yes, no], passes: [yes], default: no, timeout: 5 s}", "answered 'no': go?"),
        ("prompt: {text: go?, timeout: 5 s, on_timeout: hold}", "nobody answered within 5 s: go?"),
        ("uds: {identity: {serial: OTHER}}", "serial is 'EMULATED-1', expected is 'OTHER'"),
    ],
)
def test_a_step_that_fails_says_why(run_of: Runner, tmp_path: Path, step: str, reason: str) -> None:
    run = run_of(plan(tmp_path, [step]))
    assert run.verdict.verdict == "failed" and run.verdict.outcome == "finished"
    assert run.verdict.reasons == (reason,)


def test_a_torque_that_is_too_much_where_the_bench_is_fails_before_it_is_asked_for(
    run_of: Runner, tmp_path: Path
) -> None:
    run = run_of(plan(tmp_path, ["set: {to: {speed: 12000 rpm}}", "set: {to: {torque: 300 Nm}}"]))
    assert run.verdict.verdict == "failed" and run.verdict.stop_confirmed
    assert "300 Nm lies outside the DUT's envelope" in run.verdict.reasons[0]


@pytest.mark.parametrize(
    ("more", "verdict"), [("none_active", "passed"), ("none", "failed"), ("none, allowed: [P0A78-00]", "passed")]
)
def test_a_stored_trouble_code_fails_the_step_unless_it_is_allowed(
    run_of: Runner, tmp_path: Path, more: str, verdict: str
) -> None:
    run = run_of(plan(tmp_path, [f"uds: {{trouble_codes: {more}}}"]), "ecu.stored:P0A78-00@0s")
    assert run.verdict.verdict == verdict
    if verdict == "failed":
        assert run.verdict.reasons[0].startswith("trouble code P0A78-00 is stored")


def test_a_unit_that_does_not_answer_fails_the_step_and_stops_the_bench_in_order(
    run_of: Runner, tmp_path: Path
) -> None:
    run = run_of(plan(tmp_path, ["uds: {}"]), "ecu.silence@10s")
    assert run.verdict.verdict == "failed" and run.verdict.stop_confirmed
    assert run.verdict.reasons == ("dut: no answer in time; check its supply and its bus",)


def test_prepared_answers_are_given_one_by_one_and_at_once(tmp_path: Path) -> None:
    asked = "prompt: {text: go?, answers: [yes, no], passes: [yes], default: no, timeout: 60 s}"
    prepared = prepare(plan(tmp_path, [asked, asked, asked]))
    labels = Labels("virtual", 1, VIRTUAL_EPOCH_S)
    result = run_virtual(prepared.blueprint, tmp_path, labels, answers=("yes", "yes"))
    records, _ = read_journal((result.folder / "journal.jsonl").read_bytes())
    told = [(record.data["answer"], record.data["by"]) for record in records if record.event == "prompt_answered"]
    assert told == [("yes", "script"), ("yes", "script"), ("no", "time-out")]
    assert result.virtual_s < 100.0


def test_a_run_that_goes_on_keeps_its_measurements_and_sets_its_set_points_again(
    run_of: Runner, tmp_path: Path
) -> None:
    steps = ["set: {to: {coolant.temp_cmd: 60 °C}}", "set: {to: {oil.flow_cmd: 5 l/min}}",
             "set: {to: {coolant.temp_cmd: 50 °C}}", "measure: {name: kept, duration: 500 ms}",
             "prompt: {text: go?, timeout: 5 s, on_timeout: fail}"]  # fmt: skip
    path = plan(tmp_path, steps)
    failed = run_of(path)
    progress = progress_of("before", "chain", failed.journal)
    prepared = prepare(path)
    result = run_virtual(
        prepared.blueprint, tmp_path, Labels("virtual", 1, VIRTUAL_EPOCH_S), progress=progress, answers=("yes",)
    )
    assert result.verdict is not None and result.verdict.verdict == "passed"
    records, _ = read_journal((result.folder / "journal.jsonl").read_bytes())
    (kept,) = [record.data for record in records if record.event == "measurement"]
    assert kept["name"] == "kept" and kept["of_run"] == "before"
    sent = [record.data["to"] for record in records if record.event == "set_points"]
    assert sent == [{"oil.flow_cmd": 5.0}, {"coolant.temp_cmd": 50.0}], "the last for each thing, in order"


# --- pauses ----------------------------------------------------------------------------------------------------------
SETTLED = "settle: {criteria: [{kind: variance, channel: dut.speed, tolerance: 5 rpm, window: 1 s}], timeout: 30 s}"
GO = "ramp: {to: {speed: 2000 rpm, torque: 40 Nm}}"


@pytest.mark.parametrize(
    ("steps", "verdict"),
    [([GO, SETTLED], "passed"), ([GO], "flagged"), ([SETTLED, GO], "flagged")],
    ids=["settled", "never settled", "settled elsewhere"],
)
def test_a_measurement_that_a_pause_came_into_is_made_again_where_the_bench_is_steady(
    tmp_path: Path, steps: list[str], verdict: str
) -> None:
    prepared = prepare(plan(tmp_path, [*steps, "measure: {name: paused, duration: 30 s}"]))
    records = run_with(prepared, tmp_path, script=read_script(["suspend@45s+20s"]))
    (told,) = [record.data for record in records if record.event == "measurement"]
    assert any(record.event == "suspended" for record in records)
    assert told["verdict"] == verdict and told["duration_s"] == pytest.approx(30.0, abs=0.1)
    if verdict == "flagged":
        assert told["reason"] == "measured after a break, and no 'settle' says when the bench is steady again"
    speed = next(one for one in told["values"] if one["channel"] == "dut.speed")
    assert speed["mean"] == pytest.approx(2000.0, abs=5.0) and speed["std"] < 5.0


def test_a_question_that_nobody_answers_does_not_keep_the_bench_from_being_suspended(tmp_path: Path) -> None:
    prepared = prepare(plan(tmp_path, ["prompt: {text: go?, default: yes, timeout: 60 s}"]))
    records = run_with(prepared, tmp_path, script=read_script(["suspend@40s+20s"]))
    at_s = {record.event: record.t_ns / 1e9 for record in records}
    assert at_s["suspended"] == pytest.approx(40.0, abs=0.5)
    stood_s = at_s["resumed_from_suspend"] - at_s["suspended"]
    assert at_s["prompt_answered"] - at_s["prompt"] == pytest.approx(60.0 + stood_s, abs=0.5), "its clock stood still"


def run_with(prepared: Any, folder: Path, **more: Any) -> list[Any]:
    result = run_virtual(prepared.blueprint, folder, Labels("virtual", 1, VIRTUAL_EPOCH_S), **more)
    assert result.verdict is not None and result.verdict.verdict == "passed", result
    return read_journal((result.folder / "journal.jsonl").read_bytes())[0]


# --- after a break ---------------------------------------------------------------------------------------------------
NEAR = (
    "settle: {{criteria: [{{kind: deviation, channel: dut.speed, reference: {0} rpm, "
    "tolerance: 5 rpm, window: 500 ms}}]"
)
BREAK = "prompt: {text: go?, timeout: 5 s, on_timeout: fail}"


def resumed(folder: Path, path: str, failed: list[Any], *answers: str, verdict: str = "passed") -> list[Any]:
    progress = progress_of("before", "chain", failed)
    labels = Labels("virtual", 1, VIRTUAL_EPOCH_S)
    result = run_virtual(prepare(path).blueprint, folder, labels, progress=progress, answers=answers)
    assert result.verdict is not None and result.verdict.verdict == verdict, result
    return read_journal((result.folder / "journal.jsonl").read_bytes())[0]


def test_a_measurement_after_a_break_is_made_where_the_plan_had_left_the_bench(run_of: Runner, tmp_path: Path) -> None:
    steps = ["ramp: {to: {speed: 2000 rpm, torque: 40 Nm}}", f"{NEAR.format(2000)}, timeout: 20 s}}",
             "dwell: {speed: 3000 rpm, torque: 20 Nm, time: 1 s}", BREAK, BREAK,
             "measure: {name: there, duration: 500 ms}"]  # fmt: skip
    path = plan(tmp_path, steps)
    first = run_of(path)
    again = resumed(tmp_path, path, first.journal, "yes", verdict="failed")  # broken off once more
    records = resumed(tmp_path, path, again, "yes", "yes")
    (told,) = [record.data for record in records if record.event == "measurement"]
    assert (told["speed_rpm"], told["torque_nm"]) == (3000.0, 20.0)
    speed = next(one for one in told["values"] if one["channel"] == "dut.speed")
    assert speed["mean"] == pytest.approx(3000.0, abs=5.0)
    assert sum(record.event == "step_started" and record.data["kind"] == "dwell" for record in records) == 0


def test_what_was_waited_for_elsewhere_is_not_waited_for_again(run_of: Runner, tmp_path: Path) -> None:
    steps = ["ramp: {to: {speed: 2000 rpm}}", f"{NEAR.format(2000)}, timeout: 20 s}}",
             "ramp: {to: {speed: 3000 rpm}}", BREAK, "measure: {name: there, duration: 500 ms}"]  # fmt: skip
    path = plan(tmp_path, steps)
    records = resumed(tmp_path, path, run_of(path).journal, "yes")
    started = [record.data["kind"] for record in records if record.event == "step_started"]
    assert started == ["ramp", "prompt", "measure"], "its criterion would never hold at 3000 rpm"
