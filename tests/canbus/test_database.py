"""What the gate in front of the parser lets through, refuses and tells."""

import math
import time
from pathlib import Path

import pytest

from bench.base.channel import Channel
from bench.base.errors import InputError
from bench.base.units import Unit
from bench.canbus.database import Database
from bench.canbus.protection import DataIdMode
from bench.canbus.tables import build_tables

DBC = Path(__file__).parents[2] / "dbc"
GOOD_MESSAGE = 'BO_ 1 Good: 8 A\n SG_ S : 0|8@1+ (1,0) [0|200] "V" A\n'
P01 = 'BA_DEF_ BO_ "E2EProfile" ENUM "None","P01","P99";\nBA_DEF_DEF_ "E2EProfile" "None";\n'


def dbc(body: str) -> str:
    return f'VERSION ""\nBU_: A\n{GOOD_MESSAGE}{body}\n'


@pytest.mark.parametrize("name", ["edu_gen5.dbc", "bench_io.dbc"])
def test_our_own_files_have_no_findings_and_name_real_channels(name: str) -> None:
    database = Database.load(DBC / name)
    assert database.findings == ()
    for message in database.messages:
        assert message.period_ms > 0 and message.comment
        assert message.protection or message.name in ("EDU_IDENT", "VCU_NM")
        for signal in message.signals:
            assert math.isfinite(signal.low) and math.isfinite(signal.high) and signal.comment
            if signal.channel:
                Channel(signal.channel, Unit(signal.unit))
    channels = [s.channel for m in database.messages for s in m.signals if s.channel]
    assert len(set(channels)) == len(channels) >= 20
    ids = [m.protection.data_id for m in database.messages if m.protection]
    assert len(set(ids)) == len(ids)


def test_not_available_lies_outside_of_the_range() -> None:
    for name in ("edu_gen5.dbc", "bench_io.dbc"):
        told = [s for m in Database.load(DBC / name).messages for s in m.signals if "SNA" in s.choices.values()]
        assert told
        for signal in told:
            (raw,) = (value for value, text in signal.choices.items() if text == "SNA")
            assert not signal.low <= raw * signal.scale + signal.offset <= signal.high


def test_attributes() -> None:
    message = Database.load(DBC / "edu_gen5.dbc").message("VCU_TORQUE_CMD")
    assert (message.id, message.period_ms, message.length, message.senders) == (0x0C0, 10, 8, ("BENCH",))
    assert message.protection is not None
    assert (message.protection.data_id, message.protection.mode) == (0x10C0, DataIdMode.BOTH)
    assert message.signal("TorqueRequest").channel == "dut.torque_cmd"
    with pytest.raises(KeyError, match="TorqueRequest"):
        message.signal("Torque")


MUX = 'BO_ 2 Bad: 8 A\n SG_ P m0M : 0|1@1+ (1,0) [0|0] "" A\n SG_ Q m0M : 1|1@1+ (1,0) [0|0] "" A\n'

BROKEN = [
    ('BO_ 2 Bad: 8 A\n SG_ S : 60|8@1+ (1,0) [0|0] "" A', "signal S outside of its 8 bytes"),
    ('BO_ 2 Bad: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" A\n SG_ T : 7|8@1+ (1,0) [0|0] "" A', "T on bits of another"),
    ('BO_ 2 Bad: 8 A\n SG_ S : 0|8@1+ (0,0) [0|0] "" A', "factor 0"),
    ('BO_ 2 Bad: 8 A\n SG_ S : 0|8@1+ (1e400,0) [0|0] "" A', "factor inf"),
    ('BO_ 2 Bad: 8 A\n SG_ S : 0|8@1+ (1,0) [5|-5] "" A', "minimum 5.0 above maximum"),
    ("BO_ 2 Bad: 65535 A", "has 65535 bytes; CAN FD carries at most 64"),
    ("BO_ 2 Bad: -1 A", "has -1 bytes"),
    ("BO_ 2048 Bad: 8 A", "has the id 2048; standard ids end at 2047"),
    ("BO_ 3758096384 Bad: 8 A", "extended ones have 29 bits"),
    ('BO_ 2 Bad: 8 A SG_ S : 0|1000000000@1+ (1,0) [0|0] "" A', "S at bit 0 with 1000000000 bits, which fits no"),
    ('BO_ 2 Bad: 8 A\n SG_ S mx : 0|8@1+ (1,0) [0|0] "" A', "the multiplexer mark mx; known are M, m0 and m0M"),
    ('BO_ 2 Bad: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" A\n SG_ S : 8|8@1+ (1,0) [0|0] "" A', "two signals of one name"),
    (MUX + "SG_MUL_VAL_ 2 P Q 0-1;\nSG_MUL_VAL_ 2 Q P 0-1;", "selected by itself"),
    (MUX + "SG_MUL_VAL_ 2 P Q 3-1;", "P that no value of Q selects"),
    (MUX + "SG_MUL_VAL_ 2 P Z 0-1;", "P selected by itself"),
    ("BO_ 2 Bad: 8 A\n SG_ S : 0|8@1+ (1,0", "1 signals in the file, 0 can be read"),
    ("BO_ 2 Bad", "cannot be read; is the file cut off?"),
    ('BO_ 1 Bad: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" A', "name or id of Good"),
    ('BO_ 2 Bad: 8 A\n SG_ S : 0|8@1- (1,0) [0|0] "" A\nSIG_VALTYPE_ 2 S : 1;', "floats 16, 32 or 64"),
    (
        'BO_ 2 Bad: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" A\n' + P01 + 'BA_ "E2EProfile" BO_ 2 1;',
        "counter in the low nibble",
    ),
    (
        'BO_ 2 Bad: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" A\n' + P01 + 'BA_ "E2EProfile" BO_ 2 2;',
        "known are None, P01, P02",
    ),
]


@pytest.mark.parametrize(("body", "reason"), BROKEN)
def test_a_message_that_cannot_be_used_is_a_finding_with_its_line(body: str, reason: str) -> None:
    database = Database.from_text(dbc(body), "x.dbc")
    assert [m.name for m in database.messages] == ["Good"]
    (finding,) = database.findings
    assert finding.startswith("x.dbc:") and "message Bad" in finding and reason in finding
    with pytest.raises(InputError, match="no usable message 'Bad'"):
        database.message("Bad")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no usable DBC"),
        ("nonsense", "no usable DBC"),
        (dbc('CM_ "cut'), "x.dbc:5:1: text without an end"),
        (dbc('BA_DEF_ BO_ "Z" INT 0 1e9999;'), "x.dbc:5:1: number 1e9999 with an exponent"),
        (dbc("BO_ 2 Bad 8 A"), "no usable DBC"),
        (dbc("")[:40], "no usable message"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_at_once(text: str, reason: str) -> None:
    begin_s = time.process_time()
    with pytest.raises(InputError) as caught:
        Database.from_text(text, "x.dbc")
    assert reason in str(caught.value)
    assert time.process_time() - begin_s < 2.0


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Database.load(tmp_path / "missing.dbc")


def test_old_files_in_cp1252_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.dbc"
    path.write_bytes(dbc('BO_ 2 T: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "°C" A').encode("cp1252"))
    assert Database.load(path).message("T").signals[0].unit == "°C"


def test_a_comment_that_looks_like_a_message_is_a_comment() -> None:
    database = Database.from_text(dbc('CM_ BO_ 1 "first\nBO_ 9 Nine: 900 A\n SG_ no signal";'), "x.dbc")
    assert database.findings == ()


def test_one_message_twice_on_a_bus_is_refused() -> None:
    database = Database.from_text(dbc(""), "x.dbc")
    assert len(build_tables([(database, 0, "Good"), (database, 1, "Good")], lambda *_: -1).messages) == 2
    with pytest.raises(InputError, match="same id on bus 0"):
        build_tables([(database, 0, "Good"), (database, 0, "Good")], lambda *_: -1)


def test_what_the_core_cannot_take_in_is_refused_where_it_is_bound() -> None:
    database = Database.from_text(dbc('BO_ 2 Long: 12 A\n SG_ Serial : 0|96@1+ (1,0) [0|0] "" A'), "x.dbc")
    assert len(build_tables([(database, 0, "Long")], lambda *_: -1).signals) == 0
    with pytest.raises(InputError, match=r"x\.dbc: signal Serial has 96 bits"):
        build_tables([(database, 0, "Long")], lambda *_: 0)


REPAIRED = [
    ('VAL_ 1 T 0 "off" ;', "VAL_ for signal T of message 1, which is not in the file"),
    ('VAL_ 77 S 0 "off" ;', "VAL_ for signal S of message 77"),
    ("SIG_VALTYPE_ 1 T : 1;", "SIG_VALTYPE_ for signal T"),
    ("SG_MUL_VAL_ 77 S M 0-1;", "SG_MUL_VAL_ for message 77"),
    ('BA_ "Nowhere" BO_ 1 5;', 'attribute "Nowhere" is nowhere defined'),
    (f'CM_ BO_ 1 "{"x" * 20_000}";', "a text of 20002 characters is cut to 10000"),
]


@pytest.mark.parametrize(("body", "told"), REPAIRED, ids=[told[:20] for _, told in REPAIRED])
def test_what_the_parser_would_refuse_is_taken_out_and_told(body: str, told: str) -> None:
    database = Database.from_text(dbc(body), "x.dbc")
    assert database.message("Good").signals[0].name == "S"
    (finding,) = database.findings
    assert finding.startswith(f"x.dbc:5: {told}")


def test_signals_of_no_message_are_left_out() -> None:
    lost = 'BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 A\n SG_ Lost : 0|8@1+ (1,0) [0|0] "" A\n'
    database = Database.from_text(dbc(lost + 'VAL_ 3221225472 Lost 1 "x" ;'), "x.dbc")
    assert [message.name for message in database.messages] == ["Good"] and database.findings == ()


def test_long_names_are_the_names() -> None:
    text = dbc(
        'BO_ 2 Mux: 8 A\n SG_ M M : 0|8@1+ (1,0) [0|0] "" A\n SG_ X m0 : 8|8@1+ (1,0) [0|0] "" A\n'
        'BA_DEF_ SG_ "SystemSignalLongSymbol" STRING;\nBA_DEF_DEF_ "SystemSignalLongSymbol" "";\n'
        'BA_ "SystemSignalLongSymbol" SG_ 2 M "The_long_name_of_the_multiplexer";'
    )
    database = Database.from_text(text, "x.dbc")
    assert database.findings == ()
    assert database.decode(2, bytes(8)) == {"The_long_name_of_the_multiplexer": 0, "X": 0}
