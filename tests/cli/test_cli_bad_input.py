"""Wrong input: exit 2, every mistake told, nothing left behind."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench_command import bench_json

SMOKE = Path(__file__).resolve().parents[2] / "test_plans" / "smoke.yaml"


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "no_such_plan"),
        ("run", "smoke", "--rig", "no_such_rig"),
        ("run", "smoke", "--dut", "./nowhere.yaml"),
        ("run", "smoke", "--seed", "-1"),
        ("run", "smoke", "--seed", "much"),
        ("run", "smoke", "--start", "tomorrow"),
        ("run", "smoke", "--world", "moon"),
        ("run", "smoke", "--world", "hardware", "--fault", "supply.silence@3s"),
        ("run", "smoke", "--override-calibration", "flange_l"),
        ("run", "smoke", "--fault", "nonsense"),
        ("run", "smoke", "--fault", "analyser.silence@3s"),
        ("run", "smoke", "--fault", "can.dut.wrong_crc:frame@3s"),
        ("run", "smoke", "--out", "taken/runs"),
        ("run",),
        ("frobnicate",),
        ("check", "\x1b[31mred\x1b[0m"),
        ("verify", "nowhere"),
        ("report", "nowhere"),
        ("truth",),
        ("truth", "nowhere"),
        ("perf", "nothing"),
    ],
)
def test_wrong_arguments_end_with_2_and_leave_nothing(
    tmp_path: Path, bench_inside: Callable[..., Any], arguments: tuple[str, ...]
) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    code, said = bench_inside(*arguments)
    assert code == 2
    assert said["exit"] == 2
    assert said["problems"]
    assert all(problem["message"] for problem in said["problems"])
    assert "\x1b" not in str(said)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_all_mistakes_of_all_files_in_one_pass(tmp_path: Path, text_inside: Callable[..., Any]) -> None:
    rig = (SMOKE.parents[1] / "bench" / "rigs" / "e_axle_demo.yaml").read_text()
    dut = (SMOKE.parents[1] / "bench" / "duts" / "gen5_bev.yaml").read_text()
    (tmp_path / "rig.yaml").write_text(rig.replace("layout:", "layuot:", 1))
    (tmp_path / "dut.yaml").write_text(dut.replace("ac_access:", "ac_acess:", 1))
    plan = SMOKE.read_text().replace("e_axle_demo", "./rig.yaml").replace("gen5_bev", "./dut.yaml")
    (tmp_path / "plan.yaml").write_text(plan.replace(" rpm", " Nm", 1).replace("title:", "titel:", 1))
    for command in ("check", "run"):
        done = text_inside(command, "plan.yaml")
        assert done.code == 2
        places = [line.split(":")[0] for line in done.err.splitlines()]
        assert places.count("plan.yaml") >= 2
        assert "rig.yaml" in places
        assert "dut.yaml" in places
        assert "did you mean 'layout'?" in done.err
    assert not (tmp_path / "runs").exists()


def test_a_point_outside_the_envelope_is_refused_before_the_start(
    tmp_path: Path, text_inside: Callable[..., Any]
) -> None:
    plan, changed = re.subn(r"speeds: \[.*?\]", "speeds: [22000 rpm]", SMOKE.read_text())
    assert changed == 1
    (tmp_path / "plan.yaml").write_text(plan)
    for command in ("check", "run"):
        done = text_inside(command, "plan.yaml")
        assert done.code == 2
        assert "plan.yaml:" in done.err
    assert not (tmp_path / "runs").exists()


def test_a_broken_database_is_told_with_the_rest(tmp_path: Path) -> None:
    (tmp_path / "edu.dbc").write_text("this is no database")
    dut = (SMOKE.parents[1] / "bench" / "duts" / "gen5_bev.yaml").read_text()
    (tmp_path / "dut.yaml").write_text(dut.replace("edu_gen5", "./edu.dbc"))
    (tmp_path / "plan.yaml").write_text(
        SMOKE.read_text().replace("titel", "title").replace("allowance: 0 %", "allowance: many")
    )
    code, said = bench_json("check", "plan.yaml", "--dut", "dut.yaml", cwd=tmp_path)
    files = {Path(problem["file"]).name for problem in said["problems"]}
    assert code == 2
    assert {"edu.dbc", "plan.yaml"} <= files


@pytest.mark.parametrize("kind", ["rig", "dut"])
def test_a_wrong_name_has_its_place_in_the_plan(tmp_path: Path, bench_inside: Callable[..., Any], kind: str) -> None:
    wrong = f"{kind}: no_such_thing"
    lines = [wrong if line.startswith(f"{kind}:") else line for line in SMOKE.read_text().split("\n")]
    (tmp_path / "plan.yaml").write_text("\n".join(lines))
    code, said = bench_inside("check", "plan.yaml")
    assert code == 2
    (problem,) = said["problems"]
    assert (problem["file"], problem["line"]) == ("plan.yaml", lines.index(wrong) + 1)
    assert "'no_such_thing'" in problem["message"]


def test_mistakes_are_told_before_anything_is_compiled(
    tmp_path: Path, bench_inside: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.cli.run.prepare_compiled_code", lambda _quiet: pytest.fail("a minute lost"))
    (tmp_path / "plan.yaml").write_text(SMOKE.read_text().replace("title:", "titel:", 1))
    assert bench_inside("run", "plan.yaml")[0] == 2
