"""The compiled codec against cantools: our databases and generated ones, over random payloads."""

import math
import struct
from dataclasses import replace
from pathlib import Path
from random import Random

import cantools
import numpy as np
import pytest
from core_codec import decode, encode
from generated_dbc import generated

from bench.base.errors import InputError
from bench.base.quality import GOOD, NOT_A_NUMBER, WRONG
from bench.base.records import FRAME, IMAGE
from bench.canbus.codec import BAD_RANGE, FRAME_OK, NOT_VALID, lookup, receive, transmit
from bench.canbus.database import EXTENDED, Database, Message, Signal
from bench.canbus.tables import build_tables, make_rx_state, make_tx_state

DBC = Path(__file__).parents[2] / "dbc"
GROUPS = Path(__file__).parent / "data" / "own" / "groups.dbc"
OURS = ["edu_gen5.dbc", "bench_io.dbc"]


def ours_and_generated() -> list[tuple[str, str]]:
    return [(name, (DBC / name).read_text()) for name in OURS] + [(f"seed {n}", generated(n)) for n in range(12)]


def same(mine: float, theirs: float) -> bool:
    return math.isclose(mine, theirs, rel_tol=1e-12, abs_tol=1e-9) or (math.isnan(mine) and math.isnan(theirs))


@pytest.mark.parametrize(("name", "text"), ours_and_generated(), ids=lambda text: text if len(text) < 20 else "")
def test_decoding_agrees_with_cantools(name: str, text: str) -> None:
    database, oracle = Database.from_text(text, name), cantools.database.load_string(text, "dbc")
    random = np.random.default_rng(7)
    assert {m.name for m in database.messages} == {m.name for m in oracle.messages}
    for message in database.messages:
        for _ in range(20):
            payload = random.bytes(message.length)
            theirs = oracle.decode_message(message.name, payload, decode_choices=False)
            mine = decode(database, message.id, payload)
            assert mine.keys() == theirs.keys()
            assert all(same(mine[key], float(theirs[key])) for key in mine), (message.name, payload.hex(), mine, theirs)


def random_value(random: np.random.Generator, signal: Signal) -> float:
    """A value of the signal's grid, or any float of its width."""
    if signal.is_float:
        value = float(random.normal()) * 10.0 ** float(random.integers(-3, 6))
        return value if signal.length == 64 else struct.unpack("f", struct.pack("f", value))[0]
    bits = min(signal.length, 52)  # a float64 holds no more
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signal.signed else (0, (1 << bits) - 1)
    if math.isfinite(signal.low):
        edges = sorted(((signal.low - signal.offset) / signal.scale, (signal.high - signal.offset) / signal.scale))
        low, high = max(low, math.ceil(edges[0] - 1e-6)), min(high, math.floor(edges[1] + 1e-6))
    return int(random.integers(low, high, endpoint=True)) * signal.scale + signal.offset


@pytest.mark.parametrize(("name", "text"), ours_and_generated(), ids=lambda text: text if len(text) < 20 else "")
def test_encoding_agrees_with_cantools(name: str, text: str) -> None:
    database, oracle = Database.from_text(text, name), cantools.database.load_string(text, "dbc")
    random = np.random.default_rng(8)
    for message in database.messages:
        for _ in range(20):
            values = {signal.name: random_value(random, signal) for signal in message.signals}
            mine = encode(database, message.name, values)
            theirs = oracle.encode_message(message.name, values, strict=False)
            header = 1 if message.protection else 0  # the CRC is ours
            assert mine[header:] == theirs[header:], (message.name, values)


def bound(message: str) -> tuple[Message, object, dict[str, int], np.ndarray]:
    """One message of edu_gen5 with all signals bound; its tables, places and an image."""
    database = Database.load(DBC / "edu_gen5.dbc")
    places: dict[str, int] = {}
    tables = build_tables([(database, 0, message)], lambda _, signal: places.setdefault(signal, len(places)))
    return database.message(message), tables, places, np.zeros(len(places), IMAGE)


def test_lookup_finds_by_bus_and_id_only_what_is_there() -> None:
    text = "\n".join(
        ['VERSION ""', "BU_: A"] + [f'BO_ {n * 3} M{n}: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" A' for n in range(400)]
    )
    text += f'\nBO_ {EXTENDED | 3} X: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" A\n'
    database = Database.from_text(text, "many")
    tables = build_tables([(database, n % 2, m.name) for n, m in enumerate(database.messages)], lambda *_: 0)
    for n, message in enumerate(database.messages):
        assert lookup(tables, n % 2, message.id) == n
        assert lookup(tables, 1 - n % 2, message.id) == -1
    assert lookup(tables, 0, 1) == lookup(tables, 0, EXTENDED | 6) == -1


@pytest.mark.parametrize("left_out", [None, "TWO_0", "EEC1"])
def test_lookup_finds_parameter_groups_as_the_database_does(left_out: str | None) -> None:
    database = Database.load(GROUPS)
    names = [message.name for message in database.messages if message.name != left_out]
    tables, random, found = build_tables([(database, 1, name) for name in names], lambda *_: 0), Random(3), set()
    for _ in range(3000):
        group = cantools.j1939.frame_id_unpack(random.choice(database.messages).id & ~EXTENDED)
        turned = {"priority": random.randrange(8), "source_address": random.choice((0, 1, 2, 0xFE, 0xFF))}
        if group.pdu_format < 0xF0:
            turned["pdu_specific"] = random.randrange(256)
        frame_id = EXTENDED | cantools.j1939.frame_id_pack(*group._replace(**turned))
        try:
            expected = database.by_id(frame_id).name
        except KeyError:
            expected = None  # two sources of one group, and this is neither
        index = lookup(tables, 1, frame_id)
        assert (names[index] if index >= 0 else None) == (expected if expected in names else None), hex(frame_id)
        assert lookup(tables, 0, frame_id) == lookup(tables, 1, frame_id & 0x7FF) == -1
        found.add(expected)
    assert found == {None, "EEC1", "TSC1", "TWO_0", "TWO_1"}


def test_a_parameter_group_that_we_send_is_not_ours_when_another_address_sends_it() -> None:
    database = Database.load(GROUPS)
    entries, mine = [(database, 0, "EEC1"), (database, 0, "TSC1")], database.message("EEC1").id
    others = mine & ~0xFF | 0x17
    assert lookup(build_tables(entries, lambda *_: -1), 0, others) == 0
    ours = build_tables(entries, lambda *_: -1, own_node="ECU")
    assert (lookup(ours, 0, mine), lookup(ours, 0, others)) == (0, -1)


def test_one_parameter_group_of_two_databases_on_a_bus_is_refused() -> None:
    first = Database.load(GROUPS)
    other = [replace(m, name="OTHER", id=m.id - 1) for m in first.messages if m.name == "EEC1"]
    with pytest.raises(InputError, match="OTHER and EEC1 have the same parameter group on bus 0"):
        build_tables([(first, 0, "EEC1"), (Database("other", other, ()), 0, "OTHER")], lambda *_: -1)


def test_a_frame_written_by_one_side_is_read_by_the_other() -> None:
    _, tables, places, image = bound("EDU_DC")
    for signal, value in {"DcVoltage": 399.98, "DcCurrent": -123.45, "FieldCurrent": 7.5}.items():
        image[places[signal]]["value"] = value
    frame, there = np.zeros(1, FRAME), np.zeros(len(image), IMAGE)
    tx, rx = make_tx_state(tables), make_rx_state(tables)
    for n in range(40):
        assert transmit(tables, tx, image, 0, frame[0]) == 0
        assert (frame["id"][0], frame["bus"][0], frame["length"][0], frame["data"][0, 1]) == (0x130, 0, 8, n % 15)
        taken = receive(tables, rx, there, 0, frame["data"][0], 8, n, n + 5)
        assert taken == (FRAME_OK if n else NOT_VALID)  # the receiver trusts from the second frame on
    assert np.allclose(there["value"], image["value"], rtol=0, atol=1e-9)
    assert set(there["t_ns"]) == {39} and set(there["arrived_ns"]) == {44} and set(there["quality"]) == {GOOD}
    assert (rx["ok"][0], rx["history"][0], tx["sent"][0]) == (39, 0, 40)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1600.1, -1600.1, 1e300])
def test_what_does_not_fit_is_not_sent(value: float) -> None:
    _, tables, places, image = bound("VCU_TORQUE_CMD")
    image[places["TorqueRequest"]]["value"] = value
    tx, frame = make_tx_state(tables), np.zeros(1, FRAME)
    assert transmit(tables, tx, image, 0, frame[0]) == 1
    assert (tx["counter"][0], tx["sent"][0], tx["refused"][0]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("value", "raw"), [(0.25, 0), (0.75, 2), (1.25, 2), (-0.25, 0), (-0.75, -2), (0.26, 1), (1000.3, 2001)]
)
def test_values_between_two_steps_of_half_an_rpm_go_to_the_nearest_or_even(value: float, raw: int) -> None:
    data = encode(Database.load(DBC / "edu_gen5.dbc"), "EDU_STATUS", {"Speed": value})
    assert struct.unpack_from("<h", data, 4)[0] == raw


def test_a_signal_not_available_is_wrong_and_the_others_are_good() -> None:
    _, tables, places, image = bound("EDU_DC")
    data = np.zeros(64, np.uint8)
    payload = encode(Database.load(DBC / "edu_gen5.dbc"), "EDU_DC", {"DcCurrent": 5.0})
    data[:8] = np.frombuffer(payload, np.uint8)
    unprotected = build_tables(
        [(Database.load(DBC / "edu_gen5.dbc"), 0, "EDU_DC")], lambda _, s: places.get(s, -1), protected=False
    )
    data[2:4] = 0xFF
    assert receive(unprotected, make_rx_state(tables), image, 0, data, 8, 1, 1) == BAD_RANGE
    assert image[places["DcVoltage"]]["quality"] == WRONG
    assert image[places["DcCurrent"]]["quality"] == GOOD
    assert image[places["DcCurrent"]]["value"] == pytest.approx(5.0)


def test_a_float_that_is_no_number_is_told_apart() -> None:
    text = 'VERSION ""\nBU_: A\nBO_ 1 M: 8 A\n SG_ F : 0|32@1- (1,0) [0|0] "" A\n'
    text += ' SG_ G : 39|32@0- (1,0) [-1|1] "" A\nSIG_VALTYPE_ 1 F : 1;\nSIG_VALTYPE_ 1 G : 1;\n'
    tables = build_tables([(Database.from_text(text, "f"), 0, "M")], lambda _, s: "FG".index(s))
    image, data = np.zeros(2, IMAGE), np.zeros(64, np.uint8)
    for f, g, qualities in [
        (math.nan, 0.5, (NOT_A_NUMBER, GOOD)),
        (1.0, math.inf, (GOOD, NOT_A_NUMBER)),
        (math.inf, 1.5, (NOT_A_NUMBER, WRONG)),
    ]:
        data[:8] = np.frombuffer(struct.pack("<f", f) + struct.pack(">f", g), np.uint8)
        assert receive(tables, make_rx_state(tables), image, 0, data, 8, 1, 1) == BAD_RANGE
        assert tuple(image["quality"]) == qualities


def test_unbound_signals_are_sent_with_their_initial_value() -> None:
    text = 'VERSION ""\nBU_: A\nBO_ 1 M: 8 A\n SG_ X : 7|12@0+ (1,0) [0|0] "" A\n SG_ Y : 16|8@1+ (1,0) [0|0] "" A\n'
    text += 'BA_DEF_ SG_ "GenSigStartValue" INT 0 100000;\nBA_DEF_DEF_ "GenSigStartValue" 0;\n'
    text += 'BA_ "GenSigStartValue" SG_ 1 X 2748;\n'
    tables = build_tables([(Database.from_text(text, "i"), 0, "M")], lambda _, s: 0 if s == "Y" else -1)
    image, frame = np.zeros(1, IMAGE), np.zeros(1, FRAME)
    image["value"] = 0x42
    assert transmit(tables, make_tx_state(tables), image, 0, frame[0]) == 0
    assert frame["data"][0, :8].tobytes().hex() == "abc0420000000000"
