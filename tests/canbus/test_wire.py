"""The modelled wire: who goes first, when a frame ends, what faults do to it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wires import MS, frame, run

from bench.canbus.buses import Wire, add_fault, bus_load, make_wire
from bench.canbus.database import EXTENDED
from bench.canbus.faults import DROP, FREEZE, WRONG_CRC, WRONG_LENGTH
from bench.canbus.frame_bits import bits_of
from bench.canbus.wire import FULL, NOT_SENDABLE, OFFERED, offer

BIT_NS = 2000  # 500 kbit/s


def test_a_lone_frame_takes_its_exact_bits() -> None:
    wire = make_wire([500_000])
    assert offer(wire, frame(0x0C0, sender=3), 1000) == OFFERED
    end_ns = 1000 + (125 - 3) * BIT_NS
    assert len(run(wire, end_ns - 1)) == 0
    (got,) = run(wire, end_ns)
    assert (got["t_ns"], got["id"], got["length"], got["sender"]) == (end_ns, 0x0C0, 8, 3)
    assert bus_load(wire, 0, 1000 + 125 * BIT_NS) == pytest.approx(125 * BIT_NS / (1000 + 125 * BIT_NS))


def test_the_lowest_identifier_wins() -> None:
    wire = make_wire([500_000])
    # a standard frame beats the extended one that begins with the same 11 bits
    ids = [0x300, EXTENDED | 0x100 << 18 | 5, 0x100, 0x0FF, EXTENDED | 0x0FF << 18, 0x7FF]
    for frame_id in ids:
        offer(wire, frame(frame_id), 0)
    got = run(wire, 10 * MS)
    assert list(got["id"]) == [0x0FF, EXTENDED | 0x0FF << 18, 0x100, EXTENDED | 0x100 << 18 | 5, 0x300, 0x7FF]


def test_a_frame_in_flight_is_not_interrupted() -> None:
    wire = make_wire([500_000])
    offer(wire, frame(0x700), 0)
    offer(wire, frame(0x300), 1)
    offer(wire, frame(0x100), 2)
    assert list(run(wire, 10 * MS)["id"]) == [0x700, 0x100, 0x300]


def test_frames_follow_each_other_after_the_intermission() -> None:
    wire = make_wire([500_000])
    offer(wire, frame(0x100), 0)
    offer(wire, frame(0x200), 0)
    first, second = run(wire, 10 * MS)
    bits = bits_of(0x100, bytes(8)) + bits_of(0x200, bytes(8))
    assert second["t_ns"] == (bits - 3) * BIT_NS
    assert first["t_ns"] == (bits_of(0x100, bytes(8)) - 3) * BIT_NS


def test_what_is_offered_at_the_end_of_a_step_takes_part_in_the_next_arbitration() -> None:
    wire = make_wire([500_000])
    offer(wire, frame(0x700), MS)
    assert len(run(wire, MS)) == 0
    offer(wire, frame(0x100), MS)
    assert list(run(wire, 2 * MS)["id"]) == [0x100, 0x700]


def test_buses_are_independent_and_delivered_in_time_order() -> None:
    wire = make_wire([500_000, 250_000])
    offer(wire, frame(0x100, bus=1), 0)
    offer(wire, frame(0x200, bus=0), 0)
    offer(wire, frame(0x300, bus=0), 0)
    got = run(wire, 10 * MS)
    assert list(got["bus"]) == [0, 1, 0]
    assert list(got["t_ns"]) == sorted(got["t_ns"])
    assert wire.buses["frames"].tolist() == [2, 1]


def test_nothing_is_lost_when_the_reader_has_little_room() -> None:
    wire = make_wire([500_000])
    for n in range(10):
        offer(wire, frame(0x100 + n), 0)
    got = [int(f["id"]) for _ in range(10) for f in run(wire, 10 * MS, room=3)]
    assert got == [0x100 + n for n in range(10)]


def test_a_full_queue_refuses_and_counts() -> None:
    wire = make_wire([500_000], capacity=4)
    assert [offer(wire, frame(0x100 + n), 0) for n in range(5)] == [OFFERED] * 4 + [FULL]
    assert wire.buses["refused"][0] == 1
    assert len(run(wire, 10 * MS)) == 4
    assert offer(wire, frame(0x100), 10 * MS) == OFFERED


def test_what_is_no_classic_frame_is_refused() -> None:
    wire = make_wire([500_000])
    long = frame(0x100)
    long["length"] = 9
    assert offer(wire, long, 0) == NOT_SENDABLE
    assert offer(wire, frame(0x100, bus=1), 0) == NOT_SENDABLE
    with pytest.raises(ValueError, match="must be positive"):
        make_wire([0])


@given(st.lists(st.tuples(st.integers(0, 0x7FF), st.integers(0, 20)), max_size=30), st.integers(1, 7))
def test_any_traffic_arrives_once_and_the_steps_do_not_matter(offers: list[tuple[int, int]], step_ms: int) -> None:
    """Seen in steps or at once, the same frames end at the same times, never two at a time."""
    offers = sorted(offers, key=lambda pair: pair[1])

    def drive(step: int) -> list[tuple[int, int]]:
        wire, got, todo = make_wire([125_000]), [], list(offers)
        for t_ms in range(0, 100, step):
            while todo and todo[0][1] < t_ms + step:
                frame_id, at_ms = todo.pop(0)
                offer(wire, frame(frame_id), at_ms * MS)
            got += [(int(f["t_ns"]), int(f["id"])) for f in run(wire, (t_ms + step) * MS)]
        return got

    got = drive(step_ms)
    assert got == drive(100)
    assert sorted(f for _, f in got) == sorted(f for f, _ in offers)
    ends = [t for t, _ in got]
    assert all(b - a >= 48 * 8000 for a, b in pairwise(ends))


def cyclic(wire: Wire, count: int, frame_id: int = 0x110) -> np.ndarray:
    """One frame every 10 ms with its number in byte 1 and byte 0 = 0x55."""
    got = []
    for n in range(count):
        offer(wire, frame(frame_id, bytes([0x55, n, n, n])), n * 10 * MS)
        got.append(run(wire, (n + 1) * 10 * MS).copy())
    return np.concatenate(got)


def test_dropped_frames() -> None:
    wire = make_wire([500_000])
    add_fault(wire, 0, 0x110, DROP, 20 * MS, 40 * MS)
    assert list(cyclic(wire, 6)["data"][:, 1]) == [0, 1, 4, 5]
    assert wire.buses["lost"][0] == 2


def test_each_third_frame_with_a_wrong_crc() -> None:
    wire = make_wire([500_000])
    add_fault(wire, 0, 0x110, WRONG_CRC, 0, argument=3)
    assert list(cyclic(wire, 6)["data"][:, 0]) == [0x55, 0x55, 0xAA, 0x55, 0x55, 0xAA]


def test_counter_and_payload_frozen() -> None:
    wire = make_wire([500_000])
    add_fault(wire, 0, 0x110, FREEZE, 20 * MS, 50 * MS)
    assert list(cyclic(wire, 7)["data"][:, 2]) == [0, 1, 2, 2, 2, 5, 6]


def test_wrong_length() -> None:
    wire = make_wire([500_000])
    add_fault(wire, 0, 0x110, WRONG_LENGTH, 0, 10 * MS, argument=2)
    add_fault(wire, 0, 0x110, WRONG_LENGTH, 10 * MS, argument=64)
    got = cyclic(wire, 2)
    assert list(got["length"]) == [2, 64]
    assert got["data"][0, 2] == 0


def test_a_fault_meets_its_own_bus_and_id_only() -> None:
    wire = make_wire([500_000, 500_000])
    add_fault(wire, 1, 0x110, DROP, 0)
    add_fault(wire, 0, 0x111, DROP, 0)
    assert len(cyclic(wire, 5)) == 5


def test_room_for_faults_ends() -> None:
    wire = make_wire([500_000])
    for _ in range(len(wire.faults)):
        add_fault(wire, 0, 1, DROP, 0)
    with pytest.raises(ValueError, match="script fewer"):
        add_fault(wire, 0, 1, DROP, 0)
