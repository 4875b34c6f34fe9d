"""The section 'diagnostics' of a DUT file: what it takes, and what a wrong one is told."""

import pytest

from bench.base.errors import InputError
from bench.config.diagnostics import Diagnostics, Identification
from bench.config.located import load

GOOD = """\
request: 0x7E0
response: 0x7E8
identity:
  serial: {did: 0xF18C, expected: "4711"}
  calibration: {did: 0xF1A0, form: hex, expected: 5EEDC0DE}
trouble_codes:
  U0100-87: no command
"""


def read(*swap: str) -> Diagnostics:
    text = GOOD.replace(*swap) if swap else GOOD
    assert not swap or text != GOOD
    return load(text, Diagnostics, "dut.yaml")


def test_a_good_section():
    made = read()
    assert made.ids == (0x7E0, 0x7E8) and made.expected == {"serial": "4711", "calibration": "5EEDC0DE"}
    wide = read("request: 0x7E0\nresponse: 0x7E8", "request: 0x18DA10F1\nresponse: 0x18DAF110\nextended_ids: true")
    assert wide.ids == (0x98DA10F1, 0x98DAF110)


@pytest.mark.parametrize(("old", "new", "message"), [
    ("0x7E0", "0x800", r"1:10: is above 0x7FF; set 'extended_ids: true'"),
    ("0x7E0", "0x7GG", "1:10: expected a whole number, found '0x7GG'"),
    ("0x7E0", "0x2FFFFFFF", "1:10: .*must be at most 5.36871e\\+08"),
    ("0x7E8", "0x7E0", "2:11: is the same as 'request'"),
    ("0xF18C", "0x1F18C", "4:17: .*at most 65535"),
    ("5EEDC0DE", "5eedc0de", "is no hex; write two capital digits"),
    ("5EEDC0DE", "5EEDC0D", "is no hex"),
    ("U0100-87", "U01008", "write a trouble code as SAE J2012 does, such as U0100-87"),
    ("form: hex", "form: octal", "not one of text, hex"),
    ("identity:", "identities:", "unknown key 'identities'"),
    ("trouble_codes:", "target_address: 0x10\ntrouble_codes:", "needs target_address and source_address"),
    ("trouble_codes:", "p2: 50\ntrouble_codes:", "expected .*ms"),
    ('"4711"', "4711", "expected a text, found 4711"),
    ('"4711"', "Müller", "is compared with ASCII"),
])  # fmt: skip
def test_a_wrong_section_is_told_where_and_what(old, new, message):
    with pytest.raises(InputError, match=message):
        read(old, new)


@pytest.mark.parametrize(("form", "data", "shown"), [
    ("text", b"4711", "4711"), ("text", b"4711\x00\x00", "4711"), ("text", b"4711  \xff", "4711"), ("text", b"", ""),
    ("text", b"\xfe1", "\\xfe1"), ("hex", b"\x5e\xed\xc0\xde", "5EEDC0DE"), ("hex", b"\x00\x01", "0001"),
])  # fmt: skip
def test_how_bytes_are_shown(form, data, shown):
    item = Identification(did=0xF18C, form=form)
    assert item.shown(data) == shown
    if not data.endswith((b"\x00", b"\xff", b" ")) and b"\xfe" not in data:
        assert item.encoded(shown) == data
