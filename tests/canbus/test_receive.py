"""What the receiver of a protected message says about length, CRC and counter, and what it remembers."""

from pathlib import Path

import numpy as np
from core_codec import encode

from bench.base.quality import GOOD, WRONG
from bench.base.records import IMAGE
from bench.canbus.codec import BAD_COUNTER, BAD_CRC, BAD_LENGTH, FRAME_OK, NOT_VALID, receive
from bench.canbus.database import Database
from bench.canbus.e2e import write_header
from bench.canbus.e2e_receiver import State
from bench.canbus.tables import build_tables, make_rx_state

DATABASE = Database.load(Path(__file__).parents[2] / "dbc" / "edu_gen5.dbc")


class Receiver:
    """EDU_STATUS with its image and its memory."""

    def __init__(self) -> None:
        names = ["State", "TorqueEst", "Speed"]
        self.tables = build_tables([(DATABASE, 0, "EDU_STATUS")], lambda _, s: names.index(s))
        self.memory, self.image, self.t_ns = make_rx_state(self.tables), np.zeros(3, IMAGE), 0

    def take(self, counter: int, speed_rpm: float = 0.0, length: int = 8, spoil: int = 0) -> int:
        """One frame every 10 ms."""
        self.t_ns += 10_000_000
        data = np.zeros(64, np.uint8)
        data[:8] = np.frombuffer(encode(DATABASE, "EDU_STATUS", {"Speed": speed_rpm}), np.uint8)
        write_header(self.tables.protections[0], data, counter)  # which would also send a 15
        data[spoil // 8] ^= 1 << spoil % 8 if spoil else 0
        return int(receive(self.tables, self.memory, self.image, 0, data, length, self.t_ns, self.t_ns))

    @property
    def speed(self) -> tuple[float, int]:
        return float(self.image["value"][2]), int(self.image["quality"][2])


def trusting(speed_rpm: float = 0.0) -> Receiver:
    """A receiver that has heard the counters 13 and 14 and trusts the sender."""
    receiver = Receiver()
    assert [receiver.take(n, speed_rpm) for n in (13, 14)] == [NOT_VALID, FRAME_OK]
    return receiver


def test_any_counter_may_come_first_and_the_second_frame_in_order_is_taken_in() -> None:
    receiver = Receiver()
    assert receiver.memory["state"][0] == State.NO_DATA
    assert (receiver.take(9, 500.0), receiver.memory["state"][0]) == (NOT_VALID, State.INIT)
    assert receiver.speed == (0.0, WRONG)
    assert (receiver.take(10, 500.0), receiver.memory["state"][0]) == (FRAME_OK, State.VALID)
    assert receiver.speed == (500.0, GOOD)
    assert (receiver.memory["not_valid"][0], receiver.memory["history"][0]) == (1, 0)


def test_counters_in_order_and_with_small_gaps_are_good() -> None:
    receiver = trusting()
    assert [receiver.take(n) for n in (0, 1, 3, 6)] == [FRAME_OK] * 4
    assert (receiver.memory["ok"][0], receiver.memory["history"][0]) == (5, 0)


def test_a_jump_is_bad_once_and_then_followed() -> None:
    receiver = trusting()
    assert [receiver.take(n) for n in (0, 4, 5, 6)] == [FRAME_OK, BAD_COUNTER, FRAME_OK, FRAME_OK]


def test_a_frozen_counter_is_counted_in_a_row() -> None:
    receiver = trusting()
    receiver.take(3)
    assert [receiver.take(5, 100.0 * n) for n in range(4)] == [FRAME_OK, BAD_COUNTER, BAD_COUNTER, BAD_COUNTER]
    assert receiver.memory["repeats"][0] == 3
    assert receiver.speed == (0.0, WRONG)
    assert receiver.take(6, 500.0) == FRAME_OK
    assert receiver.memory["repeats"][0] == 0
    assert receiver.speed == (500.0, GOOD)


def test_counter_fifteen_never_counts() -> None:
    receiver = trusting()
    assert receiver.take(15) == BAD_COUNTER
    assert receiver.take(0) == FRAME_OK


def test_a_wrong_crc_changes_no_value_and_no_counter() -> None:
    receiver = trusting(1000.0)
    assert receiver.take(0, 2000.0, spoil=40) == BAD_CRC
    assert receiver.speed == (1000.0, WRONG)
    assert receiver.image["t_ns"][2] == 20_000_000
    assert (receiver.memory["counter"][0], receiver.memory["bad_crc"][0]) == (14, 1)
    assert (receiver.memory["good_ns"][0], receiver.memory["arrived_ns"][0]) == (20_000_000, 30_000_000)


def test_shorter_and_longer_frames_are_refused_and_cost_trust() -> None:
    receiver = trusting()
    assert [receiver.take(0, length=n) for n in (0, 4, 7, 9, 64)] == [BAD_LENGTH] * 5
    assert (receiver.memory["bad_length"][0], receiver.memory["state"][0]) == (5, State.INVALID)
    assert [receiver.take(n) for n in range(4)] == [NOT_VALID, NOT_VALID, FRAME_OK, FRAME_OK]


def test_the_third_error_of_ten_costs_trust_until_three_cycles_are_clean() -> None:
    receiver = trusting()
    spoilt = [receiver.take(n, spoil=40 if n in (0, 3, 6) else 0) for n in range(7)]
    assert spoilt == [BAD_CRC, FRAME_OK, FRAME_OK, BAD_CRC, FRAME_OK, FRAME_OK, BAD_CRC]
    assert receiver.memory["state"][0] == State.INVALID
    assert [receiver.take(n, 500.0) for n in (7, 8)] == [NOT_VALID] * 2
    assert receiver.speed == (0.0, WRONG)
    assert receiver.take(9, 500.0) == FRAME_OK
    assert receiver.speed == (500.0, GOOD)
    assert f"{receiver.memory['history'][0]:010b}" == "1001001000"  # the rule of F-05 still sees all three


def test_ten_cycles_of_silence_cost_trust() -> None:
    receiver = trusting()
    receiver.t_ns += 95_000_000  # the next frame comes after 105 ms: nine cycles are missed
    assert receiver.take(0) == FRAME_OK
    receiver.t_ns += 110_000_000
    assert [receiver.take(n) for n in (1, 2, 3)] == [NOT_VALID, FRAME_OK, FRAME_OK]


def test_the_history_holds_the_last_ten() -> None:
    receiver = Receiver()
    for n in range(30):
        receiver.take(n % 15, spoil=40 if n % 4 == 0 else 0)
    assert f"{receiver.memory['history'][0]:010b}" == "".join("1" if n % 4 == 0 else "0" for n in range(20, 30))


def test_every_changed_bit_is_noticed() -> None:
    receiver = trusting()
    assert {receiver.take(0, spoil=bit) for bit in range(1, 64)} == {BAD_CRC}
