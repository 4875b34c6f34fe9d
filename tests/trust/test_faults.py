"""The five faults of first light, each in the middle of a measured point: F-03, F-05, F-37, F-38, F-43.

No wrong value is ever taken for a good one; what is isolated spoils data, what lasts ends in the controlled stop with a
clear cause. The good values of a run are compared with what the plant really did at that time.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from bench.base.quality import GOOD
from bench.base.records import INBOX, READING
from bench.base.time import NS_PER_MS
from bench.config.rig import load_rig
from bench.config.search import find
from bench.record.inbox_log import read_inbox_log

Runner = Callable[..., Any]

_TRUE = {
    "supply.voltage": ("u_supply_v", 5.0),
    "supply.current": ("i_supply_a", 7.0),
    "supply.power": ("p_supply_w", 2500.0),
    "dc.voltage": ("u_dc_v", 5.0),
    "dc.current": ("i_dc_a", 7.0),
    "dc.power": ("p_dc_w", 2500.0),
    "ac.power": ("p_ac_w", 2500.0),
    "flange_l.torque": ("torque_l_nm", 20.0),
    "flange_r.torque": ("torque_r_nm", 20.0),
    "flange_l.speed": ("speed_l_rpm", 3.0),
    "dyno_l.speed": ("speed_l_rpm", 3.0),
    "dyno_r.speed": ("speed_r_rpm", 3.0),
    "dyno_l.torque": ("dyno_l_torque_nm", 30.0),
    "scanner.winding_temp": ("winding_degc", 3.5),
    "scanner.inverter_temp": ("junction_degc", 3.5),
    "scanner.sump_temp": ("oil_degc", 2.5),
}
"""Channel -> name of the plant's output, and about 1 % of the largest value."""
SLOW, MORE = pytest.mark.slow, ("close", "nan", "garbage", "late:3s")
"""Seconds only together: what is quick already has two of a kind."""
_NEAR_NS = 80 * NS_PER_MS


class Eye:
    """Looks at the bench every 10 ms and after each event: what was true, and who was connected afresh."""

    def __init__(self) -> None:
        self.t_ns: list[int] = []
        self.rows: list[np.ndarray] = []
        self.opened: dict[str, int] = {}
        self.names: tuple[str, ...] = ()
        self._made: Any = None

    def __call__(self, made: Any) -> bool:
        if made is not self._made:
            self._made, self.names = made, made.world.bench.plant.outputs.dtype.names
            for part, device in made.world.devices.items():
                self._count(part, device)
            self._look_again(made.bench.scheduler)
        t_ns = int(made.state.core["t_ns"][0])
        if not self.t_ns or t_ns > self.t_ns[-1]:
            self.t_ns.append(t_ns)
            self.rows.append(made.world.bench.outputs.copy())
        return False

    def _look_again(self, scheduler: Any) -> None:
        """The compiled loop reads instruments by itself: without an event nobody would look."""
        scheduler.call(scheduler.t_ns + 10 * NS_PER_MS, lambda: self._look_again(scheduler), 9)

    def _count(self, part: str, device: Any) -> None:
        opened = device.opened

        def counted(t_ns: int) -> None:
            self.opened[part] = self.opened.get(part, 0) + 1
            opened(t_ns)

        device.opened = counted

    def around(self, name: str, t_ns: int) -> tuple[float, float]:
        """Smallest and largest true value near a time."""
        first, last = bisect_left(self.t_ns, t_ns - _NEAR_NS), bisect_left(self.t_ns, t_ns + _NEAR_NS)
        place = self.names.index(name)
        seen = [float(row[place]) for row in self.rows[max(first - 1, 0) : last + 1]]
        return min(seen), max(seen)


def readings(run: Any) -> Iterator[tuple[str, int, float, int]]:
    """Everything that the links told the core: channel, t_ns, value, quality."""
    names = load_rig(find("rig", "e_axle_demo")).value.channels().names
    content = read_inbox_log((run.folder / "inbox.log").read_bytes())
    assert content.records.dtype == INBOX and not content.problems
    told = content.records[content.records["kind"] == READING]
    columns = [told[field].tolist() for field in ("id", "t_ns", "value", "quality")]
    for place, t_ns, value, quality in zip(*columns, strict=True):
        yield names[place], t_ns, value, quality


def not_good(run: Any, channel: str) -> int:
    return sum(name == channel and quality != GOOD for name, _, _, quality in readings(run))


def assert_good_values_are_true(run: Any, eye: Eye) -> None:
    count = 0
    for name, t_ns, value, quality in readings(run):
        if quality == GOOD and name in _TRUE:
            field, slack = _TRUE[name]
            low, high = eye.around(field, t_ns)
            assert low - slack <= value <= high + slack, f"{name} at {t_ns / 1e9:.3f} s: {value}, true {low}..{high}"
            count += 1
    assert count > 5000


@pytest.fixture(scope="module")
def when(smoke: Any) -> str:
    """A moment in the measuring window of the second point, as fault lines want it."""
    settled = [record.t_ns for record in smoke.journal if record.event == "settled"]
    return f"{settled[1] / 1e9 + 0.5:.3f}s"


def test_without_faults_every_good_value_is_true(run_of: Runner) -> None:
    """The measure itself: else it might pass anything."""
    eye = Eye()
    run = run_of("smoke", log_full=True, watch=eye)
    assert run.verdict.verdict == "passed"
    assert eye.opened == {"analyzer": 1, "scanner": 1, "supply": 1, "dyno_l": 1, "dyno_r": 1}
    assert_good_values_are_true(run, eye)


# --- F-37, F-38 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "length", "channel"),
    [
        ("analyzer", "100ms", "dc.power"),
        pytest.param("supply", "60ms", "supply.voltage", marks=SLOW),
        ("dyno_l", "60ms", "dyno_l.speed"),
    ],
)
def test_f37_one_lost_answer_costs_one_fresh_connection_and_no_run(
    run_of: Runner, when: str, part: str, length: str, channel: str
) -> None:
    eye = Eye()
    run = run_of("smoke", f"{part}.silence@{when}+{length}", log_full=True, watch=eye)
    assert run.verdict.reasons == ()
    assert (run.verdict.verdict, run.verdict.accepted) == ("passed", 3)
    assert eye.opened[part] == 2
    assert not_good(run, channel) > 0
    assert_good_values_are_true(run, eye)


@pytest.mark.parametrize(
    ("part", "delay", "length"),
    [
        ("analyzer", "400ms", "60ms"),  # late, yet within the time-out
        ("analyzer", "1200ms", "60ms"),  # after the time-out, with the next question already asked
        pytest.param("supply", "520ms", "100ms", marks=SLOW),
        pytest.param("supply", "700ms", "100ms", marks=SLOW),
        ("dyno_l", "520ms", "100ms"),
        ("dyno_r", "700ms", "100ms"),
    ],
)
def test_f38_a_late_answer_never_passes_for_the_next_one(
    run_of: Runner, when: str, part: str, delay: str, length: str
) -> None:
    eye = Eye()
    run = run_of("smoke", f"{part}.late:{delay}@{when}+{length}", log_full=True, watch=eye)
    assert run.verdict.verdict == "passed", run.verdict.reasons
    assert_good_values_are_true(run, eye)


def test_f38_torn_answers_are_put_together_or_thrown_away(run_of: Runner, when: str) -> None:
    eye = Eye()
    torn = (f"supply.partial:600ms@{when}+100ms", f"analyzer.partial@{when}+60ms")
    run = run_of("smoke", *torn, log_full=True, watch=eye)
    assert run.verdict.verdict == "passed", run.verdict.reasons
    assert_good_values_are_true(run, eye)


@pytest.mark.parametrize(
    "fault",
    [
        "dyno_l.split:40ms@{}+1s",
        "dyno_l.late:120ms,25%@{}+1s",
        pytest.param("dyno_l.partial:350ms,9@{}+1s", marks=SLOW),
        "dyno_l.endless@{}+60ms",
        pytest.param("dyno_l.garbage:11@{}+1s", marks=SLOW),
        pytest.param("analyzer.split:2ms@{}+1s", marks=SLOW),  # a block in four portions
        pytest.param("analyzer.endless@{}+60ms", marks=SLOW),
        pytest.param("supply.split:40ms@{}+1s", marks=SLOW),
        pytest.param("supply.endless@{}+60ms", marks=SLOW),
    ],
)
def test_f38_f41_f44_answers_in_pieces_late_without_end_or_none_at_all(run_of: Runner, when: str, fault: str) -> None:
    eye = Eye()
    run = run_of("smoke", fault.format(when), log_full=True, watch=eye)
    assert run.verdict.verdict == "passed", run.verdict.reasons
    assert_good_values_are_true(run, eye)


# --- F-43 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["nan", "inf"])
def test_f43_no_data_and_over_range_are_marked_and_the_window_is_measured_again(
    run_of: Runner, when: str, kind: str
) -> None:
    eye = Eye()
    run = run_of("smoke", f"analyzer.{kind}@{when}+60ms", log_full=True, watch=eye)
    assert run.verdict.verdict == "passed", run.verdict.reasons
    assert not_good(run, "dc.power") > 0
    assert eye.opened["analyzer"] == 1  # an honest "no data" is an answer: nothing is opened again
    assert_good_values_are_true(run, eye)


@pytest.mark.parametrize("part", ["supply", "dyno_l"])
def test_f43_a_single_no_data_of_supply_or_dyno_stops_nothing(run_of: Runner, when: str, part: str) -> None:
    run = run_of("smoke", f"{part}.nan@{when}+60ms", log_full=True)
    assert run.verdict.verdict == "passed", run.verdict.reasons
    channel = {"supply": "supply.voltage", "dyno_l": "dyno_l.speed"}[part]
    assert not_good(run, channel) > 0


# --- what lasts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["silence", *(pytest.param(kind, marks=SLOW) for kind in MORE)])
@pytest.mark.parametrize("part", ["analyzer", "supply", "dyno_l"])
def test_what_lasts_ends_in_the_controlled_stop_and_names_the_instrument(
    run_of: Runner, smoke: Any, part: str, kind: str
) -> None:
    """From the first point on, so that it lasts long enough inside the plan."""
    start_ns = next(record.t_ns for record in smoke.journal if record.event == "point_started")
    run = run_of("smoke", f"{part}.{kind}@{start_ns / 1e9:.3f}s")
    assert (run.verdict.verdict, run.verdict.outcome, run.verdict.exit_code) == ("failed", "stopped", 3)
    if run.stop_cause == "a step of the sequence failed":  # it wanted to set the analyzer's ranges
        assert run.verdict.reasons[0].startswith(f"{part}: ")
    else:
        assert run.stop_cause == "an instrument is silent"
        assert f"({part} silent)" in run.verdict.reasons[0]
    rungs = [rung["rung"] for rung in run.told("core_rung") if rung["outcome"] == "entered"]
    assert rungs[:3] == ["torque to zero", "speed down", "inverter off"]
    assert run.journal[-1].event == "run_finished"


# --- F-03, F-05 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        "can.dut.wrong_crc:0x110",
        pytest.param("can.dut.wrong_crc:0x130", marks=SLOW),
        "can.bench_io.wrong_crc:0x220",
    ],
)
def test_f05_an_isolated_wrong_crc_spoils_the_data_only(run_of: Runner, when: str, frame: str) -> None:
    run = run_of("smoke", f"{frame}@{when}+10ms")
    assert run.verdict.verdict == "passed", run.verdict.reasons
    assert [bad["reason"] for bad in run.told("core_frame_bad")] == ["CRC"]


def test_f05_one_in_eleven_goes_on_for_seconds_and_stops_nothing(run_of: Runner, when: str) -> None:
    run = run_of("smoke", f"can.dut.wrong_crc:0x110,11@{when}+2s")
    assert run.verdict.verdict == "passed", run.verdict.reasons


@pytest.mark.parametrize(
    "frame", ["can.dut.wrong_crc:0x110,4", "can.dut.wrong_crc:0x110", "can.bench_io.wrong_crc:0x220"]
)
def test_f05_three_of_ten_wrong_crcs_stop(run_of: Runner, when: str, frame: str) -> None:
    run = run_of("smoke", f"{frame}@{when}+2s")
    assert (run.verdict.outcome, run.verdict.exit_code) == ("stopped", 3)
    assert run.stop_cause == "three of ten frames had a wrong CRC, counter or length"
    assert run.told("core_stop")[0]["stop_class"] == "controlled"


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        ("can.dut.freeze:0x110", "EDU_STATUS"),
        pytest.param("can.dut.freeze:0x130", "EDU_DC", marks=SLOW),
        ("can.bench_io.freeze:0x220", "IO_STATUS"),
    ],
)
def test_f03_a_frozen_counter_stops_for_good(run_of: Runner, when: str, frame: str, name: str) -> None:
    run = run_of("smoke", f"{frame}@{when}+1s")
    assert (run.verdict.outcome, run.verdict.exit_code) == ("stopped", 3)
    assert run.stop_cause == "a frame's alive counter is frozen"
    assert f"({name})" in run.verdict.reasons[0]
    stop_ns = next(record.t_ns for record in run.journal if record.event == "core_stop")
    assert stop_ns <= float(when[:-1]) * 1e9 + 50 * NS_PER_MS
