"""Error frames, error counters, bus-off and the way back, against the rules of the standard (Bosch CAN 2.0)."""

import numpy as np
import pytest
from wires import MS, frame, run

from bench.base.records import (
    FRAME_BRS,
    FRAME_ERROR,
    FRAME_FD,
    FRAME_REMOTE,
    WIRE_ACTIVE,
    WIRE_BUS_OFF,
    WIRE_PASSIVE,
    WIRE_STATE,
    WIRE_WARNING,
)
from bench.canbus.buses import Wire, add_fault, attach, detach, make_wire, report, restart, roll_load
from bench.canbus.database import EXTENDED
from bench.canbus.faults import ANY_ID, BABBLE, BIT_ERROR, BUS_OFF, DELAY, DROP, DUPLICATE
from bench.canbus.frame_bits import bits_of
from bench.canbus.wire import NOT_SENDABLE, OFFERED, SENDER_OFF, next_ns, offer

BIT_NS = 2000  # 500 kbit/s
PAIR = [(0, 1)]
OFF_NS = 128 * 11 * BIT_NS


def pair() -> Wire:
    return make_wire([500_000], members=PAIR)


def node(wire: Wire, number: int) -> np.void:
    return wire.nodes[number]


def counters(wire: Wire) -> list[tuple[int, int, int]]:
    return [(int(n["tec"]), int(n["rec"]), int(n["state"])) for n in wire.nodes if n["present"]]


def test_a_lone_sender_stops_at_128_and_is_never_bus_off() -> None:
    wire = make_wire([500_000], members=[(0,)])
    offer(wire, frame(0x0C0), 0)
    got = run(wire, 1000 * MS)
    assert [int(g["data"][6]) for g in got] == list(range(8, 136, 8))  # sixteen tries
    assert set(got["flags"]) == {FRAME_ERROR} and set(got["id"]) == {0x20 | 0x80 | 0x200}
    assert [int(n) for n in got["data"][:, 3]] == [0x19] * 16
    assert counters(wire) == [(128, 0, WIRE_PASSIVE)]
    # from the start of frame to the acknowledge slot, flag 6, delimiter 8, intermission 3
    assert got["t_ns"][0] == (125 - 11 + 6 + 8) * BIT_NS
    assert got["t_ns"][1] - got["t_ns"][0] == (125 - 11 + 6 + 8 + 3) * BIT_NS
    passive_ns = (125 - 11 + 6 + 8 + 3 + 8) * BIT_NS  # and 8 bits of suspended transmission
    tries = 16 + (1000 * MS - got["t_ns"][15]) // passive_ns
    assert abs(int(wire.buses["error_frames"][0]) - tries) <= 1
    assert wire.buses["waiting"][0] == 1


def test_the_waiting_frame_goes_as_soon_as_somebody_acknowledges() -> None:
    wire = make_wire([500_000], members=[(0,)])
    offer(wire, frame(0x0C0), 0)
    run(wire, 1000 * MS)
    attach(wire, 0, 1)
    (got,) = run(wire, 1002 * MS)
    assert (got["id"], got["flags"]) == (0x0C0, 0)
    assert counters(wire) == [(127, 0, WIRE_WARNING), (0, 0, WIRE_ACTIVE)]


LONE_BITS = 125 - 11 + 6 + 8
"""Of 0x0C0 up to the acknowledge slot, one error flag, its delimiter."""


def test_a_frame_in_flight_is_not_acknowledged_by_who_has_left() -> None:
    wire = make_wire([500_000], members=[(0, 1, 2)])
    offer(wire, frame(0x0C0), 0)
    run(wire, 50_000)
    for left in (1, 2):
        detach(wire, 0, left)
    (got,) = run(wire, (LONE_BITS + 2) * BIT_NS)
    assert (got["id"], got["flags"], got["t_ns"]) == (0x20 | 0x80 | 0x200, FRAME_ERROR, LONE_BITS * BIT_NS)
    assert counters(wire) == [(8, 0, WIRE_ACTIVE)]
    assert (wire.buses["frames"][0], wire.buses["waiting"][0]) == (0, 1)
    assert wire.buses["busy_ns"][0] == wire.buses["free_ns"][0] == (LONE_BITS + 3) * BIT_NS
    assert len(run(wire, 100 * MS)) == 15  # tried again and again; the counter stops at 128
    assert counters(wire) == [(128, 0, WIRE_PASSIVE)]
    attach(wire, 0, 1)
    (got,) = run(wire, 102 * MS)
    assert (got["id"], got["flags"]) == (0x0C0, 0)
    assert (wire.buses["frames"][0], wire.buses["waiting"][0]) == (1, 0)


def test_one_listener_who_stays_acknowledges() -> None:
    wire = make_wire([500_000], members=[(0, 1, 2)])
    offer(wire, frame(0x0C0), 0)
    run(wire, 50_000)
    detach(wire, 0, 1)
    (got,) = run(wire, MS)
    assert (got["id"], got["flags"], got["t_ns"]) == (0x0C0, 0, (125 - 3) * BIT_NS)
    assert counters(wire) == [(0, 0, WIRE_ACTIVE)] * 2


def test_who_comes_in_the_middle_of_a_frame_acknowledges_the_next_one_and_pays_nothing() -> None:
    wire = make_wire([500_000], members=[(0,)])
    offer(wire, frame(0x0C0), 0)
    run(wire, 50_000)
    attach(wire, 0, 1)
    (got,) = run(wire, LONE_BITS * BIT_NS)
    assert (got["flags"], got["t_ns"]) == (FRAME_ERROR, LONE_BITS * BIT_NS)
    assert counters(wire) == [(8, 0, WIRE_ACTIVE), (0, 0, WIRE_ACTIVE)]
    (got,) = run(wire, MS)
    assert (got["id"], got["flags"], got["t_ns"]) == (0x0C0, 0, (LONE_BITS + 3 + 125 - 3) * BIT_NS)
    assert counters(wire) == [(7, 0, WIRE_ACTIVE), (0, 0, WIRE_ACTIVE)]


def test_where_every_other_node_is_bus_off_nobody_acknowledges() -> None:
    wire = pair()
    attach(wire, 0, 1, manual=True)
    add_fault(wire, 0, 0x300, BUS_OFF, 0)
    offer(wire, frame(0x300, sender=1), 0)
    offer(wire, frame(0x0C0), MS)
    got = run(wire, 100 * MS)
    assert [int(g["data"][6]) for g in got] == list(range(8, 136, 8))
    assert counters(wire) == [(128, 0, WIRE_PASSIVE), (256, 0, WIRE_BUS_OFF)]
    restart(wire, 0, 1, 100 * MS)
    got = run(wire, 200 * MS)
    assert [(int(g["id"]), int(g["flags"])) for g in got] == [(0x0C0, 0)]


def test_a_sender_that_has_left_charges_nobody() -> None:
    wire = pair()
    offer(wire, frame(0x0C0), 0)
    run(wire, 50_000)
    for left in (1, 0):
        detach(wire, 0, left)
    assert len(run(wire, 10 * MS)) == 0
    assert (wire.buses["frames"][0], wire.buses["waiting"][0], wire.buses["lost"][0]) == (0, 0, 1)


def disturbed(until_ns: int = 8 * MS) -> tuple[Wire, np.ndarray]:
    """A sender whose frame 0x0C0 never comes through, with another frame behind it."""
    wire = pair()
    add_fault(wire, 0, 0x0C0, BIT_ERROR, 0, seed=7)
    offer(wire, frame(0x0C0), 0)
    offer(wire, frame(0x0C1), 0)
    return wire, run(wire, until_ns)


def test_32_bit_errors_in_a_row_are_bus_off() -> None:
    wire, got = disturbed()
    assert len(got) == 32
    assert [int(g["id"]) & 0x40 for g in got] == [0] * 31 + [0x40]
    assert set(got["data"][:, 2]) == {0x81}
    assert [int(g["data"][6]) for g in got[:31]] == list(range(8, 256, 8))
    assert [int(g["data"][7]) for g in got] == [0] * 32  # the sender's own
    assert counters(wire)[0][2] == WIRE_BUS_OFF
    assert counters(wire)[1][:2] == (0, 32)
    assert wire.buses["lost"][0] == node(wire, 0)["lost"] == 2  # what it had queued is forgotten
    assert offer(wire, frame(0x0C1), 8 * MS) == SENDER_OFF


def test_an_error_frame_is_a_flag_of_12_a_delimiter_of_8_and_the_intermission() -> None:
    """The error strikes between the arbitration field and the CRC delimiter."""
    _, got = disturbed()
    gaps = np.diff(got["t_ns"])[:14]  # later the sender is passive and suspends
    assert ((gaps >= (20 + 20 + 3) * BIT_NS) & (gaps <= (125 - 13 + 20 + 3) * BIT_NS)).all()
    assert len(set(gaps)) > 5


def test_the_same_seed_disturbs_the_same_bits() -> None:
    assert disturbed()[1].tobytes() == disturbed()[1].tobytes()


@pytest.mark.parametrize(("errors", "state"), [(11, WIRE_ACTIVE), (12, WIRE_WARNING), (15, WIRE_WARNING),
                                               (16, WIRE_PASSIVE), (31, WIRE_PASSIVE)])  # fmt: skip
def test_states_follow_the_counters(errors: int, state: int) -> None:
    wire = pair()
    add_fault(wire, 0, ANY_ID, BIT_ERROR, 0)
    offer(wire, frame(0x0C0), 0)
    while wire.buses["error_frames"][0] < errors:
        run(wire, next_ns(wire), room=1)
    assert counters(wire)[0] == (8 * errors, 0, state)


def test_good_frames_give_the_counters_back_one_by_one() -> None:
    wire = pair()
    add_fault(wire, 0, 0x0C0, BIT_ERROR, 0, 4 * MS)
    offer(wire, frame(0x0C0), 0)
    run(wire, 5 * MS)
    tec, rec = counters(wire)[0][0], counters(wire)[1][1]
    for n in range(5):
        offer(wire, frame(0x100), 5 * MS + n)
    run(wire, 20 * MS)
    assert tec > 96 and rec == (tec + 1) // 8 - 1  # at last it came through
    assert (counters(wire)[0][0], counters(wire)[1][1]) == (tec - 5, rec - 5)
    for n in range(250):
        offer(wire, frame(0x100), 20 * MS + n)
        run(wire, (21 + n) * MS)
    assert counters(wire) == [(0, 0, WIRE_ACTIVE)] * 2
    assert wire.buses["troubled"][0] == 0


def test_a_receiver_error_count_beyond_127_falls_to_127() -> None:
    wire = pair()
    node(wire, 1)["rec"], node(wire, 1)["state"], wire.buses["troubled"] = 200, WIRE_PASSIVE, 1
    offer(wire, frame(0x100), 0)
    run(wire, MS)
    assert counters(wire)[1] == (0, 127, WIRE_WARNING)


def off_at(wire: Wire, *, manual: bool = False) -> int:
    """Send node 0 bus-off by decree; when it happened."""
    attach(wire, 0, 0, manual=manual)
    add_fault(wire, 0, 0x0C0, BUS_OFF, 0, 10 * MS)
    offer(wire, frame(0x0C0), MS)
    run(wire, 2 * MS)
    assert node(wire, 0)["state"] == WIRE_BUS_OFF
    return int(node(wire, 0)["off_ns"])


def test_an_idle_bus_brings_a_bus_off_node_back_after_1408_bits() -> None:
    wire = pair()
    off_ns = off_at(wire)
    run(wire, off_ns + OFF_NS - 1)
    assert node(wire, 0)["state"] == WIRE_BUS_OFF
    run(wire, off_ns + OFF_NS)
    assert counters(wire)[0] == (0, 0, WIRE_ACTIVE)
    assert node(wire, 0)["back_ns"] == off_ns + OFF_NS
    assert offer(wire, frame(0x100), 10 * MS) == OFFERED


def test_on_a_full_bus_each_frame_gives_one_of_the_128_sequences() -> None:
    wire = make_wire([500_000], capacity=400, members=[(0, 1, 2)])
    off_ns = off_at(wire)
    for _ in range(300):
        offer(wire, frame(0x200, sender=1), 2 * MS)
    bits = bits_of(0x200, bytes(8))
    run(wire, 200 * MS, room=300)
    before = (2 * MS - off_ns) // (11 * BIT_NS)  # while the bus was idle
    assert node(wire, 0)["back_ns"] == pytest.approx(2 * MS + (128 - before) * bits * BIT_NS, abs=2 * bits * BIT_NS)


def test_manual_recovery_waits_to_be_asked() -> None:
    wire = pair()
    off_at(wire, manual=True)
    run(wire, 500 * MS)
    assert node(wire, 0)["state"] == WIRE_BUS_OFF
    restart(wire, 0, 0, 500 * MS)
    restart(wire, 0, 0, 501 * MS)  # asking twice changes nothing
    run(wire, 500 * MS + OFF_NS)
    assert counters(wire)[0] == (0, 0, WIRE_ACTIVE)


def test_a_node_that_leaves_takes_its_frames_along() -> None:
    wire = make_wire([500_000], members=[(0, 1, 2)])
    for n in range(4):
        offer(wire, frame(0x100 + n, sender=n % 2), 0)
    run(wire, 1000)  # 0x100 flies
    detach(wire, 0, 0)
    detach(wire, 0, 0)
    assert list(run(wire, 10 * MS)["id"]) == [0x100, 0x101, 0x103]
    assert offer(wire, frame(0x100), 10 * MS) == SENDER_OFF
    with pytest.raises(ValueError, match="nodes 0 to 7"):
        attach(wire, 0, 8)


def test_delay_and_duplicate() -> None:
    wire = pair()
    add_fault(wire, 0, 0x100, DELAY, 0, delay_ns=5 * MS)
    add_fault(wire, 0, 0x200, DUPLICATE, 0, argument=2)
    for frame_id in (0x100, 0x200, 0x300, 0x200):
        offer(wire, frame(frame_id), 0)
    got = run(wire, 20 * MS)
    assert list(got["id"]) == [0x200, 0x200, 0x200, 0x300, 0x100]
    assert got["t_ns"][4] == 5 * MS + (bits_of(0x100, bytes(8)) - 3) * BIT_NS


def test_a_babbling_node_takes_all_that_its_identifier_wins() -> None:
    wire = pair()
    add_fault(wire, 0, 0x010, BABBLE, 2 * MS, 6 * MS, argument=8)
    for n in range(10):
        offer(wire, frame(0x005 if n % 2 else 0x300), n * MS)
    got = run(wire, 40 * MS)
    babbled = got[got["id"] == 0x010]
    bits = bits_of(0x010, bytes(8))
    assert 4 * MS // (bits * BIT_NS) - 3 <= len(babbled) <= 4 * MS // (bits * BIT_NS) + 1
    assert set(babbled["sender"]) == {7}
    inside = got[(got["t_ns"] > 2.5 * MS) & (got["t_ns"] < 6 * MS)]
    assert 0x300 not in inside["id"] and 0x005 in inside["id"]
    assert sorted(got["id"][got["id"] != 0x010]) == [0x005] * 5 + [0x300] * 5


def test_a_share_of_frames_is_drawn_from_the_seed() -> None:
    def dropped(seed: int) -> list[int]:
        wire = pair()
        add_fault(wire, 0, 0x100, DROP, 0, share=0.25, seed=seed)
        for n in range(200):
            offer(wire, frame(0x100, bytes([n])), n * MS)
        return sorted(set(range(200)) - set(run(wire, 300 * MS, room=200)["data"][:, 0].tolist()))

    assert dropped(1) == dropped(1) != dropped(2)
    assert 30 <= len(dropped(1)) <= 70


def test_fd_frames_take_both_rates_and_remote_frames_lose_to_data() -> None:
    wire = make_wire([500_000], data_bitrate=2_000_000, members=PAIR)
    offer(wire, frame(0x555, b"\x55" * 64, flags=FRAME_FD | FRAME_BRS), 0)
    (got,) = run(wire, MS)
    assert got["t_ns"] == (29 - 3) * BIT_NS + 550 * 500
    assert (got["length"], got["flags"]) == (64, FRAME_FD | FRAME_BRS)
    for identity, flags in ((0x100, FRAME_REMOTE), (0x100, 0), (EXTENDED | 0x100 << 18, 0)):
        offer(wire, frame(identity, flags=flags), MS)
    assert [(int(g["id"]), int(g["flags"])) for g in run(wire, 5 * MS)] == [
        (0x100, 0), (0x100, FRAME_REMOTE), (EXTENDED | 0x100 << 18, 0)]  # fmt: skip
    assert offer(wire, frame(0x100, bytes(9)), 0) == NOT_SENDABLE
    assert offer(wire, frame(0x100, sender=8), 0) == NOT_SENDABLE


def test_a_node_may_send_in_the_order_of_offering() -> None:
    wire = make_wire([500_000], members=PAIR)
    attach(wire, 0, 0, fifo=True)
    for frame_id, sender in ((0x300, 0), (0x100, 0), (0x200, 1)):
        offer(wire, frame(frame_id, sender=sender), 0)
    assert list(run(wire, 5 * MS)["id"]) == [0x200, 0x300, 0x100]


def test_a_report_tells_counters_state_and_the_load_of_the_last_window() -> None:
    wire = pair()
    for n in range(100):
        offer(wire, frame(0x0C0, sender=n % 2), n * MS)
    run(wire, 100 * MS, room=200)
    assert roll_load(wire.buses[0], 100 * MS) and not roll_load(wire.buses[0], 101 * MS)
    told = np.zeros(1, WIRE_STATE)
    report(wire.buses[0], wire.nodes[0], 101 * MS, told[0])
    assert told["load_permille"][0] == pytest.approx(250, abs=1)  # 125 bits of 2 us in each ms
    assert (told["t_ns"][0], told["state"][0], told["lost"][0]) == (101 * MS, WIRE_ACTIVE, 0)
