"""What the receiver of a protected message says about length, CRC and counter, and what it remembers."""

from pathlib import Path

import numpy as np

from bench.base.quality import GOOD, WRONG
from bench.base.records import IMAGE
from bench.canbus.codec import BAD_COUNTER, BAD_CRC, BAD_LENGTH, FRAME_OK, receive
from bench.canbus.database import Database
from bench.canbus.e2e import DataIdMode, crc_starts, p01_write
from bench.canbus.plain import encode
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
        p01_write(data, 8, counter, *crc_starts(0x1110, DataIdMode.BOTH))  # which would also send a 15
        data[spoil // 8] ^= 1 << spoil % 8 if spoil else 0
        return int(receive(self.tables, self.memory, self.image, 0, data, length, self.t_ns, self.t_ns))

    @property
    def speed(self) -> tuple[float, int]:
        return float(self.image["value"][2]), int(self.image["quality"][2])


def test_any_counter_may_come_first() -> None:
    assert Receiver().take(9) == FRAME_OK


def test_counters_in_order_and_with_small_gaps_are_good() -> None:
    receiver = Receiver()
    assert [receiver.take(n) for n in (12, 13, 14, 0, 1, 3, 6)] == [FRAME_OK] * 7
    assert (receiver.memory["ok"][0], receiver.memory["history"][0]) == (7, 0)


def test_a_jump_is_bad_once_and_then_followed() -> None:
    receiver = Receiver()
    assert [receiver.take(n) for n in (0, 4, 5, 6)] == [FRAME_OK, BAD_COUNTER, FRAME_OK, FRAME_OK]


def test_a_frozen_counter_is_counted_in_a_row() -> None:
    receiver = Receiver()
    assert [receiver.take(5, 100.0 * n) for n in range(4)] == [FRAME_OK, BAD_COUNTER, BAD_COUNTER, BAD_COUNTER]
    assert receiver.memory["repeats"][0] == 3
    assert receiver.speed == (0.0, WRONG)
    assert receiver.take(6, 500.0) == FRAME_OK
    assert receiver.memory["repeats"][0] == 0
    assert receiver.speed == (500.0, GOOD)


def test_counter_fifteen_never_counts() -> None:
    receiver = Receiver()
    receiver.take(14)
    assert receiver.take(15) == BAD_COUNTER
    assert receiver.take(0) == FRAME_OK


def test_a_wrong_crc_changes_no_value_and_no_counter() -> None:
    receiver = Receiver()
    receiver.take(0, 1000.0)
    assert receiver.take(1, 2000.0, spoil=40) == BAD_CRC
    assert receiver.speed == (1000.0, WRONG)
    assert receiver.image["t_ns"][2] == 10_000_000
    assert (receiver.memory["counter"][0], receiver.memory["bad_crc"][0]) == (0, 1)
    assert (receiver.memory["good_ns"][0], receiver.memory["arrived_ns"][0]) == (10_000_000, 20_000_000)


def test_shorter_and_longer_frames_are_refused() -> None:
    receiver = Receiver()
    assert [receiver.take(0, length=n) for n in (0, 4, 7, 9, 64, 8)] == [BAD_LENGTH] * 5 + [FRAME_OK]
    assert receiver.memory["bad_length"][0] == 5


def test_the_history_holds_the_last_ten() -> None:
    receiver = Receiver()
    for n in range(30):
        receiver.take(n % 15, spoil=40 if n % 4 == 0 else 0)
    assert f"{receiver.memory['history'][0]:010b}" == "".join("1" if n % 4 == 0 else "0" for n in range(20, 30))


def test_every_changed_bit_is_noticed() -> None:
    receiver = Receiver()
    receiver.take(0)
    assert {receiver.take(1, spoil=bit) for bit in range(1, 64)} == {BAD_CRC}
