"""Did-you-mean for names in files."""

import difflib
from collections.abc import Iterable

_SHOWN = 12


def nearest(name: str, known: Iterable[str]) -> str:
    """``did you mean 'x'?``, or nothing where none of ``known`` resembles ``name``."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""


def suggestion(name: str, known: Iterable[str]) -> str:
    """What to write instead of ``name``: the nearest of ``known``, else what there is. Never empty."""
    choices = sorted(known)
    if not choices:
        return "there is none"
    rest = f" and {len(choices) - _SHOWN} more" if len(choices) > _SHOWN else ""
    return nearest(name, choices) or f"known: {', '.join(choices[:_SHOWN])}{rest}"
