"""Who selects whom in one message, from the marks at its signals and from ``SG_MUL_VAL_``.

``M`` marks a selector, ``m3`` a signal of page 3, ``m3M`` both. With one selector the marks say it all. With several
``SG_MUL_VAL_`` names for each signal its selector and the pages, as ranges.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

Ranges = tuple[tuple[int, int], ...]


class Place(NamedTuple):
    """One signal: whether it selects, the place of its selector among the message's signals (-1: none), its pages."""

    is_selector: bool
    selector: int
    pages: Ranges


@dataclass(slots=True)
class Marks:
    """The signals of a message in the file's order: names, marks, where these stand in the text, and more pages."""

    names: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    pages: dict[str, dict[str, Ranges]] = field(default_factory=dict)

    def add(self, name: str, mark: str, place: tuple[int, int]) -> None:
        """One more signal."""
        self.names.append(name)
        self.marks.append(mark)
        self.places.append(place)

    def add_pages(self, name: str, selector: str, ranges: Ranges) -> None:
        """``SG_MUL_VAL_``: ``selector`` selects ``name`` with these values."""
        self.pages.setdefault(selector, {})[name] = ranges

    def resolved(self) -> list[Place]:
        """All signals in order."""
        selectors = [name for name, mark in zip(self.names, self.marks, strict=True) if mark.endswith("M")]
        if len(selectors) == 1:
            return [self._by_mark(name, mark, selectors[0]) for name, mark in zip(self.names, self.marks, strict=True)]
        by_name = {name: selector for selector, ranges in self.pages.items() for name in ranges}
        return [
            self._by_pages(name, mark, by_name.get(name) if mark else None)
            for name, mark in zip(self.names, self.marks, strict=True)
        ]

    def _by_mark(self, name: str, mark: str, selector: str) -> Place:
        if name == selector or not mark:
            return Place(bool(mark), -1, ())
        page = int(mark[1:])
        more = self.pages.get(selector, {}).get(name, ())
        return Place(False, self.names.index(selector), joined(((page, page), *more)))

    def _by_pages(self, name: str, mark: str, selector: str | None) -> Place:
        if selector is None:
            return Place(mark.endswith("M"), -1, ())
        place = self.names.index(selector) if selector in self.names else self.names.index(name)
        return Place(mark.endswith("M"), place, joined(self.pages[selector][name]))


def joined(ranges: Ranges) -> Ranges:
    """Sorted and without overlap; ranges that end before they begin hold nothing."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(span for span in ranges if span[0] <= span[1]):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)
