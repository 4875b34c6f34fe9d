"""Expressions: what they mean, what they refuse and where, and what becomes of readings that are not good."""

import math
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.base.errors import InputError
from bench.base.quality import Quality
from bench.base.reading import Reading
from bench.base.units import Unit
from bench.config.expression import ConditionText, Expression, expression
from bench.config.expression_tokens import ExpressionError
from bench.config.file_model import FileModel
from bench.config.located import load

NOW = {
    "coolant.temp_in": 65.0,
    "coolant.temp_out": 74.5,
    "dut.speed": -3000.0,
    "dut.torque_est": 100.0,
    "dut.state": 3.0,
    "io.door_closed": 1.0,
    "dc.voltage": 400.0,
    "dc.current": 50.0,
    "dc.power": 20_100.0,
    "flange_l.power": 9_000.0,
    "flange_r.power": 9_100.0,
    "oil.temp": None,
}
PARAMETERS = {"speed": (3000.0, Unit.RPM), "count": (4.0, Unit.ONE), "hot": (70.0, Unit.DEGC)}


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("coolant.temp_out - coolant.temp_in", Unit.KELVIN, 9.5),
        ("coolant.temp_out - coolant.temp_in > 8 K", None, True),
        ("coolant.temp_in + 5 K", Unit.DEGC, 70.0),
        ("5 K + coolant.temp_in - 70 °C", Unit.KELVIN, 0.0),
        ("-5 °C", Unit.DEGC, -5.0),
        ("coolant.temp_in > hot", None, False),
        ("hot", Unit.DEGC, 70.0),
        ("abs(dut.speed)", Unit.RPM, 3000.0),
        ("abs(dut.speed - speed) < 3 krpm", None, False),
        ("-dut.speed == 3000", None, ExpressionError),
        ("min(coolant.temp_in, coolant.temp_out, 20 °C)", Unit.DEGC, 20.0),
        ("max(1, 2 + 3 * count)", Unit.ONE, 14.0),
        ("(1 + 2) * 3 - 4 / 2 - 1", Unit.ONE, 6.0),
        ("2 - 3 - 4", Unit.ONE, -5.0),
        ("- - 2", Unit.ONE, 2.0),
        ("12 / 3 / 2", Unit.ONE, 2.0),
        ("dc.voltage * dc.current", Unit.WATT, 20e3),
        ("dc.power / dc.voltage", Unit.AMPERE, 50.25),
        ("dut.torque_est * dut.speed", Unit.WATT, -100.0 * 3000.0 * math.pi / 30.0),
        ("(flange_l.power + flange_r.power) / dc.power", Unit.ONE, 18_100.0 / 20_100.0),
        ("(flange_l.power + flange_r.power) / dc.power > 0.9", None, True),
        ("10 rpm/s * 1 min", Unit.RPM, 600.0),
        ("36 kW * 2 min", Unit.WATT_HOUR, 1200.0),
        ("dut.state == 3", None, True),
        ("3 != dut.state", None, False),
        ("dut.state == count", None, False),
        ("dut.state == 3 and io.door_closed == 1", None, True),
        ("not dut.state == 3 or io.door_closed == 1 and dut.state == 0", None, False),
        ("not (dut.state == 3 and io.door_closed == 0)", None, True),
        ("((dut.speed)) >= -3000 rpm", None, True),
        ("oil.temp > 3 °C", None, None),
        ("not oil.temp > 3 °C", None, None),
        ("oil.temp > 3 °C or dut.state == 3", None, True),
        ("oil.temp > 3 °C and dut.state == 3", None, None),
        ("oil.temp > 3 °C and dut.state == 2", None, False),
        ("max(oil.temp, coolant.temp_in) > 3 °C", None, None),
        ("dc.power / (dc.current - 50 A) > 3 V", None, None),
        ("1e308 * 10", Unit.ONE, None),
        ("3000 1/min", Unit.RPM, 3000.0),
        ("3 N m", Unit.NM, 3.0),
        ("0.5 N/(km/h)² / 2", Unit.NEWTON_H2_PER_KM2, 0.25),
        ("5 V/(2 A)", Unit.OHM, 2.5),
        ("5K-3K", Unit.KELVIN, 2.0),
        ("scanner.gear_temp < 90 °C", None, None),
    ],
)
def test_an_expression_has_a_unit_and_a_value(text: str, unit: Unit | None, value: Any) -> None:
    if value is ExpressionError:
        with pytest.raises(ExpressionError):
            expression(text, PARAMETERS)
        return
    found = expression(text, PARAMETERS)
    seen = found.of_values(NOW)
    assert found.unit is unit
    assert seen is value if value is None or isinstance(value, bool) else seen == pytest.approx(value)


def test_it_tells_what_must_be_read() -> None:
    found = expression("abs(dc.power) > 1 kW and not (dut.state == 3 or min(oil.temp, hot) < 30 °C)", PARAMETERS)
    assert found.channels == {"dc.power", "dut.state", "oil.temp"}


@pytest.mark.parametrize("quality", [quality for quality in Quality if quality is not Quality.GOOD])
def test_a_reading_that_is_not_good_neither_satisfies_nor_clears(quality: Quality) -> None:
    seen = {"oil.temp": Reading("oil.temp", 80.0, quality, 0)}
    assert expression("oil.temp > 60 °C").evaluate(seen) is None
    assert expression("oil.temp < 60 °C").evaluate(seen) is None
    assert expression("not oil.temp < 60 °C").evaluate(seen) is None
    assert expression("oil.temp > 60 °C").evaluate({}) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_unknown_even_where_it_is_called_good(value: float) -> None:
    seen = {"oil.temp": Reading("oil.temp", value, Quality.GOOD, 0)}
    assert expression("oil.temp > 60 °C or oil.temp < 60 °C").evaluate(seen) is None


REFUSED = [
    ("", 1, "the end stands where a channel, a quantity or '(' is expected"),
    ("coolant.temp_ot > 8 °C", 1, "channel 'coolant.temp_ot' is not known; did you mean 'coolant.temp_out'?"),
    ("dc.power > 3 kv", 14, "unit 'kv' is not known; did you mean 'kV'?"),
    ("dc.power > 3 °F", 14, "unit '°F' is not known; "),
    ("spead > 3 rpm", 1, "'spead' is not known; did you mean 'speed'?"),
    ("dc.power > 3", 10, "W and a plain number cannot be compared; write the unit behind the number"),
    ("dc.power > 3 V", 10, "W and V cannot be compared; use quantities of one unit"),
    (
        "coolant.temp_in + coolant.temp_out > 8 °C",
        17,
        "two temperatures in degC cannot be added; add a difference in K",
    ),
    (
        "coolant.temp_in - coolant.temp_out > 8 °C",
        36,
        "a temperature in degC cannot be compared with a difference in K",
    ),
    ("coolant.temp_in * 2 > 8 °C", 17, "a temperature in degC cannot be multiplied; subtract another temperature"),
    ("abs(coolant.temp_in) > 8 °C", 1, "a temperature in degC cannot be negated; subtract another temperature"),
    ("dut.speed + dc.power > 8 W", 11, "rpm and W cannot be added; use quantities of one unit"),
    ("dut.speed * dc.power > 8 W", 11, "the product of rpm and W has no unit of the bench"),
    ("dut.speed / dc.power > 8", 11, "rpm over W has no unit of the bench"),
    ("dut.speed == 3000 rpm", 11, "'==' is for states and flags against a number; write '>=' or '<='"),
    ("dut.speed = 3000 rpm", 11, "'=' has no meaning in an expression; write '=='"),
    ("dut.state == 3 && io.door_closed == 1", 16, "'&' has no meaning in an expression; write 'and'"),
    ("0 rpm < dut.speed < 10 rpm", 19, "a chain of comparisons; write 'a < b and b < c'"),
    ("dut.speed > 3 rpm and dut.state", 23, "'and' joins comparisons, and this is a plain number; compare it"),
    ("not dut.state", 5, "'not' joins comparisons, and this is a plain number; compare it"),
    ("(dut.speed > 3 rpm) + 1", 1, "this is true or false, and a quantity is expected here"),
    ("(dut.speed > 3 rpm", 19, "the bracket of column 1 is not closed; write ')'"),
    ("dut.speed > 3 rpm)", 18, "')' is too much here"),
    ("dut.speed dut.state", 11, "'dut.state' is too much here; write an operator before it"),
    ("sin(dut.speed) > 1", 1, "there is no function 'sin'; did you mean 'min'?"),
    ("min(dut.speed) > 1 rpm", 1, "min takes two numbers or more"),
    ("abs(1, 2) > 1", 1, "abs takes one number"),
    ("abs > 1", 1, "abs is a function; write 'abs(...)'"),
    ("dut.speed > 1e999 rpm", 13, "'1e999 rpm' is not finite"),
    ("__import__('os')", 12, '"\'" has no meaning in an expression; leave it out'),
    ("dut.speed.real > 1 rpm", 1, "channel 'dut.speed.real' is not known; did you mean 'dut.speed'?"),
    ("__import__(dut)", 1, "there is no function '__import__'"),
    ("and", 1, "'and' stands where a channel, a quantity or '(' is expected"),
    ("dut.speed >", 12, "the end stands where a channel, a quantity or '(' is expected"),
    ("dut.speed > 3 rpm;", 18, "';' has no meaning in an expression; leave it out"),
]


@pytest.mark.parametrize(("text", "column", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_broken_expression_is_refused_with_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        expression(text, PARAMETERS)
    assert refused.value.column == column
    assert refused.value.message.startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "not " * 25_000 + "dut.state == 3",
        "-" * 100_000 + "1",
        "dut.state == 3 or " * 5_000,
        "9" * 100_000,
        "x" * 100_000,
        "(" * 400 + "1" + ")" * 400,
        "abs(" * 200 + "1" + ")" * 200,
        "-" * 999,
        "not " * 200 + "dut.state == 3",
        "1+" * 499 + "1",
        " " * 999,
        "1" + " " * 998,
        "٣ > 1",
        "dut.speed > ١ rpm",
        "\x00",
        "9" * 990 + "e9",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_texts_are_refused_quickly(text: str) -> None:
    if text == "1" + " " * 998:  # not hostile, only long
        assert expression(text).of_values({}) == 1.0
        return
    start = time.process_time()
    with pytest.raises(ExpressionError):
        expression(text)
    assert time.process_time() - start < 1.0


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        expression(text).of_values(NOW)
    except ExpressionError as refused:
        assert 0 <= refused.column <= len(text) + 1


# --- an oracle of its own: numbers in rpm, truths as 0, 1/2 (unknown) and 1 ------------------------------------------
Pair = tuple[str, float | None]
CHANNELS = ("dut.speed", "flange_l.speed", "dyno_r.speed")
Seen = dict[str, float | None]
Judge = Callable[[Seen], float | None]


def numbers() -> st.SearchStrategy[tuple[str, Judge]]:
    literal = st.integers(0, 99).map(lambda n: (f"{n} rpm", lambda _: float(n)))
    channel = st.sampled_from(CHANNELS).map(lambda name: (name, lambda seen: seen[name]))
    return st.recursive(literal | channel, _number, max_leaves=8)


def _known(function: Callable[..., float | None]) -> Callable[..., float | None]:
    return lambda *found: None if any(value is None for value in found) else function(*found)


def _number(inner: st.SearchStrategy[tuple[str, Judge]]) -> st.SearchStrategy[tuple[str, Judge]]:
    def two(operator: str, rule: Callable[..., float | None]) -> st.SearchStrategy[tuple[str, Judge]]:
        text = f"{{}} {operator} {{}}" if len(operator) == 1 else f"{operator}({{}}, {{}})"
        return st.tuples(inner, inner).map(
            lambda pair: (
                f"({text.format(pair[0][0], pair[1][0])})",
                lambda seen: _known(rule)(pair[0][1](seen), pair[1][1](seen)),
            )
        )

    def scaled(pair: tuple[tuple[str, Judge], int]) -> tuple[str, Judge]:
        (text, judge), n = pair
        return f"({text} / {n})", lambda seen: _known(lambda a: a / n if n else None)(judge(seen))

    return st.one_of(
        two("+", lambda a, b: a + b),
        two("-", lambda a, b: a - b),
        two("min", lambda a, b: a if a < b else b),
        two("max", lambda a, b: b if a < b else a),
        inner.map(lambda one: (f"-({one[0]})", lambda seen: _known(lambda a: -a)(one[1](seen)))),
        inner.map(lambda one: (f"abs({one[0]})", lambda seen: _known(lambda a: math.sqrt(a * a))(one[1](seen)))),
        st.tuples(inner, st.integers(0, 4)).map(scaled),
    )


def truths() -> st.SearchStrategy[tuple[str, Judge]]:
    rules: dict[str, Callable[..., float]] = {
        "<": lambda a, b: float(a < b),
        "<=": lambda a, b: float(a <= b),
        ">": lambda a, b: float(b < a),
        ">=": lambda a, b: float(b <= a),
    }
    compared = st.tuples(numbers(), st.sampled_from(sorted(rules)), numbers()).map(
        lambda row: (
            f"{row[0][0]} {row[1]} {row[2][0]}",
            lambda seen: _half(_known(rules[row[1]])(row[0][1](seen), row[2][1](seen))),
        )
    )
    return st.recursive(compared, _truth, max_leaves=5)


def _half(value: float | None) -> float:
    return 0.5 if value is None else value


def _truth(inner: st.SearchStrategy[tuple[str, Judge]]) -> st.SearchStrategy[tuple[str, Judge]]:
    both = st.tuples(inner, inner)
    return st.one_of(
        both.map(lambda two: (f"({two[0][0]}) and ({two[1][0]})", lambda seen: min(two[0][1](seen), two[1][1](seen)))),
        both.map(lambda two: (f"({two[0][0]}) or ({two[1][0]})", lambda seen: max(two[0][1](seen), two[1][1](seen)))),
        inner.map(lambda one: (f"not ({one[0]})", lambda seen: 1.0 - one[1](seen))),
    )


seen_values = st.fixed_dictionaries(
    {name: st.none() | st.integers(-200, 200).map(float) | st.just(math.nan) for name in CHANNELS}
)


def _clean(seen: Seen) -> Seen:
    return {name: None if value is None or math.isnan(value) else value for name, value in seen.items()}


@given(truths(), seen_values)
def test_truths_agree_with_an_oracle_of_three_values(pair: tuple[str, Judge], seen: Seen) -> None:
    text, judge = pair
    try:
        found = expression(text).of_values(seen)
    except ExpressionError as refused:
        assert "parts" in refused.message or "characters" in refused.message or "nested" in refused.message
        return
    assert _half(found) == judge(_clean(seen))


@given(numbers(), seen_values)
def test_numbers_agree_with_an_oracle(pair: tuple[str, Judge], seen: Seen) -> None:
    text, judge = pair
    wanted, found = judge(_clean(seen)), expression(text)
    assert found.unit is Unit.RPM
    assert found.of_values(seen) == (None if wanted is None else pytest.approx(wanted))


# --- in files ---------------------------------------------------------------------------------------------------------
class Waiting(FileModel):
    """A condition and a number."""

    until: ConditionText
    hold: Expression | None = None


def test_a_file_holds_conditions() -> None:
    found = load("until: coolant.temp_out - coolant.temp_in > 8 K\nhold: 5\n", Waiting)
    assert found.until.channels == {"coolant.temp_in", "coolant.temp_out"}
    assert found.hold is not None and found.hold.of_values({}) == 5.0
    assert Waiting(until=expression("dut.state == 3")).until.text == "dut.state == 3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("until: dut.sped > 3 rpm", "f.yaml:1:8: column 1: channel 'dut.sped' is not known; did you mean 'dut.speed'?"),
        ("until: dut.speed", "f.yaml:1:8: is a quantity in rpm, and true or false is expected; compare it, as in "),
        ("until: 5", "f.yaml:1:8: is a plain number, and true or false is expected; compare it, as in "),
        ("until: true", "f.yaml:1:8: is no expression; write a text such as 'coolant.temp_out > 60 °C'"),
        ("until: [1]", "f.yaml:1:8: is no expression; write a text such as 'coolant.temp_out > 60 °C'"),
    ],
)
def test_a_file_tells_line_and_column_of_a_broken_condition(text: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        load(text, Waiting, "f.yaml")
    assert str(refused.value).startswith(message)
