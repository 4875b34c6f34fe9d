"""Rig files of tests: a shipped one with another analyzer's section in place of its own."""

import re
from pathlib import Path

import bench
from bench.config.search import find

SECTIONS = Path(bench.__file__).parent / "rigs" / "analyzers"
_SECTION = re.compile(r"^analyzer:\n(?:[ #].*\n|\n)+", re.MULTILINE)


def rig_with(analyzer: str, base: str, folder: Path) -> Path:
    """The shipped rig ``base`` with the shipped section ``analyzer``, written into ``folder``."""
    section = _SECTION.search((SECTIONS / f"{analyzer}.yaml").read_text())
    assert section is not None
    text, count = _SECTION.subn(lambda _: section[0] + "\n", find("rig", base).read_text())
    assert count == 1
    path = folder / f"{base}_{analyzer}.yaml"
    path.write_text(text)
    return path
