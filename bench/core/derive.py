"""Channels that follow from others (``bench.base.derived``), and fault words whose changes are told."""

from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.base.ring import Ring
from bench.core.tell import WORD_TOLD, tell

_AGAIN_NS = 1_000_000_000


@compiled
def derive(derived: Any, cases: Any, tests: Any, image: Any, t_ns: int) -> None:
    """Every derived channel anew, in the order of the table: a later one may build on an earlier one."""
    for i in range(derived.shape[0]):
        row = derived[i]
        value, found = row.otherwise, False
        for j in range(row.first_case, row.first_case + row.cases):
            if not found and _holds(cases[j], tests, image, row.certain != 0):
                value, found = cases[j].value, True
        target = image[row.channel]
        target.value = value
        _judge(target, tests, int(row.first_test), 0 if row.certain else int(row.tests), image, t_ns)


@compiled
def _holds(case: Any, tests: Any, image: Any, certain: bool) -> bool:
    for i in range(case.first_test, case.first_test + case.tests):
        test, seen = tests[i], image[tests[i].channel]
        if not (test.low <= seen.value <= test.high):  # NaN holds nothing
            return False
        if certain and test.measured and seen.quality != GOOD:
            return False
    return True


@compiled
def _judge(target: Any, tests: Any, first: int, count: int, image: Any, t_ns: int) -> None:
    """Quality and times from the measured channels that were looked at."""
    quality, then_ns, arrived_ns = GOOD, t_ns, t_ns
    for i in range(first, first + count):
        if tests[i].measured:
            seen = image[tests[i].channel]
            quality = max(quality, int(seen.quality))
            then_ns, arrived_ns = min(then_ns, seen.t_ns), min(arrived_ns, seen.arrived_ns)
    target.quality, target.t_ns, target.arrived_ns = quality, then_ns, arrived_ns


@compiled
def tell_words(words: Any, told: Any, image: Any, events: Ring, t_ns: int) -> None:
    """Tell each fault word that is another than the one told last; one that flickers, once a second."""
    for i in range(words.shape[0]):
        known, last = image[words[i]], told[i]
        if known.quality == GOOD and known.value != last.value and t_ns - last.t_ns >= _AGAIN_NS:
            last.value, last.t_ns = known.value, t_ns
            tell(events, t_ns, WORD_TOLD, np.int64(i), known.value, 0.0)
