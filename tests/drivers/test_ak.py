"""AK telegrams as the public manuals give them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import ak
from drivers.grammar import GrammarError


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


@pytest.mark.parametrize(
    "reply", [b"\x02 ???? 0\x03", b"\x02 AKEN 0\x03", b" AKON 0\x03", b"\x02 AKON 0", b"\x02 AKON\x03", b""]
)
def test_unknown_functions_other_answers_and_torn_telegrams_are_refused(reply: bytes) -> None:
    with pytest.raises(GrammarError):
        ak.parse(reply, b"AKON")


@given(st.binary(max_size=40))
def test_no_bytes_make_it_fail_otherwise(reply: bytes) -> None:
    try:
        answer = ak.parse(reply, b"AKON")
    except GrammarError:
        return
    assert 0 <= answer.error <= 9
