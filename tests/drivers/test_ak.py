"""AK telegrams of both sides, as the public manuals give them, and the table of functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config.dyno import Mnemonics
from bench.emulators.instruments.ak_dyno import AkDynoEmulator
from drivers import ak
from drivers.command import UNVERIFIED, Command
from drivers.grammar import GrammarError

USES = {function.name for function in ak.FUNCTIONS}
CODES = st.from_regex(r"[SAE][A-Z0-9]{3}", fullmatch=True)
PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)


def test_commands() -> None:
    assert ak.telegram("SREM") == b"\x02 SREM K0\x03"
    assert ak.telegram("AKON") == b"\x02 AKON K0\x03"
    assert ak.telegram("SSPD", "1500.00") == b"\x02 SSPD K0 1500.00\x03"
    assert ak.telegram("ASTZ", channel="") == b"\x02 ASTZ\x03"


@pytest.mark.parametrize("code", ["srem", "REM", "XREM", "SREMX"])
def test_no_function_code(code: str) -> None:
    with pytest.raises(ValueError, match="no AK function code"):
        ak.telegram(code)


def test_replies() -> None:
    assert ak.parse(b"\x02 SREM 0\x03", b"SREM") == (0, ())
    assert ak.parse(b"\x02xAKON 3 12.5 # 1\x03\r", b"AKON") == (3, (b"12.5", b"#", b"1"))
    assert ak.parse(b"\x02 AKON 0 12.5\r\n8.0\x03", b"AKON") == (0, (b"12.5", b"8.0"))  # long data, CU-2 p.27


@pytest.mark.parametrize(
    "reply", [b"\x02 ???? 0\x03", b"\x02 AKEN 0\x03", b" AKON 0\x03", b"\x02 AKON 0", b"\x02 AKON\x03", b""]
)
def test_unknown_functions_other_answers_and_torn_telegrams_are_refused(reply: bytes) -> None:
    with pytest.raises(GrammarError):
        ak.parse(reply, b"AKON")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"\x02 SMAN 0 BS\x03", ("BS",)),  # Servomex SERVOPRO NOx p.167
        (b"\x02 ESYZ 0 SE\x03", ("SE",)),
        (b"\x02 SHLD 3 K1 DF\x03", ("DF",)),  # NGA p.1-17
        (b"\x02 SHLD 0 K0 OF K2 NA\x03", ("OF", "NA")),  # NGA p.1-13
        (b"\x02 SHLD 0\x03", ()),
        (b"\x02 ASTZ 0 SREM STBY\x03", ()),
        (b"\x02 AKON 0 SE 300.0\x03", ()),
    ],
)
def test_why_a_function_was_not_carried_out(reply: bytes, words: tuple[str, ...]) -> None:
    told = ak.parse(reply, reply[2:6]).refusal
    assert [part.partition(":")[0] for part in told.split(", ") if ":" in part] == list(words)


@given(CODES, st.sampled_from(["", "K0", "K12"]), st.lists(PRINTABLE, max_size=4), st.integers(0, 9))
def test_each_side_reads_what_the_other_writes(code: str, channel: str, fields: list[str], error: int) -> None:
    data = " ".join(fields)
    if not channel and fields and fields[0].startswith("K"):  # reads as a channel, as on a real wire
        return
    asked = ak.parse_command(ak.telegram(code, data, channel))
    assert (asked.code.decode(), asked.channel.decode(), asked.data.decode()) == (code, channel, data)
    answer = ak.parse(ak.acknowledge(asked.code, error, asked.data), asked.code)
    assert answer == (error, tuple(field.encode() for field in fields))


@given(st.binary(max_size=40))
def test_no_bytes_make_either_side_fail_otherwise(data: bytes) -> None:
    for read in (lambda: ak.parse(data, b"AKON"), lambda: ak.parse_command(data)):
        try:
            read()
        except GrammarError:
            continue


# --- the table --------------------------------------------------------------------------------------------------------


def test_driver_emulator_and_rig_file_know_the_lines_of_the_table_and_no_others() -> None:
    assert set(AkDynoEmulator.behaviour) == USES
    assert set(Mnemonics.model_fields) == USES
    assert len(ak.FUNCTIONS) == len(USES)


@pytest.mark.parametrize("function", ak.FUNCTIONS, ids=lambda function: function.name)
def test_every_line_is_whole(function: Command) -> None:
    assert function.purpose
    assert UNVERIFIED in function.source or " p." in function.source
    assert bool(function.reply) == (function.text[0] == "A")
    assert bool(function.range) == (function.unit in ("rpm", "ms"))


def test_a_makers_own_mnemonics() -> None:
    codes = ak.mnemonics({"set_speed": "EDRZ", "hold": None})
    assert (codes["set_speed"], codes["hold"], codes["identity"]) == ("EDRZ", "SHLD", "AKEN")


@pytest.mark.parametrize(
    ("renamed", "message"),
    [
        ({"setspeed": "EDRZ"}, "did you mean 'set_speed'"),
        ({"set_speed": "drz1"}, "no AK function code"),
        ({"set_speed": "SHLD"}, "would mean 'hold' and 'set_speed'|would mean 'set_speed' and 'hold'"),
    ],
)
def test_mnemonics_that_cannot_be(renamed: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ak.mnemonics(renamed)
