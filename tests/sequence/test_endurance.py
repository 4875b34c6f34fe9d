"""The steps ``endurance`` and ``reference_point``: on the fake bench with its ideal physics, and what checks refuse."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fake_bench import FakeBench
from sequence_helpers import make_context, plan_of

from bench.base.errors import InputError
from bench.schedule.outcomes import Held, Stopped
from bench.schedule.requests import Segment
from bench.sequence.check import check_plan
from bench.sequence.context import Context
from bench.sequence.endurance.drive import book_of
from bench.sequence.progress import Taken
from bench.sequence.registry import step_kinds
from bench.sequence.steps.endurance import EnduranceStep
from bench.sequence.steps.reference_point import ReferencePoint
from bench.sequence.verdict import StepVerdict

HEAD = "plan: small\ntitle: Load\ndut: fake\nrig: fake\nsteps:\n"
SETTLE = """
      settle: {torque: 2 Nm, speed: 5 rpm, temperature: 1 K, window: 2 s, timeout: 20 s}
      measure: {revolutions: 2, updates: 5, at_least: 500 ms}
"""
CHECK = SETTLE.replace("\n      ", "\n            ").replace("timeout: 20 s", "timeout: 200 s")
ACCEL = "accel_decel: {low: 1000 rpm, high: 1500 rpm, torque: 100 Nm}"
ENDURANCE = f"{HEAD}  - endurance:\n      {ACCEL}\n      cycles: 20\n      band: {{torque: 5 Nm, speed: 20 rpm}}\n"
KINDS = {
    "accel_decel": ACCEL,
    "alternating": "alternating: {max_torque: {speed: 1000 rpm, torque: 150 Nm, time: 1 s}, "
    "max_speed: {speed: 3000 rpm, torque: 40 Nm, time: 1 s}}",
    "start_stop": "start_stop: {speed: 500 rpm, torque: 50 Nm, run: 1 s, rest: 500 ms}",
    "reversal": "reversal: {speed: 2000 rpm, torque: 80 Nm, hold: 500 ms}",
    "thermal": "thermal: {coolant: 60..70 °C, speed: 1000 rpm, torque: 20 Nm, hold: 5 s, timeout: 30 s}",
    "speed_torque": "speed_torque: {places: [{speed: 500 rpm, torque: 50 Nm, time: 1 s}, "
    "{speed: 900 rpm, torque: -30 Nm, time: 1 s}, {speed: 700 rpm, torque: 0 Nm, time: 1 s}]}",
}
Tamper = Callable[[FakeBench, dict[str, float]], None]


def parameters(text: str) -> Any:
    return plan_of(text).value.steps[0].parameters


def ready_bench(tamper: Tamper | None = None) -> FakeBench:
    bench = FakeBench(tamper)
    bench.armed = True
    bench.setpoints.update({"dut.state_request": 2.0, "dyno_l.enable_cmd": 1.0, "coolant.temp_cmd": 65.0})
    bench.winding = 80.0
    return bench


def drive(
    text: str = ENDURANCE, bench: FakeBench | None = None, context: Context | None = None
) -> tuple[FakeBench, StepVerdict]:
    bench = bench or ready_bench()
    kind = EnduranceStep() if "endurance" in text else ReferencePoint()
    return bench, bench.run(kind.run(parameters(text), context or make_context()))


def last(bench: FakeBench, event: str = "endurance") -> dict[str, Any]:
    return bench.events(event)[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_cycle_is_counted_and_names_its_clause(kind: str) -> None:
    bench, verdict = drive(ENDURANCE.replace(ACCEL, KINDS[kind]).replace("cycles: 20", "cycles: 4"))
    assert verdict == StepVerdict()
    found, (begun,) = last(bench), bench.events("endurance_started")
    assert (found["cycles"], found["out_of_band"], found["verdict"]) == (4, 0, "passed")
    assert begun["clause"] and begun["assumed"] and begun["kind"] == kind
    if kind != "thermal":
        assert found["load_s"] == pytest.approx(4 * begun["period_s"], abs=0.3)
    else:
        assert {ramp.target for ramp in bench.ramps if ramp.channel == "coolant.temp_cmd"} == {60.0, 70.0}


def test_the_collective_is_that_of_the_torque_that_was_asked_for() -> None:
    bench, _ = drive()
    (counts,) = [last(bench, "endurance_state")["torque"]["matrix"]["counts"]]
    assert sum(count for size, _, count in counts if size == 10) == pytest.approx(19, abs=1), "ranges of 200 Nm"
    found = last(bench)
    # twenty cycles of half of the range that is endured a million times, by a slope of five and of nine below the knee
    assert found["torque_damage"] == pytest.approx(20 * 0.5**9 / 1e6, rel=0.06)
    assert found["insulation_damage"] > 0.0 and found["winding_max_degc"] > 75.0


def test_as_many_cycles_as_fill_a_time() -> None:
    bench, _ = drive(ENDURANCE.replace("cycles: 20", "time: 60 s"))
    assert 60.0 <= last(bench)["load_s"] < 60.0 + last(bench)["load_s"] / last(bench)["cycles"]


def weak(share: float, until: int) -> Tamper:
    """The unit gives less torque than asked for, in the first cycles."""

    def tamper(bench: FakeBench, image: dict[str, float]) -> None:
        if len(bench.events("endurance_cycle")) < until:
            image["dut.torque_est"] *= share

    return tamper


def test_a_cycle_out_of_band_is_told_and_driven_again() -> None:
    bench, verdict = drive(bench=ready_bench(weak(0.8, 3)))
    assert verdict == StepVerdict() and (last(bench)["cycles"], last(bench)["out_of_band"]) == (20, 3)
    rows = bench.events("endurance_cycle")
    assert [row["cycle"] for row in rows] == list(range(1, 24))
    assert (
        rows[0]["why"].startswith("accelerate: 80.0 instead of 100 Nm +- 5 Nm; decelerate: -80.0")
        and not rows[0]["in_band"]
    )
    assert last(bench)["load_s"] == pytest.approx(sum(row["s"] for row in rows[3:]))


def test_too_many_cycles_out_of_band_end_the_step() -> None:
    text = ENDURANCE.replace("      band", "      out_of_band: 4\n      band")
    bench, verdict = drive(text, ready_bench(weak(0.5, 100)))
    assert verdict.verdict == "failed" and last(bench)["out_of_band"] == 5 and last(bench)["cycles"] == 0
    assert verdict.reasons[0].startswith("5 cycles were out of band, 4 may be; the last: accelerate: 50.0 instead")


def test_a_speed_that_does_not_arrive_is_out_of_band_and_so_is_a_silent_channel() -> None:
    def slow(_bench: FakeBench, image: dict[str, float]) -> None:
        image["dut.speed"] = min(image["dut.speed"], 1400.0)

    text = ENDURANCE.replace("      band", "      out_of_band: 0\n      band")
    _, verdict = drive(text, ready_bench(slow))
    assert "accelerate: 1400.0 instead of 1500 rpm +- 20 rpm" in verdict.reasons[0]
    bench = ready_bench()
    bench.silent.add("dut.torque_est")
    assert "accelerate: nan instead of 100 Nm" in drive(text, bench)[1].reasons[0]


class Freezing(FakeBench):
    """Frozen at a segment."""

    at, left = 3, 1

    def _on_segment(self, request: Segment) -> None:
        super()._on_segment(request)
        if len(self.events("endurance_cycle")) == self.at and self.left:
            self.left -= 1
            self.collecting = None
            raise Held("an instrument was silent", 1.0)


def freezing(left: int) -> FakeBench:
    bench = Freezing()
    bench.left = left
    bench.__dict__.update({k: v for k, v in ready_bench().__dict__.items() if k != "left"})
    return bench


def test_a_cycle_that_a_freeze_came_into_does_not_count() -> None:
    bench, verdict = drive(bench=freezing(2))
    assert verdict == StepVerdict() and last(bench)["cycles"] == 20 and last(bench)["out_of_band"] == 0
    assert [data["cycle"] for data in bench.events("repeated")] == [4, 4]
    with pytest.raises(Held):
        drive(bench=freezing(3))


def taken(bench: FakeBench, count: int) -> Taken:
    """What a run takes over that was killed after so many records, through a journal's JSON."""
    records = [(event, json.loads(json.dumps(data))) for event, data in bench.journal[:count]]
    states = [i for i, (event, _) in enumerate(records) if event == "endurance_state"]
    kept = [
        (event, data)
        for i, (event, data) in enumerate(records)
        if event in ("reference_check", "check_point", "endurance_check")
        or (event == "endurance_state" and i == states[-1])
        or (event == "endurance_cycle" and (not states or i > states[-1]))
    ]
    return Taken("old", False, tuple(kept))


def test_the_book_is_the_same_from_any_record_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the run before was, nothing is lost and nothing counts twice."""
    monkeypatch.setattr("bench.sequence.endurance.drive._ROWS", 7)
    bench, _ = drive()
    wanted = parameters(ENDURANCE)
    rows = [i for i, (event, _) in enumerate(bench.journal) if event == "endurance_cycle"]
    whole = book_of(wanted, taken(bench, len(bench.journal)))
    for done, place in enumerate(rows, 1):
        book = book_of(wanted, taken(bench, place + 1))
        assert book.rows == done
        for later in rows[done:]:
            book.take(bench.journal[later][1])
        assert book.state() == whole.state()


@pytest.mark.parametrize("cycles", [1, 8, 19, 20])
def test_a_run_that_goes_on_drives_what_is_left(cycles: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.sequence.endurance.drive._ROWS", 7)
    first, _ = drive()
    place = [i for i, (event, _) in enumerate(first.journal) if event == "endurance_cycle"][cycles - 1]
    context = replace(make_context(), taken=taken(first, place + 1))
    second, verdict = drive(context=context)
    assert verdict == StepVerdict() and len(second.events("endurance_cycle")) == 20 - cycles
    assert second.events("endurance_started")[0]["begins_after"] == cycles
    one, other = last(first), last(second)
    assert (other["cycles"], other["out_of_band"]) == (20, 0) and other["load_s"] == pytest.approx(one["load_s"])
    assert other["torque_damage"] == pytest.approx(one["torque_damage"], rel=0.1)


CHECKED = (
    ENDURANCE
    + f"""      checks:
        - every: 20 s
          reference_point:
            speed: 4000 rpm
            torque: 150 Nm
            baseline: 10{CHECK}
        - share: 50 %
          points:
            places: [{{speed: 2000 rpm, torque: 60 Nm}}, {{speed: 3000 rpm, torque: -60 Nm}}]{CHECK}
"""
)


def test_checks_are_interleaved_and_none_is_forgotten() -> None:
    bench, verdict = drive(CHECKED)
    assert verdict == StepVerdict()
    done = [(data["check_of"], data["round"], data["cycles"]) for data in bench.events("endurance_check")]
    assert [each for each in done if each[0] == 1] == [(1, 0, 0), (1, 1, 10), (1, 2, 20)]
    assert [each[1] for each in done if each[0] == 0] == list(range(int(last(bench)["under_s"] // 20) + 1))
    checks = bench.events("reference_check")
    assert [data["in_baseline"] for data in checks][:11] == [True] * 10 + [False] and len(checks) == 9 + len(
        [each for each in done if each[0] == 0]
    )
    points = bench.events("check_point")
    assert [(data["round"], data["number"]) for data in points] == [(r, n) for r in (0, 1, 2) for n in (1, 2)]
    assert all(data["eta_edu"] and data["verdict"] == "accepted" for data in points)


def test_a_check_that_was_done_is_not_done_again_after_a_break() -> None:
    first, _ = drive(CHECKED)
    place = next(
        i for i, (event, data) in enumerate(first.journal) if event == "endurance_check" and data["round"] == 1
    )
    left = taken(first, place + 1)
    context = replace(make_context(), taken=left)
    context.charts.take_over(data for event, data in left.records if event == "reference_check")
    second, verdict = drive(CHECKED, context=context)
    assert verdict == StepVerdict()
    both = [
        [(data["check_of"], data["round"]) for data in bench.events("endurance_check")] for bench in (first, second)
    ]
    before = [(data["check_of"], data["round"]) for event, data in left.records if event == "endurance_check"]
    assert sorted(before + both[1]) == sorted(both[0])
    numbers = [data["check"] for _, data in left.records if "apart_pp" in data]
    numbers += [data["check"] for data in second.events("reference_check")]
    assert numbers == list(range(1, len(first.events("reference_check")) + 1))


def worn(after: int, share: float) -> Tamper:
    """From a check on, the unit takes more power."""

    def tamper(bench: FakeBench, image: dict[str, float]) -> None:
        if len(bench.events("reference_check")) >= after:
            image["dc.power"] *= 1.0 + share

    return tamper


REFERENCE = f"{HEAD}  - reference_point:\n      speed: 4000 rpm\n      torque: 150 Nm\n      repeats: 12{SETTLE}"
SHORT = REFERENCE.replace("repeats: 12", "repeats: 12\n      baseline: 10")


def test_drift_is_found_and_fails_the_step_and_without_it_nothing_is_found() -> None:
    bench, verdict = drive(SHORT)
    assert verdict == StepVerdict() and len(bench.events("reference_check")) == 22
    assert last(bench, "reference_check")["found_at"] == 0
    bench, verdict = drive(SHORT, ready_bench(worn(14, 0.002)))
    told = last(bench, "reference_check")
    assert told["found_at"] == 16 and told["shift_pp"] == pytest.approx(-0.19, abs=0.02)
    assert verdict.reasons[0].startswith("drift of -0.1") and "found at check 16" in verdict.reasons[0]
    tolerant = SHORT.replace("repeats: 12", "repeats: 12\n      tolerated: 0.3 pp")
    assert drive(tolerant, ready_bench(worn(14, 0.002)))[1] == StepVerdict()


def test_a_check_that_is_not_steady_has_no_place_in_the_chart() -> None:
    def restless(bench: FakeBench, image: dict[str, float]) -> None:
        if len(bench.events("reference_check")) == 12:
            image["dut.speed"] += 50.0 * (bench.t_ns // 1_000_000_000 % 2)

    bench, verdict = drive(SHORT, ready_bench(restless))
    assert verdict.verdict == "failed" and verdict.reasons[0].startswith("check 13: not settled within 20 s")
    assert last(bench, "reference_check")["check"] == 22


def test_a_unit_that_is_colder_than_it_was_is_waited_for_and_then_told() -> None:
    def cold(bench: FakeBench, image: dict[str, float]) -> None:
        if len(bench.events("reference_check")) == 11:
            image["dut.oil_temp"] -= 10.0

    _, verdict = drive(SHORT, ready_bench(cold))
    assert verdict.reasons[0].startswith("check 12: not near the baseline's temperatures (degC: winding")


def test_a_scattered_baseline_is_no_baseline() -> None:
    def noisy(bench: FakeBench, image: dict[str, float]) -> None:
        image["dc.power"] *= 1.0 + 0.003 * (len(bench.events("reference_check")) % 2)

    bench, verdict = drive(SHORT, ready_bench(noisy))
    assert any("its chart is worth nothing" in reason for reason in verdict.reasons)
    assert last(bench, "reference_check")["measured_pp"] > 0.1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (ACCEL, "accel_decel: {low: 1500 rpm, high: 1000 rpm, torque: 100 Nm}", "must lie above 'low' 1500 rpm"),
        (
            ACCEL,
            KINDS["reversal"] + "\n      " + KINDS["start_stop"],
            "one kind of cycle is needed, not start_stop, rev",
        ),
        (ACCEL + "\n", "\n", "one kind of cycle is needed, none is there; give one of accel_decel"),
        ("cycles: 20", "cycles: 20\n      time: 1 h", "give either 'cycles' or 'time'"),
        ("cycles: 20", "out_of_band: 3", "give either 'cycles' or 'time'"),
        ("cycles: 20", "cycles: 20\n      checks: [{every: 1 h}]", "give either 'reference_point' or 'points'"),
    ],
)
def test_what_is_no_endurance_is_refused_on_reading(old: str, new: str, told: str) -> None:
    assert old in ENDURANCE
    with pytest.raises(InputError) as refused:
        plan_of(ENDURANCE.replace(old, new))
    assert told in "\n".join(map(str, refused.value.problems))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("torque: 100 Nm", "torque: 500 Nm", "torque on: -500 Nm at 1000 rpm lies outside the DUT's envelope"),
        ("high: 1500 rpm", "high: 16000 rpm", "rpm exceeds the DUT's 14000 rpm; lower it"),
        ("high: 1500 rpm, torque: 100", "high: 9000 rpm, torque: 230", "accelerate: 230 Nm at 9000 rpm lies outside"),
        ("cycles: 20", "cycles: 20\n      torque_rate: 5000 Nm/s", "5000 Nm/s exceeds the rig's 1000 Nm/s"),
        ("cycles: 20", "cycles: 20\n      speed_rate: 1500 rpm/s", "what rig and dynos allow, 1000 rpm/s"),
    ],
)
def test_what_the_bench_cannot_do_is_refused_by_the_check(old: str, new: str, told: str) -> None:
    assert old in ENDURANCE
    plan = plan_of(ENDURANCE.replace(old, new))
    assert told in "\n".join(map(str, check_plan(plan, step_kinds(), make_context())))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("torque: 150 Nm", "torque: 30 Nm", "less than half of the continuous torque (200 Nm) at 4000 rpm"),
        ("torque: 150 Nm", "torque: 250 Nm", "cannot be held for good at 4000 rpm"),
        ("speed: 4000 rpm", "speed: 15000 rpm", "exceeds the DUT's 14000 rpm"),
    ],
)
def test_a_reference_point_carries_load_that_can_be_held(old: str, new: str, told: str) -> None:
    for text in (SHORT, CHECKED):
        assert old in text
        assert told in "\n".join(map(str, check_plan(plan_of(text.replace(old, new)), step_kinds(), make_context())))


def test_a_good_plan_has_no_problems_and_an_estimate() -> None:
    for text in (ENDURANCE, CHECKED, SHORT):
        assert check_plan(plan_of(text), step_kinds(), make_context()) == []
    bench, _ = drive(CHECKED)
    guess = EnduranceStep().estimate_s(parameters(CHECKED), make_context())
    assert guess == pytest.approx(bench.t_ns * 1e-9, rel=0.4)


def test_a_stop_leaves_the_whole_state_behind() -> None:
    bench = ready_bench()
    bench.stop_at_event = ("endurance_cycle", Stopped(1, "a limit"))
    with pytest.raises(Stopped):
        drive(bench=bench)
    assert [event for event, _ in bench.journal][-2:] == ["endurance_cycle", "endurance_state"]
    assert last(bench, "endurance_state")["cycles"] + last(bench, "endurance_state")["out_of_band"] <= 1
