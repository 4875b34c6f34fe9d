"""Multiplexed messages in the core's codec: taken in and sent as cantools does it, page by page."""

from functools import cache
from pathlib import Path
from typing import Any

import cantools
import numpy as np
import pytest

from bench.base.errors import InputError
from bench.base.quality import GOOD, WRONG
from bench.base.records import FRAME, IMAGE
from bench.canbus import Database
from bench.canbus.codec import BAD_RANGE, FRAME_OK, receive, transmit
from bench.canbus.message import Message
from bench.canbus.tables import build_tables, make_rx_state, make_tx_state

PAGES = Path(__file__).parent / "data" / "own" / "pages.dbc"
DATABASE, ORACLE = Database.load(PAGES), cantools.database.load_file(PAGES)


@cache
def bound(name: str) -> tuple[Message, Any]:
    """All signals of a message, the channel is the place among them."""
    message = DATABASE.message(name)
    order = [signal.name for signal in message.signals]
    return message, build_tables([(DATABASE, 0, name)], lambda _, signal: order.index(signal))


@pytest.mark.parametrize("name", [message.name for message in DATABASE.messages])
def test_every_page_is_taken_in_and_sent_as_cantools_does_it(name: str) -> None:
    message, tables = bound(name)
    random, known = np.random.default_rng(4), 0
    for n in range(200):
        payload = bytes([n]) + random.bytes(message.length - 1)
        image, data = np.zeros(len(message.signals), IMAGE), np.zeros(64, np.uint8)
        data[: message.length] = np.frombuffer(payload, np.uint8)
        reason = receive(tables, make_rx_state(tables), image, 0, data, message.length, 7, n + 1)
        taken = {s.name: r["value"] for s, r in zip(message.signals, image, strict=True) if r["arrived_ns"] == n + 1}
        try:
            expected = ORACLE.decode_message(name, payload, decode_choices=False)
        except cantools.database.errors.DecodeError:
            assert reason == BAD_RANGE  # a page that the database does not have
            assert transmit(tables, make_tx_state(tables), image, 0, np.zeros(1, FRAME)[0]) == 1
            continue
        known += 1
        assert reason == FRAME_OK
        assert taken == expected and all(image["quality"][image["arrived_ns"] > 0] == GOOD)
        frame = np.zeros(1, FRAME)
        assert transmit(tables, make_tx_state(tables), image, 0, frame[0]) == 0
        assert frame["data"][0, : message.length].tobytes() == ORACLE.encode_message(name, expected)
    assert known > 1


def test_what_is_on_another_page_keeps_its_value_and_grows_old() -> None:
    message, tables = bound("PLAIN")
    image, rx = np.zeros(len(message.signals), IMAGE), make_rx_state(tables)
    places = {signal.name: place for place, signal in enumerate(message.signals)}
    for t_ns, values in [(1, {"Page": 0, "Zero": 12.5, "ZeroToo": -3}), (2, {"Page": 1, "One": 99})]:
        data = np.zeros(64, np.uint8)
        data[:8] = np.frombuffer(DATABASE.encode("PLAIN", {"Always": 0, **values}), np.uint8)
        assert receive(tables, rx, image, 0, data, 8, t_ns, t_ns) == FRAME_OK
    assert image["value"][places["Zero"]] == 12.5
    assert (image["arrived_ns"][places["Zero"]], image["arrived_ns"][places["One"]]) == (1, 2)


def test_a_page_that_the_database_does_not_have_makes_all_pages_wrong_until_they_come_again() -> None:
    message, tables = bound("PLAIN")
    image, rx = np.zeros(len(message.signals), IMAGE), make_rx_state(tables)

    def take(page: int, t_ns: int) -> dict[str, int]:
        data = np.zeros(64, np.uint8)
        data[:2] = page, t_ns
        receive(tables, rx, image, 0, data, 8, t_ns, t_ns)
        return {signal.name: int(quality) for signal, quality in zip(message.signals, image["quality"], strict=True)}

    take(1, 1)
    take(0, 2)
    assert take(2, 3) == {"Page": WRONG, "Always": GOOD, "Zero": WRONG, "ZeroToo": WRONG, "One": WRONG}
    assert image["arrived_ns"].tolist() == [3, 3, 2, 2, 1]
    assert take(0, 4) == {"Page": GOOD, "Always": GOOD, "Zero": GOOD, "ZeroToo": GOOD, "One": WRONG}
    assert (rx["ok"][0], rx["bad_range"][0]) == (3, 1)


def test_only_what_the_lost_multiplexer_selects_is_wrong() -> None:
    message, tables = bound("NESTED")
    image, data = np.zeros(len(message.signals), IMAGE), np.zeros(64, np.uint8)
    data[0] = 1 | 2 << 2 | 4 << 5  # Bottom, three bits with sign, is -4
    assert receive(tables, make_rx_state(tables), image, 0, data, 8, 1, 1) == BAD_RANGE
    wrong = {s.name for s, quality in zip(message.signals, image["quality"], strict=True) if quality == WRONG}
    assert wrong == {"Bottom", "Deep", "DeepToo"}


def test_a_value_on_another_page_is_not_asked_for() -> None:
    message, tables = bound("PLAIN")
    image = np.zeros(len(message.signals), IMAGE)
    places = {signal.name: place for place, signal in enumerate(message.signals)}
    image["value"][places["One"]] = np.nan
    frame, tx = np.zeros(1, FRAME), make_tx_state(tables)
    assert transmit(tables, tx, image, 0, frame[0]) == 0
    image["value"][places["Page"]] = 1
    assert transmit(tables, tx, image, 0, frame[0]) == 1


def test_an_unbound_multiplexer_is_read_all_the_same() -> None:
    message = DATABASE.message("NESTED")
    tables = build_tables([(DATABASE, 0, "NESTED")], lambda _, signal: 0 if signal == "Deep" else -1)
    image, data = np.zeros(1, IMAGE), np.zeros(64, np.uint8)
    values = {"Top": 1, "Middle": 2, "Bottom": 1, "Deep": 40.5, "Everywhere": 1}
    for deep, n in ((values, 1), ({**values, "Middle": 0, "Left": 5}, 2)):
        sent = {key: value for key, value in deep.items() if "Left" not in deep or key not in ("Bottom", "Deep")}
        data[:8] = np.frombuffer(DATABASE.encode(message.name, sent), np.uint8)
        receive(tables, make_rx_state(tables), image, 0, data, 8, n, n)
    assert (image["value"][0], image["arrived_ns"][0]) == (40.5, 1)


@pytest.mark.parametrize(
    ("selector", "more", "word"),
    [("8@1+ (2,0)", "", "multiplexer M must have factor 1"), ("8@1+ (1,0)", "start", "X is on a page and has a start")],
)
def test_what_the_core_cannot_handle_is_refused(selector: str, more: str, word: str) -> None:
    text = f'VERSION ""\nBU_: A\nBO_ 2 Mux: 8 A\n SG_ M M : 0|{selector} [0|0] "" A\n'
    text += ' SG_ X m0 : 8|8@1+ (1,0) [0|0] "" A\n'
    if more:
        text += 'BA_DEF_ SG_ "GenSigStartValue" INT 0 9;\nBA_DEF_DEF_ "GenSigStartValue" 0;\n'
        text += 'BA_ "GenSigStartValue" SG_ 2 X 5;\n'
    database = Database.from_text(text, "x.dbc")
    with pytest.raises(InputError, match=word):
        build_tables([(database, 0, "Mux")], lambda _, signal: -1 if more else 0)
