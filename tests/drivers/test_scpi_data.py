"""Program data as an instrument takes it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import scpi_data as data
from drivers.scpi_data import ScpiError


@pytest.mark.parametrize(
    ("argument", "unit", "value"),
    [
        ("3.5kW", "W", 3500.0),
        ("500 mV", "V", 0.5),
        ("-2E+2", "A", -200.0),
        ("10MS", "S", 0.01),
        ("50us", "s", 5e-5),
        ("2MHZ", "Hz", 2e6),
        ("1MAV", "V", 1e6),
        ("3 A", "A", 3.0),
        ("2mA", "A", 0.002),
        (".5", "", 0.5),
        ("7.", "", 7.0),
    ],
)
def test_numbers_with_units(argument: str, unit: str, value: float) -> None:
    assert data.number(argument, unit) == pytest.approx(value)


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("", -109),
        ("many", -104),
        ("4_0", -104),
        ("nan", -104),
        ("inf", -104),
        ("0x10", -104),
        ("1,2", -104),
        ("4\u00b2", -104),
        ("1" * 300, -104),
        ("3A", -131),
        ("3xV", -131),
        ("501", -222),
        ("-1", -222),
        ("1e999", -222),
        ("DEF", -224),
    ],
)
def test_what_is_refused_and_with_which_number(argument: str, code: int) -> None:
    with pytest.raises(ScpiError, match=f"^{code} "):
        data.number(argument, "V", 0.0, 500.0)


def test_a_unit_where_none_belongs() -> None:
    with pytest.raises(ScpiError, match="-138"):
        data.number("3V")


def test_extremes_and_default() -> None:
    assert [data.number(text, "V", 1.0, 9.0, 5.0) for text in ("MIN", "maximum", "DEF")] == [1.0, 9.0, 5.0]
    with pytest.raises(ScpiError, match="-224"):
        data.number("MAX")


def test_words_switches_strings_blocks_fields() -> None:
    assert data.word("cont", ("NORMal", "CONTinuous")) == "CONTinuous"
    with pytest.raises(ScpiError, match="-141"):
        data.word("conti", ("NORMal", "CONTinuous"))
    assert [data.switch(text) for text in ("on", "0", "OFF", "1")] == [True, False, False, True]
    assert data.string("'it''s'") == "it's"
    assert data.block("#13a;b") == b"a;b"
    assert data.block("#0rest") == b"rest"
    assert data.fields("1, 2", 2) == ["1", "2"]
    assert data.whole("7", 0, 255) == 7


@pytest.mark.parametrize(
    ("parse", "argument", "code"),
    [
        (data.string, "'a", -151),
        (data.string, "'a'b'", -151),
        (data.string, "", -151),
        (data.block, "#13ab", -161),
        (data.block, "#", -161),
        (data.block, "", -161),
        (lambda text: data.fields(text, 2), "1", -109),
        (lambda text: data.fields(text, 2), "1,", -109),
        (lambda text: data.fields(text, 2), "1,2,3", -108),
        (lambda text: data.whole(text, 0, 9), "1.5", -224),
        (data.switch, "MAYBE", -104),
        (data.switch, "", -109),
    ],
)
def test_other_data_that_is_refused(parse: object, argument: str, code: int) -> None:
    with pytest.raises(ScpiError, match=f"^{code} "):
        parse(argument)  # type: ignore[operator]


PARSERS = (
    lambda text: data.number(text, "V", -5.0, 5.0, 1.0),
    lambda text: data.whole(text, 0, 255),
    data.switch,
    lambda text: data.word(text, ("NORMal", "CONTinuous")),
    data.string,
    data.block,
    lambda text: data.fields(text, 3),
)


@given(st.one_of(st.text(max_size=30), st.binary(max_size=30).map(lambda raw: raw.decode("latin-1"))))
def test_any_argument_is_taken_or_refused_in_order(argument: str) -> None:
    for parse in PARSERS:
        try:
            value = parse(argument)
        except ScpiError as error:
            assert error.code in data.ERRORS
        else:
            assert not isinstance(value, float) or math.isfinite(value)
