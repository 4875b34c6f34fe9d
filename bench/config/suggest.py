"""Did-you-mean for names in files."""

import difflib
from collections.abc import Iterable

_SHOWN = 12


def suggestion(name: str, known: Iterable[str]) -> str:
    """What to write instead of ``name``: the nearest of ``known``, else what there is. Never empty."""
    choices = sorted(known)
    if not choices:
        return "there is none"
    near = difflib.get_close_matches(name, choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    rest = f" and {len(choices) - _SHOWN} more" if len(choices) > _SHOWN else ""
    return f"known: {', '.join(choices[:_SHOWN])}{rest}"
