"""Answers that compiled code writes: as Python would print them."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.base.noise import noise_state
from bench.emulators.instruments.answers import Answer, Fixed, Scientific, pieces, product, quantity

_PLAIN = Answer(quantity(0), pieces(Fixed(0, 3), b";"), noise_state(0, "none"))


@given(st.floats(-1e9, 1e9))
def test_fixed_decimals_are_those_of_python(value: float) -> None:
    exact = abs(value) * 1000.0
    assume(value != 0.0 and abs(exact - int(exact) - 0.5) > 1e-3)  # a tie in doubles need not be one in decimals
    assert _PLAIN.text(np.array([value])) == b"%.3f;" % value


_WITH_EXPONENT = Answer(quantity(0), pieces(Scientific(0, 8)), noise_state(0, "none"))


@given(st.floats(1e-13, 9e37) | st.floats(-9e37, -1e-13) | st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-13))
def test_an_exponent_is_that_of_python_but_for_the_last_digit(value: float) -> None:
    text, exact = _WITH_EXPONENT.text(np.array([value])), b"%+.8E" % value
    assert text == exact or abs(float(text) - value) <= 0.51e-8 * 10.0 ** int(exact[-3:])
    assert len(text) == len(exact)


@pytest.mark.parametrize("value", [0.0, 9.9e37, 9.91e37, 23.5, -0.001, 999999999.9, 1e-5])
def test_round_figures_have_the_digits_of_python(value: float) -> None:
    assert _WITH_EXPONENT.text(np.array([value])) == b"%+.8E" % value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, b"0.000;"),
        (9.9996, b"10.000;"),
        (np.nan, b"NAN;"),
        (np.inf, b"INF;"),
        (-1e300, b"-INF;"),
    ],
)
def test_edges(value: float, text: bytes) -> None:
    assert _PLAIN.text(np.array([value])) == text


def test_quantities_have_their_errors_and_products_are_those_of_what_is_shown() -> None:
    rows = np.concatenate([quantity(1, gain=2.0, offset=0.5), quantity(0, noise=0.1), product(0, 1)])
    answer = Answer(rows, pieces(Fixed(0, 1), b" ", Fixed(1, 6), b" ", Fixed(2, 6)), noise_state(7, "some"))
    first, second, third = map(float, answer.text(np.array([3.0, 10.0])).split())
    assert first == 20.5
    assert 0.0 < abs(second - 3.0) < 0.6
    assert third == pytest.approx(first * second, abs=1e-4)


def test_the_same_seed_gives_the_same_bytes() -> None:
    def told() -> list[bytes]:
        answer = Answer(quantity(0, noise=1.0), pieces(Fixed(0, 4)), noise_state(11, "same"))
        return [answer.text(np.array([1.0])) for _ in range(10)]

    assert told() == told()
    assert len(set(told())) == 10
