"""A stop of the core in words: what happened, and what to do about it."""

from collections.abc import Callable

import numpy as np

from bench.base.time import NS_PER_MS
from bench.core.causes import UNHEARD, cause_text
from bench.core.design import Design

_BUSY = "this machine is busy, which is no fault of the bench: give it less to do and run again"


def explained(design: Design, stood_still: Callable[[int], int], event: np.void) -> tuple[str, str]:
    """What happened, and the remedy. ``stood_still``: for how long (ns) an emulated other side stood still around a
    time; it is named when it explains the stop."""
    code = int(event["id"])
    text, source = cause_text(code), design.source_of(code, int(event["extra"]))
    happened = f"{text.happened} ({source})" if source else text.happened
    still_ns = stood_still(int(event["t_ns"])) if code in UNHEARD else 0
    if not still_ns:
        return happened, text.remedy
    return f"{happened} while the emulated side stood still for {still_ns / NS_PER_MS:.0f} ms", _BUSY
