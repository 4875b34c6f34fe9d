"""A run folder of which only the journal is kept; what the other files would weigh is counted."""

from bench.record.recorder import JOURNAL
from bench.record.storage import MemoryFile, MemoryStorage


class WeightlessFile(MemoryFile):
    """Counts what is appended, and forgets it."""

    def __init__(self) -> None:
        super().__init__()
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes appended so far."""
        return self._size

    def append(self, data: bytes) -> None:
        """It would be so much larger."""
        self._require_open()
        self._size += len(data)

    def patch(self, offset: int, data: bytes) -> None:
        """Nothing is there that could be overwritten."""

    def sync(self) -> None:
        """Nothing is there that could be lost."""


class WeightlessStorage(MemoryStorage):
    """Only the journal can be read again."""

    def open(self, name: str) -> MemoryFile:
        """A new file."""
        file = super().open(name)
        if name != JOURNAL:
            file = self.files[name] = WeightlessFile()
        return file
