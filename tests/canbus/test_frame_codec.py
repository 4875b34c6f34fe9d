"""Frames to and from dictionaries, and whole logs to columns, against cantools: the same bits, the same types."""

import math
from functools import cache
from pathlib import Path
from typing import Any

import cantools
import numpy as np
import pytest
from generated_dbc import generated
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.base.errors import CodecError
from bench.canbus import Database
from bench.canbus.message import EXTENDED, Message

HERE = Path(__file__).parent
FILES = sorted([*(HERE / "data").glob("*/*.dbc"), *(HERE.parents[1] / "dbc").glob("*.dbc")])
PAGES, FD, GROUPS = (HERE / "data" / "own" / f"{name}.dbc" for name in ("pages", "fd", "groups"))
SEEDS = 8


@cache
def both(source: Path | int) -> tuple[Database, Any]:
    """A file or a generated database, as ours and as cantools'."""
    text = generated(source, pages=True) if isinstance(source, int) else source.read_text()
    database = Database.from_text(text, str(source))
    assert database.findings == ()
    return database, cantools.database.load_string(text, "dbc")


def theirs(oracle: Any, message: Message, data: bytes, **options: Any) -> dict[str, Any] | None:
    """What cantools decodes, ``None`` for a page that the database does not have."""
    try:
        found = oracle.get_message_by_name(message.name).decode(data, **{"decode_choices": False, **options})
    except cantools.database.errors.DecodeError:
        return None
    return {name: str(value) if options else value for name, value in found.items()}


def ours(database: Database, message: Message, data: bytes, **options: Any) -> dict[str, Any] | None:
    try:
        found = database.decode(message.id, data, **options)
    except CodecError:
        return None
    return {name: str(value) if options else value for name, value in found.items()}


def same(mine: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    """Equal in names, types and bits; one NaN is as good as another."""
    if mine is None or other is None:
        return mine is other
    return repr(sorted(mine.items())) == repr(sorted(other.items()))


SOURCES: list[Path | int] = [*FILES, *range(SEEDS)]


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.stem if isinstance(s, Path) else f"seed {s}")
@settings(max_examples=25, deadline=None, derandomize=True)
@given(bits=st.data())
def test_decode_and_encode_agree_with_cantools(source: Path | int, bits: st.DataObject) -> None:
    database, oracle = both(source)
    message = bits.draw(st.sampled_from(database.messages))
    data = bits.draw(st.binary(min_size=message.length, max_size=message.length))
    values, expected = ours(database, message, data), theirs(oracle, message, data)
    assert same(values, expected), (message.name, data.hex())
    assert same(ours(database, message, data, choices=True), theirs(oracle, message, data, decode_choices=True))
    cut = data[: bits.draw(st.integers(0, message.length))]
    assert same(ours(database, message, cut, truncated=True), theirs(oracle, message, cut, allow_truncated=True))
    if values is not None and all(math.isfinite(value) for value in values.values()):
        moved = {name: value + bits.draw(st.sampled_from([0, 0, 0.25, -0.3])) for name, value in values.items()}
        for asked in (values, moved):
            assert_encoded_alike(database, oracle, message, asked)


def assert_encoded_alike(database: Database, oracle: Any, message: Message, values: dict[str, Any]) -> None:
    """The same frame; where cantools refuses (it knows seven exceptions), ours refuses, too."""
    try:
        expected = oracle.encode_message(message.name, values)
    except Exception:
        with pytest.raises(CodecError):
            database.encode(message.name, values)
        return
    try:
        assert database.encode(message.name, values) == expected, (message.name, values)
    except CodecError:  # stricter in two points: a page must be a whole number, a float32 must stay finite
        selectors = [s.name for s in message.signals if s.is_selector]
        assert any(values[name] != int(values[name]) for name in selectors if name in values) or any(
            s.is_float and abs(values.get(s.name, 0.0)) > 6e4 for s in message.signals
        )


@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.stem if isinstance(s, Path) else f"seed {s}")
def test_a_log_has_what_each_of_its_frames_has(source: Path | int, truncated: bool) -> None:
    database, random = both(source)[0], np.random.default_rng(3)
    chosen = [database.messages[n] for n in random.integers(len(database.messages), size=150)]
    lengths = [m.wire_length if random.random() < 0.9 else int(random.integers(0, 65)) for m in chosen]
    frames = [random.bytes(length) for length in lengths]
    times = np.arange(150) * 1_000_000
    log = database.decode_log([m.id for m in chosen], frames, times, truncated=truncated)
    found: list[dict[str, Any]] = [{} for _ in frames]
    for message in log.values():
        for name, column in message.items():
            assert np.array_equal(column.t_ns, times[column.rows])
            for row, value in zip(column.rows, column.values.tolist(), strict=True):
                found[row][name] = value
    told = {int(row) for message in log.values() for row in (*message.wrong_length, *message.unknown_page)}
    for n, (message, data) in enumerate(zip(chosen, frames, strict=True)):
        expected = ours(database, message, data, **({"truncated": True} if truncated else {}))
        shown = {name: str(value) for name, value in found[n].items()} if truncated else found[n]
        assert same(shown, expected or {}), (message.name, data.hex())
        assert (n in told) == (expected is None)


def test_columns_are_integers_where_the_values_are_and_never_rounded() -> None:
    database, _ = both(FD)
    frames = [b"\xff" * 64, bytes(64)]
    log = database.decode_log([256, 256], np.array([list(f) for f in frames], np.uint8), [5, 6])["DRIVE_64"]
    kinds = {name: log[name].values.dtype.kind for name in ("Counter", "Torque", "AcrossNine", "Half", "Serial")}
    assert kinds == {"Counter": "i", "Torque": "f", "AcrossNine": "i", "Half": "f", "Serial": "O"}
    assert log["Serial"].values.tolist() == [2**96 - 1, 0]
    long = database.decode_log([EXTENDED | 1024], [b"\xff" * 24], [1])["LONG_INTEGERS"]
    assert long["Bits64"].values.tolist() == [2 * (2**64 - 1)]


def test_what_gives_no_value_is_told() -> None:
    database, _ = both(PAGES)
    frames = [b"\0" * 8, b"\7" + b"\0" * 7, b"\0" * 7, b"\0" * 9, b""]
    log = database.decode_log([100, 100, 100, 100, 0x555], frames, range(5))
    message = log["PLAIN"]
    assert (message.rows.tolist(), message.unknown_page.tolist(), message.wrong_length.tolist()) == ([0], [1], [2, 3])
    assert message["Zero"].rows.tolist() == [0] and len(message["One"].values) == 0
    assert log.unknown == {0x555: 1} and len(log.findings) == 3


@pytest.mark.parametrize("length", [0, 7, 9, 12, 64])
def test_a_wrong_length_is_refused(length: int) -> None:
    with pytest.raises(CodecError, match=f"PLAIN has 8 bytes, the frame has {length}"):
        both(PAGES)[0].decode(100, bytes(length))


def test_padding_of_a_long_frame_is_no_wrong_length() -> None:
    database, _ = both(FD)
    assert database.decode(257, bytes(12)) == database.decode(257, bytes(10))
    with pytest.raises(CodecError, match="has 10 bytes, the frame has 11"):
        database.decode(257, bytes(11))


@pytest.mark.parametrize(
    ("name", "change", "word"),
    [
        ("DRIVE_64", {"Torque": 5000.1}, "outside"),
        ("DRIVE_64", {"Torque": math.nan}, "no finite number"),
        ("DRIVE_64", {"Torque": -math.inf}, "no finite number"),
        ("DRIVE_64", {"Half": math.nan}, "no finite number"),
        ("DRIVE_64", {"Half": 70000.0}, "too large"),
        ("DRIVE_64", {"Torque": None}, "no finite number"),
        ("DRIVE_64", {"Torque": {}}, "no finite number"),
        ("DRIVE_64", {"Torque": 1j}, "no finite number"),
        ("DRIVE_64", {"Torque": "much"}, "none of its texts"),
        ("DRIVE_64", {"Counter": 10**400}, "outside|too large"),
        ("DRIVE_64", {"AcrossNine": 2**63}, "does not fit its 64 bits"),
        ("DRIVE_64", {"Serial": -1}, "does not fit its 96 bits"),
        ("DRIVE_64", {"Torqe": 1}, "DRIVE_64 has no signal Torqe"),
        ("NAMED", {"Page": 3}, "no page 3"),
        ("NAMED", {"Page": 0.6}, "selects no page"),
        ("NAMED", {"Page": "idle"}, "NAMED cannot carry all of Page, Data"),
        ("NAMED", {"Page": "later"}, "none of its texts"),
        ("NONE", {}, "no usable message"),
    ],
)
def test_what_cannot_be_sent_raises_one_error(name: str, change: dict[str, Any], word: str) -> None:
    database = both(FD if name == "DRIVE_64" else PAGES)[0]
    values = {"Page": 2, "Data": 7}
    if name == "DRIVE_64":
        values = {signal.name: 0 for signal in database.message(name).signals}
    if name != "NONE":
        database.encode(name, values)
    with pytest.raises(CodecError, match=word):
        database.encode(name, {**values, **change})


def test_a_missing_value_and_no_mapping_raise_the_same_error() -> None:
    database, _ = both(PAGES)
    with pytest.raises(CodecError, match="needs a value for 'Data'"):
        database.encode("NAMED", {"Page": 2})
    with pytest.raises(CodecError, match="must be a mapping"):
        database.encode("NAMED", [2, 7])  # type: ignore[arg-type]


def test_numbers_of_numpy_and_truth_are_numbers() -> None:
    database, _ = both(PAGES)
    plain = database.encode("NAMED", {"Page": 2, "Data": 7})
    for page, value in [(np.uint8(2), np.int64(7)), (2, np.float32(7.0)), (np.float64(2.0), 7)]:
        assert database.encode("NAMED", {"Page": page, "Data": value}) == plain
    assert database.encode("NAMED", {"Page": True}) == b"\1\0\0"


def test_extended_ids_and_parameter_groups() -> None:
    database, _ = both(GROUPS)
    assert database.by_id(0x18F00412).name == database.by_id(0x0CF004FE).name == "EEC1"
    assert database.by_id(EXTENDED | 0x0C000003).name == database.by_id(0x0400FF17).name == "TSC1"
    assert database.by_id(0x18FF1001).name == "TWO_1"
    with pytest.raises(CodecError, match="no message with the id"):
        database.decode(0x18FF1002, bytes(8))  # two messages of one group: which is open
    with pytest.raises(CodecError):
        database.decode(0x404, bytes(8))
    log = database.decode_log([0x18F00412, EXTENDED | 0x00F00400, 0x18FF1002, 4], [bytes(8)] * 4, range(4))
    assert log["EEC1"].rows.tolist() == [0, 1] and log.unknown == {0x18FF1002: 1, 4: 1}


@pytest.mark.parametrize(
    ("ids", "data", "t_ns", "word"),
    [
        ([1], [bytes(8)] * 2, [1, 2], "ids must be"),
        ([1.5], [bytes(8)], [1], "ids must be"),
        ([1], [bytes(8)], [[1]], "t_ns must be"),
        ([1], [bytes(65)], [1], "data must be uint8"),
        ([1], np.zeros((1, 8)), [1], "data must be uint8"),
        ([1], [1], [1], "data must be"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(ids: Any, data: Any, t_ns: Any, word: str) -> None:
    with pytest.raises(CodecError, match=word):
        both(PAGES)[0].decode_log(ids, data, t_ns)


def test_lengths_beyond_the_data_are_refused() -> None:
    with pytest.raises(CodecError, match="lengths must be 0 to 8"):
        both(PAGES)[0].decode_log([1], np.zeros((1, 8), np.uint8), [1], [9])


def test_an_empty_log_is_empty() -> None:
    log = both(PAGES)[0].decode_log([], [], [])
    assert len(log) == 0 and log.findings == ()


@pytest.mark.parametrize("data", [bytearray(8), memoryview(bytes(8)), np.zeros(8, np.uint8), [0] * 8])
def test_bytes_come_in_many_coats(data: Any) -> None:
    assert both(PAGES)[0].decode(100, data)["Zero"] == 0.0


@pytest.mark.parametrize("data", ["00000000", [300] * 8, np.zeros(8, np.int64), None])
def test_what_is_no_bytes_is_refused(data: Any) -> None:
    with pytest.raises(CodecError):
        both(PAGES)[0].decode(100, data)


def test_more_codings_than_are_kept_as_tables_decode_alike() -> None:
    lines = ['VERSION ""', "BU_: A"]
    for m in range(40):
        lines.append(f"BO_ {256 + m} MANY_{m}: 8 A")
        lines += [
            f' SG_ s{s} : {8 * s}|8@1{"+-"[s % 2]} ({0.001 * (8 * m + s + 1):.3f},-{s}) [0|0] "" A' for s in range(8)
        ]
    text, random = "\n".join([*lines, ""]), np.random.default_rng(4)
    database, oracle = Database.from_text(text, "many"), cantools.database.load_string(text, "dbc")
    for message in database.messages:
        for data in (random.bytes(8), bytes(8), b"\xff" * 8, b"\x80\x7f" * 4):
            assert same(ours(database, message, data), theirs(oracle, message, data)), (message.name, data.hex())
