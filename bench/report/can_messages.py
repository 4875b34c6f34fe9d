"""The table of the CAN messages: what was seen of each on the buses, from the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.record.journal import JournalRecord

_BAD = {"bad_length": "length", "bad_counter": "counter", "bad_crc": "CRC", "bad_range": "range"}
_PERIODS = ("cycle_s", "period_min_s", "period_mean_s", "period_p99_s", "period_max_s")


@dataclass(frozen=True, slots=True)
class CanLine:
    """One message: bus, name or that it is unknown, identifier, then texts: frames, five times in ms, three counts, and
    what was wrong; ``grave`` if something was."""

    bus: str
    message: str
    identity: str
    cells: tuple[str, ...]
    wrong: str
    grave: bool


def can_lines(records: Sequence[JournalRecord]) -> tuple[CanLine, ...]:
    """A line for each ``can_message`` of the journal."""
    return tuple(_line(record.data) for record in records if record.event == "can_message")


def _line(data: Mapping[str, Any]) -> CanLine:
    times = tuple(_ms(data.get(name)) for name in _PERIODS)
    counts = tuple(str(data.get(name, "")) for name in ("late", "missing", "burst"))
    wrong = [f"{data[name]} {word}" for name, word in _BAD.items() if data.get(name)]
    if data.get("foreign"):
        wrong.append(f"{data['foreign']} from another sender")
    name = str(data.get("message") or "unknown") + (" (sent)" if data.get("sent") else "")
    grave = bool(wrong) or bool(data.get("missing"))
    cells = (str(data.get("frames", "")), *times, *counts)
    return CanLine(str(data.get("bus", "")), name, str(data.get("id", "")), cells, ", ".join(wrong), grave)


def _ms(value: Any) -> str:
    return "" if value is None else f"{1e3 * float(value):.3f}"
