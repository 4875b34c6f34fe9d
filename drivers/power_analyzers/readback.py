"""Whether an instrument's answer means what was written: numbers, switches, short and long words."""

from drivers import scpi
from drivers.grammar import GrammarError

_ON_OFF = {"ON": 1.0, "OFF": 0.0}
_SAME = 1e-4


def same_setting(wanted: str, answer: bytes) -> bool:
    """``OFF`` is 0, ``50MS`` is 5.00E-02, ``PULS`` is short for ``PULSE``; ``P,1`` may be answered ``P,1,TOTAL``."""
    wanted_fields, answer_fields = _fields(wanted), _fields(answer.decode("ascii", "replace"))
    if len(wanted_fields) != len(answer_fields):
        return False
    return all(_same_field(w, a) for w, a in zip(wanted_fields, answer_fields, strict=True))


def _fields(text: str) -> list[str]:
    fields = [field.strip().upper() for field in text.split(",")]
    if len(fields) > 2 and fields[-1] in ("TOT", "TOTAL"):  # the order of harmonics (IM WT3001E-17EN p.6-95)
        fields.pop()
    return fields


def _same_field(wanted: str, answer: str) -> bool:
    if wanted == answer:
        return True
    try:
        number = scpi.finite(answer.encode("ascii", "replace"))
    except GrammarError:
        return len(answer) >= 3 and wanted.startswith(answer)  # a short form has at least three letters
    expected = _as_number(wanted)
    return expected is not None and abs(number - expected) <= _SAME * max(abs(expected), 1e-9)


def _as_number(wanted: str) -> float | None:
    if wanted in _ON_OFF:
        return _ON_OFF[wanted]
    scale, digits = (1e-3, wanted[:-2]) if wanted.endswith("MS") else (1.0, wanted)
    try:
        return scpi.finite(digits.encode("ascii", "replace")) * scale
    except GrammarError:
        return None
