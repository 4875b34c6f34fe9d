"""The gate for diagnosis: only its own identifiers pass, one frame a cycle, behind the cyclic ones, and replayable."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.lib.recfunctions import repack_fields
from small_bench import MS, Bench, can_tables, kinds, of_kind, small_design

from bench.base.errors import InputError
from bench.base.records import EV_REFUSED, EVENT
from bench.base.ring import drain
from bench.core import inbox
from bench.core.design import DiagnosticRoute
from bench.core.replay import replay
from bench.core.tables import HEARD, REFUSED_LENGTH, REFUSED_NOT_DIAGNOSTIC, REFUSED_WHILE_ARMED

ROUTE = DiagnosticRoute("dut", 0, 0x7E0, 0x7E8)
READ_SERIAL = bytes.fromhex("03 22 F1 8C")
RESET = bytes.fromhex("02 11 01")


def bench(route: DiagnosticRoute = ROUTE, **changes: object) -> Bench:
    made = Bench(small_design(diagnostics=(route,), **changes))
    made.run(2)
    drain(made.rings.frames_out)
    return made


def ask(made: Bench, frame_id: int, data: bytes, bus: int = 0) -> None:
    inbox.post(made.rings.inbox_diagnostics, inbox.diagnostic(bus, frame_id, data))


def refusals(made: Bench) -> list[int]:
    return [int(event["extra"]) for event in of_kind(made.told, EV_REFUSED)]


def sent(made: Bench) -> list[tuple[int, str]]:
    return [
        (int(frame["id"]), frame["data"][: frame["length"]].tobytes().hex()) for frame in drain(made.rings.frames_out)
    ]


def test_a_request_of_the_table_goes_out_in_its_cycle():
    made = bench()
    ask(made, 0x7E0, READ_SERIAL)
    made.run(1)
    assert sent(made) == [(0x7E0, "0322f18c")] and refusals(made) == []


@pytest.mark.parametrize("frame_id", [*(int(message["id"]) for message in can_tables().messages), 0x000, 0x7E8, 0x7DF,
                                      0x7E1, 0x8000_07E0])  # fmt: skip
@pytest.mark.parametrize("bus", [0, 1])
def test_no_other_identifier_passes_torque_and_contactors_least_of_all(frame_id, bus):
    made = bench()
    made.state.tx_next_ns[:] = 1 << 60  # so that nothing else is sent
    made.state.core["next_send_ns"] = 1 << 60
    ask(made, frame_id, bytes(8), bus)
    made.run(3)
    assert sent(made) == [] and refusals(made) == [REFUSED_NOT_DIAGNOSTIC]


def test_the_right_identifier_on_the_wrong_bus_does_not_pass():
    made = bench()
    ask(made, 0x7E0, READ_SERIAL, bus=1)
    made.run(1)
    assert refusals(made) == [REFUSED_NOT_DIAGNOSTIC]


@pytest.mark.parametrize("ring", ["inbox_can", "inbox_links", "inbox_sequence"])
def test_the_gate_stands_at_every_door(ring):
    made = bench()
    made.state.tx_next_ns[:] = 1 << 60
    made.state.core["next_send_ns"] = 1 << 60
    for frame_id in (0x110, 0x7E0, 0x7E0):
        inbox.post(getattr(made.rings, ring), inbox.diagnostic(0, frame_id, RESET))
    made.run(2)
    assert sent(made) == [(0x7E0, RESET.hex())]  # and never two in a cycle
    assert refusals(made) == [REFUSED_NOT_DIAGNOSTIC] * 2


@pytest.mark.parametrize(
    ("length", "length_max", "passes"), [(0, 8, False), (8, 8, True), (9, 8, False), (64, 64, True)]
)
def test_lengths(length, length_max, passes):
    made = bench(replace(ROUTE, length_max=length_max))
    ask(made, 0x7E0, (READ_SERIAL + bytes(64))[:length])
    made.run(1)
    assert refusals(made) == ([] if passes else [REFUSED_LENGTH])


SERVICES = [  # data, whether it may pass while the bench is armed
    ("02 3E 80", True), ("03 22 F1 8C", True), ("03 19 02 FF", True), ("02 11 01", False), ("04 14 FF FF FF", False),
    ("04 31 01 02 03", False), ("02 10 03", False), ("04 2E F1 90 00", False), ("02 28 03", False), ("00 08 22", True),
    ("00 08 31", False), ("10 14 22 F1 90", True), ("10 14 2E F1 90", False), ("10 00 00 00 20 00 22", True),
    ("10 00 00 00 20 00 36", False), ("11 00 36", False), ("21 31 31", True), ("30 00 00", True),
]  # fmt: skip


@pytest.mark.parametrize(("data", "reads"), SERVICES)
@pytest.mark.parametrize("extended", [False, True])
def test_while_armed_only_what_reads_passes(data, reads, extended):
    frame = (b"\x31" if extended else b"") + bytes.fromhex(data)
    made = bench(replace(ROUTE, extended=extended))
    ask(made, 0x7E0, frame)
    made.run(1)
    assert (0x7E0, frame.hex()) in sent(made)
    made.armed()
    drain(made.rings.frames_out)
    ask(made, 0x7E0, frame)
    made.run(1)
    assert ((0x7E0, frame.hex()) in sent(made)) == reads
    assert refusals(made) == ([] if reads else [REFUSED_WHILE_ARMED])


PARAMETERS = DiagnosticRoute("dut", 0, 0x0C1, 0x0C2, parameters=True)
READ_172, WRITE_172 = bytes.fromhex("AC 00 00 00 00 00 00 00"), bytes.fromhex("AC 00 01 00 14 00 00 00")


@pytest.mark.parametrize(("data", "before", "armed"), [
    (READ_172, True, True), (WRITE_172, True, False), (READ_172[:7], False, False), (READ_172 + bytes(4), False, False),
    (bytes.fromhex("AC 00 FF 00 00 00 00 00"), True, False), (b"", False, False),
])  # fmt: skip
def test_parameter_messages_have_eight_bytes_and_write_nothing_while_armed(data, before, armed):
    made = bench(PARAMETERS)
    for expected in (before, armed):
        ask(made, 0x0C1, data)
        made.run(1)
        assert ((0x0C1, data.hex()) in sent(made)) == expected
        made.armed()
        drain(made.rings.frames_out)
    inbox.post(made.rings.inbox_can, inbox.frame_in(0, 0x0C2, READ_172, 5))
    made.run(1)
    assert [int(frame["id"]) for frame in drain(made.rings.heard)] == [0x0C2]


def test_while_stopping_as_while_armed_and_free_again_when_stopped():
    made = bench().armed()
    made.keep["dut.torque_est"] = 100.0  # the first rung is not confirmed yet
    made.command(inbox.stop_now(2, 1))
    made.run(2)
    ask(made, 0x7E0, RESET)
    made.run(1)
    assert refusals(made) == [REFUSED_WHILE_ARMED]
    made.keep["dut.torque_est"] = 0.0
    made.run(200)
    ask(made, 0x7E0, RESET)
    made.run(1)
    assert refusals(made) == [REFUSED_WHILE_ARMED] and (0x7E0, RESET.hex()) in sent(made)


def test_one_frame_a_cycle_behind_the_cyclic_ones_whose_times_stay():
    made, plain = bench(), bench()
    for number in range(30):
        ask(made, 0x7E0, bytes([0x20 | number % 16, number]))
    times: list[list[int]] = []
    for each in (made, plain):
        frames = [drain(each.rings.frames_out) for _ in range(30) if each.run(1) is not None]
        times.append([int(f["t_ns"]) for cycle in frames for f in cycle if f["id"] != 0x7E0])
        asked = [[int(f["id"]) for f in cycle] for cycle in frames]
        assert all(ids.count(0x7E0) == (each is made) and 0x7E0 not in ids[:-1] for ids in asked)
    assert times[0] == times[1]


def test_a_response_goes_to_the_link_and_touches_nothing_else():
    made = bench()
    before = made.state.image.copy()
    made.keep.clear()
    inbox.post(made.rings.inbox_can, inbox.frame_in(0, 0x7E8, bytes.fromhex("03 7F 22 78"), 5))
    inbox.post(made.rings.inbox_can, inbox.frame_in(1, 0x7E8, bytes(8), 5))
    made.run(1)
    heard = drain(made.rings.heard)
    assert [(int(f["id"]), f["data"][: f["length"]].tobytes().hex()) for f in heard] == [(0x7E8, "037f2278")]
    assert made.bits[-1] & HEARD and made.state.counters["unknown"][0] == 1
    assert kinds(made.told) == [] and np.array_equal(before["value"], made.state.image["value"], equal_nan=True)


def test_a_flood_of_responses_nobody_reads_is_dropped_and_counted():
    made = bench()
    for _ in range(2000):
        inbox.post(made.rings.inbox_can, inbox.frame_in(0, 0x7E8, bytes(8), 5))
    made.run(1)
    assert len(drain(made.rings.heard)) == 1024 and kinds(made.told) == []


@pytest.mark.parametrize(("request_id", "response_id"), [(0x110, 0x7E8), (0x7E0, 0x130), (0x7E0, 0x7E0)])
def test_a_table_with_an_identifier_of_the_bench_is_refused(request_id, response_id):
    ids = {int(message["id"]) for message in can_tables().messages}
    assert {request_id, response_id} & ids or request_id == response_id
    with pytest.raises(InputError, match="belongs to a message of the bench"):
        bench(DiagnosticRoute("dut", 0, request_id, response_id))


def test_a_replay_sends_the_same_frames_and_refuses_the_same():
    made = bench(log_full=True)
    log, frames = [], []
    for number in range(40):
        if number % 3 == 0:
            ask(made, 0x7E0 if number % 2 else 0x110, bytes([0x20, number]))
            ask(made, 0x7E0, bytes([0x02, 0x11, number]))
        if number == 20:
            made.command(inbox.arm())
        made.run(1)
        frames.append(drain(made.rings.frames_out))
        log.append(drain(made.rings.inbox_log))
    again = replay(made.program, np.concatenate(log), made.t_ns)
    skipped = 2  # cycles before the first look
    live = np.concatenate(frames)
    replayed = again.frames[again.frames["t_ns"] >= skipped * MS]
    assert repack_fields(replayed).tobytes() == repack_fields(live).tobytes()
    assert repack_fields(again.events).tobytes() == repack_fields(np.array(made.told, EVENT)).tobytes()
    assert again.state.counters["digest"][0] == made.state.counters["digest"][0]
    assert {REFUSED_NOT_DIAGNOSTIC, REFUSED_WHILE_ARMED} <= set(refusals(made))


def test_the_digest_tells_what_was_asked():
    def digest(data: bytes) -> int:
        made = bench()
        ask(made, 0x7E0, data)
        made.run(1)
        return int(made.state.counters["digest"][0])

    assert digest(READ_SERIAL) == digest(READ_SERIAL) != digest(bytes.fromhex("03 22 F1 8D"))
