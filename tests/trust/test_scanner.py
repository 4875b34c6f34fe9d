"""The bench's own thermocouples in whole runs: in the table of points, under limits, broken, and silent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.assembly import draw, load_inputs
from bench.base.errors import InputError
from bench.base.time import NS_PER_S
from bench.config.search import find
from bench.service.preparation import prepare

Runner = Callable[..., Any]
HOT = "{channel: scanner.winding_temp, high: 150 °C, level: stop, fault: F-24}"


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The smoke plan with a limit on a thermocouple."""
    path: Path = tmp_path_factory.mktemp("plans") / "limited.yaml"
    path.write_text(find("plan", "smoke").read_text().replace("steps:\n", f"limits:\n  - {HOT}\n\nsteps:\n", 1))
    return str(path)


def warnings(run: Any) -> list[str]:
    return [told["limit"] for told in run.told("core_limit") if told["level"] == "warn"]


def test_points_have_the_thermocouples_within_their_accuracy(smoke: Any) -> None:
    for point in smoke.points:
        assert point["scanner_winding_temp_mean"] == pytest.approx(point["dut_winding_temp_mean"], abs=4.0)
        assert point["scanner_ambient_temp_mean"] == pytest.approx(23.0, abs=1.6)
        assert 0.0 < point["scanner_winding_temp_std"] < 0.5
    armed = smoke.told("armed")[0]["parts"]["scanner"]
    assert (armed["identity"]["model"], armed["identity"]["serial"]) == ("DAQ970A", "MY58004711")
    assert armed["set_up"]["TEMP:TRAN:TC:TYPE"] == "K,K,K,K,T,T,T,T"


def test_it_is_read_twenty_times_a_second(smoke: Any) -> None:
    from bench.base.records import READING
    from bench.record.inbox_log import read_inbox_log

    channels = load_inputs("smoke").rig.value.channels()
    told = read_inbox_log((smoke.folder / "inbox.log").read_bytes()).records
    own = told[(told["kind"] == READING) & (told["id"] == channels.index("scanner.open"))]
    seconds = (own["t_ns"][-1] - own["t_ns"][0]) / NS_PER_S
    assert (len(own) - 1) / seconds == pytest.approx(20.0, rel=0.01)


def test_a_broken_wire_is_told_and_spoils_its_own_values_only(run_of: Runner) -> None:
    run = run_of("smoke", "scanner.broken_wire:rotor@15s")
    assert run.verdict.verdict == "passed", run.verdict.reasons
    assert warnings(run) == ["thermocouple open"]
    assert all(point["scanner_rotor_temp_mean"] is None for point in run.points)
    assert all(point["scanner_winding_temp_mean"] is not None for point in run.points)


def test_f24_under_a_limit_a_broken_wire_is_never_cold_but_a_stop(run_of: Runner, limited: str) -> None:
    run = run_of(limited, "scanner.broken_wire:winding@25s")
    assert (run.verdict.outcome, run.verdict.exit_code) == ("stopped", 3)
    assert "scanner.winding_temp" in run.verdict.reasons[0]
    stopped_ns = next(record.t_ns for record in run.journal if record.event == "core_stop")
    assert 25 * NS_PER_S < stopped_ns <= 25.55 * NS_PER_S
    assert run_of(limited, "scanner.broken_wire:rotor@25s").verdict.verdict == "passed"


@pytest.mark.parametrize("fault", ["scanner.silence@25s", "scanner.restart@25s+1s"])
def test_silent_or_without_its_set_up_it_stops_the_run(run_of: Runner, fault: str) -> None:
    run = run_of("smoke", fault)
    assert run.stop_cause == "an instrument is silent"
    assert "(scanner silent)" in run.verdict.reasons[0]


@pytest.mark.parametrize("fault", ["late:600ms@25s+60ms", "garbage@25s+40ms", "split:5ms@25s+1s", "nan@25s+60ms"])
def test_one_lost_scan_stops_nothing(run_of: Runner, fault: str) -> None:
    assert run_of("smoke", f"scanner.{fault}").verdict.verdict == "passed"


def test_what_the_rig_cannot_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the scanner has no 'windin'; did you mean 'winding'\?"):
        prepare("smoke", fault_lines=("scanner.broken_wire:windin@1s",))
    with pytest.raises(InputError, match="there is no place 'scanner'"):
        prepare("smoke", "e_axle_fast", fault_lines=("scanner.silence@1s",))
    text = find("rig", "e_axle_demo").read_text()
    for old, new, words in (
        ("rate: {value: 450 Hz", "rate: {value: 80 Hz", "needs 202 ms for 8 inputs, poll is 50 ms; poll less often"),
        ("input: 102", "input: 101", "input 101 is used by 'winding' already; correct one"),
        ("at: iron", "at: irn", "did you mean 'iron'"),
        (
            "limits: #",
            "limits:\n  - {channel: scanner.iron_temp, high: 9 °C, level: warn}\n #",
            "this rig has no channel",
        ),
    ):
        (tmp_path / "rig.yaml").write_text(text.replace(old, new, 1))
        with pytest.raises(InputError, match=words):
            draw(load_inputs("smoke", str(tmp_path / "rig.yaml")))
