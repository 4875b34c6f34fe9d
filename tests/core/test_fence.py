"""A mark that is set, and taken back behind the work it stands for, is written both times."""

import numba
import numpy as np

from bench.base.fence import fence


@numba.njit
def marked(words: np.ndarray) -> None:
    words[0] = 1
    words[1] += 5
    words[0] = 0


@numba.njit
def fenced(words: np.ndarray) -> None:
    words[0] = 1
    fence()
    words[1] += 5
    fence()
    words[0] = 0


def stores_of_one(function: numba.core.dispatcher.Dispatcher) -> int:
    return sum(text.count("store i64 1,") for text in function.inspect_llvm().values())


def test_a_fence_keeps_a_store_that_the_compiler_would_leave_out() -> None:
    words = np.zeros(2, np.int64)
    marked(words)
    fenced(words)
    assert words.tolist() == [0, 10]
    assert stores_of_one(marked) == 0  # or this test shows nothing
    assert stores_of_one(fenced) > 0
