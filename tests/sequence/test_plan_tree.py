"""Plans as trees: order, repetition, rules after failures, cleanup, deadlines, branches, and going on after a break."""

from typing import Any

import pytest
from plan_stage import HEAD, Stage, kinds, plan_of
from sequence_helpers import make_context

from bench.base.errors import InputError
from bench.core.causes import Cause
from bench.schedule.requests import Operation
from bench.sequence.check import check_plan
from bench.sequence.context import Context
from bench.sequence.estimate import estimate
from bench.sequence.verdict import RunVerdict


@pytest.fixture(autouse=True)
def quick_arming(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arming is a test of its own."""
    armed: list[str] = []

    def quickly(what: str) -> Any:
        def operation(_context: Context) -> Operation[None]:
            armed.append(what)
            yield from ()

        return operation

    monkeypatch.setattr("bench.sequence.tree.walk.arm", quickly("armed"))
    monkeypatch.setattr("bench.sequence.tree.walk.sign_check", quickly("signs"))
    return armed


def run(steps: str, *, stops: tuple[tuple[float, int], ...] = (), **values: float) -> tuple[Stage, RunVerdict]:
    stage = Stage(make_context(), {name.replace("__", "."): value for name, value in values.items()})
    for at_s, code in stops:
        stage.stop(at_s, code, operator=code == Cause.OPERATOR)
    return stage, stage.run(plan_of(steps))


def test_a_flat_plan_keeps_its_plain_numbers() -> None:
    stage, verdict = run("- note: {say: a}\n- note: {say: b}")
    assert stage.events("step_started") == [("step_started", 0), ("step_started", 1)]
    assert verdict.verdict == "passed"
    assert [event for _, event, _ in stage.journal if event.startswith(("group", "pass"))] == []


def test_nested_nodes_run_in_their_order_and_each_step_has_its_place() -> None:
    stage, verdict = run("""
- note: {say: a}
- repeat:
    times: 2
    steps:
      - sequence:
          steps:
            - note: {say: b}
            - sweep:
                over: {n: [x, y]}
                steps:
                  - note: {say: $n}
- note: {say: z}
""")
    assert stage.said() == ["a", "b", "x", "y", "b", "x", "y", "z"]
    assert [place for _, place in stage.events("step_started")] == [
        0, "1/1.0.0", "1/1.0.1.0.0", "1/1.0.1.1.0", "1/2.0.0", "1/2.0.1.0.0", "1/2.0.1.1.0", 2,
    ]  # fmt: skip
    assert verdict.verdict == "passed"


def test_a_repeat_for_a_time_finishes_the_pass_that_has_begun() -> None:
    stage, _ = run("- repeat: {for: 25 s, steps: [{note: {say: a, time: 10 s}}]}")
    assert stage.said() == ["a", "a", "a"]


def test_points_are_numbered_through_and_their_number_is_known_before() -> None:
    text = "- repeat: {times: 2, steps: [{map: {say: m}}]}\n- sweep: {over: {n: [1, 2]}, steps: [{map: {say: m}}]}"
    stage, verdict = run(text)
    points = [(data["point"], data["step"]) for _, event, data in stage.journal if event == "point"]
    assert points == [
        (1, "0/1.0"), (2, "0/1.0"), (3, "0/2.0"), (4, "0/2.0"), (5, "1.0.0"), (6, "1.0.0"), (7, "1.1.0"), (8, "1.1.0"),
    ]  # fmt: skip
    assert (verdict.planned, verdict.points, verdict.verdict) == (8, 8, "passed")
    assert estimate(plan_of(text).value, kinds(), make_context()).points == 8


def test_the_points_of_a_repeat_for_a_time_are_those_that_it_comes_to() -> None:
    stage, verdict = run("- repeat: {for: 25 s, steps: [{map: {say: m, time: 10 s}}]}")
    assert (verdict.planned, verdict.points, verdict.verdict) == (6, 6, "passed")
    assert [data["points"] for _, event, data in stage.journal if event == "run_started"] == [6]


# --- conditions ---


@pytest.mark.parametrize(("temperature", "said"), [(70.0, ["hot"]), (20.0, ["cold"])])
def test_a_condition_decides_once(temperature: float, said: list[str]) -> None:
    steps = """
- when:
    condition: coolant.temp_out > 60 °C
    steps: [{note: {say: hot}}]
    else: [{note: {say: cold}}]
"""
    stage, verdict = run(steps, coolant__temp_out=temperature)
    assert (stage.said(), verdict.verdict) == (said, "passed")
    assert stage.events("decided") == [("decided", 0)]


def test_a_value_that_is_not_good_decides_nothing() -> None:
    stage, verdict = run("- when: {condition: coolant.temp_out > 60 °C, steps: [{note: {say: a}}]}")
    assert stage.said() == []
    assert verdict.reasons == ("nobody knows whether coolant.temp_out > 60 °C: coolant.temp_out is STALE",)


def test_conditions_may_name_parameters() -> None:
    text = HEAD + "parameters: {limit: 60 °C}\n"
    plan = plan_of("- when: {condition: coolant.temp_out > limit, steps: [{note: {say: a}}]}", text)
    stage = Stage(make_context(), {"coolant.temp_out": 61.0})
    stage.run(plan)
    assert stage.said() == ["a"]
    assert plan.unused == ()


# --- failures and rules ---


def test_without_a_rule_a_failure_ends_the_plan() -> None:
    stage, verdict = run("- note: {say: a, fails: 1}\n- note: {say: b}")
    assert (stage.said(), verdict.reasons, verdict.exit_code) == (["a"], ("a went wrong",), 1)


def test_a_group_is_begun_anew_as_a_whole() -> None:
    steps = "- sequence: {on_fail: {retry: 2}, steps: [{note: {say: a}}, {note: {say: b, fails: 2}}, {note: {say: c}}]}"
    stage, verdict = run(steps)
    assert stage.said() == ["a", "b", "a", "b", "a", "b", "c"]
    assert verdict.verdict == "passed"


def test_points_of_an_attempt_that_failed_are_not_counted_twice() -> None:
    steps = "- sequence: {on_fail: {retry: 1}, steps: [{map: {say: m}}, {note: {say: b, fails: 1}}]}"
    stage, verdict = run(steps)
    points = [data["point"] for _, event, data in stage.journal if event == "point"]
    assert points == [1, 2, 1, 2]
    assert (verdict.points, verdict.verdict) == (2, "passed")


def test_what_is_left_out_counts_as_failed() -> None:
    steps = "- sequence: {on_fail: skip, steps: [{note: {say: a, fails: 1}}, {note: {say: b}}]}\n- note: {say: c}"
    stage, verdict = run(steps)
    assert stage.said() == ["a", "c"]
    assert (verdict.verdict, verdict.outcome, verdict.reasons) == ("failed", "finished", ("note 0.0: a went wrong",))


def test_after_the_last_attempt_comes_what_the_rule_says_then() -> None:
    steps = "- note: {say: a, fails: 9}\n  on_fail: {retry: 2, then: skip}\n- note: {say: b}"
    stage, _ = run(steps)
    assert stage.said() == ["a", "a", "a", "b"]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("on_fail: skip\nsteps:\n- note: {say: a, fails: 1}\n- note: {say: b}", ["a", "b"]),
        ("on_fail: skip\nsteps:\n- sequence: {steps: [{note: {say: a, fails: 1}}, {note: {say: b}}]}\n"
         "- note: {say: c}", ["a", "c"]),
        ("on_fail: skip\nsteps:\n- note: {say: a, fails: 1}\n  on_fail: end\n- note: {say: b}", ["a"]),
        ("- repeat: {times: 3, on_fail: skip, steps: [{note: {say: a, fails: 1}}, {note: {say: b}}]}",
         ["a", "a", "b", "a", "b"]),
        ("- sweep: {over: {n: [x, y]}, on_fail: {retry: 1}, steps: [{note: {say: $n, fails: 1}}]}",
         ["x", "x", "y", "y"]),
    ],
    ids=["of_the_plan", "nearest_above", "own_first", "of_each_pass", "of_each_value"],
)  # fmt: skip
def test_the_nearest_rule_above_counts(steps: str, said: list[str]) -> None:
    stage, _ = run(steps)
    assert stage.said() == said


@pytest.mark.parametrize("code", [Cause.OVER_TEMPERATURE, Cause.INSTRUMENT_SILENT])
def test_after_a_restartable_stop_the_bench_is_armed_again(quick_arming: list[str], code: int) -> None:
    steps = "- warm: {say: w}\n- sequence: {on_fail: {retry: 1}, steps: [{drive: {say: a, time: 10 s}}]}"
    stage, verdict = run(steps, stops=((5.0, code),))
    assert stage.said() == ["w", "a", "w", "a"], "what prepares the bench is done again"
    assert quick_arming == ["armed", "signs", "armed", "signs"]
    assert verdict.verdict == "passed"
    told = [event for _, event, _ in stage.journal if event in ("stop_requested", "stopped", "retried")]
    assert told == ["stop_requested", "stopped", "retried", "stop_requested", "stopped"]


@pytest.mark.parametrize("code", [Cause.DOOR_OPEN, Cause.CHAIN_OPEN, Cause.HVIL_OPEN, Cause.INSULATION, Cause.OPERATOR])
def test_no_rule_counts_after_a_stop_that_is_not_restartable(quick_arming: list[str], code: int) -> None:
    steps = "on_fail: {retry: 3, then: skip}\nsteps:\n- drive: {say: a, time: 10 s}\n- drive: {say: b}"
    stage, verdict = run(steps, stops=((5.0, code),))
    assert stage.said() == ["a"]
    assert quick_arming == ["armed", "signs"]
    assert verdict.outcome == ("aborted" if code == Cause.OPERATOR else "stopped")


def test_a_cause_that_comes_again_and_again_ends_the_run(quick_arming: list[str]) -> None:
    steps = "- repeat: {times: 20, on_fail: skip, steps: [{drive: {say: a, time: 10 s}}]}"
    _, verdict = run(steps, stops=tuple((5.0 + 6.0 * n, Cause.OVER_TEMPERATURE) for n in range(20)))
    assert quick_arming.count("armed") == 6, "five restarts of one cause in a day"
    assert verdict.outcome == "stopped"


# --- cleanup ---


def test_cleanup_runs_at_every_level_in_any_case() -> None:
    steps = """
cleanup: [{note: {say: last}}]
steps:
- sequence:
    cleanup: [{note: {say: of group}}, {note: {say: and on}}]
    steps:
      - note: {say: a, fails: 1}
        cleanup: [{note: {say: of step}}]
- note: {say: b}
"""
    stage, verdict = run(steps)
    assert stage.said() == ["a", "of step", "of group", "and on", "last"]
    assert verdict.reasons == ("note 0.0: a went wrong",)
    stage, verdict = run(steps.replace(", fails: 1", ""))
    assert stage.said() == ["a", "of step", "of group", "and on", "b", "last"]
    assert verdict.verdict == "passed"


def test_cleanup_goes_on_past_its_own_errors() -> None:
    steps = "cleanup: [{note: {say: x, fails: 1}}, {note: {say: y}}]\nsteps:\n- note: {say: a}"
    stage, verdict = run(steps)
    assert stage.said() == ["a", "x", "y"]
    assert verdict.reasons == ("cleanup.0: note cleanup.0: x went wrong",)


@pytest.mark.parametrize("code", [Cause.OPERATOR, Cause.DOOR_OPEN, Cause.OVER_TEMPERATURE])
def test_after_a_stop_cleanup_does_only_what_needs_no_armed_bench(code: int) -> None:
    steps = """
cleanup: [{drive: {say: home}}, {note: {say: last}}]
steps:
- sequence:
    cleanup: [{note: {say: inner}}]
    steps: [{drive: {say: a, time: 10 s}}]
"""
    stage, _ = run(steps, stops=((5.0, code),))
    assert stage.said() == ["a", "inner", "last"]
    assert stage.events("left_out") == [("left_out", "cleanup.0")]
    told = [event for _, event, _ in stage.journal]
    assert told.index("stopped") < told.index("left_out"), "stops act first"


def test_a_stop_during_cleanup_does_not_lose_the_rest_of_it() -> None:
    steps = "cleanup: [{drive: {say: x, time: 10 s}}, {note: {say: y}}]\nsteps:\n- note: {say: a}"
    stage, verdict = run(steps, stops=((5.0, Cause.OVER_TEMPERATURE),))
    assert stage.said() == ["a", "x", "y"]
    assert verdict.outcome == "stopped"


# --- deadlines ---


def test_a_step_that_does_not_end_in_its_time_stops_the_bench() -> None:
    stage, verdict = run("- drive: {say: a, time: 100 s}\n  deadline: 10 s")
    assert verdict.reasons == ("drive 0 did not end within 10 s",)
    assert (verdict.outcome, stage.journal[-1][0]) == ("stopped", 10.0)
    codes = [data["code"] for _, event, data in stage.journal if event == "stop_requested"]
    assert codes == [Cause.STEP_DEADLINE]


def test_the_deadline_of_a_group_is_a_matter_of_the_group_alone() -> None:
    steps = """
- sequence:
    deadline: 25 s
    on_fail: skip
    steps:
      - repeat: {times: 100, on_fail: {retry: 9}, steps: [{drive: {say: a, time: 10 s}}]}
- note: {say: b}
"""
    stage, _ = run(steps)
    assert stage.said() == ["a", "a", "a", "b"]
    assert stage.events("left_out") == [("left_out", 0)]


def test_a_deadline_that_is_kept_leaves_nothing_behind() -> None:
    stage, verdict = run("- drive: {say: a}\n  deadline: 10 s\n- drive: {say: b, time: 60 s}")
    assert (stage.said(), verdict.verdict) == (["a", "b"], "passed")


# --- branches ---


def test_branches_run_beside_each_other() -> None:
    branches = "[[{drive: {say: a, time: 10 s}}], [{note: {say: b, time: 4 s}}, {note: {say: c}}]]"
    stage, verdict = run(f"- parallel: {{branches: {branches}}}\n- note: {{say: d}}")
    assert stage.said() == ["a", "b", "c", "d"]
    assert [t_s for t_s, event, _ in stage.journal if event == "said"] == [0.0, 0.0, 4.0, 10.0]
    assert [place for _, place in stage.events("step_started")] == ["0.0.0", "0.1.0", "0.1.1", 1]
    assert verdict.verdict == "passed"


def test_a_branch_that_fails_ends_the_others_with_their_cleanup() -> None:
    branches = """
    - [{sequence: {steps: [{drive: {say: a, time: 50 s}}], cleanup: [{note: {say: home}}]}}]
    - [{note: {say: b, time: 4 s, fails: 1}}]
"""
    stage, verdict = run(f"- parallel:\n    branches:{branches}")
    assert stage.said() == ["a", "b", "home"]
    assert verdict.reasons == ("note 0.1.0: b went wrong",)
    assert stage.journal[-1][0] == 5.0


def test_all_branches_are_told_of_a_stop_and_it_is_handled_once(quick_arming: list[str]) -> None:
    branches = "[[{drive: {say: a, time: 10 s}}], [{note: {say: b, time: 10 s}}]]"
    steps = f"- parallel: {{on_fail: {{retry: 1}}, branches: {branches}}}"
    stage, verdict = run(steps, stops=((5.0, Cause.OVER_TEMPERATURE),))
    assert stage.said() == ["a", "b", "a", "b"]
    assert quick_arming.count("armed") == 2
    assert [event for _, event, _ in stage.journal].count("stop_requested") == 2, "this one, and the end of the plan"
    assert verdict.verdict == "passed"


def test_a_deadline_reaches_into_branches() -> None:
    branches = "[[{drive: {say: a, time: 100 s}}], [{note: {say: b, time: 100 s}}]]"
    stage, verdict = run(f"- parallel: {{deadline: 10 s, branches: {branches}}}")
    assert verdict.reasons == ("parallel 0 did not end within 10 s",)
    assert stage.journal[-1][0] == 10.0


@pytest.mark.parametrize(
    ("branches", "wanted"),
    [
        ("[[{drive: {say: a}}], [{drive: {say: b}}]]", "branch 2 needs what branch 1 needs (everything)"),
        ("[[{pump: {say: a}}], [{drive: {say: b}}]]",
         "branch 2 needs what branch 1 needs (coolant.temp_cmd, everything)"),
        ("[[{pump: {say: a}}], [{note: {say: c}}], [{sequence: {steps: [{pump: {say: b}}]}}]]",
         "branch 3 needs what branch 1 needs (coolant.temp_cmd)"),
        ("[[{drive: {say: a}}], [{note: {say: b}}]]", ""),
    ],
)  # fmt: skip
def test_branches_that_would_fight_are_refused(branches: str, wanted: str) -> None:
    found = check_plan(plan_of(f"- parallel: {{branches: {branches}}}"), kinds(), make_context())
    assert [problem.message.partition(";")[0] for problem in found] == ([wanted] if wanted else [])


# --- what the check tells ---


def test_what_is_wrong_in_every_pass_is_told_once_with_the_values_of_the_first() -> None:
    steps = (
        "- sweep:\n    over: {n: [good, bad, worse bad]}\n    steps:\n      - note: {say: $n}\n      - note: {say: bad}"
    )
    found = check_plan(plan_of(steps), kinds(), make_context())
    assert [str(problem) for problem in found] == [
        "p.yaml:11:21: bad is bad; say something else (with n = good)",
        "p.yaml:10:21: bad is bad; say something else (with n = bad)",
        "p.yaml:10:21: worse bad is bad; say something else (with n = worse bad)",
    ]


# --- going on after a break ---

LONG = """
cleanup: [{note: {say: end}}]
steps:
- warm: {say: w}
- repeat:
    times: 3
    steps:
      - map: {say: m}
      - sweep: {over: {n: [x, y]}, steps: [{drive: {say: $n}}]}
      - when: {condition: coolant.temp_out > 60 °C, steps: [{note: {say: hot}}], else: [{note: {say: cold}}]}
- parallel: {branches: [[{map: {say: p}}], [{note: {say: q}}]]}
"""


def resumed(records: int, whole: Stage) -> tuple[Stage, RunVerdict]:
    stage = Stage(make_context(), {"coolant.temp_out": 20.0})
    return stage, stage.run(plan_of(LONG), progress=whole.progress(records))


def test_a_run_goes_on_inside_nested_repeats_wherever_it_was_killed() -> None:
    whole = Stage(make_context(), {"coolant.temp_out": 70.0})
    verdict = whole.run(plan_of(LONG))
    assert verdict.points == 8
    finished = [n for n, (_, event, _) in enumerate(whole.journal) if event == "step_finished"]
    for records in range(1, len(whole.journal) - 1):
        stage, verdict = resumed(records, whole)
        done = {whole.journal[n][2]["step"] for n in finished if n < records}
        again = {data["step"] for _, event, data in stage.journal if event == "step_started"} & done
        assert again <= {0}, "only what prepares is done again"
        points = [data["point"] for _, event, data in stage.journal if event == "point"]
        assert sorted(points) == list(range(1, 9)), f"after {records} records"
        assert (verdict.points, verdict.planned, verdict.verdict) == (8, 8, "passed")
        passes = [data["pass"] for _, event, data in stage.journal if event == "pass_finished" and "of_run" not in data]
        told = [data["pass"] for _, event, data in whole.journal[:records] if event == "pass_finished"]
        assert passes == [n for n in (1, 2, 3) if n not in told]


def test_a_run_goes_on_twice() -> None:
    whole = Stage(make_context(), {"coolant.temp_out": 70.0})
    whole.run(plan_of(LONG))
    for first in range(5, len(whole.journal) - 1, 7):
        second, _ = resumed(first, whole)
        resumed_at = [event for _, event, _ in second.journal].index("resumed")
        for records in range(resumed_at + 1, len(second.journal) - 1, 5):
            third = Stage(make_context(), {"coolant.temp_out": 20.0})
            verdict = third.run(plan_of(LONG), progress=second.progress(records))
            assert (verdict.points, verdict.verdict) == (8, "passed")


def test_what_is_taken_over_does_not_grow_with_the_passes() -> None:
    text = "- repeat: {times: 400, steps: [{warm: {say: w}}, {drive: {say: a}}]}\n- drive: {say: z}"
    whole = Stage(make_context())
    whole.run(plan_of(text))
    progress = whole.progress(len(whole.journal) - 8)
    assert len(progress.steps) <= 4
    stage = Stage(make_context())
    stage.run(plan_of(text), progress=progress)
    assert stage.said()[:1] == ["w"], "the unit is brought to temperature again"
    assert len(stage.said()) <= 4


def test_cleanup_after_a_failure_is_done_again_by_the_run_that_goes_on() -> None:
    steps = "cleanup: [{note: {say: end}}]\nsteps:\n- note: {say: a}\n- drive: {say: b, time: 10 s}"
    stage, _ = run(steps, stops=((5.0, Cause.OPERATOR),))
    assert stage.said() == ["a", "b", "end"]
    again = Stage(make_context())
    verdict = again.run(plan_of(steps), progress=stage.progress())
    assert again.said() == ["b", "end"]
    assert verdict.verdict == "passed"


def test_a_pass_of_a_repeat_for_a_time_counts_what_was_done_before() -> None:
    text = "- repeat: {for: 55 s, steps: [{drive: {say: a, time: 10 s}}]}"
    whole = Stage(make_context())
    whole.run(plan_of(text))
    assert whole.said() == ["a"] * 6
    third = [n for n, (_, event, _) in enumerate(whole.journal) if event == "pass_finished"][2]
    stage = Stage(make_context())
    stage.run(plan_of(text), progress=whole.progress(third + 1))
    assert stage.said() == ["a"] * 3


# --- bounds ---


def test_a_plan_that_grows_beyond_its_bound_is_refused() -> None:
    over = "over: {n: {from: 1, to: 400, count: 400}}"
    inner = "sweep: {over: {m: {from: 1, to: 30, count: 30}}, steps: [{note: {say: x}}]}"
    with pytest.raises(InputError) as refused:
        plan_of(f"- sweep:\n    {over}\n    steps:\n      - {inner}")
    assert str(refused.value) == ("p.yaml:6:1: the plan grows to more than 10000 steps; let it repeat, or split it")


def test_where_the_bench_was_left_is_known_whatever_passes_are_over() -> None:
    """Only the first pass moves; the others find the bench there."""
    stage = Stage(make_context())
    stage.run(plan_of("- repeat: {times: 5, steps: [{drive: {say: a}}, {note: {say: b}}]}"))
    first = next(data for _, event, data in stage.journal if event == "step_finished")
    first["left_at"] = [2000.0, 40.0]
    taken = stage.progress(len(stage.journal) - 6).steps
    assert [found.left_at for found in taken.values() if found.left_at] == [(2000.0, 40.0)]
    assert len(taken) <= 5


def test_a_run_does_not_grow_with_what_fails_in_it() -> None:
    stage, verdict = run("- repeat: {times: 300, on_fail: skip, steps: [{note: {say: a, fails: 999}}]}")
    assert len(stage.said()) == 300
    assert len(verdict.reasons) == 51
    assert verdict.reasons[-1] == "more has failed; the journal has all of it"
