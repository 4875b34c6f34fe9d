"""The commands that README and docs show, with what their pages say about them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"((?:^<!-- [^\n]* -->\n)*)^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOTE = re.compile(r"<!-- (\w+)(?:: *(\S+))? -->")


@dataclass(frozen=True)
class Shown:
    """One block of a page: its lines, and the notes above it (``slow``, ``exits: 3``, ``ci: run``, ``seen: NAME``)."""

    lines: tuple[str, ...]
    notes: dict[str, str]

    @property
    def slow(self) -> bool:
        """More than some seconds."""
        return "slow" in self.notes

    @property
    def here(self) -> bool:
        """Run with its page; else by CI itself, or by the tests that look closer at what it does."""
        return not {"ci", "seen"} & self.notes.keys()

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


def seen_by(name: str) -> str:
    """The one line that its page marks ``seen: NAME``: a long command is run once, where its outcome is looked at."""
    lines = [block.lines for page in PAGES for block in shown(page) if block.notes.get("seen") == name]
    ((line,),) = lines
    return line
