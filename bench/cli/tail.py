"""Reading a journal while it grows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO


class Tail:
    """New records of the journal at ``path`` since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""

    def news(self) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """(t_ns, event, data) of every whole line that has come; nothing while there is no file."""
        if self._file is None:
            try:
                self._file = self._path.open("rb")
            except OSError:
                return
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in lines:
            record = json.loads(line)
            yield record["t_ns"], record["event"], record["data"]

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
