"""Time is a value: integer nanoseconds since the start of the run (``t_ns``).

No function here reads a clock; whoever needs the time is handed it.
"""

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000

VIRTUAL_EPOCH_S = 1_767_225_600
"""2026-01-01T00:00:00Z as Unix seconds: where every virtual run starts, unless told otherwise."""


def ns(seconds: float) -> int:
    """Seconds as whole nanoseconds, rounded to the nearest."""
    return round(seconds * NS_PER_S)


def seconds(t_ns: int) -> float:
    """Nanoseconds as seconds."""
    return t_ns / NS_PER_S


def clock_text(t_ns: int) -> str:
    """A run time as ``h:mm:ss`` for people."""
    total = int(t_ns // NS_PER_S)
    return f"{total // 3600}:{total // 60 % 60:02d}:{total % 60:02d}"
