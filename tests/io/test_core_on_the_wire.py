"""The core's own process on a wire: what it sends, when, and that nobody sends in its place when it stands still."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cantools
import pytest
from disturbed import again_if_disturbed, explained
from lone_core import DBC, MS, LoneCore
from small_bench import STATE_REQUEST, TORQUE, crc8

from bench.base.records import EV_LATE, EV_STOP
from bench.base.ring import drain
from bench.core import inbox
from bench.core.causes import Cause
from bench.io.published import PublishedImage
from bench.io.realtime import Granted
from bench.io.status import CORE

ROOT = Path(__file__).resolve().parents[2]
PERIOD_NS, STUFFING_NS = 10 * MS, 40_000
"""Of the torque frames, in which counter and CRC change the number of stuff bits."""
MESSAGE = cantools.database.load_file(DBC).get_message_by_name("VCU_TORQUE_CMD")


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneCore]:
    folder = tmp_path_factory.mktemp("c")
    folder.chmod(0o700)
    made = LoneCore(folder)
    yield made
    made.close()


@pytest.mark.slow
@again_if_disturbed(held_up_ms=5)
def test_a_new_set_point_is_in_the_next_frame_with_counter_and_crc(core: LoneCore) -> None:
    core.post(inbox.set_point(TORQUE, 0.0))
    core.live(50)
    core.post(inbox.arm(), inbox.set_point(STATE_REQUEST, 2))
    assert core.live(2000, lambda: core.plant_in["pwm_on"][0] > 0)
    with explained(core.late_cycles()):
        _a_torque_of_60_nm_is_sent_at_once(core)


def _a_torque_of_60_nm_is_sent_at_once(core: LoneCore) -> None:
    posted_ns = core.berth.clock.now_ns()
    core.post(inbox.set_point(TORQUE, 60.0))
    core.live(150)
    frames = core.vcu()
    decoded = [MESSAGE.decode(frame["data"][:8].tobytes()) for frame in frames]
    assert len(frames) > 15
    assert all(b["Counter"] == (a["Counter"] + 1) % 15 for a, b in pairwise(decoded))
    data_id = int(MESSAGE.dbc.attributes["E2EDataID"].value)
    for frame in frames:
        data = frame["data"][:8].tobytes()
        assert data[0] == crc8(bytes([data_id & 0xFF, data_id >> 8]) + data[1:])
    # taken in by the cycle after it was posted; a frame may have left in that very millisecond
    new = [d["TorqueRequest"] for f, d in zip(frames, decoded, strict=True) if f["t_ns"] > posted_ns + 3 * MS]
    assert new and set(new) == {60.0}
    assert core.torque_nm == 60.0


@pytest.mark.slow
@again_if_disturbed(held_up_ms=20)
def test_a_stopped_core_leaves_the_wire_silent_and_the_inverter_goes_to_its_safe_state(core: LoneCore) -> None:
    core.go_on()
    assert core.live(500, lambda: core.torque_nm == 60.0)
    paused_ns = core.pause()
    core.live(250)
    assert core.vcu(paused_ns + 2 * MS) == [], "somebody sends for a core that stands still"
    last_ns = int(core.vcu()[-1]["t_ns"])
    assert core.torque_nm == 0.0 and core.ecu.state["command_lost"][0] == 1
    assert 50 * MS < core.fell_ns - last_ns < 150 * MS
    late_before = int(core.memory.state.counters["late"][0])
    skipped_before = int(core.memory.state.counters["send_skipped"][0])
    late = core.late_cycles(of_pause=1 + (core.berth.clock.now_ns() - paused_ns) // MS)
    resumed_ns = core.go_on()
    with explained(late):
        assert core.live(500, lambda: core.torque_nm == 60.0)
        core.live(200)
        times = [int(frame["t_ns"]) for frame in core.vcu(resumed_ns)]
        nearest_ns = PERIOD_NS // 2 - MS - STUFFING_NS  # half a period, from a cycle that was late by all of its own
        assert min(b - a for a, b in pairwise(times)) >= nearest_ns, "frames were made up for, back to back"
        assert len(times) <= 2 + (times[-1] - times[0]) // (10 * MS)
    counters = core.memory.state.counters[0]
    assert counters["late"] - late_before >= 240
    assert counters["send_skipped"] - skipped_before >= 40  # two messages
    assert any(event["kind"] == EV_LATE and event["value"] >= 200 for event in drain(core.memory.rings.events))


@pytest.mark.slow
def test_the_image_is_published_and_what_was_granted_is_told(core: LoneCore) -> None:
    with PublishedImage.attach(core.berth.folder) as published:
        first = published.snapshot(5.0)
        core.live(20)
        second = published.snapshot(5.0)
        assert second.t_ns > first.t_ns
        assert second.core["armed"][0] == 1
        times = second.image["t_ns"][[published.channels.index(n) for n in ("dut.torque_cmd", "dut.state_request")]]
        assert (times == second.t_ns).all(), "all set-points are of one cycle"
    granted = Granted.of(int(core.memory.status[CORE]["granted"]))
    assert granted is not None and granted.words()


@pytest.mark.slow
def test_a_pause_beyond_a_second_stops_at_the_first_cycle_after_it(core: LoneCore) -> None:
    core.pause()
    core.live(1100)
    resumed_ns = core.go_on()

    def torques() -> list[float]:
        return [MESSAGE.decode(frame["data"][:8].tobytes())["TorqueRequest"] for frame in core.vcu(resumed_ns)]

    assert core.live(2000, lambda: 0.0 in torques())
    assert torques()[0] < 60.0, "the safe set-point is in the first frame"
    stops = [event for event in drain(core.memory.rings.events) if event["kind"] == EV_STOP]
    assert [(int(e["id"]), int(e["value"])) for e in stops] == [(Cause.HOST_PAUSED, 1)]


def test_nobody_hands_frames_to_a_kernel_or_adapter_task() -> None:
    """A task of the kernel goes on with valid counters and CRCs when the process has stopped or died."""
    for path in [*(ROOT / "bench").rglob("*.py"), *(ROOT / "drivers").rglob("*.py")]:
        if path.parts[-2:] == ("perf", "jitter.py"):  # the control that the core is compared with
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
            assert name not in ("send_periodic", "CyclicSendTask", "ThreadBasedCyclicSendTask"), path
            assert not (isinstance(node, ast.Constant) and node.value == "CAN_BCM"), path
