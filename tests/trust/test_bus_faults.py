"""F-10, F-12, F-13 in the virtual world: the bus itself goes wrong in the middle of a measured point."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bench.base.records import WIRE_ACTIVE, WIRE_BUS_OFF, WIRE_PASSIVE
from bench.base.time import NS_PER_MS

Runner = Callable[..., Any]


@pytest.fixture(scope="module")
def when(smoke: Any) -> str:
    """A moment in the measuring window of the second point, as fault lines want it."""
    settled = [record.t_ns for record in smoke.journal if record.event == "settled"]
    return f"{settled[1] / 1e9 + 0.5:.3f}s"


def stop_of(run: Any) -> tuple[str, int]:
    """(cause, time) of the first stop."""
    told = next(record for record in run.journal if record.event == "core_stop")
    return run.stop_cause, told.t_ns


class Counters:
    """Looks at the core's controller on the first bus after each event."""

    def __init__(self) -> None:
        self.rows: list[np.void] = []

    def __call__(self, made: Any) -> bool:
        self.rows.append(made.state.wire[0].copy())
        return False


@pytest.mark.parametrize(
    ("line", "cause", "state", "budget_ms"),
    [
        ("can.dut.bus_off:0x0C0", "our CAN controller went bus-off", WIRE_BUS_OFF, 12),  # at the next torque frame
        ("can.dut.bit_error:0x0C0", "our CAN controller is error passive", WIRE_PASSIVE, 50),  # on the way there
    ],
)
def test_f10_a_controller_in_trouble_stops_within_50_ms(
    run_of: Runner, when: str, line: str, cause: str, state: int, budget_ms: int
) -> None:
    eye = Counters()
    run = run_of("smoke", f"{line}@{when}+25ms", watch=eye)
    assert (run.verdict.outcome, run.verdict.exit_code) == ("stopped", 3)
    said, stop_ns = stop_of(run)
    assert said == cause
    assert 0 <= stop_ns - float(when[:-1]) * 1e9 <= budget_ms * NS_PER_MS
    states = [int(row["state"]) for row in eye.rows]
    assert state in states and states[-1] == WIRE_ACTIVE  # back after 128 times 11 bits
    assert eye.rows[-1]["tec"] == 0
    rungs = [rung["rung"] for rung in run.told("core_rung") if rung["outcome"] == "confirmed"]
    assert rungs[:3] == ["torque to zero", "speed down", "inverter off"]


def test_an_isolated_bit_error_costs_nothing(run_of: Runner, when: str) -> None:
    eye = Counters()
    run = run_of("smoke", f"can.dut.bit_error:0x110,2@{when}+25ms", watch=eye)
    assert run.verdict.verdict == "passed", run.verdict.reasons
    assert eye.rows[-1]["error_frames"] >= 1 and eye.rows[-1]["rec"] == 0
    assert 50 < eye.rows[-1]["load_permille"] < 500


def test_f12_a_babbling_node_ends_in_the_stop(run_of: Runner, when: str) -> None:
    run = run_of("smoke", f"can.dut.babble:0x0@{when}+1s")
    assert (run.verdict.outcome, run.verdict.exit_code) == ("stopped", 3)
    cause, stop_ns = stop_of(run)
    assert cause == "a status frame stopped"
    assert stop_ns - float(when[:-1]) * 1e9 <= 100 * NS_PER_MS


def test_f13_a_second_sender_of_our_frame_stops_with_its_first_frame(run_of: Runner, when: str) -> None:
    run = run_of("smoke", f"can.dut.babble:0x0C0@{when}+5ms")
    cause, stop_ns = stop_of(run)
    assert cause == "somebody else sends our frame"
    assert stop_ns - float(when[:-1]) * 1e9 <= 2 * NS_PER_MS


def test_f04_a_frame_sent_twice_now_and_then_spoils_data_only(run_of: Runner, when: str) -> None:
    run = run_of("smoke", f"can.dut.duplicate:0x110,20@{when}+1s")
    assert run.verdict.verdict == "passed", run.verdict.reasons
    assert next(bad["reason"] for bad in run.told("core_frame_bad")) == "counter"


def test_a_delay_of_one_period_stops_nothing_and_one_of_fifty_ms_does(run_of: Runner, when: str) -> None:
    assert run_of("smoke", f"can.dut.delay:0x110,5ms@{when}+1s").verdict.verdict == "passed"
    assert run_of("smoke", f"can.dut.delay:0x110,60ms@{when}+1s").stop_cause == "a status frame stopped"
