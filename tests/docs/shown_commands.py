"""The commands that README and docs show, with what their pages say about them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"((?:^<!-- [^\n]* -->\n)*)^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOTE = re.compile(r"<!-- (\w+)(?:: *(\S+))? -->")


@dataclass(frozen=True)
class Shown:
    """One block of a page: its lines, and the notes above it (``slow``, ``exits: 3``, ``ci: run``)."""

    lines: tuple[str, ...]
    notes: dict[str, str]

    @property
    def slow(self) -> bool:
        """More than some seconds."""
        return "slow" in self.notes

    @property
    def exits(self) -> set[int]:
        """The exit codes that the page speaks of (``exits: 0|1``: chance decides)."""
        return {int(code) for code in self.notes.get("exits", "0").split("|")}


def shown(page: Path) -> list[Shown]:
    """Every block of commands, in order."""
    return [
        Shown(tuple(text.strip().splitlines()), dict(_NOTE.findall(notes)))
        for notes, text in _BLOCK.findall(page.read_text())
    ]
