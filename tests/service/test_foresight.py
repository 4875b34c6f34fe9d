"""What is foreseen of a run, held to the run itself: its duration, its end as told on the way, energy and storage."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from bench.assembly import Blueprint, draw, load_inputs
from bench.emulators.coarse_bench import CoarseBench
from bench.schedule.requests import BusReport, Sleep
from bench.sequence.foreseen import MARKS_MAX, Marks
from bench.service.expected import expect
from bench.service.foresight import foresee
from bench.service.volume import REPORTS_BYTES, volume

Runner = Callable[..., Any]
LONG = [
    "wltc_energy",
    "peak_power",
    "thirty_minute_power",
    "net_power_curve",
    "no_load_drag",
    "loss_points_iec",
    "efficiency_map",
]
QUICK = ["smoke", "truth", "efficiency_map_quick"]


def manifest(run: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run.folder / "manifest.json").read_text())
    return content


@pytest.mark.parametrize(
    "plan", [*QUICK, *(pytest.param(plan, marks=pytest.mark.slow) for plan in (*LONG, "efficiency_map"))]
)
def test_the_end_of_a_shipped_plan_is_known_within_five_percent(run_of: Runner, plan: str) -> None:
    run = run_of(plan)
    told = manifest(run)["foresight"]
    assert told["took_s"] == pytest.approx(run.journal[-1].t_ns * 1e-9, abs=0.1)
    assert abs(told["error_percent"]["0"]) < 5.0
    assert abs(told["worst_percent"]) < 5.0


@pytest.mark.parametrize("plan", QUICK)
def test_storage_is_foreseen_within_a_tenth(run_of: Runner, plan: str) -> None:
    run = run_of(plan)
    blueprint = draw(load_inputs(plan))
    foreseen = foresee(blueprint)
    assert foreseen is not None
    stored = volume(blueprint, foreseen)
    for name, size in (("samples.mf4", stored.samples), ("journal.jsonl", stored.journal)):
        assert size == pytest.approx((run.folder / name).stat().st_size, rel=0.12), name
    assert stored.total == stored.samples + stored.journal + stored.inbox + REPORTS_BYTES


def test_energy_is_foreseen_as_the_windows_measure_it(run_of: Runner) -> None:
    """The supply's own samples are not read: the truth of the plant inside the windows is."""
    run = run_of("efficiency_map_quick")
    truth = pq.read_table(run.folder / "truth.parquet", columns=["p_dc_w"], use_threads=False)["p_dc_w"].to_numpy()
    foreseen = foresee(draw(load_inputs("efficiency_map_quick")))
    assert foreseen is not None
    mean_w = (foreseen.taken_wh - foreseen.given_wh) * 3600.0 / foreseen.total_s
    assert foreseen.given_wh > 0.0 and np.min(truth) < mean_w < np.max(truth)


def test_it_finds_heat_that_no_envelope_shows(tmp_path: Path) -> None:
    """A quarter of an hour at the peak torque: every static check passes, and the winding would not hold it."""
    plan = tmp_path / "hot.yaml"
    plan.write_text(
        "plan: hot\ntitle: too long\ndut: gen5_bev\nrig: e_axle_demo\n"
        "steps:\n  - dwell: {speed: 3000 rpm, torque: 380 Nm, time: 900 s}\n"
    )
    found = expect(draw(load_inputs(str(plan))))
    assert found.foreseen is not None and found.foreseen.derates
    told = " ".join(found.remarks())
    assert told.startswith("on the model the unit limits its torque for heat (dut.winding_temp 1")
    assert "hold such points for a shorter time" in told


def test_a_cold_unit_is_left_in_peace() -> None:
    assert list(expect(draw(load_inputs("smoke"))).remarks()) == []


def test_what_cannot_be_gone_through_leaves_the_steps_own_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    blueprint = draw(load_inputs("smoke"))
    monkeypatch.setattr(CoarseBench, "run", lambda *_: (_ for _ in ()).throw(KeyError("unknown request")))
    found = expect(blueprint)
    assert found.foreseen is None and found.duration_s == found.estimate.total_s
    assert next(iter(found.remarks())).startswith("the plan cannot be gone through on the model")
    assert found.figures() == {"points": 3, "estimate_s": round(found.estimate.total_s, 1)}


def test_it_bounds_what_it_goes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    blueprint = draw(load_inputs("smoke"))

    def endless() -> Any:
        while True:
            yield Sleep(0)
            yield BusReport()

    monkeypatch.setattr("bench.service.foresight.run_plan", lambda *_: endless())
    assert foresee(blueprint) is None


def test_two_looks_foresee_the_same(smoke_blueprint: Blueprint) -> None:
    assert foresee(smoke_blueprint) == foresee(smoke_blueprint)


@pytest.fixture
def smoke_blueprint() -> Blueprint:
    return draw(load_inputs("smoke"))


def test_a_million_records_do_not_become_a_million_marks() -> None:
    marks = Marks()
    for n in range(3 * MARKS_MAX):
        marks.take(n, "cycle", {})
    assert len(marks.times()["cycle"]) == MARKS_MAX and marks.records == 3 * MARKS_MAX


def test_elementary_steps_are_foreseen_with_their_prompt(run_of: Runner) -> None:
    foreseen = foresee(draw(load_inputs("elementary")))
    assert foreseen is not None and foreseen.verdict == "passed", foreseen
    assert foreseen.prompts == ("is the test cell clear?",)
    # the coolant warms from arming on, so that it does not matter when the prompt is answered
    assert foreseen.total_s == pytest.approx(run_of("elementary").result.virtual_s, rel=0.02)
