"""Private places for what processes of one user share: wires, memory, control sockets."""

import os
import re
import stat
import tempfile
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class FolderError(OSError):
    """A private folder cannot be trusted."""


def checked_name(name: str) -> str:
    """``name``, if it is safe as a file name. Raises ``ValueError`` otherwise."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name for a shared thing; use 1 to 64 of A-Z a-z 0-9 . _ - and start with no dot"
        )
    return name


def private_folder(purpose: str, base: Path | None = None) -> Path:
    """A folder only this user can enter, made when missing: ``$XDG_RUNTIME_DIR/edu-bench/purpose`` or like it.

    Where there is no runtime directory, shared memory's file system is used, then the temporary directory, each with
    the user's number in the name. Raises ``FolderError`` when somebody else owns the folder or may enter it.
    """
    root = base if base is not None else _runtime_root()
    for folder in (root, root / checked_name(purpose)):
        folder.mkdir(mode=0o700, exist_ok=True, parents=base is not None)
        _check_private(folder)
    return root / purpose


def _runtime_root() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "edu-bench"
    memory = Path("/dev/shm")
    parent = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    return parent / f"edu-bench-{os.getuid()}"


def _check_private(folder: Path) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise FolderError(f"{folder} is not a folder of this user alone (mode 0700); remove it or correct its rights")
