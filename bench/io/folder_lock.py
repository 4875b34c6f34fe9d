"""Locks of a folder that several processes use. The kernel takes them back however their holder ends."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: a queue there is used by one process at a time
    fcntl = None  # type: ignore[assignment]

_LOOK_S = 0.02


class Taken(Exception):
    """Somebody else has the lock."""


@contextmanager
def locked(path: Path, patience_s: float = 0.0) -> Iterator[int]:
    """Have ``path`` for oneself; its descriptor, which children may inherit: they hold the lock too then. Raises
    ``Taken`` when nobody has let go of it within ``patience_s``."""
    descriptor = _take(path, patience_s)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def is_taken(path: Path) -> bool:
    """Whether somebody has the lock now."""
    try:
        with locked(path):
            return False
    except Taken:
        return True


def _take(path: Path, patience_s: float) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    deadline_s = time.monotonic() + patience_s
    while fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() >= deadline_s:
                os.close(descriptor)
                raise Taken(path) from None
            time.sleep(_LOOK_S)
    return descriptor
