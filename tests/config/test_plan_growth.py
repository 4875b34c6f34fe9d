"""How a plan grows: orders of sweeps, the files of a run, bounds, and that nothing but a told mistake comes of it."""

from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plan_language_messages import KINDS, PART, PLAN, TABLE

from bench.base.errors import InputError
from bench.config.plan import LocatedPlan, load_plan, parse_plan
from bench.config.sweep import combinations

HEAD = "plan: demo\ntitle: A plan\ndut: gen5_bev\nrig: e_axle_demo\n"
AXES = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(
    lambda counts: {
        f"v{n}": [f"{100 * n + i} {'Nm' if n == 0 else 'rpm'}" for i in range(c)] for n, c in enumerate(counts)
    }
)


@given(AXES, st.sampled_from(["given", "snake", "high_to_low_load", "thermal", "random"]), st.integers(0, 99))
def test_every_order_has_every_combination_once(axes: dict[str, list[Any]], order: Any, seed: int) -> None:
    rows, wrong = combinations(axes, order, seed)
    assert not wrong
    assert len({tuple(row.items()) for row in rows}) == len(rows) == prod(map(len, axes.values()))


@given(AXES)
def test_a_snake_moves_one_variable_at_a_time_to_a_neighbour(axes: dict[str, list[Any]]) -> None:
    rows, _ = combinations(axes, "snake", None)
    for one, other in pairwise(rows):
        moved = [name for name in axes if one[name] != other[name]]
        assert len(moved) == 1
        values = axes[moved[0]]
        assert abs(values.index(one[moved[0]]) - values.index(other[moved[0]])) == 1


def test_orders_by_load() -> None:
    axes = {"speed": ["1 rpm", "2 rpm"], "torque": ["-30 Nm", "10 Nm", "20 Nm"]}
    loads = [abs(float(row["torque"].split()[0])) for row in combinations(axes, "high_to_low_load", None)[0]]
    assert loads == [30.0, 30.0, 20.0, 20.0, 10.0, 10.0]
    loads = [abs(float(row["torque"].split()[0])) for row in combinations(axes, "thermal", None)[0]]
    assert loads == [30.0, 10.0, 30.0, 10.0, 20.0, 20.0]


def test_the_order_of_a_seed_is_the_same_for_ever() -> None:
    rows, _ = combinations({"n": list(range(8))}, "random", 7)
    assert [row["n"] for row in rows] == [4, 7, 3, 2, 1, 5, 6, 0]
    assert combinations({"n": list(range(8))}, "random", 8)[0] != rows


# --- the files of a run ---


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "plan.yaml"


def heats(plan: LocatedPlan) -> list[float]:
    return [step.parameters.to for _, step in plan.value.paths()]


def test_the_copies_of_a_run_are_the_same_plan_on_another_machine(tmp_path: Path) -> None:
    inner = (
        HEAD
        + "parameters: {t: 1 °C}\nsteps: [{sweep: {over: {k: {file: own.csv, column: a}}, steps: [heat: {to: $k}]}}]"
    )
    middle = HEAD + "parameters: {t: 1 °C}\nsteps: [{call: {plan: deep/inner.yaml}}, {heat: {to: $t}}]"
    outer = (
        HEAD + "parameters: {t: 2 °C, u: 3 °C}\nsteps:\n  - call: {plan: there/middle.yaml, with: {t: $t}}\n"
        "  - sweep: {over: {k: {file: own.csv, column: a, unit: °C}}, steps: [heat: {to: $k}]}\n  - heat: {to: $u}\n"
    )
    files = {
        "plan.yaml": outer, "there/middle.yaml": middle, "there/deep/inner.yaml": inner,
        "there/deep/own.csv": "a\n11 °C\n12 °C\n", "own.csv": "a\n21\n22\n",
    }  # fmt: skip
    plan = load_plan(written(tmp_path / "here", files), KINDS, settings={"t": "5 °C"})
    assert heats(plan) == [11.0, 12.0, 5.0, 21.0, 22.0, 3.0]
    copy = load_plan(written(tmp_path / "run" / "inputs", dict(plan.parts)), KINDS)
    assert heats(copy) == heats(plan)
    assert dict(copy.parts) == dict(plan.parts), "and its own copies are the same again"
    assert copy.settings == {"t": "5 °C"}
    again = load_plan(tmp_path / "run" / "inputs" / "plan.yaml", KINDS, settings={"u": "7 °C"})
    assert heats(again)[-1] == 7.0 and heats(again)[2] == 5.0


def test_a_plan_without_parts_leaves_none(tmp_path: Path) -> None:
    plan = load_plan(written(tmp_path, {"plan.yaml": HEAD + "steps: [{heat: {to: 3 °C}}]"}), KINDS)
    assert list(plan.parts) == ["plan.yaml"]


def test_a_list_of_parts_that_is_none_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, {"plan.yaml": HEAD + "steps: [{heat: {to: 3 °C}}]", "plan_parts.json": "[]"})
    with pytest.raises(InputError, match="is no list of a plan's parts"):
        load_plan(path, KINDS)


# --- bounds ---


def nested(depth: int, inner: str) -> str:
    return "{sequence: {steps: [" * depth + inner + "]}}" * depth


def test_plans_that_call_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    call = "steps: [{call: {plan: "
    path = written(
        tmp_path,
        {
            "plan.yaml": HEAD + call + "b.yaml}}]",
            "b.yaml": HEAD + call + "c.yaml}}]",
            "c.yaml": HEAD + call + "b.yaml}}]",
        },
    )
    with pytest.raises(InputError, match=r"would call itself: .*plan.yaml -> .*b.yaml -> .*c.yaml -> .*b.yaml; take"):
        load_plan(path, KINDS)


def test_plans_are_nested_and_called_to_a_bound(tmp_path: Path) -> None:
    files = {f"p{n}.yaml": HEAD + f"steps: [{nested(2, f'{{call: {{plan: p{n + 1}.yaml}}}}')}]" for n in range(12)}
    files["p12.yaml"] = HEAD + "steps: [{heat: {to: 3 °C}}]"
    for start, wanted in ((4, "steps are nested deeper than 24"), (5, ""), (0, "nested deeper than 24")):
        path = written(tmp_path, {**files, "plan.yaml": HEAD + f"steps: [{{call: {{plan: p{start}.yaml}}}}]"})
        if wanted:
            with pytest.raises(InputError, match=wanted):
                load_plan(path, KINDS)
        else:
            assert heats(load_plan(path, KINDS)) == [3.0]


def test_a_bomb_of_calls_and_sweeps_is_refused_in_no_time(tmp_path: Path) -> None:
    twice = "steps: [{call: {plan: NEXT}}, {call: {plan: NEXT}}, {call: {plan: NEXT}}, {call: {plan: NEXT}}]"
    files = {f"b{n}.yaml": HEAD + twice.replace("NEXT", f"b{n + 1}.yaml") for n in range(8)}
    numbers = ", ".join(map(str, range(900)))
    sweep = f"{{sweep: {{over: {{a: [{numbers}]}}, steps: [{{grid: {{speeds: [{numbers}]}}}}]}}}}"
    files["b8.yaml"] = HEAD + f"steps: [{sweep}]"
    path = written(tmp_path, {**files, "plan.yaml": HEAD + "steps: [{call: {plan: b1.yaml}}]"})
    with pytest.raises(InputError, match="grows to more than"):
        load_plan(path, KINDS)


# --- whatever stands in a plan ---

WEIRD = [
    *("", "5", "-1", "$", "$$", "${", "${}", "${1/0}", "${warm}", "$warm", "[]", "{}", "[[1]]", "{a: 1}", "~", "true"),
    *("3 rpm", "1e999", "'\\u0000'", "steps", "x" * 2000, "${" + "(" * 100 + "}", "{from: 1, to: 2}", "{file: t.csv}"),
    *("[{}]", "[~]", "[{sweep: ~}]", "[{call: 3}]", "[{parallel: {branches: 3}}]", "[{when: []}]", "[heat]"),
]


def mutated(draw: Any, text: str) -> str:
    lines = text.splitlines()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 3)):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[draw(st.integers(0, len(lines) - 1))])
            case _:
                head, colon, _ = lines[at].partition(":")
                lines[at] = f"{head}{colon} {draw(st.sampled_from(WEIRD))}"
        lines = lines or ["plan: x"]
    return "\n".join(lines)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_nothing_but_told_mistakes_comes_of_a_broken_plan(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    folder = tmp_path_factory.getbasetemp() / "broken"
    files = {"plan.yaml": mutated(data.draw, PLAN), "part.yaml": mutated(data.draw, PART), "t.csv": TABLE}
    path = written(folder, files)
    try:
        load_plan(path, KINDS, "plan.yaml", {"speed": data.draw(st.sampled_from(WEIRD))})
    except InputError as error:
        assert all(problem.message for problem in error.problems)


def test_a_plan_that_is_no_mapping_is_told() -> None:
    for text in (
        "[]",
        "3",
        "steps: 3",
        "steps: {}",
        HEAD + "steps: [3]",
        HEAD + "limits: 3\nsteps: [{heat: {to: 3 °C}}]",
    ):
        with pytest.raises(InputError):
            parse_plan(text, KINDS)
