"""Rigs with periphery behind Modbus TCP: the same plan, limits and stop, and a chain that opens when nobody speaks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.assembly import draw_core, load_inputs
from bench.base.time import NS_PER_MS
from bench.config.search import find
from bench.core.tables import NONE
from bench.emulators.periphery import TOLD
from bench.service.fault_lines import kinds_of

Runner = Callable[..., Any]
MODBUS = "e_axle_modbus"
S = 1_000_000_000


def outcomes(run: Any) -> dict[str, str]:
    return {told["rung"]: told["outcome"] for told in run.told("core_rung") if told["outcome"] != "entered"}


def stop_ns(run: Any) -> int:
    return next(int(record.t_ns) for record in run.journal if record.event == "core_stop")


def core_of(rig: str) -> Any:
    inputs = load_inputs("smoke", rig)
    return draw_core(inputs.rig.value, inputs.dut.value, inputs.databases)


def mixed(folder: Path, part: str) -> str:
    """The rig with only ``part`` behind Modbus."""
    text = find("rig", MODBUS).read_text()
    other = {"bench_io": "conditioner", "conditioner": "bench_io"}[part]
    start = text.index(f"\n{other}:\n") + 1
    stop = text.index("\n\n", start) if other == "bench_io" else text.index("  coolant:\n", start)
    text = text[:start] + ("" if other == "bench_io" else "conditioner:\n") + text[stop:]
    path = folder / f"{part}.yaml"
    path.write_text(text)
    return str(path)


def test_what_a_link_carries_the_core_neither_sends_nor_expects() -> None:
    core = core_of(MODBUS)
    theirs = {"BENCH_IO_CMD", "IO_STATUS", "BENCH_CONDITIONER_CMD", "COND_COOLANT", "COND_OIL"}
    assert theirs.isdisjoint(core.can.messages)
    assert "IMD_STATUS" in core.can.messages and "io.chain_closed" not in core.can.raw
    life = [entry for entry in core.design.transmits if entry.toggle]
    assert [(entry.message, entry.period_ns) for entry in life] == [(NONE, 40 * NS_PER_MS)]
    limits = {limit.name: limit for limit in core.design.limits}
    assert limits["bench_io silent"].stale_ns == 240 * NS_PER_MS
    assert limits["chain closed"].lost_ns == 140 * NS_PER_MS
    assert {"io.chain_request", "io.lamp_voltage"}.isdisjoint(core.design.stale_ns)


def test_on_can_nothing_of_this_is_there() -> None:
    core = core_of("e_axle_demo")
    assert all(entry.message != NONE for entry in core.design.transmits)
    assert not any("silent" in limit.name and "io" in limit.channel for limit in core.design.limits)


def test_no_fault_is_promised_that_nobody_carries_out(tmp_path: Path) -> None:
    kinds = kinds_of(load_inputs("smoke", mixed(tmp_path, "bench_io")).rig.value)
    assert "silence" in kinds["bench_io"] and "nan" not in kinds["bench_io"] and "conditioner" not in kinds


def test_the_smoke_plan_passes_with_the_same_efficiencies_and_twice_the_same_bytes(run_of: Runner, smoke: Any) -> None:
    first, second = run_of("smoke", rig=MODBUS, log_full=True), run_of("smoke", rig=MODBUS, log_full=True)
    assert first.verdict.verdict == "passed", first.verdict
    assert set(outcomes(first).values()) == {"confirmed"}
    for ours, theirs in zip(first.points, smoke.points, strict=True):
        for name in ("pe", "motor_transmission", "edu"):
            assert abs(ours[f"eta_{name}"] - theirs[f"eta_{name}"]) <= theirs[f"u_eta_{name}"], name
    files = [path for path in sorted(first.folder.iterdir()) if path.is_file()]
    assert len(files) >= 8
    for path in files:
        assert path.read_bytes() == (second.folder / path.name).read_bytes(), path.name


@pytest.mark.parametrize("part", ["bench_io", "conditioner"])
def test_each_part_chooses_for_itself(run_of: Runner, tmp_path: Path, part: str) -> None:
    run = run_of("smoke", rig=mixed(tmp_path, part))
    assert run.verdict.verdict == "passed", run.verdict
    assert set(outcomes(run).values()) == {"confirmed"}


def test_one_lost_answer_stops_nothing(run_of: Runner) -> None:
    """In every way that there is, one after the other."""
    begin_s, apart_s, ways = 20.0, 1.5, (
        "bench_io.silence@{}s+90ms", "bench_io.late:150ms@{}s+20ms", "bench_io.partial@{}s+40ms",
        "bench_io.close@{}s+40ms", "bench_io.garbage@{}s+40ms", "bench_io.split:10ms@{}s+200ms",
        "bench_io.endless@{}s+10ms", "conditioner.silence@{}s+240ms", "conditioner.nan@{}s+100ms",
    )  # fmt: skip
    run = run_of("smoke", *(way.format(begin_s + n * apart_s) for n, way in enumerate(ways)), rig=MODBUS)
    assert run.verdict.verdict == "passed", run.verdict.reasons
    assert stop_ns(run) > (begin_s + len(ways) * apart_s) * S, "the run ended before the last of them"


@pytest.mark.parametrize(("line", "budget_ms"), [
    ("bench_io.silence@20s", 250), ("bench_io.close@20s", 250), ("conditioner.silence@20s", 800),
    ("conditioner.inf@20s", 800), ("bench_io.restart@20s+50ms", 250), ("conditioner.restart@20s+300ms", 800),
])  # fmt: skip
def test_what_lasts_is_a_controlled_stop_in_time(run_of: Runner, line: str, budget_ms: int) -> None:
    run = run_of("smoke", line, rig=MODBUS)
    assert run.stop_cause == "coolant, oil or bench I/O do not tell their state"
    assert 0 < stop_ns(run) - 20 * S <= budget_ms * NS_PER_MS
    assert run.told("core_stop")[0]["stop_class"] == "controlled"
    assert outcomes(run)["torque to zero"] == outcomes(run)["speed down"] == "confirmed"


@pytest.mark.parametrize("rig", [MODBUS, pytest.param("e_axle_demo", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("line", "cause", "budget_ms"), [
    ("chain.open@20s+1s", "the emergency stop chain is open", 30),
    ("door.open@20s+1s", "the door is open", 30),
    ("hvil.open@20s+1s", "the HV interlock is open", 30),
])  # fmt: skip
def test_what_the_hardware_chain_tells_is_followed_in_time(
    run_of: Runner, rig: str, line: str, cause: str, budget_ms: int
) -> None:
    run = run_of("smoke", line, rig=rig)
    assert run.stop_cause == cause and run.told("core_stop")[0]["stop_class"] == "hardware chain"
    assert stop_ns(run) - 20 * S <= budget_ms * NS_PER_MS
    assert outcomes(run)["ask the hardware chain"] == "confirmed"


def test_when_the_link_is_dead_the_relay_drops_by_itself(run_of: Runner) -> None:
    """The controlled stop begins before; what it can no longer confirm is told, not assumed."""
    relay: list[tuple[int, float, float]] = []

    def look(made: Any) -> bool:
        told = made.world.bench.periphery.told
        seen = (float(told[TOLD.index("io.watchdog_relay")]), float(told[TOLD.index("io.contactor_plus")]))
        relay.append((int(made.state.core["t_ns"][0]), *seen))
        return False

    run = run_of("smoke", "bench_io.silence@20s", rig=MODBUS, watch=look)
    dropped_ns = next(t_ns for t_ns, picked_up, _ in relay if t_ns > 15 * S and not picked_up)
    opened_ns = next(t_ns for t_ns, _, closed in relay if t_ns > 15 * S and not closed)
    assert stop_ns(run) < dropped_ns < 20 * S + 400 * NS_PER_MS
    assert dropped_ns < opened_ns < dropped_ns + 600 * NS_PER_MS
    assert outcomes(run)["contactors open"] == "missed"
    assert run.told("core_safe") == [{"confirmed": False}]


@pytest.mark.parametrize("rig", [MODBUS, "e_axle_demo"])
def test_warning_lamps_are_lit_unless_it_is_known_that_nothing_is_there(run_of: Runner, rig: str) -> None:
    seen: list[tuple[tuple[float, float], float, float]] = []

    def look(made: Any) -> bool:
        bench = made.world.bench
        lamps = (float(bench.periphery.commands[3]), float(bench.periphery.commands[4]))
        seen.append((lamps, float(bench.plant.outputs["u_dc_v"][0]), float(bench.plant.outputs["speed_l_rpm"][0])))
        return False

    run_of("smoke", rig=rig, watch=look)
    assert all(lamps[0] for lamps, volts, _ in seen if volts > 150.0)
    assert all(lamps[1] for lamps, _, rpm in seen if rpm > 80.0)
    assert seen[-1][0] == (0.0, 0.0)
