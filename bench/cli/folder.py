"""A run folder given on the command line."""

from pathlib import Path
from typing import TYPE_CHECKING

from bench.base.errors import InputError, Problem

if TYPE_CHECKING:
    from bench.io.disk import DiskStorage


def open_run(folder: Path) -> "DiskStorage":
    """The storage of a run that exists. Raises ``InputError`` for a place that is none."""
    from bench.io.disk import DiskStorage

    try:
        if not folder.is_dir():
            raise _none(folder, "is no folder; give the folder of a run, such as runs/<time>_<plan>_<dut>")
        if not (folder / "manifest.json").exists() and not (folder / "journal.jsonl").exists():
            raise _none(folder, "holds no run (neither manifest.json nor journal.jsonl)")
    except (OSError, ValueError) as error:
        raise _none(folder, f"cannot be read: {error}") from None
    return DiskStorage(folder, create=False)


def _none(folder: Path, message: str) -> InputError:
    return InputError([Problem(str(folder), 0, 0, message)])
