"""A plan rehearsed without a folder: its figures are those of the run, and its margins those of the samples."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.assembly import draw, load_inputs
from bench.base.channel import Channel, Channels
from bench.base.quality import GOOD
from bench.base.time import VIRTUAL_EPOCH_S
from bench.base.units import Unit
from bench.core.design import Design, Limit, SampleGroup
from bench.core.tables import MODE_ALWAYS, MODE_ARMED, WARN
from bench.schedule.faults import parse_fault
from bench.service.foresight import foresee
from bench.service.margins import Margins
from bench.service.rehearsal import Rehearsal, rehearse
from bench.service.run_folder import Labels

Runner = Callable[..., Any]
LABELS = Labels("virtual", 1, VIRTUAL_EPOCH_S)


@pytest.fixture(scope="module")
def quick() -> Rehearsal:
    return rehearse(draw(load_inputs("efficiency_map_quick")), LABELS)


def test_it_comes_to_what_the_run_comes_to(quick: Rehearsal, run_of: Runner) -> None:
    run = run_of("efficiency_map_quick")
    assert quick.verdict == run.verdict
    assert quick.duration_s == pytest.approx(run.result.virtual_s)
    written = {name: (run.folder / name).stat().st_size for name in ("samples.mf4", "inbox.log")}
    assert {name: quick.stored_bytes[name] for name in written} == written


def test_foresight_is_near_it(quick: Rehearsal) -> None:
    foreseen = foresee(draw(load_inputs("efficiency_map_quick")))
    assert foreseen is not None
    assert foreseen.taken_wh == pytest.approx(quick.taken_wh, rel=0.02)
    assert foreseen.given_wh == pytest.approx(quick.given_wh, rel=0.05)
    for name in ("dut.winding_temp", "dut.rotor_temp", "dut.junction_temp", "dut.oil_temp", "coolant.temp_out"):
        assert foreseen.hottest_degc[name] == pytest.approx(quick.hottest_degc[name], abs=1.0)


def test_the_nearest_limits_come_first(quick: Rehearsal) -> None:
    nearest = quick.margins[0]
    assert (nearest.limit, nearest.level, nearest.unit, nearest.bound) == ("coolant hot", "warn", "K", 80.0)
    assert nearest.nearest == pytest.approx(quick.hottest_degc["dut.coolant_temp"])
    assert [m.percent for m in quick.margins] == sorted(m.percent for m in quick.margins)
    assert all(m.away > 0.0 for m in quick.margins)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rehearse(draw(load_inputs("smoke")), LABELS)
    assert list(tmp_path.iterdir()) == []


def test_a_fault_is_rehearsed_too() -> None:
    found = rehearse(draw(load_inputs("smoke")), LABELS, (parse_fault("analyzer.silence@20s"),))
    assert found.verdict.exit_code == 3
    json.dumps(found.hottest_degc, allow_nan=False)


def test_a_plan_that_suspends_itself_does_so_here(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "plan: p\ntitle: t\ndut: gen5_bev\nrig: e_axle_demo\n"
        "suspend_when: {condition: io.leak > 0.5, clear: io.leak < 0.5}\n"
        "steps:\n  - dwell: {speed: 2000 rpm, torque: 20 Nm, time: 20 s}\n"
    )
    blueprint = draw(load_inputs(str(plan)))
    plain, leaking = (rehearse(blueprint, LABELS, faults) for faults in ((), (parse_fault("leak.alarm@30s+40s"),)))
    assert leaking.verdict.verdict == "passed"
    assert leaking.duration_s > plain.duration_s + 35.0


# --- margins alone ---------------------------------------------------------------------------------------------------
CHANNELS = Channels(
    [Channel("dc.voltage", Unit.VOLT), Channel("dut.oil_temp", Unit.DEGC), Channel("io.door", Unit.ONE)]
)
S = 1_000_000_000


def margins_of(modes: list[int], rows: list[list[float]], limits: tuple[Limit, ...]) -> Margins:
    design = Design(CHANNELS, None, limits=limits, groups=(SampleGroup("can", CHANNELS.names),))  # type: ignore[arg-type]
    now = iter(modes)
    margins = Margins(design, lambda: next(now))
    for n, row in enumerate(rows):
        quality = np.where(np.isnan(row), GOOD + 1, GOOD).astype(np.uint8)
        margins.take(0, np.array([n * S]), np.array([row]), quality[None, :])
    return margins


def test_both_sides_of_a_limit_are_told_with_their_times() -> None:
    limits = (Limit("voltage", "dc.voltage", 100.0, 400.0, level=WARN, modes=MODE_ALWAYS),)
    rows = [[200.0, 0.0, 1.0], [390.0, 0.0, 1.0], [120.0, 0.0, 1.0], [300.0, 0.0, 1.0]]
    upper, lower = margins_of([1] * 4, [[250.0, 0.0, 1.0], *rows][:4], limits).nearest()
    assert (upper.nearest, upper.away, upper.percent, upper.t_s) == (390.0, 10.0, 2.5, 2.0)
    assert (lower.nearest, lower.away, lower.percent, lower.t_s) == (120.0, 20.0, 20.0, 3.0)


def test_a_limit_counts_only_while_it_is_judged() -> None:
    limits = (Limit("voltage", "dc.voltage", -math.inf, 400.0, modes=MODE_ARMED),)
    rows = [[v, 0.0, 1.0] for v in (900.0, 800.0, 300.0, 310.0, 700.0)]
    (only,) = margins_of([MODE_ALWAYS, MODE_ARMED, MODE_ARMED, MODE_ARMED, MODE_ALWAYS], rows, limits).nearest()
    assert only.nearest == 310.0


def test_values_that_are_not_good_and_states_have_no_margin() -> None:
    limits = (
        Limit("oil", "dut.oil_temp", -40.0, 120.0, modes=MODE_ALWAYS),
        Limit("door", "io.door", 0.5, 1.5, modes=MODE_ALWAYS),
    )
    found = margins_of([1] * 3, [[0.0, 60.0, 1.0], [0.0, math.nan, 1.0], [0.0, 70.0, 1.0]], limits)
    assert {margin.limit: margin.nearest for margin in found.nearest() if margin.upper} == {"oil": 70.0}
    assert found.hottest_degc == {"dut.oil_temp": 70.0}
