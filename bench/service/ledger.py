"""Files of lines that survive whatever ends the program, and the version that they belong to."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import bench
import drivers


class JsonLines:
    """One JSON object a line, appended. A line that was torn when the power failed is not read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Iterator[Mapping[str, Any]]:
        """Every whole line, in order."""
        if not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict):
                yield told

    def append(self, line: Mapping[str, Any]) -> None:
        """One more; a torn line before it is ended first."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" * self._torn() + json.dumps(line) + "\n")

    def _torn(self) -> bool:
        """Whether the last line has no end."""
        size = self._path.stat().st_size
        if size == 0:
            return False
        with self._path.open("rb") as file:
            file.seek(size - 1)
            return file.read(1) != b"\n"


def program_digest() -> str:
    """Of every source of ours, short."""
    digest = hashlib.sha256()
    for package in (bench, drivers):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]
