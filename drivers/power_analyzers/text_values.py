"""Values that come as text: one field each, or several whose sum is meant."""

import math
from collections.abc import Callable, Sequence

from bench.base.quality import Quality
from drivers import scpi
from drivers.grammar import GrammarError
from drivers.readout import Part

Number = Callable[[bytes], tuple[float, Quality]]
"""A field -> its value and quality, after the maker's own marks."""


def put_texts(
    fields: Sequence[bytes], out: Part, t_ns: int, counts: Sequence[int] | None = None, number: Number = scpi.number
) -> None:
    """``fields`` into ``out``; ``counts``: how many fields make up each value (none: one each). A sum is as good as its
    worst part. Raises ``GrammarError`` unless there are exactly as many fields as expected."""
    wanted = sum(counts) if counts is not None else len(out.values)
    if len(fields) != wanted:
        raise GrammarError(f"{wanted} values, not {len(fields)}", b",".join(fields))
    read = [number(field) for field in fields]
    if counts is None:
        parts = [[one] for one in read]
    else:
        ends = [sum(counts[: i + 1]) for i in range(len(counts))]
        parts = [read[end - count : end] for end, count in zip(ends, counts, strict=True)]
    for place, part in enumerate(parts):
        bad = next((quality for _, quality in part if quality is not Quality.GOOD), Quality.GOOD)
        out.values[place] = math.fsum(value for value, _ in part) if bad is Quality.GOOD else math.nan
        out.qualities[place] = bad
    out.times[:] = t_ns
