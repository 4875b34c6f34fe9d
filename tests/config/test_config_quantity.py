"""Quantities in files and in code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bench.base.errors import InputError
from bench.config.file_model import FileModel
from bench.config.located import load
from bench.config.quantity import DegC, DegCSpan, Kelvin, Number, Ohms, Percent, Seconds, Span, SpeedRpm, TorqueRate


class Everything(FileModel):
    speed: SpeedRpm = 0.0
    temperature: DegC = 0.0
    time: Seconds = 0.0
    rate: TorqueRate = 0.0
    share: Percent = 0.0
    resistance: Ohms = 0.0
    number: Number = 0.0
    window: DegCSpan = Span(0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("speed: 3 krpm", "speed", 3000.0),
        ("speed: -1500 1/min", "speed", -1500.0),
        ("temperature: -40 °C", "temperature", -40.0),
        ("time: 45 min", "time", 2700.0),
        ("rate: 0.2 kNm/s", "rate", 200.0),
        ("share: 0.3 pp", "share", 0.3),
        ("resistance: 50 kohm", "resistance", 50e3),
        ("number: 8.774", "number", 8.774),
        ("number: 1e-3", "number", 1e-3),
        ("window: 20..140 °C", "window", Span(20.0, 140.0)),
        ("window: -40 °C..-10 °C", "window", Span(-40.0, -10.0)),
        ("window: -40 .. 8e1 °C", "window", Span(-40.0, 80.0)),
        ('speed: {value: 400 rpm, source: "data sheet"}', "speed", 400.0),
    ],
)
def test_quantities_are_read_in_the_unit_of_the_bench(text: str, name: str, value: object) -> None:
    assert getattr(load(text, Everything), name) == pytest.approx(value)


@pytest.mark.parametrize("text", ["speed: 3000", "speed: true", "speed: null", "time: 5 K", "number: 5 s", "share: 5"])
def test_a_file_must_give_the_right_unit(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        load(text, Everything)


def test_code_gives_plain_numbers_in_the_unit_of_the_bench() -> None:
    assert Everything(speed=3000.0, window=Span(1.0, 2.0)).speed == 3000.0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, None, [1.0]])
def test_code_cannot_smuggle_in_what_is_no_number(value: object) -> None:
    with pytest.raises(ValidationError):
        Everything(speed=value)  # type: ignore[arg-type]


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_every_range_contains_its_ends(a: float, b: float) -> None:
    low, high = sorted((a, b))
    span = TypeAdapter(DegCSpan).validate_python(f"{low!r}..{high!r} °C")
    assert low in span
    assert high in span
    assert float("nan") not in span


def test_a_difference_is_no_temperature() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Kelvin).validate_python("5 °C")
