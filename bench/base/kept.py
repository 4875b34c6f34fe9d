"""What takes long to compute and follows from known bytes alone is kept for this user, by the hash of those bytes."""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

_DIGEST_BYTES = 32


def kept(kind: str, follows_from: bytes, make: Callable[[], bytes]) -> bytes:
    """``make()``, or what it gave for the same ``follows_from`` before: that must name all that can change the result.

    The result lies in ``~/.cache/edu-bench/KIND`` behind its own hash; what does not agree with it is made afresh.
    Without a folder to write to it is made each time.
    """
    try:
        path = Path("~/.cache/edu-bench").expanduser() / kind / hashlib.sha256(follows_from).hexdigest()
    except RuntimeError:  # a user without a home
        return make()
    try:
        held = path.read_bytes()
    except OSError:
        held = b""
    digest, content = held[:_DIGEST_BYTES], held[_DIGEST_BYTES:]
    if digest == hashlib.sha256(content).digest():
        return content
    content = make()
    _put(path, hashlib.sha256(content).digest() + content)
    return content


def _put(path: Path, data: bytes) -> None:
    """Whole or not at all: others may read at the same time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        Path(file.name).replace(path)
    except OSError:
        return
