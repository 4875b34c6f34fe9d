"""Which unit was on the bench and what it had to complain of, for the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.record.journal import JournalRecord
from bench.record.trouble_codes import EVENT, trouble_codes


@dataclass(frozen=True, slots=True)
class Unit:
    """``identity``: name, expected, told before, told after; ``dtcs``: rows of ``trouble_codes``; ``notes``: what could
    not be read, and why."""

    identity: tuple[tuple[str, str, str, str], ...]
    dtcs: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]


def unit_of(records: Sequence[JournalRecord]) -> Unit | None:
    """``None`` if the journal has no word about it."""
    told = [record.data for record in records if record.event == EVENT]
    if not told:
        return None
    first, last = (_identity(told, when) for when in ("before", "after"))
    expected: Mapping[str, str] = next((data["expected"] for data in told if "expected" in data), {})
    names = dict.fromkeys((*expected, *first, *last))
    rows = tuple((name, expected.get(name, ""), first.get(name, ""), last.get(name, "")) for name in names)
    notes = tuple(f"{data['when']}: {data[key]}" for data in told for key in ("skipped", "problem") if key in data)
    return Unit(rows, tuple(trouble_codes(records) or ()), notes)


def _identity(told: Sequence[Mapping[str, Any]], when: str) -> Mapping[str, str]:
    return next((data["identity"] for data in told if data.get("when") == when and "identity" in data), {})
