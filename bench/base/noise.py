"""Seeded noise for compiled code and for the emulators: the same seed gives the same bytes, in any order of calls.

SplitMix64 (Steele, Lea, Flood 2014, DOI 10.1145/2714064.2660195); one ``uint64`` is the whole state.
"""

import hashlib
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bench.base.compiled import compiled

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TO_UNIT = 1.0 / 9007199254740992.0  # 2**-53


def noise_state(seed: int, name: str) -> NDArray[np.uint64]:
    """A generator of its own for each ``name`` under one ``seed``; shape (1,)."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return np.frombuffer(digest[:8], np.uint64).copy()


@compiled
def uniform(state: NDArray[np.uint64]) -> float:
    """The next number in [0, 1)."""
    state[0] = state[0] + _GOLDEN
    z = state[0]
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    z = z ^ (z >> _S31)
    return float(z >> _S11) * _TO_UNIT


@compiled
def gauss(state: NDArray[np.uint64]) -> float:
    """The next standard normal number (Box-Muller, one of the pair)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(state)))
    return radius * math.cos(2.0 * math.pi * uniform(state))


_DRAWN = 256


@compiled
def _draw(state: NDArray[np.uint64], numbers: NDArray[np.float64]) -> None:
    for i in range(numbers.shape[0]):
        numbers[i] = gauss(state)


def gauss_stream(state: NDArray[np.uint64]) -> Iterator[float]:
    """What ``gauss`` gives, for Python that asks for one number at a time: many are drawn at once. Compiled when this
    returns, not at the first number."""
    _draw(state, np.zeros(0))
    return _drawn(state)


def _drawn(state: NDArray[np.uint64]) -> Iterator[float]:
    numbers = np.zeros(_DRAWN)
    while True:
        _draw(state, numbers)
        yield from numbers.tolist()
